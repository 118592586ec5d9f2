"""The operations of SQL's JSON path language on sequences of items (`jsonpath` reads paths into them).

Source: https://trino.io/docs/current/functions/json.html#json-path-language.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from local.trino.functions.texts import fail

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))")


class PathError(Exception):
    """The path fails on this document: what ON ERROR is about."""


@dataclass(frozen=True)
class Context:
    """What a path is evaluated on."""

    root: Any
    variables: dict[str, Any]
    is_lax: bool
    current: Any = None
    last: int = 0


Sequence = list[Any]
Path = Callable[[Context], Sequence]
Test = Callable[[Context], bool | None]


CONSTANTS = {"null": None, "true": True, "false": False}


def constant(token: str) -> Any:
    if token in CONSTANTS:
        return CONSTANTS[token]
    if token[0] == '"':
        return name_of(token)
    return float(token) if "e" in token.lower() else Decimal(token) if "." in token else int(token)


def name_of(token: str) -> str:
    if token[0] != '"':
        return token
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else {"n": "\n", "t": "\t"}.get(m[2], m[2]), token[1:-1])


def variable(name: str, path: str) -> Path:
    def find(c: Context) -> Sequence:
        if name not in c.variables:
            fail(f"no value passed for parameter {name}: {path}", "INVALID_PATH")
        return [c.variables[name]]

    return find


def unwrapped(c: Context, items: Sequence) -> Sequence:
    """In lax mode an array stands for its elements."""
    return [e for i in items for e in (i if isinstance(i, list) else [i])] if c.is_lax else items


def object_of(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise PathError("an object is expected")
    return item


def array_of(c: Context, item: Any) -> Sequence:
    if isinstance(item, list):
        return item
    if not c.is_lax:
        raise PathError("an array is expected")
    return [item]


def number_of(item: Any) -> Any:
    if isinstance(item, bool) or not isinstance(item, (int, float, Decimal)):
        raise PathError("a number is expected")
    return item


def single(items: Sequence) -> Any:
    if len(items) != 1:
        raise PathError("one item is expected")
    return number_of(items[0])


def members(path: Path, name: str) -> Path:
    def find(c: Context) -> Sequence:
        found = []
        for item in unwrapped(c, path(c)):
            if isinstance(item, dict) and name in item:
                found.append(item[name])
            elif not c.is_lax:
                raise PathError(f"missing member '{name}'")
        return found

    return find


def descendants(path: Path, name: str) -> Path:
    def find(item: Any) -> Sequence:
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        own = [item[name]] if isinstance(item, dict) and name in item else []
        return own + [f for i in inner for f in find(i)]

    return lambda c: [f for i in path(c) for f in find(i)]


def elements(path: Path, parts: list[tuple[Path, Path | None]]) -> Path:
    def find(c: Context) -> Sequence:
        found = []
        for item in path(c):
            elements = array_of(c, item)
            inside = replace(c, last=len(elements) - 1)
            for first, until in parts:
                low = math.trunc(single(unwrapped(c, first(inside))))
                high = low if until is None else math.trunc(single(unwrapped(c, until(inside))))
                if not c.is_lax and not 0 <= low <= high < len(elements):
                    raise PathError("structural error: invalid array subscript")
                found += elements[max(low, 0) : max(high + 1, 0)]
        return found

    return find


def filtered(path: Path, test: Test) -> Path:
    return lambda c: [i for i in unwrapped(c, path(c)) if test(replace(c, current=i)) is True]


def arithmetic(operator: str, left: Path, right: Path) -> Path:
    def compute(c: Context) -> Sequence:
        a, b = (single(unwrapped(c, p(c))) for p in (left, right))
        if float in (type(a), type(b)):
            a, b = float(a), float(b)
        try:
            return [_OPERATIONS[operator](a, b)]
        except (ArithmeticError, ValueError) as error:
            raise PathError(str(error)) from error

    return compute


def _divided(a: Any, b: Any) -> Any:
    """SQL's: whole numbers stay whole, towards zero."""
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a / b


def _rest(a: Any, b: Any) -> Any:
    return math.fmod(a, b) if isinstance(a, float) else a - b * math.trunc(_divided(a, b))


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": _divided, "%": _rest,
}  # fmt: skip
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b,
    ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def compared(left: Path, operator: str, right: Path) -> Test:
    def test(c: Context) -> bool | None:
        try:
            pairs = [(a, b) for a in unwrapped(c, left(c)) for b in unwrapped(c, right(c))]
        except PathError:
            return None
        found = [_pair(operator, a, b) for a, b in pairs]
        if c.is_lax:
            return next((f for f in found if f is not False), False)
        return None if None in found else True in found

    return test


def _pair(operator: str, a: Any, b: Any) -> bool | None:
    if operator == "starts":
        return a.startswith(b) if isinstance(a, str) and isinstance(b, str) else None
    if a is None or b is None:
        return operator == "==" and a is b
    one, other = _comparable(a), _comparable(b)
    return ORDERS[operator](a, b) if one == other and one != "none" else None


def _comparable(item: Any) -> str:
    """What an item may be compared with."""
    names = {str: "text", bool: "boolean", list: "none", dict: "none"}
    return names.get(type(item), "number")


def exists(path: Path) -> Test:
    def test(c: Context) -> bool | None:
        try:
            return bool(path(c))
        except PathError:
            return None

    return test


def any_of(found: Any) -> bool | None:
    results = list(found)
    return True if True in results else None if None in results else False


def all_of(found: Any) -> bool | None:
    results = list(found)
    return False if False in results else None if None in results else True


def _each(work: Callable[[Any], Any]) -> Callable[[Path], Path]:
    return lambda path: lambda c: [work(i) for i in unwrapped(c, path(c))]


def _to_double(item: Any) -> float:
    try:
        return float(item if isinstance(item, str) else number_of(item))
    except ValueError as error:
        raise PathError(str(error)) from error


def _whole(rounding: str, of_float: Callable[[float], int]) -> Callable[[Any], Any]:
    def work(item: Any) -> Any:
        number = number_of(item)
        if isinstance(number, Decimal):
            return int(number.to_integral_value(rounding))
        return float(of_float(number)) if isinstance(number, float) else number

    return work


def _type(item: Any) -> str:
    names = {type(None): "null", bool: "boolean", str: "string", list: "array", dict: "object"}
    return names.get(type(item), "number")


def _sizes(path: Path) -> Path:
    return lambda c: [len(array_of(c, i)) for i in path(c)]


def _key_values(path: Path) -> Path:
    return lambda c: [
        {"name": key, "value": value, "id": number}
        for number, item in enumerate(unwrapped(c, path(c)))
        for key, value in object_of(item).items()
    ]


METHODS: dict[str, Callable[[Path], Path]] = {
    "double": _each(_to_double),
    "ceiling": _each(_whole(ROUND_CEILING, math.ceil)),
    "floor": _each(_whole(ROUND_FLOOR, math.floor)),
    "abs": _each(lambda i: abs(number_of(i))),
    "type": lambda path: lambda c: [_type(i) for i in path(c)],
    "size": _sizes,
    "keyvalue": _key_values,
}
