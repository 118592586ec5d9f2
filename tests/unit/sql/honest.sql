-- Queries that people send. Separated by empty lines; comments are part of the test.
SELECT 1

SELECT 1 AS one;

select * from flights.flights

SELECT carrier, count(*) AS n FROM flights.flights GROUP BY carrier ORDER BY n DESC LIMIT 10

SELECT carrier, count(*) FROM flights.flights GROUP BY 1 HAVING count(*) > 100 ORDER BY 2 DESC

SELECT f.carrier, a.name, avg(f.dep_delay) AS mean_delay FROM flights.flights f JOIN flights.airlines a ON f.carrier = a.carrier GROUP BY f.carrier, a.name

SELECT flights.carrier FROM flights.flights WHERE flights.flights.year = 2013

SELECT "flights"."flights"."carrier" FROM "flights"."flights"

SELECT DISTINCT origin, dest FROM flights.flights ORDER BY origin, dest OFFSET 5 LIMIT 20

SELECT month, carrier, avg(arr_delay) FROM flights.flights WHERE arr_delay IS NOT NULL AND carrier IN ('UA', 'AA', 'DL') GROUP BY month, carrier

SELECT date_trunc('month', time_hour) AS m, sum(distance) FROM flights.flights GROUP BY date_trunc('month', time_hour)

SELECT * FROM flights.flights WHERE time_hour >= timestamp '2013-01-01 00:00:00' AND time_hour < timestamp '2013-02-01 00:00:00'

SELECT * FROM flights.flights WHERE day BETWEEN date '2013-01-01' AND date '2013-01-31'

SELECT * FROM flights.flights WHERE day > current_date - interval '7' day

SELECT now(), current_timestamp, localtimestamp, current_time, localtime, current_date

SELECT carrier, dep_delay, row_number() OVER (PARTITION BY carrier ORDER BY dep_delay DESC NULLS LAST) AS rn FROM flights.flights

SELECT * FROM (SELECT carrier, dep_delay, rank() OVER (PARTITION BY carrier ORDER BY dep_delay DESC) AS r FROM flights.flights) t WHERE r <= 3

SELECT day, sum(n) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM (SELECT day, count(*) AS n FROM flights.flights GROUP BY day)

SELECT day, avg(n) OVER (ORDER BY day RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) FROM (SELECT day, count(*) AS n FROM flights.flights GROUP BY day) x

SELECT carrier, lag(dep_delay, 1) OVER w AS before, lead(dep_delay) OVER w AS after FROM flights.flights WINDOW w AS (PARTITION BY carrier ORDER BY day)

SELECT first_value(dep_delay) IGNORE NULLS OVER (ORDER BY day) FROM flights.flights

SELECT nth_value(dep_delay, 2) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), ntile(4) OVER (ORDER BY dep_delay), percent_rank() OVER (ORDER BY dep_delay), cume_dist() OVER (ORDER BY dep_delay), dense_rank() OVER (ORDER BY dep_delay) FROM flights.flights

SELECT sum(x) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM (VALUES 1, 2, 3) AS t(x)

WITH monthly AS (SELECT month, count(*) AS n FROM flights.flights GROUP BY month) SELECT * FROM monthly ORDER BY month

WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT a.x, b.y FROM a, b

WITH flights AS (SELECT * FROM flights.flights) SELECT carrier FROM flights

WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t

WITH a AS (WITH b AS (SELECT 1 AS x) SELECT x FROM b) SELECT * FROM a

SELECT origin, dest, count(*) FROM flights.flights GROUP BY GROUPING SETS ((origin), (dest), (origin, dest), ())

SELECT origin, dest, grouping(origin, dest), count(*) FROM flights.flights GROUP BY ROLLUP (origin, dest)

SELECT origin, dest, count(*) FROM flights.flights GROUP BY CUBE (origin, dest)

SELECT origin, carrier, dest, count(*) FROM flights.flights GROUP BY origin, ROLLUP (carrier, dest)

SELECT t.x FROM flights.planes CROSS JOIN UNNEST(ARRAY[1, 2, 3]) AS t(x)

SELECT n.tag FROM flights.planes p CROSS JOIN UNNEST(p.tags) WITH ORDINALITY AS n(tag, position)

SELECT k, v FROM flights.planes, UNNEST(p_map) AS t(k, v)

SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['a', 'b']) AS t(n, a)

SELECT * FROM UNNEST(sequence(date '2013-01-01', date '2013-12-31', interval '1' month)) AS t(d)

SELECT transform(ARRAY[1, 2, 3], x -> x * 2), filter(ARRAY[5, NULL, 7], x -> x IS NOT NULL), reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)

SELECT any_match(tags, t -> t = 'x'), all_match(tags, t -> length(t) > 1), none_match(tags, t -> t IS NULL) FROM flights.planes

