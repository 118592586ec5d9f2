"""Modes that build on what is there: files loaded once each, merges, back-fills, and the versions they make."""

from typing import Any

import pytest

from tests.api.lakework import Deliver, change, define, drop, ended, register, run, select, versions

MONTHLY = {"layout": {"partition_by": ["month"]}}
KEYED: dict[str, Any] = {"primary_key": ["id"], "order_by": "at"}
CHANGES = {
    "columns": [
        {"name": n, "type": t}
        for n, t in [("id", "int"), ("at", "int"), ("month", "int"), ("v", "varchar"), ("op", "varchar")]
    ]
}
KEPT = {"columns": [{"name": name} for name in ("id", "at", "v", "month")]}


def rows(lake: Any, table: str) -> list[Any]:
    return sorted(select(lake, f"SELECT * FROM {table}"), key=str)


@pytest.mark.parametrize("table_format", ["hive", "iceberg"])
@pytest.mark.parametrize("keys", [[], ["month"]], ids=["plain", "partitioned"])
def test_incremental_runs_read_only_new_files(
    api: Any, lake: Any, deliver: Deliver, table_format: str, keys: list[str]
) -> None:
    name = f"grow_{table_format}_{len(keys)}"
    source = register(api, f"{name}_raw", namespace="mo")
    define(
        api,
        name,
        source,
        f"mo.{name}",
        mode="incremental",
        layout={"partition_by": keys, "table_format": table_format},
    )
    seen = []
    for at in range(3):
        file = drop(api, deliver, source, f"n,month\n{at},{at % 2}\n{at + 10},1\n", f"{at}.csv")
        done = run(api, name)
        assert [one["files"] for one in done["inputs"]] == [[file]]
        assert done["build"] == ("append" if at else "rebuild")
        seen += [(at, at % 2), (at + 10, 1)]
        assert rows(lake, f"mo.{name}") == sorted(seen, key=str)
        assert done["statistics"]["rows"] == len(seen)
    again = run(api, name)
    assert (again["reused"], again["version"]) == (True, done["version"])
    newest = versions(api, f"mo.{name}")[0]
    assert newest["rows"] == len(seen)
    assert newest["files"] >= 1
    assert newest["bytes"] > 0


def test_a_version_that_grew_is_read_whole_by_queries_and_by_jobs(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "star_raw", namespace="mo")
    define(api, "star", source, "mo.star", mode="incremental")
    define(api, "after", "mo.star", "mo.after")
    for at in range(2):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
        run(api, "star")
    answer = api.post("/v1/queries", json={"sql": "SELECT * FROM mo.star ORDER BY 1"}, headers={"Prefer": "wait=25"})
    found = api.get(f"/v1/queries/{answer.json()['id']}/results").json()
    assert ([one["name"] for one in found["columns"]], found["rows"]) == (["n"], [[0], [1]])
    assert run(api, "after")["statistics"]["rows"] == 2


def test_after_a_rollback_the_files_since_are_loaded_again(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "back_raw", namespace="mo")
    define(api, "back", source, "mo.back", mode="incremental")
    made = []
    for at in range(3):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
        made.append(run(api, "back")["version"])
    assert api.post("/v1/datasets/mo.back/rollback", json={"version": made[0]}).status_code == 200
    assert rows(lake, "mo.back") == [(0,)]
    done = run(api, "back")
    assert (done["base"], len(done["inputs"][0]["files"])) == (made[0], 2)
    assert rows(lake, "mo.back") == [(0,), (1,), (2,)]


def test_another_job_version_loads_everything_again(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "other_raw", namespace="mo")
    job = define(api, "other", source, "mo.other", mode="incremental")
    assert job["version"] == 1
    for at in range(2):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
        run(api, "other")
    changed = change(api, "other", transform={"columns": [{"name": "m", "expression": "n * 10"}]})
    assert (changed["version"], changed["reprocesses"]["files"]) == (2, 2)
    done = run(api, "other")
    assert (done["build"], done["job_version"]) == ("rebuild", 2)
    assert rows(lake, "mo.other") == [(0,), (10,)]


