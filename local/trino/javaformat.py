"""Java's Formatter: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Formatter.html#syntax.

Arguments come as text with a letter for their Java class before it: `b` Boolean, `l` Long, `f` Float, `d` Double, `n`
BigDecimal, `s` String, `D` LocalDate, `T` LocalTime, `L` LocalDateTime (microseconds since the epoch), `Z`
ZonedDateTime (the same, a `|` and the zone's name); None is null.
"""

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import NoReturn
from zoneinfo import ZoneInfo

from local.trino import jsontext
from local.trino.functions.texts import fail

_SPECIFIER = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([tT]?)(.)", re.DOTALL)
_CLASSES = {"b": "java.lang.Boolean", "l": "java.lang.Long", "f": "java.lang.Float", "d": "java.lang.Double",
            "n": "java.math.BigDecimal", "s": "java.lang.String", "D": "java.time.LocalDate",
            "T": "java.time.LocalTime",
            "L": "java.time.LocalDateTime", "Z": "java.time.ZonedDateTime"}  # fmt: skip
_ACCEPTS = {"d": "l", "o": "l", "x": "l", "e": "fdn", "f": "fdn", "g": "fdn"}
_FLAGS = {
    "b": "-",
    "s": "-",
    "c": "-",
    "d": "-+ 0,(",
    "o": "-#0",
    "x": "-#0",
    "e": "-#+ 0(",
    "f": "-#+ 0,(",
    "g": "-+ 0,(",
}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAYS, _TIMES = "YyCmBbhdejAaDFc", "HIklMSLNpRTrc"


class _Specifier:
    """One `%...` of a format."""

    def __init__(self, shown: str, parts: tuple[str | None, ...], whole: str) -> None:
        index, flags, width, precision, time, letter = parts
        self.shown, self.whole = shown, whole
        self.index = int(index) if index else None
        self.flags = (flags or "").replace("<", "")
        self.is_again = "<" in (flags or "")
        self.width, self.precision = int(width) if width else None, int(precision) if precision else None
        self.time, self.letter = (time or "").lower(), letter or ""
        self.is_upper = bool(time and time.isupper()) or (not time and self.letter in "BHSCXEGT")
        self.kind = "t" if time else self.letter.lower()

    def wrong(self, name: str, detail: str) -> NoReturn:
        fail(f"Invalid format string: {self.whole} ({name}: {detail})")

    def checked(self) -> None:
        """Raises ValueError as Java does for a specifier that no argument can make right."""
        for flag in self.flags:
            if self.flags.count(flag) > 1:
                self.wrong("DuplicateFormatFlags", f"Flags = '{flag}'")
        if self.kind == "n" and self.width is not None:
            self.wrong("IllegalFormatWidth", str(self.width))
        if self.kind not in (*_FLAGS, "t", "%", "n") or (
            self.letter.isupper() and not self.time and self.letter not in "BSCXEG"
        ):
            self.wrong("UnknownFormatConversion", f"Conversion = '{self.letter}'")
        if self.precision is not None and self.kind in "cdoxt":
            self.wrong("IllegalFormatPrecision", str(self.precision))
        extra = [f for f in self.flags if f not in _FLAGS.get(self.kind, "-")]
        if extra:
            self.wrong("FormatFlagsConversionMismatch", f"Conversion = {self.letter}, Flags = {extra[0]}")
        if {"-", "0"} <= set(self.flags) or {"+", " "} <= set(self.flags):
            self.wrong("IllegalFormatFlags", f"Flags = '{self.flags}'")
        if self.width is None and ("-" in self.flags or "0" in self.flags):
            self.wrong("MissingFormatWidth", self.shown)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[str | _Specifier, ...]:
    made: list[str | _Specifier] = []
    at = 0
    while at < len(text):
        start = text.find("%", at)
        if start < 0:
            made.append(text[at:])
            break
        made.append(text[at:start])
        found = _SPECIFIER.match(text, start)
        if found is None:
            fail(f"Invalid format string: {text} (UnknownFormatConversion: Conversion = '%')")
        specifier = _Specifier(found[0], found.groups(), text)
        specifier.checked()
        made.append(specifier)
        at = found.end()
    return tuple(made)


