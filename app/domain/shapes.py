"""How text becomes a typed value: one shape per `Column.parse` code, shared by the door, which checks values, and by
SQL, which casts them. A pattern describes a value without the spaces around it, in syntax that RE2, Java and Python
read alike, and is exact down to leap years, so that what the door accepts is what the cast accepts.

    code                              text
    int                               -12
    double, double:special            1.5e3; the second also takes inf and infinity
    decimal, money                    12.50; $1,234.50, (12.50), -EUR signs: $ € £ ¥
    boolean                           true false t f yes no y n 1 0, any case
    date:<format>                     formats are Trino's date_parse (MySQL) letters
    timestamp:iso                     2020-01-31, 2020-01-31 10:20, 2020-01-31T10:20:30.5
    timestamp:zoned                   2020-01-31T10:20:30Z, ...+02:00, ... UTC: the value is in UTC
    timestamp:<format>                as for dates
    json                              any JSON, cast to a nested type
"""

from functools import cache
from typing import Final

from app.domain.schemas import Column, ColumnType

_INTEGER_BITS: Final = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}

_SIGN: Final = "[+-]?"
_FRACTION: Final = r"(?:\.[0-9]*)?"
_SMALL_EXPONENT: Final = "[eE]-[0-9]{1,4}"  # down to zero is no mistake
# Both engines read 1e999 as infinity, so the pattern stays below what the type holds (1.7e308 and 3.4e38).
_DOUBLE: Final = (
    rf"(?:(?:[0-9]{{1,300}}{_FRACTION}|\.[0-9]+)(?:{_SMALL_EXPONENT})?"
    rf"|(?:[0-9]{{1,28}}{_FRACTION}|\.[0-9]+)[eE]\+?(?:0*[0-9]{{1,2}}|1[0-9]{{2}}|2[0-7][0-9])"
    rf"|(?:[0-9]{_FRACTION}|\.[0-9]+)[eE]\+?(?:2[89][0-9]|30[0-7]))"
)
_FLOAT: Final = (
    rf"(?:(?:[0-9]{{1,37}}{_FRACTION}|\.[0-9]+)(?:{_SMALL_EXPONENT})?"
    rf"|(?:[0-9]{{1,9}}{_FRACTION}|\.[0-9]+)[eE]\+?0*[0-9]"
    rf"|(?:[0-9]{{1,9}}{_FRACTION}|\.[0-9]+)[eE]\+?(?:1[0-9]|2[0-8])"
    rf"|(?:[0-9]{_FRACTION}|\.[0-9]+)[eE]\+?(?:29|3[0-7]))"
)
CURRENCY_SIGNS: Final = "$€£¥"

_YEAR: Final = "[1-9][0-9]{3}"
_LEAP_YEAR: Final = "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME_LETTERS: Final = {
    "%H": "(?:[01]?[0-9]|2[0-3])",
    "%h": "(?:0?[1-9]|1[0-2])",
    "%i": "[0-5][0-9]",
    "%s": "[0-5][0-9]",
    "%p": "[AaPp][Mm]",
}
_ISO_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
# With seconds: DuckDB reads no zone after bare minutes.
_ISO_SECONDS: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
_OFFSET: Final = "(?:Z| ?UTC|[+-](?:0[0-9]|1[0-3]):?[0-5][0-9])"

DATE_FORMATS: Final = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%d-%b-%Y",
    "%d %b %Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
)
_CLOCKS: Final = ("%H:%i:%s", "%H:%i", "%h:%i:%s %p", "%h:%i %p")
TIMESTAMP_FORMATS: Final = tuple(f"{date} {clock}" for date in DATE_FORMATS[1:] for clock in _CLOCKS)

BOOLEAN_TRUE: Final = ("true", "t", "yes", "y", "1")
BOOLEAN_FALSE: Final = ("false", "f", "no", "n", "0")

# Texts that usually mean NULL; inference takes them so only where the rest of the column is no text.
USUAL_NULLS: Final = (
    "NA", "N/A", "n/a", "NULL", "null", "Null", "None", "none", "NaN", "nan", "\\N", "-", "--",
    ".", "?", "#N/A", "<NA>", "NaT",
)  # fmt: skip


def _any_case(word: str) -> str:
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in word)


def _one_of(words: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(_any_case(word) for word in words)})"


