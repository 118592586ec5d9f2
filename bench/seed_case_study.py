"""The seed's benchmark, through the product: gz CSV, Parquet, bucketed by state, and the best layout we offer.

All over HTTP, as a partner and an analyst would: register, drop files, three jobs, queries; bytes, times and costs are
what the API says of its runs and queries. A question's rows are counted a second time by Polars over the files that
were dropped. Bytes scanned compare across machines, times do not: here DuckDB stands in for Athena.

    python -m bench.seed_case_study    ROWS=100000
"""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.consumer_header import COLUMNS, Header, write_header
from bench.measure import Table, megabytes
from bench.product import Product, running_product
from bench.seed_queries import SEED_ROWS, Question, known, read, seed_questions, workload
from local.stack import Stack, running_stack

_NAMESPACE = "consumer"
_DEADLINE_S = 3_600.0
_LAYOUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "parquet": ("header_parquet", {"compression": "snappy"}),
    "bucketed": ("header_buckets", {"compression": "snappy", "bucket_by": ["state"], "bucket_count": 60}),
    "best": ("header_best", {"compression": "zstd", "partition_by": ["state"], "sort_by": ["householdid"]}),
}
_WORDS = {
    "gz csv": "gz CSV as dropped",
    "parquet": "Parquet snappy",
    "bucketed": "Parquet, 60 buckets by state",
    "best": "Parquet zstd, by state, sorted by household",
}


@dataclass(frozen=True)
class Answer:
    """What a query took, as the API tells it, and what it said."""

    rows: int
    bytes_scanned: int
    cost_usd: str
    engine_s: float


def drop(product: Product, header: Header) -> None:
    """Register without a schema and drop every file, as a partner does."""
    product.post("/v1/datasets", {"namespace": _NAMESPACE, "name": "header_raw", "tier": "raw"})
    for file in header.files:
        wanted = {"file_name": file.name, "size_bytes": file.stat().st_size}
        upload = product.post(f"/v1/datasets/{_NAMESPACE}.header_raw/uploads", wanted)
        httpx.put(upload["url"], headers=upload["headers"], content=file.read_bytes(), timeout=600).raise_for_status()
    product.deliver()
    files = product.get(f"/v1/datasets/{_NAMESPACE}.header_raw/files")["items"]
    states = sorted(file["state"] for file in files)
    if states != ["committed"] * len(header.files):
        raise RuntimeError(f"not all files were committed: {states}")


def run_job(product: Product, source: str, target: str, layout: dict[str, Any]) -> dict[str, Any]:
    """Define a job that copies all columns, run it once; the run as it ended."""
    product.post(
        "/v1/jobs",
        {
            "name": f"make-{target.replace('_', '-')}",
            "sources": [f"{_NAMESPACE}.{source}"],
            "target": {"namespace": _NAMESPACE, "name": target, "tier": "curated"},
            "transform": {},
            "layout": layout,
            "triggers": [{"type": "manual"}],
        },
    )
    run = product.post(f"/v1/jobs/make-{target.replace('_', '-')}/runs", {})
    deadline = time.monotonic() + _DEADLINE_S
    while run["state"] in ("queued", "running") and time.monotonic() < deadline:
        product.deliver()
        run = product.get(f"/v1/runs/{run['id']}")
        time.sleep(0.05)
    if run["state"] != "succeeded":
        raise RuntimeError(f"the run that makes {target} ended {run['state']}: {run['error']}")
    return dict(run)


def ask(product: Product, question: Question, table: str) -> Answer:
    """One query, waited for; never a stored answer."""
    body = {"sql": question.sql.format(table=f"{_NAMESPACE}.{table}"), "row_limit": 1_000_000}
    query = product.post("/v1/queries", body, {"Prefer": "wait=25"})
    while query["state"] in ("queued", "running"):
        query = _body(product.api.get(f"/v1/queries/{query['id']}", headers={"Prefer": "wait=25"}))
    if query["state"] != "succeeded":
        raise RuntimeError(f"{question.name} over {table} ended {query['state']}: {query['error']}")
    rows, numbers = query["row_count"], query["statistics"]
    if question.is_count:
        rows = product.get(f"/v1/queries/{query['id']}/results")["rows"][0][0]
    elif rows is None:
        rows = _counted(product, query["id"])
    return Answer(rows, numbers["bytes_scanned"], numbers["cost_usd"], numbers["engine_ms"] / 1000)


def _counted(product: Product, query_id: str) -> int:
    """Rows of a result too large to have been counted when it came in."""
    rows, token = 0, None
    while True:
        params = {"limit": "1000", "page_token": token} if token else {"limit": "1000"}
        page = product.get(f"/v1/queries/{query_id}/results", **params)
        rows, token = rows + len(page["rows"]), page["next_page_token"]
        if token is None:
            return rows


