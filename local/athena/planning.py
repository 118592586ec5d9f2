"""What a query needs before anything is read: its tables, their columns and conditions, and the types it returns.

Every table reference becomes a stand-in, an empty DuckDB table of the same columns. DuckDB plans the query over the
stand-ins, and its plan names, for each of them, the columns used and the conditions that were pushed down to it -
through views, joins and subqueries. So pruning needs no optimizer of our own, and a wrong name fails before any read.
"""

import datetime as dt
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

import duckdb
from sqlglot import exp

from local.athena import catalog, iceberg, systables
from local.athena.errors import QueryFailed, from_duckdb
from local.athena.sqltypes import athena_type
from local.trino import Base, Session, SqlError, View, compile_query
from local.trino.casts import cast
from local.trino.storage import stored_type
from local.trino.typed import Typed
from local.trino.types import BIGINT, VARCHAR, Type, can_store, literal, parse, quoted

_SYSTEM_COLUMNS = (("$path", VARCHAR), ("$file_size", BIGINT))


@dataclass
class Scan:
    """One reference to a table. `columns` are (name, DuckDB type), partition keys last; `constant` is the SQL of a
    relation that has no files. `uses` holds one (columns used, conditions) for each time the plan reads it.
    """

    placeholder: str
    table: catalog.Table
    columns: list[tuple[str, str]]
    constant: str | None = None
    uses: list[tuple[set[str], list[str]]] = field(default_factory=list)

    @property
    def needed(self) -> set[str]:
        return set().union(*(columns for columns, _ in self.uses))


@dataclass
class Plan:
    """DuckDB SQL with placeholders for its scans, and the name and Trino type of each column it returns.

    Names are in lower case, as a table has them; `heads` are as they were written, which is what results show. A column
    without a name is `_col<n>`; `unnamed` holds those names.
    """

    sql: str
    scans: list[Scan]
    columns: list[tuple[str, Type]]
    heads: list[str]
    unnamed: frozenset[str]

    def as_table(self) -> list[tuple[str, Type]]:
        """The columns of a table made from the query. Raises QueryFailed for names and types no table has."""
        seen: set[str] = set()
        for position, (name, kind) in enumerate(self.columns, start=1):
            if name in self.unnamed:
                raise QueryFailed("MISSING_COLUMN_NAME", f"line 1:1: Column name not specified at position {position}")
            if name in seen:
                raise QueryFailed("DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{name}' specified more than once")
            seen.add(name)
            if kind.name == "unknown":
                raise QueryFailed("COLUMN_TYPE_UNKNOWN", f"line 1:1: Column type is unknown: {name}")
        return self.columns

    def as_row(self, what: str, wanted: list[Type]) -> list[Typed]:
        """The query's columns, called `i0`, `i1`, ..., cast to the types `wanted` of the columns that will store them.

        Raises QueryFailed in Trino's words when they may not be stored there; `what` begins its sentence.
        """
        given = [kind for _, kind in self.columns]
        if len(given) != len(wanted) or not all(map(can_store, given, wanted)):
            raise QueryFailed(
                "TYPE_MISMATCH",
                f"{what} has mismatched column types: Table: [{', '.join(map(str, wanted))}], "
                f"Query: [{', '.join(map(str, given))}]",
            )
        return [cast(Typed(f"i{i}", kind), to) for i, (kind, to) in enumerate(zip(given, wanted, strict=True))]


def plan(tree: exp.Expr, database: str, cursor: duckdb.DuckDBPyConnection, sql: str) -> Plan:
    """The plan of a query; `sql` is its text, for the places in messages. Raises QueryFailed."""
    tables = _Tables(tree, database, cursor, sql)
    try:
        compiled = compile_query(tree, tables, Session(dt.datetime.now(dt.UTC), database))
    except SqlError as error:
        raise QueryFailed(error.code, error.placed(sql)) from error
    scans = tables.scans
    try:
        for scan in scans:
            shape = ", ".join(f"{quoted(n)} {t}" for n, t in scan.columns)
            cursor.execute(f"CREATE TEMP TABLE {quoted(scan.placeholder)} ({shape})")
        text = cursor.execute(f"EXPLAIN (FORMAT JSON) {compiled.sql}").fetchall()[0][1] if scans else "[]"
    except duckdb.Error as error:
        raise from_duckdb(error) from error
    by_name = {scan.placeholder: scan for scan in scans}
    for node in json.loads(text):
        _collect_uses(node, by_name)
    heads = [name or f"_col{i}" for i, (name, _) in enumerate(compiled.columns)]
    columns = [(head.lower(), kind) for head, (_, kind) in zip(heads, compiled.columns, strict=True)]
    unnamed = frozenset(f"_col{i}" for i, (name, _) in enumerate(compiled.columns) if name is None)
    return Plan(compiled.sql, scans, columns, heads, unnamed)


