"""Versions over HTTP: the list, the manifest, the way back, and what is removed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from local.stack import Stack
from tests.api.lakework import FLIGHTS, Deliver, define, drop, filled, run, select, versions
from tests.aws_faults import Faults
from tests.isolation import isolated_settings


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, versions_kept=2, version_grace_seconds=0)


@pytest.fixture
def unauthorised(lake: Any) -> Iterator[Callable[[str], Any]]:
    """A client of another tenant."""
    from app.main import create_app

    with TestClient(create_app(lake), raise_server_exceptions=False) as client:

        def of(tenant: str) -> Any:
            client.headers["x-api-key"] = lake.identity.ensure_admin_key(tenant)
            return client

        yield of


def test_old_versions_are_removed_but_their_manifests_stay(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "kept_raw", namespace="vers")
    define(api, "kept", source, "vers.kept")
    made = [run(api, "kept", force=True)["version"] for _ in range(4)]
    listed = versions(api, "vers.kept")
    assert [one["id"] for one in listed] == made[::-1]
    assert [one["removed_at"] is None for one in listed] == [True, True, False, False]
    bucket = lake.settings.curated_bucket
    left = {key.split("/v=")[1][:26] for key, _ in lake.objects.list(bucket, "main/vers/kept/")}
    assert left == set(made[2:])
    tables = [lake.catalog.find_table("vers", f"kept__v{version}") is not None for version in made]
    assert tables == [False, False, True, True]
    answer = api.post("/v1/datasets/vers.kept/rollback", json={"version": made[0]})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_the_current_version_is_never_removed(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "held_raw", namespace="vers")
    define(api, "held", source, "vers.held")
    first, second = (run(api, "held", force=True)["version"] for _ in range(2))
    answers: list[Any] = []

    def rolled_back(**_: Any) -> None:  # once the new version is published and before the old ones are removed
        if not answers and api.get("/v1/datasets/vers.held").json()["current_version"] not in {first, second}:
            answers.append("asked")
            answers.append(api.post("/v1/datasets/vers.held/rollback", json={"version": first}).status_code)

    with Faults(lake).noting(rolled_back):
        third = run(api, "held", force=True)["version"]
    assert answers == ["asked", 200]
    assert [(one["id"], one["removed_at"]) for one in versions(api, "vers.held")] == [
        (third, None),
        (second, None),
        (first, None),
    ]
    assert select(lake, 'SELECT count(*) FROM "vers"."held"') == [(4,)]


def test_a_raw_dataset_lists_its_versions_and_has_no_way_back(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "plain_raw", namespace="vers")
    first = api.get(f"/v1/datasets/{source}").json()["current_version"]
    drop(api, deliver, source, "carrier,flight,month,delay\nDL,9,9,9\n", "b.csv")
    listed = versions(api, source)
    assert listed[0]["is_current"]
    assert listed[1]["id"] == first
    assert not listed[1]["is_current"]
    answer = api.post(f"/v1/datasets/{source}/rollback", json={"version": first})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_pages_of_versions_follow_each_other(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "paged_raw", namespace="vers")
    define(api, "paged", source, "vers.paged")
    made = [run(api, "paged", force=True)["version"] for _ in range(3)]
    first = api.get("/v1/datasets/vers.paged/versions?limit=2")
    assert [one["id"] for one in first.json()["items"]] == made[:0:-1]
    assert 'rel="next"' in first.headers["link"]
    token = first.json()["next_page_token"]
    rest = api.get(f"/v1/datasets/vers.paged/versions?limit=2&page_token={token}").json()
    assert [one["id"] for one in rest["items"]] == made[:1]
    assert rest["next_page_token"] is None


def test_versions_of_others_are_not_found(api: Any, deliver: Deliver, unauthorised: Callable[[str], Any]) -> None:
    source = filled(api, deliver, "mine_raw", namespace="vers")
    define(api, "mine", source, "vers.mine")
    made = run(api, "mine")
    other = unauthorised("other")
    for path in (
        "/v1/datasets/vers.mine/versions",
        f"/v1/datasets/vers.mine/versions/{made['version']}",
        "/v1/jobs/mine",
        f"/v1/runs/{made['id']}",
    ):
        assert other.get(path).status_code == 404, path
    assert other.post("/v1/datasets/vers.mine/rollback", json={"version": made["version"]}).status_code == 404
    assert other.post(f"/v1/runs/{made['id']}/cancel").status_code == 404
    assert other.post("/v1/jobs/mine/runs").status_code == 404


def test_another_tenants_job_writes_to_databases_and_prefixes_of_its_own(
    lake: Any, deliver: Deliver, unauthorised: Callable[[str], Any]
) -> None:
    other = unauthorised("acme")
    source = filled(other, deliver, "flights_raw", FLIGHTS, namespace="vers")
    define(other, "own", source, "vers.own")
    run(other, "own")
    assert select(lake, 'SELECT count(*) FROM "acme__vers"."own"') == [(4,)]
    assert list(lake.objects.list(lake.settings.curated_bucket, "acme/vers/own/v="))


def test_a_version_that_never_was_is_not_found(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "never_raw", namespace="vers")
    define(api, "never", source, "vers.never")
    nothing = "0" * 26
    assert api.get(f"/v1/datasets/vers.never/versions/{nothing}").status_code == 404
    assert api.post("/v1/datasets/vers.never/rollback", json={"version": nothing}).status_code == 404
    assert api.post("/v1/datasets/vers.never/rollback", json={"version": "../x"}).status_code == 422
    assert api.post("/v1/datasets/vers.nothing/rollback", json={"version": nothing}).status_code == 404
