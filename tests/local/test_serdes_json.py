"""JSON SerDes of the embedded Athena."""

import gzip

import pytest

from tests.local.serde_tables import HIVE_JSON, OPENX, make


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def test_keys_match_in_any_case_wherever_they_first_show(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html, case.insensitive: default TRUE
    first = b'{"userid": 1, "geo": {"lat": 1.5}}\n' * 30_000
    late = b'{"userId": 2, "Geo": {"LAT": "2.5", "Tags": [{"Name": "q"}]}}\n{"USERID": "3"}\n'
    columns = "userid:int geo:struct<lat:double,tags:array<struct<name:string>>>"
    make(lake, "cases", OPENX, columns, {"a.json": first + late, "b.json.gz": gzip.compress(b'{"UserID": 4}\n')})
    assert lake.rows("SELECT userid, geo.lat, geo.tags[1].name FROM cases WHERE userid > 1 ORDER BY 1") == [
        ("2", "2.5", "q"),
        ("3", None, None),
        ("4", None, None),
    ]
    make(
        lake, "camel", OPENX, "userid:int geo:struct<lat:double,lon:double>", b'{"userId":1,"Geo":{"Lat":2,"lon":3}}\n'
    )
    assert lake.rows("SELECT userid, geo.lat, geo.lon FROM camel") == [("1", "2.0", "3.0")]


def test_openx_properties(lake):
    # openx-json-serde.html: mapping, dots.in.keys, case.insensitive = FALSE needs mapping for upper case
    body = b'{"ts": 5, "a.b": "dotted", "timestamp": "x", "URL": "up", "url": "low"}\n'
    make(lake, "mapped", OPENX, "t:int a_b:string time_stamp:string url:string", body, mapping__t="ts",
         mapping__time_stamp="timestamp", dots__in__keys="true", case__insensitive="false", mapping__url="URL")  # fmt: skip
    assert lake.rows("SELECT * FROM mapped") == [("5", None, "x", "up")]
    make(lake, "dotted", OPENX, "a_b:string", body, dots__in__keys="true")
    assert lake.rows("SELECT * FROM dotted") == [("dotted",)]


def test_openx_values(lake):
    # trinodb/trino lib/trino-hive-formats openxjson/README.md: failures are NULL, text takes any JSON, other lines are NULLs
    body = (
        b'{"i": "7", "s": {"k": [1]}, "b": "TRUE", "t": "2020-01-02T03:04:05Z", "l": ["1", 2], "m": {"A": 1, "b": "x"}}\n'
        b'{"i": "x", "s": true, "b": "no", "t": 1579059880000, "l": null, "m": {}}\n'
        b'  \n[8, "arr"]\nnot json\n{"i": 9, "t": 1579059880} trailing\n{}\n'
    )
    make(lake, "values_of", OPENX, "i:int s:string b:boolean t:timestamp l:array<int> m:map<string,int>", body)
    assert lake.rows("SELECT i, s, b, t, l, cardinality(m), element_at(m, 'A') FROM values_of WHERE m IS NOT NULL") == [
        ("7", '{"k":[1]}', "true", "2020-01-02 03:04:05.000", "[1, 2]", "2", "1"),
        (None, "true", "false", "2020-01-15 03:44:40.000", None, "0", None),
    ]
    assert lake.rows("SELECT i, s, t FROM values_of WHERE m IS NULL") == [
        (None, None, None),
        ("8", "arr", None),
        (None, None, None),
        ("9", None, "2020-01-15 03:44:40.000"),
        (None, None, None),
    ]


def test_malformed_lines(lake):
    body = b'{"a": 1}\n{"a": \n{"a": 3}\n'
    make(lake, "strict", OPENX, "a:int", body)
    # https://repost.aws/knowledge-center/error-json-athena
    assert lake.failure("SELECT * FROM strict").startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")
    make(lake, "ignoring", OPENX, "a:int", body, ignore__malformed__json="true")
    assert lake.rows("SELECT * FROM ignoring") == [("1",), (None,), ("3",)]
    make(lake, "pretty", OPENX, "a:int", b'{\n  "a": 1\n}\n')
    assert lake.failure("SELECT * FROM pretty").startswith("HIVE_CURSOR_ERROR")


def test_hive_json_serde(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/hive-json-serde.html
    body = b'{"Id": 1, "d": "2020-01-02", "x": 1.50, "n": {"K": [true]}}\n{"id": null}\n'
    make(lake, "hive_json", HIVE_JSON, "id:bigint d:date x:decimal(5,2) n:struct<k:array<boolean>>", body)
    assert lake.rows("SELECT id, d, x, n.k FROM hive_json") == [("1", "2020-01-02", "1.50", "[true]"), (None,) * 4]
    make(lake, "hive_bad", HIVE_JSON, "id:int", b'{"id": "abc"}\n')
    assert lake.failure("SELECT * FROM hive_bad").startswith("HIVE_BAD_DATA: Error Parsing a column in the table")
