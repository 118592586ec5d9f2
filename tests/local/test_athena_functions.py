"""Trino's common functions against their documented results. One query answers them all."""

import pytest

CASES = {
    "date_trunc('month', DATE '2020-05-05')": "2020-05-01",
    "date_trunc('hour', TIMESTAMP '2020-05-05 10:31:00')": "2020-05-05 10:00:00.000",
    "date_add('month', 1, DATE '2020-01-31')": "2020-02-29",
    "date_add('hour', -1, TIMESTAMP '2020-01-01 00:00:00')": "2019-12-31 23:00:00.000",
    "date_diff('day', TIMESTAMP '2020-01-01 23:00:00', TIMESTAMP '2020-01-02 01:00:00')": "0",
    "date_diff('month', DATE '2020-01-15', DATE '2020-02-14')": "0",
    "DATE '2020-01-31' + INTERVAL '1' DAY": "2020-02-01",
    "date_parse('2020-01-02 03:04:05', '%Y-%m-%d %H:%i:%s')": "2020-01-02 03:04:05.000",
    "date_format(TIMESTAMP '2020-01-02 03:04:05', '%Y/%m/%d %H:%i:%s')": "2020/01/02 03:04:05",
    "format_datetime(TIMESTAMP '2020-01-02 03:04:05', 'yyyy-MM-dd HH:mm')": "2020-01-02 03:04",
    "from_iso8601_timestamp('2020-01-01T01:00:00Z')": "2020-01-01 01:00:00.000 UTC",
    "CAST(at_timezone(from_iso8601_timestamp('2020-01-01T01:00:00+02:00'), 'UTC') AS timestamp(3))": (
        "2019-12-31 23:00:00.000"
    ),
    "CAST(from_iso8601_timestamp('2020-01-01T01:00:00Z') AT TIME ZONE 'Europe/Berlin' AS timestamp(3))": (
        "2020-01-01 02:00:00.000"
    ),
    "to_iso8601(DATE '2020-01-01')": "2020-01-01",
    "to_unixtime(TIMESTAMP '2020-01-01 00:00:00')": "1.5778368E9",
    "from_unixtime(1)": "1970-01-01 00:00:01.000 UTC",
    "day_of_week(DATE '2020-01-05')": "7",
    "EXTRACT(dow FROM DATE '2020-01-05')": "7",
    "last_day_of_month(DATE '2020-02-03')": "2020-02-29",
    "year_of_week(DATE '2021-01-01')": "2020",
    "TIMESTAMP '2020-01-01 00:00:00' < TIMESTAMP '2020-01-02 00:00:00'": "true",
    "json_extract_scalar('{\"a\":{\"b\":5}}', '$.a.b')": "5",
    "json_extract_scalar('{\"a\":{\"b\":5}}', '$.a')": None,
    "json_extract('{\"a\":[1,2]}', '$.a')": "[1,2]",
    "json_array_length('[1,2,3]')": "3",
    "regexp_extract('ab12cd', '(\\d+)', 1)": "12",
    "regexp_extract('abc', '\\d+')": None,
    "regexp_like('abc', 'b')": "true",
    "regexp_replace('abab', '(a)b', '$1-')": "a-a-",
    "regexp_extract_all('a1b2', '\\d')": "[1, 2]",
    "split('a,b', ',')": "[a, b]",
    "split_part('a,b,c', ',', 2)": "b",
    "strpos('hello', 'l')": "3",
    "lpad('7', 3, '0')": "007",
    "concat('a', 'b', 'c')": "abc",
    "substr('hello', 2, 3)": "ell",
    "substr('hello', -3)": "llo",
    "reverse('abc')": "cba",
    "length('é')": "1",
    "codepoint('a')": "97",
    "replace('aXb', 'X', '-')": "a-b",
    "translate('abc', 'ab', 'xy')": "xyc",
    "levenshtein_distance('kitten', 'sitting')": "3",
    "url_extract_host('https://example.com:80/a?b=c')": "example.com",
    "url_extract_parameter('https://example.com/a?b=c&d=e', 'd')": "e",
    "to_hex(md5(to_utf8('a')))": "0CC175B9C0F1B6A831C399E269772661",
    "from_utf8(to_utf8('x'))": "x",
    "7 / 2": "3",
    "-7 / 2": "-3",
    "7 % 3": "1",
    "7e0 / 2": "3.5",
    "CAST('12' AS integer)": "12",
    "TRY_CAST('1.5' AS integer)": None,
    "TRY_CAST('x' AS date)": None,
    "CAST(2.5e0 AS integer)": "3",
    "CAST(1.5 AS varchar)": "1.5",
    "CAST('abcdef' AS varchar(3))": "abc",
    "TRY(CAST('x' AS integer))": None,
    "TRY(1 / 0)": None,
    "IF(1 > 2, 'a')": None,
    "IF(1 < 2, 'a', 'b')": "a",
    "COALESCE(NULL, 2)": "2",
    "NULLIF(1, 1)": None,
    "NULLIF(NULLIF(2, 1), 2)": None,
    "NULLIF(NULLIF(NULLIF('b', 'a'), NULL), 'c')": "b",
    "NULLIF(NULLIF(1, 1), 2)": None,
    "element_at(ARRAY[1, 2], 5)": None,
    "element_at(ARRAY[1, 2], -1)": "2",
    "element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')": None,
    "MAP(ARRAY['a'], ARRAY[1])['a']": "1",
    "cardinality(ARRAY[1, 2])": "2",
    "cardinality(MAP(ARRAY['a'], ARRAY[1]))": "1",
    "transform(ARRAY[1, 2], x -> x + 1)": "[2, 3]",
    "filter(ARRAY[1, 2, 3], x -> x > 1)": "[2, 3]",
    "reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s * 10)": "60",
    "any_match(ARRAY[1, 2], x -> x > 1)": "true",
    "all_match(ARRAY[1, 2], x -> x > 1)": "false",
    "none_match(ARRAY[1, 2], x -> x > 5)": "true",
    "sequence(1, 5, 2)": "[1, 3, 5]",
    "sequence(DATE '2020-01-01', DATE '2020-01-03', INTERVAL '1' DAY)": "[2020-01-01, 2020-01-02, 2020-01-03]",
    "array_join(ARRAY['a', NULL], ',', 'N')": "a,N",
    "array_sort(ARRAY[2, 1])": "[1, 2]",
    "array_distinct(ARRAY[1, 1])": "[1]",
    "array_max(ARRAY[1, 2])": "2",
    "contains(ARRAY[1], 1)": "true",
    "slice(ARRAY[1, 2, 3, 4], 2, 2)": "[2, 3]",
    "flatten(ARRAY[ARRAY[1], ARRAY[2]])": "[1, 2]",
    "array_position(ARRAY['a', 'b'], 'b')": "2",
    "zip(ARRAY[1, 2], ARRAY['a'])": "[{field0=1, field1=a}, {field0=2, field1=null}]",
    "map_keys(MAP(ARRAY['a'], ARRAY[1]))": "[a]",
    "map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)": "{b=2}",
    "transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v + 1)": "{a=2}",
    "CAST(ROW(1, 'x') AS ROW(a integer, b varchar))": "{a=1, b=x}",
    "round(2.5e0)": "3.0",
    "truncate(1.9e0)": "1.0",
    "greatest(1, 2)": "2",
    "width_bucket(5.3e0, 0.2e0, 10.6e0, 5)": "3",
    "log(2, 8)": "3.0",
    "1e7": "1.0E7",
    "1e20": "1.0E20",
    "12345678.5e0": "1.23456785E7",
    "0.001e0": "0.001",
    "1.5e-5": "1.5E-5",
    "DATE '2020-01-01' BETWEEN DATE '2019-01-01' AND DATE '2021-01-01'": "true",
    "'a' || 'b'": "ab",
    "typeof(1)": "integer",
    "bitwise_and(6, 3)": "2",
}
AGGREGATES = {
    "approx_distinct(a)": "3",
    "approx_percentile(a, 0.5)": "2",
    "max_by(b, a)": "z",
    "min_by(b, a)": "x",
    "map_agg(b, a)": "{x=1, y=2, z=3}",
    "array_agg(a)": "[1, 2, 3]",
    "count_if(a > 1)": "2",
    "sum(a)": "6",
    "avg(a)": "2.0",
    "arbitrary(b)": "x",
    "bool_and(a > 0)": "true",
    "count(DISTINCT a) FILTER (WHERE a > 1)": "2",
    "listagg(b, ',') WITHIN GROUP (ORDER BY b DESC)": "z,y,x",
    "histogram(b)": "{x=1, y=1, z=1}",
    "sum(a) / count(*)": "2",
    "stddev_pop(a) > 0.8": "true",
}


