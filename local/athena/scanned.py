"""DataScannedInBytes as Athena counts it: text by the whole file, Parquet by the column chunks that must be read."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlglot import exp

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.footers import Footer, footer
from local.athena.orcfooter import column_bytes
from local.athena.serdes import DataFile
from local.athena.serdes.columnar import is_by_index
from local.athena.sqltypes import column_path, columns_of


def text_bytes(files: Iterable[DataFile]) -> int:
    """Whole objects, as stored (compressed)."""
    return sum(f.stored.size for f in files)


def parquet_bytes(files: Iterable[DataFile], needed: set[str], filters: list[str]) -> int:
    """Chunks of the needed columns in the row groups whose bounds leave a match possible; footers not counted."""
    conditions = [c for text in filters if (c := columns_of(text)) is not None]
    read = needed.union(*(names for _, names in conditions))
    total = 0
    for file in files:
        meta = footer(file.stored.path, file.stored.uri)
        for group in range(meta.row_groups):
            if all(may_match(tree, meta, group) for tree, _ in conditions):
                total += sum(meta.chunk_bytes(group, column) for column in read)
    return total


def orc_bytes(table: dict[str, Any], files: Iterable[DataFile], needed: set[str], filters: list[str]) -> int:
    """Data streams of the needed columns in all stripes; columns matched as the table's SerDe matches them."""
    read = needed.union(*(c[1] for text in filters if (c := columns_of(text)) is not None))
    read = {name.split(".")[0] for name in read}
    names = [name for name, _ in catalog.columns(table)]
    total = 0
    for file in files:
        try:
            sizes = column_bytes(file.stored.path)
        except (ValueError, IndexError, KeyError) as broken:
            raise QueryFailed("HIVE_CURSOR_ERROR", f"Failed to read ORC file: {file.stored.uri}: {broken}") from broken
        if is_by_index(table, "orc"):
            total += sum(size for name, (_, size) in zip(names, sizes, strict=False) if name in read)
        else:
            total += sum(size for name, size in sizes if name.lower() in read)
    return total


def may_match(node: exp.Expr, meta: Footer, group: int) -> bool:  # noqa: PLR0911 - one return a form
    """Whether a row of the group can satisfy the condition; True when the bounds cannot tell."""
    if isinstance(node, exp.Paren):
        return may_match(node.this, meta, group)
    if isinstance(node, exp.And):
        return may_match(node.left, meta, group) and may_match(node.right, meta, group)
    if isinstance(node, exp.Or):
        return may_match(node.left, meta, group) or may_match(node.right, meta, group)
    if isinstance(node, (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE)):
        return _compare(node, meta, group)
    if isinstance(node, exp.In) and isinstance(node.this, exp.Column):
        return any(_within(column_path(node.this), exp.EQ, v, meta, group) for v in node.expressions)
    if isinstance(node, exp.Between) and isinstance(node.this, exp.Column):
        name = column_path(node.this)
        return _within(name, exp.GTE, node.args["low"], meta, group) and _within(
            name, exp.LTE, node.args["high"], meta, group
        )
    if isinstance(node, exp.Column):
        return _within(column_path(node), exp.EQ, exp.true(), meta, group)
    if isinstance(node, exp.Not):
        return _may_not_match(node.this.unnest(), meta, group)
    if isinstance(node, exp.Is) and isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Null):
        bounds = meta.bounds(group, column_path(node.this))
        return bounds is None or bounds[2] != 0
    return True


def _may_not_match(node: exp.Expr, meta: Footer, group: int) -> bool:
    if isinstance(node, exp.Column):
        return _within(column_path(node), exp.EQ, exp.false(), meta, group)
    if isinstance(node, exp.Is) and isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Null):
        return not meta.is_all_null(group, column_path(node.this))
    return True


_MIRROR: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}


def _compare(node: exp.Expr, meta: Footer, group: int) -> bool:
    left, right, kind = node.this, node.expression, type(node)
    if isinstance(right, exp.Column):
        left, right, kind = right, left, _MIRROR.get(kind, kind)
    if not isinstance(left, exp.Column):
        return True
    return _within(column_path(left), kind, right, meta, group)


def _within(column: str, kind: type[exp.Expr], operand: exp.Expr, meta: Footer, group: int) -> bool:
    bounds = meta.bounds(group, column)
    if bounds is None:
        return not meta.is_all_null(group, column)
    low, high, _ = bounds
    value = literal_value(operand, low)
    if value is None:
        return True
    try:
        if kind is exp.EQ:
            return bool(low <= value <= high)
        if kind is exp.GT:
            return bool(high > value)
        if kind is exp.GTE:
            return bool(high >= value)
        return bool(low < value) if kind is exp.LT else bool(low <= value)
    except TypeError:
        return True


def literal_value(node: exp.Expr, like: object) -> Any:  # noqa: PLR0911 - one return a type
    """A literal (perhaps cast, perhaps negative) as a Python value of the type of `like`; None if it is none."""
    sign = 1
    while isinstance(node, (exp.Cast, exp.Paren, exp.Neg)):
        sign = -sign if isinstance(node, exp.Neg) else sign
        node = node.this
    if isinstance(node, exp.Boolean) and isinstance(like, bool):
        return bool(node.this)
    if not isinstance(node, exp.Literal):
        return None
    text = node.name
    try:
        if isinstance(like, bool):
            return None
        if isinstance(like, (int, float, Decimal)):
            return sign * Decimal(text)
        if isinstance(like, dt.datetime):
            return dt.datetime.fromisoformat(text).replace(tzinfo=like.tzinfo)
        if isinstance(like, dt.date):
            return dt.date.fromisoformat(text)
        if isinstance(like, bytes):
            return text.encode()
    except (ValueError, ArithmeticError):
        return None
    return text if node.is_string else None
