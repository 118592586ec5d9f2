"""What does a stored result cost in each format, against DuckDB, PyArrow and Polars, and is page N as cheap as page 1?

1 million rows x 8 columns lie in S3 as Athena leaves them (CSV, every value in quotes, NULL an empty field). Ours: the
whole result through the service that answers requests, from S3 in pages of 4.5 MB ("inline"), or as files of 32 MB put
back to S3 ("link"). Theirs: the same CSV from the local disk, read with the same types and written to the local disk in
one go. Every side is a process of its own; CPU time of the work alone, peak memory above what the imports took.
Budgets: 1.3 x DuckDB's CPU, scan + 100 MB, page N within 1.2 of page 1.

    python -m bench.results    ROWS=1000000 ROUNDS=3 FORMATS=json,objects,ndjson,csv,parquet,arrow
"""

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from bench.measure import Cost, Table, interleaved, median, python_child, ratio, verdict
from bench.results_ours import PAGES, WHOLE
from bench.results_theirs import THEIRS
from local.provision import Clients, local_environment, named_environment, provision
from local.stack import Stack, running_stack

FORMATS = "json,objects,ndjson,csv,parquet,arrow"
RATIO, PAGE, MEMORY_MB = 1.3, 1.2, 100
_LIBRARIES = ("duckdb", "pyarrow", "polars")
_KEY = "athena/results/bench.csv"


def stored(path: Path, rows: int) -> None:
    """A result as Athena stores it."""
    columns = {
        "id": "n::varchar",
        "k": "(n % 97)::varchar",
        "name": "'name of row ' || n",
        "cat": "CASE WHEN n % 10 = 0 THEN NULL ELSE 'c' || (n % 1000) END",
        "amount": "((hash(n) % 100000000) / 100)::decimal(12, 2)::varchar",
        "val": "((hash(n + 1) % 1000000007) / 977.0)::double::varchar",
        "d": "(date '2013-01-01' + (n % 365)::integer)::varchar",
        "ts": "strftime(timestamp '2013-01-01' + to_seconds(n), '%Y-%m-%d %H:%M:%S.%g')",
    }
    quoted = " || ',' || ".join(f"coalesce('\"' || {sql} || '\"', '')" for sql in columns.values())
    header = ",".join(f'"{name}"' for name in columns)
    found = duckdb.sql(f"SELECT {quoted} AS line FROM range({rows}) AS r (n)")
    with path.open("w") as file:
        file.write(header + "\n")
        while batch := found.fetchmany(50_000):
            file.writelines(line + "\n" for (line,) in batch)


class Sides:
    """Both sides over one stored result."""

    def __init__(self, stack: Stack, path: Path, rows: int) -> None:
        from app.settings import Settings

        env = local_environment(stack.endpoint_url)
        os.environ |= env
        settings = Settings()
        provision(stack.endpoint_url, settings)
        Clients(stack.endpoint_url).of("s3").upload_file(str(path), settings.results_bucket, _KEY)
        self._env = env | named_environment(settings)
        self._path = path
        self._rows = rows
        self._place = [settings.results_bucket, _KEY, str(path), str(rows)]

    def whole(self, form: str, delivery: str, check: str = "") -> Cost:
        return self._checked(python_child(WHOLE, *self._place, form, delivery, check, env=self._env))

    def theirs(self, library: str, form: str, folder: Path) -> Cost:
        return self._checked(python_child(THEIRS, library, form, str(self._path), str(folder / "written")))

    def page(self, form: str, row: int) -> Cost:
        return python_child(PAGES, *self._place, form, str(row), env=self._env)

    def _checked(self, cost: Cost) -> Cost:
        if cost.value["rows"] not in {self._rows, None}:
            raise RuntimeError(f"{cost.value['rows']} rows were written, not {self._rows}")
        return cost


def formats(sides: Sides, folder: Path, rounds: int) -> Table:
    table = Table(
        f"The whole result, {os.environ.get('ROWS', '1000000')} rows x 8 columns, by format",
        ["format", "way", "CPU s", "x DuckDB", "x best", "wall s (info)", "peak MB above imports"],
    )
    for form in os.environ.get("FORMATS", FORMATS).split(","):
        for delivery in ("inline", "link"):
            sides.whole(form, delivery, check="check")
        cases: dict[str, Callable[[], Cost]] = {
            **{f"ours, {way}": partial(sides.whole, form, way) for way in ("inline", "link")},
            **{name: partial(sides.theirs, name, form, folder) for name in _LIBRARIES if _writes(name, form)},
        }
        costs = interleaved(cases, rounds)
        best = min((name for name in costs if not name.startswith("ours")), key=lambda name: median(costs[name]))
        for name in cases:
            table.add(
                form,
                name,
                f"{median(costs[name]):.2f}",
                f"{ratio(costs, name, 'duckdb'):.2f}",
                f"{ratio(costs, name, best):.2f}",
                f"{median(costs[name], 'wall_s'):.2f}",
                f"{median(costs[name], 'peak_mb'):.0f}",
            )
        said = [f"{way} {verdict(ratio(costs, f'ours, {way}', 'duckdb'), RATIO)}" for way in ("inline", "link")]
        table.notes.append(f"{form}, x DuckDB: {', '.join(said)}")
    return table


def _writes(library: str, form: str) -> bool:
    """PyArrow writes no JSON; Polars and DuckDB write rows as objects only, which stands for both shapes."""
    return not (library == "pyarrow" and form in {"json", "objects", "ndjson"})


def pages(sides: Sides, rows: int, rounds: int) -> Table:
    table = Table(
        "A page of 1,000 rows, by where it is", ["format", "page at row", "CPU ms", "x page 1", "peak MB above"]
    )
    for form in ("json", "csv", "parquet"):
        places = [0, rows // 2, rows - 1000]
        costs = interleaved({str(row): partial(sides.page, form, row) for row in places}, rounds)
        for row in places:
            table.add(
                form,
                f"{row:,}",
                f"{median(costs[str(row)]) * 1000:.2f}",
                f"{ratio(costs, str(row), '0'):.2f}",
                f"{median(costs[str(row)], 'peak_mb'):.1f}",
            )
        table.notes.append(
            f"{form}: the last page is {verdict(ratio(costs, str(places[-1]), '0'), PAGE)} x the first; "
        )
    return table


def main() -> list[Table]:
    """ROWS rows (default 1,000,000), ROUNDS rounds (default 3)."""
    rows, rounds = int(os.environ.get("ROWS", "1000000")), int(os.environ.get("ROUNDS", "3"))
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder) / "stack") as stack:
        path = Path(folder) / "result.csv"
        stored(path, rows)
        sides = Sides(stack, path, rows)
        return [formats(sides, Path(folder), rounds), pages(sides, rows, rounds)]


if __name__ == "__main__":
    for result in main():
        print(result)
