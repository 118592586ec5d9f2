"""Every format says the same of a result: values, types, NULL and '' apart. Judged by PyArrow, Polars and DuckDB."""

import io
import json
import math
import struct
from datetime import date, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Unrepresentable
from app.domain.queries import ResultColumn
from app.formats import json_rows, record_lines
from app.formats.names import unique_names
from app.formats.record_lines import RecordLines
from app.formats.results import FORMATS, Page


def written(rows):
    """As Athena writes: values in quotes, quotes doubled, NULL an empty field."""
    return [",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row).encode() for row in rows]


def java(number):
    """A double as Java, and so Trino, prints it."""
    if math.isnan(number) or math.isinf(number):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(number)]
    return repr(number).replace("e", "E").replace("E+", "E")


def f32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


TEXT = st.one_of(
    st.sampled_from(
        ["", '"', '""', ",", '","', "\n", "\r\n", ',"",', '"":', "}\n{", "null", "NULL", "\\", "\x00", "é😀"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
# type -> (ResultColumn's fields, strategy of values as Python has them, text as Athena prints it, Arrow's type)
KINDS = {
    "boolean": (st.booleans(), lambda v: str(v).lower(), pa.bool_()),
    "tinyint": (st.integers(-(2**7), 2**7 - 1), str, pa.int8()),
    "smallint": (st.integers(-(2**15), 2**15 - 1), str, pa.int16()),
    "int": (st.integers(-(2**31), 2**31 - 1), str, pa.int32()),
    "bigint": (st.integers(-(2**63), 2**63 - 1), str, pa.int64()),
    "float": (st.floats(width=32), java, pa.float32()),
    "double": (st.floats(), java, pa.float64()),
    "decimal": (
        st.integers(-(10**38) + 1, 10**38 - 1).map(lambda n: Decimal((n < 0, [int(d) for d in str(abs(n))], -6))),
        lambda v: f"{v:f}",
        pa.decimal128(38, 6),
    ),
    "varchar": (TEXT, str, pa.string()),
    "date": (st.dates(date(1, 1, 1), date(9999, 12, 31)), str, pa.date32()),
    "timestamp": (MOMENTS, lambda v: v.isoformat(" ", "milliseconds"), pa.timestamp("us")),
    "binary": (st.binary(max_size=6), lambda v: v.hex(" "), pa.binary()),
    "array": (st.lists(st.integers(0, 9)), str, pa.string()),
}


def column(name, kind):
    return ResultColumn(name=name, type=kind, **({"precision": 38, "scale": 6} if kind == "decimal" else {}))


@st.composite
def results(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=5))
    row = st.tuples(*(st.none() | KINDS[kind][0] for kind in kinds))
    rows = draw(st.lists(row, max_size=12))
    columns = tuple(column(draw(st.sampled_from(["a", "b", 'q"', "é"])), kind) for kind in kinds)
    text = [[None if v is None else KINDS[k][1](v) for v, k in zip(row, kinds, strict=True)] for row in rows]
    return columns, rows, Page(columns, RecordLines.of(written(text)), around={"truncated": False})


def held(value, kind):
    """What a typed file has for a value: nested ones are text, as Athena prints them."""
    return str(value) if kind == "array" and value is not None else value


def same(one, other):
    return one == other or (
        isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    )


@settings(max_examples=120, deadline=None)
@given(results(), st.sampled_from([1, 30, 2**20]))
def test_parquet_and_arrow_hold_every_value_under_its_type(case, part):
    columns, rows, page = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_lines, "_PART", part)
        parquet = pq.read_table(io.BytesIO(FORMATS["parquet"].write(page)))
        arrow = pa.ipc.open_stream(FORMATS["arrow"].write(page)).read_all()
    assert arrow.cast(parquet.schema).equals(parquet) or any(c.type in {"float", "double"} for c in columns)
    for found in (parquet, arrow):
        assert found.schema.names == unique_names(columns)
        assert found.schema.types == [KINDS[col.type][2] for col in columns]
        assert json.loads(found.schema.metadata[b"headgate"]) == {"truncated": False}
        for at, col in enumerate(columns):
            values = found.column(at).to_pylist()
            wanted = [held(row[at], col.type) for row in rows]
            assert all(map(same, values, wanted)), (col, values, wanted)
            assert len(values) == len(wanted)


@settings(max_examples=120, deadline=None)
@given(results(), st.booleans(), st.sampled_from([1, 30, 2**20]))
def test_large_pages_of_json_say_what_small_ones_say(case, is_int64_text, part):
    columns, _, page = case
    page = Page(columns, page.lines, around={}, is_int64_text=is_int64_text)
    objects = Page(columns, page.lines, around={}, is_int64_text=is_int64_text, is_objects=True)
    small = [json.loads(FORMATS["json"].write(p)) for p in (page, objects)], FORMATS["ndjson"].write(page)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_rows, "_SMALL", 0)
        patch.setattr(record_lines, "_PART", part)
        large = [json.loads(FORMATS["json"].write(p)) for p in (page, objects)], FORMATS["ndjson"].write(page)
    assert large[0] == small[0]
    assert list(map(json.loads, large[1].splitlines())) == list(map(json.loads, small[1].splitlines()))
    names = unique_names(columns)
    assert small[0][1]["rows"] == [dict(zip(names, row, strict=True)) for row in small[0][0]["rows"]]


