"""Runs over HTTP: the gate, waiting, cancelling, retrying, one writer, budgets."""

from typing import Any

from tests.api.lakework import Deliver, define, drop, ended, filled, register, run, select, versions
from tests.aws_faults import Faults


def started(api: Any, job: str) -> Any:
    answer = api.post(f"/v1/jobs/{job}/runs")
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/runs/{answer.json()['id']}"
    assert answer.headers["retry-after"]
    return answer.json()


def settled(api: Any, run_id: str) -> Any:
    answer = api.get(f"/v1/runs/{run_id}", headers={"Prefer": "wait=25"})
    assert answer.headers["preference-applied"] == "wait=25"
    return answer.json()


def test_a_failed_gate_publishes_nothing_and_says_why(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "gate_raw", namespace="runs")
    checks = [
        {"type": "row_count", "min": 2, "max": 4},
        {"type": "unique", "columns": ["flight"]},
        {"type": "not_null", "columns": ["carrier"]},
        {"type": "sql", "expression": "month BETWEEN 1 AND 12"},
    ]
    define(api, "gate", source, "runs.gate", checks=checks)
    good = run(api, "gate")
    drop(api, deliver, source, "carrier,flight,month,delay\n,1,13,0\n", "bad.csv")
    bad = ended(api, "gate")
    assert (bad["state"], bad["version"], bad["step"]) == ("failed", None, None)
    error = bad["error"]
    assert (error["code"], error["step"]) == ("check_failed", "check")
    assert error["athena_execution_id"] in bad["athena_execution_ids"]
    found = [(one["index"], one["type"], one["expected"], one["found"]) for one in error["checks"]]
    assert found == [(0, "row_count", "2 to 4", 5), (1, "unique", "0", 1), (2, "not_null", "0", 1), (3, "sql", "0", 1)]
    assert [one["id"] for one in versions(api, "runs.gate")] == [good["version"]]
    assert select(lake, 'SELECT count(*) FROM "runs"."gate"') == [(4,)]
    left = {name.split("/v=")[1][:26] for name, _ in lake.objects.list(lake.settings.curated_bucket, "main/runs/gate/")}
    assert left == {good["version"]}


def test_the_targets_primary_key_is_part_of_the_gate(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "key_raw", namespace="runs")
    answer = api.post(
        "/v1/datasets",
        json={"namespace": "runs", "name": "key", "tier": "curated", "primary_key": ["carrier"]},
    )
    assert answer.status_code == 201, answer.text
    define(api, "key", source, "runs.key")
    done = ended(api, "key")
    assert done["error"]["code"] == "check_failed"
    assert [(one["index"], one["type"]) for one in done["error"]["checks"]] == [(None, "unique")]


def test_a_value_that_no_cast_takes_fails_the_run_without_quoting_it(api: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "cast_raw", "code\nsecretvalue\n12\n", namespace="runs")
    define(api, "cast", source, "runs.cast", transform={"columns": [{"name": "code", "type": "int"}]})
    done = ended(api, "cast")
    assert (done["state"], done["error"]["code"], done["error"]["step"]) == ("failed", "athena_failed", "write")
    assert done["error"]["athena_execution_id"] == done["athena_execution_ids"][0]
    assert "secretvalue" not in str(done["error"])
    assert done["statistics"]["cost_usd"] in {"0", "0.000000"}
    assert versions(api, "runs.cast") == []


def test_a_run_can_be_waited_for_or_looked_at_later(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "wait_raw", namespace="runs")
    define(api, "wait", source, "runs.wait")
    with Faults(lake).busy():
        made = started(api, "wait")
    assert (made["state"], made["step"]) == ("running", "write")
    done = settled(api, made["id"])
    assert done["state"] == "succeeded"
    assert done["version"] == versions(api, "runs.wait")[0]["id"]


