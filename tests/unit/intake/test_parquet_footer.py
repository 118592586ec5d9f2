"""The footer reader against pyarrow."""

import datetime as dt
import decimal
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.domain.schemas import Column, Schema
from app.intake.models import Declared
from app.intake.parquet_footer import NotParquet, footer_length, read_footer
from app.intake.verify import verify

TABLE = pa.table(
    {
        "i": pa.array([1, 2, None], pa.int32()),
        "Tiny": pa.array([1, 2, 3], pa.int8()),
        "u": pa.array([1, 2, 3], pa.uint32()),
        "big": pa.array([1, 2, 3], pa.int64()),
        "f": pa.array([1.5, 2, 3], pa.float32()),
        "d": pa.array([1.5, 2, 3], pa.float64()),
        "s": ["a", "b", "c"],
        "b": pa.array([b"1", b"2", b"3"]),
        "ok": [True, False, None],
        "day": [dt.date(2020, 1, 1)] * 3,
        "at": pa.array([dt.datetime(2020, 1, 1)] * 3, pa.timestamp("us")),
        "money": pa.array([decimal.Decimal("1.50")] * 3, pa.decimal128(12, 2)),
        "list": [[1, 2], [], None],
        "struct": [{"x": 1, "y": "a"}] * 3,
        "map": pa.array([[("k", 1.5)]] * 3, pa.map_(pa.string(), pa.float64())),
        "deep": [[{"x": [1.5]}]] * 3,
    },
)
TYPES = (
    "int", "tinyint", "bigint", "bigint", "float", "double", "varchar", "binary", "boolean", "date", "timestamp",
    "decimal(12,2)", "array<bigint>", "struct<x:bigint,y:varchar>", "map<varchar,double>",
    "array<struct<x:array<double>>>",
)  # fmt: skip


def written(table=TABLE, **options):
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


@pytest.mark.parametrize("version", ["1.0", "2.6"])
def test_rows_types_sizes_and_bounds_are_those_of_pyarrow(version):
    data = written(version=version, row_group_size=2)
    footer = read_footer(data[-footer_length(data[-8:]) :])
    meta = pq.read_metadata(io.BytesIO(data))
    assert footer.rows == meta.num_rows
    expected = TYPES if version == "2.6" else (*TYPES[:2], "bigint", *TYPES[3:])
    assert tuple(str(kind) for _, kind in footer.columns) == expected
    assert [name for name, _ in footer.columns] == TABLE.column_names
    for number, group in enumerate(footer.row_groups):
        theirs = meta.row_group(number)
        assert (group.rows, len(group.chunks)) == (theirs.num_rows, theirs.num_columns)
        for at, chunk in enumerate(group.chunks):
            column = theirs.column(at)
            assert (chunk.path, chunk.compressed_bytes) == (column.path_in_schema, column.total_compressed_size)
            if chunk.path in {"i", "big", "d", "s"}:
                assert (chunk.low, chunk.high) == (column.statistics.min, column.statistics.max)
                assert chunk.nulls == column.statistics.null_count


def test_files_are_verified_by_their_footer():
    data = written()
    report = verify([data[:10], data[10:]])
    assert report.is_good
    assert (report.rows, report.dialect.format, report.columns[1].name) == (3, "parquet", "tiny")
    agreed = Schema(columns=(Column(name="i", type="bigint"), Column(name="gone", type="int")))
    codes = {(p.code, p.column) for p in verify([data], Declared(schema=agreed)).problems}
    assert {("bad_value", "i"), ("missing_column", "gone"), ("unexpected_column", "s")} <= codes
    assert verify([data[:-30]]).problems[0].code == "truncated"
    assert verify([b"a,b\n1,2\n"], Declared(format="parquet")).problems[0].code == "not_parquet"


def test_damaged_footers_are_refused_and_nothing_else_happens():
    data = written()
    tail = data[-footer_length(data[-8:]) :]
    refused = 0
    for at in range(0, len(tail) - 8, 3):
        broken = tail[:at] + bytes([tail[at] ^ 0xFF]) + tail[at + 1 :]
        try:
            read_footer(broken)
        except NotParquet:
            refused += 1
    assert refused > 0
