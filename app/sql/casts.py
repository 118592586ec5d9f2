"""Text of a raw file as typed SQL: what the door accepts (`app.domain.shapes`) is what these expressions accept."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.type_api import TypeEngine

from app.domain.schemas import Column, ColumnType
from app.domain.shapes import BOOLEAN_FALSE, BOOLEAN_TRUE, CURRENCY_SIGNS, pattern_of, shape_of

# translate() maps the first two onto a minus and drops the rest.
_MONEY_FROM: Final = f"(-{CURRENCY_SIGNS}, )+"
_MONEY_TO: Final = "--"


class _Named(sa.types.UserDefinedType[Any]):
    """A type that SQLAlchemy has no class for, spelled as Athena's SELECT spells it."""

    cache_ok = True

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def get_col_spec(self, **_: Any) -> str:
        return self.spelling


_PLAIN_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "boolean": sa.Boolean(),
    "smallint": sa.SmallInteger(),
    "int": sa.Integer(),
    "bigint": sa.BigInteger(),
    "float": sa.REAL(),
    "double": sa.Double(),
    "date": sa.Date(),
    # Not sa.TIMESTAMP: PyAthena would write timestamp(6), and Hive tables hold milliseconds.
    "timestamp": _Named("timestamp"),
}


def typed(
    column: Column,
    source: sa.ColumnElement[Any],
    *,
    is_strict: bool = False,
    has_empty_text: bool = False,
) -> sa.ColumnElement[Any]:
    """The typed value of a text column; NULL for its null tokens and for text that is no value of the type.

    `has_empty_text`: the file's format tells '' from NULL (JSON does, CSV does not), so '' is a value of a text column.

    `is_strict` also matches the text against the door's pattern first. Values that the door has verified do not need
    it; a gate over a file that was not read to its end does, for Athena's casts take a little more than the door.
    """
    code = shape_of(column)
    if code == "text":
        return _text(column, source, () if has_empty_text else ("",))
    text: sa.ColumnElement[Any] = sa.func.trim(source)
    pattern = pattern_of(code, column.type)
    for token in column.null_tokens:
        if token.strip(" "):
            text = sa.func.nullif(text, sa.literal(token.strip(" ")))
    if is_strict and pattern is not None:
        text = sa.case((sa.func.regexp_like(text, sa.literal(f"^(?:{pattern})$")), text))
    return _parsed(code, column.type, text)


def _text(column: Column, source: sa.ColumnElement[Any], nulls: tuple[str, ...]) -> sa.ColumnElement[Any]:
    tokens = [sa.literal(token) for token in (*nulls, *column.null_tokens)]
    value: sa.ColumnElement[Any] = source
    for token in tokens:
        value = sa.func.nullif(value, token)
    if column.type.name == "binary":
        return sa.func.to_utf8(value)
    if column.type.length is not None:
        return sa.cast(value, _sql_type(column.type))
    return value


def _parsed(code: str, kind: ColumnType, text: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    target = _sql_type(kind)
    family, _, fmt = code.partition(":")
    if code == "boolean":
        lowered = sa.func.lower(text)
        return sa.case(
            (lowered.in_([sa.literal(word) for word in BOOLEAN_TRUE]), sa.true()),
            (lowered.in_([sa.literal(word) for word in BOOLEAN_FALSE]), sa.false()),
        )
    if code == "double:special":
        # Java knows Infinity only in this spelling.
        spelled = sa.func.replace(sa.func.replace(sa.func.lower(text), "infinity", "inf"), "inf", "Infinity")
        return sa.try_cast(spelled, target)
    if code == "money":
        return sa.try_cast(sa.func.translate(text, sa.literal(_MONEY_FROM), sa.literal(_MONEY_TO)), target)
    if code == "json":
        return sa.try_cast(_try(sa.func.json_parse(text)), target)
    if family in {"date", "timestamp"}:
        return _moment(fmt, target, text)
    return sa.try_cast(text, target)


def _moment(fmt: str, target: TypeEngine[Any], text: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if fmt == "%Y-%m-%d":
        return sa.try_cast(text, target)
    if fmt == "iso":
        return sa.try_cast(sa.func.replace(text, "T", " "), target)
    if fmt == "zoned":
        iso = sa.func.replace(sa.func.replace(sa.func.replace(text, " UTC", "Z"), "UTC", "Z"), " ", "T")
        moment = sa.func.from_iso8601_timestamp(iso)
        return _try(sa.cast(moment.op("AT TIME ZONE")(sa.literal("UTC")), target))
    return sa.cast(_try(sa.func.date_parse(text, sa.literal(fmt))), target)


def _try(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    attempt: sa.ColumnElement[Any] = getattr(sa.func, "try")(value)
    return attempt


def _sql_type(kind: ColumnType) -> TypeEngine[Any]:
    if kind.name == "decimal":
        return sa.DECIMAL(kind.precision, kind.scale)
    return _PLAIN_TYPES.get(kind.name) or _Named(spelled(kind))


def spelled(kind: ColumnType) -> str:
    """A type as Athena's SELECT writes it: `array(row(a integer))` where DDL says `array<struct<a:int>>`."""
    words = {"int": "integer", "float": "real", "binary": "varbinary"}
    if kind.name == "struct":
        return f"row({', '.join(f'{n} {spelled(p)}' for n, p in zip(kind.fields, kind.parts, strict=True))})"
    if kind.parts:
        return f"{kind.name}({', '.join(map(spelled, kind.parts))})"
    return words.get(kind.name, str(kind))
