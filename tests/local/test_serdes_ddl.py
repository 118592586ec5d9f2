r"""Tables made by Athena's DDL, read through their SerDes: how delimiters, escapes and patterns pass through Hive's grammar."""

import io

import fastavro
import pyarrow as pa
import pytest
from pyarrow import orc


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


@pytest.mark.parametrize(
    ("name", "columns", "clauses", "body", "rows"),
    [
        # https://docs.aws.amazon.com/athena/latest/ug/lazy-simple-serde.html and its examples
        ("tabs", "a int, b string", r"ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'",
         b"1\tx\\\ty\n2\t\\N\n", [("1", "x\ty"), ("2", None)]),
        ("octal", "a int, b array<int>", r"ROW FORMAT DELIMITED FIELDS TERMINATED BY '\001' COLLECTION ITEMS TERMINATED BY '\002'",
         b"1\x012\x023\n", [("1", "[2, 3]")]),
        ("unsaid", "a int, b string", "", b"1\x01x\n", [("1", "x")]),
        ("maps", "a map<string,int>, b struct<x:int,y:string>",
         ("ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' COLLECTION ITEMS TERMINATED BY ',' MAP KEYS TERMINATED BY ':' "
         "NULL DEFINED AS 'none'"), b"k:1,j:none|5,z\nnone|6,none\n", [("{k=1, j=null}", "{x=5, y=z}"), (None, "{x=6, y=null}")]),
        ("skipping", "a int, b string",
         "ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE LOCATION_ TBLPROPERTIES ('skip.header.line.count'='2')",
         b"h1\nh2\n1,x\n", [("1", "x")]),
        # https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html, with its quote character
        ("quoted", "a string, b string",
         ("ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar' = ';', "
         "'quoteChar' = '`', 'escapeChar' = '\\\\')"), b'`a;b`;c\\`d\n`x\\`y`;"z"\n', [("a;b", "c`d"), ("x`y", '"z"')]),
        ("semis", "a string, b string",
         "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar' = '\\t')",
         b'1\t"x y"\n', [("1", "x y")]),
        # https://docs.aws.amazon.com/athena/latest/ug/regex-serde.html, the CloudFront example's style of pattern
        ("regexed", "d date, t string, n int",
         ("ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe' WITH SERDEPROPERTIES ("
         "'input.regex' = '^(?!#)([^ ]+)\\\\s+([^ ]+)\\\\s+(\\\\d+)$')"), b"#Version: 1.0\n2014-07-05 20:00:00 15\n",
         [(None, None, None), ("2014-07-05", "20:00:00", "15")]),
        # https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
        ("mapped", "ts int, b string",
         ("ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('mapping.ts' = 'timestamp', "
         "'ignore.malformed.json' = 'TRUE')"), b'{"timestamp": 5, "B": "x"}\n{oops\n', [("5", "x"), (None, None)]),
    ],
)  # fmt: skip
def test_text_tables(lake, name, columns, clauses, body, rows):
    lake.put(f"{name}/a", body)
    place = f"LOCATION '{lake.at(f'{name}/')}'"
    tail = clauses.replace("LOCATION_", place) if "LOCATION_" in clauses else f"{clauses} {place}"
    lake.done(f"CREATE EXTERNAL TABLE {name} ({columns}) {tail}")
    assert lake.rows(f"SELECT * FROM {name}") == rows


def test_orc_and_avro_tables(lake):
    out = io.BytesIO()
    orc.write_table(pa.table({"a": [1], "b": ["x"]}), out)
    lake.put("d_orc/f", out.getvalue())
    lake.done(f"CREATE EXTERNAL TABLE d_orc (a bigint, b string) STORED AS ORC LOCATION '{lake.at('d_orc/')}'")
    assert lake.rows("SELECT * FROM d_orc") == [("1", "x")]
    lake.done("INSERT INTO d_orc VALUES (2, 'y')")
    assert lake.rows("SELECT * FROM d_orc ORDER BY a") == [("1", "x"), ("2", "y")]
    schema = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]}
    out = io.BytesIO()
    fastavro.writer(out, schema, [{"a": 1, "b": "x"}])
    lake.put("d_avro/f", out.getvalue())
    lake.done(f"CREATE EXTERNAL TABLE d_avro (a bigint, b string) STORED AS AVRO LOCATION '{lake.at('d_avro/')}'")
    assert lake.rows("SELECT * FROM d_avro") == [("1", "x")]


def test_partition_values_that_are_not_of_their_type(lake):
    # trino's HiveUtil.parsePartitionValue: HIVE_INVALID_PARTITION_VALUE, "Invalid partition value '%s' for %s partition key: %s"
    lake.put("bad_key/day=x/f", b"1\n")
    lake.done(f"CREATE EXTERNAL TABLE bad_key (a int) PARTITIONED BY (day int) LOCATION '{lake.at('bad_key/')}'")
    lake.done("MSCK REPAIR TABLE bad_key")
    assert lake.failure("SELECT * FROM bad_key") == (
        "HIVE_INVALID_PARTITION_VALUE: Invalid partition value 'x' for integer partition key: day"
    )
    lake.put("null_key/day=__HIVE_DEFAULT_PARTITION__/f", b"1\n")
    lake.put("null_key/day=7/f", b"2\n")
    lake.done(f"CREATE EXTERNAL TABLE null_key (a int) PARTITIONED BY (day int) LOCATION '{lake.at('null_key/')}'")
    lake.done("MSCK REPAIR TABLE null_key")
    assert lake.rows("SELECT * FROM null_key ORDER BY a") == [("1", None), ("2", "7")]
    assert lake.rows("SELECT a FROM null_key WHERE day IS NULL") == [("1",)]
    assert lake.scanned("SELECT a FROM null_key WHERE day IS NULL") == 2
