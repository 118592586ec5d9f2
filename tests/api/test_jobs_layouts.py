"""Layouts: partitions by every usual type, many and odd values, none lost and none doubled."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.domain.access import Principal
from tests.api.lakework import Deliver, change, define, ended, filled, run, select

ODD = ["it's", 'a "quote"', "100%", "a=b", "a/b", "a b", "ünïcode", "x:y", "#", "NULL", "null", "?", "a\\b", "é" * 20]

CROSSED = "SELECT a.k, b.n FROM lay.cross_raw a CROSS JOIN lay.cross_raw b"


def rows_of(values: list[str]) -> str:
    quoted = ['"' + value.replace('"', '""') + '"' if value else "" for value in values]
    return "key,n\n" + "".join(f"{value},{n}\n" for n, value in enumerate(quoted))


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("by_text", "varchar", [*ODD, "", *(f"value {n}" for n in range(120))]),
        ("by_date", "date", ["", *(f"20{n // 12 + 10}-{n % 12 + 1:02}-0{n % 9 + 1}" for n in range(130))]),
        ("by_number", "decimal(9,2)", ["", *(f"{n}.{n % 4 * 25:02}" for n in range(125))]),
        ("by_time", "timestamp", ["", *(f"2024-01-01 00:{n // 60:02}:{n % 60:02}" for n in range(110))]),
        ("by_bool", "boolean", ["true", "false", ""]),
    ],
)
def test_rows_survive_partitions_of_any_value(
    api: Any, lake: Any, deliver: Deliver, name: str, kind: str, values: list[str]
) -> None:
    columns = [{"name": "key", "type": kind}, {"name": "n", "type": "int"}]
    source = filled(api, deliver, f"{name}_raw", rows_of(values * 2), namespace="lay", schema={"columns": columns})
    define(api, name.replace("_", "-"), source, f"lay.{name}", layout={"partition_by": ["key"]})
    done = run(api, name.replace("_", "-"))
    count = len(values) * 2
    assert done["statistics"]["rows"] == count
    found = select(lake, f'SELECT count(*), count(DISTINCT key), count(key), sum(n) FROM "lay"."{name}"')
    kept = [value for value in values if value]
    assert found == [(count, len(set(kept)), len(kept) * 2, sum(range(count)))]
    if kind == "varchar":
        keys = {row[0] for row in select(lake, f'SELECT DISTINCT key FROM "lay"."{name}"')}
        assert keys == {*kept, None}


def test_two_partition_columns_of_sql_whose_types_only_athena_knows(api: Any, lake: Any, deliver: Deliver) -> None:
    text = "a,b,n\n" + "".join(f"{n % 13 or ''},k{n % 11},{n}\n" for n in range(600))
    source = filled(api, deliver, "two_raw", text, namespace="lay")
    sql = "SELECT n, a + 1 AS a_next, upper(b) AS b FROM lay.two_raw"
    define(api, "two", source, "lay.two", transform={"sql": sql}, layout={"partition_by": ["a_next", "b"]})
    done = run(api, "two")
    assert purposes(lake, done) == ["create", "partitions", "create", "insert", "gate"]  # 143 partitions
    found = select(lake, 'SELECT count(*), count(a_next), sum(n), count(DISTINCT b) FROM "lay"."two"')
    assert found == [(600, sum(1 for n in range(600) if n % 13), sum(range(600)), 11)]


def purposes(lake: Any, done: Any) -> list[str]:
    return [one.purpose for one in lake.runs._store.get("main", done["id"]).executions]


def test_a_partitioned_job_reads_its_source_once_and_the_gate_reads_only_the_target(
    api: Any, lake: Any, deliver: Deliver
) -> None:
    text = "k,n\n" + "".join(f"{n % 7},{n}\n" for n in range(5_000))
    source = filled(api, deliver, "once_raw", text, namespace="lay")
    checks = [{"type": "not_null", "columns": ["k"]}, {"type": "row_count", "min": 1}]
    define(api, "once", source, "lay.once", layout={"partition_by": ["k"]}, checks=checks)
    done = run(api, "once")
    create, gate = lake.runs._store.get("main", done["id"]).executions
    assert (create.purpose, gate.purpose) == ("create", "gate")
    assert create.bytes_scanned == len(text)
    assert gate.bytes_scanned <= done["statistics"]["bytes_written"]
    assert done["statistics"]["bytes_scanned"] == create.bytes_scanned + gate.bytes_scanned


def test_a_target_of_many_partitions_is_tried_in_one_statement_once_and_counted_at_once_from_then_on(
    api: Any, lake: Any, deliver: Deliver
) -> None:
    source = filled(api, deliver, "wide_raw", "k,n\n" + "".join(f"{n},{n}\n" for n in range(130)), namespace="lay")
    define(api, "wide", source, "lay.wide", layout={"partition_by": ["k"]})
    preview = api.get("/v1/jobs/wide/preview").json()
    assert len(preview["statements"]) == 1
    first = run(api, "wide")
    assert purposes(lake, first) == ["create", "partitions", "create", "insert", "gate"]
    refused, counted, *_ = lake.runs._store.get("main", first["id"]).executions
    assert (refused.state, float(refused.cost_usd)) == ("FAILED", 0)
    assert counted.attempt == refused.attempt + 1
    preview = api.get("/v1/jobs/wide/preview").json()
    assert len(preview["statements"]) == 2
    estimate = preview["estimate"]
    assert estimate["bytes_scanned"] == 3 * estimate["input_bytes"]  # the count and two batches
    again = run(api, "wide", force=True)
    assert purposes(lake, again) == ["partitions", "create", "insert", "gate"]
    change(api, "wide", transform={"where": "k < 50"})
    assert purposes(lake, run(api, "wide")) == ["partitions", "create", "gate"]
    assert purposes(lake, run(api, "wide", force=True)) == ["create", "gate"]
    assert select(lake, 'SELECT count(*), sum(n) FROM "lay"."wide"') == [(50, sum(range(50)))]


def test_buckets_and_partitions_that_cannot_be_written_are_said_in_numbers(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "cross_raw", "k,n\n" + "".join(f"{n},{n}\n" for n in range(60)), namespace="lay")
    layout = {"partition_by": ["k"], "bucket_by": ["n"], "bucket_count": 4}
    define(api, "cross", source, "lay.cross", transform={"sql": CROSSED}, layout=layout)
    done = ended(api, "cross")
    assert (done["state"], done["error"]["code"]) == ("failed", "bad_sql")
    assert "60 partitions of 4 buckets" in done["error"]["detail"]


def test_many_starts_at_once_all_queue_and_each_runs_once(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "rush_raw", "a\n1\n", namespace="lay")
    define(api, "rush", source, "lay.rush")
    me = Principal(id="test", tenant="main", scopes=frozenset())
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: lake.runs.start(me, "rush"), range(16)))
    assert len({one.id for one in made}) == 16
    queue = lake.runs._store.queues.get("main", "rush")
    assert sorted(queue.waiting) == sorted(one.id for one in made)
    lake.runs.advance("main", queue.waiting[0])
    deliver()
    states = [one["state"] for one in api.get("/v1/jobs/rush/runs").json()["items"]]
    assert states == ["succeeded"] * 16
    assert lake.runs._store.queues.get("main", "rush").is_idle
