"""How often a query reads each dataset, and what its WHERE says of single columns: what an estimate needs. Pure.

Trino writes a WITH clause out wherever it is named, so a dataset behind one that is named twice is read twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlglot import expressions as exp

_RECURSIONS: Final = 10
"""Trino's max_recursion_depth: how often a recursive WITH clause is written out at most."""
_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
_SIGNS: Final[dict[type[exp.Expr], str]] = {exp.EQ: "=", exp.LT: "<", exp.GT: ">", exp.LTE: "<=", exp.GTE: ">="}
_INTEGERS: Final = frozenset({"tinyint", "smallint", "int", "bigint"})
_Env = Mapping[str, Counter[int]]


@dataclass(frozen=True)
class Comparison:
    """`column sign value` for one of the values; signs are = < > <= >=. Values are int, str or date."""

    column: str
    sign: str
    values: tuple[Any, ...]

    def may_hold(self, text: str | None, kind: str) -> bool:
        """Whether it can be true of a partition's value of this type, as Glue writes it; False only if it cannot be."""
        if text is None:
            return False
        value = _value(text, kind)
        return value is None or any(type(each) is not type(value) or self._is(value, each) for each in self.values)

    def _is(self, value: Any, each: Any) -> bool:
        tests: dict[str, Callable[[], bool]] = {
            "=": lambda: value == each,
            "<": lambda: value < each,
            ">": lambda: value > each,
            "<=": lambda: value <= each,
            ">=": lambda: value >= each,
        }
        return tests[self.sign]()


@dataclass(frozen=True)
class Scan:
    """A dataset that is read `times` times under the same conditions."""

    dataset: str
    times: int
    comparisons: tuple[Comparison, ...]


def scans(tree: exp.Expr, found: Iterable[tuple[exp.Table, str]]) -> tuple[Scan, ...]:
    """Of a query, whose tables are these datasets (by id)."""
    names = {id(table): dataset for table, dataset in found}
    conditions = {
        id(table): tuple(_comparisons(select, table, alone=len(tables) == 1))
        for select in tree.find_all(exp.Select)
        for tables in [list(_own_tables(select))]
        for table in tables
    }
    counted = _counted(tree, {})
    return tuple(
        Scan(names[table], times, conditions.get(table, ())) for table, times in counted.items() if table in names
    )


def _counted(node: exp.Expr, env: _Env) -> Counter[int]:
    """How often each table (by identity) is read. `env`: the same of the WITH clauses that can be seen."""
    total: Counter[int] = Counter()
    clause = node.args.get("with_")
    if clause is not None:
        env = dict(env)
        for cte in clause.expressions:
            name = cte.alias.lower()
            is_recursive = bool(clause.args.get("recursive"))
            inner = _counted(cte.this, {**env, name: Counter()} if is_recursive else env)
            env[name] = Counter({key: n * _RECURSIONS for key, n in inner.items()}) if is_recursive else inner
    if isinstance(node, exp.Table):
        total += env.get(node.name.lower(), Counter()) if node.args.get("db") is None else Counter({id(node): 1})
    for key, value in node.args.items():
        if key != "with_":
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, exp.Expr):
                    total += _counted(child, env)
    return total


def _own_tables(select: exp.Select) -> Iterator[exp.Table]:
    """The tables that stand in this FROM by name."""
    sources = [select.args.get("from_"), *(select.args.get("joins") or [])]
    for source in sources:
        table = source.this if source is not None else None
        if isinstance(table, exp.Table):
            yield table


def _comparisons(select: exp.Select, table: exp.Table, *, alone: bool) -> Iterator[Comparison]:
    """Those of the WHERE that must all hold, of one of its tables and a constant. None of a table whose alias renames
    its columns: a name is then another column's.
    """
    if (alias := table.args.get("alias")) is not None and alias.args.get("columns"):
        return
    where = select.args.get("where")
    name = table.alias_or_name.lower()
    is_alone = alone and len(select.args.get("joins") or []) == 0 and not select.args.get("laterals")
    for part in _conjuncts(where.this if where is not None else None):
        found = _comparison(part)
        if found is None:
            continue
        column, sign, values = found
        if column.table.lower() == name or (is_alone and not column.table):
            yield Comparison(column.name.lower(), sign, values)


def _conjuncts(node: exp.Expr | None) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    elif isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif isinstance(node, exp.Between):
        yield exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
        yield exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    elif node is not None:
        yield node


def _comparison(node: exp.Expr) -> tuple[exp.Column, str, tuple[Any, ...]] | None:
    if isinstance(node, exp.In) and isinstance(node.this, exp.Column) and not node.args.get("query"):
        values = [_constant(each) for each in node.expressions]
        return None if not values or None in values else (node.this, "=", tuple(values))
    sign = _SIGNS.get(type(node))
    if sign is None:
        return None
    left, right = node.this, node.expression
    if isinstance(right, exp.Column):
        left, right, sign = right, left, _MIRRORED[sign]
    value = _constant(right)
    return (left, sign, (value,)) if isinstance(left, exp.Column) and value is not None else None


def _constant(node: exp.Expr) -> Any:
    """The value of a literal of text, integer or date; None for anything else."""
    if isinstance(node, exp.Paren):
        return _constant(node.this)
    if isinstance(node, exp.Neg):
        value = _constant(node.this)
        return -value if isinstance(value, int) else None
    if isinstance(node, exp.Literal):
        text = str(node.this)
        return text if node.is_string else int(text) if text.isdecimal() else None
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.is_string:
        kind = str(node.to.sql("trino")).lower()
        known = kind in {"date", "varchar", "bigint", "integer", "smallint", "tinyint"}
        return _value(str(node.this.this), "int" if known and kind not in {"date", "varchar"} else kind)
    return None


def _value(text: str, kind: str) -> Any:
    """A value as it compares; None when it is not known how."""
    try:
        if kind in _INTEGERS:
            return int(text)
        if kind == "date":
            return date.fromisoformat(text)
    except ValueError:
        return None
    return text if kind == "varchar" else None
