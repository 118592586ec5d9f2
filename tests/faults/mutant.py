"""A bug that somebody could plausibly write, and the tests that must find it. `old` stands once in the file."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One bug: `old` becomes `new` in `file`; `tests` are arguments of pytest, and budgets as NAME=value."""

    name: str
    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]
