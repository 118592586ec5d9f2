SELECT count(*), count(dep_delay), count(DISTINCT carrier), count(DISTINCT (origin, dest)) FROM flights.flights

SELECT carrier, count(*) AS flights, round(100.0 * count(*) / (SELECT count(*) FROM flights.flights), 2) AS share FROM flights.flights GROUP BY carrier ORDER BY share DESC

SELECT origin, sum(amount) AS revenue, avg(amount) AS mean_amount, min(amount), max(amount) FROM flights.flights GROUP BY origin HAVING sum(amount) > 1000

SELECT month, count_if(dep_delay > 15) AS late, count_if(dep_delay <= 15) AS on_time, count_if(dep_delay IS NULL) AS cancelled FROM flights.flights GROUP BY month ORDER BY month

SELECT carrier, sum(CASE WHEN origin = 'JFK' THEN 1 ELSE 0 END) AS jfk, sum(CASE WHEN origin = 'LGA' THEN 1 ELSE 0 END) AS lga, sum(CASE WHEN origin = 'EWR' THEN 1 ELSE 0 END) AS ewr FROM flights.flights GROUP BY carrier

SELECT carrier, avg(dep_delay) FILTER (WHERE month BETWEEN 6 AND 8) AS summer, avg(dep_delay) FILTER (WHERE month IN (12, 1, 2)) AS winter FROM flights.flights GROUP BY 1 ORDER BY 1

SELECT dest, avg(arr_delay) AS mean, stddev_samp(arr_delay) AS spread, count(*) AS n FROM flights.flights WHERE arr_delay IS NOT NULL GROUP BY dest HAVING count(*) >= 30 AND stddev_samp(arr_delay) < 50

SELECT approx_percentile(dep_delay, ARRAY[0.25, 0.5, 0.75]) AS quartiles FROM flights.flights WHERE dep_delay IS NOT NULL

SELECT carrier, approx_percentile(dep_delay, 0.9) - approx_percentile(dep_delay, 0.1) AS spread FROM flights.flights GROUP BY carrier

SELECT approx_percentile(dep_delay, distance, 0.5) AS weighted_median FROM flights.flights

SELECT carrier, max_by(dest, distance) AS farthest, max(distance) FROM flights.flights GROUP BY carrier

SELECT origin, min_by(flight, dep_delay) AS earliest, max_by(flight, dep_delay, 3) AS worst_three FROM flights.flights GROUP BY origin

SELECT carrier, array_agg(DISTINCT origin ORDER BY origin) AS origins FROM flights.flights GROUP BY carrier

SELECT origin, array_agg(carrier ORDER BY dep_delay DESC) FILTER (WHERE dep_delay > 60) AS late_carriers FROM flights.flights GROUP BY origin

SELECT origin, listagg(DISTINCT dest, ';') WITHIN GROUP (ORDER BY dest) AS destinations FROM flights.flights WHERE month = 1 GROUP BY origin

SELECT year, month, sum(distance) / 1e6 AS million_miles FROM flights.flights GROUP BY year, month ORDER BY year DESC, month ASC NULLS LAST

SELECT corr(dep_delay, arr_delay) AS r, regr_slope(arr_delay, dep_delay) AS slope, regr_intercept(arr_delay, dep_delay) AS intercept FROM flights.flights

SELECT carrier, skewness(dep_delay) AS skew, kurtosis(dep_delay) AS kurt FROM flights.flights WHERE dep_delay BETWEEN -30 AND 300 GROUP BY carrier

SELECT width_bucket(dep_delay, 0, 120, 12) AS bucket, count(*) AS n FROM flights.flights WHERE dep_delay >= 0 GROUP BY 1 ORDER BY 1

SELECT floor(distance / 250) * 250 AS from_miles, count(*) AS n, avg(arr_delay) AS delay FROM flights.flights GROUP BY floor(distance / 250) * 250 ORDER BY from_miles

SELECT is_late, count(*) AS n FROM flights.flights GROUP BY is_late

SELECT bool_or(is_late) AS ever, bool_and(is_late) AS always, every(distance > 0) AS sane FROM flights.flights WHERE carrier = 'HA'

SELECT arbitrary(name) AS name, count(*) AS codes FROM flights.airlines GROUP BY lower(name) HAVING count(*) > 1

SELECT histogram(carrier) AS by_carrier, histogram(month) AS by_month FROM flights.flights

SELECT origin, map_agg(carrier, n) AS counts FROM (SELECT origin, carrier, count(*) AS n FROM flights.flights GROUP BY origin, carrier) t GROUP BY origin

SELECT multimap_agg(origin, dest) FROM (SELECT DISTINCT origin, dest FROM flights.flights)

SELECT checksum(tailnum), count(*) FROM flights.flights WHERE day = date '2013-05-06'

SELECT geometric_mean(distance), harmonic FROM (SELECT distance, 1 AS harmonic FROM flights.flights) x GROUP BY harmonic

SELECT numeric_histogram(5, arr_delay) FROM flights.flights WHERE arr_delay IS NOT NULL

SELECT var_pop(temp), var_samp(temp), stddev_pop(temp), covar_samp(temp, temp) FROM weather.hourly

SELECT approx_distinct(tailnum, 0.01) AS planes, approx_distinct(dest) AS dests FROM flights.flights

SELECT approx_most_frequent(5, dest, 1000) AS top_destinations FROM flights.flights

SELECT sum(DISTINCT flight) AS odd_but_legal, avg(DISTINCT distance) FROM flights.flights

SELECT count(*) AS groups FROM (SELECT 1 AS one FROM flights.flights GROUP BY carrier, origin, dest, month)

SELECT carrier, sum(amount) AS total FROM flights.flights GROUP BY carrier ORDER BY sum(amount) DESC, carrier LIMIT 3

SELECT upper(origin) AS o, count(*) FROM flights.flights WHERE distance > 0 GROUP BY upper(origin) ORDER BY count(*) DESC

SELECT carrier || '-' || CAST(flight AS varchar) AS code, avg(dep_delay) FROM flights.flights GROUP BY carrier || '-' || CAST(flight AS varchar) HAVING count(*) > 100

SELECT max(day) AS newest, min(day) AS oldest, date_diff('day', min(day), max(day)) + 1 AS span FROM flights.flights

SELECT reduce_agg(flight, 0, (a, b) -> a + b, (a, b) -> a + b) AS added FROM flights.flights

SELECT merge(hll) AS whole FROM (SELECT approx_set(tailnum) AS hll FROM flights.flights GROUP BY month)

SELECT value_at_quantile(qdigest_agg(dep_delay), 0.95) AS p95, value_at_quantile(tdigest_agg(arr_delay), 0.5) AS median FROM flights.flights

SELECT carrier, bitwise_or_agg(flight) AS bits, bitwise_and_agg(flight) FROM flights.flights GROUP BY carrier