def _collect_uses(node: dict[str, Any], scans: dict[str, Scan]) -> None:
    info = node.get("extra_info") or {}
    name = str(info.get("Table", "")).rsplit(".", maxsplit=1)[-1].strip('"')
    if name in scans:
        projected, filters = info.get("Projections") or [], info.get("Filters") or []
        projected = [projected] if isinstance(projected, str) else projected
        filters = [filters] if isinstance(filters, str) else filters
        names = [n for n, _ in scans[name].columns]
        used = {c.strip('"').lower() for c in projected}
        scans[name].uses.append((used, [_with_quotes(text, names) for text in filters]))
    for child in node.get("children") or []:
        _collect_uses(child, scans)


def _with_quotes(condition: str, names: list[str]) -> str:
    """A condition as DuckDB prints it, its columns in quotes: it prints `$path`, `order` and `odd name` bare.

    Names are in lower case, key words of DuckDB's in upper case; text in quotes is left alone.
    """
    longest_first = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
    if not longest_first:
        return condition
    bare = re.compile(rf"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?<![\w$])({longest_first})(?![\w$(]|: )")
    return bare.sub(lambda found: found[1] or quoted(found[2]), condition)


class _Tables:
    """Finds tables in the catalogue and puts stand-ins in their place."""

    def __init__(self, tree: exp.Expr, database: str, cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
        self._database, self._cursor, self._sql = database, cursor, sql
        self._tag = uuid.uuid4().hex[:8]
        self._wanted = {c.name.lower() for c in tree.find_all(exp.Column) if c.name.startswith("$")}
        self.scans: list[Scan] = []

    def find(self, node: exp.Table, schema: str) -> Base | View:
        """The stand-in or the view that a reference names. Raises SqlError."""
        schema, name = (node.db or schema).lower(), node.name.lower()
        if node.catalog and node.catalog.lower() != catalog.CATALOG:
            raise SqlError("CATALOG_NOT_FOUND", f"Catalog '{node.catalog}' does not exist", node)
        system = systables.relation(schema, name)
        if system is not None:
            columns = [(n, t if isinstance(t, Type) else parse(athena_type(t))) for n, t in system.columns]
            return self._stand_in({"Name": name}, schema, columns, [], system.sql)
        if catalog.find_database(schema) is None:
            raise SqlError("SCHEMA_NOT_FOUND", f"Schema '{schema}' does not exist", node)
        table = catalog.find_table(schema, name)
        if table is None:
            raise SqlError("TABLE_NOT_FOUND", f"Table '{catalog.CATALOG}.{schema}.{name}' does not exist", node)
        hidden = [(n, t) for n, t in _SYSTEM_COLUMNS if n in self._wanted]
        if iceberg.is_iceberg(table):
            from local.athena.iceberg.opening import opened

            seen, shown = opened(table, node, self._computed)
            return self._stand_in(seen, schema, shown, hidden)
        if node.args.get("version"):
            raise SqlError("NOT_SUPPORTED", "This connector does not support versioned tables", node)
        if catalog.is_view(table):
            return _view(table, schema)
        listed = catalog.columns(table) + catalog.partition_keys(table)
        return self._stand_in(table, schema, [(n, _column_type(t, node)) for n, t in listed], hidden)

    def _stand_in(
        self,
        table: catalog.Table,
        schema: str,
        columns: list[tuple[str, Type]],
        hidden: list[tuple[str, Type]],
        constant: str | None = None,
    ) -> Base:
        placeholder = f"__scan_{self._tag}_{len(self.scans)}"
        stored = [(n, stored_type(t)) for n, t in (*columns, *hidden)]
        self.scans.append(Scan(placeholder, table, stored, constant))
        return Base(quoted(placeholder), tuple(columns), tuple(hidden), schema)

    def _computed(self, constant: exp.Expr) -> object:
        """The value of an expression that names no column (as DuckDB gives it; a zoned timestamp is its instant)."""
        planned = plan(exp.select(constant), self._database, self._cursor, self._sql)
        row = self._cursor.execute(planned.sql).fetchone()
        value = row[0] if row else None
        return value["t"] if isinstance(value, dict) and set(value) == {"t", "z"} else value


def _column_type(hive: str, node: exp.Table) -> Type:
    try:
        return parse(hive)
    except ValueError as error:
        raise SqlError("NOT_SUPPORTED", f"Unsupported Hive type: {hive}", node) from error


def _view(table: catalog.Table, schema: str) -> View:
    definition = catalog.view_definition(table)
    columns = tuple((c["name"].lower(), parse(c["type"])) for c in definition.get("columns") or [])
    return View(table["Name"], definition["originalSql"], (definition.get("schema") or schema).lower(), columns)


def partition_filter(filters: list[exp.Expr]) -> str:
    """Conditions as one DuckDB expression."""
    return " AND ".join(f"({f.sql(dialect='duckdb')})" for f in filters) or "true"


def empty_relation(scan: Scan) -> str:
    """A relation of the scan's shape without rows."""
    shape = ", ".join(f"CAST(NULL AS {t}) AS {quoted(n)}" for n, t in scan.columns) or "1"
    return f"(SELECT {shape} WHERE {literal('')} <> '')"
