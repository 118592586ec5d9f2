SELECT CAST(flight AS varchar), CAST(distance AS integer), CAST('12.50' AS decimal(6, 2)), CAST(is_late AS integer), CAST(amount AS double) FROM flights.flights

SELECT try_cast(tailnum AS bigint), TRY_CAST(origin AS double), coalesce(try_cast(dest AS integer), -1) FROM flights.flights

SELECT try(100 / flight), try(CAST(tailnum AS integer)), nullif(flight, 0), coalesce(dep_delay, arr_delay, 0) FROM flights.flights

SELECT IF(dep_delay > 15, 'late', 'fine'), IF(dep_delay > 15, 'late'), CASE WHEN dep_delay IS NULL THEN 'cancelled' WHEN dep_delay < 0 THEN 'early' ELSE 'other' END FROM flights.flights

SELECT CASE carrier WHEN 'UA' THEN CASE origin WHEN 'EWR' THEN 'hub' ELSE 'spoke' END ELSE 'foreign' END FROM flights.flights

SELECT carrier FROM flights.flights WHERE dep_delay IS NOT NULL AND NOT (arr_delay IS NULL OR arr_delay < dep_delay)

SELECT (dep_delay > 15) = is_late AS agrees, dep_delay IS DISTINCT FROM arr_delay AS differs FROM flights.flights

SELECT 1 + 2 * 3 - 4 / 2 % 3, -(-1), 7 / 2, 7 / 2.0, 7e0 / 2, 10 % 3, mod(-7, 3), 0.1 + 0.2, 1e-3, .5

SELECT round(dep_delay), round(dep_delay, 1), round(distance, -2), ceil(dep_delay / 15) * 15, truncate(dep_delay), sign(dep_delay) FROM flights.flights

SELECT sqrt(power(dep_delay, 2) + power(arr_delay, 2)), ln(distance), log2(distance), log10(distance), log(3, distance), exp(1), e(), pi() FROM flights.flights WHERE distance > 0

SELECT degrees(atan2(1, 1)), radians(180), sin(0), cos(0), tan(0), asin(0), acos(1), atan(1), cbrt(27), tanh(0.5)

SELECT great_circle_distance(40.64, -73.78, 33.94, -118.41) AS kilometres

SELECT greatest(dep_delay, arr_delay), least(dep_delay, 60) FROM flights.flights

SELECT bitwise_and(flight, 255), bitwise_xor(flight, 1), bitwise_left_shift(1, 4), bitwise_right_shift(256, 4), bit_count(flight, 32) FROM flights.flights

SELECT is_nan(dep_delay), is_finite(dep_delay), infinity(), -infinity(), nan() FROM flights.flights

SELECT to_base(flight, 16), from_base('ff', 16), BIGINT '9223372036854775807', SMALLINT '5', TINYINT '1', REAL '1.5', DOUBLE '2.5e3', DECIMAL '12.30', DECIMAL '-7.5' FROM flights.flights LIMIT 1

SELECT typeof(amount), typeof(sum(amount)), typeof(avg(amount)) FROM flights.flights GROUP BY amount

SELECT (SELECT max(temp) FROM weather.hourly) - (SELECT min(temp) FROM weather.hourly) AS range

SELECT 1 IN (1, 2, NULL), 3 NOT IN (1, 2), 2 BETWEEN 1 AND 3, NOT 2 BETWEEN 3 AND 4, 'a' < 'b', true AND NOT false OR NULL

SELECT ROW(1, 2) = ROW(1, 2), (1, 'a') IN ((1, 'a'), (2, 'b')), ROW(1, 'x')[2]

SELECT amount * DECIMAL '1.19' AS gross, CAST(amount / 3 AS decimal(12, 2)), amount * 1.5e0, -amount FROM flights.flights

SELECT wilson_interval_lower(1250, 1310, 1.96), normal_cdf(0, 1, 1.96), inverse_normal_cdf(0, 1, 0.975), beta_cdf(3, 4, 0.5)

SELECT width_bucket(3.14, ARRAY[0, 2, 4]), cosine_similarity(MAP(ARRAY['a', 'b'], ARRAY[1.0, 2.0]), MAP(ARRAY['b'], ARRAY[3.0]))

SELECT random() < 0.1 AS sampled, random(1, 6) AS dice FROM flights.flights

SELECT DISTINCT carrier, origin FROM flights.flights ORDER BY carrier DESC, origin ASC OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY

SELECT carrier AS "Carrier Code", count(*) AS "Number of flights", 'x' AS "a""b" FROM flights.flights GROUP BY carrier

SELECT carrier c, count(*) n FROM flights.flights GROUP BY 1 ORDER BY n DESC, c LIMIT 5

SELECT *, dep_delay - arr_delay AS made_up FROM flights.flights ORDER BY made_up DESC NULLS LAST LIMIT 10

SELECT f.*, 1 AS one, f.carrier AS again FROM flights.flights AS f WHERE false

SELECT t.* FROM (SELECT carrier, name FROM flights.airlines) AS t (c, n)

SELECT x FROM (VALUES 1, 2, 3) AS t (x) WHERE x > 1

SELECT carrier FROM flights.flights TABLESAMPLE BERNOULLI (5) WHERE month = 3

SELECT carrier, origin FROM flights.flights WHERE carrier IN ('AA', 'UA') INTERSECT SELECT carrier, origin FROM flights.flights WHERE dep_delay > 120

SELECT origin AS airport FROM flights.flights UNION SELECT dest FROM flights.flights ORDER BY airport

(SELECT carrier, 'best' AS side FROM flights.flights GROUP BY carrier ORDER BY avg(arr_delay) LIMIT 3) UNION ALL (SELECT carrier, 'worst' FROM flights.flights GROUP BY carrier ORDER BY avg(arr_delay) DESC LIMIT 3)

SELECT carrier FROM flights.airlines EXCEPT ALL SELECT carrier FROM flights.flights

SELECT 'flights' AS source, count(*) AS n FROM flights.flights UNION ALL SELECT 'airlines', count(*) FROM flights.airlines UNION ALL SELECT 'planes', count(*) FROM flights.planes ORDER BY n DESC

SELECT carrier, dest FROM flights.flights WHERE day = :since AND (carrier = :carrier OR :carrier IS NULL)

SELECT count(*) FROM flights.flights WHERE distance >= :distance AND is_late = :late AND amount BETWEEN :amount AND :amount * 10

SELECT carrier, count(*) FROM flights.flights WHERE time_hour >= :at - INTERVAL '1' DAY GROUP BY carrier LIMIT :n

SELECT date_add('day', :n, :since) AS until, :carrier || '!' AS shout

SELECT /* dashboard: delays */ carrier, -- the code
  avg(dep_delay) AS delay /* minutes */
FROM flights.flights
-- WHERE month = 1
GROUP BY carrier;
