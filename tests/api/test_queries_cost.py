"""What serving costs, by counters: requests to AWS, bytes, modules. Clocks of an emulator prove nothing."""

import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import build_lake
from app.main import create_app
from tests.isolation import isolated_settings


@pytest.fixture(scope="module")
def settings(stack):
    """What is remembered for seconds is remembered for longer than the tests take: they count requests."""
    return isolated_settings(stack, api_key_cache_seconds=86_400, saved_query_cache_seconds=86_400)


@contextmanager
def counted(lake):
    """Requests to AWS since the last `clear()`, by operation. Readers' counts, written once a minute, are left out: that
    they are no more than that is a matter of test_usage_hits.py.
    """
    found = Counter()

    def count(event_name, **_):
        operation = event_name.rsplit(".", 1)[1]
        if operation != "BatchWriteItem":
            found[operation] += 1

    clients = (lake.aws.dynamodb, lake.aws.s3, lake.aws.athena, lake.aws.glue)
    for client in clients:
        client.meta.events.register("before-send.*.*", count, unique_id="count")
    yield found
    for client in clients:
        client.meta.events.unregister("before-send.*.*", unique_id="count")


@pytest.fixture
def requests(lake):
    with counted(lake) as found:
        yield found


@pytest.fixture(scope="module")
def long(ask):
    sql = (
        "SELECT a * 10000 + b AS n, rpad('x', 40, 'y') AS filler FROM UNNEST(sequence(0, 4)) AS t (a) "
        "CROSS JOIN UNNEST(sequence(1, 10000)) AS u (b) ORDER BY n"
    )
    return ask(sql, row_limit=100_000)


def test_a_late_page_costs_what_the_first_costs(api, long, requests):
    url = f"/v1/queries/{long['id']}/results"
    api.get(url)
    requests.clear()
    api.get(url, params={"limit": 100})
    first = dict(requests)
    token = api.get(url, params={"limit": 49_800}).json()["next_page_token"]
    requests.clear()
    late = api.get(url, params={"limit": 100, "page_token": token}).json()
    assert late["rows"][0][0] == 49_801
    assert dict(requests) == first == {"GetItem": 1, "GetObject": 1}


def test_an_answer_that_the_caller_has_reads_no_result(api, long, requests):
    url = f"/v1/queries/{long['id']}/results"
    etag = api.get(url).headers["etag"]
    requests.clear()
    assert api.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert dict(requests) == {"GetItem": 1}


@pytest.fixture
def elsewhere(lake, admin_key):
    """Another process over the same lake: it has drawn nothing yet. Its requests to AWS are counted too."""
    other = build_lake(lake.settings)
    with TestClient(create_app(other), headers={"x-api-key": admin_key}) as client:
        client.get("/v1/me")
        yield client, other


def test_a_stored_chart_asks_athena_nothing(api, drop, requests, elsewhere):
    drop("cost.points", "x,y\n1,2\n", {"x": "int", "y": "int"})
    assert api.put("/v1/saved-queries/points", json={"sql": "SELECT x, y FROM cost.points"}).status_code == 201
    etag = api.get("/v1/saved-queries/points/chart").headers["etag"]
    for known, status in ({}, 200), ({"If-None-Match": etag}, 304):
        requests.clear()
        answer = api.get("/v1/saved-queries/points/chart", headers=known)
        assert (answer.status_code, dict(requests)) == (status, {"BatchGetItem": 1}), "drawn here before"
    client, other = elsewhere
    for known, status, cost in (
        ({"If-None-Match": etag}, 304, {"GetItem": 1, "BatchGetItem": 1}),
        ({}, 200, {"GetItem": 3, "BatchGetItem": 1, "HeadObject": 1, "GetObject": 1}),
    ):
        with counted(other) as here:
            assert client.get("/v1/saved-queries/points/chart", headers=known).status_code == status
        assert dict(here) == cost


def test_a_chart_with_a_max_age_is_sent_again_without_a_look(api, drop, requests):
    drop("cost.aged", "x,y\n1,2\n", {"x": "int", "y": "int"})
    body = {"sql": "SELECT x, y FROM cost.aged", "max_age": 600}
    assert api.put("/v1/saved-queries/aged", json=body).status_code == 201
    first = api.get("/v1/saved-queries/aged/chart")
    requests.clear()
    again = api.get("/v1/saved-queries/aged/chart")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert dict(requests) == {}


def test_a_reused_answer_starts_nothing(api, ask, requests):
    sql = "SELECT 31 AS n"
    ask(sql)
    requests.clear()
    assert ask(sql)["statistics"]["reused"] is True
    assert not {name for name in requests if name.endswith("QueryExecution")}


HEAVY = ("sqlalchemy", "pyathena", "sqlglot", "duckdb", "pandas", "pyarrow")


def test_routes_that_parse_no_sql_load_no_parser(settings, admin_key):
    """A process of its own serves metadata and a page of a result, as a Lambda does."""
    script = (
        "import sys\n"
        "from fastapi.testclient import TestClient\n"
        "from app.bootstrap import build_lake\n"
        "from app.main import create_app\n"
        "from app.settings import Settings\n"
        f"lake = build_lake(Settings.model_validate_json({settings.model_dump_json()!r}))\n"
        "client = TestClient(create_app(lake), headers={'x-api-key': sys.argv[1]})\n"
        "for path in ('/v1/me', '/v1/datasets', '/v1/jobs', '/v1/saved-queries', '/v1/api-keys'):\n"
        "    assert client.get(path).status_code == 200, path\n"
        "for path in ('/v1/queries/none', '/v1/queries/none/results', '/v1/saved-queries/none/chart'):\n"
        "    assert client.get(path).status_code == 404, path\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, admin_key], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
