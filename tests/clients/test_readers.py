"""Engines that know nothing of Athena read what it wrote: DuckDB and PyArrow its files, PyIceberg its Iceberg tables."""

import datetime as dt
import io
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture(scope="module")
def ask(lake):
    from pyathena import connect

    with connect(s3_staging_dir=lake.results, schema_name=lake.database, poll_interval=0.01) as opened:
        yield lambda sql: opened.cursor().execute(sql).fetchall()


@pytest.fixture(scope="module")
def downloaded(lake, ask, every_type, tmp_path_factory):
    """A directory with the files of a table partitioned by `part`, their keys kept."""
    ask(
        "CREATE TABLE parted WITH (format = 'PARQUET', write_compression = 'ZSTD', partitioned_by = ARRAY['part'],"
        f" external_location = '{lake.at('parted/')}') AS SELECT *, CAST(id AS varchar) || '/%' AS part FROM every_type"
    )
    place = tmp_path_factory.mktemp("parted")
    for key in lake.keys("parted/"):
        file = place / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".parquet").write_bytes(lake.body(key))
    return place / "parted"


VALUES = (
    1, True, 127, -32768, 2147483647, 9223372036854775807, 1.5, 0.1, Decimal("12345678.90"), 'été, "quoted"',
    "line\nbreak", bytes.fromhex("deadbeef"), dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 23, 59, 58, 123000),
    [1, 2, None], {"k1": 1, "k2": 2}, {"num": 7, "word": "seven"})  # fmt: skip
NAMES = ["id", "c_boolean", "c_tinyint", "c_smallint", "c_int", "c_bigint", "c_real", "c_double", "c_decimal", "c_varchar", "c_string", "c_binary", "c_date", "c_timestamp", "c_array", "c_map", "c_row"]  # fmt: skip


def test_duckdb_reads_a_partitioned_table(downloaded):
    source = f"read_parquet('{downloaded}/*/*.parquet', hive_partitioning = true)"
    rows = duckdb.sql(f"SELECT {', '.join(NAMES)} FROM {source} ORDER BY id").fetchall()
    assert rows == [VALUES, (2, *[None] * 16)]
    assert duckdb.sql(f"SELECT part FROM {source} ORDER BY id").fetchall() == [("1/%",), ("2/%",)]
    types = dict(duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {source})").fetchall())
    assert [types[n] for n in NAMES] == [
        "INTEGER", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(10,2)", "VARCHAR",
        "VARCHAR", "BLOB", "DATE", "TIMESTAMP", "INTEGER[]", "MAP(VARCHAR, INTEGER)", "STRUCT(num INTEGER, word VARCHAR)"]  # fmt: skip


def test_pyarrow_sees_athena_s_parquet(downloaded):
    files = sorted(downloaded.glob("*/*.parquet"))
    schema = pq.read_schema(files[0])
    assert "part" not in schema.names  # a partition key is in the path alone
    assert schema.field("c_decimal").type == pa.decimal128(10, 2)
    assert schema.field("c_row").type == pa.struct({"num": pa.int32(), "word": pa.string()})
    metadata = pq.ParquetFile(files[0]).metadata
    assert {metadata.row_group(0).column(i).compression for i in range(metadata.num_columns)} == {"ZSTD"}


@pytest.mark.parametrize(
    ("kind", "properties", "reader"),
    [
        ("csv", "format = 'TEXTFILE', field_delimiter = ',', write_compression = 'GZIP'", "read_csv('{}', header = false, compression = 'gzip')"),
        ("json", "format = 'JSON', write_compression = 'ZSTD'", "read_json('{}', format = 'newline_delimited', compression = 'zstd')"),
    ],
)  # fmt: skip
def test_duckdb_reads_text_formats(lake, ask, tmp_path, kind, properties, reader):
    ask(
        f"CREATE TABLE as_{kind} WITH ({properties}, external_location = '{lake.at(f'{kind}/')}') AS SELECT n, 'w' || CAST(n AS varchar) AS w FROM UNNEST(sequence(1, 100)) AS t(n)"
    )
    for i, key in enumerate(lake.keys(f"{kind}/")):
        (tmp_path / str(i)).write_bytes(lake.body(key))
    rows = duckdb.sql(f"SELECT * FROM {reader.format(tmp_path / '*')} ORDER BY 1").fetchall()
    assert rows == [(n, f"w{n}") for n in range(1, 101)]


