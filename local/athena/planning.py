"""What a query needs before anything is read: its tables, their columns and conditions, and the types it returns.

Every table reference becomes a stand-in, an empty DuckDB table of the same columns. DuckDB plans the query over the
stand-ins, and its plan names, for each of them, the columns used and the conditions that were pushed down to it -
through views, joins and subqueries. So pruning needs no optimizer of our own, and a wrong name fails before any read.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from local.athena import catalog, iceberg, syntax, systables, translate
from local.athena.errors import QueryFailed, from_duckdb
from local.athena.sqltypes import duckdb_type, literal, quoted

_SYSTEM_COLUMNS = (("$path", "VARCHAR"), ("$file_size", "BIGINT"))
_MAX_VIEW_DEPTH = 20


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
    """DuckDB SQL with placeholders for its scans, and the (name, DuckDB type) of each column it returns."""

    sql: str
    scans: list[Scan]
    columns: list[tuple[str, str]]


def plan(tree: exp.Expr, database: str, cursor: duckdb.DuckDBPyConnection, sql: str) -> Plan:
    """The plan of a query. `tree` is consumed; `sql` is its text, for the places in messages. Raises QueryFailed."""
    resolver = _Resolver(sql, lambda constant: _computed(constant, database, cursor, sql))
    tree = resolver.resolve(tree, database)
    translated = translate.to_duckdb(tree)
    scans = resolver.scans
    try:
        for scan in scans:
            shape = ", ".join(f"{quoted(n)} {t}" for n, t in scan.columns)
            cursor.execute(f"CREATE TEMP TABLE {quoted(scan.placeholder)} ({shape})")
        described = cursor.execute(f"DESCRIBE {translated}").fetchall()
        text = cursor.execute(f"EXPLAIN (FORMAT JSON) {translated}").fetchall()[0][1] if scans else "[]"
        if '"CTE_SCAN"' in text:
            text = cursor.execute(f"EXPLAIN (FORMAT JSON) {_inlined(translated)}").fetchall()[0][1]
    except duckdb.Error as error:
        raise _placed(from_duckdb(error), sql) from error
    by_name = {scan.placeholder: scan for scan in scans}
    for node in json.loads(text):
        _collect_uses(node, by_name)
    return Plan(translated, scans, [(row[0], row[1]) for row in described])


def _inlined(sql: str) -> str:
    """The query with its common table expressions read anew at every use, as Trino reads them."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    for cte in tree.find_all(exp.CTE):
        cte.set("materialized", False)
    return tree.sql("duckdb")


def _computed(constant: exp.Expr, database: str, cursor: duckdb.DuckDBPyConnection, sql: str) -> object:
    """The value of an expression that names no column."""
    planned = plan(exp.select(constant), database, cursor, sql)
    row = cursor.execute(planned.sql).fetchone()
    return row[0] if row else None


def _collect_uses(node: dict[str, Any], scans: dict[str, Scan]) -> None:
    info = node.get("extra_info") or {}
    name = str(info.get("Table", "")).rsplit(".", maxsplit=1)[-1].strip('"')
    if name in scans:
        projected, filters = info.get("Projections") or [], info.get("Filters") or []
        projected = [projected] if isinstance(projected, str) else projected
        filters = [filters] if isinstance(filters, str) else filters
        scans[name].uses.append(({c.strip('"').lower() for c in projected}, filters))
    for child in node.get("children") or []:
        _collect_uses(child, scans)


def _placed(failure: QueryFailed, sql: str) -> QueryFailed:
    """The failure with `line l:c:` of the name it quotes, as Athena gives it."""
    if failure.code not in ("COLUMN_NOT_FOUND", "FUNCTION_NOT_FOUND", "AMBIGUOUS_NAME") or "'" not in failure.detail:
        return failure
    name = failure.detail.split("'")[1]
    at = sql.lower().find(name.lower())
    failure.detail = f"{place(sql, max(at, 0))}: {failure.detail}"
    return failure


def place(sql: str, offset: int) -> str:
    """`line l:c` of an offset, both counted from one."""
    before = sql[:offset]
    return f"line {before.count(chr(10)) + 1}:{offset - before.rfind(chr(10))}"


