"""As on AWS: the API's role cannot write data, so a request hands its work over and the events function does it."""

from collections.abc import Callable
from typing import Any

import pytest

from app import events
from app.bootstrap import build_lake
from local.stack import Stack
from tests.api.lakework import define, drop, filled, register, select
from tests.isolation import isolated_settings


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, work_in_requests=False)


@pytest.fixture(scope="module")
def deliver(settings: Any) -> Callable[[], int]:
    """The events function, whose setting differs."""
    from local.worker import deliver_all

    worker = build_lake(settings.model_copy(update={"work_in_requests": True}))
    return lambda: deliver_all(worker)


def state_of(api: Any, run: Any) -> str:
    return api.get(f"/v1/runs/{run['id']}").json()["state"]


def started(api: Any, job: str) -> Any:
    answer = api.post(f"/v1/jobs/{job}/runs")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued"), answer.text
    return answer.json()


def test_a_run_that_is_started_is_worked_on_by_the_events_function_only(api: Any, deliver: Any) -> None:
    define(api, "handed", filled(api, deliver, "handed_raw"), "air.handed")
    run = started(api, "handed")
    assert state_of(api, run) == "queued", "looking takes no step"
    deliver()
    assert state_of(api, run) == "succeeded"


def test_a_run_is_cancelled_and_retried(api: Any, deliver: Any) -> None:
    define(api, "stopped", filled(api, deliver, "stopped_raw"), "air.stopped")
    first, second = started(api, "stopped"), started(api, "stopped")
    assert api.post(f"/v1/runs/{first['id']}/cancel").json()["state"] == "cancelled", "it had not begun"
    deliver()
    assert state_of(api, second) == "succeeded", "who waited behind it goes on"
    again = api.post(f"/v1/runs/{first['id']}/retry").json()
    deliver()
    assert state_of(api, again) == "succeeded"


def test_a_job_that_is_resumed_catches_up(api: Any, deliver: Any) -> None:
    source = register(api, "resumed_raw")
    define(api, "resumed", source, "air.resumed", triggers=[{"type": "arrival"}])
    api.post("/v1/jobs/resumed/pause")
    drop(api, deliver, source, "a,b\n1,2\n")
    deliver()
    api.post("/v1/jobs/resumed/resume")
    deliver()
    (run,) = api.get("/v1/jobs/resumed/runs").json()["items"]
    assert run["state"] == "succeeded"


def test_a_replayed_file_is_received_and_then_taken_in(api: Any, deliver: Any) -> None:
    columns = [{"name": "a", "type": "integer"}]
    source = register(api, "replayed_raw", schema={"columns": columns})
    file = drop(api, None, source, "b\n1\n")
    deliver()
    url = f"/v1/datasets/{source}/files/{file}"
    assert api.get(url).json()["state"] == "quarantined"
    patch = {"schema": {"columns": [{"name": "b", "type": "integer"}]}}
    tag = api.get(f"/v1/datasets/{source}").headers["ETag"]
    assert api.patch(f"/v1/datasets/{source}", json=patch, headers={"If-Match": tag}).status_code == 200
    assert api.post(f"{url}/replay").json()["state"] == "received"
    deliver()
    assert api.get(url).json()["state"] == "committed"


def test_what_a_busy_queue_does_not_take_the_tick_finds(api: Any, deliver: Any, lake: Any, settings: Any) -> None:
    define(api, "unheard", filled(api, deliver, "unheard_raw"), "air.unheard")
    sqs = lake.aws.sqs

    def refused(**_: Any) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "SendMessage")

    sqs.meta.events.register("before-call.sqs.SendMessage", refused)
    try:
        run = started(api, "unheard")
    finally:
        sqs.meta.events.unregister("before-call.sqs.SendMessage", refused)
    deliver()
    assert state_of(api, run) == "queued"
    events.tick(build_lake(settings.model_copy(update={"work_in_requests": True})))
    deliver()
    assert state_of(api, run) == "succeeded"


def test_files_of_a_table_that_glue_lost_are_registered_by_the_events_function(
    api: Any, lake: Any, aws: Any, deliver: Any
) -> None:
    dataset = filled(api, deliver, "lost_raw")
    aws.of("glue").delete_table(DatabaseName="air", Name="lost_raw__files")
    assert api.post(f"/v1/datasets/{dataset}/restore").status_code == 409
    deliver()
    assert select(lake, f"SELECT count(*) FROM {dataset}") == [(4,)]
