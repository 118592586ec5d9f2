"""Readers of saved queries and charts who cost nothing, at /v1/usage."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from fastapi.testclient import TestClient

from app.bootstrap import build_lake
from app.main import create_app
from tests.aws_faults import Faults
from tests.clock import Clock


@pytest.fixture(scope="module")
def save(api: Any, drop: Callable[..., str]) -> Callable[..., str]:
    """A saved query over a dataset of its own; its address."""

    def saved(name: str, *datasets: str, **more: Any) -> str:
        tables = datasets or (f"hits.{name}",)
        for table in tables:
            drop(table, "n\n1\n2\n", {"n": "int"})
        sql = f"SELECT a.n AS x, count(*) AS y FROM {' CROSS JOIN '.join(f'{t} a{i}' for i, t in enumerate(tables))}"
        sql = sql.replace("SELECT a.n", "SELECT a0.n") + " GROUP BY 1"
        assert api.put(f"/v1/saved-queries/{name}", json={"sql": sql, **more}).status_code == 201
        return f"/v1/saved-queries/{name}"

    return saved


def counted(api: Any, by: str = "dataset") -> dict[str, tuple[int, int]]:
    """(queries, cache hits) by key."""
    items = api.get("/v1/usage", params={"group_by": by}).json()["items"]
    return {item["key"]: (item["queries"], item["cache_hits"]) for item in items}


def got(api: Any, path: str, headers: dict[str, str] | None = None, status: int = 200, **params: Any) -> Any:
    answer = api.get(path, params=params or None, headers=headers)
    assert answer.status_code == status, answer.text
    return answer


@contextmanager
def process(lake: Any, admin_key: str, clock: Any = None) -> Iterator[TestClient]:
    """Another process over the same lake."""
    other = build_lake(lake.settings, **({"clock": clock} if clock else {}))
    with TestClient(create_app(other), headers={"x-api-key": admin_key}) as client:
        got(client, "/v1/me")
        yield client


@contextmanager
def writes(client: TestClient) -> Iterator[Counter[str]]:
    """What the client's process writes to DynamoDB."""
    seen: Counter[str] = Counter()
    events = client.app.state.lake.aws.dynamodb.meta.events  # type: ignore[attr-defined] # Starlette has no state there

    def note(model: Any, **_: Any) -> None:
        if "Write" in model.name or model.name in {"PutItem", "UpdateItem", "DeleteItem"}:
            seen[model.name] += 1

    events.register("before-call.dynamodb", note)
    try:
        yield seen
    finally:
        events.unregister("before-call.dynamodb", note)


def test_the_first_reader_is_the_query_and_the_others_are_hits(api: Any, save: Any) -> None:
    path = save("rows")
    first = got(api, f"{path}/results", limit=1)
    assert counted(api)["hits.rows"] == (1, 0)
    got(api, f"{path}/results", limit=1)
    got(api, f"{path}/results", {"If-None-Match": first.headers["etag"]}, 304, limit=1)
    assert counted(api)["hits.rows"] == (3, 2)
    got(api, f"{path}/results", limit=1, page_token=first.json()["next_page_token"])
    assert counted(api)["hits.rows"] == (3, 2), "the second page of an answer is no second answer"


@pytest.mark.parametrize("max_age", [0, 600])
def test_charts_are_counted_however_they_are_known(api: Any, save: Any, max_age: int) -> None:
    path = save(f"chart{max_age}", max_age=max_age)
    name = f"hits.chart{max_age}"
    etag = got(api, f"{path}/chart").headers["etag"]
    assert counted(api)[name] == (1, 0)
    got(api, f"{path}/chart")  # from memory
    got(api, f"{path}/chart", shape="rows")  # drawn of a stored answer
    got(api, f"{path}/chart", {"If-None-Match": etag}, 304)
    got(api, f"{path}/chart", {"If-None-Match": f'"a", {etag}'}, 304)
    assert counted(api)[name] == (5, 4)


def test_an_etag_that_is_known_before_any_look_counts(api: Any, save: Any, lake: Any, admin_key: str) -> None:
    path = save("told")
    etag = got(api, f"{path}/chart").headers["etag"]
    with process(lake, admin_key) as other:
        got(other, f"{path}/chart", {"If-None-Match": etag}, 304)
    assert counted(api)["hits.told"] == (2, 1)


