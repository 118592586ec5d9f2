"""Formats of dates and times as tokens: MySQL's (date_format, date_parse) and Joda's (format_datetime, parse_datetime).

Sources: https://trino.io/docs/current/functions/datetime.html#mysql-date-functions, Trino's DateTimeFunctions,
Joda-Time's DateTimeFormat and DateTimeFormatterBuilder.
"""

import datetime as dt
import functools
from dataclasses import dataclass

LITERAL = "literal"
ZONES = frozenset({"offset", "offset_colon", "zone_id", "zone_short", "zone_long"})


@dataclass(frozen=True)
class Token:
    """A field with the digits printed at least and read at most, or literal text. `pivot`: of two-digit years."""

    field: str
    least: int = 1
    most: int = 2
    text: str = ""
    pivot: int = 0


def _text(text: str) -> Token:
    return Token(LITERAL, text=text)


_CLOCK = {
    "H": Token("hourOfDay", 2), "h": Token("clockhourOfHalfday", 2), "I": Token("clockhourOfHalfday", 2),
    "i": Token("minuteOfHour", 2), "k": Token("hourOfDay", 1), "l": Token("clockhourOfHalfday", 1),
    "S": Token("secondOfMinute", 2), "s": Token("secondOfMinute", 2), "p": Token("halfday"),
}  # fmt: skip
_MYSQL: dict[str, tuple[Token, ...]] = {
    "a": (Token("dow_short"),), "b": (Token("month_short"),), "c": (Token("monthOfYear", 1),),
    "d": (Token("dayOfMonth", 2),), "e": (Token("dayOfMonth", 1),), "f": (Token("fraction", 6, 9),),
    "j": (Token("dayOfYear", 3, 3),), "M": (Token("month_text"),), "m": (Token("monthOfYear", 2),),
    "v": (Token("weekOfWeekyear", 2),), "x": (Token("weekyear", 4, 4),), "W": (Token("dow_text"),),
    "Y": (Token("year", 4, 4),), "y": (Token("year2", 2, 2, pivot=2020),), "%": (_text("%"),),
    **{letter: (token,) for letter, token in _CLOCK.items()},
    "r": (_CLOCK["h"], _text(":"), _CLOCK["i"], _text(":"), _CLOCK["s"], _text(" "), _CLOCK["p"]),
    "T": (_CLOCK["H"], _text(":"), _CLOCK["i"], _text(":"), _CLOCK["s"]),
}  # fmt: skip


@functools.lru_cache(maxsize=256)
def mysql(pattern: str) -> tuple[Token, ...]:
    """The tokens of a MySQL format. Raises ValueError with Trino's message."""
    found: list[Token] = []
    letters = iter(pattern)
    for letter in letters:
        if letter != "%":
            found.append(_text(letter))
            continue
        letter = next(letters, "")  # noqa: PLW2901 - the letter after the mark
        if letter and letter in "wUuVXD":
            raise ValueError(f"%{letter} not supported in date format string")
        found += _MYSQL.get(letter, (_text(letter),) if letter else ())
    if not found:
        raise ValueError("Both printing and parsing not supported")
    return tuple(found)


_JODA_TEXTS = {"a": "halfday", "G": "era"}
_JODA_NUMBERS = {
    "C": ("centuryOfEra", 9), "w": ("weekOfWeekyear", 2), "e": ("dayOfWeek", 1), "D": ("dayOfYear", 3),
    "d": ("dayOfMonth", 2), "K": ("hourOfHalfday", 2), "h": ("clockhourOfHalfday", 2), "H": ("hourOfDay", 2),
    "k": ("clockhourOfDay", 2), "m": ("minuteOfHour", 2), "s": ("secondOfMinute", 2),
}  # fmt: skip
_JODA_YEARS = {"y": "year", "Y": "year", "x": "weekyear"}


@functools.lru_cache(maxsize=256)
def joda(pattern: str) -> tuple[Token, ...]:
    """The tokens of a Joda format. Raises ValueError with Joda's message."""
    runs = _runs(pattern)
    if not runs:
        raise ValueError("Invalid pattern specification")
    found = []
    for at, (letter, width, text) in enumerate(runs):
        following = runs[at + 1] if at + 1 < len(runs) else ("", 0, "")
        found.append(_text(text) if not letter else _joda_token(letter, width, _is_number(*following[:2])))
    return tuple(found)


def _is_number(letter: str, width: int) -> bool:
    return letter in {*_JODA_NUMBERS, *_JODA_YEARS, "S"} or (letter == "M" and width <= 2)


