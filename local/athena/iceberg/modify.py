"""UPDATE, DELETE and MERGE: one query finds the rows and computes the new ones, one snapshot writes both.

As Athena does it: merge-on-read. A changed row is deleted by its position in its file and inserted anew.
Source: https://trino.io/docs/current/sql/merge.html, Trino's StatementAnalyzer for the words of failures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.types import NestedField
from sqlglot import exp

from local.athena import catalog, planning
from local.athena.errors import QueryFailed
from local.athena.iceberg import is_iceberg
from local.athena.iceberg.catalog import EmbeddedCatalog, writable
from local.athena.iceberg.commit import Changes, commit
from local.athena.iceberg.files import write_deletes, write_rows
from local.athena.iceberg.opening import ROW_POSITION, Opened, rows_of
from local.athena.iceberg.scan import files_sql
from local.athena.iceberg.tasks import plan_files
from local.athena.iceberg.types import to_trino
from local.athena.statements import Statement
from local.athena.tablewrites import Done
from local.trino.storage import written

if TYPE_CHECKING:
    from local.athena.runner import Run

_CHANGES, _DELETES = "__changes", "__deletes"
_UPDATE, _DELETE, _INSERT = 1, 2, 3


@dataclass(frozen=True)
class _Target:
    """The table to change, and the name that the statement calls it by."""

    table: Table
    node: exp.Table
    alias: str

    @property
    def fields(self) -> Sequence[NestedField]:
        return self.table.schema().fields

    def column(self, name: str) -> exp.Column:
        return exp.column(
            exp.to_identifier(name.lower(), quoted=True), table=exp.to_identifier(self.alias, quoted=True)
        )


def run(job: "Run", statement: Statement) -> Done:
    """One UPDATE, DELETE or MERGE. Raises QueryFailed."""
    return _RUN[statement.kind](job, statement)


def _delete(job: "Run", statement: Statement) -> Done:
    """DELETE FROM t [WHERE condition]."""
    tree = statement.tree
    if not isinstance(tree, exp.Delete):
        _broken()
    target = _target(job, tree.this)
    where = tree.args.get("where")
    query = _query(target, exp.Literal.number(_DELETE), [], where)
    return _apply(job, target, query, statement.text)


def _update(job: "Run", statement: Statement) -> Done:
    """UPDATE t SET column = expression, ... [WHERE condition]."""
    tree = statement.tree
    if not isinstance(tree, exp.Update):
        _broken()
    target = _target(job, tree.this)
    given = _assignments(target, tree.expressions)
    _check(job, "UPDATE", target, exp.select().from_(_read(target)), given, statement.text)
    values = [_as_stored(f, given.get(f.name.lower()) or target.column(f.name)) for f in target.fields]
    query = _query(target, exp.Literal.number(_UPDATE), values, tree.args.get("where"))
    return _apply(job, target, query, statement.text)


def _merge(job: "Run", statement: Statement) -> Done:
    """MERGE INTO t USING s ON condition WHEN [NOT] MATCHED [AND condition] THEN UPDATE | DELETE | INSERT ..."""
    tree = statement.tree
    if not isinstance(tree, exp.Merge):
        _broken()
    target = _target(job, tree.this)
    joined = exp.select().from_(tree.args["using"].copy())
    joined = joined.join(_read(target), on=tree.args["on"].copy(), join_type="left")
    is_matched = exp.Not(this=exp.Is(this=target.column("$path"), expression=exp.Null()))
    kinds: list[exp.If] = []
    values: dict[str, list[exp.If]] = {f.name.lower(): [] for f in target.fields}
    for when in tree.args["whens"].expressions:
        condition: exp.Expr = is_matched.copy() if when.args.get("matched") else exp.Not(this=is_matched.copy())
        if when.args.get("condition") is not None:
            condition = exp.and_(condition, when.args["condition"].copy())
        kind, given = _case(target, when.args["then"])
        if given:
            _check(job, f"MERGE table column types for {_NAMES[kind]}", target, joined, given, statement.text)
        kinds.append(exp.If(this=condition, true=exp.Literal.number(kind)))
        for field in target.fields if kind != _DELETE else ():
            kept = target.column(field.name) if kind == _UPDATE else exp.Null()
            value = _as_stored(field, given.get(field.name.lower()) or kept)
            values[field.name.lower()].append(exp.If(this=condition.copy(), true=value))
    nothing = {f.name.lower(): exp.cast(exp.Null(), _sql_type(f)) for f in target.fields}
    chosen: list[exp.Expr] = [exp.Case(ifs=v) if v else nothing[n] for n, v in values.items()]
    query = _selected(target, joined, exp.Case(ifs=kinds), chosen)
    return _apply(job, target, query, statement.text)


_NAMES = {_UPDATE: "UPDATE", _DELETE: "DELETE", _INSERT: "INSERT"}


def _case(target: _Target, then: exp.Expr) -> tuple[int, dict[str, exp.Expr]]:
    """What a WHEN does, and its value for each column that it names."""
    if isinstance(then, exp.Update):
        return _UPDATE, _assignments(target, then.expressions)
    if not isinstance(then, exp.Insert):
        return _DELETE, {}
    names = [f.name.lower() for f in target.fields]
    listed = [_named(c) for c in then.this.expressions] if isinstance(then.this, exp.Tuple) else []
    row = then.expression
    given = list(row.expressions) if isinstance(row, exp.Tuple) else [row]
    for name in listed:
        if name not in names:
            raise QueryFailed("COLUMN_NOT_FOUND", f"line 1:1: Merge column name does not exist in target table: {name}")
    if len(given) != len(listed or names):
        raise QueryFailed(
            "TYPE_MISMATCH",
            f"line 1:1: Insert column count {len(listed or names)} does not match the value count {len(given)}",
        )
    return _INSERT, dict(zip(listed or names, given, strict=True))


def _assignments(target: _Target, pairs: list[exp.Expr]) -> dict[str, exp.Expr]:
    """Column to new value of `SET a = 1, b = 2`. Raises QueryFailed for unknown and repeated columns."""
    names = {f.name.lower() for f in target.fields}
    found: dict[str, exp.Expr] = {}
    for pair in pairs:
        name = _named(pair.this)
        if name not in names:
            raise QueryFailed("COLUMN_NOT_FOUND", f"line 1:1: The UPDATE SET target column {name} doesn't exist")
        if name in found:
            raise QueryFailed("SYNTAX_ERROR", f"line 1:1: Duplicate UPDATE SET target column: {name}")
        found[name] = pair.expression
    return found


def _named(node: exp.Expr) -> str:
    return node.name.lower()


def _target(job: "Run", node: exp.Expr) -> _Target:
    if not isinstance(node, exp.Table):
        _broken()
    schema, name = (node.db or job.database).lower(), node.name.lower()
    if catalog.find_database(schema) is None:
        raise QueryFailed("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{schema}' does not exist")
    table = catalog.find_table(schema, name)
    if table is None:
        raise QueryFailed("TABLE_NOT_FOUND", f"line 1:1: Table '{catalog.CATALOG}.{schema}.{name}' does not exist")
    if catalog.is_view(table):
        raise QueryFailed("NOT_SUPPORTED", "line 1:1: Updating, deleting from and merging into views is not supported")
    if not is_iceberg(table):
        raise QueryFailed("NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables")
    return _Target(writable(table, is_change=True), node, (node.alias or name).lower())


def _read(target: _Target) -> exp.Table:
    """A reference to the table that shows where its rows are."""
    node = target.node.copy()
    node.set("alias", exp.TableAlias(this=exp.to_identifier(target.alias, quoted=True)))
    return rows_of(node, target.table)


def _query(target: _Target, kind: exp.Expr, values: list[exp.Expr], where: exp.Expr | None) -> exp.Select:
    query = exp.select().from_(_read(target))
    if where is not None:
        query.set("where", where.copy())
    return _selected(target, query, kind, values)


def _selected(target: _Target, query: exp.Select, kind: exp.Expr, values: list[exp.Expr]) -> exp.Select:
    """The columns of `_CHANGES`: what to do, where the row is, and the new row."""
    place = [target.column("$path"), target.column(ROW_POSITION)]
    columns = [kind, *place, *values]
    names = ["kind", "path", "pos", *(f"c{i}" for i in range(len(values)))]
    return query.select(*(exp.alias_(c, n) for c, n in zip(columns, names, strict=True)), append=False)


def _sql_type(field: NestedField) -> exp.DataType:
    return exp.DataType.build(str(to_trino(field.field_type)), dialect="trino")


def _as_stored(field: NestedField, value: exp.Expr) -> exp.Expr:
    return exp.cast(value.copy(), _sql_type(field))


def _check(job: "Run", what: str, target: _Target, query: exp.Select, given: dict[str, exp.Expr], sql: str) -> None:
    """Whether the new values may be stored in their columns: their types, as planning finds them."""
    fields = [f for f in target.fields if f.name.lower() in given]
    shown = [exp.alias_(given[f.name.lower()].copy(), f"c{i}") for i, f in enumerate(fields)]
    planned = planning.plan(query.copy().select(*shown, append=False), job.database, job.planner, sql)
    planned.as_row(what, [to_trino(f.field_type) for f in fields])


def _apply(job: "Run", target: _Target, query: exp.Select, text: str) -> Done:
    """Compute the changes into a table of the session, write their files, commit."""
    planned, sql = job.plan(query, text)
    width = len(planned.columns) - 3
    names = ["kind", "path", "pos", *(f"c{i}" for i in range(width))]
    values = ", ".join(f"{written(n, t)} AS {n}" for n, (_, t) in zip(names, planned.columns, strict=True))
    source = f"({sql}) AS _q({', '.join(names)})"
    job.cursor.execute(f"CREATE OR REPLACE TEMP TABLE {_CHANGES} AS SELECT {values} FROM {source}")
    try:
        job.cursor.execute(f"DELETE FROM {_CHANGES} WHERE kind IS NULL")
        counted = job.cursor.execute(f"SELECT count(*), count(*) FILTER (kind <> {_DELETE}) FROM {_CHANGES}").fetchone()
        total, inserted = counted or (0, 0)
        twice = f"SELECT 1 FROM {_CHANGES} WHERE path IS NOT NULL GROUP BY path, pos HAVING count(*) > 1 LIMIT 1"
        if job.cursor.execute(twice).fetchone():
            raise QueryFailed(
                "MERGE_TARGET_ROW_MULTIPLE_MATCHES", "One MERGE target table row matched more than one source row"
            )
        changes = _changes(job, target, width, inserted)
        commit(target.table, changes, lambda: job.on_scan(0))  # who stopped the query meanwhile gets no snapshot
        return Done(total, [f.file_path for f in (*changes.added, *changes.deletes)])
    finally:
        job.cursor.execute(f"DROP TABLE IF EXISTS {_CHANGES}; DROP TABLE IF EXISTS {_DELETES}")


class _Touched(NamedTuple):
    """Files that lose all their rows, files that lose some (and how many), delete files that nobody needs any more."""

    removed: list[DataFile]
    partly: list[tuple[DataFile, int]]
    deletes: list[DataFile]


def _changes(job: "Run", target: _Target, width: int, inserted: int) -> Changes:
    io = EmbeddedCatalog().io
    touched = job.cursor.execute(
        f"SELECT path, count(*) FROM {_CHANGES} WHERE path IS NOT NULL GROUP BY path ORDER BY path"
    ).fetchall()
    old = _split(job, target, dict(touched))
    added: list[DataFile] = []
    if inserted:
        listed = ", ".join(f"c{i}" for i in range(width))
        rows = f"SELECT {listed} FROM {_CHANGES} WHERE kind <> {_DELETE}"
        added, _ = write_rows(job.cursor, rows, target.table, io, job.query_id)
    places = f"SELECT path, pos FROM {_CHANGES} WHERE path IS NOT NULL ORDER BY path, pos"
    job.cursor.execute(f"CREATE OR REPLACE TEMP TABLE {_DELETES} AS {places}")  # sorted: each file is found at once
    deletes = write_deletes(job.cursor, _DELETES, old.partly, target.table, io, job.query_id)
    return Changes(added=added, deletes=deletes, removed=old.removed, removed_deletes=old.deletes)


def _split(job: "Run", target: _Target, touched: dict[str, int]) -> _Touched:
    found = _Touched([], [], [])
    if not touched:
        return found
    snapshot = target.table.current_snapshot()
    opened = Opened(target.table, target.table.schema(), snapshot.snapshot_id if snapshot else None)
    kept: set[str] = set()
    gone: dict[str, DataFile] = {}
    for task in plan_files(opened, []):
        count = touched.get(task.file.file_path, 0)
        own = {d.file_path: d for d in task.delete_files}
        if count and count == _live_rows(job, opened, task):
            found.removed.append(task.file)
            gone.update(own)
            continue
        kept.update(own)
        if count:
            found.partly.append((task.file, count))
    found.deletes.extend(file for path, file in gone.items() if path not in kept)
    return found


def _live_rows(job: "Run", opened: Opened, task: FileScanTask) -> int:
    """The rows of a file that no delete file has taken."""
    if not task.delete_files:
        return task.file.record_count
    sql = f"SELECT count(*) FROM {files_sql(opened, [task], [('$path', 'VARCHAR')])}"
    row = job.cursor.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _broken() -> NoReturn:
    raise QueryFailed("GENERIC_INTERNAL_ERROR", "A statement without its tree")


_RUN: dict[str, Callable[["Run", Statement], Done]] = {"UPDATE": _update, "DELETE": _delete, "MERGE": _merge}