SELECT zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x + y), map_filter(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v > 0), transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v + 1)

SELECT array_sort(ARRAY[3, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))

SELECT json_extract_scalar(payload, '$.store.book[0].author'), json_extract(payload, '$.a'), json_parse('{"a": 1}'), json_format(json_parse('[1]')) FROM flights.events

SELECT json_value(payload, 'lax $.a' RETURNING integer DEFAULT 0 ON EMPTY NULL ON ERROR), json_exists(payload, 'strict $.b'), json_query(payload, 'lax $.c' WITH WRAPPER) FROM flights.events

SELECT json_object('key': 1, 'b': 'x'), json_array(1, 2, 3), json_array_length('[1,2]'), json_size('{"x": 1}', '$.x')

SELECT CAST(json_parse('[1,2,3]') AS array(integer)), CAST(MAP(ARRAY['a'], ARRAY[1]) AS json)

SELECT CAST(ROW(1, 'x') AS row(id bigint, name varchar)).name

SELECT address.city, address.geo.lat FROM flights.events

SELECT e.address.geo.lat FROM flights.events e

SELECT m['key'], element_at(m, 'other'), map_keys(m), cardinality(m) FROM flights.events

SELECT a[1], slice(a, 2, 2), a || ARRAY[4], contains(a, 1), array_join(a, ',') FROM flights.events

SELECT max_by(carrier, dep_delay), min_by(carrier, dep_delay, 3), arbitrary(carrier), any_value(origin) FROM flights.flights

SELECT approx_distinct(carrier), approx_percentile(dep_delay, 0.95), approx_percentile(dep_delay, ARRAY[0.5, 0.9, 0.99]) FROM flights.flights

SELECT count(*) FILTER (WHERE dep_delay > 15) AS late, count_if(arr_delay > 15), count(DISTINCT tailnum) FROM flights.flights

SELECT array_agg(DISTINCT carrier ORDER BY carrier) FROM flights.flights

SELECT listagg(carrier, ', ') WITHIN GROUP (ORDER BY carrier) FROM flights.airlines

SELECT listagg(DISTINCT carrier, ',' ON OVERFLOW TRUNCATE '...' WITH COUNT) WITHIN GROUP (ORDER BY carrier) FROM flights.airlines

SELECT stddev(dep_delay), stddev_pop(dep_delay), variance(dep_delay), var_samp(dep_delay), corr(dep_delay, arr_delay), covar_pop(dep_delay, arr_delay), regr_slope(arr_delay, dep_delay), skewness(dep_delay), kurtosis(dep_delay) FROM flights.flights

SELECT histogram(carrier), map_agg(carrier, name), multimap_agg(origin, dest), numeric_histogram(10, distance), checksum(carrier) FROM flights.flights

SELECT bool_and(dep_delay > 0), bool_or(dep_delay > 0), every(dep_delay > 0), bitwise_or_agg(flight), geometric_mean(distance) FROM flights.flights

SELECT CASE carrier WHEN 'UA' THEN 'United' WHEN 'DL' THEN 'Delta' ELSE 'other' END FROM flights.flights

SELECT CASE WHEN dep_delay > 60 THEN 'bad' WHEN dep_delay > 15 THEN 'late' END, if(dep_delay > 0, 1), if(dep_delay > 0, 1, 0), coalesce(dep_delay, 0), nullif(dep_delay, 0), greatest(1, 2), least(1, 2) FROM flights.flights

SELECT try(1 / 0), try_cast('x' AS integer), TRY_CAST('2013-01-01' AS date), typeof(1), format('%s-%d', 'a', 1)

SELECT upper(carrier), lower(carrier), length(name), substr(name, 2, 3), substring(name, 2), substring(name FROM 2 FOR 3), trim(name), ltrim(name), rtrim(name), replace(name, 'a', 'b'), reverse(name), split(name, ' '), split_part(name, ' ', 1), strpos(name, 'x'), position('x' IN name), lpad(name, 10, ' '), concat(carrier, '-', name), concat_ws('-', carrier, name), carrier || '-' || name FROM flights.airlines

SELECT trim(LEADING '0' FROM '007'), trim(TRAILING 'x' FROM 'xxx'), trim(BOTH ' ' FROM '  a  '), normalize('é', NFD), translate('abc', 'ab', 'xy'), levenshtein_distance('a', 'b'), soundex('x'), word_stem('running'), chr(65), codepoint('A'), starts_with('abc', 'a')

SELECT regexp_like(name, '^A'), regexp_extract(name, '(\w+) (\w+)', 2), regexp_replace(name, '\s+', ' '), regexp_extract_all(name, '\d+'), regexp_split(name, ','), regexp_count(name, 'a') FROM flights.airlines

SELECT * FROM flights.airlines WHERE name LIKE '%Air%' AND name NOT LIKE 'A\_%' ESCAPE '\'