def test_unload_to_orc_and_avro_is_read_by_their_own_libraries(lake, ask):
    import fastavro
    from pyarrow import orc

    for kind in ("ORC", "AVRO"):
        ask(
            f"UNLOAD (SELECT n, CAST(n AS double) / 4 AS r FROM UNNEST(sequence(1, 3)) AS t(n)) TO '{lake.at(f'out_{kind}/')}' WITH (format = '{kind}')"
        )
    rows = [
        (r["n"], r["r"])
        for key in lake.keys("out_ORC/")
        for r in orc.read_table(io.BytesIO(lake.body(key))).to_pylist()
    ]
    assert sorted(rows) == [(1, 0.25), (2, 0.5), (3, 0.75)]
    rows = [(r["n"], r["r"]) for key in lake.keys("out_AVRO/") for r in fastavro.reader(io.BytesIO(lake.body(key)))]
    assert sorted(rows) == [(1, 0.25), (2, 0.5), (3, 0.75)]


@pytest.fixture(scope="module")
def iceberg(lake):
    """PyIceberg's own Glue catalogue; the endpoints are arguments, as its documentation has it."""
    from pyiceberg.catalog.glue import GlueCatalog

    endpoint = lake.aws.of("s3").meta.endpoint_url
    return GlueCatalog("glue", **{
        "glue.endpoint": endpoint, "glue.region": "us-east-1", "s3.endpoint": endpoint, "s3.region": "us-east-1",
        "s3.access-key-id": "test", "s3.secret-access-key": "test",
    })  # fmt: skip


def test_pyiceberg_reads_what_athena_writes(lake, ask, iceberg):
    ask(
        "CREATE TABLE icy WITH (table_type = 'ICEBERG', is_external = false, format = 'PARQUET',"
        f" location = '{lake.at('icy/')}', partitioning = ARRAY['day(at)']) AS"
        " SELECT 1 AS n, 'one' AS word, DECIMAL '1.50' AS price, TIMESTAMP '2024-01-01 10:00:00.000000' AS at"
    )
    ask("INSERT INTO icy VALUES (2, NULL, DECIMAL '2.25', TIMESTAMP '2024-01-02 10:00:00')")
    ask("UPDATE icy SET price = DECIMAL '9.99' WHERE n = 1")
    table = iceberg.load_table((lake.database, "icy"))
    assert [str(f.field_type) for f in table.schema().fields] == ["int", "string", "decimal(3, 2)", "timestamp"]
    assert [f.name for f in table.spec().fields] == ["at_day"]
    rows = table.scan().to_arrow().sort_by("n").to_pylist()
    assert rows == [
        {"n": 1, "word": "one", "price": Decimal("9.99"), "at": dt.datetime(2024, 1, 1, 10)},
        {"n": 2, "word": None, "price": Decimal("2.25"), "at": dt.datetime(2024, 1, 2, 10)},
    ]
    assert len(table.history()) == 3


def test_athena_reads_what_pyiceberg_writes(lake, ask, iceberg):
    rows = pa.table(
        {
            "n": pa.array([1, 2], pa.int64()),
            "word": ["a", None],
            "at": pa.array([dt.datetime(2024, 1, 1)] * 2, pa.timestamp("us")),
        }
    )
    table = iceberg.create_table(
        (lake.database, "made_by_pyiceberg"), rows.schema, location=lake.at("made_by_pyiceberg")
    )
    table.append(rows)
    assert ask("SELECT n, word, at FROM made_by_pyiceberg ORDER BY n") == [
        (1, "a", dt.datetime(2024, 1, 1)),
        (2, None, dt.datetime(2024, 1, 1)),
    ]
    table.delete("n = 1")
    with table.update_schema() as update:
        update.add_column("extra", __import__("pyiceberg.types").types.DoubleType())
    table.refresh()
    table.append(pa.table({"n": [3], "word": ["c"], "at": pa.array([None], pa.timestamp("us")), "extra": [0.5]}))
    assert ask("SELECT n, extra FROM made_by_pyiceberg ORDER BY n") == [(2, None), (3, 0.5)]
    ask("INSERT INTO made_by_pyiceberg (n, word) VALUES (4, 'by Athena')")
    ask("DELETE FROM made_by_pyiceberg WHERE n = 2")
    table.refresh()
    assert sorted(table.scan().to_arrow()["n"].to_pylist()) == [3, 4]
    assert ask('SELECT count(*) FROM "made_by_pyiceberg$snapshots"')[0][0] >= 4
