SELECT tag, count(*) AS planes FROM flights.planes CROSS JOIN UNNEST(tags) AS t (tag) GROUP BY tag ORDER BY planes DESC

SELECT p.tailnum, t.tag, t.place FROM flights.planes p CROSS JOIN UNNEST(p.tags) WITH ORDINALITY AS t (tag, place) WHERE t.place = 1

SELECT p.tailnum, u.tag FROM flights.planes p LEFT JOIN UNNEST(p.tags) AS u (tag) ON true

SELECT k, sum(v) AS total FROM flights.events CROSS JOIN UNNEST(m) AS e (k, v) GROUP BY k

SELECT n, s FROM UNNEST(ARRAY[1, 2, 3], ARRAY['a', 'b']) AS t (n, s)

SELECT d FROM UNNEST(sequence(date '2013-01-01', date '2013-03-01', INTERVAL '7' DAY)) AS t (d)

SELECT t.d, count(f.flight) FROM UNNEST(sequence(date '2013-01-01', date '2013-01-31')) AS t (d) LEFT JOIN flights.flights f ON f.day = t.d GROUP BY t.d

SELECT tailnum, cardinality(tags) AS n, tags[1] AS first FROM flights.planes WHERE cardinality(tags) > 0

SELECT tailnum FROM flights.planes WHERE contains(tags, 'retired') AND NOT contains(tags, 'sold')

SELECT tailnum, element_at(tags, -1) AS last, element_at(tags, 99) AS none FROM flights.planes

SELECT tailnum, array_join(array_sort(tags), ', ', 'n/a') FROM flights.planes

SELECT tailnum, filter(tags, t -> t LIKE 'color:%') AS colours, transform(tags, t -> upper(t)) AS loud FROM flights.planes

SELECT tailnum, any_match(tags, t -> t = 'leased') AS is_leased, all_match(tags, t -> length(t) < 20) AS are_short FROM flights.planes

SELECT reduce(a, 0, (s, x) -> s + coalesce(x, 0), s -> s) AS total FROM flights.events

SELECT reduce(a, CAST(ROW(0, 0.0) AS row(n integer, total double)), (s, x) -> CAST(ROW(s.n + 1, s.total + x) AS row(n integer, total double)), s -> IF(s.n = 0, NULL, s.total / s.n)) AS mean FROM flights.events

SELECT a, array_max(a) - array_min(a) AS range, array_distinct(a), array_position(a, 3) FROM flights.events

SELECT zip_with(a, sequence(1, cardinality(a)), (x, n) -> x * n) AS weighted FROM flights.events WHERE cardinality(a) > 0

SELECT slice(a, 1, 3) || slice(a, -3, 3) AS ends, reverse(a), repeat('x', 3), flatten(ARRAY[a, a]) FROM flights.events

SELECT array_intersect(ARRAY[1, 2, 3], a), array_union(a, ARRAY[9]), array_except(a, ARRAY[1]), arrays_overlap(a, ARRAY[5]) FROM flights.events

SELECT ngrams(split('the quick brown fox', ' '), 2), combinations(ARRAY[1, 2, 3], 2)

SELECT array_sort(a, (x, y) -> IF(x > y, -1, IF(x < y, 1, 0))) AS descending FROM flights.events

SELECT map_keys(m), map_values(m), cardinality(m), element_at(m, 'x') FROM flights.events WHERE cardinality(m) > 0

SELECT map_filter(m, (k, v) -> v > 10) AS large, transform_keys(m, (k, v) -> upper(k)) AS loud, transform_values(m, (k, v) -> v * 2) AS doubled FROM flights.events

SELECT map_concat(m, MAP(ARRAY['source'], ARRAY[1])), map_zip_with(m, m, (k, v1, v2) -> v1 + v2) FROM flights.events

SELECT MAP(array_agg(carrier), array_agg(n)) AS counts FROM (SELECT carrier, count(*) AS n FROM flights.flights GROUP BY carrier) t

SELECT map_from_entries(ARRAY[('a', 1), ('b', 2)])['b'], map_entries(MAP(ARRAY['k'], ARRAY[1]))[1]

SELECT split_to_map('a=1;b=2', ';', '=')['a'], split_to_multimap('a=1;a=2', ';', '='), histogram(carrier)['UA'] FROM flights.flights

SELECT map_union(m) AS merged FROM flights.events

SELECT e.key, e.value FROM flights.events CROSS JOIN UNNEST(map_entries(m)) AS e (key, value)

SELECT r.name, r.n FROM (SELECT CAST(ROW(carrier, count(*)) AS row(name varchar, n bigint)) AS r FROM flights.flights GROUP BY carrier) t

SELECT CAST(ROW(1, 'a', true) AS row(id integer, label varchar, flag boolean)).label

SELECT x.id, x.parts.a FROM (SELECT CAST(ROW(7, ROW(1, 2)) AS row(id integer, parts row(a integer, b integer))) AS x) t

SELECT o.orderkey, l.part, l.qty FROM (SELECT orderkey, array_agg(CAST(ROW(partkey, quantity) AS row(part bigint, qty decimal(15, 2)))) AS items FROM tpch.lineitem GROUP BY orderkey) o CROSS JOIN UNNEST(o.items) AS l (part, qty)

SELECT carrier, array_agg(dest ORDER BY n DESC)[1] AS favourite FROM (SELECT carrier, dest, count(*) AS n FROM flights.flights GROUP BY carrier, dest) t GROUP BY carrier

SELECT carrier, slice(array_agg(DISTINCT dest ORDER BY dest), 1, 3) AS some FROM flights.flights GROUP BY carrier

SELECT word, count(*) FROM flights.airlines CROSS JOIN UNNEST(split(lower(name), ' ')) AS w (word) WHERE length(word) > 2 GROUP BY word ORDER BY 2 DESC

SELECT x, y FROM UNNEST(sequence(1, 3)) AS a (x) CROSS JOIN UNNEST(sequence(1, x)) AS b (y)

SELECT array_agg(x ORDER BY x DESC) FILTER (WHERE x % 2 = 0) FROM UNNEST(sequence(1, 10)) AS t (x)

SELECT transform(sequence(0, 3), n -> date_add('month', n, date '2013-01-31')) AS month_ends

SELECT ARRAY[ARRAY[1, 2], ARRAY[3]][1][2], ARRAY[1, 2] || 3, 0 || ARRAY[1, 2], ARRAY[1] = ARRAY[1]

SELECT trim_array(ARRAY[1, 2, 3], 1), array_remove(ARRAY[1, NULL, 1, 2], 1), array_first(ARRAY[5, 6]), array_last(ARRAY[5, 6]), array_histogram(ARRAY['a', 'b', 'a'])

SELECT zip(ARRAY[1, 2], ARRAY['x', 'y']), contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3]), dot_product(ARRAY[1.0, 2.0], ARRAY[3.0, 4.0])

SELECT none_match(a, x -> x < 0) AS is_positive, filter(transform(a, x -> x % 3), y -> y > 0) FROM flights.events