def _body(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def _asked(
    product: Product, questions: Sequence[Question], layouts: Sequence[str], header: Header
) -> dict[tuple[str, str], Answer]:
    """Every question of every layout, each answer's rows compared with a second count."""
    frame = read(header.files)
    answers = {}
    for question in questions:
        expected = question.expected(frame)
        for layout in layouts:
            table = "header_raw" if layout == "gz csv" else _LAYOUTS[layout][0]
            answer = ask(product, question, table)
            if answer.rows != expected:
                raise RuntimeError(f"{question.name} over {layout}: {answer.rows} rows, {expected} expected")
            answers[question.name, layout] = answer
    return answers


def _runs_table(runs: dict[str, dict[str, Any]], header: Header) -> Table:
    table = Table(
        f"Making the layouts: {header.rows:,} rows, {megabytes(header.packed_bytes)} MB gz CSV",
        ["layout", "rows", "engine s", "MB scanned", "MB written", "files", "cost USD"],
    )
    for layout, run in runs.items():
        numbers = run["statistics"]
        table.add(
            _WORDS[layout],
            f"{numbers['rows']:,}",
            f"{numbers['engine_ms'] / 1000:.2f}",
            megabytes(numbers["bytes_scanned"]),
            megabytes(numbers["bytes_written"]),
            numbers["files"],
            numbers["cost_usd"],
        )
    return table


def _seed_table(answers: dict[tuple[str, str], Answer], questions: Sequence[Question]) -> Table:
    """Ours beside the seed's; the factor is to the first line of the same query."""
    table = Table(
        "The seed's queries",
        ["query", "layout", "rows", "engine s", "MB scanned", "times less", "cost USD", "seed: MB", "times less", "s"],
    )
    for question in questions:
        first = answers[question.name, "gz csv"].bytes_scanned
        figures = {layout: (size, seconds) for layout, size, seconds in question.seed}
        base = next(iter(figures.values()))[0]
        for layout, words in _WORDS.items():
            one = answers[question.name, layout]
            size, seconds = figures.get(layout, (None, None))
            table.add(
                question.name,
                words,
                f"{one.rows:,}",
                f"{one.engine_s:.3f}",
                megabytes(one.bytes_scanned),
                f"{first / max(one.bytes_scanned, 1):.1f}",
                one.cost_usd,
                f"{size:,.0f}" if size else "-",
                f"{base / size:.1f}" if size else "-",
                f"{seconds:g}" if seconds else "-",
            )
    table.notes.append(f"the seed had {SEED_ROWS:,} rows; its factor is to the first layout it gives for the query")
    return table


def _workload_table(answers: dict[tuple[str, str], Answer], questions: Sequence[Question]) -> Table:
    layouts = list(_LAYOUTS)
    table = Table("Six selective queries: MB scanned", ["query", "rows", *(_WORDS[layout] for layout in layouts)])
    totals = dict.fromkeys(layouts, 0)
    for question in questions:
        sizes = {layout: answers[question.name, layout].bytes_scanned for layout in layouts}
        totals = {layout: totals[layout] + size for layout, size in sizes.items()}
        rows = answers[question.name, layouts[0]].rows
        table.add(question.name, f"{rows:,}", *(megabytes(size) for size in sizes.values()))
    table.add("all six", "", *(megabytes(size) for size in totals.values()))
    factor = totals["best"] / max(totals["bucketed"], 1)
    table.notes.append(f"the best layout scans {factor:.2f} of what the seed's best, the buckets, scans")
    return table


def measured(stack: Stack, folder: Path, rows: int, columns: int = COLUMNS) -> list[Table]:
    """The tables, over a running stack."""
    header = write_header(folder, rows, columns=columns)
    # The partner's files are far above what is parsed at the door (7.5 GB each): so are these.
    with running_product(stack, full_parse_bytes=1_000_000, versions_kept=2) as product:
        drop(product, header)
        runs, source = {}, "header_raw"
        for layout, (target, described) in _LAYOUTS.items():
            runs[layout] = run_job(product, source, target, described)
            source = "header_parquet"  # as in the seed: the other layouts are made from plain Parquet
        seeds, six = seed_questions(), workload(known(read(header.files[:1])))
        answers = _asked(product, seeds, list(_WORDS), header)
        selective = _asked(product, six, list(_LAYOUTS), header)
    return [_runs_table(runs, header), _seed_table(answers, seeds), _workload_table(selective, six)]


def main() -> list[Table]:
    """ROWS rows (default 100,000)."""
    rows = int(os.environ.get("ROWS", "100000"))
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder) / "stack") as stack:
        return measured(stack, Path(folder) / "header", rows)


if __name__ == "__main__":
    for result in main():
        print(result)
