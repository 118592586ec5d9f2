"""Runs that would read more files than fit into a statement, or into the run's own record: they end, and say so."""

import time
from collections.abc import Iterable
from typing import Any

from app.domain.files import File, FileReport, FileState
from tests.api.lakework import Deliver, define, drop, filled, register, run


def committed(lake: Any, dataset_id: str, numbers: Iterable[int], *, is_complete: bool) -> None:
    """Rows of the ledger as the door writes them, without their files: the runs here never get to read one."""
    dataset = lake.datasets.find("main", dataset_id)
    now = dataset.created_at
    rows = [
        File(
            id=f"{n:026d}",
            tenant="main",
            dataset_id=dataset_id,
            state=FileState.COMMITTED,
            size_bytes=10,
            intake_key=f"main/{n}",
            report=FileReport(is_complete=is_complete),
            schema_version=dataset.schema_version,
            sequence=n,
            is_announced=True,
            created_at=now,
            created_by="test",
            updated_at=now,
        )
        for n in numbers
    ]
    ledger = lake._ledger
    ledger.table.batch_write(ledger.write(one) for one in rows)
    lake.datasets.store.put(dataset.model_copy(update={"last_sequence": max(one.sequence for one in rows)}))


def failure(api: Any, job: str) -> Any:
    """The run once it is over."""
    started = api.post(f"/v1/jobs/{job}/runs")
    assert started.status_code == 202, started.text
    deadline = time.monotonic() + 120
    while True:
        found = api.get(f"/v1/runs/{started.json()['id']}")
        assert found.status_code == 200, found.text
        if found.json()["ended_at"] is not None:
            return found.json()
        assert time.monotonic() < deadline, found.text


def test_a_full_run_of_more_files_than_a_statement_can_name_says_so(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "many_raw", "n\n1\n", namespace="many")
    define(api, "many", source, "many.many")
    committed(lake, source, range(2, 9_002), is_complete=True)
    done = failure(api, "many")
    assert (done["state"], done["error"]["code"], done["error"]["step"]) == ("failed", "too_many_files", "write")
    assert "9,001 files" in done["error"]["detail"]
    assert "incremental" in done["error"]["remedy"]


def test_a_run_whose_record_cannot_hold_its_files_ends_and_lets_the_next_begin(
    api: Any, lake: Any, deliver: Deliver
) -> None:
    source = filled(api, deliver, "heavy_raw", "n\n1\n", namespace="many")
    other = register(api, "light_raw", namespace="many")
    drop(api, deliver, other, "n\n1\n")
    define(api, "heavy", source, "many.heavy")
    committed(lake, source, range(2, 7_002), is_complete=False)  # named twice: those to be verified once more
    done = failure(api, "heavy")
    assert (done["state"], done["error"]["code"], done["error"]["step"]) == ("failed", "too_many_files", "plan")
    etag = {"If-Match": api.get("/v1/jobs/heavy").headers["ETag"]}
    assert api.patch("/v1/jobs/heavy", json={"sources": [other]}, headers=etag).status_code == 200
    assert run(api, "heavy")["statistics"]["rows"] == 1
