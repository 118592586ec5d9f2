"""Joda's date formats, which Trino's format_datetime takes, as strftime's."""

from local.athena.errors import QueryFailed

_DIRECTIVES = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "dd": "%d", "d": "%-d", "HH": "%H", "hh": "%I",
    "mm": "%M", "ss": "%S", "SSS": "%g", "a": "%p", "EEEE": "%A", "EEE": "%a", "Z": "%z", "ZZ": "%z", "DDD": "%j",
    "M": "%-m", "H": "%-H", "y": "%Y", "Y": "%Y", "YYYY": "%Y", "E": "%a", "h": "%-I", "m": "%-M", "s": "%-S",
}  # fmt: skip


def strftime_of(text: str) -> str:
    """A Joda format as strftime's."""
    out, i = "", 0
    while i < len(text):
        ch = text[i]
        if ch == "'":
            end = text.find("'", i + 1)
            end = len(text) if end < 0 else end
            out += text[i + 1 : end] or "'"
            i = end + 1
        elif ch.isalpha():
            run = len(text) - len(text[i:].lstrip(ch)) - i
            token = text[i : i + run]
            if token not in _DIRECTIVES:
                raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"Invalid format: {text}")
            out += _DIRECTIVES[token]
            i += run
        else:
            out += "%%" if ch == "%" else ch
            i += 1
    return out
