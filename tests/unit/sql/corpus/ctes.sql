WITH daily AS (SELECT day, count(*) AS n FROM flights.flights GROUP BY day), stats AS (SELECT avg(n) AS mean, stddev(n) AS sd FROM daily) SELECT day, n, (n - mean) / sd AS z FROM daily CROSS JOIN stats WHERE abs((n - mean) / sd) > 2

WITH late AS (SELECT * FROM flights.flights WHERE dep_delay > 15), early AS (SELECT * FROM flights.flights WHERE dep_delay < 0) SELECT (SELECT count(*) FROM late) AS late, (SELECT count(*) FROM early) AS early

WITH ranked AS (SELECT carrier, dest, count(*) AS n, rank() OVER (PARTITION BY carrier ORDER BY count(*) DESC) AS r FROM flights.flights GROUP BY carrier, dest) SELECT a.name, ranked.dest FROM ranked JOIN flights.airlines a ON a.carrier = ranked.carrier WHERE r = 1

WITH RECURSIVE days (d) AS (SELECT date '2013-01-01' UNION ALL SELECT d + INTERVAL '1' DAY FROM days WHERE d < date '2013-01-31') SELECT d, count(f.flight) AS n FROM days LEFT JOIN flights.flights f ON f.day = d GROUP BY d ORDER BY d

WITH RECURSIVE fib (n, a, b) AS (VALUES (1, 0, 1) UNION ALL SELECT n + 1, b, a + b FROM fib WHERE n < 20) SELECT n, a FROM fib

WITH RECURSIVE trips (tailnum, last, hops) AS (SELECT tailnum, dest, 1 FROM flights.flights WHERE origin = 'JFK' AND day = date '2013-01-01' UNION ALL SELECT t.tailnum, f.dest, t.hops + 1 FROM trips t JOIN flights.flights f ON f.tailnum = t.tailnum AND f.origin = t.last WHERE t.hops < 3) SELECT tailnum, max(hops) FROM trips GROUP BY tailnum

WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a), c AS (SELECT x * 10 AS x FROM b UNION ALL SELECT x FROM a) SELECT sum(x) FROM c

WITH t (carrier, total) AS (SELECT carrier, sum(amount) FROM flights.flights GROUP BY carrier) SELECT carrier, total, total > (SELECT avg(total) FROM t) AS above FROM t

WITH monthly AS (SELECT month, carrier, count(*) AS n FROM flights.flights GROUP BY month, carrier) SELECT cur.month, cur.carrier, cur.n, prev.n AS before, cur.n - prev.n AS delta FROM monthly cur LEFT JOIN monthly prev ON prev.carrier = cur.carrier AND prev.month = cur.month - 1

WITH cohort AS (SELECT custkey, min(date_trunc('month', orderdate)) AS first_month FROM tpch.orders GROUP BY custkey), activity AS (SELECT o.custkey, date_diff('month', c.first_month, date_trunc('month', o.orderdate)) AS age FROM tpch.orders o JOIN cohort c ON c.custkey = o.custkey) SELECT age, count(DISTINCT custkey) AS active FROM activity GROUP BY age ORDER BY age

WITH funnel AS (SELECT custkey, max(IF(orderstatus = 'O', 1, 0)) AS opened, max(IF(orderstatus = 'F', 1, 0)) AS filled FROM tpch.orders GROUP BY custkey) SELECT count(*) AS customers, sum(opened) AS opened, sum(opened * filled) AS both_states FROM funnel

WITH rfm AS (SELECT custkey, date_diff('day', max(orderdate), date '1998-12-31') AS recency, count(*) AS frequency, sum(totalprice) AS monetary FROM tpch.orders GROUP BY custkey) SELECT ntile(5) OVER (ORDER BY recency DESC) AS r, ntile(5) OVER (ORDER BY frequency) AS f, ntile(5) OVER (ORDER BY monetary) AS m, custkey FROM rfm

WITH pareto AS (SELECT partkey, sum(extendedprice) AS revenue FROM tpch.lineitem GROUP BY partkey), ordered AS (SELECT partkey, revenue, sum(revenue) OVER (ORDER BY revenue DESC) / sum(revenue) OVER () AS cumulative FROM pareto) SELECT count(*) AS parts FROM ordered WHERE cumulative <= 0.8

WITH flights AS (SELECT carrier, dest FROM flights.flights WHERE month = 12) SELECT carrier, count(DISTINCT dest) FROM flights GROUP BY carrier

WITH x AS (WITH y AS (SELECT carrier FROM flights.airlines) SELECT upper(carrier) AS c FROM y) SELECT c FROM x WHERE c > 'M'

WITH weeks AS (SELECT date_trunc('week', day) AS week, count(*) AS n FROM flights.flights GROUP BY 1) SELECT week, n, lag(n, 52) OVER (ORDER BY week) AS year_ago FROM weeks ORDER BY week DESC LIMIT 12

WITH pairs AS (SELECT least(origin, dest) AS a, greatest(origin, dest) AS b, distance FROM flights.flights) SELECT a, b, count(*), avg(distance) FROM pairs GROUP BY a, b ORDER BY count(*) DESC LIMIT 10

WITH per_hour AS (SELECT origin, hour(time_hour) AS h, avg(dep_delay) AS delay FROM flights.flights GROUP BY origin, hour(time_hour)) SELECT h, max(IF(origin = 'JFK', delay)) AS jfk, max(IF(origin = 'EWR', delay)) AS ewr, max(IF(origin = 'LGA', delay)) AS lga FROM per_hour GROUP BY h ORDER BY h

WITH src AS (SELECT payload FROM flights.events), parsed AS (SELECT json_parse(payload) AS doc FROM src) SELECT json_extract_scalar(doc, '$.kind') AS kind, count(*) FROM parsed GROUP BY 1

WITH basket AS (SELECT orderkey, array_agg(partkey) AS parts FROM tpch.lineitem GROUP BY orderkey) SELECT cardinality(parts) AS size, count(*) FROM basket GROUP BY cardinality(parts) ORDER BY size

WITH together AS (SELECT a.partkey AS p, b.partkey AS q, count(*) AS n FROM tpch.lineitem a JOIN tpch.lineitem b ON a.orderkey = b.orderkey AND a.partkey < b.partkey GROUP BY a.partkey, b.partkey) SELECT * FROM together WHERE n > 2 ORDER BY n DESC LIMIT 20

WITH quotas (carrier, quota) AS (VALUES ('UA', 1000), ('AA', 800), ('DL', 900)) SELECT q.carrier, q.quota, count(f.flight) AS flown, count(f.flight) >= q.quota AS is_met FROM quotas q LEFT JOIN flights.flights f ON f.carrier = q.carrier GROUP BY q.carrier, q.quota

WITH bounds AS (SELECT approx_percentile(dep_delay, 0.25) AS q1, approx_percentile(dep_delay, 0.75) AS q3 FROM flights.flights) SELECT count(*) FROM flights.flights, bounds WHERE dep_delay > q3 + 1.5 * (q3 - q1) OR dep_delay < q1 - 1.5 * (q3 - q1)

WITH missing AS (SELECT sum(IF(dep_delay IS NULL, 1, 0)) AS dep, sum(IF(tailnum IS NULL, 1, 0)) AS tail, count(*) AS n FROM flights.flights) SELECT 'dep_delay' AS col, 1.0 * dep / n AS part FROM missing UNION ALL SELECT 'tailnum', 1.0 * tail / n FROM missing
