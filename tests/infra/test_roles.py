"""Each role may what its function asks of AWS in the main job and around it, and hardly more.

The product is driven as on AWS: a lake for the API, which hands its work over, and one for the workers. What their clients
ask is noted and held against the template's policies, in both directions.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app import events
from app.bootstrap import build_lake
from local.stack import Stack
from tests.api.lakework import define, drop, register
from tests.infra.iam import Need, Recorder, is_allowed
from tests.isolation import isolated_settings

WORKERS = ("EventsRole", "ScheduleRole")
OTHERS: dict[str, str] = {
    # Athena, in the name of whoever started the statement.
    "athena:GetWorkGroup": "Athena",
    "athena:StopQueryExecution": "what is cancelled while it runs: a matter of moments here",
    "s3:ListBucket": "Athena; and without it S3 calls what is not there forbidden",
    "s3:GetBucketLocation": "Athena",
    "s3:ListBucketMultipartUploads": "Athena",
    "s3:AbortMultipartUpload": "Athena",
    "s3:ListMultipartUploadParts": "Athena, and parts that are sent again",
    **dict.fromkeys(("glue:GetDatabase", "glue:GetDatabases", "glue:GetTables"), "Athena"),
    **dict.fromkeys(("glue:GetPartition", "glue:BatchGetPartition", "glue:GetPartitions"), "Athena"),
    **dict.fromkeys(
        ("glue:CreatePartition", "glue:UpdatePartition", "glue:DeletePartition"), "Athena: Hive and Iceberg DDL"
    ),
    "dynamodb:DeleteItem": "search tokens of columns that a changed job no longer makes",
    "dynamodb:ConditionCheckItem": "within transactions, by other writes",
    "sqs:ReceiveMessage": "Lambda's event source",
    "sqs:DeleteMessage": "Lambda's event source",
    "sqs:GetQueueAttributes": "Lambda's event source",
    "sqs:ChangeMessageVisibility": "Lambda's event source",
}
"""What a role has that the product's own clients did not ask for, and who does."""


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    changes = {"versions_kept": 2, "version_grace_seconds": 0, "link_secret": "0123456789abcdef"}
    swept = {"sweep_interval_seconds": 0, "sweep_age_seconds": 0, "intake_kept_seconds": 0}
    return isolated_settings(stack, work_in_requests=False, **changes, **swept)


@pytest.fixture(scope="module")
def asked_by_api(lake: Any) -> Recorder:
    return Recorder(lake)


@pytest.fixture(scope="module")
def worker(settings: Any) -> Any:
    return build_lake(settings.model_copy(update={"work_in_requests": True}))


@pytest.fixture(scope="module")
def asked_by_worker(worker: Any) -> Recorder:
    return Recorder(worker)


@pytest.fixture(scope="module")
def deliver(worker: Any) -> Callable[[], int]:
    from local.worker import deliver_all

    return lambda: deliver_all(worker)


@pytest.fixture(scope="module")
def driven(asked_by_api: Recorder, asked_by_worker: Recorder, api: Any, deliver: Any, worker: Any) -> None:
    """The main job and what goes wrong in it."""
    source = register(api, "flights", schema={"columns": [{"name": "m", "type": "int"}, {"name": "n", "type": "int"}]})
    drop(api, deliver, source, "m,n\n1,1\n2,2\n")
    bad = drop(api, None, source, "m,n\n1,x\n", "bad.csv")
    define(api, "curate", source, "air.curated", layout={"partition_by": ["m"]})
    for n in range(3):
        drop(api, deliver, source, f"m,n\n1,{n + 5}\n", f"{n}.csv")
        run = api.post("/v1/jobs/curate/runs").json()
        deliver()
        assert api.get(f"/v1/runs/{run['id']}").json()["state"] == "succeeded"
    api.post(f"/v1/datasets/{source}/files/{bad}/replay")
    waits = [api.post("/v1/jobs/curate/runs", json={"force": True}).json() for _ in range(2)]
    api.post(f"/v1/runs/{waits[0]['id']}/cancel")
    deliver()
    events.tick(worker)
    deliver()
    _read(api)
    _administer(api, source)
    events.tick(worker)


