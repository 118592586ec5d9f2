"""What names mean at a place in a query."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlglot import exp

from local.trino.errors import SqlError
from local.trino.typed import Typed
from local.trino.types import Type


@dataclass(frozen=True)
class Field:
    """A column in sight: its name (lower case; None: it has none), what it compiles to, and the table it belongs to.

    A hidden one (`$path`) is found by name and left out of `*`.
    """

    name: str | None
    value: Typed
    table: str | None = None
    schema: str | None = None
    is_hidden: bool = False


@dataclass(frozen=True)
class Query:
    """A compiled query: DuckDB SQL, and the name as written and the type of each column (None: it has no name)."""

    sql: str
    columns: tuple[tuple[str | None, Type], ...]


@dataclass(frozen=True)
class Base:
    """A table: the DuckDB relation that stands for it, its columns in order, and those that only exist by name."""

    relation: str
    columns: tuple[tuple[str, Type], ...]
    hidden: tuple[tuple[str, Type], ...] = ()
    schema: str | None = None


@dataclass(frozen=True)
class View:
    """A view: its query's text, the database its names mean, and its declared columns."""

    name: str
    sql: str
    schema: str
    columns: tuple[tuple[str, Type], ...]


class Tables(Protocol):
    """Where tables are found. `session` says what an unqualified name means."""

    def find(self, node: exp.Table, schema: str) -> Base | View:
        """The table of a reference; `schema` is the database of unqualified names. Raises SqlError."""
        ...


@dataclass(frozen=True)
class Session:
    """What stays the same during one statement: its start (aware), zone, user, and database of unqualified names."""

    started: dt.datetime
    schema: str = "default"
    catalog: str = "awsdatacatalog"
    zone: str = "UTC"
    user: str = "athena"


# Athena's own words (Trino's end after "resolved").
UNRESOLVED = "cannot be resolved or requester is not authorized to access requested resources"


@dataclass
class Scope:
    """The names in sight: fields of FROM, lambda parameters, CTEs, named windows; then those of the query around it."""

    fields: list[Field] = field(default_factory=list)
    parent: "Scope | None" = None
    variables: dict[str, Typed] = field(default_factory=dict)
    ctes: dict[str, Any] = field(default_factory=dict)
    windows: dict[str, exp.Window] = field(default_factory=dict)
    _named: tuple[list[Field], dict[str | None, list[Field]]] | None = None

    def with_variables(self, variables: dict[str, Typed]) -> "Scope":
        """The scope inside a lambda."""
        return Scope(self.fields, self.parent, {**self.variables, **variables}, self.ctes, self.windows)

    def find(self, names: list[str], node: exp.Expr) -> tuple[Typed, list[str]]:
        """The column that a dotted name begins with, and the names of row fields that are left. Raises SqlError."""
        scope: Scope | None = self
        while scope is not None:
            if names[0] in scope.variables:
                return scope.variables[names[0]], names[1:]
            for used in (3, 2, 1):
                if found := scope._matching(names, used):
                    if len({f.value.sql for f in found}) > 1:
                        raise SqlError("AMBIGUOUS_NAME", f"Column '{'.'.join(names[:used])}' is ambiguous", node)
                    return found[0].value, names[used:]
            scope = scope.parent
        raise SqlError("COLUMN_NOT_FOUND", f"Column '{'.'.join(names)}' {UNRESOLVED}", node)

    def _matching(self, names: list[str], used: int) -> list[Field]:
        if used > len(names):
            return []
        *qualifier, name = names[:used]
        return [
            f
            for f in self._by_name(name)
            if (not qualifier or f.table == qualifier[-1]) and (len(qualifier) < 2 or f.schema == qualifier[0])
        ]

    def _by_name(self, name: str) -> list[Field]:
        """The fields of a name. Wide tables are looked up often; `fields` is replaced by FROM, never changed."""
        if self._named is None or self._named[0] is not self.fields:
            index: dict[str | None, list[Field]] = {}
            for one in self.fields:
                index.setdefault(one.name, []).append(one)
            self._named = self.fields, index
        return self._named[1].get(name, [])

    def cte(self, name: str) -> Any | None:
        """The CTE of that name that is in sight."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.parent
        return None

    def window(self, name: str) -> exp.Window | None:
        return self.windows.get(name)


def alias_columns(alias: exp.Expr | None) -> list[str]:
    """The names in `AS t(a, b)`."""
    return [c.name.lower() for c in alias.columns] if isinstance(alias, exp.TableAlias) else []
