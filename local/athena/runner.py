"""Runs one statement to its end: what it reads, what it writes, and the result object it leaves."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from local.athena import catalog, ddl, objects, planning, sources, syntax, tablewrites, views
from local.athena.engine import Engine
from local.athena.errors import QueryFailed, from_duckdb
from local.athena.results import Column, csv_line, metadata
from local.athena.statements import Statement, classify
from local.trino.casts import shown
from local.trino.types import Type, literal, quoted


@dataclass
class Outcome:
    """What a statement leaves: result columns, the object's address, rows written, the manifest's address."""

    columns: list[Column] = field(default_factory=list)
    output: str = ""
    has_header: bool = False
    updated: int | None = None
    manifest: str = ""
    rows: int = 0


@dataclass
class Run:
    """One running statement. `output` is the s3 prefix for results; `on_scan` learns the bytes before they are read
    and may raise Cancelled; `prepared` finds a prepared statement's text.
    """

    query_id: str
    database: str
    output: str
    engine: Engine
    cursor: duckdb.DuckDBPyConnection
    planner: duckdb.DuckDBPyConnection
    on_scan: Callable[[int], None]
    prepared: Callable[[str], str]

    @property
    def work_dir(self) -> Path:
        return self.engine.settings.work_dir

    def plan(self, tree: exp.Expr, sql: str) -> tuple[planning.Plan, str]:
        """The plan and the executable SQL of a query; tells `on_scan` what reading it will cost."""
        planned = planning.plan(tree, self.database, self.planner, sql)
        listing = sources.new_listing(self.work_dir)
        opened = [sources.open_scan(scan, listing, self.cursor) for scan in planned.scans]
        self.on_scan(sum(source.scanned_bytes for source in opened))
        return planned, sources.relation_sql(planned.sql, planned.scans, opened)


def run(job: Run, statement: Statement) -> Outcome:
    """Run it. Raises QueryFailed, Cancelled, or whatever is a defect of ours."""
    try:
        return _HANDLERS[statement.kind](job, statement)
    except duckdb.Error as error:
        raise from_duckdb(error) from error


def select(job: Run, statement: Statement) -> Outcome:
    """Rows to `<query id>.csv` at the output location."""
    if statement.tree is None:
        raise QueryFailed("GENERIC_INTERNAL_ERROR", "SELECT without a tree")
    planned, sql = job.plan(statement.tree, statement.text)
    file = job.work_dir / f"{job.query_id}.csv"
    shown_columns = [(head, kind) for head, (_, kind) in zip(planned.heads, planned.columns, strict=True)]
    rows = _write_csv(job, sql, shown_columns, file)
    columns = [Column(name, kind.athena) for name, kind in shown_columns]
    bucket, prefix = objects.split_uri(job.output)
    objects.put_files(bucket, [(f"{prefix}{job.query_id}.csv", file)])
    objects.put_bytes(bucket, f"{prefix}{job.query_id}.csv.metadata", metadata(job.query_id, columns))
    return Outcome(columns, f"{job.output}{job.query_id}.csv", has_header=True, rows=rows)


def _write_csv(job: Run, sql: str, columns: list[tuple[str, Type]], file: Path) -> int:
    """The rows as Athena prints them, after a header; their count. DuckDB would rename columns of one name."""
    names = [name for name, _ in columns]
    inner = [f"c{i}" for i in range(len(names))]
    is_distinct = len({n.lower() for n in names}) == len(names)  # DuckDB tells names of different case not apart
    heads = names if is_distinct else inner
    texts = ", ".join(f"{shown(c, t)} AS {quoted(n)}" for c, (_, t), n in zip(inner, columns, heads, strict=True))
    query = f"SELECT {texts} FROM ({sql}) AS _q({', '.join(inner)})"
    options = f"FORMAT csv, HEADER {str(is_distinct).lower()}, FORCE_QUOTE *"
    copied = job.cursor.execute(f"COPY ({query}) TO {literal(str(file))} ({options})")
    rows = int(copied.fetchall()[0][0])
    if not is_distinct:
        body = file.with_suffix(".rows")
        file.rename(body)
        with file.open("wb") as whole, body.open("rb") as read:
            whole.write(csv_line([*names]).encode())
            shutil.copyfileobj(read, whole, 1 << 20)
        body.unlink()
    return rows


def lines(job: Run, columns: list[Column], rows: list[list[str]]) -> Outcome:
    """The result of DDL and utility statements: a `.txt` of tab-separated lines without a header."""
    bucket, prefix = objects.split_uri(job.output)
    text = "".join("\t".join(row) + "\n" for row in rows)
    objects.put_bytes(bucket, f"{prefix}{job.query_id}.txt", text.encode(), "text/plain")
    objects.put_bytes(bucket, f"{prefix}{job.query_id}.txt.metadata", metadata(job.query_id, columns))
    return Outcome(columns, f"{job.output}{job.query_id}.txt", rows=len(rows))


def _define(job: Run, statement: Statement) -> Outcome:
    columns, rows = ddl.run(statement, job.database, job.output)
    return lines(job, columns, rows)


def _modify(job: Run, statement: Statement) -> tablewrites.Done:
    from local.athena.iceberg import modify

    return modify.run(job, statement)


def _maintain(job: Run, statement: Statement) -> Outcome:
    from local.athena.iceberg import maintain

    return lines(job, *maintain.run(job, statement))


def _create_view(job: Run, statement: Statement) -> Outcome:
    views.create(statement, job.database, job.planner)
    return lines(job, [], [])


def _execute(job: Run, statement: Statement) -> Outcome:
    """EXECUTE name [USING value, ...]."""
    name, values = executed(statement.text)
    inner = classify(syntax.bind(job.prepared(name), values))
    return run(job, inner)


def executed(text: str) -> tuple[str, list[str]]:
    """The prepared statement's name and the values of EXECUTE."""
    found = re.match(r'execute\s+("?)([\w@:]+)\1(?:\s+using\s+(.*))?$', text, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise QueryFailed("SYNTAX_ERROR", "line 1:1: EXECUTE needs the name of a prepared statement")
    return found[2], syntax.split_arguments(found[3]) if found[3] else []


_EXPLAINS = {"TYPE": ("LOGICAL", "DISTRIBUTED", "VALIDATE", "IO"), "FORMAT": ("TEXT", "JSON", "GRAPHVIZ")}


def _explain(job: Run, statement: Statement) -> Outcome:
    """EXPLAIN [(TYPE LOGICAL|DISTRIBUTED|VALIDATE|IO, FORMAT TEXT|JSON|GRAPHVIZ)]; nothing is read."""
    rest = statement.text[len("explain") :].strip()
    options: dict[str, str] = {}
    if rest.lower().startswith("analyze"):
        raise QueryFailed("NOT_SUPPORTED", "EXPLAIN ANALYZE is not supported by the embedded Athena")
    if rest.startswith("("):
        inside, _, after = rest[1:].partition(")")
        words = inside.upper().replace(",", " ").split()
        if words and words[0] in ("TYPE", "FORMAT"):
            options, rest = dict(zip(words[::2], words[1::2], strict=False)), after.strip()
    for key, value in options.items():
        if value not in _EXPLAINS.get(key, ()):
            raise QueryFailed("NOT_SUPPORTED", f"EXPLAIN ({key} {value}) is not supported")
    inner = classify(rest)
    tree = inner.tree.expression if isinstance(inner.tree, (exp.Create, exp.Insert)) else inner.tree
    if tree is None or not isinstance(tree, exp.Query):
        raise QueryFailed("NOT_SUPPORTED", "EXPLAIN of this statement is not supported")
    planned = planning.plan(tree, job.database, job.planner, rest)
    kind = options.get("TYPE", "LOGICAL")
    if kind == "VALIDATE":
        return lines(job, [Column("Valid", "boolean")], [["true"]])
    if kind == "IO":
        return lines(job, [Column("Query Plan", "varchar")], [[json.dumps(_inputs(planned))]])
    text = options.get("FORMAT", "TEXT").lower()
    shown = job.planner.execute(f"EXPLAIN (FORMAT {text}) {planned.sql}").fetchall()[0][1]
    return lines(job, [Column("Query Plan", "varchar")], [[line] for line in str(shown).strip().splitlines()])


def _inputs(planned: planning.Plan) -> dict[str, Any]:
    return {
        "inputTableColumnInfos": [
            {
                "table": {
                    "catalog": catalog.CATALOG,
                    "schemaTable": {"schema": scan.table.get("DatabaseName", ""), "table": scan.table["Name"]},
                },
                "columns": sorted(scan.needed),
            }
            for scan in planned.scans
        ],
    }


def _writing(work: Callable[[Any, Statement], tablewrites.Done]) -> Callable[[Run, Statement], Outcome]:
    def handler(job: Run, statement: Statement) -> Outcome:
        done = work(job, statement)
        bucket, prefix = objects.split_uri(job.output)
        folder = "tables/" if statement.kind == "CTAS" else ""
        manifest = f"{prefix}{folder}{job.query_id}-manifest.csv"
        objects.put_bytes(bucket, manifest, "".join(f"{f}\n" for f in done.files).encode())
        columns = [Column("rows", "bigint")]
        objects.put_bytes(bucket, f"{prefix}{folder}{job.query_id}.metadata", metadata(job.query_id, columns))
        return Outcome(
            columns, f"{job.output}{folder}{job.query_id}", updated=done.rows, manifest=f"s3://{bucket}/{manifest}"
        )

    return handler


_HANDLERS: dict[str, Callable[[Run, Statement], Outcome]] = {
    "SELECT": select,
    "CTAS": _writing(tablewrites.create_table_as),
    "INSERT": _writing(tablewrites.insert),
    "UNLOAD": _writing(tablewrites.unload),
    **dict.fromkeys(("UPDATE", "DELETE", "MERGE"), _writing(_modify)),
    "OPTIMIZE": _maintain,
    "VACUUM": _maintain,
    "CREATE_VIEW": _create_view,
    "EXECUTE": _execute,
    "EXPLAIN": _explain,
    **dict.fromkeys(ddl.KINDS, _define),
}
