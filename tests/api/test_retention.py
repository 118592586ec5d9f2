"""What is kept of a dataset's past: versions by number and age, files by reference, and nothing of what failed."""

from datetime import timedelta
from typing import Any

import pytest

from app.bootstrap import build_lake
from app.domain.identifiers import ulid
from app.services import retention
from local.stack import Stack
from tests.api.lakework import Deliver, define, drop, register, run, select, versions
from tests.clock import Clock
from tests.isolation import isolated_settings

KEPT = 2


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, versions_kept=KEPT)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def lake(settings: Any, clock: Clock) -> Any:
    return build_lake(settings, clock=clock)


def tables(lake: Any, name: str) -> set[str]:
    found = lake.aws.glue.get_tables(DatabaseName="kept")["TableList"]
    return {one["Name"] for one in found if one["Name"].startswith(f"{name}__v")}


def keys(lake: Any, name: str) -> set[str]:
    return {key for key, _ in lake.objects.list(lake.settings.curated_bucket, f"main/kept/{name}/")}


def test_files_stay_as_long_as_a_version_refers_to_them(api: Any, lake: Any, deliver: Deliver, clock: Clock) -> None:
    source = register(api, "part_raw", namespace="kept")
    define(api, "part", source, "kept.part", mode="incremental")
    made: list[str] = []
    for at in range(5):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
        made.append(run(api, "part")["version"])
        clock.ahead += timedelta(hours=5)
    listed = {one["id"]: one for one in versions(api, "kept.part")}
    assert [listed[one]["removed_at"] is None for one in made] == [False, False, False, True, True]
    assert tables(lake, "part") == {f"part__v{one}" for one in made[3:]}
    assert {key.split("/v=")[1][:26] for key in keys(lake, "part")} == set(made)
    assert select(lake, "SELECT count(*), sum(n) FROM kept.part") == [(5, 10)]
    run(api, "part", force=True)  # stands alone: after it nothing refers to the others but the version before it
    for _ in range(3):
        clock.ahead += timedelta(hours=5)
        last = run(api, "part", force=True)["version"]
    assert {key.split("/v=")[1][:26] for key in keys(lake, "part")} & set(made) == set()
    assert select(lake, "SELECT count(*), sum(n) FROM kept.part") == [(5, 10)]
    assert versions(api, "kept.part")[0]["id"] == last


def test_what_a_failed_attempt_left_is_swept_up_after_a_while(
    api: Any, lake: Any, deliver: Deliver, clock: Clock
) -> None:
    source = register(api, "left_raw", namespace="kept")
    define(api, "left", source, "kept.left")
    drop(api, deliver, source, "n\n1\n")
    old, new = (ulid(clock() - age, 7) for age in (timedelta(days=1), timedelta(minutes=1)))
    for version in (old, new):
        lake.objects.put(lake.settings.curated_bucket, f"main/kept/left/v={version}/a=2/x.parquet", b"x")
        descriptor = {"Columns": [], "Location": "s3://x/", "SerdeInfo": {}}
        table = {"Name": f"left__v{version}_a2", "StorageDescriptor": descriptor}
        lake.catalog.ensure_database("kept")
        lake.aws.glue.create_table(DatabaseName="kept", TableInput=table)
    done = run(api, "left")["version"]
    assert {key.split("/v=")[1][:26] for key in keys(lake, "left")} == {new, done}
    assert tables(lake, "left") == {f"left__v{new}_a2", f"left__v{done}"}


def test_files_stay_for_a_version_however_many_lie_between(
    api: Any, lake: Any, deliver: Deliver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_PAGE", 2)  # of the list of versions: a whole page of purged ones is between
    source = register(api, "far_raw", namespace="kept")
    merge = {"keys": ["n"], "order_by": ["n"]}
    define(api, "far", source, "kept.far", mode="merge", merge=merge, layout={"partition_by": ["part"]})
    drop(api, deliver, source, "n,part\n1,1\n2,2\n")
    first = run(api, "far")["version"]
    for at in range(7):
        drop(api, deliver, source, f"n,part\n{10 + at},2\n", f"{at}.csv")
        clock.ahead += timedelta(hours=5)
        run(api, "far")
    assert first in {key.split("/v=")[1][:26] for key in keys(lake, "far")}
    assert select(lake, "SELECT part, count(*) FROM kept.far GROUP BY part ORDER BY part") == [(1, 1), (2, 8)]
    run(api, "far", force=True)  # stands alone
    for _ in range(3):
        clock.ahead += timedelta(hours=5)
        run(api, "far", force=True)
    assert first not in {key.split("/v=")[1][:26] for key in keys(lake, "far")}
    assert all(one["removed_at"] for one in versions(api, "kept.far")[KEPT + 1 :])


def test_a_version_stays_for_the_queries_that_began_on_it_after_a_rollback(
    api: Any, lake: Any, deliver: Deliver, clock: Clock
) -> None:
    source = register(api, "back_raw", namespace="kept")
    define(api, "back", source, "kept.back")
    made: list[str] = []
    for at in range(3):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
        made.append(run(api, "back")["version"])
        clock.ahead += timedelta(hours=5)
    answer = api.post("/v1/datasets/kept.back/rollback", json={"version": made[1]})
    assert answer.status_code == 200, answer.text
    clock.ahead += timedelta(hours=5)
    made.append(run(api, "back", force=True)["version"])
    assert tables(lake, "back") == {f"back__v{one}" for one in made[1:]}  # readers left made[1] a moment ago
    clock.ahead += timedelta(hours=5)
    made.append(run(api, "back", force=True)["version"])
    assert tables(lake, "back") == {f"back__v{one}" for one in made[3:]}
    assert {key.split("/v=")[1][:26] for key in keys(lake, "back")} == set(made[3:])