def format_java(text: str, args: list[str | None]) -> str:
    """The formatted text. Raises ValueError with Trino's error."""
    made = []
    ordinary, last = 0, -1
    for part in _parsed(text):
        if isinstance(part, str):
            made.append(part)
            continue
        if part.kind in "%n":
            made.append(_justified(part, "%") if part.kind == "%" else "\n")
            continue
        if part.is_again:
            at = last
        elif part.index is not None:
            at = part.index - 1
        else:
            at, ordinary = ordinary, ordinary + 1
        if not 0 <= at < len(args):
            part.wrong("MissingFormatArgument", f"Format specifier '{part.shown}'")
        last = at
        shown = _one(part, args[at])
        made.append(shown.upper() if part.is_upper else shown)
    return "".join(made)


def _justified(part: _Specifier, text: str) -> str:
    width = part.width or 0
    return text.ljust(width) if "-" in part.flags else text.rjust(width)


def _one(part: _Specifier, arg: str | None) -> str:
    if arg is None:
        return _justified(part, ("false" if part.kind == "b" else "null")[: part.precision])
    kind, value = arg[0], arg[1:]
    if part.kind == "b":
        return _justified(part, (value if kind == "b" else "true")[: part.precision])
    if part.kind == "s":
        return _justified(part, _text(kind, value)[: part.precision])
    if part.kind == "t":
        return _justified(part, _time(part, kind, value))
    if kind not in _ACCEPTS.get(part.kind, ""):
        part.wrong("IllegalFormatConversion", f"{part.letter} != {_CLASSES[kind]}")
    if part.kind == "d":
        return _signed(part, int(value) < 0, value.lstrip("-"))
    if part.kind in "ox":
        digits = format(int(value) % (1 << 64), part.kind)
        prefix = {"o": "0", "x": "0x"}[part.kind] if "#" in part.flags else ""
        return _justified(
            part, prefix + digits.rjust((part.width or 0) - len(prefix), "0") if "0" in part.flags else prefix + digits
        )
    return _real(part, value)


def _signed(part: _Specifier, is_negative: bool, digits: str) -> str:  # noqa: FBT001
    whole, dot, fraction = digits.partition(".")
    if "," in part.flags and whole.isdigit():
        whole = f"{int(whole):,}"
    text = whole + dot + fraction
    is_bracketed = is_negative and "(" in part.flags
    sign = (
        "(" if is_bracketed else "-" if is_negative else "+" if "+" in part.flags else " " if " " in part.flags else ""
    )
    if "0" in part.flags and digits[0].isdigit():
        text = text.rjust((part.width or 0) - len(sign) - is_bracketed, "0")
    return _justified(part, sign + text + (")" if is_bracketed else ""))


def _real(part: _Specifier, value: str) -> str:
    if value.lstrip("-") in ("NaN", "Infinity"):
        return _signed(part, value.startswith("-"), value.lstrip("-"))
    number = Decimal(value)
    precision = 6 if part.precision is None else part.precision
    kind = part.kind
    with localcontext(prec=400):
        if kind == "g":
            precision = max(precision, 1)
            rounded = _to_digits(abs(number), precision)
            is_plain = rounded == 0 or Decimal("0.0001") <= rounded < Decimal(10) ** precision
            kind = "f" if is_plain else "e"
            precision = precision - 1 - (rounded.adjusted() if is_plain and rounded else 0)
        if kind == "f":
            digits = f"{abs(number).quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP):f}"
        else:
            shown = f"{_to_digits(abs(number), precision + 1):.{precision}e}"
            digits = re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", shown)
    return _signed(part, number.is_signed(), digits)