def test_other_sources_are_another_version_of_the_job(api: Any, lake: Any, deliver: Deliver) -> None:
    sources = [register(api, f"moved_{at}_raw", namespace="mo") for at in range(2)]
    for at, source in enumerate(sources):
        drop(api, deliver, source, f"n\n{at}\n")
    define(api, "moved", sources[0], "mo.moved", mode="incremental")
    run(api, "moved")
    changed = change(api, "moved", sources=[sources[1]])
    assert (changed["version"], changed["reprocesses"]["build"]) == (2, "rebuild")
    assert run(api, "moved")["job_version"] == 2
    assert rows(lake, "mo.moved") == [(1,)]


def changes(*lines: tuple[Any, ...]) -> str:
    return "id,at,month,v,op\n" + "".join(",".join(map(str, line)) + "\n" for line in lines)


@pytest.mark.parametrize(
    "layout",
    [{}, {"partition_by": ["month"]}, {"partition_by": ["month"], "table_format": "iceberg"}],
    ids=["plain", "partitioned", "iceberg"],
)
def test_the_latest_change_of_a_key_wins_and_tombstones_delete(
    api: Any, lake: Any, deliver: Deliver, layout: dict[str, Any]
) -> None:
    name = f"merge_{len(layout)}"
    source = register(api, f"{name}_raw", namespace="mo", schema=CHANGES, **KEYED)
    merge = {"deleted": "op = 'D'"}
    define(api, name, source, f"mo.{name}", mode="merge", transform=KEPT, merge=merge, layout=layout)
    steps = [
        (
            changes((1, 1, 1, "a", "U"), (2, 1, 2, "b", "U"), (3, 1, 3, "c", "U")),
            [(1, 1, "a", 1), (2, 1, "b", 2), (3, 1, "c", 3)],
        ),
        (changes((1, 2, 2, "a2", "U"), (2, 5, 2, "", "D")), [(1, 2, "a2", 2), (3, 1, "c", 3)]),
        (changes((2, 4, 1, "late", "U"), (1, 1, 1, "late", "U")), [(1, 2, "a2", 2), (3, 1, "c", 3)]),
        (changes((2, 6, 3, "back", "U")), [(1, 2, "a2", 2), (2, 6, "back", 3), (3, 1, "c", 3)]),
    ]
    for at, (text, expected) in enumerate(steps):
        drop(api, deliver, source, text, f"{at}.csv")
        done = run(api, name)
        assert rows(lake, f"mo.{name}") == expected, at
        assert done["statistics"]["rows"] == len(expected)
        assert done["build"] == ("merge" if at else "rebuild")


def test_a_merge_writes_only_the_partitions_it_touches(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "touch_raw", namespace="mo", schema=CHANGES, **KEYED)
    define(api, "touch", source, "mo.touch", mode="merge", transform=KEPT, **MONTHLY)
    drop(api, deliver, source, changes(*((n, 1, n % 10, "x", "U") for n in range(100))))
    first = run(api, "touch")
    drop(api, deliver, source, changes((5, 2, 5, "y", "U"), (6, 2, 7, "moved", "U")), "b.csv")
    second = run(api, "touch")
    new = [key for key, _ in lake.objects.list(lake.settings.curated_bucket, f"main/mo/touch/v={second['version']}/a=")]
    assert {key.split("/month=")[1].split("/")[0] for key in new} == {"5", "6", "7"}
    assert len(rows(lake, "mo.touch")) == 100
    assert select(lake, "SELECT month, v FROM mo.touch WHERE id = 6") == [(7, "moved")]
    api.post("/v1/datasets/mo.touch/rollback", json={"version": first["version"]})
    assert select(lake, "SELECT month, v FROM mo.touch WHERE id = 6") == [(6, "x")]


