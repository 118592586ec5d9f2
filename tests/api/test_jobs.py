"""Jobs over HTTP: defining, refusing, changing, pausing, deleting, previewing."""

from typing import Any

import pytest

from tests.api.lakework import Deliver, define, ended, filled, register, run


def refused(api: Any, body: dict[str, Any], status: int = 422) -> dict[str, Any]:
    answer = api.post("/v1/jobs", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())


def body_of(source: str, name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "sources": [source], "target": {"namespace": "jobs", "name": name}, **more}


@pytest.fixture(scope="module")
def source(api: Any, deliver: Deliver) -> str:
    return filled(api, deliver, "source_raw", namespace="jobs")


def test_a_job_is_shown_as_it_was_defined(api: Any, source: str) -> None:
    transform = {"columns": [{"name": "late", "from": "delay", "type": "double"}], "where": "month = 1"}
    checks = [{"type": "row_count", "min": 1}]
    made = define(api, "shown", source, "jobs.shown", transform=transform, checks=checks, description="Late ones")
    answer = api.get("/v1/jobs/shown")
    assert answer.json() == made
    assert answer.headers["etag"] == '"1"'
    assert made["transform"]["columns"][0]["from"] == "delay"
    unset = dict.fromkeys(("name", "max", "min_ratio", "max_ratio"))
    assert made["checks"] == [{"type": "row_count", "min": 1, "severity": "fail", **unset}]
    assert made["mode"] == "full"
    assert made["paused"] is False
    target = api.get("/v1/datasets/jobs.shown").json()
    assert (target["tier"], target["current_version"]) == ("curated", None)
    assert "shown" in [job["name"] for job in api.get("/v1/jobs").json()["items"]]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"transform": {"columns": [{"name": "a", "from": "nothing"}]}}, "/transform/columns/0/from"),
        ({"transform": {"columns": [{"name": "nothing"}]}}, "/transform/columns/0/name"),
        ({"transform": {"columns": [{"name": "a", "expression": "nothing + 1"}]}}, "/transform/columns/0/expression"),
        ({"transform": {"columns": [{"name": "flight", "type": "number"}]}}, "/transform/columns/0/type"),
        ({"transform": {"where": "nothing = 1"}}, "/transform/where"),
        ({"transform": {"where": "flight IN (SELECT 1)"}}, "/transform/where"),
        ({"transform": {"deduplicate": {"keys": ["nothing"]}}}, "/transform/deduplicate/keys/0"),
        (
            {"transform": {"deduplicate": {"keys": ["flight"], "order_by": ["nothing desc"]}}},
            "/transform/deduplicate/order_by/0",
        ),
        ({"transform": {"sql": "SELECT a FROM jobs.elsewhere"}}, "/transform/sql"),
        ({"transform": {"sql": "DROP TABLE jobs.source_raw"}}, "/transform/sql"),
        ({"layout": {"partition_by": ["nothing"]}}, "/transform"),
        ({"checks": [{"type": "unique", "columns": ["flight", "nothing"]}]}, "/checks/0/columns/1"),
        ({"checks": [{"type": "range", "column": "nothing", "min": 1}]}, "/checks/0/column"),
        ({"checks": [{"type": "sql", "expression": "nothing > 1"}]}, "/checks/0/expression"),
        ({"sources": ["jobs.not_there"]}, "/sources/0"),
    ],
)
def test_a_mistake_is_named_with_its_place(api: Any, source: str, more: dict[str, Any], pointer: str) -> None:
    problem = refused(api, {**body_of(source, "mistaken"), **more})
    assert pointer in [one["pointer"] for one in problem["errors"]], problem
    assert api.get("/v1/jobs/mistaken").status_code == 404
    assert api.get("/v1/datasets/jobs.mistaken").status_code == 404


def test_a_raw_target_and_unknown_fields_are_refused(api: Any, source: str) -> None:
    raw = body_of(source, "rawtarget")
    raw["target"]["tier"] = "raw"
    refused(api, raw)
    refused(api, body_of(source, "unknownfield", colour="red"))
    register(api, "takes_files", namespace="jobs")
    taken = body_of(source, "takesfiles")
    taken["target"]["name"] = "takes_files"
    refused(api, taken, 409)


def test_a_name_and_a_target_belong_to_one_job(api: Any, source: str) -> None:
    define(api, "first", source, "jobs.first")
    assert refused(api, body_of(source, "first"), 409)["code"] == "already_exists"
    second = body_of(source, "second")
    second["target"]["name"] = "first"
    problem = refused(api, second, 409)
    assert "first" in problem["detail"]
    other = body_of(source, "first")
    other["target"]["name"] = "somewhere_else"
    assert refused(api, other, 409)["code"] == "already_exists"