SELECT * FROM flights.airlines WHERE name LIKE '100%' OR lower(name) = 'o''hare'

SELECT abs(-1), ceil(1.2), ceiling(1.2), floor(1.8), round(1.234, 2), truncate(1.9), mod(5, 3), 5 % 3, power(2, 10), pow(2, 3), sqrt(2), cbrt(8), exp(1), ln(2), log(2, 8), log2(8), log10(1000), sign(-1), pi(), e(), degrees(pi()), radians(180), sin(1), atan2(1, 2), width_bucket(5, 0, 10, 5)

SELECT nan(), infinity(), is_nan(nan()), is_finite(1.0), is_infinite(infinity())

SELECT bitwise_and(1, 3), bitwise_or(1, 2), bitwise_xor(1, 3), bitwise_not(1), bit_count(7, 64), bitwise_left_shift(1, 3)

SELECT random(), rand(), random(10), shuffle(ARRAY[1, 2]), uuid()

SELECT year(day), month(day), day(day), quarter(day), week(day), day_of_week(day), dow(day), doy(day), hour(time_hour), minute(time_hour), second(time_hour), year_of_week(day) FROM flights.flights

SELECT extract(year FROM day), extract(dow FROM day), extract(epoch FROM time_hour) FROM flights.flights

SELECT date_diff('day', date '2013-01-01', day), date_add('month', 1, day), date_format(time_hour, '%Y-%m-%d %H:%i'), date_parse('2013-01-01', '%Y-%m-%d'), format_datetime(time_hour, 'yyyy-MM'), from_unixtime(1357000000), to_unixtime(time_hour), from_iso8601_timestamp('2013-01-01T00:00:00Z'), from_iso8601_date('2013-01-01'), last_day_of_month(day), date(time_hour) FROM flights.flights

SELECT time_hour AT TIME ZONE 'America/New_York', with_timezone(time_hour, 'UTC'), at_timezone(current_timestamp, 'Europe/Berlin') FROM flights.flights

SELECT day + interval '1' day, day - interval '2' month, day + interval '1' year, time_hour + interval '90' minute, interval '1-2' year to month, interval '1 02:03:04' day to second FROM flights.flights

SELECT timestamp '2013-01-01 10:00:00.123', time '10:00:00', timestamp '2013-01-01 10:00:00 UTC', decimal '12.340', bigint '5', double '2.5', real '1.5', varchar 'x', X'00FF', 1e3, 1.5E0, .5, 5.

SELECT md5(to_utf8('x')), sha1(to_utf8('x')), sha256(to_utf8('x')), sha512(to_utf8('x')), xxhash64(to_utf8('x')), crc32(to_utf8('x')), to_hex(md5(to_utf8('x'))), from_hex('00'), to_base64(to_utf8('x')), from_base64('eA=='), from_utf8(X'41')

SELECT url_extract_host('http://x/y'), url_extract_parameter('http://x/?a=1', 'a'), url_encode('a b'), url_decode('a%20b')

SELECT st_distance(st_point(1, 2), st_point(3, 4)), st_contains(st_geometryfromtext('POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))'), st_point(0.5, 0.5)), great_circle_distance(1, 2, 3, 4)

SELECT carrier FROM flights.flights UNION SELECT carrier FROM flights.airlines

SELECT carrier FROM flights.flights UNION ALL SELECT carrier FROM flights.airlines ORDER BY carrier LIMIT 5

SELECT carrier FROM flights.airlines EXCEPT SELECT carrier FROM flights.flights

SELECT carrier FROM flights.airlines INTERSECT SELECT carrier FROM flights.flights

(SELECT carrier FROM flights.airlines) UNION ALL (SELECT carrier FROM flights.flights LIMIT 3)

(SELECT 1 AS x ORDER BY x) LIMIT 1

SELECT * FROM (SELECT 1 AS x UNION ALL SELECT 2) t WHERE x > 1

SELECT * FROM flights.flights f WHERE EXISTS (SELECT 1 FROM flights.airlines a WHERE a.carrier = f.carrier)

SELECT * FROM flights.flights WHERE carrier IN (SELECT carrier FROM flights.airlines) AND dest NOT IN ('LGA', 'JFK')

SELECT * FROM flights.flights WHERE (carrier, origin) IN (SELECT carrier, 'JFK' FROM flights.airlines)

SELECT *, (SELECT max(dep_delay) FROM flights.flights) AS worst FROM flights.airlines

SELECT * FROM flights.flights WHERE dep_delay > ALL (SELECT dep_delay FROM flights.flights WHERE carrier = 'HA')

SELECT * FROM flights.flights WHERE dep_delay = ANY (SELECT arr_delay FROM flights.flights)

