"""`make demo` tells the truth: it ends with 0 only when every promise in it held."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_demo_tells_the_whole_main_job() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.demo"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for promise in (
        "every good file is committed",
        "the bad file is quarantined",
        "ragged_row at line 1204: expected 19 fields, found 15 fields",
        "bad_value at line 2013, column distance: expected int, found aaa aaaa",
        "flights.departures has 336,776 rows",
        "flights.flights has 336,776 rows",
        "the chart agrees with pandas, point by point",
        "304, nothing scanned",
    ):
        assert promise in done.stdout


def test_a_promise_that_does_not_hold_ends_the_demo() -> None:
    from local.demo import expect

    with pytest.raises(SystemExit, match="FAILED: two is one"):
        expect(False, "two is one")