def _joda_token(letter: str, width: int, is_followed: bool) -> Token:  # noqa: FBT001 - one return a kind
    if letter in _JODA_YEARS:
        name = _JODA_YEARS[letter]
        if width == 2:  # read as any year unless digits follow; the century around this year
            return Token(name + "2", 2, 2 if is_followed else 9, pivot=dt.datetime.now(dt.UTC).year - 30)
        return Token(name, width, width if is_followed else 9)
    if letter in _JODA_NUMBERS:
        name, most = _JODA_NUMBERS[letter]
        return Token(name, width, max(width, most))
    if letter in _JODA_TEXTS:
        return Token(_JODA_TEXTS[letter])
    if letter == "M":
        return Token("monthOfYear", width) if width <= 2 else Token("month_text" if width > 3 else "month_short")
    if letter == "E":
        return Token("dow_text" if width > 3 else "dow_short")
    if letter == "S":
        return Token("fraction", width, width)
    if letter == "Z":
        return Token({1: "offset", 2: "offset_colon"}.get(width, "zone_id"))
    if letter == "z":
        return Token("zone_long" if width > 3 else "zone_short")
    raise ValueError(f"Illegal pattern component: {letter * width}")


def _runs(pattern: str) -> list[tuple[str, int, str]]:
    """Runs of a letter with their lengths, and texts (quoted, or of no letters)."""
    found: list[tuple[str, int, str]] = []
    at = 0
    while at < len(pattern):
        ch, start = pattern[at], at
        if ch.isascii() and ch.isalpha():
            while at < len(pattern) and pattern[at] == ch:
                at += 1
            found.append((ch, at - start, ""))
            continue
        text, is_quoted = "", False
        while at < len(pattern):
            ch = pattern[at]
            if ch == "'":
                if pattern[at + 1 : at + 2] == "'":
                    text, at = text + "'", at + 2
                    continue
                is_quoted = not is_quoted
            elif not is_quoted and ch.isascii() and ch.isalpha():
                break
            else:
                text += ch
            at += 1
        found.append(("", 0, text))
    return found


_STRFTIME = {
    ("year", 4): "%Y", ("year2", 2): "%y", ("weekyear", 4): "%G", ("weekOfWeekyear", 2): "%V",
    ("monthOfYear", 2): "%m", ("monthOfYear", 1): "%-m", ("month_text", 1): "%B", ("month_short", 1): "%b",
    ("dayOfMonth", 2): "%d", ("dayOfMonth", 1): "%-d", ("dayOfYear", 3): "%j", ("dayOfYear", 1): "%-j",
    ("dayOfWeek", 1): "%u", ("dow_text", 1): "%A", ("dow_short", 1): "%a", ("halfday", 1): "%p",
    ("hourOfDay", 2): "%H", ("hourOfDay", 1): "%-H", ("clockhourOfHalfday", 2): "%I", ("clockhourOfHalfday", 1): "%-I",
    ("minuteOfHour", 2): "%M", ("minuteOfHour", 1): "%-M", ("secondOfMinute", 2): "%S", ("secondOfMinute", 1): "%-S",
    ("fraction", 3): "%g",
}  # fmt: skip
_STRPTIME = {
    "year": "%Y", "monthOfYear": "%m", "month_text": "%B", "month_short": "%b", "dayOfMonth": "%d", "hourOfDay": "%H",
    "clockhourOfHalfday": "%I", "halfday": "%p", "minuteOfHour": "%M", "secondOfMinute": "%S",
}  # fmt: skip


def strftime(token: Token) -> str | None:
    """DuckDB's directive that prints the token the same way, or None. Fractions have milliseconds, as in Trino."""
    if token.field == LITERAL:
        return token.text.replace("%", "%%")
    if token.field == "fraction" and token.least > 3:
        return "%g" + "0" * (token.least - 3)
    return _STRFTIME.get((token.field, token.least))


def strptime(tokens: tuple[Token, ...]) -> str | None:
    """A format with which DuckDB reads only what Joda reads, the same way (spaces apart); None when there is none."""
    fields = [t.field for t in tokens if t.field != LITERAL]
    is_read = all(f in _STRPTIME or f == "fraction" for f in fields) and len(set(fields)) == len(fields)
    months = {"monthOfYear", "month_text", "month_short"}.intersection(fields)
    is_usual = "year" in fields and len(months) <= 1 and ("dayOfMonth" not in fields or months)
    if not is_read or not is_usual or ("halfday" in fields) != ("clockhourOfHalfday" in fields):
        return None
    parts = []
    for token in tokens:
        if token.field == "fraction":
            if token.most not in (3, 9):
                return None
            parts.append("%g" if token.most == 3 else "%f")
        else:
            parts.append(token.text.replace("%", "%%") if token.field == LITERAL else _STRPTIME[token.field])
    return "".join(parts)
