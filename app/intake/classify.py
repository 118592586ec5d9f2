"""What one value's text could be. Patterns are those of `app.domain.shapes`, so that inference, the door and the casts
agree; inference is pickier only where text is likelier (leading zeros, long digits, phone numbers).
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Literal

from app.domain.schemas import ColumnType
from app.domain.shapes import (
    CURRENCY_SIGNS,
    DATE_FORMATS,
    TIMESTAMP_FORMATS,
    USUAL_NULLS,
    date_pattern,
    pattern_of,
    timestamp_pattern,
)

Family = Literal["null", "integer", "long", "fixed", "double", "special", "money", "boolean", "moment", "text"]

_NULLS: Final = frozenset(USUAL_NULLS)
_MAX_LENGTH: Final = 64
_MAX_DIGITS: Final = 18
_BOOLEANS: Final = {
    "true": "truth", "false": "truth", "t": "letter", "f": "letter", "yes": "word", "no": "word", "y": "short",
    "n": "short",
}  # fmt: skip
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_PLUS: Final = re.compile(r"\+[1-9][0-9]{0,6}")
_FIXED: Final = re.compile(r"-?(?:0|[1-9][0-9]*)?\.[0-9]{2}")
_DOUBLE: Final = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_SPECIAL: Final = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_ZERO_LED: Final = re.compile(r"[+-]?0[0-9]+")


@dataclass(frozen=True)
class Kind:
    """`parses`: the codes that could read it; `digits`: whole digits of a number; `why`: why digits are text."""

    family: Family
    parses: frozenset[str] = frozenset()
    digits: int = 0
    why: str = ""


_TEXT: Final = Kind("text")


@lru_cache(maxsize=1 << 16)
def classify(text: str) -> Kind:
    """Of a value without the spaces around it."""
    if not text:
        return Kind("null")
    if len(text) > _MAX_LENGTH:
        return _TEXT
    if text in _NULLS:
        return Kind("null")
    if _INTEGER.fullmatch(text) or _PLUS.fullmatch(text):
        digits = len(text.lstrip("+-"))
        is_long = digits > _MAX_DIGITS
        return Kind("long", digits=digits, why="digits beyond 18") if is_long else Kind("integer", digits=digits)
    if _ZERO_LED.fullmatch(text):
        return Kind("text", why="leading zeros")
    return _fraction(text) if _DOUBLE.fullmatch(text) else _no_number(text)


def _no_number(text: str) -> Kind:
    word = _BOOLEANS.get(text.lower())
    if word is not None:
        return Kind("boolean", frozenset((word,)))
    if _SPECIAL.fullmatch(text):
        return Kind("special")
    return _money_or_moment(text)


def _fraction(text: str) -> Kind:
    digits = len(text.lstrip("+-").partition(".")[0])
    if _FIXED.fullmatch(text) and digits <= 16:
        return Kind("fixed", digits=digits)
    return Kind("double") if _any_double().fullmatch(text) else _TEXT


def _money_or_moment(text: str) -> Kind:
    if text[0] in "(+-" or text[0] in CURRENCY_SIGNS or "," in text:
        money = _money().fullmatch(text)
        if money is not None:
            fraction = re.search(r"\.([0-9]+)", text)
            digits = sum(c.isdigit() for c in text) - (len(fraction[1]) if fraction else 0)
            scale = len(fraction[1]) if fraction else 0
            return Kind("money", frozenset((str(scale),)), digits) if digits + scale <= 30 else _TEXT
    if text[0].isdigit() and not text.isalpha():
        parses = frozenset(code for code, pattern in _moments() if pattern.fullmatch(text))
        if parses:
            return Kind("moment", parses)
    return _TEXT


@cache
def _any_double() -> re.Pattern[str]:
    return re.compile(str(pattern_of("double", ColumnType("double"))))


@cache
def _money() -> re.Pattern[str]:
    return re.compile(str(pattern_of("money", ColumnType("decimal", 38, 9))))


@cache
def _moments() -> tuple[tuple[str, re.Pattern[str]], ...]:
    dates = [(f"date:{fmt}", date_pattern(fmt)) for fmt in DATE_FORMATS]
    stamps = [(f"timestamp:{fmt}", timestamp_pattern(fmt)) for fmt in ("iso", "zoned", *TIMESTAMP_FORMATS)]
    return tuple((code, re.compile(pattern, re.ASCII)) for code, pattern in (*dates, *stamps))


def is_typed(text: str) -> bool:
    """Whether a value is a number, a moment or money: what a header's cells usually are not."""
    return classify(text.strip(" ")).family in {"integer", "fixed", "double", "money", "moment"}
