"""The state machine of a run: what may follow what, and what a run remembers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.builds import Plan, fingerprint_of
from app.domain.job_queues import JobQueue
from app.domain.jobs import JobDefinition
from app.domain.run_executions import RunExecution, Step
from app.domain.run_problems import KINDS, RunFailed
from app.domain.runs import Run, RunState, statement_token
from app.domain.versions import Input

NOW = datetime(2026, 1, 2, tzinfo=UTC)
DEFINITION = JobDefinition.model_validate(
    {"name": "j", "sources": ["a.b"], "target": {"namespace": "a", "name": "c"}, "checks": []}
)
INPUTS = (Input(dataset="a.b", version="v", files=("1", "2"), bytes=3, schema_version=1),)


def plan(**more: Any) -> Plan:
    return Plan(definition=DEFINITION, inputs=INPUTS, version="v1", fingerprint="f", **more)


def queued(run_id: str = "r1", trigger: str = "manual") -> Run:
    return Run.model_validate(
        {
            "id": run_id,
            "tenant": "main",
            "job": "j",
            "target": "a.c",
            "trigger": trigger,
            "created_at": NOW,
            "created_by": "me",
        }
    )


def execution(run: Run, number: int = 0, state: str = "QUEUED", cost: str = "0.1") -> RunExecution:
    assert run.step is not None
    return RunExecution(
        id=f"{run.step}{run.attempt}{number}",
        step=run.step,
        attempt=run.attempt,
        number=number,
        purpose="create",
        state=state,
        cost_usd=cost,
        bytes_scanned=5,
        engine_ms=7,
    )


def writing() -> Run:
    return queued().started(NOW).planned(plan())


def failed() -> RunFailed:
    return RunFailed("check_failed", "no")


def test_a_run_goes_through_its_steps_in_order() -> None:
    run = writing()
    after = (run, run.written(), run.written().checked(4), run.written().checked(4).published(2, 100))
    assert [one.step for one in after] == [Step.WRITE, Step.CHECK, Step.PUBLISH, Step.CLEAN]
    ended = run.written().checked(4).published(2, 100).ended(NOW)
    assert (ended.state, ended.step, ended.version, ended.statistics.rows) == (RunState.SUCCEEDED, None, "v1", 4)


def test_no_step_can_be_left_out_or_repeated() -> None:
    run = writing()
    for wrong in (
        lambda: queued().planned(plan()),
        lambda: run.started(NOW),
        lambda: run.checked(1),
        lambda: run.published(1, 1),
        lambda: run.written().written(),
        lambda: queued().failing(failed().problem("plan")),
        lambda: queued().started(NOW).tried_again(),
    ):
        with pytest.raises(ValueError, match="run r1"):
            wrong()


def test_what_is_published_can_neither_fail_nor_be_cancelled() -> None:
    run = writing().written().checked(1).published(1, 1)
    assert run.is_published
    with pytest.raises(ValueError, match="cannot fail"):
        run.failing(failed().problem("clean"))
    with pytest.raises(ValueError, match="cannot be cancelled"):
        run.cancelling()


def test_a_failing_run_cleans_up_and_ends_failed_without_a_version() -> None:
    run = writing().failing(failed().problem("write"))
    assert (run.step, run.is_published) == (Step.CLEAN, False)
    ended = run.ended(NOW)
    assert (ended.state, ended.version) == (RunState.FAILED, None)
    assert ended.error is not None
    assert ended.error.step == "write"
    assert ended.error.remedy == KINDS["check_failed"].remedy


def test_cancelling_takes_the_run_from_its_holder() -> None:
    run = writing().held("worker", NOW + timedelta(seconds=60)).cancelling()
    assert (run.lease, run.is_cancelling) == (None, True)
    assert run.ended(NOW).state is RunState.CANCELLED


def test_one_statement_runs_at_a_time_and_a_new_attempt_starts_counting_anew() -> None:
    run = writing()
    run = run.executing(execution(run))
    assert run.open_execution is not None
    with pytest.raises(ValueError, match="cannot start"):
        run.executing(execution(run, 1))
    run = run.observed(execution(run, state="FAILED"))
    assert run.open_execution is None
    again = run.tried_again()
    assert (again.attempt, again.step, again.done_in_present_step) == (2, Step.WRITE, ())
    assert statement_token(run, Step.WRITE, 0) != statement_token(again, Step.WRITE, 0)
    assert 32 <= len(statement_token(run, Step.WRITE, 0)) <= 128


def test_statistics_are_the_sum_of_all_executions() -> None:
    run = writing()
    for number in range(3):
        run = run.executing(execution(run, number)).observed(execution(run, number, "SUCCEEDED"))
    numbers = run.statistics
    assert (numbers.bytes_scanned, numbers.engine_ms, numbers.cost_usd) == (15, 21, "0.3")


def test_setbacks_wait_longer_each_time_and_end_with_progress() -> None:
    run, waits = writing(), []
    for _ in range(9):
        run = run.set_back(NOW, 1.0, is_outage=True)
        assert run.not_before is not None
        waits.append((run.not_before - NOW).total_seconds())
    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert run.set_back(NOW, 0.25, is_outage=True).not_before == NOW + timedelta(seconds=15)
    assert run.set_back(NOW, 0.0, is_outage=True).not_before == NOW
    assert run.outages == 9
    assert run.held("me", NOW).not_before is None
    assert (run.written().setbacks, run.written().outages) == (0, 0)


def test_who_is_only_busy_is_waited_for_for_ever() -> None:
    run = writing()
    for _ in range(100):
        run = run.set_back(NOW, 0.5, is_outage=False)
    assert (run.setbacks, run.outages) == (100, 0)
    assert run.not_before == NOW + timedelta(seconds=30)


def test_a_stored_run_reads_back_as_it_was() -> None:
    run = writing()
    assert Run.model_validate_json(run.model_dump_json()) == run
    assert Run.model_validate_json(queued().model_dump_json()) == queued()


def test_one_run_of_a_queue_works_and_arrivals_are_known() -> None:
    first, second = queued("r1"), queued("r2", "arrival")
    queue = JobQueue().joined(first).joined(second)
    assert queue.is_turn_of(first)
    assert not queue.is_turn_of(second)
    assert queue.arrivals == ("r2",)
    busy = queue.entered(first)
    assert not busy.is_turn_of(second)
    free = busy.left(first)
    assert free.is_turn_of(second)
    assert free.entered(second).arrivals == ()
    assert free.entered(second).left(second).is_idle


def test_one_run_of_each_kind_of_trigger_waits_and_is_known() -> None:
    queue = JobQueue().joined(queued("r1", "schedule")).joined(queued("r2", "run")).joined(queued("r3", "arrival"))
    assert [queue.waiting_of(kind) for kind in ("schedule", "run", "arrival", "manual")] == ["r1", "r2", "r3", None]
    assert queue.entered(queued("r1", "schedule")).waiting_of("schedule") is None
    assert queue.left(queued("r2", "run")).waiting_of("run") is None


def test_who_joins_goes_before_a_run_that_is_not_ready_and_one_put_off_goes_to_the_end() -> None:
    first, quiet, hand = queued("r1"), queued("r2", "arrival"), queued("r3")
    queue = JobQueue().joined(first).joined(quiet).joined(hand, before="r2")
    assert queue.waiting == ("r1", "r3", "r2")
    assert queue.joined(queued("r4"), before="gone").waiting == ("r1", "r3", "r2", "r4")
    assert queue.postponed(first).waiting == ("r3", "r2", "r1")
    assert queue.postponed(quiet) == queue


def test_the_fingerprint_knows_all_that_decides_the_rows_and_nothing_else() -> None:
    base = fingerprint_of(DEFINITION, INPUTS)
    same = DEFINITION.model_copy(update={"description": "x", "name": "k", "max_bytes_scanned": 10**9})
    assert fingerprint_of(same, INPUTS) == base
    other_version = (INPUTS[0].model_copy(update={"version": "w", "bytes": 9}),)
    assert fingerprint_of(DEFINITION, other_version) == base  # of raw data, the files decide
    for changed in ({"files": ("1",)}, {"schema_version": 2}, {"files": (), "version": "w"}):
        assert fingerprint_of(DEFINITION, (INPUTS[0].model_copy(update=changed),)) != base
    where = JobDefinition.model_validate({**DEFINITION.model_dump(by_alias=True), "transform": {"where": "x = 1"}})
    assert fingerprint_of(where, INPUTS) != base


def test_meeting_too_many_partitions_starts_anew_once_and_costs_no_attempt() -> None:
    run = writing()
    run = run.executing(execution(run)).observed(execution(run, state="FAILED"))
    wide = run.too_wide()
    assert (wide.attempt, wide.step, wide.counts_from) == (2, Step.WRITE, 2)
    with pytest.raises(ValueError, match="counts its partitions already"):
        wide.too_wide()
    assert wide.billed_bytes == 0
    wide = wide.tried_again()
    assert wide.has_attempts_left
    assert not wide.tried_again().has_attempts_left
    counted = queued().started(NOW).planned(plan(is_counted=True))
    assert not counted.tried_again().tried_again().has_attempts_left
    assert not writing().tried_again().tried_again().has_attempts_left


def test_planning_anew_costs_no_attempt() -> None:
    run = writing()
    for number in range(1, 5):
        run = run.written().checked(1).replanned()
        assert (run.attempt, run.step) == (number + 1, Step.PLAN)
        run = run.planned(plan())
    assert run.tried_again().has_attempts_left
    assert not run.tried_again().tried_again().has_attempts_left


def test_what_takes_too_long_is_cut_finer_each_time_and_costs_no_attempt() -> None:
    run = writing()
    for number in range(1, 5):
        run = run.too_slow()
        assert (run.attempt, run.splits, run.counts_from) == (number + 1, number, 2)
    assert run.has_attempts_left
    assert run.tried_again().has_attempts_left
    assert not run.tried_again().tried_again().has_attempts_left
    with pytest.raises(ValueError, match="writes nothing"):
        run.written().too_slow()
