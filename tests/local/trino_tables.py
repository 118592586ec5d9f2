"""Random typed tables, and what an expression over one is: its SQL, and its value by `trino_model`."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from tests.local import trino_model as model
from tests.local.trino_model import BITS, T, TrinoError, Unspecified

Row = Sequence[Any]
INTEGER, BIGINT, DOUBLE, VARCHAR, BOOLEAN = T("integer"), T("bigint"), T("double"), T("varchar"), T("boolean")
DATE, TIMESTAMP = T("date"), T("timestamp")
_WORDS = (
    "",
    "a",
    "A",
    "ab",
    "b",
    "B ",
    "Ω",
    "é",
    "e\u0301",
    "日本",
    "👍",
    "12",
    "-7",
    "x_y",
    "50%",
    "it's",
    "\uffee",
    "NULL",
)


@dataclass(frozen=True)
class Made:
    """An expression: its SQL, its type, and its value for a row (raises TrinoError, Unspecified)."""

    sql: str
    type: T
    of: Callable[[Row], Any]


@dataclass(frozen=True)
class Table:
    types: list[T]
    rows: list[list[Any]]

    @property
    def sql(self) -> str:
        """A relation `t` with the columns id, c0, c1, ..."""
        names = [f"c{i}" for i in range(len(self.types))]
        shown = ", ".join(f"CAST({n} AS {t}) AS {n}" for n, t in zip(names, self.types, strict=True))
        rows = ", ".join(f"({i}, {', '.join(map(literal, row, self.types))})" for i, row in enumerate(self.rows))
        return f"(SELECT id, {shown} FROM (VALUES {rows}) AS v(id, {', '.join(names)}))"

    def columns(self) -> list[Made]:
        return [Made(f"c{i}", t, lambda row, i=i: row[i]) for i, t in enumerate(self.types)]


def literal(value: Any, kind: T) -> str:
    """A literal of about the type (the common type of a column's literals can be cast to it)."""
    if value is None:
        return "NULL"
    if kind.of is not None:
        return f"CAST(ARRAY[{', '.join(literal(v, kind.of) for v in value)}] AS {kind})"
    if kind.name == "varchar":
        return "'" + value.replace("'", "''") + "'"
    if kind.name == "boolean":
        return "true" if value else "false"
    if kind.name == "decimal":
        return f"DECIMAL '{value:f}'"
    if kind.name in ("date", "timestamp"):
        return f"{kind.name.upper()} '{model.shown(value, kind)}'"
    return f"{value!r}E0" if kind.name == "double" else str(value)


def any_type(r: Random) -> T:
    name = r.choice(
        [*BITS, "decimal", "decimal", "decimal", "double", "varchar", "boolean", "date", "timestamp", "array"]
    )
    if name == "decimal":
        precision = r.choice([1, 2, 5, 9, 18, 19, 30, 38])
        return T(name, precision, r.randint(0, precision))
    return T(name, of=r.choice([INTEGER, BIGINT, VARCHAR])) if name == "array" else T(name)


def value(r: Random, kind: T) -> Any:  # noqa: PLR0911 - one for each type
    """NULL now and then; often a bound or a neighbour of zero."""
    if r.randint(0, 5) == 0:
        return None
    if kind.of is not None:
        return [value(r, kind.of) for _ in range(r.randint(0, 3))]
    if kind.is_integer:
        limit = 1 << (BITS[kind.name] - 1)
        return r.choice([0, 1, -1, 2, 7, -limit, limit - 1, r.randint(-100, 100), r.randint(-limit, limit - 1)])
    if kind.name == "decimal":
        most = 10**kind.p - 1
        unscaled = r.choice([0, 1, -1, 5, most, -most, r.randint(0, min(most, 999)), r.randint(-most, most)])
        return Decimal(unscaled).scaleb(-kind.s, model.WIDE)
    if kind.name == "double":
        return r.choice([0.0, 0.5, -0.125, 2.5, -1.5, 1e7, 12345678.0, 0.0009765625, r.randint(-9999, 9999) / 8])
    if kind.name == "varchar":
        return r.choice(_WORDS)
    if kind.name == "boolean":
        return r.choice([True, False])
    day = dt.date(r.choice([1600, 1969, 1970, 2000, 2024]), r.randint(1, 12), r.choice([1, 28, r.randint(1, 28)]))
    if kind.name == "date":
        return day
    return dt.datetime(
        day.year, day.month, day.day, r.randint(0, 23), r.choice([0, 59]), 1, 1000 * r.choice([0, 1, 999])
    )


def any_table(r: Random, rows: int = 6, columns: int = 8) -> Table:
    types = [any_type(r) for _ in range(columns)]
    return Table(types, [[value(r, t) for t in types] for _ in range(r.randint(1, rows))])


def every(row: Row, *made: Made) -> list[Any]:
    """The values, or the error names of all that fail: any of them may be met first."""
    values, names = [], set()
    for m in made:
        try:
            values.append(m.of(row))
        except TrinoError as error:
            names |= error.names
    if names:
        raise TrinoError(*names)
    return values


def sure(made: Made, row: Row) -> Any:
    try:
        return made.of(row)
    except TrinoError:
        raise Unspecified from None


def first(a: Callable[[Row], Any], b: Callable[[Row], Any], row: Row) -> Any:
    found = a(row)
    return b(row) if found is None else found


def null(work: Callable[[Any], Any], given: Any) -> Any:
    return None if given is None else work(given)


def tail(given: str, at: int) -> str:
    return (given[at - 1 :] if at > 0 else given[at:]) if abs(at) <= len(given) else ""
