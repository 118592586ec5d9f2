"""Athena's result CSV, read exactly however it is cut into chunks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats.athena_csv import count, fields, records

VALUES = st.one_of(
    st.none(),
    st.sampled_from(["", '"', '""', ",", '","', "\n", "\r\n", ",,", 'a"b', "é😀"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=30)
)


def written(rows):
    """As Athena writes: values in quotes, quotes doubled, NULL an empty field."""
    lines = [",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) for row in rows]
    return "".join(line + "\n" for line in lines).encode()


def cut(data, sizes):
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


@settings(deadline=None)
@given(rows=TABLES, sizes=st.lists(st.integers(1, 40), max_size=40))
def test_what_was_written_is_read_whatever_the_chunks(rows, sizes):
    rest, found = b"", []
    data = written(rows)
    for chunk in cut(data, sizes):
        whole, used = records(rest + chunk, is_last=False)
        rest = (rest + chunk)[used:]
        found += whole
    whole, _ = records(rest, is_last=True)
    assert [fields(record) for record in [*found, *whole]] == rows


@settings(deadline=None)
@given(rows=TABLES, sizes=st.lists(st.integers(1, 40), max_size=40), up_to=st.integers(1, 40))
def test_rows_are_counted_and_the_end_of_those_that_count_is_found(rows, sizes, up_to):
    header = b'"a ""name""\nof two lines"\n'
    data = header + written(rows)
    found, start, end = count(cut(data, sizes), up_to=up_to)
    assert (found, start) == (len(rows), len(header))
    assert data[start:end] == written(rows[:up_to])


def test_a_last_record_without_a_line_break_counts():
    assert count([b'"h"\n"1"\n"2"'], up_to=10) == (2, 4, 11)
    assert count([b'"h"'], up_to=10) == (0, 3, 3)
    assert count([], up_to=10) == (0, 0, 0)
