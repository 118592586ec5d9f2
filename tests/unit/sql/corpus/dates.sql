SELECT date_trunc('month', day) AS month, count(*) FROM flights.flights GROUP BY date_trunc('month', day) ORDER BY 1

SELECT year(day) AS y, quarter(day) AS q, sum(amount) FROM flights.flights GROUP BY year(day), quarter(day)

SELECT day_of_week(day) AS dow, avg(dep_delay) FROM flights.flights GROUP BY day_of_week(day) ORDER BY dow

SELECT date_format(time_hour, '%W') AS weekday, date_format(time_hour, '%Y-%m') AS month, count(*) FROM flights.flights GROUP BY 1, 2

SELECT format_datetime(time_hour, 'yyyy-MM-dd HH:mm') AS shown FROM flights.flights LIMIT 10

SELECT count(*) FROM flights.flights WHERE day >= date '2013-03-01' AND day < date '2013-03-01' + INTERVAL '1' MONTH

SELECT count(*) FROM flights.flights WHERE time_hour BETWEEN TIMESTAMP '2013-01-01 06:00:00' AND TIMESTAMP '2013-01-01 09:59:59.999'

SELECT day, date_add('day', -1, day) AS before, date_add('week', 2, day), date_add('quarter', 1, day), date_add('year', -1, day) FROM flights.flights LIMIT 1

SELECT date_diff('minute', TIMESTAMP '2013-01-01 00:00:00', time_hour) AS minutes, date_diff('day', day, current_date) AS age FROM flights.flights

SELECT day + INTERVAL '2' DAY, day - INTERVAL '3' MONTH, time_hour + INTERVAL '36' HOUR, time_hour - INTERVAL '1 12:30:00' DAY TO SECOND FROM flights.flights

SELECT last_day_of_month(day) AS month_end, day = last_day_of_month(day) AS is_month_end FROM flights.flights

SELECT extract(YEAR FROM day) * 100 + extract(MONTH FROM day) AS yyyymm, count(*) FROM flights.flights GROUP BY 1

SELECT extract(HOUR FROM time_hour), extract(MINUTE FROM time_hour), extract(WEEK FROM day), extract(DOY FROM day), extract(QUARTER FROM day) FROM flights.flights

SELECT at_timezone(CAST(time_hour AS timestamp(3) with time zone), 'America/Los_Angeles') AS pacific FROM flights.flights

SELECT time_hour AT TIME ZONE 'Europe/Paris' AS paris, CAST(time_hour AT TIME ZONE 'UTC' AS timestamp) AS utc FROM flights.flights

SELECT to_unixtime(time_hour) AS epoch, CAST(to_unixtime(time_hour) * 1000 AS bigint) AS millis FROM flights.flights

SELECT from_unixtime(1356998400), from_unixtime(1356998400, 'America/New_York'), from_unixtime_nanos(1356998400000000000)

SELECT date_parse('2013-01-31 05:06', '%Y-%m-%d %H:%i'), parse_datetime('31/01/2013', 'dd/MM/yyyy'), from_iso8601_date('2013-01-31'), from_iso8601_timestamp('2013-01-31T05:06:07Z')

SELECT CAST('2013-01-31' AS date), CAST('2013-01-31 05:06:07' AS timestamp), try_cast('yesterday' AS date), date('2013-01-31')

SELECT to_iso8601(day), to_iso8601(time_hour), CAST(day AS varchar), CAST(time_hour AS date) FROM flights.flights

SELECT current_date, current_timestamp, now() - INTERVAL '7' DAY, date_trunc('hour', now())

SELECT count(*) FROM flights.flights WHERE day >= date_trunc('year', current_date) - INTERVAL '10' YEAR

SELECT hour(time_hour) AS hour, count(*) FILTER (WHERE day_of_week(day) IN (6, 7)) AS weekend, count(*) FILTER (WHERE day_of_week(day) < 6) AS week FROM flights.flights GROUP BY hour(time_hour) ORDER BY 1

SELECT year_of_week(day) AS iso_year, week(day) AS iso_week, min(day), max(day) FROM flights.flights GROUP BY 1, 2

SELECT TIME '10:30:00', TIME '10:30:00.123', TIMESTAMP '2013-01-01 00:00:00 America/New_York', INTERVAL '1-6' YEAR TO MONTH, INTERVAL '5' SECOND

SELECT date_trunc('hour', time_hour) + INTERVAL '15' MINUTE * (minute(time_hour) / 15) AS quarter_hour, count(*) FROM flights.flights GROUP BY 1

SELECT from_unixtime(floor(to_unixtime(time_hour) / 300) * 300) AS five_minutes, count(*) FROM flights.flights GROUP BY 1 ORDER BY 1

SELECT day, date_format(CAST(day AS timestamp), '%d.%m.%Y') AS german, date_format(CAST(day AS timestamp), '%b %e, %Y') AS american FROM flights.flights

SELECT timezone_hour(current_timestamp), timezone_minute(current_timestamp), with_timezone(TIMESTAMP '2013-01-01 00:00:00', 'Asia/Kolkata')

SELECT CASE WHEN month(day) IN (12, 1, 2) THEN 'winter' WHEN month(day) < 6 THEN 'spring' WHEN month(day) < 9 THEN 'summer' ELSE 'autumn' END AS season, count(*) FROM flights.flights GROUP BY 1

SELECT human_readable_seconds(sum(dep_delay) * 60) AS lost FROM flights.flights WHERE dep_delay > 0

SELECT date_diff('month', min(orderdate), max(orderdate)) AS months, date_diff('year', min(orderdate), max(orderdate)) AS years FROM tpch.orders

SELECT millisecond(TIMESTAMP '2013-01-01 00:00:00.123'), to_milliseconds(INTERVAL '1' DAY), parse_duration('3.5h')

SELECT orderkey FROM tpch.lineitem WHERE receiptdate - shipdate > INTERVAL '30' DAY

SELECT (TIMESTAMP '2013-01-02 00:00:00', 1) > (TIMESTAMP '2013-01-01 00:00:00', 2), date '2013-01-01' IN (date '2013-01-01', current_date)

SELECT greatest(shipdate, commitdate, receiptdate) AS latest, least(shipdate, commitdate) FROM tpch.lineitem

SELECT day FROM flights.flights WHERE day_of_month(day) = 13 AND day_of_week(day) = 5

SELECT date '2013-02-28' + INTERVAL '1' YEAR, date '2012-02-29' - INTERVAL '1' YEAR, -INTERVAL '2' DAY
