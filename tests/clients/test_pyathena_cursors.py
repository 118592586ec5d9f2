"""PyAthena's cursors, unchanged, configured by the environment as on AWS."""

import asyncio
import datetime as dt
import time
from decimal import Decimal

import pyarrow as pa
import pytest
from pyathena import aio_connect, connect
from pyathena.arrow.async_cursor import AsyncArrowCursor
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor, AsyncDictCursor
from pyathena.cursor import DictCursor
from pyathena.error import DatabaseError, OperationalError, ProgrammingError
from pyathena.pandas.async_cursor import AsyncPandasCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.cursor import PolarsCursor
from pyathena.s3fs.cursor import S3FSCursor

VALUES = {
    "id": 1,
    "c_boolean": True,
    "c_tinyint": 127,
    "c_smallint": -32768,
    "c_int": 2147483647,
    "c_bigint": 9223372036854775807,
    "c_real": 1.5,
    "c_double": 0.1,
    "c_decimal": Decimal("12345678.90"),
    "c_char": "ab ",
    "c_varchar": 'été, "quoted"',
    "c_string": "line\nbreak",
    "c_binary": bytes.fromhex("deadbeef"),
    "c_date": dt.date(2024, 2, 29),
    "c_timestamp": dt.datetime(2024, 2, 29, 23, 59, 58, 123000),
    "c_array": [1, 2, None],
    "c_map": {"k1": 1, "k2": 2},
    "c_row": {"num": 7, "word": "seven"},
}
TYPES = ["integer", "boolean", "tinyint", "smallint", "integer", "bigint", "float", "double", "decimal", "char",
         "varchar", "varchar", "varbinary", "date", "timestamp", "array", "map", "row"]  # fmt: skip
NULLS = {"id": 2} | dict.fromkeys(list(VALUES)[1:])
MANY = "SELECT n, CAST(n AS varchar) AS word FROM UNNEST(sequence(1, 2345)) AS t(n) ORDER BY n"


@pytest.fixture(scope="module")
def connection(lake, every_type, arrow_s3):
    with connect(s3_staging_dir=lake.results, schema_name=lake.database, poll_interval=0.01) as opened:
        yield opened


def test_every_type_becomes_its_python_type(connection):
    cursor = connection.cursor(DictCursor)
    # Of maps and rows the API tells no inner types, so the client is told them.
    hints = {"c_map": "map(varchar, integer)", "c_row": "row(num integer, word varchar)"}
    found = cursor.execute("SELECT * FROM every_type ORDER BY id", result_set_type_hints=hints).fetchall()
    assert found == [VALUES, NULLS]
    assert [(d[0], d[1]) for d in cursor.description] == list(zip(VALUES, TYPES, strict=True))
    assert {k: type(v) for k, v in found[0].items()} == {k: type(v) for k, v in VALUES.items()}


def test_types_that_only_queries_have(connection):
    cursor = connection.cursor()
    row = cursor.execute(
        "SELECT TIMESTAMP '2024-01-02 03:04:05.678 Europe/Berlin' AS zoned, TIME '03:04:05.678' AS clock,"
        " CAST('{\"a\": [1]}' AS json) AS text, JSON '{\"a\": [1]}' AS parsed, 7/2 AS whole, 7/2.0 AS ratio"
    ).fetchone()
    assert row[0].isoformat() == "2024-01-02T03:04:05.678000+01:00"
    assert row[1:] == (dt.time(3, 4, 5, 678000), '{"a": [1]}', {"a": [1]}, 3, Decimal("3.5"))
    assert [d[1] for d in cursor.description] == [
        "timestamp with time zone", "time", "json", "json", "integer", "decimal"]  # fmt: skip


def test_nested_values(connection):
    row = (
        connection.cursor()
        .execute(
            "SELECT ARRAY[ARRAY[1], ARRAY[2, 3]], MAP(ARRAY[1], ARRAY[ARRAY['x', 'y']]),"
            " CAST(ROW(1, ROW('in', 2.5)) AS row(a integer, b row(c varchar, d double))), CAST(ARRAY[] AS array(integer))",
            result_set_type_hints={1: "map(integer, array(varchar))", 2: "row(a integer, b row(c varchar, d double))"},
        )
        .fetchone()
    )
    assert row == ([[1], [2, 3]], {"1": ["x", "y"]}, {"a": 1, "b": {"c": "in", "d": 2.5}}, [])


def test_paging_fetchmany_and_iteration(connection):
    cursor = connection.cursor().execute(MANY)
    assert cursor.fetchmany(3) == [(1, "1"), (2, "2"), (3, "3")]
    assert [n for n, _ in cursor] == list(range(4, 2346))
    assert cursor.fetchone() is None


def test_what_a_cursor_tells_of_its_query(connection, lake):
    cursor = connection.cursor().execute("SELECT c_int FROM every_type")
    assert (cursor.state, cursor.statement_type, cursor.database) == ("SUCCEEDED", "DML", lake.database)
    assert cursor.output_location == f"{lake.results}{cursor.query_id}.csv"
    assert cursor.data_scanned_in_bytes > 0
    assert cursor.total_execution_time_in_millis >= cursor.engine_execution_time_in_millis >= 0
    assert cursor.submission_date_time <= cursor.completion_date_time
    assert cursor.work_group == "primary"
    assert cursor.effective_engine_version == "Athena engine version 3"