def test_more_than_a_hundred_partitions_are_merged_in_batches(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "wide_raw", namespace="mo", schema=CHANGES, **KEYED)
    define(api, "wide", source, "mo.wide", mode="merge", transform=KEPT, **MONTHLY)
    for at in range(2):
        drop(api, deliver, source, changes(*((n, at, n, f"v{at}", "U") for n in range(150))), f"{at}.csv")
        done = run(api, "wide")
        assert done["progress"] == {"batches_done": 2, "batches_expected": 2}
    assert select(lake, "SELECT count(*), count(DISTINCT month), min(v) FROM mo.wide") == [(150, 150, "v1")]


def test_a_back_fill_replaces_the_partitions_of_a_range(api: Any, lake: Any, deliver: Deliver) -> None:
    for mode in ("full", "incremental", "merge"):
        source = register(api, f"fill_{mode}_raw", namespace="mo", schema=CHANGES, **KEYED)
        define(api, f"fill-{mode}", source, f"mo.fill_{mode}", mode=mode, transform=KEPT, **MONTHLY)
        drop(api, deliver, source, changes(*((n, 1, n % 6, "x", "U") for n in range(12))))
        first = run(api, f"fill-{mode}")
        before = rows(lake, f"mo.fill_{mode}")
        done = run(api, f"fill-{mode}", partitions=[{"column": "month", "from": 2, "to": 4}])
        assert (done["build"], done["base"]) == ("replace", first["version"])
        assert rows(lake, f"mo.fill_{mode}") == before
        new = [
            key
            for key, _ in lake.objects.list(lake.settings.curated_bucket, f"main/mo/fill_{mode}/v={done['version']}/a=")
        ]
        assert {key.split("/month=")[1].split("/")[0] for key in new} == {"2", "3", "4"}


