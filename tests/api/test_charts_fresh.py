"""A chart that was good once is always there: fresh where it can be, else the last good one, and one query for all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import build_lake
from app.domain.identifiers import utc_now
from app.main import create_app
from tests.athena_faults import orders
from tests.isolation import isolated_settings

SUM = "SELECT 1 AS x, sum(n) AS y FROM {}"


@pytest.fixture(scope="module")
def settings(stack):
    return isolated_settings(stack, wait_poll_ms=10)


@pytest.fixture
def slow(stack, settings):
    """Each query takes its time, and nobody else's."""
    with orders(stack) as order:
        order(query={"workgroup": settings.workgroup_large}, running_ms=1000, count="always")
        yield


@pytest.fixture(scope="module")
def client_of(lake, admin_key):
    """Another process over the same lake, with a clock or settings of its own."""

    def made(seconds=0, **changes):
        settings = lake.settings.model_copy(update=changes)
        other = build_lake(settings, clock=lambda: utc_now() + timedelta(seconds=seconds))
        return TestClient(create_app(other), headers={"x-api-key": admin_key})

    return made


def save(api, name, sql, **changes):
    etag = api.get(f"/v1/saved-queries/{name}").headers.get("etag")
    headers = {"If-Match": etag} if etag else {}
    assert api.put(f"/v1/saved-queries/{name}", json={"sql": sql, **changes}, headers=headers).status_code in {200, 201}


def chart(api, name, headers=None, **params):
    return api.get(f"/v1/saved-queries/{name}/chart", params=params, headers=headers)