SELECT a.carrier, x.n FROM flights.airlines a CROSS JOIN LATERAL (SELECT count(*) AS n FROM flights.flights f WHERE f.carrier = a.carrier) x

SELECT a.carrier, x.n FROM flights.airlines a LEFT JOIN LATERAL (SELECT count(*) AS n FROM flights.flights f WHERE f.carrier = a.carrier) x ON true

SELECT * FROM flights.flights LEFT JOIN flights.airlines USING (carrier)

SELECT * FROM flights.flights f RIGHT JOIN flights.planes p ON f.tailnum = p.tailnum

SELECT * FROM flights.flights f FULL OUTER JOIN flights.planes p ON f.tailnum = p.tailnum AND f.year > p.year

SELECT * FROM flights.flights f INNER JOIN (flights.planes p JOIN flights.airlines a ON true) ON f.tailnum = p.tailnum

SELECT f1.carrier FROM flights.flights f1 JOIN flights.flights f2 ON f1.tailnum = f2.tailnum AND f1.day < f2.day

SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(n, s)

SELECT * FROM flights.flights TABLESAMPLE BERNOULLI (10)

SELECT count(*) FROM flights.flights TABLESAMPLE SYSTEM (5) WHERE dep_delay > 0

SELECT carrier FROM flights.flights FETCH FIRST 5 ROWS ONLY

SELECT carrier FROM flights.flights ORDER BY dep_delay DESC FETCH FIRST 5 ROWS WITH TIES

SELECT carrier FROM flights.flights LIMIT ALL

SELECT x IS DISTINCT FROM y, x IS NOT DISTINCT FROM y, x IS NULL, NOT x, x <> y, x != y FROM (VALUES (true, false)) t(x, y)

SELECT f.* FROM flights.flights AS f

SELECT f.*, a.name AS airline FROM flights.flights f JOIN flights.airlines a ON a.carrier = f.carrier

SELECT FLIGHTS.Carrier FROM Flights.FLIGHTS

SELECT "Dep Delay", "select", "Übung" FROM flights.events

SELECT carrier AS "Fluggesellschaft ✈", 'naïve 日本語 😀' AS t FROM flights.flights

-- a comment
SELECT /* inline */ carrier -- trailing
FROM flights.flights

SELECT 'a; DROP TABLE x' AS text, '--', '/* */' FROM flights.flights

SELECT * FROM flights.flights WHERE day >= :since AND carrier = :carrier LIMIT :n

SELECT count(*) FROM flights.flights WHERE time_hour > :at AND distance > :distance AND is_late = :late AND amount < :amount

SELECT * FROM weather.hourly w JOIN flights.flights f ON w.origin = f.origin AND w.time_hour = f.time_hour

SELECT approx_most_frequent(3, carrier, 100), merge(approx_set(carrier)), cardinality(approx_set(carrier)) FROM flights.flights

SELECT array_distinct(a), array_intersect(a, b), array_union(a, b), array_except(a, b), array_position(a, 1), array_remove(a, 1), array_max(a), array_min(a), arrays_overlap(a, b), flatten(ARRAY[a, b]), repeat('x', 3), sequence(1, 10, 2), ngrams(a, 2), combinations(a, 2), zip(a, b) FROM flights.events

SELECT map(ARRAY['a'], ARRAY[1]), map_concat(m, m), map_entries(m), map_from_entries(ARRAY[('a', 1)]), map_values(m), split_to_map('a=1,b=2', ',', '=') FROM flights.events

SELECT sum(CASE WHEN carrier = 'UA' THEN 1 ELSE 0 END) * 100.0 / count(*) AS share FROM flights.flights

SELECT DISTINCT carrier, first_value(dep_delay) OVER (PARTITION BY carrier ORDER BY day) FROM flights.flights

SELECT rank() OVER (ORDER BY sum(dep_delay) DESC) AS r, carrier FROM flights.flights GROUP BY carrier

SELECT ((((((((((1))))))))))

SELECT 1 WHERE 1 = 1 AND (2 = 2 OR NOT (3 = 4))

SELECT -dep_delay, +dep_delay, - - dep_delay, 1 - -1 FROM flights.flights

SELECT human_readable_seconds(96), parse_duration('42ms'), to_milliseconds(interval '1' day), from_base('ff', 16), to_base(255, 16)

SELECT date_parse(concat(CAST(year AS varchar), '-', lpad(CAST(month AS varchar), 2, '0')), '%Y-%m') AS m FROM flights.flights

SELECT carrier, approx_percentile(dep_delay, 0.5) OVER (PARTITION BY carrier) FROM flights.flights

SELECT cosine_similarity(MAP(ARRAY['a'], ARRAY[1.0]), MAP(ARRAY['a'], ARRAY[2.0])), hamming_distance('ab', 'ac'), jaccard_index(make_set_digest(1), make_set_digest(1)), luhn_check('79927398713')
