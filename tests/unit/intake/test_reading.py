"""Sniffing, decompression, decoding and records: what comes out is what was written."""

import csv
import gzip
import io
import itertools

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from app.intake.models import Declared, Limits
from app.intake.normalise import normalised
from app.intake.verify import verify

TABLE = [["id", "name", "note"], ["1", "Ana", "x"], ["2", "Béa", "y, z"], ["3", "Çem", 'says "hi"']]


def written(rows, delimiter=",", end="\n", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


def pieces(data, size=7):
    return [data[at : at + size] for at in range(0, len(data), size)]


def read_back(data, report, size=1000):
    import orjson

    packed = b"".join(normalised(pieces(data, size), report, has_header_line=True))
    lines = gzip.decompress(packed).splitlines()
    assert list(orjson.loads(lines[0])) == list(report.field_names)
    return [list(orjson.loads(line).values()) for line in lines[1:]]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_dialect_is_told_and_read(delimiter, end, encoding):
    data = written(TABLE, delimiter, end).encode(encoding)
    report = verify(pieces(data))
    assert report.is_good, report.problems
    assert (report.dialect.delimiter, report.dialect.line_end, report.rows) == (delimiter, end, 3)
    assert report.dialect.header == ("id", "name", "note")
    assert read_back(data, report) == TABLE[1:]
    needs = set(report.needs_normalising)
    assert ("encoding" in needs) == (encoding not in {"utf-8", "utf-8-sig"})
    assert ("line_end" in needs) == (end == "\r")
    assert ("bom" in needs) == (encoding in {"utf-8-sig", "utf-16"})


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.text('ab"\n\r,\\ 1é', max_size=6), min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 40),
)
def test_any_values_survive_quoting_pieces_and_normalising(rows, end, size):
    header = [["first name", "b", "c"]]
    data = written(header + rows, end=end, quoting=csv.QUOTE_ALL).encode()
    declared = Declared(header=True, delimiter=",", encoding="utf-8")
    report = verify(pieces(data, size), declared)
    assert report.is_good, report.problems
    assert report.rows == len(rows)
    assert read_back(data, report, size) == rows
    has_break = any("\n" in v or "\r" in v for row in rows for v in row)
    assert ("line_break_in_value" in report.needs_normalising) == has_break
    assert ("backslash" in report.needs_normalising) == any("\\" in v for row in rows for v in row)


def test_late_latin_is_recognised_and_late_damage_has_its_line():
    ascii_part = b"a,b\n" + b"1,x\n" * 100_000
    latin = verify(pieces(ascii_part + "2,é\n".encode("latin-1"), 65_536))
    assert latin.is_good
    assert latin.dialect.encoding == "cp1252"
    damaged = verify(pieces("a,b\n1,é\n".encode() + b"1,x\n" * 100_000 + b"2,\xff\n", 65_536))
    assert [(p.code, p.line) for p in damaged.problems] == [("bad_encoding", 100_003)]


def test_compression_is_told_by_its_magic_and_damage_is_named():
    data = written(TABLE[:1] + TABLE[1:] * 66).encode()
    packed = gzip.compress(data)
    assert verify(pieces(packed)).rows == 198
    assert verify(pieces(packed + gzip.compress(b"9,Z,z\n"))).rows == 199
    assert verify([packed]).dialect.compression == "gzip"
    assert verify(pieces(zstandard.compress(data))).rows == 198
    cases = {
        packed[:-9]: "truncated",
        zstandard.compress(data)[:-5]: "truncated",
        packed + b"garbage": "trailing_garbage",
        b"PK\x03\x04....": "unsupported_compression",
        b"": "empty_file",
        b"\n\n": "empty_file",
        gzip.compress(b""): "empty_file",
        bytes(range(1, 9)) * 99: "not_text",
    }
    for content, code in cases.items():
        assert code in [p.code for p in verify(pieces(content)).problems], code
    assert verify([data], Declared(compression="gzip")).problems[0].code == "wrong_compression"


def test_bombs_stop_early():
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 8_000_000, 9)
    report = verify(pieces(bomb, 4096), limits=Limits(ratio_floor_bytes=1 << 20))
    assert [p.code for p in report.problems] == ["bomb"]
    assert report.bytes_out < 8 << 20
    capped = verify([zstandard.compress(b"a,b\n" * 900_000)], limits=Limits(max_out_bytes=1 << 20))
    assert [p.code for p in capped.problems] == ["bomb"]


