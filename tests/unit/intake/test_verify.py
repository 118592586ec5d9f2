"""Inference and conformance: what the report says."""

import hashlib
import zlib

import pytest

from app.domain.schemas import Column, Schema
from app.intake.conform import accepts
from app.intake.models import Declared
from app.intake.verify import verify


def inferred(*values, header=b"x,k"):
    rows = b"".join(f'"{value}",k\n'.encode() for value in values)
    return verify([header + b"\n" + rows], Declared(header=True)).columns[0]


@pytest.mark.parametrize(
    ("values", "kind", "parse"),
    [
        (("1", "-2", ""), "int", "int"),
        (("1", "2147483648"), "bigint", "int"),
        (("1", "-2147483648"), "int", "int"),
        (("1234567890123456789",), "varchar", None),
        (("01234", "99999"), "varchar", None),
        (("0", "10"), "int", "int"),
        (("1", "2.5", "NA"), "double", "double"),
        (("1.5e3", "2"), "double", "double"),
        (("1.5", "inf"), "double", "double:special"),
        (("1.50", "2.25"), "decimal(18,2)", "decimal"),
        (("1.55", "2.25"), "double", "double"),
        (("1.50", "2"), "double", "double"),
        (("$1,234.5", "7"), "decimal(18,2)", "money"),
        (("(12.50)", "$ 3"), "decimal(18,2)", "money"),
        (("true", "FALSE"), "boolean", "boolean"),
        (("y", "N", "?"), "boolean", "boolean"),
        (("N", "N"), "varchar", None),
        (("N", "S"), "varchar", None),
        (("0", "1"), "int", "int"),
        (("2020-02-29", ""), "date", "date:%Y-%m-%d"),
        (("2019-02-29",), "varchar", None),
        (("1/13/2020", "2/3/2020"), "date", "date:%m/%d/%Y"),
        (("13/1/2020", "2/3/2020"), "date", "date:%d/%m/%Y"),
        (("13/1/2020", "1/13/2020"), "varchar", None),
        (("31.12.2020",), "date", "date:%d.%m.%Y"),
        (("2020/12/31",), "date", "date:%Y/%m/%d"),
        (("01-Jan-2020", "2-FEB-2021"), "date", "date:%d-%b-%Y"),
        (("2020-01-01", "2020-01-01T10:00:00.123"), "timestamp", "timestamp:iso"),
        (("2020-01-01T10:00:00Z", "2020-01-01 10:00:00+0200"), "timestamp", "timestamp:zoned"),
        (("1/31/2020 1:05 PM",), "timestamp", "timestamp:%m/%d/%Y %h:%i %p"),
        (("31/1/2020 13:05:59",), "timestamp", "timestamp:%d/%m/%Y %H:%i:%s"),
        (("NA", "-", ""), "varchar", None),
        (("1", "abc"), "varchar", None),
        (("1", "Infinity War"), "varchar", None),
    ],
)
def test_types_are_inferred_from_all_values(values, kind, parse):
    column = inferred(*values)
    assert (str(column.type), column.parse) == (kind, parse), column.evidence
    if kind != "varchar":
        assert all(accepts(column, value) for value in values)


def test_certainty_and_evidence_say_how_sure():
    assert inferred("1/2/2020", "3/4/2020").certainty == 0.5
    assert "cannot be told" in inferred("1/2/2020", "3/4/2020").evidence
    nothing = inferred("", "", "")
    assert (nothing.certainty, nothing.evidence) == (0.0, "no value in 3 rows")
    numbers = inferred(*map(str, range(500)), "", "NA")
    assert numbers.evidence == "500 of 500 values are integers; 2 null"
    assert numbers.null_tokens == ("NA",)
    assert numbers.certainty > 0.98
    mixed = inferred(*map(str, range(9)), "Smith")
    assert "line 11" in mixed.evidence
    assert "Smith" not in mixed.evidence


def test_one_late_value_turns_a_long_column_into_text():
    rows = b"".join(b"%d,%d.5\n" % (i, i) for i in range(200_000))
    report = verify([b"a,b\n", rows, b"late,1\n"])
    assert [str(c.type) for c in report.columns] == ["varchar", "double"]
    assert report.rows == 200_001
    assert "line 200,002" in report.columns[0].evidence


