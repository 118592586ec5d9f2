"""The main job over HTTP: drop, define, run, read."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.api.lakework import FLIGHTS, Deliver, change, define, drop, filled, run, select, versions


def test_a_run_writes_what_the_transform_says_with_its_types(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "main_raw", "id,day,amount,ok\n7,2024-02-29,12.50,true\n8,2024-03-01,,false\n")
    columns = [
        {"name": "id", "type": "bigint"},
        {"name": "day", "type": "date"},
        {"name": "amount", "type": "decimal(12,2)"},
        {"name": "twice", "expression": "id * 2", "type": "int"},
        {"name": "ok"},
    ]
    define(api, "main", source, "air.main", transform={"columns": columns, "where": "id > 0"})
    done = run(api, "main")
    assert done["state"] == "succeeded", done
    assert done["error"] is None
    rows = select(lake, 'SELECT * FROM "air"."main" ORDER BY id')
    assert rows == [
        (7, date(2024, 2, 29), Decimal("12.50"), 14, True),
        (8, date(2024, 3, 1), None, 16, False),
    ]
    dataset = api.get("/v1/datasets/air.main").json()
    assert dataset["current_version"] == done["version"]
    types = {column["name"]: column["type"] for column in dataset["schema"]["columns"]}
    assert types == {"id": "bigint", "day": "date", "amount": "decimal(12,2)", "twice": "int", "ok": "boolean"}


def test_a_run_tells_what_it_took(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "told_raw")
    define(api, "told", source, "air.told")
    done = run(api, "told")
    numbers = done["statistics"]
    assert numbers["rows"] == 4
    assert numbers["files"] >= 1
    assert numbers["bytes_scanned"] >= len(FLIGHTS)
    assert numbers["bytes_written"] > 0
    assert Decimal(numbers["cost_usd"]) > 0
    assert numbers["engine_ms"] > 0
    assert len(done["athena_execution_ids"]) == 2  # the CTAS and the gate
    assert done["inputs"][0]["dataset"] == source
    assert len(done["inputs"][0]["files"]) == 1
    (manifest,) = versions(api, "air.told")
    assert manifest["rows"] == 4
    assert manifest["is_current"]
    assert manifest["run_id"] == done["id"]
    assert manifest["bytes"] == numbers["bytes_written"]
    assert manifest["inputs"] == done["inputs"]
    one = api.get(f"/v1/datasets/air.told/versions/{manifest['id']}").json()
    assert one == manifest


def test_more_than_a_hundred_partitions_are_written_in_several_statements(
    api: Any, lake: Any, deliver: Deliver
) -> None:
    text = "key,value\n" + "".join(f"{n % 230 or ''},{n}\n" for n in range(1000))
    source = filled(api, deliver, "many_raw", text)
    define(api, "many", source, "air.many", layout={"partition_by": ["key"]})
    done = run(api, "many")
    assert done["state"] == "succeeded", done
    assert len(done["athena_execution_ids"]) == 1 + 1 + 3 + 1  # refused, counted, written, checked
    assert done["statistics"]["rows"] == 1000
    assert select(lake, 'SELECT count(*), count(DISTINCT key), sum(value), count(key) FROM "air"."many"') == [
        (1000, 229, sum(range(1000)), 995)
    ]


def test_the_same_inputs_write_no_second_version_unless_forced(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "same_raw")
    define(api, "same", source, "air.same")
    first = run(api, "same")
    again = run(api, "same")
    assert (again["state"], again["reused"], again["version"]) == ("succeeded", True, first["version"])
    assert again["athena_execution_ids"] == []
    forced = run(api, "same", force=True)
    assert not forced["reused"]
    assert forced["version"] != first["version"]
    assert [one["id"] for one in versions(api, "air.same")] == [forced["version"], first["version"]]
    runs = api.get("/v1/jobs/same/runs").json()["items"]
    assert [one["id"] for one in runs] == [forced["id"], again["id"], first["id"]]


def test_a_new_file_makes_a_new_version_and_rollback_goes_back(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "back_raw")
    define(api, "back", source, "air.back")
    first = run(api, "back")
    drop(api, deliver, source, "carrier,flight,month,delay\nDL,5,3,1\n", "b.csv")
    second = run(api, "back")
    count = 'SELECT count(*) FROM "air"."back"'
    assert select(lake, count) == [(5,)]
    answer = api.post("/v1/datasets/air.back/rollback", json={"version": first["version"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["is_current"]
    assert select(lake, count) == [(4,)]
    assert api.get("/v1/datasets/air.back").json()["current_version"] == first["version"]
    assert len(versions(api, "air.back")) == 2
    again = api.post("/v1/datasets/air.back/rollback", json={"version": second["version"]})
    assert again.status_code == 200
    assert select(lake, count) == [(5,)]


def test_a_version_may_change_the_schema_and_rollback_restores_it(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "shape_raw")
    define(api, "shape", source, "air.shape")
    first = run(api, "shape")
    change(api, "shape", transform={"columns": [{"name": "flight"}]})
    run(api, "shape")
    assert [c["name"] for c in api.get("/v1/datasets/air.shape").json()["schema"]["columns"]] == ["flight"]
    api.post("/v1/datasets/air.shape/rollback", json={"version": first["version"]})
    dataset = api.get("/v1/datasets/air.shape").json()
    assert len(dataset["schema"]["columns"]) == 4
    assert len(select(lake, 'SELECT * FROM "air"."shape"')[0]) == 4
    third = run(api, "shape", force=True)
    assert third["state"] == "succeeded", third
    assert select(lake, 'SELECT * FROM "air"."shape" ORDER BY 1') == [(1,), (2,), (3,), (4,)]


def test_several_sources_are_joined_by_sql_and_curated_ones_are_pinned(api: Any, lake: Any, deliver: Deliver) -> None:
    flights = filled(api, deliver, "join_raw")
    names = filled(api, deliver, "names_raw", "carrier,name\nUA,United\nAA,American\n")
    define(api, "names", names, "air.names")
    run(api, "names")
    sql = "SELECT f.flight, n.name FROM air.join_raw f LEFT JOIN air.names n ON n.carrier = f.carrier"
    body = {
        "name": "joined",
        "sources": [flights, "air.names"],
        "target": {"namespace": "air", "name": "joined", "tier": "business"},
        "transform": {"sql": sql},
    }
    assert api.post("/v1/jobs", json=body).status_code == 201
    done = run(api, "joined")
    assert done["state"] == "succeeded", done
    assert {one["dataset"]: bool(one["files"]) for one in done["inputs"]} == {flights: True, "air.names": False}
    assert select(lake, 'SELECT * FROM "air"."joined" ORDER BY 1') == [
        (1, "United"),
        (2, "United"),
        (3, "American"),
        (4, None),
    ]


def test_deduplicate_buckets_and_sorting_go_together(api: Any, lake: Any, deliver: Deliver) -> None:
    text = "id,at,value\n1,2024-01-01,a\n1,2024-01-03,b\n2,2024-01-01,c\n1,2024-01-02,d\n"
    source = filled(api, deliver, "latest_raw", text)
    define(
        api,
        "latest",
        source,
        "air.latest",
        transform={"deduplicate": {"keys": ["id"], "order_by": ["at desc"]}},
        layout={"bucket_by": ["id"], "bucket_count": 2, "sort_by": ["at"], "compression": "zstd"},
        checks=[{"type": "unique", "columns": ["id"]}],
    )
    done = run(api, "latest")
    assert done["state"] == "succeeded", done
    assert select(lake, 'SELECT id, value FROM "air"."latest" ORDER BY id') == [(1, "b"), (2, "c")]
