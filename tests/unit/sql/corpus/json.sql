SELECT json_extract_scalar(payload, '$.user.id') AS user_id, count(*) FROM flights.events GROUP BY json_extract_scalar(payload, '$.user.id')

SELECT json_extract(payload, '$.items') AS items, json_array_length(json_extract(payload, '$.items')) AS n FROM flights.events

SELECT CAST(json_extract(payload, '$.items') AS array(varchar)) AS items FROM flights.events WHERE json_extract(payload, '$.items') IS NOT NULL

SELECT item.sku, sum(item.qty) FROM flights.events CROSS JOIN UNNEST(CAST(json_extract(payload, '$.items') AS array(row(sku varchar, qty integer)))) AS item (sku, qty) GROUP BY item.sku

SELECT CAST(json_parse(payload) AS map(varchar, json))['kind'] FROM flights.events

SELECT try_cast(json_extract_scalar(payload, '$.price') AS decimal(10, 2)) AS price FROM flights.events

SELECT try(json_parse(payload)) IS NULL AS is_broken, count(*) FROM flights.events GROUP BY 1

SELECT json_value(payload, 'lax $.price' RETURNING double NULL ON EMPTY NULL ON ERROR) AS price FROM flights.events

SELECT json_value(payload, 'strict $.name' DEFAULT 'unknown' ON EMPTY DEFAULT 'broken' ON ERROR) AS name FROM flights.events

SELECT json_query(payload, 'lax $.items[*].sku' WITH ARRAY WRAPPER) AS skus FROM flights.events

SELECT json_query(payload, 'lax $.name' OMIT QUOTES) FROM flights.events

SELECT payload FROM flights.events WHERE json_exists(payload, 'lax $.items[*]?(@.qty > 2)')

SELECT json_object('carrier' : carrier, 'delay' : dep_delay NULL ON NULL) AS doc FROM flights.flights LIMIT 10

SELECT json_object(KEY 'a' VALUE 1, KEY 'b' VALUE 'x' ABSENT ON NULL)

SELECT json_array(1, 'two', true), json_array_get('[1, 2, 3]', 1), json_array_contains('[1, 2]', 2)

SELECT json_format(CAST(MAP(ARRAY['a', 'b'], ARRAY[1, 2]) AS json)), json_format(CAST(ARRAY[1, 2] AS json))

SELECT json_format(CAST(CAST(ROW(carrier, name) AS row(carrier varchar, name varchar)) AS json)) FROM flights.airlines

SELECT json_size(payload, '$.items'), is_json_scalar(payload) FROM flights.events

SELECT kv.k, kv.v FROM flights.events CROSS JOIN UNNEST(CAST(json_extract(payload, '$.labels') AS map(varchar, varchar))) AS kv (k, v)

SELECT JSON '{"a": [1, 2]}', json_extract(JSON '{"a": {"b": 5}}', '$.a.b')

SELECT json_extract_scalar(payload, '$["store"]["book"][0]["title"]'), json_extract_scalar(payload, '$.a[0]') FROM flights.events

SELECT date_trunc('day', from_iso8601_timestamp(json_extract_scalar(payload, '$.at'))) AS day, count(*) FROM flights.events GROUP BY 1

SELECT from_unixtime(CAST(json_extract_scalar(payload, '$.ts') AS bigint)) AS at, from_unixtime(CAST(json_extract_scalar(payload, '$.ms') AS bigint) / 1e3) FROM flights.events

SELECT CAST(json_parse('{"x": 1, "y": 2}') AS row(x integer, y integer)).y

SELECT json_value('{"price": 2}', 'lax $.price + $tax' PASSING 3 AS "tax")

SELECT json_exists(payload, 'lax $.a' TRUE ON ERROR), json_exists(payload, 'strict $.b' ERROR ON ERROR) FROM flights.events

SELECT json_query(payload, 'lax $.tags' WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY) FROM flights.events

SELECT json_object('id' : 1 RETURNING varchar(100)), json_array(1, NULL ABSENT ON NULL), json_array('a', 1 RETURNING varchar)