def test_ragged_rows_open_quotes_and_long_fields_have_lines():
    ragged = verify([b'a,b\n1,"x\ny"\n1,2\n3\n4,5,6\n'])
    assert [(p.code, p.line, p.found, p.count) for p in ragged.problems] == [("ragged_row", 5, "1 fields", 2)]
    opened = verify([b'a,b\n1,2\n3,"x\n4,5\n'])
    assert ("unclosed_quote", 3) in [(p.code, p.line) for p in opened.problems]
    long = verify(pieces(b"a,b\n1,2\n3," + b"x" * 3_000_000 + b"\n", 65_536))
    assert [(p.code, p.line) for p in long.problems] == [("field_too_long", 3)]


def test_quotes_amid_text_are_text_and_need_a_copy():
    data = b'size,name\n5" pipe,x\n6,a "b" c\n'
    report = verify([data])
    assert report.is_good
    assert "quoting" in report.needs_normalising
    assert read_back(data, report) == [['5" pipe', "x"], ["6", 'a "b" c']]


def test_backslash_escaped_quotes_are_read():
    data = b'a,b\n1,"say \\"hi\\", you"\n2,"x"\n'
    report = verify([data])
    assert report.dialect.escape == "backslash"
    assert read_back(data, report) == [["1", 'say "hi", you'], ["2", "x"]]


@pytest.mark.parametrize(
    ("text", "has_header", "width"),
    [
        ("a,b\n1,2\n", True, 2),
        ("1,2\n3,4\n", False, 2),
        ("country,2019,2020\nAT,5.5,6\nDE,7,8\n", True, 3),
        (",0,1,2\nx,5,9,1\ny,1,1,1\n", True, 4),
        ("name,city\nAna,Graz\nBob,Wien\n", True, 2),
        ("Ana,Graz\nBob,Graz\nAna,Wien\nBob,Linz\n", False, 2),
        ("a,b\n", True, 2),
        ("x\n1\n\n2\n", True, 1),
        ("a b c\n", True, 1),
        ("a,b\nr1,1,2\nr2,3,4\n", True, 3),
        ("# made by us\ntitle\na,b,c\n1,2,3\n4,5,6\n", True, 3),
    ],
)
def test_headers_are_told_from_rows(text, has_header, width):
    report = verify([text.encode()])
    assert report.is_good, report.problems
    assert (report.dialect.has_header, len(report.columns)) == (has_header, width)
    declared = verify([text.encode()], Declared(header=not has_header))
    assert declared.dialect.has_header is not has_header


def test_only_the_head_of_a_large_file_is_read():
    def endless():
        yield b"a,b\n"
        for _ in itertools.repeat(None):
            yield b"1,x\n" * 10_000

    report = verify(endless(), Declared(size=10**10), Limits(head_bytes=1 << 20))
    assert report.is_good
    assert (report.is_complete, report.rows, report.sha256) == (False, None, None)
    assert [str(c.type) for c in report.columns] == ["int", "varchar"]
    assert report.bytes_in == 1 << 20


def test_json_lines_and_arrays():
    lines = b'{"a": 1, "b": "x"}\n{"a": 2.5, "c": {"d": [1]}}\n{"b": null, "a": 3}'
    report = verify(pieces(lines))
    assert [(c.name, str(c.type)) for c in report.columns] == [("a", "double"), ("b", "varchar"), ("c", "varchar")]
    assert (report.rows, report.needs_normalising) == (3, ())
    array = b'[\n {"a": 1, "b": "x"},\n {"a": 2.5, "c": {"d": [1]}} ,{"b": null, "a": 3}]'
    report = verify(pieces(array))
    assert (report.rows, report.needs_normalising) == (3, ("json_layout",))
    assert read_back(array, report) == [["1", "x", ""], ["2.5", "", '{"d":[1]}'], ["3", "", ""]]
    bad = verify([b'{"a": 1}\n{"a": secret}\n{"a": NaN}\n'])
    assert [(p.code, p.line, p.count) for p in bad.problems] == [("bad_json", 2, 2)]
    assert "secret" not in str(bad.problems)
    keys = verify([b'{"First Name": 1}\n'])
    assert keys.needs_normalising == ("json_keys",)
    assert [(c.name, c.original_name) for c in keys.columns] == [("first_name", "First Name")]
