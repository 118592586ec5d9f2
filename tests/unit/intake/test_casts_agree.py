"""What the door accepts is what the casts accept, on DuckDB reading Trino's SQL."""

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
import sqlalchemy as sa
import sqlglot
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyathena.sqlalchemy.base import AthenaDialect

from app.domain.schemas import Column
from app.domain.shapes import DATE_FORMATS, TIMESTAMP_FORMATS, date_pattern, pattern_of, shape_of
from app.intake.conform import is_null, is_value
from app.sql.casts import typed
from app.sql.compile import compiled

DIALECT = AthenaDialect(paramstyle="named")
KINDS = [
    ("tinyint", None), ("smallint", None), ("int", None), ("bigint", None), ("double", None), ("float", None),
    ("double", "double:special"), ("decimal(8,2)", None), ("decimal(3,3)", None), ("decimal(5,0)", None),
    ("decimal(12,2)", "money"), ("boolean", None), ("timestamp", "timestamp:iso"), ("timestamp", "timestamp:zoned"),
    *[("date", f"date:{fmt}") for fmt in DATE_FORMATS],
    *[("timestamp", f"timestamp:{fmt}") for fmt in TIMESTAMP_FORMATS[::5]],
]  # fmt: skip


@pytest.fixture(scope="module")
def duck():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def cast_all(duck, column, texts, *, is_strict):
    expression = typed(column, sa.column("x"), is_strict=is_strict)
    sql = compiled(sa.select(expression.label("v")).select_from(sa.text("raw ORDER BY i")), DIALECT)
    duck.execute(
        "CREATE OR REPLACE TEMP TABLE raw AS SELECT unnest(?::INTEGER[]) i, unnest(?::VARCHAR[]) x",
        [list(range(len(texts))), texts],
    )
    return [row[0] for row in duck.execute(sqlglot.transpile(sql, read="athena", write="duckdb")[0]).fetchall()]


def texts_of(column):
    pattern = pattern_of(shape_of(column), column.type)
    near = st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=127))
    if "€" in pattern:
        near = st.from_regex(pattern, fullmatch=True)
    padded = near.map(lambda text: f" {text}  ")
    broken = st.builds(lambda text, at, c: text[: at % (len(text) + 1)] + c + text[at % (len(text) + 1) :],
                       near, st.integers(0, 30), st.sampled_from("0123456789-+.,:/ eTZxPM$()_"))  # fmt: skip
    noise = st.text("0123456789-+.,:/ eTZaPM$", max_size=12)
    return st.lists(near | padded | broken | noise, min_size=10, max_size=20)


@pytest.mark.parametrize(("kind", "parse"), KINDS, ids=str)
def test_a_text_has_a_strict_value_exactly_when_the_door_accepts_it(duck, kind, parse):
    column = Column(name="x", type=kind, parse=parse)

    @settings(
        max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate]
    )
    @given(texts_of(column))
    def check(texts):
        values = cast_all(duck, column, texts, is_strict=True)
        for text, value in zip(texts, values, strict=True):
            is_accepted = not is_null(column, text) and is_value(column, text)
            assert (value is not None) == is_accepted, (text, value)

    check()


@pytest.mark.parametrize(("kind", "parse"), KINDS, ids=str)
def test_the_fast_cast_gives_the_strict_value_of_every_accepted_text(duck, kind, parse):
    column = Column(name="x", type=kind, parse=parse)

    @settings(
        max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate]
    )
    @given(texts_of(column))
    def check(texts):
        accepted = [t for t in texts if not is_null(column, t) and is_value(column, t)]
        if accepted:
            strict = cast_all(duck, column, accepted, is_strict=True)
            assert cast_all(duck, column, accepted, is_strict=False) == strict

    check()


@pytest.mark.parametrize(
    ("kind", "parse", "text", "value"),
    [
        ("int", None, " +12 ", 12),
        ("decimal(12,2)", "money", "($1,234.50)", Decimal("-1234.50")),
        ("decimal(12,2)", "money", "$ -5", Decimal("-5.00")),
        ("decimal(12,2)", "money", "-€1,000", Decimal("-1000.00")),
        ("boolean", None, "YES", True),
        ("boolean", None, "0", False),
        ("date", "date:%d/%m/%Y", "3/2/2020", dt.date(2020, 2, 3)),
        ("date", "date:%d-%b-%Y", "29-feb-2020", dt.date(2020, 2, 29)),
        ("timestamp", None, "2020-01-02T03:04:05.25", dt.datetime(2020, 1, 2, 3, 4, 5, 250_000)),
        ("timestamp", None, "2020-01-02", dt.datetime(2020, 1, 2)),
        ("timestamp", "timestamp:zoned", "2020-01-02T03:04:05+02:00", dt.datetime(2020, 1, 2, 1, 4, 5)),
        ("timestamp", "timestamp:zoned", "2020-01-02 03:04:05 UTC", dt.datetime(2020, 1, 2, 3, 4, 5)),
        ("timestamp", "timestamp:%m/%d/%Y %h:%i %p", "1/2/2020 12:05 am", dt.datetime(2020, 1, 2, 0, 5)),
        ("double", "double:special", "-inf", float("-inf")),
    ],
)
def test_values(duck, kind, parse, text, value):
    column = Column(name="x", type=kind, parse=parse)
    assert is_value(column, text)
    assert cast_all(duck, column, [text], is_strict=False) == [value]
    assert cast_all(duck, column, [text], is_strict=True) == [value]


def test_null_tokens_are_null_and_text_keeps_its_spaces(duck):
    text = Column(name="x", type="varchar", null_tokens=("NA",))
    assert cast_all(duck, text, ["", "NA", " NA", "x"], is_strict=False) == [None, None, " NA", "x"]
    number = Column(name="x", type="int", null_tokens=("-999",))
    assert cast_all(duck, number, [" ", " -999", "-99"], is_strict=False) == [None, None, -99]


@settings(max_examples=300, deadline=None)
@given(st.integers(1000, 9999), st.integers(0, 13), st.integers(0, 32))
def test_the_date_pattern_knows_the_calendar(year, month, day):
    import re

    try:
        dt.date(year, month, day)
        exists = True
    except ValueError:
        exists = False
    assert bool(re.fullmatch(date_pattern("%Y-%m-%d"), f"{year}-{month:02}-{day:02}")) == exists
    assert bool(re.fullmatch(date_pattern("%d/%m/%Y"), f"{day}/{month}/{year}")) == exists