@cache
def date_pattern(fmt: str) -> str:
    """Exactly the days that exist, from 1000 to 9999, written in a date_parse format."""
    is_strict = fmt == "%Y-%m-%d"  # the type's own cast takes two digits only
    lead = "0" if is_strict else "0?"

    def written(months: str, days: str, year: str) -> str:
        text = fmt.replace(".", r"\.")
        for letter, pattern in (("%Y", year), ("%m", months), ("%b", months), ("%d", days)):
            text = text.replace(letter, pattern)
        return text

    def months(*numbers: int) -> str:
        if "%b" in fmt:
            return _one_of(tuple(_MONTHS[n - 1] for n in numbers))
        return f"(?:{'|'.join(f'{lead}{n}' if n < 10 else str(n) for n in numbers)})"

    to_28 = f"(?:{lead}[1-9]|1[0-9]|2[0-8])"
    every = months(*range(1, 13))
    parts = (
        written(every, to_28, _YEAR),
        written(months(1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), "(?:29|30)", _YEAR),
        written(months(1, 3, 5, 7, 8, 10, 12), "31", _YEAR),
        written(months(2), "29", _LEAP_YEAR),
    )
    return f"(?:{'|'.join(parts)})"


@cache
def timestamp_pattern(fmt: str) -> str:
    date = date_pattern("%Y-%m-%d")
    if fmt == "iso":
        return f"(?:{date}(?:[T ]{_ISO_TIME})?)"
    if fmt == "zoned":
        return f"(?:{date}[T ]{_ISO_SECONDS}{_OFFSET})"
    day, _, clock = fmt.partition(" %h" if " %h" in fmt else " %H")
    clock = ("%h" if " %h" in fmt else "%H") + clock
    for letter, pattern in _TIME_LETTERS.items():
        clock = clock.replace(letter, pattern)
    return f"(?:{date_pattern(day)} {clock})"


def is_known(code: str) -> bool:
    """Whether a `Column.parse` code is one of the table above."""
    kind, _, fmt = code.partition(":")
    if kind == "date":
        return fmt in DATE_FORMATS
    if kind == "timestamp":
        return fmt in {"iso", "zoned"} or fmt in TIMESTAMP_FORMATS
    return code in {"int", "double", "double:special", "decimal", "money", "boolean", "json"}


def shape_of(column: Column) -> str:
    """The code that holds for a column: its own, or the usual one of its type; "text" and "json" take anything."""
    if column.parse is not None and is_known(column.parse):
        return column.parse
    kind = column.type
    if kind.is_integer:
        return "int"
    if kind.is_nested:
        return "json"
    usual = {"float": "double", "date": "date:%Y-%m-%d", "timestamp": "timestamp:iso"}
    if kind.name in {"double", "decimal", "boolean"}:
        return kind.name
    return usual.get(kind.name, "text")


@cache
def pattern_of(code: str, kind: ColumnType) -> str | None:
    """The pattern of a value's text, without anchors; None where any text will do.

    Integers may still be out of range: `integer_range`. Money may still have too many digits: `fits_decimal`.
    """
    family, _, fmt = code.partition(":")
    simple = {
        "int": f"{_SIGN}[0-9]+",
        "double": _SIGN + (_FLOAT if kind.name == "float" else _DOUBLE),
        "money": _money_pattern(kind.scale or 0),
        "boolean": _one_of(BOOLEAN_TRUE + BOOLEAN_FALSE),
    }
    if code == "double:special":
        return f"(?:{simple['double']}|{_SIGN}{_one_of(('infinity', 'inf'))})"
    if code in simple:
        return simple[code]
    if family == "date":
        return date_pattern(fmt)
    if family == "timestamp":
        return timestamp_pattern(fmt)
    return _decimal_pattern(kind) if code == "decimal" else None


def _money_pattern(scale: int) -> str:
    fraction = rf"(?:\.[0-9]{{1,{scale}}})?" if scale else ""
    amount = rf"(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+){fraction}"
    sign = f"[{CURRENCY_SIGNS}]"
    return rf"(?:[+-]?{sign}? ?{amount}|{sign} ?-{amount}|\({sign}? ?{amount}\))"


def _decimal_pattern(kind: ColumnType) -> str:
    scale = kind.scale or 0
    whole = (kind.precision or 38) - scale
    integer = rf"0*[0-9]{{1,{whole}}}\.?" if whole else r"0+\.?"
    if scale == 0:
        return f"{_SIGN}(?:{integer})"
    return rf"{_SIGN}(?:0*[0-9]{{0,{whole}}}\.[0-9]{{1,{scale}}}|{integer})"


def integer_range(kind: ColumnType) -> tuple[int, int]:
    """The lowest and the highest value of an integer type."""
    bits = _INTEGER_BITS[kind.name]
    return -(1 << bits), (1 << bits) - 1


def fits_decimal(digits: str, kind: ColumnType) -> bool:
    """Whether plain digits with an optional sign and point fit a decimal type without rounding."""
    whole, _, fraction = digits.lstrip("+-").partition(".")
    scale = kind.scale or 0
    return len(whole.lstrip("0")) <= (kind.precision or 38) - scale and len(fraction) <= scale
