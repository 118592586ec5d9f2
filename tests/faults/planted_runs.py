"""Bugs of runs, to be planted one by one: steps, queues, the gate, publication, clean-up."""

from tests.faults.mutant import EVENTS, STATES, Mutant

RUNS = ("tests/api/test_runs.py", "-k", "gate or follow or cancelled or events_alone")
CLOCKS = ("tests/faults/test_clocks.py", "-k", "jump_back")
PUBLISH = ("tests/faults/test_publish.py",)
STARTS = (
    "tests/faults/test_call_sites.py",
    "HEADGATE_FAULT_CALLS=1",
    "HEADGATE_FAULT_ONLY=StartQueryExecution .*run_steps.* answer_lost standard 5",
)
_RUN = "app/domain/runs.py"
_RUNS = "app/services/run_engine.py"
_STEPS = "app/services/run_steps.py"
_CLEANING = "app/services/run_cleaning.py"
_QUEUES = "app/services/run_queues.py"

RUN_MUTANTS = (
    Mutant(
        "token_without_attempt",
        _RUN,
        "parts = (run.tenant, run.id, step.value, str(run.attempt), str(number))",
        "parts = (run.tenant, run.id, step.value, str(number))",
        "the second attempt gets the first one's failed execution",
        STATES,
    ),
    Mutant(
        "no_statement_token",
        _STEPS,
        "token = statement_token(run, Step(str(run.step)), number)",
        "token = None",
        "a start whose answer was lost starts the statement twice",
        STARTS,
    ),
    Mutant(
        "attempts_are_not_counted",
        _RUN,
        "return self.attempt - self.refusals - self.replans < MAX_ATTEMPTS",
        "return self.attempt - self.refusals - self.replans <= MAX_ATTEMPTS",
        "one attempt too many",
        STATES,
    ),
    Mutant(
        "publish_before_the_gate",
        _RUN,
        "return self._next(RunState.RUNNING, Step.WRITE, step=Step.CHECK)",
        "return self._next(RunState.RUNNING, Step.WRITE, step=Step.PUBLISH)",
        "bad data is published",
        RUNS,
    ),
    Mutant(
        "steps_in_any_order",
        _RUN,
        "if self.state is not state or self.step is not step:",
        "if self.state is not state:",
        "a step can be left out",
        STATES,
    ),
    Mutant(
        "the_published_can_fail",
        _RUN,
        "if self.state is not RunState.RUNNING or self.is_published:\n"
        '            raise ValueError(f"run {self.id} cannot fail',
        'if self.state is not RunState.RUNNING:\n            raise ValueError(f"run {self.id} cannot fail',
        "a run that has published ends failed, and its version is dropped",
        STATES,
    ),
    Mutant(
        "a_failed_run_has_a_version",
        _RUN,
        'changes["version"] = None',
        'changes["version"] = self.version',
        "a failed run names a version that is gone",
        STATES,
    ),
    Mutant(
        "the_lease_is_forgotten",
        _RUNS,
        "now < run.lease_until:",
        "now > run.lease_until:",
        "two workers work on one run",
        CLOCKS,
    ),
    Mutant(
        "begun_without_the_queue",
        _RUNS,
        "return self._store.put(started, self._store.queues.write(run.tenant, run.job, queue.entered(run)))",
        "return self._store.put(started)",
        "a file that comes while a run works is never read",
        EVENTS,
    ),
    Mutant(
        "turns_are_not_awaited",
        "app/domain/job_queues.py",
        "return self.active is None and self.waiting[:1] == (run.id,)",
        "return self.waiting[:1] == (run.id,)",
        "the next run begins while one works",
        ("tests/unit/test_run_states.py", "-k", "queue"),
    ),
    Mutant(
        "queue_not_left",
        _RUNS,
        "queue.left(run))\n",
        "queue)\n",
        "after one run no other ever begins",
        RUNS,
    ),
    Mutant(
        "joined_without_the_queue",
        _QUEUES,
        "(self._store.write(run), self._store.queues.write(run.tenant, run.job, joined))",
        "(self._store.write(run),)",
        "a run never gets its turn",
        RUNS,
    ),
    Mutant(
        "pointer_swapped_by_itself",
        _RUNS,
        "stored = self._store.put(run, *after.writes)",
        "_ = after.writes and self._store.table.transact(after.writes)\n        stored = self._store.put(run)",
        "who dies between the swap and the run's record publishes for ever",
        PUBLISH,
    ),
    Mutant(
        "gate_without_consequence",
        "app/services/run_gate.py",
        "if failed := [one for one in judgements if one.is_barrier]:",
        "if failed := [one for one in judgements if one.is_barrier and not judgements]:",
        "a failed check does not fail the run",
        RUNS,
    ),
    Mutant(
        "failures_leave_their_files",
        _CLEANING,
        "        self._drop_attempts(stopped, stopped.attempt)\n",
        "",
        "what failed stays in the bucket for ever",
        RUNS,
    ),
    Mutant(
        "earlier_attempts_stay",
        _CLEANING,
        "        self._drop_attempts(run, run.attempt - 1)\n",
        "",
        "the failed attempts of a good run stay for ever",
        EVENTS,
    ),
    Mutant(
        "the_published_attempt_goes_too",
        _CLEANING,
        "self._drop_attempts(run, run.attempt - 1)",
        "self._drop_attempts(run, run.attempt)",
        "what was just published is deleted",
        EVENTS,
    ),
    Mutant(
        "cancelled_before_athena_stopped",
        _CLEANING,
        "if execution.is_over else None",
        "if execution else None",
        "Athena writes after the run's files were removed",
        RUNS,
    ),
    Mutant(
        "no_view_after_publication",
        _CLEANING,
        "        self._versions.show(dataset)\n",
        "",
        "readers of the Glue view stay on the old version",
        EVENTS,
    ),
    Mutant(
        "publications_are_not_announced",
        _CLEANING,
        "return Cleaned(run, () if run.is_staged else (run.target,))",
        "return Cleaned(run)",
        "the next job of a chain never begins",
        EVENTS,
    ),
    Mutant(
        "who_comes_next_is_forgotten",
        _QUEUES,
        "names += [job.name for job in self._jobs.readers_of(run.tenant, run.target)]",
        "names += []",
        "the next job of a chain waits for the tick",
        EVENTS,
    ),
)
