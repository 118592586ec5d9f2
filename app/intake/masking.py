"""Shapes of values for reports that must not repeat data: `Jane-42` shows as `aaaa-99`."""

import re
from typing import Final

_MAX_SHOWN: Final = 40
_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile(r"\d")
_INVISIBLE: Final = re.compile(r"[^\x20-\x7e]")


def masked(value: str) -> str:
    """Letters as a, digits as 9, anything invisible or exotic as ?, cut at 40 characters."""
    shown = _LETTER.sub("a", value[: _MAX_SHOWN + 1])
    shown = _INVISIBLE.sub("?", _DIGIT.sub("9", shown))
    return shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "..."
