"""Lines taken apart by RE2, whose time grows with the length of a line times the size of the pattern and no more, so
that no pattern can hang. Both are bounded here: the worst line takes about a second, a usual one 25 microseconds.

RE2's syntax: https://github.com/google/re2/wiki/Syntax.
"""

import re
from typing import TYPE_CHECKING, Any, Final

from app.domain.classifiers import MAX_GROUPS, Classifier
from app.intake.models import IntakeError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LINE: Final = 65_536
_MAX_PROGRAM: Final = 1_000
_MAX_SHOWN: Final = 40
_UNNAMED: Final = re.compile(r"\((?!\?)")
_NAMED: Final = re.compile(r"\(\?P?<(\w+)>")
# What has no brackets of its own: a quoted piece, an escape, a class (a `]` that comes first is a member).
_OPAQUE: Final = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]", re.DOTALL)


class BadPattern(Exception):
    """A pattern that is not accepted. The text says where, from character 1, and why."""

    def __init__(self, why: str, place: int | None = None, shown: str = "") -> None:
        where = f"At character {place + 1}, `{shown[:_MAX_SHOWN]}`: " if place is not None else ""
        super().__init__(where + why)


def groups_of(pattern: str) -> tuple[str, ...]:
    """The named groups of a line's pattern in their order. BadPattern unless each group has a name of its own."""
    compiled = _compiled(pattern)
    order: dict[str, int] = compiled.groupindex
    if not compiled.groups:
        raise BadPattern("it has no named group; write (?P<name>...) around each value", 0, pattern)
    if len(order) != compiled.groups:
        raise _nameless(pattern)
    if compiled.groups > MAX_GROUPS:
        raise BadPattern(f"it has {compiled.groups} groups; {MAX_GROUPS} at most")
    return tuple(sorted(order, key=order.__getitem__))


def check_skip(pattern: str) -> None:
    """BadPattern unless it can be looked for."""
    _compiled(pattern)


class LinePattern:
    """What one classifier makes of a line."""

    def __init__(self, classifier: Classifier) -> None:
        self._line = _compiled(classifier.pattern)
        self._skip = _compiled(classifier.skip) if classifier.skip is not None else None

    def values(self, line: str) -> "Sequence[str] | None":
        """The text of each group, empty where it took no part; () for a line to be skipped, None if it does not match.
        Raises IntakeError `field_too_long`.
        """
        if len(line) > MAX_LINE:
            raise IntakeError(Problem("field_too_long", f"lines of up to {MAX_LINE:,} characters", "a longer one"))
        data = line.encode()
        if not line.strip(" \t\x1a") or (self._skip is not None and self._skip.search(data)):
            return ()
        match = self._line.fullmatch(data)
        return None if match is None else [value.decode() for value in match.groups(b"")]


def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    outside = _OPAQUE.sub(lambda found: found[0] if found[0] == r"\C" else " " * len(found[0]), pattern)
    if r"\C" in outside:
        raise BadPattern("half a character is no text; use . instead", outside.index(r"\C"), r"\C")
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise _refused(pattern, error.args[0]) from error
    except UnicodeEncodeError as error:
        raise BadPattern("it is not valid text") from error
    if compiled.programsize > _MAX_PROGRAM:
        size = f"{compiled.programsize:,} steps, {_MAX_PROGRAM:,} at most"
        raise BadPattern(f"it is too large ({size}); repeat less, or use smaller classes")
    return compiled


def _refused(pattern: str, said: bytes) -> BadPattern:
    """RE2 names the piece that it does not take; where that stands is looked up."""
    why, _, piece = said.decode("utf-8", "replace").partition(": ")
    place = pattern.find(piece) if piece else -1
    return BadPattern(f"RE2 says {why}", place, piece) if place >= 0 else BadPattern(f"RE2 says {why}")


def _nameless(pattern: str) -> BadPattern:
    outside = _OPAQUE.sub(lambda found: " " * len(found[0]), pattern)
    unnamed = _UNNAMED.search(outside)
    if unnamed is not None:
        place = unnamed.start()
        return BadPattern("a group without a name; write (?P<name>...) or (?:...)", place, pattern[place:])
    seen: set[str] = set()
    for found in _NAMED.finditer(outside):
        if found[1] in seen:
            return BadPattern("a second group of this name", found.start(), found[0])
        seen.add(found[1])
    return BadPattern("each group needs a name of its own")
