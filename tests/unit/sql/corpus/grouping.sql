SELECT origin, carrier, sum(amount) FROM flights.flights GROUP BY ROLLUP (origin, carrier) ORDER BY origin, carrier

SELECT coalesce(origin, '(all)') AS origin, coalesce(carrier, '(all)') AS carrier, count(*) FROM flights.flights GROUP BY CUBE (origin, carrier)

SELECT grouping(origin) AS g, origin, month, count(*) AS n FROM flights.flights GROUP BY GROUPING SETS ((origin, month), (origin), (month))

SELECT origin, dest, carrier, grouping(origin, dest, carrier) AS level, avg(dep_delay) FROM flights.flights GROUP BY GROUPING SETS ((origin, dest), (carrier), ())

SELECT CASE grouping(year, month) WHEN 0 THEN 'month' WHEN 1 THEN 'year' ELSE 'all' END AS level, year, month, sum(amount) FROM flights.flights GROUP BY ROLLUP (year, month)

SELECT carrier, origin, count(*) FROM flights.flights GROUP BY carrier, CUBE (origin)

SELECT year, origin, dest, count(*) FROM flights.flights GROUP BY year, GROUPING SETS ((origin), (dest))

SELECT origin, count(*) FROM flights.flights GROUP BY GROUPING SETS ((origin), ()) HAVING count(*) > 5 ORDER BY grouping(origin), count(*) DESC

SELECT returnflag, linestatus, shipmode, sum(quantity) AS quantity FROM tpch.lineitem GROUP BY ROLLUP (returnflag, linestatus, shipmode)

SELECT n.name, o.orderstatus, sum(o.totalprice) FROM tpch.orders o JOIN tpch.customer c USING (custkey) JOIN tpch.nation n USING (nationkey) GROUP BY CUBE (n.name, o.orderstatus)

SELECT rank() OVER (PARTITION BY grouping(origin) ORDER BY sum(amount) DESC) AS r, origin, sum(amount) FROM flights.flights GROUP BY ROLLUP (origin)

SELECT DISTINCT grouping(month) AS is_total FROM flights.flights GROUP BY ROLLUP (month)

SELECT hour(time_hour) AS h, day_of_week(day) AS d, count(*) AS n FROM flights.flights GROUP BY GROUPING SETS ((hour(time_hour), day_of_week(day)), (hour(time_hour)), (day_of_week(day)))

SELECT year, month, GROUPING(year, month) FROM flights.flights GROUP BY CUBE (year, month) ORDER BY 3, 1, 2
