"""The main job through the deployment's own doors: a partner's file becomes a table, a query, a chart."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.deployment import Deployment
from tests.conformance import work
from tests.conformance.conftest import until

COLUMNS = [{"name": name} for name in ("carrier", "flight", "delay")]
JOB = {"transform": {"columns": [*COLUMNS, {"name": "day", "type": "date", "on_error": "reject"}]}}


@pytest.fixture(scope="module")
def loaded(admin: httpx.Client, namespace: str) -> Iterator[dict[str, Any]]:
    """Register, upload, and wait: S3 tells SQS, SQS the function, Athena EventBridge, and so on to the version."""
    source = work.register(admin, namespace, "flights_raw")
    job, target = f"{namespace}-flights".replace("_", "-"), f"{namespace}.flights"
    body = {"name": job, "sources": [source], "target": {"namespace": namespace, "name": "flights"}, **JOB}
    work.made(admin.post("/v1/jobs", json={**body, "triggers": [{"type": "arrival"}]}))
    file_id = work.upload(admin, source)
    file = work.settled(admin, source, file_id)
    run = work.ended(admin, job, trigger="arrival")
    yield {"source": source, "file": file, "job": job, "run": run, "target": target}
    work.removed(admin, f"/v1/jobs/{job}")


def test_a_file_that_arrives_becomes_a_version(admin: httpx.Client, loaded: dict[str, Any]) -> None:
    assert loaded["file"]["state"] == "committed", loaded["file"]
    assert loaded["run"]["state"] == "succeeded", loaded["run"]
    (version,) = admin.get(f"/v1/datasets/{loaded['target']}/versions").json()["items"]
    assert (version["is_current"], version["rows"]) == (True, 4)


def test_the_original_is_kept_to_the_byte(deployment: Deployment, loaded: dict[str, Any]) -> None:
    s3, bucket = deployment.client_of("s3"), deployment.physical_id("PristineBucket")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [one["Key"] for page in pages for one in page.get("Contents", []) if loaded["file"]["file_id"] in one["Key"]]
    assert len(keys) == 1
    assert s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read().decode() == work.FLIGHTS


def test_a_query_answers_as_rows_and_as_a_file(admin: httpx.Client, loaded: dict[str, Any]) -> None:
    query = work.asked(admin, f"SELECT carrier, count(*) AS n FROM {loaded['target']} GROUP BY carrier ORDER BY 1")
    assert query["statistics"]["bytes_scanned"] > 0
    page = admin.get(f"/v1/queries/{query['id']}/results").json()
    assert page["rows"] == [["AA", 1], ["B6", 1], ["UA", 2]]
    text = admin.get(f"/v1/queries/{query['id']}/results", params={"format": "csv"}).text
    assert list(csv.reader(io.StringIO(text))) == [["carrier", "n"], ["AA", "1"], ["B6", "1"], ["UA", "2"]]
    lines = admin.get(f"/v1/queries/{query['id']}/results", params={"format": "ndjson"}).text.splitlines()
    assert json.loads(lines[0]) in (["AA", 1], {"carrier": "AA", "n": 1})


def test_a_saved_query_draws_a_chart_for_whoever_has_the_link(
    admin: httpx.Client, deployment: Deployment, loaded: dict[str, Any], namespace: str
) -> None:
    name = f"{namespace}-delays".replace("_", "-")
    sql = f"SELECT day, sum(delay) AS delay FROM {loaded['target']} GROUP BY day ORDER BY day"
    work.made(admin.put(f"/v1/saved-queries/{name}", json={"sql": sql, "chart": {"x": "day", "y": ["delay"]}}))
    link = work.made(admin.post(f"/v1/saved-queries/{name}/links", json={}))["url"]
    chart = until(lambda: drawn(httpx.get(deployment.reachable(link), timeout=60)))
    assert chart["series"][0]["data"] == [[1767225600000, 2.5], [1767312000000, -4.0], [1767398400000, 10.0]]
    work.removed(admin, f"/v1/saved-queries/{name}")
    assert httpx.get(deployment.reachable(link), timeout=60).status_code == 404


def drawn(answer: httpx.Response) -> Any:
    """The chart; nothing while its query runs, which is no error."""
    assert answer.status_code in (200, 202, 429, 503), answer.text
    return answer.json() if answer.status_code == 200 else None


def test_a_job_is_run_by_the_schedule(admin: httpx.Client, loaded: dict[str, Any], namespace: str) -> None:
    """EventBridge Scheduler may really invoke the function."""
    job = f"{namespace}-tick".replace("_", "-")
    body = {"name": job, "sources": [loaded["source"]], "target": {"namespace": namespace, "name": "ticked"}, **JOB}
    work.made(admin.post("/v1/jobs", json={**body, "triggers": [{"type": "schedule", "expression": "rate(1 minute)"}]}))
    try:
        run = work.ended(admin, job, trigger="schedule", seconds=240)
        assert run["state"] == "succeeded", run
    finally:
        work.removed(admin, f"/v1/jobs/{job}")