def test_a_dataset_in_use_cannot_be_deleted_until_the_job_is(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "used_raw", namespace="jobs")
    define(api, "user", source, "jobs.used")
    for dataset in (source, "jobs.used"):
        etag = api.get(f"/v1/datasets/{dataset}").headers["etag"]
        answer = api.delete(f"/v1/datasets/{dataset}", headers={"If-Match": etag})
        assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    etag = api.get("/v1/jobs/user").headers["etag"]
    assert api.delete("/v1/jobs/user", headers={"If-Match": etag}).status_code == 204
    assert api.get("/v1/jobs/user").status_code == 404
    etag = api.get(f"/v1/datasets/{source}").headers["etag"]
    assert api.delete(f"/v1/datasets/{source}", headers={"If-Match": etag}).status_code == 204
    fresh = filled(api, deliver, "used_again_raw", namespace="jobs")
    define(api, "user", fresh, "jobs.used")  # name and target are free again


def test_changes_need_the_present_etag_and_are_validated_whole(api: Any, source: str) -> None:
    define(api, "changing", source, "jobs.changing", max_bytes_scanned=20_000_000)
    path = "/v1/jobs/changing"
    assert api.patch(path, json={"description": "x"}).status_code == 428
    assert api.patch(path, json={"description": "x"}, headers={"If-Match": '"9"'}).status_code == 412
    changed = api.patch(path, json={"max_bytes_scanned": None, "description": "x"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["max_bytes_scanned"], changed.json()["description"]) == (None, "x")
    bad = {"transform": {"columns": [{"name": "flight"}]}, "checks": [{"type": "unique", "columns": ["carrier"]}]}
    assert api.patch(path, json=bad, headers={"If-Match": '"2"'}).status_code == 422
    assert api.patch(path, json={"transform": None}, headers={"If-Match": '"2"'}).status_code == 422
    assert api.patch(path, json={"name": "other"}, headers={"If-Match": '"2"'}).status_code == 422
    assert api.patch(path, json={"mode": "merge"}, headers={"If-Match": '"2"'}).status_code == 422
    assert api.get(path).headers["etag"] == '"2"'


def test_a_changed_source_is_used_and_the_old_one_is_free(api: Any, deliver: Deliver) -> None:
    old = filled(api, deliver, "old_raw", namespace="jobs")
    new = filled(api, deliver, "new_raw", namespace="jobs")
    define(api, "moving", old, "jobs.moving")
    assert api.patch("/v1/jobs/moving", json={"sources": [new]}, headers={"If-Match": '"1"'}).status_code == 200
    statuses = []
    for dataset in (old, new):
        etag = api.get(f"/v1/datasets/{dataset}").headers["etag"]
        statuses.append(api.delete(f"/v1/datasets/{dataset}", headers={"If-Match": etag}).status_code)
    assert statuses == [204, 409]


def test_a_paused_job_is_not_started(api: Any, source: str) -> None:
    define(api, "paused", source, "jobs.paused")
    assert api.post("/v1/jobs/paused/pause").json()["paused"] is True
    assert api.post("/v1/jobs/paused/pause").json()["paused"] is True
    answer = api.post("/v1/jobs/paused/runs")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert api.post("/v1/jobs/paused/resume").json()["paused"] is False
    assert run(api, "paused")["statistics"]["rows"] == 4


def test_jobs_that_would_start_each_other_for_ever_are_refused(api: Any, source: str) -> None:
    arrival = [{"type": "arrival"}]
    define(api, "circle-a", source, "jobs.circle_a")
    run(api, "circle-a")
    define(api, "circle-b", "jobs.circle_a", "jobs.circle_b", triggers=arrival)
    run(api, "circle-b")
    answer = api.patch(
        "/v1/jobs/circle-a", json={"sources": ["jobs.circle_b"], "triggers": arrival}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "circle"


def test_a_preview_shows_the_sql_and_an_upper_bound(api: Any, source: str) -> None:
    define(api, "previewed", source, "jobs.previewed", layout={"partition_by": ["month"]})
    preview = api.get("/v1/jobs/previewed/preview").json()
    (create,) = preview["statements"]
    assert "CREATE TABLE" in create
    assert "partitioned_by" in create
    assert "source_raw__files" in create
    estimate = preview["estimate"]
    assert estimate["bytes_scanned"] == estimate["input_bytes"] > 0
    assert estimate["input_files"] == 1
    assert run(api, "previewed")["statistics"]["bytes_scanned"] <= estimate["bytes_scanned"] * 2


def test_a_job_may_be_defined_before_its_source_has_a_schema(api: Any) -> None:
    empty = register(api, "empty_raw", namespace="jobs")
    define(api, "early", empty, "jobs.early", transform={"columns": [{"name": "whatever"}]})
    assert api.get("/v1/jobs/early/preview").status_code == 409
    done = ended(api, "early")
    assert (done["state"], done["error"]["code"], done["error"]["step"]) == ("failed", "no_input", "plan")
    assert done["error"]["remedy"]
