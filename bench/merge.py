"""What does a merge take: 10 million changes over a million keys into a table of a million rows?

Three ways in one run: our merge as a job runs it (latest change per key, one FULL JOIN with the base, a CTAS on the
embedded Athena; its CPU is the stack's, S3 and Glue included), the usual way in plain DuckDB (a row_number window over
base and changes together, COPY to Parquet), and our own SQL's shape in plain DuckDB (the floor of what ours can be).
Budget: 0.7 x the window. All three must agree on rows and on two sums before anything is printed.

    python -m bench.merge    ROWS=10000000 KEYS=1000000 ROUNDS=5
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from app.domain.jobs import Layout
from app.domain.locations import DELETED_COLUMN, FILE_PARTITION, INGEST_COLUMN
from app.domain.merges import Merge
from app.domain.schemas import Column, parse_type
from app.domain.transforms import Transform
from app.sql import changes
from app.sql.ctas import ctas_statements
from app.sql.relations import Relation
from bench.athena_lake import BUCKET, DATABASE, Lake
from bench.measure import ROUNDS, Cost, Table, here, interleaved, median, ratio, verdict
from local.stack import Stack, running_stack

BUDGET = 0.7
OURS, WINDOW, FLOOR = "our merge", "DuckDB, row_number", "DuckDB, our shape"
FILES = 10
_COLUMNS = (("id", "bigint"), ("changed", "bigint"), ("state", "string"), ("name", "string"), ("amount", "double"))
_HIDDEN = ((INGEST_COLUMN, "string"), (DELETED_COLUMN, "boolean"))
_MERGE = Merge(keys=("id",), order_by=("changed desc",), deleted="amount < 0")
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_ORDER = f"ORDER BY changed DESC NULLS LAST, {INGEST_COLUMN} DESC"
_CHANGED = f"(SELECT {_NAMES}, _file AS {INGEST_COLUMN}, amount < 0 AS {DELETED_COLUMN} FROM changes)"
_LATEST = f"SELECT * FROM {_CHANGED} QUALIFY row_number() OVER (PARTITION BY id {_ORDER}) = 1"
_BY_WINDOW = (
    f"SELECT * FROM (SELECT * FROM base UNION ALL SELECT * FROM {_CHANGED}) "
    f"QUALIFY row_number() OVER (PARTITION BY id {_ORDER}) = 1"
)
_STAYS = f"(n.{INGEST_COLUMN} IS NULL OR (o.{INGEST_COLUMN} IS NOT NULL AND o.changed > n.changed))"
_PICKED = ", ".join(
    f"CASE WHEN {_STAYS} THEN o.{name} ELSE n.{name} END AS {name}" for name, _ in (*_COLUMNS, *_HIDDEN)
)
_BY_JOIN = f"SELECT {_PICKED} FROM base o FULL JOIN ({_LATEST}) n ON o.id = n.id"
_CHECK = f"SELECT count(*), sum(changed), sum(hash(id, name, {DELETED_COLUMN}) % 1000003) FROM"


def made(scratch: Path, rows: int, keys: int) -> tuple[Path, list[Path]]:
    """The base and the change files, as Parquet. A change in a thousand deletes its key."""
    base, drawn = scratch / "base.parquet", duckdb.connect()
    drawn.execute("SELECT setseed(0.4)")
    values = "chr(65 + (i % 26)::INT) AS state, 'name ' || i AS name"
    drawn.execute(
        f"COPY (SELECT i AS id, i % 1000 AS changed, {values}, (i * 0.5)::DOUBLE AS amount, 'a' AS {INGEST_COLUMN}, "
        f"false AS {DELETED_COLUMN} FROM range({keys}) t(i)) TO '{base}'"
    )
    files = []
    for number in range(FILES):
        files.append(scratch / f"changes-{number}.parquet")
        drawn.execute(
            f"COPY (SELECT (random() * {keys * 1.1})::BIGINT AS id, (random() * 1e12)::BIGINT AS changed, {values}, "
            f"CASE WHEN i % 1000 = 0 THEN -1.0 ELSE i END::DOUBLE AS amount FROM range({rows // FILES}) t(i)) "
            f"TO '{files[-1]}'"
        )
    return base, files


class Ours:
    """The statement that a merging run starts."""

    def __init__(self, lake: Lake, base: Path, files: list[Path], scratch: Path) -> None:
        self._lake, self._scratch, self._runs = lake, scratch, 0
        lake.put([("base/0.parquet", base), *((f"changes/{at}/0.parquet", file) for at, file in enumerate(files))])
        lake.table("base", (*_COLUMNS, *_HIDDEN), "base/")
        lake.table("changes", _COLUMNS, "changes/", [(FILE_PARTITION, "string")])
        lake.register("changes", _COLUMNS, [(f"b{at}", f"changes/{at}/") for at in range(len(files))])
        self._files = tuple(f"b{at}" for at in range(len(files)))

    def _statement(self, table: str) -> str:
        from pyathena.sqlalchemy.base import AthenaDialect

        dialect = AthenaDialect(paramstyle="named")  # type: ignore[no-untyped-call]
        kinds = {"string": "varchar"}
        columns = tuple(Column(name=name, type=parse_type(kinds.get(kind, kind))) for name, kind in _COLUMNS)
        source = Relation(DATABASE, "changes", columns, files=self._files, is_parquet=True)
        base = Relation(DATABASE, "base", columns, hidden=tuple(name for name, _ in _HIDDEN))
        latest = changes.latest(changes.changes_select(Transform(), _MERGE, source), _MERGE)
        rows = changes.merged(changes.base_rows(base), latest, _MERGE)
        location = f"s3://{BUCKET}/{table}/"
        written = ctas_statements(
            rows, database=DATABASE, table=table, location=location, layout=Layout(), dialect=dialect
        )
        return written.statements[0]

    def merge(self) -> Cost:
        """One CTAS; `value` is its checksum."""
        self._runs += 1
        table = f"merged_{self._runs}"
        cost = self._lake.cost(lambda: self._lake.run(self._statement(table)))
        target = self._scratch / table
        self._lake.fetch(f"{table}/", target)
        self._lake.remove(f"{table}/")
        return Cost(cost.wall_s, cost.cpu_s, cost.peak_mb, _checked(f"'{target}/*'"))


def _checked(parquet: str) -> Any:
    return duckdb.execute(f"{_CHECK} read_parquet({parquet})").fetchone()


def _plain(scratch: Path, base: Path, files: list[Path], name: str, sql: str) -> Callable[[], Cost]:
    connection = duckdb.connect(config={"threads": os.cpu_count() or 2})
    connection.execute(f"CREATE VIEW base AS FROM read_parquet('{base}')")
    parts = [f"SELECT *, 'b{at}' AS _file FROM read_parquet('{file}')" for at, file in enumerate(files)]
    connection.execute(f"CREATE VIEW changes AS {' UNION ALL '.join(parts)}")
    target = scratch / f"{name}.parquet"

    def run() -> Cost:
        cost = here(lambda: connection.execute(f"COPY ({sql}) TO '{target}' (COMPRESSION snappy)"))
        return Cost(cost.wall_s, cost.cpu_s, value=_checked(f"'{target}'"))

    return run


def measured(stack: Stack, scratch: Path, *, rows: int, keys: int, rounds: int = ROUNDS) -> Table:
    """The table of the three ways; RuntimeError when they do not agree."""
    base, files = made(scratch, rows, keys)
    cases = {
        OURS: Ours(Lake(stack), base, files, scratch).merge,
        WINDOW: _plain(scratch, base, files, "window", _BY_WINDOW),
        FLOOR: _plain(scratch, base, files, "floor", _BY_JOIN),
    }
    costs = interleaved(cases, rounds)
    found = {cost.value for each in costs.values() for cost in each}
    if len(found) != 1:
        raise RuntimeError(f"the ways do not agree: {found}")
    table = Table(f"Merge: {rows:,} changes over {keys:,} keys", ["way", "CPU s", "wall s", "x window"])
    for name, each in costs.items():
        table.add(name, f"{median(each):.2f}", f"{median(each, 'wall_s'):.2f}", f"{ratio(costs, name, WINDOW):.2f}")
    table.notes.append(f"ours / window: {verdict(ratio(costs, OURS, WINDOW), BUDGET)}")
    return table


def main() -> list[Table]:
    rows, keys = int(os.environ.get("ROWS", "10000000")), int(os.environ.get("KEYS", "1000000"))
    with tempfile.TemporaryDirectory() as directory, running_stack(Path(directory) / "stack") as stack:
        return [measured(stack, Path(directory), rows=rows, keys=keys)]


if __name__ == "__main__":
    for shown in main():
        print(shown)
