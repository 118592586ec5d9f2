"""Parquet, ORC and Avro in the embedded Athena; schemas that change."""

import datetime as dt
import io
import json
from decimal import Decimal

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.local.serde_tables import AVRO, LAZY, OPENX, ORC, PARQUET, add_partition, make

TABLE = pa.table(
    {
        "Id": pa.array([1, 2], pa.int32()),
        "name": ["x", None],
        "price": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
        "day": [dt.date(2020, 2, 29), None],
        "at": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 678000), None], pa.timestamp("ms")),
        "tags": [["a", "b"], None],
        "geo": pa.array([{"lat": 1.5, "lon": 2.5}, None], pa.struct([("lat", pa.float64()), ("lon", pa.float64())])),
    }
)
COLUMNS = "id:bigint name:string price:decimal(9,2) day:date at:timestamp tags:array<string> geo:struct<lat:double,lon:double>"
ROWS = [
    ("1", "x", "1.50", "2020-02-29", "2020-01-02 03:04:05.678", "[a, b]", "{lat=1.5, lon=2.5}"),
    ("2", None, None, None, None, None, None),
]


@pytest.fixture(scope="module")
def lake(athena_stack):
    return athena_stack


def parquet(table, **options):
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def orc_file(table, **options):
    out = io.BytesIO()
    orc.write_table(table, out, **options)
    return out.getvalue()


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4"])
def test_parquet_of_every_compression(lake, compression):
    make(lake, f"pq_{compression}", PARQUET, COLUMNS, parquet(TABLE, compression=compression))
    assert lake.rows(f"SELECT * FROM pq_{compression} ORDER BY id") == ROWS


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "zlib", "zstd", "lz4"])
def test_orc_of_every_compression(lake, compression):
    make(lake, f"orc_{compression}", ORC, COLUMNS, orc_file(TABLE, compression=compression))
    assert lake.rows(f"SELECT * FROM orc_{compression} ORDER BY id") == ROWS


