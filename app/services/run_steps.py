"""The steps of a run. Each takes the run as stored and gives it as it becomes, or None to wait for Athena.

What a step does to the world before its transition is stored can be done again: statements carry tokens, attempts have
prefixes of their own, and the one thing that readers see is stored together with the transition itself.
"""

from typing import NamedTuple

from app.adapters.athena import Athena, Execution
from app.adapters.catalog import Catalog
from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.table import Write
from app.adapters.objects import Objects
from app.domain.executions import Label
from app.domain.identifiers import Clock, IdFactory
from app.domain.queries import cost_usd
from app.domain.query_failures import failure, has_timed_out, has_too_many_partitions
from app.domain.run_problems import RunFailed
from app.domain.runs import Run, RunExecution, Step, fingerprint_of, statement_token
from app.domain.schemas import Schema
from app.domain.versions import Version
from app.services.athena_permits import AthenaPermits
from app.services.datasets import Datasets
from app.services.run_gate import RunGate
from app.services.run_inputs import RunInputs
from app.services.run_statements import RunStatements, Statement
from app.services.versions import Versions
from app.settings import Settings


class Transition(NamedTuple):
    """The run as it becomes, and what is stored together with it."""

    run: Run
    writes: tuple[Write, ...] = ()


class RunSteps:
    """plan, write, check, publish; `RunCleaning` has the last one."""

    def __init__(
        self,
        settings: Settings,
        jobs: JobStore,
        datasets: Datasets,
        inputs: RunInputs,
        statements: RunStatements,
        gate: RunGate,
        versions: Versions,
        catalog: Catalog,
        objects: Objects,
        athena: Athena,
        permits: AthenaPermits,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._datasets = datasets
        self._inputs = inputs
        self._statements = statements
        self._gate = gate
        self._versions = versions
        self._catalog = catalog
        self._objects = objects
        self._athena = athena
        self._permits = permits
        self._clock = clock
        self._new_id = new_id

    def plan(self, run: Run) -> Transition:
        """Claim the inputs. No new work when they and the definition made the present version."""
        job = self._jobs.find(run.tenant, run.job)
        if job is None:
            raise RunFailed("job_gone", f"The job {run.job} was deleted before the run began.")
        target = self._datasets.find(run.tenant, run.target)
        if target is None:
            raise RunFailed("target_gone", f"The target {run.target} is deleted.")
        claimed = self._inputs.claim(run.tenant, job.definition)
        fingerprint = fingerprint_of(job.definition, claimed)
        current = self._versions.find_current(target)
        if current is not None and current.fingerprint == fingerprint and not run.is_forced:
            return Transition(run.reused(claimed, current))
        limit = job.definition.max_bytes_scanned
        batches = current.batches if current is not None else 1
        least, _ = self._inputs.scanned_bytes(run.tenant, job.definition, claimed, batches)
        if limit is not None and least > limit:
            raise RunFailed(
                "budget_exceeded", f"The claimed files have {least:,} bytes to scan; {limit:,} are allowed."
            )
        is_counted = job.definition.layout.is_counted(batches)
        planned = run.planned(job.definition, claimed, fingerprint, self._new_id(), is_counted=is_counted)
        return Transition(planned.split_as(current))

    def write(self, run: Run) -> Transition | None:
        """One statement after the other. A failure that may pass begins a new attempt; one CTAS that met too many
        partitions begins one that counts them first.
        """
        seen = self._look(run)
        if seen is None:
            return None
        run, last = seen
        if run.counts_from is None and last is not None and has_too_many_partitions(last.reason):
            return Transition(run.too_wide())
        if last is not None and has_timed_out(last.reason) and self._statements.can_split(run):
            return Transition(run.too_slow())
        if _may_pass(run, last):
            return Transition(run.tried_again())
        _refuse_failure(last)
        statement = self._statements.writing(run)
        return Transition(self._started(run, statement) if statement else run.written())

    def check(self, run: Run) -> Transition | None:
        """The gate. RunFailed (check_failed, misread_values) when the version must not be published."""
        seen = self._look(run)
        if seen is None:
            return None
        run, last = seen
        if _may_pass(run, last):
            return Transition(run.tried_again())
        _refuse_failure(last)
        statement = self._statements.checking(run)
        if statement is not None:
            return Transition(self._started(run, statement))
        return Transition(self._gate.passed(run))

    def publish(self, run: Run) -> Transition:
        """The pointer swap, stored together with the transition: a run that is no longer ours publishes nothing."""
        target = self._datasets.find(run.tenant, run.target)
        if target is None:
            raise RunFailed("target_gone", f"The target {run.target} was deleted during the run.")
        place = self._statements.place(run, run.attempt)
        sizes = [size for _, size in self._objects.list(place.bucket, place.prefix) if size]
        written = self._statements.version(run)
        version = Version(
            id=str(run.version),
            tenant=run.tenant,
            dataset_id=run.target,
            database=place.database,
            table=place.table,
            bucket=place.bucket,
            prefix=place.prefix,
            files=len(sizes),
            bytes=sum(sizes),
            batches=run.batches,
            splits=run.splits,
            rows=run.rows,
            rejected_rows=run.rejected_rows,
            hidden=written.hidden,
            inputs=run.inputs,
            checks=run.checks,
            run_id=run.id,
            job=run.job,
            schema_version=0,
            fingerprint=run.fingerprint,
            created_at=self._clock(),
        )
        schema = Schema(columns=written.columns)
        return Transition(run.published(len(sizes), sum(sizes)), self._versions.publication(target, version, schema))

    def observed(self, run: Run, execution: Execution) -> Run:
        """An execution's end, with what it cost: failed ones are free, cancelled ones are not."""
        known = next(one for one in run.executions if one.id == execution.id)
        cost = cost_usd(
            0 if execution.state == "FAILED" else execution.bytes_scanned,
            usd_per_tb=self._settings.athena_usd_per_tb,
            minimum_bytes=self._settings.athena_minimum_bytes,
        )
        return run.observed(
            known.model_copy(
                update={
                    "state": execution.state,
                    "bytes_scanned": execution.bytes_scanned,
                    "cost_usd": cost,
                    "queue_ms": execution.queue_ms,
                    "engine_ms": execution.engine_ms,
                }
            )
        )

    def _look(self, run: Run) -> tuple[Run, Execution | None] | None:
        """The run with what it waited for, None while that still runs."""
        waits_for = run.open_execution
        if waits_for is None:
            return run, None
        execution = self._athena.get(waits_for.id)
        return (self.observed(run, execution), execution) if execution.is_over else None

    def _started(self, run: Run, statement: Statement) -> Run:
        scanned, limit = run.billed_bytes, run.definition.max_bytes_scanned if run.definition else None
        if limit is not None and scanned > limit:
            raise RunFailed("budget_exceeded", f"The run has scanned {scanned:,} bytes; {limit:,} are allowed.")
        number = len(run.done_in_present_step)
        if statement.purpose == "create":
            self._catalog.ensure_database(self._statements.place(run, run.attempt).database)
        token = statement_token(run, Step(str(run.step)), number)
        self._permits.take(run, token)
        execution_id = self._athena.start(
            Label(run.tenant, "run", run.id).on(statement.sql), workgroup=self._settings.workgroup_large, token=token
        )
        return run.executing(
            RunExecution(
                id=execution_id,
                step=Step(str(run.step)),
                attempt=run.attempt,
                number=number,
                purpose=statement.purpose,
            )
        )


def _may_pass(run: Run, last: Execution | None) -> bool:
    """What ran too long would do so again, whatever Athena says."""
    if last is None or last.state != "FAILED" or has_timed_out(last.reason):
        return False
    return last.is_retryable and run.has_attempts_left


def _refuse_failure(last: Execution | None) -> None:
    """RunFailed unless the execution succeeded."""
    if last is None or last.state == "SUCCEEDED":
        return
    if has_timed_out(last.reason):
        raise RunFailed("athena_timeout", "Athena ended a statement that ran too long.", execution_id=last.id)
    why = failure(last.reason, execution_id=last.id, is_retryable=last.is_retryable)
    if why.code == "query_failed":
        code = "athena_cancelled" if last.state == "CANCELLED" else "athena_failed"
        raise RunFailed(
            code, why.detail, execution_id=last.id, remedy=None if code == "athena_cancelled" else why.remedy
        )
    raise RunFailed(why.code, why.detail, execution_id=last.id)
