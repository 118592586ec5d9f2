"""What does the embedded Athena add to plain DuckDB over the same files, with the same number of threads?

Queries (small ones: all is overhead), CTAS, many partitions and files, eight queries at once. Both sides alternate;
CPU of ours is that of the embedded stack with HTTP, S3 and Glue, that of DuckDB is this process's. The first row of
each result must be the same on both sides before anything is printed. Linux only: reads /proc.

    python -m bench.athena    ROWS=5000000 PARTITIONS=10000 CALLS=20 ROUNDS=5
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.athena_lake import BUCKET, Lake, Plain
from bench.measure import Cost, Table, interleaved, median
from local.stack import Stack, running_stack

AT_ONCE = 8
_WIDE = 400
_PART_ROWS = 10
_FACTS = [("id", "bigint"), ("household", "bigint"), ("state", "string"), ("income", "double"), ("name", "string"),
          ("day", "date")]  # fmt: skip
_LONG = (
    "SELECT household, count(*) AS persons, sum(income) AS income, max(name) AS name FROM {facts} "
    "WHERE income >= 0 GROUP BY household ORDER BY persons DESC, household LIMIT 100"
)
_SHORT = "SELECT count(*) AS n, sum(id) AS ids FROM {small} WHERE id >= 10"


@dataclass(frozen=True)
class Sides:
    """Both sides and the names of tables on each: a Glue table's, or DuckDB's FROM item over the same files."""

    lake: Lake
    plain: Plain
    names: dict[str, tuple[str, str]]

    def ours(self, sql: str) -> str:
        return sql.format(**{name: ours for name, (ours, _) in self.names.items()})

    def base(self, sql: str) -> str:
        return sql.format(**{name: base for name, (_, base) in self.names.items()})

    def compare(self, sql: str, times: int, rounds: int) -> dict[str, list[Cost]]:
        """Costs of `ours` and `base`, `times` calls a round. RuntimeError when the first rows differ."""
        found, expected = self.lake.first_row(self.lake.run(self.ours(sql))), self.plain.first_row(self.base(sql))
        if found != expected:
            raise RuntimeError(f"{sql}: {found} and {expected}")
        ours, base = self.ours(sql), self.base(sql)
        cases = {
            "base": lambda: self.plain.cost(lambda: self.plain.run(base), times),
            "ours": lambda: self.lake.cost(lambda: self.lake.run(ours), times),
        }
        return interleaved(cases, rounds)


def _files(lake: Lake, scratch: Path, rows: int) -> dict[str, tuple[str, str]]:
    """The tables facts, small and wide on both sides."""
    shapes = {
        "facts": f"SELECT i AS id, i // 3 AS household, chr(65 + (i % 26)::INTEGER) AS state, "
        "(i * 7919 % 100000)::DOUBLE AS income, 'name ' || i AS name, DATE '2020-01-01' + (i % 1000)::INTEGER AS day "
        f"FROM range({rows}) t(i)",
        "small": "SELECT i AS id, 'value ' || i AS v FROM range(1000) t(i)",
        "wide": f"SELECT {', '.join(f'(i + {c})::VARCHAR AS c{c}' for c in range(_WIDE))} FROM range(10) t(i)",
    }
    columns = {
        "facts": _FACTS,
        "small": [("id", "bigint"), ("v", "string")],
        "wide": [(f"c{c}", "string") for c in range(_WIDE)],
    }
    for name, sql in shapes.items():
        file = scratch / f"{name}.parquet"
        duckdb.execute(f"COPY ({sql}) TO '{file}' (FORMAT parquet)")
        lake.put([(f"{name}/{name}.parquet", file)])
        lake.table(name, columns[name], f"{name}/")
    return {name: (name, f"read_parquet('{scratch}/{name}.parquet')") for name in shapes}


def _row(table: Table, title: str, costs: Mapping[str, list[Cost]]) -> None:
    base, ours = median(costs["base"]) * 1e3, median(costs["ours"]) * 1e3
    walls = (f"{median(costs[side], 'wall_s') * 1e3:.1f}" for side in ("base", "ours"))
    table.add(title, f"{base:.1f}", f"{ours:.1f}", f"{ours - base:.1f}", *walls)


_COLUMNS = ["query", "DuckDB CPU ms", "ours CPU ms", "added CPU ms", "DuckDB wall ms", "ours wall ms"]


def queries(sides: Sides, calls: int, rounds: int) -> Table:
    """Small queries: what one costs beyond its DuckDB time."""
    table = Table(f"One small query, its result written as CSV ({calls} a round)", _COLUMNS)
    eight = ", ".join(f"c{c}" for c in range(8))
    for title, sql in (
        ("SELECT 1", "SELECT 1 AS one"),
        ("aggregate of a small Parquet file", _SHORT),
        (f"8 of {_WIDE} columns", f"SELECT {eight} FROM {{wide}} WHERE c9 >= '9' ORDER BY c0"),
        (f"all {_WIDE} columns", "SELECT * FROM {wide} ORDER BY c0"),
        (f"an expression on each of {_WIDE} columns",
         f"SELECT {', '.join(f'concat(upper(c{c}), c0) AS c{c}' for c in range(_WIDE))} FROM {{wide}} ORDER BY c0"),
    ):  # fmt: skip
        _row(table, title, sides.compare(sql, calls, rounds))
    return table


def writing(sides: Sides, scratch: Path, rows: int, rounds: int) -> Table:
    """CTAS Parquet to Parquet against a COPY with the same codec."""
    numbers = iter(range(1_000_000))
    query = "SELECT id, household, state, income * 2 AS income, name, day FROM {facts} WHERE income >= 1000"

    def ours() -> str:
        name = f"made_{next(numbers)}"
        sides.lake.run(f"CREATE TABLE {name} WITH (format = 'PARQUET', parquet_compression = 'SNAPPY', "
                       f"external_location = 's3://{BUCKET}/made/{name}/') AS {sides.ours(query)}")  # fmt: skip
        return name

    def made() -> Cost:
        cost = sides.lake.cost(ours)
        found = sides.lake.first_row(sides.lake.run(f"SELECT count(*), sum(id) FROM {cost.value}"))
        sides.lake.remove(f"made/{cost.value}/")
        if found != expected:
            raise RuntimeError(f"CTAS wrote {found}, not {expected}")
        return cost

    expected = sides.plain.first_row(f"SELECT count(*), sum(id) FROM ({sides.base(query)})")
    copy = f"COPY ({sides.base(query)}) TO '{scratch}/copied.parquet' (FORMAT parquet, COMPRESSION snappy)"
    costs = interleaved({"base": lambda: sides.plain.cost(lambda: sides.plain.execute(copy)), "ours": made}, rounds)
    table = Table(
        f"CREATE TABLE AS, Parquet to Parquet snappy: {rows:,} rows x {len(_FACTS)} columns",
        ["way", "CPU s", "ratio of CPU", "wall s", "million rows / s"],
    )
    for way, side in (("DuckDB COPY", "base"), ("our CTAS", "ours")):
        cpu, wall = median(costs[side]), median(costs[side], "wall_s")
        table.add(way, f"{cpu:.2f}", f"{cpu / median(costs['base']):.2f}", f"{wall:.2f}", f"{rows / wall / 1e6:.2f}")
    return table


def partitions(sides: Sides, scratch: Path, count: int, rounds: int) -> Table:
    """One of many partitions, registered and projected, and all files of a table of many."""
    columns, key = [("id", "bigint"), ("v", "string")], [("p", "int")]
    one = scratch / "part.parquet"
    duckdb.execute(f"COPY (SELECT i AS id, 'x' AS v FROM range({_PART_ROWS}) t(i)) TO '{one}' (FORMAT parquet)")
    folders = [(str(n), f"parts/p={n}/") for n in range(count)]
    for value, _ in folders:
        (scratch / f"parts/p={value}").mkdir(parents=True)
        (scratch / f"parts/p={value}/part.parquet").write_bytes(one.read_bytes())
    lake = sides.lake
    lake.put((f"{prefix}part.parquet", one) for _, prefix in folders)
    lake.table("registered", columns, "parts/", key)
    lake.register("registered", columns, folders)
    projection = {
        "projection__enabled": "true",
        "projection__p__type": "integer",
        "projection__p__range": f"0,{count - 1}",
    }
    lake.table("projected", columns, "parts/", key, **projection)
    lake.table("files", columns, "parts/")
    last = f"read_parquet('{scratch}/parts/p={count - 1}/*.parquet', hive_partitioning = true)"
    every = f"read_parquet('{scratch}/parts/*/*.parquet', hive_partitioning = true)"
    names = {"registered": ("registered", every), "projected": ("projected", every), "files": ("files", every)}
    chosen = {name: (ours, last) for name, (ours, _) in names.items()}
    table = Table(f"{count:,} partitions of one file of {_PART_ROWS} rows", _COLUMNS)
    total = "SELECT count(*) AS n, sum(id) AS ids FROM {%s}"
    for title, known, sql, times in (
        ("one of the registered", chosen, f"{total % 'registered'} WHERE p = {count - 1}", 5),
        ("one of the projected", chosen, f"{total % 'projected'} WHERE p = {count - 1}", 5),
        ("all registered, by partition key only", names, "SELECT max(p) AS most FROM {registered}", 1),
        ("all registered", names, total % "registered", 1),
        ("all projected", names, total % "projected", 1),
        ("the same files without partitions", names, total % "files", 1),
    ):
        _row(table, title, Sides(lake, sides.plain, known).compare(sql, times, rounds))
    return table


def _together(run: Callable[[str], object], texts: list[str]) -> None:
    with ThreadPoolExecutor(len(texts)) as pool:
        list(pool.map(run, texts))


def at_once(sides: Sides, rounds: int) -> Table:
    """Eight long queries one after the other and at once, and a short query beside seven of them."""
    sides.compare(_LONG, 1, 1)
    ours, base = [sides.ours(_LONG)] * AT_ONCE, [sides.base(_LONG)] * AT_ONCE
    numbered = iter(range(1_000_000))

    def plain(sql: str) -> None:
        sides.plain.run(sql, f"plain{next(numbered) % (4 * AT_ONCE)}")

    def in_turn(run: Callable[[str], object], texts: list[str]) -> None:
        for text in texts:
            run(text)

    cases = {
        "base, one by one": lambda: sides.plain.cost(lambda: in_turn(plain, base)),
        "base, at once": lambda: sides.plain.cost(lambda: _together(plain, base)),
        "ours, one by one": lambda: sides.lake.cost(lambda: in_turn(sides.lake.run, ours)),
        "ours, at once": lambda: sides.lake.cost(lambda: _together(sides.lake.run, ours)),
    }
    costs = interleaved(cases, rounds)
    table = Table(
        f"{AT_ONCE} long queries on {os.cpu_count()} cores", ["way", "CPU s", "wall s", "wall, at once / one by one"]
    )
    for side, way in (("base", "DuckDB"), ("ours", "ours")):
        single, many = (median(costs[f"{side}, {how}"], "wall_s") for how in ("one by one", "at once"))
        table.add(f"{way}, one by one", f"{median(costs[f'{side}, one by one']):.2f}", f"{single:.2f}", "")
        table.add(f"{way}, at once", f"{median(costs[f'{side}, at once']):.2f}", f"{many:.2f}", f"{many / single:.2f}")
    for way, run, long, short in (
        ("DuckDB", plain, base, sides.base(_SHORT)),
        ("ours", sides.lake.run, ours, sides.ours(_SHORT)),
    ):
        alone = _latencies(run, short, threading.Event())
        beside = _beside(run, long[: AT_ONCE - 1], short)
        table.notes.append(
            f"{way}: a short query alone {statistics.median(alone) * 1e3:.0f} ms, beside {AT_ONCE - 1} long ones "
            f"{statistics.median(beside) * 1e3:.0f} ms (median of {len(beside)}, longest {max(beside) * 1e3:.0f} ms)"
        )
    return table


def _latencies(run: Callable[[str], object], sql: str, stop: threading.Event, most: int = 10) -> list[float]:
    found: list[float] = []
    while len(found) < most and not (found and stop.is_set()):
        started = time.perf_counter()
        run(sql)
        found.append(time.perf_counter() - started)
    return found


def _beside(run: Callable[[str], object], long: list[str], short: str) -> list[float]:
    """Latencies of the short query while the long ones run."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(long) + 1) as pool:
        running = [pool.submit(run, text) for text in long]
        pool.submit(_set_after, running, stop)
        return _latencies(run, short, stop, 1_000)


def _set_after(running: list[Future[object]], stop: threading.Event) -> None:
    wait(running)
    stop.set()


def measured(stack: Stack, scratch: Path, rows: int, parts: int, calls: int, rounds: int) -> list[Table]:
    """The tables, over a running stack."""
    lake = Lake(stack)
    sides = Sides(lake, Plain(scratch), _files(lake, scratch, rows))
    return [
        queries(sides, calls, rounds),
        writing(sides, scratch, rows, rounds),
        partitions(sides, scratch, parts, rounds),
        at_once(sides, rounds),
    ]


def main() -> list[Table]:
    """ROWS rows of facts (5,000,000), PARTITIONS (10,000), CALLS a round of small queries (20), ROUNDS (5)."""
    usual = {"ROWS": 5_000_000, "PARTITIONS": 10_000, "CALLS": 20, "ROUNDS": 5}
    rows, parts, calls, rounds = (int(os.environ.get(name, number)) for name, number in usual.items())
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder) / "stack") as stack:
        return measured(stack, Path(folder), rows, parts, calls, rounds)


if __name__ == "__main__":
    for result in main():
        print(result)
