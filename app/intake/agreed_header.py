"""A file's header against the one that was agreed on: to the letter, before any schema is known."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.domain.schemas import safe_names
from app.intake.masking import masked
from app.intake.models import Code, Declared, IntakeError, Limits, Problem
from app.intake.opening import open_text

_MAX_SHOWN: Final = 64
_NAMES_SHOWN: Final = 8


def check_header(
    found: Sequence[str], agreed: Sequence[str], report: Callable[[Problem], None], line: int, *, is_exact: bool
) -> bool:
    """Whether the header is the agreed one; reports each column that is missing, extra, renamed or, if `is_exact`,
    elsewhere. A header with no name in common is probably a row, and is shown masked.
    """
    if not set(map(_plain, found)) & set(map(_plain, agreed)):
        expected = ", ".join(agreed[:_NAMES_SHOWN])
        report(Problem("wrong_header", expected, ", ".join(masked(cell) for cell in found[:_NAMES_SHOWN]), line))
        return False
    missing, extra = _rest(agreed, found), _rest(found, agreed)
    problems = [
        *_renamed(missing, extra, agreed, found),
        *(
            Problem("missing_column", name[:_MAX_SHOWN], "no such column in the header", column=name)
            for name in missing
        ),
        *(_extra(name, agreed) for name in extra),
    ]
    if is_exact and not problems:
        problems += _moved(agreed, found)
    for problem in problems:
        report(replace(problem, line=line, column=(problem.column or "")[:_MAX_SHOWN] or None))
    return not problems


def header_of(stream: Iterable[bytes], declared: Declared, limits: Limits) -> tuple[str, ...]:
    """The header of a sample, whose first line is one. Raises IntakeError where none can be read."""
    opened = open_text(stream, replace(declared, header=True, classifiers=()), limits)
    dialect = opened.sniffed.dialect
    if dialect.format != "csv":
        raise IntakeError(Problem("wrong_format", "csv with a header", dialect.format))
    return dialect.header


def _plain(name: str) -> str:
    """A name as its safe column would be called: `Dep Delay` and `dep_delay` are the same column, renamed."""
    return safe_names([name])[0]


def _rest(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Those of the names that are not among the others, each as often as it is there too often; in order."""
    left = Counter(others)
    rest = []
    for name in names:
        if left[name]:
            left[name] -= 1
        else:
            rest.append(name)
    return rest


def _renamed(missing: list[str], extra: list[str], agreed: Sequence[str], found: Sequence[str]) -> Iterator[Problem]:
    """Pairs of a missing and an extra name that are one column: spelled otherwise, or in the same place. Takes them
    out of the lists.
    """
    for name in tuple(missing):
        at = agreed.index(name)
        here = found[at] if at < len(found) else None
        alike = [one for one in extra if _plain(one) == _plain(name)]
        match = alike[0] if alike else here if here in extra else None
        if match is not None:
            missing.remove(name)
            extra.remove(match)
            yield Problem("renamed_column", name[:_MAX_SHOWN], match[:_MAX_SHOWN] or "an empty name", column=name)


def _extra(name: str, agreed: Sequence[str]) -> Problem:
    code: Code = "duplicate_header" if name in agreed else "unexpected_column"
    return Problem(code, "only agreed columns, each once", name[:_MAX_SHOWN] or "an empty name", column=name)


def _moved(agreed: Sequence[str], found: Sequence[str]) -> Iterator[Problem]:
    for at, (name, other) in enumerate(zip(agreed, found, strict=True), start=1):
        if name != other:
            place = f"column {found.index(name) + 1}"
            yield Problem("reordered_column", f"column {at}", place, column=name)
