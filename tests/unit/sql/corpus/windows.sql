SELECT day, n, sum(n) OVER (ORDER BY day) AS running FROM (SELECT day, count(*) AS n FROM flights.flights GROUP BY day) d

SELECT day, n, avg(n) OVER (ORDER BY day ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING) AS smooth FROM (SELECT day, count(*) AS n FROM flights.flights GROUP BY day) d ORDER BY day

SELECT month, n, n - lag(n) OVER (ORDER BY month) AS change, 100.0 * n / lag(n, 1, n) OVER (ORDER BY month) - 100 AS percent FROM (SELECT month, count(*) AS n FROM flights.flights GROUP BY month) m

SELECT carrier, month, n, rank() OVER (PARTITION BY month ORDER BY n DESC) AS place FROM (SELECT carrier, month, count(*) AS n FROM flights.flights GROUP BY carrier, month) t

SELECT * FROM (SELECT carrier, dest, count(*) AS n, row_number() OVER (PARTITION BY carrier ORDER BY count(*) DESC, dest) AS rn FROM flights.flights GROUP BY carrier, dest) t WHERE rn <= 5 ORDER BY carrier, rn

SELECT tailnum, time_hour, origin, lag(dest) OVER (PARTITION BY tailnum ORDER BY time_hour) AS came_from FROM flights.flights

SELECT tailnum, count(*) FILTER (WHERE origin <> came_from) AS gaps FROM (SELECT tailnum, origin, lag(dest) OVER (PARTITION BY tailnum ORDER BY time_hour) AS came_from FROM flights.flights) t GROUP BY tailnum ORDER BY gaps DESC LIMIT 20

SELECT carrier, day, dep_delay, percent_rank() OVER (PARTITION BY carrier ORDER BY dep_delay) AS pr, cume_dist() OVER (PARTITION BY carrier ORDER BY dep_delay) AS cd FROM flights.flights WHERE day = date '2013-07-04'

SELECT ntile(10) OVER (ORDER BY distance DESC) AS decile, flight, distance FROM flights.flights

SELECT decile, min(distance), max(distance), count(*) FROM (SELECT distance, ntile(10) OVER (ORDER BY distance) AS decile FROM flights.flights) d GROUP BY decile ORDER BY decile

SELECT carrier, month, sum(sum(amount)) OVER (PARTITION BY carrier ORDER BY month) AS year_to_date FROM flights.flights GROUP BY carrier, month

SELECT carrier, sum(amount) AS total, sum(amount) / sum(sum(amount)) OVER () AS share FROM flights.flights GROUP BY carrier

SELECT origin, day, first_value(carrier) OVER w AS first, last_value(carrier) OVER w AS last FROM flights.flights WINDOW w AS (PARTITION BY origin, day ORDER BY time_hour ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)

SELECT origin, time_hour, temp, temp - avg(temp) OVER (PARTITION BY origin ORDER BY time_hour RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) AS anomaly FROM weather.hourly

SELECT day, dense_rank() OVER (ORDER BY date_trunc('week', day)) AS week_number FROM (SELECT DISTINCT day FROM flights.flights) d

