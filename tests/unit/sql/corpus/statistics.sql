SELECT carrier, count(*) AS n, approx_percentile(arr_delay, ARRAY[0.5, 0.9, 0.99])[2] AS p90 FROM flights.flights GROUP BY carrier ORDER BY p90 DESC

SELECT shipmode, sum(CASE WHEN orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS urgent, count(*) AS n FROM tpch.orders o JOIN tpch.lineitem l USING (orderkey) GROUP BY shipmode

SELECT brand, type, size, count(DISTINCT suppkey) AS suppliers FROM tpch.part JOIN tpch.partsupp USING (partkey) WHERE brand <> 'Brand#45' AND size IN (9, 14, 19) GROUP BY brand, type, size ORDER BY suppliers DESC, brand, type, size

SELECT mktsegment, avg(acctbal) AS balance, approx_percentile(CAST(acctbal AS double), 0.5) AS median FROM tpch.customer GROUP BY mktsegment

SELECT year(orderdate) AS year, sum(totalprice) AS volume, count(DISTINCT custkey) AS customers, sum(totalprice) / count(DISTINCT custkey) AS per_customer FROM tpch.orders GROUP BY year(orderdate)

SELECT suppkey, avg(date_diff('day', shipdate, receiptdate)) AS transit, max(date_diff('day', commitdate, receiptdate)) AS worst FROM tpch.lineitem GROUP BY suppkey HAVING avg(date_diff('day', shipdate, receiptdate)) > 15

SELECT n.name AS nation, extract(YEAR FROM o.orderdate) AS o_year, sum(l.extendedprice * (1 - l.discount) - ps.supplycost * l.quantity) AS profit FROM tpch.lineitem l JOIN tpch.orders o ON o.orderkey = l.orderkey JOIN tpch.supplier s ON s.suppkey = l.suppkey JOIN tpch.nation n ON n.nationkey = s.nationkey JOIN tpch.partsupp ps ON ps.suppkey = l.suppkey AND ps.partkey = l.partkey GROUP BY n.name, extract(YEAR FROM o.orderdate)

SELECT returnflag, linestatus, sum(quantity), sum(extendedprice), avg(discount), count(*) FROM tpch.lineitem WHERE shipdate <= date '1998-12-01' - INTERVAL '90' DAY GROUP BY returnflag, linestatus ORDER BY returnflag, linestatus

SELECT sum(extendedprice * discount) AS saved FROM tpch.lineitem WHERE shipdate >= date '1994-01-01' AND shipdate < date '1995-01-01' AND discount BETWEEN 0.05 AND 0.07 AND quantity < 24

SELECT sum(x * y) / sqrt(sum(x * x) * sum(y * y)) AS cosine FROM (SELECT dep_delay AS x, arr_delay AS y FROM flights.flights) t

SELECT avg(arr_delay) AS mean, avg(arr_delay) - 1.96 * stddev(arr_delay) / sqrt(count(arr_delay)) AS low, avg(arr_delay) + 1.96 * stddev(arr_delay) / sqrt(count(arr_delay)) AS high FROM flights.flights

SELECT regr_r2(arr_delay, dep_delay), regr_count(arr_delay, dep_delay), regr_avgx(arr_delay, dep_delay), covar_pop(arr_delay, dep_delay) FROM flights.flights

SELECT floor(temp) AS t, avg(dep_delay) AS delay, count(*) AS n, corr(temp, dep_delay) OVER () AS r FROM (SELECT w.temp, f.dep_delay FROM weather.hourly w JOIN flights.flights f ON f.origin = w.origin AND f.time_hour = w.time_hour) j GROUP BY floor(temp), temp, dep_delay

SELECT sum(p * ln(p)) * -1 AS entropy FROM (SELECT 1e0 * count(*) / sum(count(*)) OVER () AS p FROM flights.flights GROUP BY dest) t

SELECT a.month, b.month, count(DISTINCT a.tailnum) AS kept FROM (SELECT DISTINCT month, tailnum FROM flights.flights) a JOIN (SELECT DISTINCT month, tailnum FROM flights.flights) b ON a.tailnum = b.tailnum AND a.month <= b.month GROUP BY a.month, b.month

SELECT carrier, avg(dep_delay) FILTER (WHERE hour(time_hour) < 12) - avg(dep_delay) FILTER (WHERE hour(time_hour) >= 12) AS morning_bonus FROM flights.flights GROUP BY carrier

SELECT intersection_cardinality(make_set_digest(flight), make_set_digest(flight)), hash_counts(make_set_digest(flight)) FROM flights.flights

SELECT cardinality(merge(cast(hll AS hyperloglog))) AS planes FROM (SELECT approx_set(tailnum) AS hll FROM flights.flights GROUP BY month) t

SELECT bucket, count(*) AS n, bar(count(*) / 1000e0, 20) AS chart FROM (SELECT width_bucket(arr_delay, -60, 180, 24) AS bucket FROM flights.flights) t GROUP BY bucket ORDER BY bucket

SELECT values_at_quantiles(tdigest_agg(dep_delay), ARRAY[0.1, 0.5, 0.9]) FROM flights.flights

SELECT st_distance(to_spherical_geography(st_point(-73.78, 40.64)), to_spherical_geography(st_point(-118.41, 33.94))) / 1000 AS km

SELECT st_astext(st_buffer(st_point(0, 0), 1)) IS NOT NULL, st_contains(st_geometryfromtext('POLYGON ((0 0, 0 2, 2 2, 2 0, 0 0))'), st_point(1, 1))
