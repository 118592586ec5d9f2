SELECT f.carrier, a.name, count(*) AS n FROM flights.flights f LEFT JOIN flights.airlines a ON a.carrier = f.carrier GROUP BY f.carrier, a.name ORDER BY n DESC

SELECT a.carrier FROM flights.airlines a LEFT JOIN flights.flights f ON f.carrier = a.carrier WHERE f.carrier IS NULL

SELECT p.year AS built, avg(f.dep_delay) FROM flights.flights f JOIN flights.planes p USING (tailnum) GROUP BY p.year HAVING count(*) > 10 ORDER BY built

SELECT f.origin, w.temp, avg(f.dep_delay) FROM flights.flights f JOIN weather.hourly w ON w.origin = f.origin AND w.time_hour = date_trunc('hour', f.time_hour) GROUP BY f.origin, w.temp

SELECT o.origin, d.dest FROM (SELECT DISTINCT origin FROM flights.flights) o CROSS JOIN (SELECT DISTINCT dest FROM flights.flights) d EXCEPT SELECT origin, dest FROM flights.flights

SELECT f.flight, f.day FROM flights.flights f WHERE f.dep_delay > (SELECT avg(g.dep_delay) * 3 FROM flights.flights g WHERE g.carrier = f.carrier)

SELECT carrier FROM flights.airlines a WHERE NOT EXISTS (SELECT * FROM flights.flights f WHERE f.carrier = a.carrier AND f.origin = 'JFK')

SELECT tailnum FROM flights.planes WHERE tailnum NOT IN (SELECT tailnum FROM flights.flights WHERE tailnum IS NOT NULL)

SELECT x.carrier, x.n, y.total FROM (SELECT carrier, count(*) AS n FROM flights.flights GROUP BY carrier) x JOIN (SELECT carrier, sum(amount) AS total FROM flights.flights GROUP BY carrier) y ON x.carrier = y.carrier

SELECT a.name, b.name FROM flights.airlines a JOIN flights.airlines b ON a.carrier < b.carrier AND substr(a.name, 1, 1) = substr(b.name, 1, 1)

SELECT f.*, p.year AS built FROM flights.flights f LEFT JOIN flights.planes p ON p.tailnum = f.tailnum WHERE p.tailnum IS NULL LIMIT 50

SELECT coalesce(f.day, w.day) AS day, f.n, w.mean_temp FROM (SELECT day, count(*) AS n FROM flights.flights GROUP BY day) f FULL JOIN (SELECT CAST(time_hour AS date) AS day, avg(temp) AS mean_temp FROM weather.hourly GROUP BY CAST(time_hour AS date)) w ON f.day = w.day

SELECT r.name AS region, n.name AS nation, count(*) AS customers FROM tpch.region r JOIN tpch.nation n ON n.regionkey = r.regionkey JOIN tpch.customer c ON c.nationkey = n.nationkey GROUP BY r.name, n.name

SELECT c.name, sum(o.totalprice) AS spent FROM tpch.customer c INNER JOIN tpch.orders o ON o.custkey = c.custkey AND o.orderdate >= date '1995-01-01' GROUP BY c.custkey, c.name HAVING sum(o.totalprice) > 100000 ORDER BY spent DESC LIMIT 10

SELECT p.brand, s.name, ps.supplycost FROM tpch.part p, tpch.supplier s, tpch.partsupp ps WHERE p.partkey = ps.partkey AND s.suppkey = ps.suppkey AND ps.availqty < 10

SELECT p.partkey, ps.suppkey, ps.supplycost FROM tpch.part p JOIN tpch.partsupp ps ON ps.partkey = p.partkey WHERE ps.supplycost = (SELECT min(supplycost) FROM tpch.partsupp q WHERE q.partkey = p.partkey)

SELECT l.orderkey FROM tpch.lineitem l JOIN tpch.orders o ON o.orderkey = l.orderkey GROUP BY l.orderkey, o.totalprice HAVING abs(sum(l.extendedprice * (1 - l.discount) * (1 + l.tax)) - o.totalprice) > 1

SELECT o.orderpriority, count(*) FROM tpch.orders o WHERE EXISTS (SELECT 1 FROM tpch.lineitem l WHERE l.orderkey = o.orderkey AND l.receiptdate > l.commitdate) GROUP BY o.orderpriority

SELECT c1.custkey, c2.custkey FROM tpch.customer c1 JOIN tpch.customer c2 ON c1.phone = c2.phone WHERE c1.custkey < c2.custkey

SELECT s.name FROM tpch.supplier s WHERE s.suppkey IN (SELECT l.suppkey FROM tpch.lineitem l WHERE l.shipdate > l.commitdate GROUP BY l.suppkey HAVING count(*) > 10)

SELECT t.day, t.carrier, coalesce(n, 0) AS n FROM (SELECT d.day, a.carrier FROM (SELECT DISTINCT day FROM flights.flights) d CROSS JOIN flights.airlines a) t LEFT JOIN (SELECT day, carrier, count(*) AS n FROM flights.flights GROUP BY day, carrier) f ON f.day = t.day AND f.carrier = t.carrier

SELECT * FROM flights.airlines AS a (code, title) WHERE title LIKE 'S%'

SELECT a.code FROM flights.airlines AS a (code, title) JOIN flights.flights f ON f.carrier = a.code

SELECT f.carrier, v.label FROM flights.flights f JOIN (VALUES (0, 'early'), (1, 'late')) AS v (flag, label) ON v.flag = IF(f.dep_delay > 0, 1, 0)

SELECT carrier, (SELECT name FROM flights.airlines a WHERE a.carrier = f.carrier) AS name FROM flights.flights f

SELECT count(*) FROM flights.flights WHERE (origin, dest) NOT IN (VALUES ('JFK', 'LAX'), ('EWR', 'SFO'))

SELECT f.flight FROM flights.flights f WHERE f.distance >= ALL (SELECT distance FROM flights.flights WHERE distance IS NOT NULL)

SELECT f.flight FROM flights.flights f WHERE f.carrier = SOME (SELECT carrier FROM flights.airlines WHERE name LIKE '%Jet%')

SELECT f1.tailnum, f1.flight AS inbound, f2.flight AS outbound FROM flights.flights f1 JOIN flights.flights f2 ON f1.tailnum = f2.tailnum AND f1.dest = f2.origin AND f2.time_hour BETWEEN f1.time_hour AND f1.time_hour + INTERVAL '6' HOUR

SELECT l.lat, count(*) FROM flights.flights f CROSS JOIN LATERAL (SELECT f.distance / 2 AS lat) AS l GROUP BY l.lat

SELECT carrier, dest FROM flights.flights WHERE carrier IN (SELECT carrier FROM flights.airlines WHERE name IN (SELECT name FROM flights.airlines WHERE length(name) < 12))

SELECT max(n) FROM (SELECT tailnum, count(*) AS n FROM flights.flights WHERE tailnum <> '' GROUP BY tailnum) AS per_plane

SELECT raw.carrier, count(*) AS arrived, sum(IF(f.flight IS NULL, 1, 0)) AS missing FROM flights.flights_raw raw LEFT JOIN flights.flights f ON f.flight = raw.flight AND f.day = raw.day GROUP BY raw.carrier
