"""The columns of a target from those of its source: renamed, computed, cast, and what happens to values that do not
cast.

A strict cast fails the run instead of making NULLs unseen. Where a column says so, a value that is none of its type
becomes NULL, or its row is rejected: it is written all the same, with the texts of all its failing columns as JSON in
the hidden column `_rejected`, in the one pass that writes the good rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from app.domain.errors import BadSql
from app.domain.locations import REJECTED_COLUMN
from app.domain.schemas import Column, ColumnType, parse_type
from app.domain.transforms import OutputColumn, Transform
from app.sql.expressions import Expression, expression
from app.sql.literals import typed_literal
from app.sql.types import TrinoType, sql_type


@dataclass(frozen=True)
class Output:
    """A column of the target. `uses`: the source's columns in it. `failed`: whether the row is rejected for it, and
    `text` is what it held then; None where it rejects nothing.
    """

    name: str
    kind: ColumnType | None
    value: sa.ColumnElement[Any]
    uses: frozenset[str]
    failed: sa.ColumnElement[bool] | None = None
    text: sa.ColumnElement[Any] | None = None


def outputs(transform: Transform, columns: Sequence[Column]) -> list[Output]:
    """Without `columns` in the transform, the source's pass through. Raises BadSql."""
    if transform.columns is None:
        return [Output(one.name, one.type, sa.column(one.name), frozenset((one.name,))) for one in columns]
    known = {column.name: column for column in columns}
    return [_output(wanted, known) for wanted in transform.columns]


def labelled(found: Sequence[Output]) -> list[sa.Label[Any]]:
    """The columns to select; `_rejected` last, where one may reject."""
    rejected = rejection(found)
    columns = [output.value.label(output.name) for output in found]
    return columns if rejected is None else [*columns, _reason(found, rejected).label(REJECTED_COLUMN)]


def rejection(found: Sequence[Output]) -> sa.ColumnElement[bool] | None:
    """Whether a row is rejected; None when none can be. Never NULL."""
    failed = [output.failed for output in found if output.failed is not None]
    return sa.or_(*failed) if failed else None


def computed(wanted: OutputColumn, names: Sequence[str]) -> Expression:
    """The expression of a column. Raises BadSql, for one as well that is computed thrice and differs each time."""
    found = expression(str(wanted.expression), names)
    if found.is_volatile and wanted.on_error == "reject":
        raise BadSql("A column that rejects rows needs the same value whenever it is computed: no random() or now().")
    return found


def converted(
    value: sa.ColumnElement[Any], found: ColumnType | None, wanted: ColumnType, *, is_tried: bool = False
) -> sa.ColumnElement[Any]:
    """The value cast, strictly or (`is_tried`) to NULL where it is none of the type. Of text, a nested type is read
    from JSON. `found` is None where the type is not known before the query runs.
    """
    if wanted == found:
        return value
    value = _present(value, found, wanted)
    if found is not None and found.is_text:
        if wanted.is_nested:
            parsed = sa.func.json_parse(value)
            value = getattr(sa.func, "try")(parsed) if is_tried else parsed
        elif wanted.length is not None and is_tried:  # a cast would cut it
            value = sa.case((sa.func.length(value) <= sa.literal(wanted.length), value))
    return sa.try_cast(value, sql_type(wanted)) if is_tried else sa.cast(value, sql_type(wanted))


def _present(value: sa.ColumnElement[Any], found: ColumnType | None, wanted: ColumnType) -> sa.ColumnElement[Any]:
    """The empty text is no value of any type but text, so it is NULL there."""
    if found is not None and found.is_text and not wanted.is_text:
        return sa.func.nullif(sa.func.trim(value), sa.literal(""))
    return value


def _output(wanted: OutputColumn, known: dict[str, Column]) -> Output:
    kind = parse_type(wanted.type) if wanted.type else None
    given, found, uses = _given(wanted, known)
    if kind is None:
        return Output(wanted.name, found, given, uses)
    if wanted.on_error == "reject" and kind != found:
        return _rejecting(wanted, given, found, kind, uses)
    value = converted(given, found, kind, is_tried=wanted.on_error != "fail")
    if wanted.default is not None:
        value = sa.func.coalesce(value, typed_literal(wanted.default, kind))
    return Output(wanted.name, kind, value, uses)


def _given(
    wanted: OutputColumn, known: dict[str, Column]
) -> tuple[sa.ColumnElement[Any], ColumnType | None, frozenset[str]]:
    if wanted.expression is not None:
        found = computed(wanted, tuple(known))
        return found.element, None, frozenset(found.columns)
    name = wanted.from_ or wanted.name
    if name not in known:
        raise BadSql(f"The column {wanted.name} comes from {name}, which the source does not have.")
    return sa.column(name), known[name].type, frozenset((name,))


def _rejecting(
    wanted: OutputColumn,
    given: sa.ColumnElement[Any],
    found: ColumnType | None,
    kind: ColumnType,
    uses: frozenset[str],
) -> Output:
    present = _present(given, found, kind)
    value = tried = converted(given, found, kind, is_tried=True)
    if wanted.default is not None:  # not for what failed: the rejects show no value there
        value = sa.case((present.is_(None), typed_literal(wanted.default, kind)), else_=tried)
    failed = sa.and_(present.is_not(None), tried.is_(None))
    return Output(wanted.name, kind, value, uses, failed, _shown(given, found))


def _shown(value: sa.ColumnElement[Any], found: ColumnType | None) -> sa.ColumnElement[Any]:
    if found is None or not (found.is_nested or found.is_text or found.name == "binary"):
        return sa.cast(value, sa.String())
    if found.is_nested:
        return sa.func.json_format(sa.cast(value, TrinoType("json")))
    return sa.func.to_hex(value) if found.name == "binary" else value


def _reason(found: Sequence[Output], rejected: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """`{"column": "text", ..}` of the failing ones. JSON_OBJECT would say it shorter, but AWS does not list it."""
    failing = [(one.name, sa.case((one.failed, one.text))) for one in found if one.failed is not None]
    names = ArrayOf(*(sa.literal(name, sa.String()) for name, _ in failing))
    texts = ArrayOf(*(text for _, text in failing))
    held = sa.func.map_filter(sa.func.map(names, texts), sa.literal_column("(k, v) -> v IS NOT NULL"))
    return sa.case((rejected, sa.func.json_format(sa.cast(held, TrinoType("json")))))


class ArrayOf(FunctionElement[Any]):
    """`ARRAY[a, b, ..]`, which SQLAlchemy has for PostgreSQL alone. Trino takes 254 elements at most."""

    inherit_cache = True


@compiles(ArrayOf)
def _array_of(element: ArrayOf, compiler: Any, **kw: Any) -> str:
    return f"ARRAY[{', '.join(compiler.process(part, **kw) for part in element.clauses)}]"