def test_events_alone_take_a_run_to_its_end(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "alone_raw", namespace="runs")
    define(api, "alone", source, "runs.alone")
    with Faults(lake).busy():
        made = started(api, "alone")
    deliver()
    assert lake.runs._store.get("main", made["id"]).state == "succeeded"


def test_runs_of_one_job_follow_each_other(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "queue_raw", namespace="runs")
    define(api, "queue", source, "runs.queue")
    with Faults(lake).busy():
        first, second, third = (api.post("/v1/jobs/queue/runs", json={"force": True}).json() for _ in range(3))
    assert (first["state"], second["state"], third["state"]) == ("running", "queued", "queued")
    answer = api.delete("/v1/jobs/queue", headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert api.post(f"/v1/runs/{second['id']}/cancel").json()["state"] == "cancelled"
    deliver()
    states = [(one["id"], one["state"]) for one in api.get("/v1/jobs/queue/runs").json()["items"]]
    assert states == [(third["id"], "succeeded"), (second["id"], "cancelled"), (first["id"], "succeeded")]
    assert lake.runs._store.queues.get("main", "queue").is_idle
    assert len(versions(api, "runs.queue")) == 2


def test_a_cancelled_run_publishes_nothing_and_can_be_retried(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "stop_raw", namespace="runs")
    define(api, "stop", source, "runs.stop")
    with Faults(lake).busy():
        made = started(api, "stop")
        stopping = api.post(f"/v1/runs/{made['id']}/cancel").json()
    assert stopping["state"] == "running"  # until Athena has stopped
    cancelled = settled(api, made["id"])
    assert (cancelled["state"], cancelled["version"], cancelled["error"]) == ("cancelled", None, None)
    assert api.post(f"/v1/runs/{made['id']}/cancel").json()["state"] == "cancelled"
    assert versions(api, "runs.stop") == []
    assert list(lake.objects.list(lake.settings.curated_bucket, "main/runs/stop/")) == []
    retried = api.post(f"/v1/runs/{made['id']}/retry", headers={"Prefer": "wait=25"})
    assert retried.status_code == 201
    done = retried.json()
    assert (done["state"], done["trigger"], done["retry_of"]) == ("succeeded", "retry", made["id"])
    for verb in ("cancel", "retry"):
        answer = api.post(f"/v1/runs/{done['id']}/{verb}")
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_run_that_would_scan_too_much_does_not_begin(api: Any, deliver: Deliver) -> None:
    source = register(api, "budget_raw", namespace="runs")
    drop(api, deliver, source, "n,text\n" + "".join(f"{n},{'x' * 990}\n" for n in range(11_000)))
    define(api, "budget", source, "runs.budget", max_bytes_scanned=10_000_000)
    done = ended(api, "budget")
    assert (done["error"]["code"], done["error"]["step"]) == ("budget_exceeded", "plan")
    assert done["athena_execution_ids"] == []


def test_a_job_over_a_source_without_data_fails_and_succeeds_after_the_first_file(api: Any, deliver: Deliver) -> None:
    source = register(api, "later_raw", namespace="runs")
    define(api, "later", source, "runs.later")
    assert ended(api, "later")["error"]["code"] == "no_input"
    drop(api, deliver, source, "a\n1\n")
    assert run(api, "later")["statistics"]["rows"] == 1


def test_an_empty_result_is_a_version_too(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "none_raw", namespace="runs")
    define(api, "none", source, "runs.none", transform={"where": "flight > 1000"}, layout={"partition_by": ["month"]})
    assert run(api, "none")["statistics"]["rows"] == 0
    assert select(lake, 'SELECT count(*) FROM "runs"."none"') == [(0,)]


def test_what_is_not_there_is_not_found(api: Any) -> None:
    for path in ("/v1/runs/" + "0" * 26, "/v1/jobs/nothing", "/v1/jobs/nothing/runs", "/v1/jobs/nothing/preview"):
        assert api.get(path).status_code == 404, path
    assert api.post("/v1/jobs/nothing/runs").status_code == 404
    assert api.get("/v1/runs/not-an-id").status_code == 422
