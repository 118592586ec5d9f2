"""Layouts: partitions by every usual type, many and odd values, none lost and none doubled."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.domain.access import Principal
from tests.api.lakework import Deliver, define, filled, run, select

ODD = ["it's", 'a "quote"', "100%", "a=b", "a/b", "a b", "ünïcode", "x:y", "#", "NULL", "null", "?", "a\\b", "é" * 20]


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
    assert len(done["athena_execution_ids"]) == 1 + 2 + 1  # 143 partitions: a CTAS and an INSERT
    found = select(lake, 'SELECT count(*), count(a_next), sum(n), count(DISTINCT b) FROM "lay"."two"')
    assert found == [(600, sum(1 for n in range(600) if n % 13), sum(range(600)), 11)]


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
