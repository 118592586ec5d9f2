"""Records that are guessed to be lines: whoever reads them sees when they are not."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.queries import ResultColumn
from app.formats import json_rows, record_lines
from app.formats.athena_csv import records
from app.formats.record_lines import Misread, RecordLines
from app.formats.results import FORMATS, Page
from tests.unit.formats.test_athena_csv import TABLES, written

PLAIN = TABLES.map(lambda rows: [[None if v is None else v.replace("\n", "") for v in row] for row in rows])


def page(lines, width, **how):
    return Page(tuple(ResultColumn(name=f"c{n}", type="varchar") for n in range(width)), lines, **how)


def taken(text, number=1000, room=100_000, *, is_exact=False):
    """As a page is taken. None: the guess is seen to be wrong already."""
    try:
        lines, _ = RecordLines.at_start_of(text, is_last=False, is_exact=is_exact)
        return lines.first(number).within(room, 1)
    except Misread:
        return None


def told_apart_and_guessed(found):
    """The same records both ways, unless a value has a line break."""
    lines = RecordLines.of(found)
    is_plain = not any(b"\n" in record for record in found)
    return [lines, RecordLines.guessed(lines.text)] if is_plain else [lines]


def outcome(name, lines, width, **how):
    """What is written (of Arrow what is read of it, since its batches may differ), or why not."""
    try:
        found = FORMATS[name].write(page(lines, width, **how))
        return pa.ipc.open_stream(found).read_all() if name == "arrow" else found
    except (Misread, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("small", [0, 65_536])
@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=50, deadline=None)
@given(
    rows=TABLES,
    cut=st.integers(0, 400),
    number=st.integers(0, 30) | st.just(1000),
    room=st.integers(0, 300) | st.just(100_000),
    is_neutral=st.booleans(),
)
@example(rows=[["1", "a\nb"]], cut=7, number=1000, room=100_000, is_neutral=False)
@example(rows=[["1", "a\nb"]], cut=0, number=1, room=100_000, is_neutral=False)
@example(rows=[["1", "a\nb"]], cut=0, number=1000, room=9, is_neutral=False)
def test_a_wrong_guess_never_gets_out(name, small, rows, cut, number, room, is_neutral):
    """Whatever the text is and wherever a chunk of it or a page ends."""
    text, width = written(rows)[: cut or None], len(rows[0]) if rows else 1
    exact = taken(text, number, room, is_exact=True)
    lines = taken(text, number, room)
    if lines is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_rows, "_SMALL", small)
        patch.setattr(record_lines, "_PART", 30)
        found = outcome(name, lines, width, is_neutral=is_neutral)
        if found is not Misread:
            assert lines == exact
            assert found == outcome(name, exact, width, is_neutral=is_neutral)


@settings(deadline=None)
@given(rows=PLAIN)
def test_lines_without_breaks_in_values_are_never_taken_for_misread(rows):
    lines = taken(written(rows))
    assert lines == RecordLines.of(records(written(rows), is_last=True)[0])
    for name in FORMATS:
        assert not isinstance(outcome(name, lines, len(rows[0]) if rows else 1), type)


@settings(max_examples=100, deadline=None)
@given(rows=st.one_of(TABLES, PLAIN), room=st.integers(-5, 600), overhead=st.integers(0, 40))
def test_as_many_fit_as_one_by_one(rows, room, overhead):
    found, _ = records(written(rows), is_last=True)
    fitting = [n for n in range(len(found) + 1) if not n or sum(map(len, found[:n])) + n * (1 + overhead) <= room]
    for lines in told_apart_and_guessed(found):
        assert lines.within(room, overhead) == RecordLines.of(found[: max(fitting)])


@settings(max_examples=60, deadline=None)
@given(rows=st.one_of(TABLES, PLAIN), number=st.integers(0, 40), part=st.sampled_from([1, 7, 60, 2**20]))
def test_the_first_and_the_parts_are_what_they_were(rows, number, part):
    found, _ = records(written(rows), is_last=True)
    for lines in told_apart_and_guessed(found):
        assert lines.first(number) == RecordLines.of(found[:number])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(record_lines, "_PART", part)
            parts = list(lines.parts())
        assert [record for one in parts for record in one.records] == found
        assert (sum(one.count for one in parts), b"".join(one.text for one in parts)) == (lines.count, lines.text)