@pytest.mark.parametrize(
    ("sql", "given", "style"),
    [
        ("SELECT %(text)s, %(number)s, %(day)s, %(nothing)s", {"text": "O'Hara", "number": 5, "day": dt.date(2024, 1, 2), "nothing": None}, "pyformat"),
        ("SELECT ?, ?, ?, NULL", ["'O''Hara'", "5", "DATE '2024-01-02'"], "qmark"),
    ],
)  # fmt: skip
def test_parameters(connection, sql, given, style):
    found = connection.cursor().execute(sql, given, paramstyle=style).fetchone()
    assert found == ("O'Hara", 5, dt.date(2024, 1, 2), None)


def test_parameters_in_conditions(connection):
    cursor = connection.cursor()
    assert cursor.execute("SELECT id FROM every_type WHERE c_varchar = %(v)s", {"v": 'été, "quoted"'}).fetchall() == [
        (1,)
    ]
    assert cursor.execute("SELECT id FROM every_type WHERE id IN %(ids)s ORDER BY 1", {"ids": [1, 2]}).fetchall() == [
        (1,),
        (2,),
    ]
    wanted = {"t": dt.datetime(2024, 2, 29, 23, 59, 58, 123000), "d": Decimal("12345678.90")}
    assert cursor.execute(
        "SELECT id FROM every_type WHERE c_timestamp = %(t)s AND c_decimal = %(d)s", wanted
    ).fetchall() == [(1,)]
    assert cursor.execute("SELECT id FROM every_type WHERE id = ?", ["2"], paramstyle="qmark").fetchall() == [(2,)]


def test_executemany_inserts(connection):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE inserted AS SELECT 0 AS n, 'zero' AS word")
    assert cursor.rowcount == 1
    cursor.executemany(
        "INSERT INTO inserted VALUES (%(n)s, %(word)s)", [{"n": 1, "word": "one"}, {"n": 2, "word": "it's"}]
    )
    assert cursor.execute("SELECT * FROM inserted ORDER BY n").fetchall() == [(0, "zero"), (1, "one"), (2, "it's")]


def test_result_reuse(connection):
    first = connection.cursor().execute(
        "SELECT count(*) FROM every_type", result_reuse_enable=True, result_reuse_minutes=60
    )
    again = connection.cursor().execute(
        "SELECT count(*) FROM every_type", result_reuse_enable=True, result_reuse_minutes=60
    )
    assert first.fetchall() == again.fetchall() == [(2,)]
    assert again.result_reuse_enabled is True
    assert again.reused_previous_result is True


def test_the_client_finds_an_earlier_result_by_itself(connection):
    sql = "SELECT max(c_int) FROM every_type"
    first = connection.cursor().execute(sql)
    again = connection.cursor().execute(sql, cache_size=50)
    assert again.query_id == first.query_id


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM nowhere", "TABLE_NOT_FOUND: line 1:15"),
        ("SELECT nothing FROM every_type", "COLUMN_NOT_FOUND: line 1:8"),
        ("SELECT c_int / 0 FROM every_type", "DIVISION_BY_ZERO"),
        ("SELECT no_such_function(1)", "FUNCTION_NOT_FOUND: line 1:8"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT"),
    ],
)
def test_a_failed_query_is_an_operational_error(connection, sql, message):
    with pytest.raises(OperationalError, match=message):
        connection.cursor().execute(sql)


def test_a_refused_query_is_a_database_error(connection):
    with pytest.raises(DatabaseError, match="InvalidRequestException"):
        connection.cursor().execute("SELEC 1")
    with pytest.raises(ProgrammingError):
        connection.cursor().fetchone()


def test_pandas_cursor(connection):
    frame = connection.cursor(PandasCursor).execute("SELECT * FROM every_type ORDER BY id").as_pandas()
    assert list(frame.columns) == list(VALUES)
    first = frame.iloc[0].to_dict()
    texts = {
        "c_array": "[1, 2, null]",
        "c_map": "{k1=1, k2=2}",
        "c_row": "{num=7, word=seven}",
    }  # the client parses none
    assert first.pop("c_timestamp").to_pydatetime() == VALUES["c_timestamp"]
    assert first.pop("c_date").date() == VALUES["c_date"]
    assert first == {k: v for k, v in VALUES.items() if k not in ("c_date", "c_timestamp")} | texts
    assert frame.iloc[1].drop("id").isna().all()


def test_pandas_cursor_in_chunks(connection):
    frames = connection.cursor(PandasCursor, chunksize=1000).execute(MANY).as_pandas()
    assert [(len(f), int(f["n"].iloc[-1])) for f in frames] == [(1000, 1000), (1000, 2000), (345, 2345)]