def test_json_has_the_values_that_were_written():
    kinds = ["bigint", "double", "boolean", "varchar", "date", "timestamp", "decimal"]
    row = ["9007199254740993", "1.5E10", "true", "", "2013-01-31", "2013-01-31 05:06:07.120", "1.200000"]
    page = Page(tuple(column(kind, kind) for kind in kinds), RecordLines.of(written([row, [None] * 7])))
    wanted = [9007199254740993, 1.5e10, True, "", "2013-01-31", "2013-01-31T05:06:07.120", "1.200000"]
    for small in (0, 65_536):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_rows, "_SMALL", small)
            assert json.loads(FORMATS["json"].write(page))["rows"] == [wanted, [None] * 7]


def test_other_readers_agree(tmp_path):
    columns = (column("n", "bigint"), column("price", "decimal"), column("v", "varchar"), column("at", "timestamp"))
    records = written(
        [
            ["1", "1.500000", "", "2013-01-31 05:06:07.120"],
            [None, None, None, None],
            ["3", "-2.000000", "é", "1999-01-01 00:00:00.000"],
        ]
    )
    for name in ("parquet", "arrow"):
        (tmp_path / name).write_bytes(FORMATS[name].write(Page(columns, RecordLines.of(records))))
    wanted = [(1, Decimal("1.500000"), "", datetime(2013, 1, 31, 5, 6, 7, 120000)), (None,) * 4, (3, Decimal("-2.000000"), "é", datetime(1999, 1, 1))]  # fmt: skip
    assert duckdb.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "parquet")]).fetchall() == wanted
    assert pl.read_parquet(tmp_path / "parquet").rows() == wanted
    assert pl.read_ipc_stream(tmp_path / "arrow").rows() == wanted


@pytest.mark.parametrize(("kind", "value"), [("date", "10000-01-01"), ("timestamp", "-0001-01-01 00:00:00.000")])
def test_what_arrow_cannot_hold_is_refused_by_name_and_served_as_json(kind, value):
    page = Page((column("n", "int"), column("far", kind)), RecordLines.of(written([["1", value]])))
    for name in ("parquet", "arrow"):
        with pytest.raises(Unrepresentable, match=f"far has a {kind}"):
            FORMATS[name].write(page)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_rows, "_SMALL", 0)
        assert json.loads(FORMATS["json"].write(page))["rows"] == [[1, value.replace(" ", "T").removesuffix(".000")]]


def test_moments_with_a_zone_are_iso_text_everywhere():
    page = Page(
        (column("at", "timestamp with time zone"),),
        RecordLines.of(written([["2013-07-01 05:00:00.000 America/New_York"], [None]])),
    )
    assert pq.read_table(io.BytesIO(FORMATS["parquet"].write(page))).column(0).to_pylist() == ["2013-07-01T05:00:00-04:00", None]  # fmt: skip
    assert json.loads(FORMATS["json"].write(page))["rows"] == [["2013-07-01T05:00:00-04:00"], [None]]


@pytest.mark.parametrize("name", ["parquet", "arrow", "json"])
def test_a_page_that_begins_inside_a_record_is_no_page(name):
    page = Page((column("a", "varchar"), column("b", "varchar")), RecordLines.of([b'x"\n"1","2"']))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_rows, "_SMALL", 0)
        with pytest.raises(ValueError, match="record"):
            FORMATS[name].write(page)