def _to_digits(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(number.adjusted() - digits + 1), ROUND_HALF_UP) if number else number


def _text(kind: str, value: str) -> str:
    """What Java's toString gives."""
    if kind == "d":
        return value if value.lstrip("-") in ("NaN", "Infinity") else jsontext.double(float(value))
    if kind in "LZT":
        moment, zone = _moment(kind, value)
        whole = (
            moment.strftime("%H:%M") if not moment.second and not moment.microsecond else moment.strftime("%H:%M:%S")
        )
        if moment.microsecond:
            whole += (
                f".{moment.microsecond // 1000:03d}" if moment.microsecond % 1000 == 0 else f".{moment.microsecond:06d}"
            )
        if kind == "T":
            return whole
        tail = f"{_offset(moment, ':')}[{zone}]" if kind == "Z" else ""
        return f"{moment.year:04d}-{moment:%m-%d}T{whole}{tail.replace('+00:00', 'Z')}"
    return value


def _moment(kind: str, value: str) -> tuple[dt.datetime, str]:
    if kind == "D":
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC), ""
    micros, _, zone = value.partition("|")
    moment = _EPOCH + dt.timedelta(microseconds=int(micros))
    return (moment.astimezone(_zone(zone)) if zone else moment), zone


@lru_cache(maxsize=64)
def _zone(name: str) -> dt.tzinfo:
    offset = re.fullmatch(r"([+-])(\d\d):(\d\d)", name)
    if offset is None:
        return ZoneInfo(name)
    minutes = int(offset[2]) * 60 + int(offset[3])
    return dt.timezone(dt.timedelta(minutes=-minutes if offset[1] == "-" else minutes))


def _offset(moment: dt.datetime, colon: str) -> str:
    minutes = int((moment.utcoffset() or dt.timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


_STRFTIME = {"m": "%m", "B": "%B", "b": "%b", "h": "%b", "d": "%d", "j": "%j", "A": "%A", "a": "%a", "y": "%y",
             "D": "%m/%d/%y",
             "H": "%H", "I": "%I", "M": "%M", "S": "%S", "T": "%H:%M:%S", "R": "%H:%M", "r": "%I:%M:%S %p"}  # fmt: skip


def _time(part: _Specifier, kind: str, value: str) -> str:
    letter = part.letter
    has = {
        "D": _DAYS.replace("c", ""),
        "T": _TIMES.replace("c", ""),
        "L": _DAYS + _TIMES,
        "Z": _DAYS + _TIMES + "ZzsQ",
    }.get(kind)
    if letter not in _DAYS + _TIMES + "ZzsQ":
        part.wrong("UnknownFormatConversion", f"Conversion = 't{letter}'")
    if has is None or letter not in has.replace("c", "" if kind == "L" else "c"):
        part.wrong("IllegalFormatConversion", f"{letter} != {_CLASSES[kind]}")
    moment, zone = _moment(kind, value)
    if letter in _STRFTIME:
        return moment.strftime(_STRFTIME[letter])
    micros = (moment - _EPOCH) // dt.timedelta(microseconds=1)
    made = {
        "Y": f"{moment.year:04d}", "C": f"{moment.year // 100:02d}", "e": str(moment.day),
        "F": f"{moment.year:04d}-{moment:%m-%d}",
        "k": str(moment.hour), "l": str(moment.hour % 12 or 12), "L": f"{moment.microsecond // 1000:03d}",
        "N": f"{moment.microsecond * 1000:09d}", "p": f"{moment:%p}".lower(), "Z": moment.tzname() or zone,
        "z": _offset(moment, ""), "s": str(micros // 1_000_000), "Q": str(micros // 1000),
    }  # fmt: skip
    return made[letter] if letter != "c" else f"{moment:%a %b %d %H:%M:%S} {moment.tzname()} {moment.year:04d}"