def test_pandas_cursor_by_unload(connection, lake):
    cursor = connection.cursor(PandasCursor, unload=True).execute(
        "SELECT id, c_decimal, c_timestamp, c_array FROM every_type"
    )
    frame = cursor.as_pandas().sort_values("id", ignore_index=True)  # UNLOAD's files have no order
    assert cursor.substatement_type == "UNLOAD"
    assert frame["id"].tolist() == [1, 2]
    assert (frame["c_decimal"][0], list(frame["c_array"][0])[:2]) == (Decimal("12345678.90"), [1, 2])
    assert cursor.data_manifest_location.endswith("-manifest.csv")


def test_arrow_cursor(connection):
    table = (
        connection.cursor(ArrowCursor)
        .execute("SELECT id, c_bigint, c_double, c_string, c_date, c_timestamp FROM every_type ORDER BY id")
        .as_arrow()
    )
    assert table.column("c_bigint").to_pylist() == [9223372036854775807, None]
    assert table.schema.field("c_bigint").type == pa.int64()
    assert table.column("c_timestamp").to_pylist() == [VALUES["c_timestamp"], None]
    assert table.column("c_string").to_pylist()[0] == "line\nbreak"


def test_arrow_cursor_by_unload_keeps_types(connection):
    table = connection.cursor(ArrowCursor, unload=True).execute("SELECT * FROM every_type").as_arrow().sort_by("id")
    found = table.to_pylist()
    assert {k: found[0][k] for k in VALUES if k not in ("c_map", "c_char")} == {
        k: v for k, v in VALUES.items() if k not in ("c_map", "c_char")
    }
    assert found[0]["c_map"] == [("k1", 1), ("k2", 2)]
    assert found[1] == NULLS
    assert table.schema.field("c_decimal").type == pa.decimal128(10, 2)
    assert table.schema.field("c_real").type == pa.float32()


def test_polars_cursor(connection):
    for unload in (False, True):
        frame = (
            connection.cursor(PolarsCursor, unload=unload)
            .execute("SELECT id, c_string, c_date, c_double FROM every_type")
            .as_polars()
            .sort("id")
        )
        assert frame.rows() == [(1, "line\nbreak", dt.date(2024, 2, 29), 0.1), (2, None, None, None)]


def test_s3fs_cursor(connection):
    cursor = connection.cursor(S3FSCursor).execute(
        "SELECT id, c_string, c_decimal, c_binary, '' AS empty FROM every_type ORDER BY id"
    )
    assert cursor.fetchall() == [
        (1, "line\nbreak", Decimal("12345678.90"), b"\xde\xad\xbe\xef", ""),
        (2, None, None, None, ""),
    ]


def test_async_cursors(connection):
    with connection.cursor(AsyncCursor, max_workers=3) as cursor:
        started = [cursor.execute(f"SELECT {n} AS n") for n in range(5)]
        assert [future.result().fetchall() for _, future in started] == [[(n,)] for n in range(5)]
        query_id, future = cursor.execute("SELECT c_int FROM every_type WHERE id = 1")
        assert future.result().query_id == query_id
        assert cursor.query_execution(query_id).result().state == "SUCCEEDED"
    with connection.cursor(AsyncDictCursor) as cursor:
        assert cursor.execute("SELECT 1 AS a")[1].result().fetchall() == [{"a": 1}]
    with connection.cursor(AsyncPandasCursor) as cursor:
        assert cursor.execute("SELECT 1 AS a")[1].result().as_pandas()["a"].tolist() == [1]
    with connection.cursor(AsyncArrowCursor) as cursor:
        assert cursor.execute("SELECT 1 AS a")[1].result().as_arrow().to_pylist() == [{"a": 1}]


SLOW = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) CROSS JOIN UNNEST(sequence(1, 1000)) AS c(z) WHERE x * y % 7 = z"


def test_cancel(connection):
    with connection.cursor(AsyncCursor) as cursor:
        query_id, future = cursor.execute(SLOW)
        while cursor.query_execution(query_id).result().state == "QUEUED":
            time.sleep(0.01)
        cursor.cancel(query_id).result()
        assert future.result().state == "CANCELLED"


def test_native_asyncio(lake, every_type):
    async def main():
        async with (
            await aio_connect(s3_staging_dir=lake.results, schema_name=lake.database, poll_interval=0.01) as opened,
            opened.cursor() as cursor,
        ):
            await cursor.execute("SELECT id FROM every_type ORDER BY id")
            return await cursor.fetchall()

    # asyncio.run would take away the loop that Mangum keeps in this thread, and leave it open.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        assert runner.run(main()) == [(1,), (2,)]


def test_metadata_lists(connection, lake):
    cursor = connection.cursor()
    assert lake.database in [d.name for d in cursor.list_databases("AwsDataCatalog")]
    found = cursor.get_table_metadata("every_type", schema_name=lake.database)
    assert [c.name for c in found.columns] == list(VALUES)
    assert [c.type for c in found.columns][-3:] == ["array<int>", "map<varchar(2),int>", "struct<num:int,word:string>"]
    assert "every_type" in [t.name for t in cursor.list_table_metadata(schema_name=lake.database)]
