"""`:name` parameters: typed values that enter a query as literals of the tree, never as text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Final

from sqlglot import expressions as exp

from app.domain.errors import BadSchema, BadSql
from app.domain.schemas import ColumnType, parse_type
from app.sql.allowed import nodes, refuse
from app.sql.types import trino_name

MAX_TEXT: Final = 65_536
_BITS: Final = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")

Value = bool | int | float | str | None


@dataclass(frozen=True)
class Parameter:
    """A value and its Athena type name. Dates and timestamps are ISO text, decimals text or numbers; None is NULL."""

    type: str
    value: Value


def bind(tree: exp.Expr, parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
    """Puts the literals into the tree, in place; returns the names used. Raises BadSql for missing or spare ones."""
    used: set[str] = set()
    for node in list(nodes(tree)):
        if not isinstance(node, exp.Placeholder):
            continue
        name = str(node.this)
        if name not in parameters:
            refuse(node, f"The parameter :{name} has no value. Send it under `parameters`.")
        used.add(name)
        node.replace(literal(name, parameters[name]))
    if spare := sorted(set(parameters) - used):
        raise BadSql(f"These parameters are not in the SQL: {', '.join(spare)[:200]}.")
    return tuple(sorted(used))


def placeholders(tree: exp.Expr) -> tuple[str, ...]:
    """The names of the parameters that the query asks for."""
    return tuple(sorted({str(node.this) for node in nodes(tree) if isinstance(node, exp.Placeholder)}))


def literal(name: str, parameter: Parameter) -> exp.Expr:
    """The typed literal of one value. Raises BadSql, naming the parameter and the type but not the value."""
    try:
        kind = parse_type(parameter.type)
    except BadSchema as error:
        raise BadSql(f"The type of parameter :{name} is not an Athena type.") from error
    if parameter.value is None:
        return _cast(exp.Null(), kind)
    value = parameter.value
    match kind.name:
        case "boolean" if isinstance(value, bool):
            return exp.Boolean(this=value)
        case "boolean" if value in ("true", "false"):
            return exp.Boolean(this=value == "true")
        case "tinyint" | "smallint" | "int" | "bigint":
            return _integer(name, kind, value)
        case "float" | "double":
            return _cast(exp.Literal.string(_double(name, value)), kind)
        case "decimal":
            return _decimal(name, kind, value)
        case "varchar" | "char" if isinstance(value, str):
            return _text(name, kind, value)
        case "date" | "timestamp" if isinstance(value, str):
            return _moment(name, kind, value)
        case _:
            pass
    raise _wrong(name, kind)


def _wrong(name: str, kind: ColumnType) -> BadSql:
    return BadSql(f"The value of parameter :{name} is no {kind}.")


def _cast(value: exp.Expr, kind: ColumnType) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(trino_name(kind), dialect="trino"))


def _integer(name: str, kind: ColumnType, value: Value) -> exp.Expr:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, kind)
    limit = 1 << (_BITS[kind.name] - 1)
    if not -limit <= value < limit:
        raise _wrong(name, kind)
    number: exp.Expr = exp.Literal.number(abs(value))
    if value < 0:
        number = exp.Paren(this=exp.Neg(this=number))
    # LIMIT takes a bare number; Trino gives an integer literal the smallest of integer and bigint that holds it.
    fits_bare = kind.name == "int" or (kind.name == "bigint" and value >= 1 << 31)
    return number if fits_bare or value >= 0 else _cast(exp.Literal.string(str(value)), kind)


def _double(name: str, value: Value) -> str:
    kind = ColumnType("double")
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 400:
        raise _wrong(name, kind)
    if isinstance(value, str) and not re.fullmatch(_DECIMAL.pattern + r"([eE][+-]?[0-9]{1,4})?", value):
        raise _wrong(name, kind)
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number):
        raise _wrong(name, kind)
    return repr(number)


def _decimal(name: str, kind: ColumnType, value: Value) -> exp.Expr:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(name, kind)
    text = repr(value) if isinstance(value, float) else str(value)
    if len(text) > 60 or not _DECIMAL.fullmatch(text):
        raise _wrong(name, kind)
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise _wrong(name, kind) from error
    _, digits, exponent = number.as_tuple()
    places = max(0, -int(exponent))
    whole = max(0, len(digits) + int(exponent)) if number else 0
    if places > (kind.scale or 0) or whole > (kind.precision or 0) - (kind.scale or 0):
        raise _wrong(name, kind)
    return _cast(exp.Literal.string(format(number, "f")), kind)


def _text(name: str, kind: ColumnType, value: str) -> exp.Expr:
    if len(value) > (kind.length or MAX_TEXT) or any(ch == "\x00" or "\ud800" <= ch <= "\udfff" for ch in value):
        raise _wrong(name, kind)
    text = exp.Literal.string(value)
    return text if kind.name == "varchar" else _cast(text, kind)


def _moment(name: str, kind: ColumnType, value: str) -> exp.Expr:
    pattern, read = (_DATE, date.fromisoformat) if kind.name == "date" else (_TIMESTAMP, datetime.fromisoformat)
    if not pattern.fullmatch(value):
        raise _wrong(name, kind)
    try:
        moment = read(value)
    except ValueError as error:
        raise _wrong(name, kind) from error
    if isinstance(moment, datetime):
        is_fine = moment.microsecond % 1000 == 0
        text = moment.isoformat(" ", timespec="milliseconds" if is_fine else "microseconds")
        target = "timestamp(3)" if is_fine else "timestamp(6)"
        return exp.Cast(this=exp.Literal.string(text), to=exp.DataType.build(target, dialect="trino"))
    return _cast(exp.Literal.string(moment.isoformat()), kind)