def test_columns_by_name_and_by_index(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
    # "index access": ORC by default; "by name": Parquet by default; properties turn either around
    columns = "second:string first:int third:double"
    files = {"a": {"first": [1], "second": ["x"]}, "b": {"other": [2], "more": ["y"], "third": [0.5]}}
    tables = {key: pa.table({n: pa.array(v, pa.int32() if v in ([1], [2]) else None) for n, v in file.items()})
              for key, file in files.items()}  # fmt: skip
    make(lake, "pq_name", PARQUET, columns, {k: parquet(t) for k, t in tables.items()})
    assert lake.rows("SELECT * FROM pq_name ORDER BY first") == [("x", "1", None), (None, None, "0.5")]
    turned = "number:int word:string tail:double"
    make(lake, "pq_index", PARQUET, turned, {k: parquet(t) for k, t in tables.items()},
         parquet__column__index__access="true")  # fmt: skip
    assert lake.rows('SELECT *, "$path" FROM pq_index ORDER BY 1') == [
        ("1", "x", None, lake.at("pq_index/a")),
        ("2", "y", "0.5", lake.at("pq_index/b")),
    ]
    make(lake, "orc_index", ORC, turned, {k: orc_file(t) for k, t in tables.items()})
    assert lake.rows("SELECT * FROM orc_index ORDER BY 1") == [("1", "x", None), ("2", "y", "0.5")]
    make(
        lake, "orc_name", ORC, columns, {k: orc_file(t) for k, t in tables.items()}, orc__column__index__access="false"
    )
    assert lake.rows("SELECT * FROM orc_name ORDER BY first") == [("x", "1", None), (None, None, "0.5")]


def test_parquet_of_another_type_is_bad_data(lake):
    # https://repost.aws/knowledge-center/athena-hive-bad-data-parquet
    make(
        lake,
        "pq_types",
        PARQUET,
        "a:bigint b:double",
        parquet(pa.table({"a": ["x"], "b": pa.array([1], pa.float32())})),
    )
    assert lake.rows("SELECT b FROM pq_types") == [("1.0",)]
    assert lake.failure("SELECT a FROM pq_types") == (
        f"HIVE_BAD_DATA: Field a's type BINARY in parquet file {lake.at('pq_types/a')} is incompatible with type bigint "
        "defined in table schema"
    )
    make(lake, "pq_narrow", PARQUET, "a:int", parquet(pa.table({"a": pa.array([1], pa.int64())})))
    assert "type INT64 in parquet file" in lake.failure("SELECT a FROM pq_narrow")
    make(lake, "pq_broken", PARQUET, "a:int", b"PAR1 this is not Parquet")
    assert lake.failure("SELECT a FROM pq_broken").startswith("HIVE_BAD_DATA: Not valid Parquet file: s3://")


def test_avro_by_name_with_a_reader_schema(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/avro-serde.html
    fields = [
        {"name": "Id", "type": "int"},
        {"name": "name", "type": ["null", "string"]},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "props", "type": {"type": "map", "values": "long"}},
        {"name": "geo", "type": {"type": "record", "name": "geo_t", "fields": [{"name": "lat", "type": "double"}]}},
    ]
    schema = {"type": "record", "name": "r", "fields": fields}
    row = {"Id": 1, "name": None, "price": Decimal("1.50"), "day": dt.date(2020, 2, 29),
           "at": dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "tags": ["a"], "props": {"k": 5},
           "geo": {"lat": 1.5}}  # fmt: skip
    columns = "id:int name:string price:decimal(9,2) day:date at:timestamp tags:array<string> props:map<string,bigint> geo:struct<lat:double>"
    shown = ("1", None, "1.50", "2020-02-29", "2020-01-02 03:04:05.000", "[a]", "{k=5}", "{lat=1.5}")
    for codec in ("null", "deflate", "snappy"):
        out = io.BytesIO()
        fastavro.writer(out, schema, [row], codec=codec)
        make(lake, f"avro_{codec}", AVRO, columns, out.getvalue(), avro__schema__literal=json.dumps(schema))
        assert lake.rows(f"SELECT * FROM avro_{codec}") == [shown]
    newer = {**schema, "fields": [*fields[:2], {"name": "added", "type": "string", "default": "none"}]}
    make(
        lake,
        "avro_newer",
        AVRO,
        "id:int name:string added:string",
        out.getvalue(),
        avro__schema__literal=json.dumps(newer),
    )
    assert lake.rows("SELECT * FROM avro_newer") == [("1", None, "none")]


def test_partitions_with_columns_of_their_own(lake):
    # https://docs.aws.amazon.com/athena/latest/ug/updates-and-partitions.html
    make(lake, "evolved", LAZY, "a:bigint b:string c:string", {"p=1/x": b"1,2\n", "p=2/x": b"3,4,5\n"}, keys="p:int",
         field__delim=",")  # fmt: skip
    add_partition(lake, "evolved", ["1"], Columns=[{"Name": "old", "Type": "int"}, {"Name": "b", "Type": "int"}])
    add_partition(lake, "evolved", ["2"])
    assert lake.rows("SELECT * FROM evolved ORDER BY p") == [("1", "2", None, "1"), ("3", "4", "5", "2")]
    make(lake, "jevolved", OPENX, "a:bigint b:string", {"p=1/x": b'{"a": 1, "b": true}\n'}, keys="p:int")
    add_partition(lake, "jevolved", ["1"], Columns=[{"Name": "a", "Type": "int"}])
    assert lake.rows("SELECT * FROM jevolved") == [("1", None, "1")]
    make(lake, "mismatched", PARQUET, "a:bigint", {"p=1/x": parquet(pa.table({"a": [True]}))}, keys="p:int")
    add_partition(lake, "mismatched", ["1"], Columns=[{"Name": "a", "Type": "boolean"}])
    reason = lake.failure("SELECT * FROM mismatched")
    assert reason.startswith(
        "HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch between the table and partition schemas"
    )
    assert "declared as type 'bigint', but partition 'p=1' declared column 'a' as type 'boolean'." in reason