def test_a_stale_chart_is_a_hit_and_its_refresh_a_query(api: Any, save: Any, drop: Any) -> None:
    path = save("stale")
    got(api, f"{path}/chart")
    drop("hits.stale", "n\n3\n")
    stale = got(api, f"{path}/chart").json()["meta"]["stale"]
    got(api, f"{path}/chart", {"Prefer": "wait=25"})
    assert counted(api)["hits.stale"] == ((3, 1) if stale else (3, 2))


def test_of_many_at_once_all_but_one_are_hits(api: Any, lake: Any, save: Any) -> None:
    path, looks = save("tiles"), []

    def slowly(execution: dict[str, Any]) -> None:
        """So that many share each look, the last one too."""
        looks.append(execution["QueryExecution"]["Status"]["State"])
        time.sleep(0.3)
        if len(looks) < 4:
            execution["QueryExecution"]["Status"]["State"] = "RUNNING"

    with Faults(lake).answering("athena", "GetQueryExecution", slowly), ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: api.get(f"{path}/chart"), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert counted(api)["hits.tiles"] == (20, 19)


def test_a_reader_is_counted_for_himself_on_his_day_and_for_each_dataset(api: Any, save: Any) -> None:
    path = save("both", "hits.left", "hits.right")
    got(api, f"{path}/results")
    made = api.post("/v1/api-keys", json={"name": "reader", "role": "analyst"}).json()
    theirs = {"x-api-key": made["api_key"]}
    before = counted(api, "day")[datetime.now(UTC).date().isoformat()]
    for _ in range(3):
        got(api, f"{path}/chart", theirs)
    link = api.post(f"{path}/links", json={"target": "chart"}, headers=theirs).json()["url"]
    got(api, link, {"x-api-key": ""})
    datasets, people, days = counted(api), counted(api, "principal"), counted(api, "day")
    assert datasets["hits.left"] == datasets["hits.right"] == (5, 4)
    reader = got(api, "/v1/me", theirs).json()["principal"]
    assert people[reader] == (3, 3)
    assert people[f"link:{reader}"] == (1, 1)
    assert days[datetime.now(UTC).date().isoformat()] == (before[0] + 4, before[1] + 4)


def test_a_cached_chart_writes_once_a_minute_at_most(api: Any, save: Any, lake: Any, admin_key: str) -> None:
    path, clock = save("busy", max_age=86_400), Clock()
    got(api, f"{path}/chart")
    with process(lake, admin_key, clock) as other:
        got(other, f"{path}/chart")
        clock.ahead = timedelta(minutes=5)
        with writes(other) as seen:
            for _ in range(50):
                got(other, f"{path}/chart")
            assert seen == {"BatchWriteItem": 1}
            assert counted(api)["hits.busy"] == (3, 2), "49 are only known to that process"
            clock.ahead += timedelta(minutes=1)
            got(other, f"{path}/chart")
            assert seen == {"BatchWriteItem": 2}
    assert counted(api)["hits.busy"] == (53, 52)


def test_a_process_that_dies_loses_what_it_had_not_written_and_nothing_else(
    api: Any, save: Any, lake: Any, admin_key: str
) -> None:
    path = save("lost", max_age=86_400)
    got(api, f"{path}/chart")
    for _ in range(2):
        with process(lake, admin_key) as other:
            for _ in range(10):
                got(other, f"{path}/chart")
    assert counted(api)["hits.lost"] == (3, 2), "each wrote its first at once, and died with nine"


def test_a_table_that_refuses_hurts_no_reader_and_counts_are_written_later(
    api: Any, save: Any, lake: Any, admin_key: str
) -> None:
    path, clock = save("refused", max_age=86_400), Clock()
    got(api, f"{path}/chart")
    with process(lake, admin_key, clock) as other:
        events = other.app.state.lake.aws.dynamodb.meta.events  # type: ignore[attr-defined] # as above

        def refuse(request: Any, **_: Any) -> AWSResponse:
            body = b'{"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no"}'
            raw = type("Raw", (), {"stream": lambda *_, **__: [body]})()
            return AWSResponse(request.url, 400, {}, raw)

        events.register_first("before-send.dynamodb.BatchWriteItem", refuse)
        for _ in range(3):
            got(other, f"{path}/chart")
        events.unregister("before-send.dynamodb.BatchWriteItem", refuse)
        assert counted(api)["hits.refused"] == (1, 0)
        clock.ahead = timedelta(minutes=1)
        got(other, f"{path}/chart")
    assert counted(api)["hits.refused"] == (5, 4)