def y_of(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["series"][0]["data"][0][1]


def executions(lake):
    found = set()
    for group in (lake.settings.workgroup_small, lake.settings.workgroup_medium, lake.settings.workgroup_large):
        pages = lake.aws.athena.get_paginator("list_query_executions").paginate(WorkGroup=group)
        found |= {one for page in pages for one in page["QueryExecutionIds"]}
    return found


def test_a_hundred_tiles_at_once_are_one_query(api, lake, drop, slow):
    drop("fresh.tiles", "n\n1\n", {"n": "int"})
    save(api, "tiles", SUM.format("fresh.tiles"))
    before = executions(lake)
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: chart(api, "tiles"), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == len({answer.headers["etag"] for answer in answers}) == 1
    assert len(executions(lake) - before) == 1
    drop("fresh.tiles", "n\n4\n")
    before = executions(lake)
    with ThreadPoolExecutor(100) as pool:
        stale = list(pool.map(lambda _: chart(api, "tiles"), range(100)))
    assert {y_of(answer) for answer in stale} <= {1, 5}
    assert y_of(chart(api, "tiles", {"Prefer": "wait=25"})) == 5
    assert len(executions(lake) - before) == 1


def test_who_has_the_chart_is_told_so_before_any_query(api, lake, drop, client_of):
    drop("fresh.known", "n\n1\n", {"n": "int"})
    save(api, "known", "SELECT 1 AS x, n FROM fresh.known")
    etag = chart(api, "known").headers["etag"]
    for one in lake.aws.s3.list_objects_v2(Bucket=lake.settings.results_bucket)["Contents"]:
        lake.aws.s3.delete_object(Bucket=lake.settings.results_bucket, Key=one["Key"])
    before = executions(lake)
    answer = chart(client_of(), "known", {"If-None-Match": f'"other", {etag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert executions(lake) == before
    assert y_of(chart(client_of(), "known")) == 1, "the stored result has expired: asked anew"
    assert len(executions(lake) - before) == 1


def test_a_change_that_is_none_of_the_charts_keeps_its_etag(api, drop):
    drop("fresh.described", "n\n1\n", {"n": "int"})
    save(api, "described", "SELECT 1 AS x, n FROM fresh.described")
    first = chart(api, "described")
    headers = {"If-Match": api.get("/v1/datasets/fresh.described").headers["etag"]}
    assert api.patch("/v1/datasets/fresh.described", json={"description": "new"}, headers=headers).status_code == 200
    for _ in range(2):
        again = chart(api, "described")
        assert (again.headers["etag"], again.content) == (first.headers["etag"], first.content)


def test_a_replaced_or_deleted_saved_query_is_not_sent_from_memory(api, drop):
    drop("fresh.replaced", "n\n1\n", {"n": "int"})
    save(api, "replaced", "SELECT 1 AS x, n FROM fresh.replaced", max_age=600)
    assert y_of(chart(api, "replaced")) == 1
    save(api, "replaced", "SELECT 1 AS x, n * 10 AS n FROM fresh.replaced", max_age=600)
    assert y_of(chart(api, "replaced")) == 10
    etag = api.get("/v1/saved-queries/replaced").headers["etag"]
    assert api.delete("/v1/saved-queries/replaced", headers={"If-Match": etag}).status_code == 204
    assert chart(api, "replaced").status_code == 404


def test_another_process_sees_the_replacement_when_its_trust_is_over(api, drop, client_of):
    drop("fresh.trusted", "n\n1\n", {"n": "int"})
    save(api, "trusted", "SELECT 1 AS x, n FROM fresh.trusted", max_age=600)
    other = client_of(saved_query_cache_seconds=0)
    assert y_of(chart(other, "trusted")) == 1
    save(api, "trusted", "SELECT 1 AS x, n * 10 AS n FROM fresh.trusted", max_age=600)
    assert y_of(chart(other, "trusted")) == 10


def test_max_age_is_how_long_an_answer_is_good_although_the_data_changed(api, drop, client_of):
    drop("fresh.aged", "n\n1\n", {"n": "int"})
    save(api, "aged", "SELECT 1 AS x, sum(n) AS n FROM fresh.aged", max_age=100)
    assert chart(api, "aged").headers["cache-control"] == "private, max-age=100"
    drop("fresh.aged", "n\n4\n")
    young = chart(client_of(50), "aged")
    assert (y_of(young), young.json()["meta"]["stale"]) == (1, False)
    assert 50 <= int(young.headers["age"]) < 90
    old = chart(client_of(200), "aged")
    assert (y_of(old), old.json()["meta"]["stale"], old.headers["cache-control"]) == (1, True, "private, no-cache")
    assert int(old.headers["age"]) >= 200
    assert y_of(chart(client_of(200), "aged", {"Prefer": "wait=25"})) == 5
    again = chart(client_of(200), "aged")
    assert (y_of(again), again.json()["meta"]["stale"]) == (5, False)


def test_memory_does_not_outlive_max_age(api, drop, client_of):
    drop("fresh.outlived", "n\n1\n", {"n": "int"})
    save(api, "outlived", "SELECT 1 AS x, sum(n) AS n FROM fresh.outlived", max_age=100)
    late = []
    settings = {"saved_query_cache_seconds": 10_000}
    began, now = utc_now(), {"seconds": 0}
    other = client_of(0, **settings)
    lake = build_lake(other.app.state.lake.settings, clock=lambda: began + timedelta(seconds=now["seconds"]))
    with TestClient(create_app(lake), headers=dict(other.headers)) as client:
        assert y_of(chart(client, "outlived")) == 1
        drop("fresh.outlived", "n\n4\n")
        for now["seconds"] in (50, 99 - 10, 200):
            late.append(chart(client, "outlived").json()["meta"]["stale"])
    assert late == [False, False, True]


def test_the_last_good_answer_stays_when_a_new_one_may_not_be_asked(api, drop, client_of):
    drop("fresh.dear", "n\n1\n", {"n": "int"})
    save(api, "dear", "SELECT 1 AS x, sum(n) AS n FROM fresh.dear")
    assert y_of(chart(api, "dear")) == 1
    drop("fresh.dear", "n\n4\n")
    poor = client_of(principal_daily_bytes=1)
    answer = chart(poor, "dear")
    assert y_of(answer) == 1
    assert answer.json()["meta"]["stale"] is True
    assert answer.json()["meta"]["refresh_error"] == "daily_budget_exceeded"
    results = poor.get("/v1/saved-queries/dear/results")
    assert (results.status_code, results.json()["code"]) == (429, "daily_budget_exceeded")
    assert y_of(chart(api, "dear", {"Prefer": "wait=25"})) == 5


def test_a_stale_chart_has_an_etag_of_its_own(api, drop, slow):
    drop("fresh.staled", "n\n1\n", {"n": "int"})
    save(api, "staled", SUM.format("fresh.staled"))
    fresh = chart(api, "staled").headers["etag"]
    drop("fresh.staled", "n\n4\n")
    stale = chart(api, "staled", {"If-None-Match": fresh})
    assert (stale.status_code, stale.json()["meta"]["stale"]) == (200, True)
    again = chart(api, "staled", {"If-None-Match": stale.headers["etag"]})
    assert again.status_code in {200, 304}
    assert again.status_code == 304 or again.json()["meta"]["stale"] is False


def test_without_memory_charts_are_drawn_each_time(api, drop, client_of):
    drop("fresh.forgotten", "n\n1\n", {"n": "int"})
    save(api, "forgotten", "SELECT 1 AS x, n FROM fresh.forgotten", max_age=600)
    client = client_of(chart_memory_bytes=0)
    assert [y_of(chart(client, "forgotten")) for _ in range(2)] == [1, 1]


@pytest.mark.parametrize("change", [{"shape": "rows"}, {"fill": "zero"}, {"x": "n"}, {"k": "2"}])
def test_another_question_is_another_chart(api, change):
    parameters = {"k": {"type": "int", "default": 1}}
    save(api, "asked", "SELECT :k AS x, 5 AS n", parameters=parameters, max_age=600)
    first = chart(api, "asked")
    other = chart(api, "asked", **change)
    assert first.headers["etag"] != other.headers["etag"]
    assert chart(api, "asked").content == first.content


def test_another_tenants_chart_is_not_sent_from_memory(api, lake):
    save(api, "mine", "SELECT 1 AS x, 5 AS n", max_age=600)
    assert y_of(chart(api, "mine")) == 5
    key = lake.identity.ensure_admin_key("others")
    assert chart(api, "mine", {"x-api-key": key}).status_code == 404
    viewer = api.post("/v1/api-keys", json={"name": "v", "role": "partner"}).json()["api_key"]
    assert chart(api, "mine", {"x-api-key": viewer}).status_code == 403