SCHEMA = Schema(
    columns=(
        Column(name="id", type="int", is_nullable=False),
        Column(name="born", type="date", parse="date:%d/%m/%Y", original_name="Date of Birth"),
        Column(name="paid", type="decimal(6,2)", null_tokens=("NA",)),
    ),
)


def problems(text, **declared):
    report = verify([text.encode()], Declared(schema=SCHEMA, **declared))
    return [(p.code, p.line, p.column, p.count) for p in report.problems]


def test_a_good_file_conforms_in_any_column_order():
    text = "id,Date of Birth,paid\n1,31/1/2020,2.50\n2,,NA\n3, 1/2/2020 ,7\n"
    assert problems(text) == []
    other = verify([b"PAID,id,born\n2.5,1,31/1/2020\n"], Declared(schema=SCHEMA))
    assert other.is_good
    assert (other.needs_normalising, other.field_names) == (("reordered",), ("paid", "id", "born"))


def test_each_mistake_has_file_line_column_expected_and_found():
    text = "id,born,paid\n1,31/2/2020,2.505\nx,,1\n,1/1/2020,99999\n2,1/1/2020,-\n"
    report = verify([text.encode()], Declared(schema=SCHEMA))
    found = {(p.code, p.column): (p.line, p.expected, p.found, p.count) for p in report.problems}
    assert found == {
        ("bad_value", "born"): (2, "date written %d/%m/%Y", "99/9/9999", 1),
        ("bad_value", "paid"): (2, "decimal(6,2)", "9.999", 3),
        ("bad_value", "id"): (3, "int", "a", 1),
        ("not_nullable", "id"): (4, "a value", "null", 1),
    }
    assert report.problem_count == 6


def test_headers_are_compared_with_the_agreement():
    assert problems("id,paid\n1,2\n") == [("missing_column", 1, "born", 1)]
    assert problems("id,born,paid,extra\n1,,2,3\n") == [("unexpected_column", 1, "extra", 1)]
    assert problems("id,born,paid,id\n1,,2,3\n") == [("duplicate_header", 1, "id", 1)]
    assert ("wrong_header", 1, None, 1) in problems("Jane,12 Main St,5\nJoe,1 Elm,6\n", header=True)
    assert problems("1,31/1/2020,2\n2,,3\n") == []
    assert problems("1,31/1/2020\n2,\n", header=False) == [("missing_column", 1, "paid", 1)]
    assert problems("id;born;paid\n1;;2\n", delimiter=",")[0][0] == "wrong_delimiter"


def test_a_declared_null_is_null_and_checksums_are_checked():
    data = b"id,born,paid\n1,nil,nil\n"
    assert not verify([data], Declared(schema=SCHEMA)).is_good
    right = Declared(schema=SCHEMA, null_value="nil", sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    report = verify([data], right)
    assert report.is_good
    assert (report.sha256, report.crc32) == (right.sha256, f"{zlib.crc32(data):08x}")
    wrong = verify([data], Declared(sha256="00" * 32, size=1))
    assert [p.code for p in wrong.problems] == ["wrong_size", "wrong_checksum"]


def test_reports_never_repeat_values():
    text = 'id,born,paid\nJohn Smith,"555-1234",secret\n"unclosed'
    assert not {"John", "555", "secret", "unclosed"} & set(
        str(verify([text.encode()], Declared(schema=SCHEMA))).split()
    )
    report = verify([text.encode()], Declared(schema=SCHEMA))
    for word in ("John", "Smith", "555", "secret"):
        assert word not in str(report.problems)


def test_problems_are_capped_and_counted():
    schema = Schema(columns=tuple(Column(name=f"c{i}", type="int") for i in range(50)))
    text = ",".join(schema.names) + "\n" + ("x," * 50)[:-1] + "\n"
    report = verify([text.encode()], Declared(schema=schema))
    assert (len(report.problems), report.problem_count) == (20, 50)


def test_digits_beyond_a_bigint_are_codes_unless_fractions_say_they_are_measurements():
    found = verify([b"code,size\n12345678901234567890,12345678901234567890\n1,0.5\n"]).columns
    assert [str(column.type) for column in found] == ["varchar", "double"]
    assert "digits beyond 18" in found[0].evidence
