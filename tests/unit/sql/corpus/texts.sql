SELECT upper(substr(name, 1, 1)) || lower(substr(name, 2)) AS title FROM flights.airlines

SELECT name FROM flights.airlines WHERE regexp_like(name, '(?i)air(lines|ways)')

SELECT regexp_extract(tailnum, '^N(\d+)([A-Z]*)$', 1) AS number, regexp_extract(tailnum, '[A-Z]+$') AS suffix FROM flights.flights

SELECT regexp_replace(name, '[^A-Za-z0-9]+', '-') AS slug, regexp_replace(name, '(\w)(\w*)', x -> upper(x[1]) || lower(x[2])) FROM flights.airlines

SELECT regexp_count(name, '[aeiou]'), regexp_position(name, 'Air'), regexp_split(name, '\s+'), regexp_extract_all(name, '[A-Z]') FROM flights.airlines

SELECT split_part(name, ' ', 1) AS first_word, split(name, ' ')[1], cardinality(split(name, ' ')) AS words FROM flights.airlines

SELECT concat(carrier, ' ', CAST(flight AS varchar)), concat_ws('/', origin, dest, NULL), carrier || ' to ' || dest FROM flights.flights

SELECT lpad(CAST(flight AS varchar), 6, '0'), rpad(carrier, 4, '.'), repeat('ab', 2), reverse(carrier) FROM flights.flights

SELECT trim(BOTH '"' FROM name), ltrim(name), rtrim(name), trim(name) = name AS is_clean FROM flights.airlines

SELECT strpos(name, 'Air') > 0, position('Air' IN name), starts_with(name, 'A') FROM flights.airlines

SELECT replace(name, 'Inc.', ''), replace(name, ' '), translate(name, 'äöü', 'aou') FROM flights.airlines

SELECT length(name), length(to_utf8(name)) AS bytes FROM flights.airlines

SELECT levenshtein_distance(a.name, b.name) AS distance, a.name, b.name FROM flights.airlines a CROSS JOIN flights.airlines b WHERE a.carrier < b.carrier ORDER BY distance LIMIT 5

SELECT soundex(name), chr(65), codepoint('A'), normalize(name, NFC) FROM flights.airlines

SELECT to_hex(md5(to_utf8(tailnum))) AS pseudonym FROM flights.planes

SELECT from_utf8(from_hex('C3A9')), to_base64(to_utf8('x')), from_utf8(from_base64('eA==')), X'CAFE', to_hex(X'00ff')

SELECT abs(from_big_endian_64(xxhash64(to_utf8(tailnum)))) % 10 AS bucket, count(*) FROM flights.flights GROUP BY 1

SELECT format('%s flew %,d miles, %.1f%% late', carrier, CAST(sum(distance) AS bigint), 100.0 * count_if(is_late) / count(*)) FROM flights.flights GROUP BY carrier

SELECT format_number(sum(distance)) FROM flights.flights

SELECT url_extract_host(u), url_extract_path(u), url_extract_query(u), url_extract_parameter(u, 'q'), url_decode(url_encode('a b&c')) FROM (VALUES 'https://example.com/a?q=1#x') AS t (u)

SELECT name FROM flights.airlines WHERE name LIKE '\_%' ESCAPE '\' OR name LIKE '%50!%%' ESCAPE '!'

SELECT name FROM flights.airlines WHERE lower(name) NOT LIKE '%air%' AND name BETWEEN 'D' AND 'M'

SELECT 'O''Hare', '', ' ', 'tab	inside', 'ünï✓', U&'\00e9', 'back\slash'

SELECT word_stem('running'), luhn_check('79927398713'), bar(0.5, 10), substring('abcdef' FROM 2 FOR 3), substring('abcdef', -2)

SELECT max(name), min(name), array_join(array_agg(carrier ORDER BY carrier), '|') FROM flights.airlines WHERE name <> '' AND name IS NOT NULL

SELECT carrier FROM flights.flights WHERE origin || dest IN ('JFKLAX', 'LAXJFK') OR concat(origin, dest) = 'EWRSFO'

SELECT split_to_map(array_join(array_agg(carrier || '=' || name), ';'), ';', '=') FROM flights.airlines WHERE NOT regexp_like(name, '[;=]')
