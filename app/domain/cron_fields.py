"""One field of a cron expression: lists, ranges, steps and names. Pure.

A range may run over the end (`20-2` of hours is 20, 21, 22, 23, 0, 1, 2), as in the user guide's examples.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), start=1
    )
}
DAYS: Final = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
"""EventBridge counts from Sunday, 1."""

_ITEM: Final = re.compile(r"(\*|[A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?(?:/([0-9]{1,4}))?")


def numbers(field: str, text: str, low: int, high: int, names: Mapping[str, int] | None = None) -> tuple[int, ...]:
    """The values that a field allows, sorted. ValueError names the field and what is wrong with it."""
    found: set[int] = set()
    for item in text.split(","):
        found.update(_values(field, item, low, high, names or {}))
    return tuple(sorted(found))


def number(field: str, text: str, low: int, high: int, names: Mapping[str, int] | None = None) -> int:
    """One value, as a number or a name."""
    value = (names or {}).get(text.upper())
    if value is None and text.isascii() and text.isdigit() and len(text) <= 4:
        value = int(text)
    if value is None or not low <= value <= high:
        either = f" or {next(iter(names))}-{list(names)[-1]}" if names else ""
        raise ValueError(f"{field}: {text} is not {low}-{high}{either}")
    return value


def _values(field: str, item: str, low: int, high: int, names: Mapping[str, int]) -> Iterator[int]:
    match = _ITEM.fullmatch(item)
    if match is None or (match[1] == "*" and match[2]):
        raise ValueError(f"{field}: {item or 'nothing'} is no value, range or step")
    step = int(match[3]) if match[3] else 1
    if step == 0:
        raise ValueError(f"{field}: the step of {item} must be 1 or more")
    first = low if match[1] == "*" else number(field, match[1], low, high, names)
    is_open = match[1] == "*" or match[3] is not None
    last = number(field, match[2], low, high, names) if match[2] else high if is_open else first
    if last < first and field == "year":
        raise ValueError(f"{field}: {item} runs backwards")
    size = high - low + 1
    for value in range(first, last + 1 if last >= first else last + size + 1, step):
        yield (value - low) % size + low