SELECT carrier, dep_delay, nth_value(dep_delay, 3) OVER (PARTITION BY carrier ORDER BY dep_delay DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS third FROM flights.flights

SELECT day, lead(day, 7) OVER (ORDER BY day) AS in_a_week, lead(day, 1, date '2014-01-01') OVER (ORDER BY day) AS tomorrow FROM (SELECT DISTINCT day FROM flights.flights) d

SELECT tailnum, day, day - lag(day) OVER (PARTITION BY tailnum ORDER BY day) AS idle FROM flights.flights

SELECT tailnum, time_hour, sum(is_new) OVER (PARTITION BY tailnum ORDER BY time_hour) AS session FROM (SELECT tailnum, time_hour, IF(date_diff('hour', lag(time_hour) OVER (PARTITION BY tailnum ORDER BY time_hour), time_hour) > 12, 1, 0) AS is_new FROM flights.flights) s

SELECT carrier, day, last_value(dep_delay) IGNORE NULLS OVER (PARTITION BY carrier ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS filled FROM flights.flights

SELECT lag(temp, 2) RESPECT NULLS OVER (ORDER BY time_hour) FROM weather.hourly

SELECT carrier, month, n, max(n) OVER (PARTITION BY carrier) AS best, n = max(n) OVER (PARTITION BY carrier) AS is_best FROM (SELECT carrier, month, count(*) AS n FROM flights.flights GROUP BY 1, 2) t

SELECT day, n, sum(n) OVER (ORDER BY day GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (SELECT day, origin, count(*) AS n FROM flights.flights GROUP BY day, origin) t

SELECT origin, count(*) OVER (PARTITION BY origin) AS per_origin, count(*) OVER () AS whole, row_number() OVER (ORDER BY origin, flight) AS line FROM flights.flights LIMIT 100

SELECT DISTINCT origin, approx_percentile(dep_delay, 0.5) OVER (PARTITION BY origin) AS median FROM flights.flights

SELECT carrier, array_agg(dest) OVER (PARTITION BY carrier ORDER BY day ROWS 2 PRECEDING) AS last_three FROM flights.flights WHERE month = 2

SELECT day, n, CASE WHEN n > 2 * avg(n) OVER (ORDER BY day ROWS BETWEEN 28 PRECEDING AND 1 PRECEDING) THEN 'spike' ELSE 'normal' END AS verdict FROM (SELECT day, count(*) AS n FROM flights.flights GROUP BY day) t

SELECT x.carrier, x.total, rank() OVER by_total AS place, lag(x.total) OVER by_total - x.total AS behind FROM (SELECT carrier, sum(amount) AS total FROM flights.flights GROUP BY carrier) x WINDOW by_total AS (ORDER BY x.total DESC)

SELECT island, min(day) AS since, max(day) AS until, count(*) AS days FROM (SELECT day, date_add('day', -CAST(row_number() OVER (ORDER BY day) AS integer), day) AS island FROM (SELECT DISTINCT day FROM flights.flights WHERE dep_delay > 300) d) g GROUP BY island HAVING count(*) > 1

SELECT month, carrier, n FROM (SELECT month, carrier, count(*) AS n, max(count(*)) OVER (PARTITION BY month) AS most FROM flights.flights GROUP BY month, carrier) t WHERE n = most

SELECT count_if(dep_delay > 0) OVER (PARTITION BY carrier ORDER BY day RANGE UNBOUNDED PRECEDING) AS late_so_far FROM flights.flights

SELECT stddev(temp) OVER (PARTITION BY origin ORDER BY time_hour ROWS BETWEEN 23 PRECEDING AND CURRENT ROW) AS volatility FROM weather.hourly

SELECT carrier, flight, sum(distance) OVER (PARTITION BY carrier ORDER BY flight ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM flights.flights

SELECT min_by(carrier, dep_delay) OVER (PARTITION BY day) AS punctual, day FROM flights.flights

SELECT orderkey, linenumber, extendedprice, sum(extendedprice) OVER (PARTITION BY orderkey ORDER BY linenumber) AS so_far, extendedprice / sum(extendedprice) OVER (PARTITION BY orderkey) AS part FROM tpch.lineitem

SELECT custkey, orderdate, date_diff('day', lag(orderdate) OVER (PARTITION BY custkey ORDER BY orderdate), orderdate) AS days_between FROM tpch.orders

SELECT custkey, avg(gap) AS rhythm FROM (SELECT custkey, date_diff('day', lag(orderdate) OVER (PARTITION BY custkey ORDER BY orderdate), orderdate) AS gap FROM tpch.orders) t WHERE gap IS NOT NULL GROUP BY custkey HAVING count(*) > 3

SELECT nationkey, name, acctbal, acctbal - avg(acctbal) OVER (PARTITION BY nationkey) AS above_mean FROM tpch.customer
