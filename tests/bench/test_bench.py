"""Each benchmark at a tiny size: it runs, checks what it measured, and its table has its rows. Figures are not judged."""

import itertools
from pathlib import Path

import polars as pl
import pytest

import bench.__main__ as command
from bench import (
    athena,
    catalog_scale,
    charts,
    cold_start,
    consumer_header,
    convert,
    merge,
    overhead,
    seed_case_study,
    warm,
)
from bench.measure import Cost, Table, here, interleaved, median, python_child, ratio, verdict


def column(table: Table, name: str) -> list[str]:
    return [row[list(table.columns).index(name)] for row in table.rows]


def test_a_table_prints_as_markdown_and_refuses_a_row_that_does_not_fit():
    table = Table("Answers", ["what", "ms"], notes=["budget: met"])
    table.add("first", 12)
    assert str(table).splitlines() == [
        "## Answers",
        "",
        "| what  | ms |",
        "|-------|----|",
        "| first | 12 |",
        "",
        "budget: met",
    ]
    with pytest.raises(ValueError, match="3 cells"):
        table.add("a", "b", "c")


def test_cases_alternate_and_the_first_round_is_thrown_away():
    order = []

    def case(name, seconds):
        def run():
            order.append(name)
            return Cost(1.0, next(seconds))

        return run

    cases = {"a": case("a", itertools.count(1)), "b": case("b", itertools.repeat(2.0))}
    costs = interleaved(cases, rounds=3)
    assert order == ["b", "a", "a", "b", "b", "a", "a", "b"]
    assert [cost.cpu_s for cost in costs["a"]] == [2, 3, 4]
    assert ratio(costs, "a", "b") == 1.5
    assert median(costs["a"], "wall_s") == 1.0
    assert verdict(1.5, 1.0) == "1.50 (budget 1.00: MISSED)"


def test_a_child_that_fails_is_an_error_and_one_that_answers_tells_its_costs():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        python_child("1 / 0")
    cost = python_child("import json, sys; print(json.dumps({'n': sys.argv[1], 'peak_mb': 7}))", "3")
    assert (cost.value["n"], cost.peak_mb) == ("3", 7)
    assert cost.cpu_s > 0
    assert here(lambda: "done").value == "done"


def test_the_header_has_400_columns_and_is_the_same_every_time(tmp_path: Path):
    header = consumer_header.write_header(tmp_path / "a", 1_000, parts=2)
    frame = pl.concat([pl.read_csv(file, infer_schema=False) for file in header.files])
    assert frame.shape == (1_000, consumer_header.COLUMNS)
    assert len({name.lower() for name in frame.columns}) == consumer_header.COLUMNS
    assert frame["ZipCode"].str.contains(r"^\d{5}$").all()
    assert frame["ZipCode"].str.starts_with("0").any()
    again = consumer_header.write_header(tmp_path / "b", 1_000, parts=2)
    assert [file.read_bytes() for file in again.files] == [file.read_bytes() for file in header.files]
    smaller = pl.concat(list(consumer_header.blocks(0, 10))).write_csv()
    assert smaller == pl.concat(list(consumer_header.blocks(0, 1_000))).head(10).write_csv()


def test_california_has_its_share_of_the_header():
    frame = pl.concat([consumer_header.block(number, columns=30) for number in range(3)])
    assert 0.10 < (frame["State"] == "CA").mean() < 0.14
    assert frame["State"].n_unique() == 51


def test_cold_start(stack):
    table = cold_start.measured(stack, rounds=1)
    assert len(table.rows) == 2
    assert table.notes[-1] == "heavy libraries loaded: none"


def test_warm(stack):
    requests, records = warm.measured(stack, calls=2, rounds=1)
    assert column(requests, "request")[:2] == ["FastAPI hello", "GET /v1/me"]
    assert len(records.rows) == 2


def test_charts(stack):
    cached, tiles, sizes = charts.measured(stack, calls=2, rounds=1)
    assert column(cached, "request")[:2] == ["bare FastAPI route", "chart, within max_age"]
    assert column(tiles, "Athena queries") == ["1", "0"]
    assert column(sizes, "shape") == ["series", "rows", "columns", "datatable", "csv"]
    assert column(charts.thinning_table(2_000, 1), "points")[2] == "800"


def test_a_page_of_the_catalogue_costs_the_same_at_every_size(stack):
    table = catalog_scale.measured(stack, [110, 400])
    assert len(table.rows) == 14
    assert set(column(table, "Scans")) == {"0"}
    assert table.notes[0].endswith(": met")
    assert table.notes[1].endswith("yes, for full pages")


def test_convert(stack, tmp_path: Path):
    table = convert.measured(stack, tmp_path, rows=300, rounds=1)
    assert column(table, "way") == ["DuckDB COPY", convert.OURS, "Polars", "PyArrow"]


def test_the_embedded_athena_beside_plain_duckdb(stack, tmp_path: Path):
    small, made, parts, eight = athena.measured(stack, tmp_path, rows=2_000, parts=120, calls=1, rounds=1)
    assert column(small, "query")[0] == "SELECT 1"
    assert column(made, "way") == ["DuckDB COPY", "our CTAS"]
    assert len(parts.rows) == 6
    assert len(eight.rows) == 4
    assert eight.notes[1].startswith("ours: a short query alone")


def test_a_merge_beside_plain_duckdb(stack, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("bench.athena_lake.BUCKET", "bench-merge")
    monkeypatch.setattr("bench.athena_lake.DATABASE", "bench_merge")
    monkeypatch.setattr(merge, "BUCKET", "bench-merge")
    monkeypatch.setattr(merge, "DATABASE", "bench_merge")
    table = merge.measured(stack, tmp_path, rows=2_000, keys=100, rounds=1)
    assert column(table, "way") == [merge.OURS, merge.WINDOW, merge.FLOOR]


def test_from_event_to_version(lake):
    table = overhead.measured(lake, rows=3, rounds=1)
    assert column(table, "mode") == ["full", "incremental", "merge"]


def test_the_seeds_case_study(stack, tmp_path: Path):
    runs, seeds, six = seed_case_study.measured(stack, tmp_path, rows=400, columns=40)
    assert column(runs, "rows") == ["400"] * 3
    assert len(seeds.rows) == 12
    assert column(six, "query")[-1] == "all six"


def test_an_unknown_benchmark_is_named(capsys):
    assert command.main(["cold_start", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
    files = {
        file.stem
        for file in Path(command.__file__).parent.glob("*.py")
        if "def main() -> list[Table]" in file.read_text()
    }
    assert set(command.NAMES) == files
