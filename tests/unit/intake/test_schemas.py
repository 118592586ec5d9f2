"""Type names and column names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.domain.errors import BadSchema
from app.domain.schemas import RESERVED, Column, Schema, parse_type, safe_names


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("STRING", "varchar"), (" integer ", "int"), ("decimal", "decimal(10,0)"), ("DECIMAL( 12 , 2 )", "decimal(12,2)"),
        ("varchar(20)", "varchar(20)"), ("char(3)", "char(3)"), ("real", "float"),
        ("array<struct<a:int,b:map<string,decimal(5,1)>>>", "array<struct<a:int,b:map<varchar,decimal(5,1)>>>"),
    ],
)  # fmt: skip
def test_types_have_one_spelling(text, canonical):
    assert str(parse_type(text)) == canonical
    assert parse_type(canonical) == parse_type(text)


@pytest.mark.parametrize(
    "text",
    ["", "text", "int)", "decimal(39,2)", "decimal(5,6)", "array<>", "array<int,int>", "map<int>", "struct<a>", "char",
     "int; drop", "array<" * 40 + "int" + ">" * 40, "char(0)", "decimal(" + "9" * 50 + ")"],
)  # fmt: skip
def test_other_types_are_refused(text):
    with pytest.raises(BadSchema):
        parse_type(text)
    with pytest.raises(ValidationError):
        Column(name="a", type=text)


@given(st.lists(st.text(max_size=200), max_size=40))
def test_names_are_safe_unique_and_stable(originals):
    names = safe_names(originals)
    assert len(set(names)) == len(originals)
    for name in names:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,127}", name)
        assert name not in RESERVED
    assert safe_names(names) == names


def test_names_one_by_one():
    assert safe_names(["First Name", "Año", "1st", "select", "", "日本", "_file", "a", "A", "a_2"]) == (
        "first_name", "ano", "c_1st", "select_col", "column_5", "column_6", "file", "a", "a_3", "a_2",
    )  # fmt: skip
    long = safe_names(["X" * 300, "x" * 301])
    assert [len(name) for name in long] == [128, 128]
    assert len(set(safe_names(["C"] * 450))) == 450


def test_columns_differ_and_travel_as_json():
    schema = Schema(columns=(Column(name="a", type="string"), Column(name="b", type="decimal(5,2)")))
    assert Schema.model_validate_json(schema.model_dump_json()) == schema
    with pytest.raises(ValidationError, match="two columns are called a"):
        Schema(columns=(Column(name="a", type="int"), Column(name="a", type="int")))
    with pytest.raises(ValidationError):
        Column(name="_file", type="int")