def _differences(lake, cases, source):
    shown = ", ".join(f"{sql} AS r{i}" for i, sql in enumerate(cases))
    (row,) = lake.rows(f"SELECT {shown} {source}")
    return {sql: got for (sql, expected), got in zip(cases.items(), row, strict=True) if got != expected}


def test_scalar_functions(athena_stack):
    assert _differences(athena_stack, CASES, "") == {}


def test_aggregate_functions(athena_stack):
    assert _differences(athena_stack, AGGREGATES, "FROM (VALUES (1, 'x'), (2, 'y'), (3, 'z')) AS t(a, b)") == {}


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT n, o FROM UNNEST(ARRAY[5, 6]) WITH ORDINALITY AS t(n, o)", [("5", "1"), ("6", "2")]),
        (
            "SELECT x, y FROM (SELECT ARRAY[1, 2] a, ARRAY['q'] b) t CROSS JOIN UNNEST(a, b) AS u(x, y)",
            [("1", "q"), ("2", None)],
        ),
        ("SELECT k, v FROM UNNEST(MAP(ARRAY['a'], ARRAY[1])) AS t(k, v)", [("a", "1")]),
        ("SELECT a FROM (VALUES 1, NULL, 2) AS t(a) ORDER BY a DESC", [("2",), ("1",), (None,)]),
        ("SELECT 1 INTERSECT SELECT 1", [("1",)]),
        ("SELECT 1 EXCEPT SELECT 1", []),
        (
            "SELECT a, count(*) FROM (VALUES 1, 2) t(a) GROUP BY GROUPING SETS ((a), ()) ORDER BY a",
            [("1", "1"), ("2", "1"), (None, "2")],
        ),
        (
            "SELECT row_number() OVER (ORDER BY a), lag(a) OVER (ORDER BY a), lead(a) OVER (ORDER BY a) FROM (VALUES 1, 2) t(a) ORDER BY 1",
            [("1", None, "2"), ("2", "1", None)],
        ),
        (
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t ORDER BY n",
            [("1",), ("2",), ("3",)],
        ),
        ("SELECT a FROM (VALUES 1, 2, 3) t(a) ORDER BY a OFFSET 1 LIMIT 1", [("2",)]),
        ("VALUES (1, 'a')", [("1", "a")]),
    ],
)
def test_shapes_of_queries(athena_stack, sql, rows):
    assert athena_stack.rows(sql) == rows
