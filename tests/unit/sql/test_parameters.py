import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sql_lake import DIALECT

from app.domain.errors import BadSql
from app.sql.guard import guard
from app.sql.parameters import Parameter


def bound(sql="SELECT :p AS p", **parameters):
    return guard(sql, resolve=lambda _: None, dialect=DIALECT, parameters=parameters).sql


@pytest.mark.parametrize(
    ("kind", "value", "literal"),
    [
        ("int", 5, "5"),
        ("int", -5, "(-5)"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("bigint", -9223372036854775808, "CAST('-9223372036854775808' AS BIGINT)"),
        ("boolean", True, "TRUE"),
        ("boolean", "true", "TRUE"),
        ("boolean", "false", "FALSE"),
        ("double", 1e300, "CAST('1e+300' AS DOUBLE)"),
        ("decimal(5,2)", "1.50", "CAST('1.50' AS DECIMAL(5, 2))"),
        ("decimal(5,2)", 1.5, "CAST('1.5' AS DECIMAL(5, 2))"),
        ("varchar", "it's", "'it''s'"),
        ("char(3)", "abc", "CAST('abc' AS CHAR(3))"),
        ("date", "2013-01-01", "CAST('2013-01-01' AS DATE)"),
        ("timestamp", "2013-01-01T10:00", "CAST('2013-01-01 10:00:00.000' AS TIMESTAMP(3))"),
        ("timestamp", "2013-01-01 10:00:00.123456", "CAST('2013-01-01 10:00:00.123456' AS TIMESTAMP(6))"),
        ("int", None, "CAST(NULL AS INTEGER)"),
    ],
)
def test_a_value_becomes_a_typed_literal(kind, value, literal):
    assert bound(p=Parameter(kind, value)) == f"SELECT {literal} AS p"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", 2147483648), ("int", "5; DROP"), ("int", 1.5), ("int", True), ("tinyint", 128), ("bigint", "9" * 25),
        ("double", float("nan")), ("double", "1e999"), ("double", "x"), ("double", 10**400), ("boolean", "yes"),
        ("boolean", 1), ("decimal(5,2)", "1.555"), ("decimal(5,2)", "1234.5"), ("decimal(5,2)", "1e2"),
        ("decimal(5,2)", float("inf")), ("date", "2013-02-30"), ("date", "2013-1-1"), ("date", "' OR 1=1"),
        ("timestamp", "2013-01-01T25:00:00"), ("timestamp", "x"), ("varchar", 5), ("varchar", "\x00"),
        ("varchar", "\ud800"), ("char(3)", "abcd"), ("array<int>", "x"), ("evil", "x"), ("date", 20130101),
    ],
)  # fmt: skip
def test_a_value_that_is_none_of_its_type_is_refused_without_being_repeated(kind, value):
    with pytest.raises(BadSql) as refusal:
        bound(p=Parameter(kind, value))
    assert ":p" in refusal.value.detail
    assert "DROP" not in refusal.value.detail


def test_missing_and_spare_parameters_are_named():
    with pytest.raises(BadSql, match=":p has no value"):
        bound()
    with pytest.raises(BadSql, match="not in the SQL: q"):
        bound(p=Parameter("int", 1), q=Parameter("int", 1))


def test_a_colon_in_text_is_no_parameter():
    assert bound("SELECT ':p', '12:30' AS t") == "SELECT ':p', '12:30' AS t"


def test_a_limit_can_be_a_parameter():
    assert bound("SELECT 1 LIMIT :p", p=Parameter("int", 7)) == "SELECT 1 LIMIT 7"


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
def test_any_text_arrives_as_it_was_sent(text):
    sql = sqlglot.transpile(bound(p=Parameter("varchar", text)), read="trino", write="duckdb")[0]
    assert duckdb.sql(sql).fetchall() == [(text,)]
