"""The `date` type of partition projection: formats, ranges with NOW, intervals.

Source: docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html#partition-projection-date-type;
formats are those of Java's DateTimeFormatter.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from local.athena.errors import QueryFailed

_MOST = 1_000_000
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_DIRECTIVES = {
    "yyyy": "%Y", "uuuu": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d",
    "DDD": "%j", "HH": "%H", "H": "%-H", "hh": "%I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "a": "%p",
    "EEE": "%a", "EEEE": "%A",
}  # fmt: skip
_NOW = re.compile(r"\s*NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?\s*")
_UNITS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")


def _invalid(words: str) -> QueryFailed:
    return QueryFailed("INVALID_TABLE_PROPERTY", words)


@dataclass(frozen=True)
class Pattern:
    """A Java date pattern, as Python's directives."""

    directives: str

    def format(self, moment: dt.datetime) -> str:
        return moment.strftime(self.directives)

    def parse(self, text: str) -> dt.datetime:
        """Raises ValueError."""
        return dt.datetime.strptime(text, self.directives.replace("%-", "%")).replace(tzinfo=dt.UTC)


@lru_cache(maxsize=256)
def pattern(java: str) -> Pattern:
    """Raises QueryFailed for letters that are not known here."""
    found = ""
    for token in _TOKEN.finditer(java):
        if token[1] is not None:
            found += (token[1].replace("''", "'") or "'").replace("%", "%%")
        elif token[2]:
            if token[0] not in _DIRECTIVES:
                raise _invalid(f"Date format '{java}' has '{token[0]}', which is not supported")
            found += _DIRECTIVES[token[0]]
        else:
            found += token[0].replace("%", "%%")
    return Pattern(found)


@dataclass(frozen=True)
class DateRange:
    """From `low` to `high`, both included, in steps."""

    pattern: Pattern
    low: dt.datetime
    high: dt.datetime
    step: int
    unit: str

    def moments(self) -> list[dt.datetime]:
        return _moments(self.low, self.high, self.step, self.unit)

    def has(self, text: str) -> bool:
        """Whether a value, in its format, is one of the range."""
        try:
            moment = self.pattern.parse(text)
        except ValueError:
            return False
        return self.low <= moment <= self.high and self.pattern.format(moment) == text and self._is_step(moment)

    def _is_step(self, moment: dt.datetime) -> bool:
        if self.unit in ("months", "years"):
            return moment in self.moments()
        return (moment - self.low) % dt.timedelta(**{self.unit: self.step}) == dt.timedelta(0)

    def formatted(self, iso: str) -> str:
        """A DATE or TIMESTAMP column's value in the pattern, for a location."""
        return self.pattern.format(dt.datetime.fromisoformat(iso))


@lru_cache(maxsize=256)
def _moments(low: dt.datetime, high: dt.datetime, step: int, unit: str) -> list[dt.datetime]:
    found: list[dt.datetime] = []
    at = low
    while at <= high:
        found.append(at)
        if len(found) > _MOST:
            raise _invalid(f"Projection gives more than {_MOST} dates")
        at = _later(low, unit, step * len(found))
    return found


def _later(at: dt.datetime, unit: str, count: int) -> dt.datetime:
    """Months end on their last day, as Java's plusMonths does."""
    if unit not in ("months", "years"):
        return at + dt.timedelta(**{unit: count})
    months = at.year * 12 + at.month - 1 + count * (12 if unit == "years" else 1)
    year, month = months // 12, months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))


def date_range(name: str, given: dict[str, str]) -> DateRange:
    """The range of a column. Raises QueryFailed when its properties are missing or wrong."""
    java, bounds = given.get(f"projection.{name}.format"), given.get(f"projection.{name}.range")
    for key, value in (("format", java), ("range", bounds)):
        if value is None:
            raise _invalid(
                f"Column projection for column '{name}' failed. Missing required property: 'projection.{name}.{key}'"
            )
    form = pattern(str(java))
    unit = given.get(f"projection.{name}.interval.unit") or _default_unit(name, str(java))
    unit = unit.lower().rstrip("s") + "s"
    if unit not in _UNITS:
        raise _invalid(f"Property: 'projection.{name}.interval.unit' value '{unit}' is invalid")
    ends = str(bounds).split(",")
    try:
        low, high = (form.parse(form.format(_moment(end, form))) for end in ends)
    except ValueError as wrong:
        raise _invalid(
            f"Property: 'projection.{name}.range' needs to be a list of 2 valid dates formatted as '{java}' or 'NOW'"
        ) from wrong
    return DateRange(form, low, high, int(given.get(f"projection.{name}.interval", "1")), unit)


def _default_unit(name: str, java: str) -> str:
    bare = re.sub(r"'[^']*'", "", java)
    if not re.search("[Hhms]", bare):
        if "d" in bare:
            return "days"
        if "M" in bare:
            return "months"
    raise _invalid(
        f"Property: 'projection.{name}.interval.unit' needs to be set when provided 'projection.{name}.format' is not "
        "of single-day or single-month precision"
    )


def _moment(text: str, form: Pattern) -> dt.datetime:
    found = _NOW.fullmatch(text)
    if found is None:
        return form.parse(text.strip())
    now = dt.datetime.now(dt.UTC)
    if not found[2]:
        return now
    return _later(now, f"{found[3].lower()}s", int(found[2]) * (1 if found[1] == "+" else -1))
