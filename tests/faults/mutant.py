"""A bug that somebody could plausibly write, and the tests that must find it. `old` stands once in the file."""

from typing import NamedTuple

EVENTS = (
    "tests/events/test_runs_by_events.py",
    "-k",
    "arrival_starts or chain or tried_again or could_not_be_told or while_a_run_works",
)
STATES = ("tests/unit/test_run_states.py",)
VERSIONS = ("tests/api/test_versions.py",)
"""Tests that more than one list of bugs names."""


class Mutant(NamedTuple):
    """One bug: `old` becomes `new` in `file`; `tests` are arguments of pytest, and budgets as NAME=value."""

    name: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]