def _read(api: Any) -> None:
    sql = {"sql": "SELECT m, n FROM air.curated"}
    query = api.post("/v1/queries", json=sql, headers={"Prefer": "wait=25"}).json()
    assert query["state"] == "succeeded"
    for shape in ("rows", "csv", "parquet"):
        for delivery in ("inline", "link"):
            api.get(f"/v1/queries/{query['id']}/results", params={"shape": shape, "delivery": delivery})
    assert api.put("/v1/saved-queries/all", json=sql).status_code == 201
    assert api.get("/v1/saved-queries/all/results").status_code == 200
    assert api.get("/v1/usage").status_code == 200
    api.post("/v1/queries/estimate", json=sql)


def _administer(api: Any, source: str) -> None:
    listed = api.get("/v1/datasets/air.curated/versions").json()["items"]
    rolled = api.post("/v1/datasets/air.curated/rollback", json={"version": listed[1]["id"]})
    assert rolled.status_code == 200, rolled.text
    big = {"file_name": "big.csv", "size_bytes": 6 * 2**30}
    assert api.post(f"/v1/datasets/{source}/uploads", json=big).status_code == 201, "in parts"
    for url in ("/v1/jobs/curate", "/v1/saved-queries/all", f"/v1/datasets/{source}"):
        gone = api.delete(url, headers={"If-Match": api.get(url).headers["ETag"]})
        assert gone.status_code == 204, gone.text
    assert api.post(f"/v1/datasets/{source}/restore").status_code == 200
    for path in ("jobs", "api-keys", "classifiers", "saved-queries", "datasets", "me"):
        assert api.get(f"/v1/{path}").status_code == 200


def refused(template: Any, role: str, needs: set[Need]) -> list[Need]:
    return sorted(need for need in needs if not is_allowed(template.statements(role), need))


def test_the_api_may_what_it_asks(template: Any, driven: None, asked_by_api: Recorder) -> None:
    assert len(asked_by_api.needs) > 20
    assert not refused(template, "ApiRole", asked_by_api.needs)


@pytest.mark.parametrize("role", WORKERS)
def test_a_worker_may_what_it_asks(template: Any, driven: None, asked_by_worker: Recorder, role: str) -> None:
    assert len(asked_by_worker.needs) > 30
    assert not refused(template, role, asked_by_worker.needs)


def test_the_apis_role_could_not_do_the_workers_work(template: Any, driven: None, asked_by_worker: Recorder) -> None:
    lacking = {(need.action, need.resource) for need in refused(template, "ApiRole", asked_by_worker.needs)}
    for tier in ("Pristine", "Curated"):
        assert ("s3:PutObject", f"{tier}Bucket") in lacking or tier == "Curated", "Athena writes curated itself"
    assert ("dynamodb:Query", "index/gsi2") in lacking
    assert ("dynamodb:PutItem", "Table") in lacking, "the sweep's row"
    assert ("glue:BatchCreatePartition", "table/") in lacking
    assert ("s3:DeleteObject", "CuratedBucket") in lacking


@pytest.mark.parametrize("role", ["ApiRole", *WORKERS])
def test_a_role_has_nothing_that_nobody_asks_for(
    template: Any, driven: None, asked_by_api: Recorder, asked_by_worker: Recorder, role: str
) -> None:
    asked = asked_by_api if role == "ApiRole" else asked_by_worker
    used = {need.action for need in asked.needs} | set(OTHERS)
    services = ("s3:", "dynamodb:", "athena:", "glue:", "sqs:")
    given = {
        action
        for statement in template.statements(role)
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
        if action.startswith(services)
    }
    assert sorted(given - used) == []


@pytest.mark.parametrize("role", ["ApiRole", "EventsRole"])
def test_each_statement_is_needed(
    template: Any, driven: None, asked_by_api: Recorder, asked_by_worker: Recorder, role: str
) -> None:
    """Without any one of the statements about items, objects or tables something is refused: this test can fail."""
    needs = (asked_by_api if role == "ApiRole" else asked_by_worker).needs
    whole = template.statements(role)
    for statement in whole:
        told = json.dumps(statement["Action"])
        if statement["Effect"] == "Allow" and any(s in told for s in ('"s3:', '"dynamodb:', '"athena:', '"glue:')):
            if set(statement["Action"]) <= set(OTHERS):
                continue
            rest = [one for one in whole if one is not statement]
            assert [need for need in needs if not is_allowed(rest, need)], statement["Sid"]