def test_a_back_fill_knows_its_range_by_the_types_of_the_version(api: Any, lake: Any, deliver: Deliver) -> None:
    """A column of an SQL transform has no type before it is written: its range was one of texts, `10` before `2`."""
    source = register(api, "typed_raw", namespace="mo", schema=CHANGES)
    sql = "SELECT id, CAST(month AS integer) AS month FROM mo.typed_raw"
    for name, table_format in (("typed", "hive"), ("typed_ice", "iceberg")):
        layout = {"partition_by": ["month"], "table_format": table_format}
        define(api, name, source, f"mo.{name}", transform={"sql": sql}, layout=layout)
    drop(api, deliver, source, changes(*((n, 1, n, "x", "U") for n in range(1, 13))))
    for name in ("typed", "typed_ice"):
        run(api, name)
        before = rows(lake, f"mo.{name}")
        assert len(before) == 12
        run(api, name, partitions=[{"column": "month", "from": 1, "to": 12}])
        run(api, name, partitions=[{"column": "month", "from": 2, "to": 11}])
        assert rows(lake, f"mo.{name}") == before
    wrong = api.post("/v1/jobs/typed/runs", json={"partitions": [{"column": "month", "from": "June", "to": "May"}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/partitions/0")
    assert "of type int" in wrong.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "bound"),
    [
        ("timestamp", "2024-01-01 00:00:00", "2024-01-02 10:30:00", "2024-01-02 10:30:00"),
        ("double", "1.5", "100000000.25", "100000000.25"),
        ("decimal(6,2)", "1.50", "-2.00", "-2"),
        ("date", "2024-01-01", "2023-12-31", "2023-12-31"),
        ("boolean", "false", "true", "true"),
    ],
)
def test_a_merge_and_a_back_fill_find_their_partitions_in_whatever_way_they_are_written(
    api: Any, lake: Any, deliver: Deliver, kind: str, old: str, new: str, bound: str
) -> None:
    """Athena writes a value as text in one way, the catalogue in another."""
    name = f"by_{kind[:4]}"
    typed = {"columns": [{"name": "id", "type": "int"}, {"name": "v", "type": "varchar"}, {"name": "p", "type": kind}]}
    source = register(api, f"{name}_raw", namespace="mo", schema=typed, primary_key=["id"])
    define(api, name, source, f"mo.{name}", mode="merge", merge={"keys": ["id"]}, layout={"partition_by": ["p"]})
    drop(api, deliver, source, f"id,v,p\n1,a,{old}\n2,a,{new}\n", "a.csv")
    run(api, name)
    drop(api, deliver, source, f"id,v,p\n2,b,{new}\n3,b,{new}\n", "b.csv")
    merged = run(api, name)
    assert merged["build"] == "merge"
    found = [(1, "a"), (2, "b"), (3, "b")]
    assert sorted(select(lake, f"SELECT id, v FROM mo.{name}")) == found
    filled = run(api, name, partitions=[{"column": "p", "from": bound, "to": bound}])
    assert filled["build"] == "replace"
    assert sorted(select(lake, f"SELECT id, v FROM mo.{name}")) == found


def test_a_merge_refuses_rows_without_a_key(api: Any, lake: Any, deliver: Deliver) -> None:
    """They would be one row or two, as their files happen to fall into runs."""
    source = register(api, "keyless_raw", namespace="mo", schema=CHANGES, **KEYED)
    define(api, "keyless", source, "mo.keyless", mode="merge", transform=KEPT)
    drop(api, deliver, source, changes((1, 1, 1, "x", "U")))
    run(api, "keyless")
    drop(api, deliver, source, changes(("", 2, 1, "y", "U")), "b.csv")
    failed = ended(api, "keyless")
    assert (failed["state"], failed["error"]["code"]) == ("failed", "check_failed")
    (broken,) = [one for one in failed["checks"] if not one["passed"]]
    assert (broken["type"], broken["index"], broken["found"]) == ("not_null", None, 1)
    assert [row[0] for row in rows(lake, "mo.keyless")] == [1]


def test_a_range_needs_a_version_and_a_partition_column(api: Any, deliver: Deliver) -> None:
    source = register(api, "range_raw", namespace="mo", schema=CHANGES, **KEYED)
    define(api, "range", source, "mo.range", transform=KEPT, **MONTHLY)
    wrong = api.post("/v1/jobs/range/runs", json={"partitions": [{"column": "v", "from": 1, "to": 2}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/partitions/0/column")
    both = {"force": True, "partitions": [{"column": "month", "from": 1, "to": 2}]}
    wrong = api.post("/v1/jobs/range/runs", json=both)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/force")
    drop(api, deliver, source, changes((1, 1, 1, "x", "U")))
    failed = ended(api, "range", partitions=[{"column": "month", "from": 1, "to": 2}])
    assert failed["error"]["code"] == "no_base"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"mode": "merge"}, "/merge/keys"),
        ({"mode": "merge", "merge": {"keys": ["nope"]}}, "/merge/keys/0"),
        ({"mode": "merge", "merge": {"keys": ["id"], "order_by": ["nope"]}}, "/merge/order_by/0"),
        ({"mode": "merge", "merge": {"keys": ["id"], "deleted": "nope = 1"}}, "/merge/deleted"),
        ({"mode": "incremental", "sources": ["mo.not_raw"]}, "/sources"),
    ],
)
def test_modes_that_do_not_fit_are_refused_with_their_place(api: Any, body: Any, pointer: str) -> None:
    api.post("/v1/datasets", json={"namespace": "mo", "name": "odd_raw", "tier": "raw", "schema": CHANGES})
    api.post("/v1/datasets", json={"namespace": "mo", "name": "not_raw", "tier": "curated"})
    asked = {"name": "odd", "sources": ["mo.odd_raw"], "target": {"namespace": "mo", "name": "odd"}, **body}
    answer = api.post("/v1/jobs", json=asked)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
