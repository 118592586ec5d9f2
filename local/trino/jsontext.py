r"""JSON text as Trino (Jackson) writes it: no spaces, doubles as Java prints them, `\u001F` in capitals."""

import json
import math
import re
from typing import Any

_CONTROL = re.compile(r'[\x00-\x1f"\\]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class NumberText(str):
    """A number with a fraction or an exponent, as it was written."""

    __slots__ = ()


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


_READER = json.JSONDecoder(parse_constant=_refuse)
_EXACT_READER = json.JSONDecoder(parse_float=NumberText, parse_constant=_refuse)
_WRITERS = [
    json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=s, separators=(",", ":"))
    for s in (False, True)
]
_OTHERWISE = re.compile(r"[0-9][.eE]|\\u00")


def parse(text: str, *, keep_numbers: bool = False) -> Any:
    """The value of a JSON text; with `keep_numbers` doubles stay texts. Raises ValueError, RecursionError."""
    return (_EXACT_READER if keep_numbers else _READER).decode(text)


def double(value: float) -> str:
    """Java's Double.toString."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        sign = "-" if value < 0 else ""
        whole, _, fraction = mantissa.lstrip("-").partition(".")
        digits = (whole + fraction).lstrip("0")
        power = len(whole) - 1 if whole.strip("0") else -1 - (len(fraction) - len(fraction.lstrip("0")))
        digits = digits.rstrip("0") or "0"
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def quoted(text: str) -> str:
    return '"' + _CONTROL.sub(lambda m: _SHORT.get(m[0]) or f"\\u{ord(m[0]):04X}", text) + '"'


def dump(value: Any, *, is_sorted: bool = False) -> str:
    """JSON text; `is_sorted` orders the keys of objects."""
    try:
        text = _WRITERS[is_sorted].encode(value)
    except ValueError:  # an infinite number
        text = "0."
    return text if _OTHERWISE.search(text) is None else _dumped(value, is_sorted=is_sorted)


def _dumped(value: Any, *, is_sorted: bool) -> str:
    """`dump` for values with what Python's own writer says otherwise: doubles and control characters."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return double(value)
    if isinstance(value, list):
        return f"[{','.join([_dumped(v, is_sorted=is_sorted) for v in value])}]"
    if isinstance(value, dict):
        items = sorted(value.items()) if is_sorted else value.items()
        return f"{{{','.join([f'{quoted(k)}:{_dumped(v, is_sorted=is_sorted)}' for k, v in items])}}}"
    return json.dumps(value)