class _Resolver:
    """Replaces tables by stand-ins and views by what they select."""

    def __init__(self, sql: str, compute: Callable[[exp.Expr], object]) -> None:
        self._sql = sql
        self._compute = compute
        self._tag = uuid.uuid4().hex[:8]
        self.scans: list[Scan] = []

    def resolve(self, tree: exp.Expr, database: str, depth: int = 0) -> exp.Expr:
        if depth > _MAX_VIEW_DEPTH:
            raise QueryFailed("VIEW_IS_RECURSIVE", "View is recursive or nested too deeply")
        wanted = {c.name.lower() for c in tree.find_all(exp.Column) if c.name.startswith("$")}
        for node in list(tree.find_all(exp.Table)):
            if isinstance(node.this, exp.Func):
                raise QueryFailed(
                    "FUNCTION_NOT_FOUND", f"Table function '{node.this.name or node.this.key}' not registered"
                )
            if not node.db and _is_cte(node):
                continue
            replaced = self._relation(node, database, wanted, depth)
            if node is tree:
                tree = replaced
            else:
                node.replace(replaced)
        return tree

    def _relation(self, node: exp.Table, database: str, wanted: set[str], depth: int) -> exp.Expr:
        schema, name = (node.db or database).lower(), node.name.lower()
        if node.catalog and node.catalog.lower() != catalog.CATALOG:
            raise QueryFailed("CATALOG_NOT_FOUND", f"{self._at(node)}: Catalog '{node.catalog}' does not exist")
        system = systables.relation(schema, name)
        if system is not None:
            return self._scan(node, {"Name": name}, system.columns, set(), system.sql)
        if catalog.find_database(schema) is None:
            raise QueryFailed("SCHEMA_NOT_FOUND", f"{self._at(node)}: Schema '{schema}' does not exist")
        table = catalog.find_table(schema, name)
        if table is None:
            where = f"{catalog.CATALOG}.{schema}.{name}"
            raise QueryFailed("TABLE_NOT_FOUND", f"{self._at(node)}: Table '{where}' does not exist")
        if iceberg.is_iceberg(table):
            from local.athena.iceberg.opening import opened

            seen, shown = opened(table, node, self._compute)
            return self._scan(node, seen, shown, wanted, None)
        if node.args.get("version"):
            raise QueryFailed("NOT_SUPPORTED", f"{self._at(node)}: This connector does not support versioned tables")
        if catalog.is_view(table):
            return self._view(node, table, schema, depth)
        columns = [(n, duckdb_type(t)) for n, t in catalog.columns(table) + catalog.partition_keys(table)]
        return self._scan(node, table, columns, wanted, None)

    def _scan(
        self,
        node: exp.Table,
        table: catalog.Table,
        columns: list[tuple[str, str]],
        wanted: set[str],
        constant: str | None,
    ) -> exp.Expr:
        columns = columns + [(n, t) for n, t in _SYSTEM_COLUMNS if n in wanted]
        placeholder = f"__scan_{self._tag}_{len(self.scans)}"
        self.scans.append(Scan(placeholder, table, columns, constant))
        replaced = node.copy()
        replaced.set("this", exp.to_identifier(placeholder, quoted=True))
        replaced.set("db", None)
        replaced.set("catalog", None)
        if not node.args.get("alias"):
            replaced.set("alias", exp.TableAlias(this=exp.to_identifier(node.name.lower(), quoted=True)))
        return replaced

    def _view(self, node: exp.Table, table: catalog.Table, schema: str, depth: int) -> exp.Expr:
        definition = catalog.view_definition(table)
        inner = syntax.parse(definition["originalSql"])
        outer, self._sql = self._sql, definition["originalSql"]
        resolved = self.resolve(inner, (definition.get("schema") or schema).lower(), depth + 1)
        self._sql = outer
        alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name.lower(), quoted=True))
        alias = alias.copy()
        if not alias.columns and definition.get("columns"):
            alias.set("columns", [exp.to_identifier(c["name"], quoted=True) for c in definition["columns"]])
        subquery = exp.Subquery(this=resolved, alias=alias)
        for key in ("joins", "laterals", "sample"):
            if node.args.get(key):
                subquery.set(key, node.args[key])
        return subquery

    def _at(self, node: exp.Table) -> str:
        starts = [i.meta["start"] for i in node.find_all(exp.Identifier) if "start" in i.meta]
        return place(self._sql, min(starts, default=0))


def _is_cte(node: exp.Table) -> bool:
    """Whether a WITH that is in scope defines the table's name."""
    name, below, here = node.name.lower(), node, node.parent
    while here is not None:
        clause = here.args.get("with_")
        if clause is not None and below is not clause:
            if any(cte.alias.lower() == name for cte in clause.expressions):
                return True
        elif isinstance(here, exp.With):
            for cte in here.expressions:
                if cte is below and not here.args.get("recursive"):
                    break
                if cte.alias.lower() == name:
                    return True
        below, here = here, here.parent  # type: ignore[assignment]
    return False


def partition_filter(filters: list[exp.Expr]) -> str:
    """Conditions as one DuckDB expression."""
    return " AND ".join(f"({f.sql(dialect='duckdb')})" for f in filters) or "true"


def empty_relation(scan: Scan) -> str:
    """A relation of the scan's shape without rows."""
    shape = ", ".join(f"CAST(NULL AS {t}) AS {quoted(n)}" for n, t in scan.columns) or "1"
    return f"(SELECT {shape} WHERE {literal('')} <> '')"
