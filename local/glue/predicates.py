"""GetPartitions' `Expression`: SQL over partition keys -> a test of one partition's values. Pure.

The grammar is the API reference's: = <> != > < >= <=, AND, OR, NOT, IN, BETWEEN, LIKE, IS [NOT] NULL; keys of
type string, date, timestamp, int, bigint, long, tinyint, smallint, decimal (others compare as text).
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

Values = Sequence[str]
Test = Callable[[Values], bool]
Getter = Callable[[Values], Any]

NUMERIC = frozenset({"int", "integer", "bigint", "long", "tinyint", "smallint", "decimal"})
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"

_COMPARISONS: dict[type[exp.Expr], Callable[[Any, Any], bool]] = {
    exp.EQ: lambda left, right: left == right,
    exp.NEQ: lambda left, right: left != right,
    exp.GT: lambda left, right: left > right,
    exp.GTE: lambda left, right: left >= right,
    exp.LT: lambda left, right: left < right,
    exp.LTE: lambda left, right: left <= right,
}


class BadExpressionError(ValueError):
    """The expression is not one that Glue accepts; the message says where."""


@lru_cache(maxsize=256)
def compiled(expression: str, keys: tuple[tuple[str, str], ...]) -> Test:
    """The test for a table whose partition keys are `keys` (name, Glue type). Raises BadExpressionError."""
    try:
        # Of the dialects sqlglot knows, SQLite quotes as Glue does: `key`, "key", and a doubled quote inside text.
        tree = sqlglot.parse_one(expression, read="sqlite", into=exp.Condition)
    except (sqlglot.ParseError, sqlglot.TokenError, RecursionError) as error:
        raise BadExpressionError(f"Unsupported expression '{expression}'") from error
    return _Compiler(keys).test(tree)


class _Compiler:
    def __init__(self, keys: tuple[tuple[str, str], ...]) -> None:
        self._positions = {name.lower(): position for position, (name, _) in enumerate(keys)}
        self._numeric = [kind.lower().partition("(")[0] in NUMERIC for _, kind in keys]

    def test(self, node: exp.Expr) -> Test:
        """One boolean node. NULL (the default partition) satisfies nothing but IS NULL."""
        if isinstance(node, exp.Paren):
            return self.test(node.this)
        if isinstance(node, exp.And | exp.Or):
            left, right = self.test(node.left), self.test(node.right)
            if isinstance(node, exp.And):
                return lambda values: left(values) and right(values)
            return lambda values: left(values) or right(values)
        if isinstance(node, exp.Not):
            inner = self.test(node.this)
            return lambda values: not inner(values)
        if type(node) in _COMPARISONS:
            return self._comparison(node, _COMPARISONS[type(node)])
        return self._membership(node)

    def _comparison(self, node: exp.Expr, compare: Callable[[Any, Any], bool]) -> Test:
        is_numeric = any(self._is_numeric(side) for side in (node.this, node.expression))
        left, right = (self._operand(side, is_numeric=is_numeric) for side in (node.this, node.expression))

        def holds(values: Values) -> bool:
            one, other = left(values), right(values)
            return one is not None and other is not None and compare(one, other)

        return holds

    def _membership(self, node: exp.Expr) -> Test:
        is_numeric = self._is_numeric(node.this)
        subject = self._operand(node.this, is_numeric=is_numeric) if node.this is not None else None
        if isinstance(node, exp.In) and node.expressions and subject is not None:
            chosen = {self._operand(item, is_numeric=is_numeric)(()) for item in node.expressions}
            return lambda values: subject(values) in chosen and subject(values) is not None
        if isinstance(node, exp.Between) and subject is not None:
            low, high = (self._operand(node.args[end], is_numeric=is_numeric)(()) for end in ("low", "high"))
            return lambda values: (value := subject(values)) is not None and low <= value <= high
        if isinstance(node, exp.Like) and subject is not None:
            pattern = _like(str(self._operand(node.expression, is_numeric=False)(())))
            text = self._operand(node.this, is_numeric=False)
            wanted = not node.args.get("negate")  # sqlglot keeps the NOT of NOT LIKE inside
            return lambda values: (
                (value := text(values)) is not None and (pattern.fullmatch(value) is not None) == wanted
            )
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null) and subject is not None:
            return lambda values: subject(values) is None
        raise BadExpressionError(f"Unsupported expression '{node.sql('sqlite')}'")

    def _is_numeric(self, node: exp.Expr | None) -> bool:
        position = self._positions.get(node.name.lower()) if isinstance(node, exp.Column) else None
        return position is not None and self._numeric[position]

    def _operand(self, node: exp.Expr, *, is_numeric: bool) -> Getter:
        convert: Callable[[str], Any] = _number if is_numeric else str
        if isinstance(node, exp.Paren):
            return self._operand(node.this, is_numeric=is_numeric)
        if isinstance(node, exp.Column):
            position = self._positions.get(node.name.lower())
            if position is None:
                raise BadExpressionError(f"'{node.name}' is not a partition key")
            return lambda values: None if values[position] == NULL_PARTITION else convert(values[position])
        text = _literal(node)
        constant = convert(text)
        return lambda _values: constant


def _literal(node: exp.Expr) -> str:
    """The text of a literal: 'x', 1, -1, date '2026-01-01', cast('1' as int)."""
    if isinstance(node, exp.Literal):
        return str(node.this)
    if isinstance(node, exp.Neg):
        return f"-{_literal(node.this)}"
    if isinstance(node, exp.Cast):
        return _literal(node.this)
    raise BadExpressionError(f"Unsupported expression '{node.sql('sqlite')}'")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise BadExpressionError(f"'{text}' is not a number") from error


def _like(pattern: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(character, re.escape(character)) for character in pattern), re.DOTALL)
