"""Text files read by a classifier: what comes out is what a plain regular expression says, in whatever pieces it came."""

import gzip
import re
import tracemalloc
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.classifiers import Classifier
from app.intake.models import Declared
from app.intake.normalise import normalised
from app.intake.verify import verify

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATTERN = "(?P<k>[a-zß]+) *= *(?P<v>[^;]*)(?:;(?P<rest>.*))?"


def classifier(**changes):
    made = {"pattern": PATTERN, "groups": ("k", "v", "rest"), "skip": "^#", "min_certainty": 0.01, **changes}
    times = {"created_at": NOW, "created_by": "t", "updated_at": NOW, "updated_by": "t"}
    return Classifier(tenant="main", name="pairs", **made, **times)


def read(data, size, **changes):
    declared = Declared(format="text", classifiers=(classifier(**changes),))
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    report = verify(pieces, declared)
    if not report.is_good:
        return report, []
    copy = gzip.decompress(b"".join(normalised(pieces, report, has_header_line=False)))
    return report, [tuple(orjson.loads(line).values()) for line in copy.splitlines()]


LINES = st.one_of(
    st.from_regex(re.compile(r"(?:[a-zß]{1,5} *= *[a-z0-9]{0,5}(?:;[a-z\\\"]{0,5})?)", re.ASCII), fullmatch=True),
    st.from_regex(re.compile(r"#[ -~]{0,10}"), fullmatch=True),
    st.from_regex(re.compile(r"[ -~äß€]{0,12}"), fullmatch=True),
)


@given(st.lists(LINES, max_size=40), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 40), st.booleans())
def test_rows_are_what_the_pattern_says_of_each_line(lines, end, size, is_ended):
    lines = ["a=1", *lines]
    data = (end.join(lines) + end * is_ended).encode()
    report, rows = read(data, size)
    assert report.is_good, report.problems
    counted = [line for line in lines if line.strip(" ") and not line.startswith("#")]
    matches = [re.fullmatch(PATTERN, line) for line in counted]
    assert rows == [match.groups("") for match in matches if match]
    assert report.rows == len(rows)
    missed = [at for at, line in enumerate(lines, 1) if line in counted and not re.fullmatch(PATTERN, line)]
    if missed:
        assert (report.left_out.line, report.left_out.count) == (missed[0], len(missed))
    else:
        assert report.left_out is None


@pytest.mark.parametrize(("good", "bad", "least", "is_good"), [
    (19, 1, 0.95, True), (18, 1, 0.95, False), (99, 1, 0.99, True), (2, 1, 2 / 3, True), (7, 3, 0.7, True), (9, 0, 1, True),
    (999_9, 1, 1, False),
])  # fmt: skip
def test_the_share_of_matching_lines_is_exact_at_its_limit(good, bad, least, is_good):
    report, rows = read(b"a=1\n" * good + b"?\n" * bad, 1 << 20, min_certainty=least)
    assert report.is_good is is_good
    assert len(rows) == (good if is_good else 0)


def test_a_line_without_an_end_is_refused_before_it_is_held_whole():
    tracemalloc.start()
    try:
        stream = (b"x" * (1 << 16) for _ in range(64 << 4))
        report = verify(stream, Declared(format="text", classifiers=(classifier(),)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [problem.code for problem in report.problems] == ["field_too_long"]
    assert report.bytes_in == 64 << 20
    assert peak < 16 << 20


def test_memory_does_not_grow_with_the_file():
    def peak(count):
        tracemalloc.start()
        try:
            lines = (b"k = " + b"x" * 5_000 + b"\n" for _ in range(count))
            report = verify(lines, Declared(format="text", classifiers=(classifier(),)))
            assert report.rows == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(12_000) < peak(2_000) * 2
