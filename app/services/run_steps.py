"""The steps of a run. Each takes the run as stored and gives it as it becomes, or None to wait for Athena.

What a step does to the world before its transition is stored can be done again: statements carry tokens, attempts have
prefixes of their own, and the one thing that readers see is stored together with the transition itself.
"""

from app.adapters.athena import Athena, Execution
from app.adapters.catalog import Catalog
from app.domain.builds import shows_less
from app.domain.executions import Label
from app.domain.identifiers import Clock
from app.domain.query_failures import failure, has_timed_out, has_too_many_partitions
from app.domain.run_executions import RunExecution, Step
from app.domain.run_problems import RunFailed
from app.domain.runs import Run, statement_token
from app.domain.schemas import Schema
from app.domain.versions import Version
from app.services import prices
from app.services.assembly import Assembly
from app.services.athena_permits import AthenaPermits
from app.services.datasets import Datasets
from app.services.places import Places
from app.services.run_gate import RunGate
from app.services.run_statements import RunStatements, Statement
from app.services.transitions import Transition
from app.services.versions import Versions
from app.settings import Settings


class RunSteps:
    """write, check, publish; `RunPlans` has the first one, `RunCleaning` the last."""

    def __init__(
        self,
        settings: Settings,
        datasets: Datasets,
        statements: RunStatements,
        gate: RunGate,
        assembly: Assembly,
        places: Places,
        versions: Versions,
        catalog: Catalog,
        athena: Athena,
        permits: AthenaPermits,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._datasets = datasets
        self._statements = statements
        self._gate = gate
        self._assembly = assembly
        self._places = places
        self._versions = versions
        self._catalog = catalog
        self._athena = athena
        self._permits = permits
        self._clock = clock

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
        if statement is not None:
            return Transition(self._started(run, statement))
        if not run.is_whole:
            self._assembly.assemble(run, set(self._statements.partitions(run) or ()))
        return Transition(run.written())

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
        """The pointer swap, stored together with the transition: a run that is no longer ours publishes nothing, and
        one whose base readers were moved off, or who were given more files than it has, begins anew.
        """
        target = self._datasets.find(run.tenant, run.target)
        if target is None:
            raise RunFailed("target_gone", f"The target {run.target} was deleted during the run.")
        if run.base is not None and run.base not in {target.current_version, target.staged_version}:
            return Transition(run.replanned())
        if run.is_partial and not run.is_staged and shows_less(run.inputs, self._versions.find_current(target)):
            return Transition(run.replanned())
        relation = self._statements.version(run)
        version = self._version(run, relation.hidden)
        schema = Schema(columns=relation.columns)
        writes = self._versions.publication(target, version, schema)
        return Transition(run.published(version.files, version.bytes), writes)

    def _version(self, run: Run, hidden: tuple[str, ...]) -> Version:
        place = self._places.of(run, run.attempt)
        manifest = self._assembly.manifest(run)
        base = None if run.is_whole or run.base is None else self._versions.at(run.tenant, run.target, run.base)
        return Version(
            id=str(run.version),
            tenant=run.tenant,
            dataset_id=run.target,
            database=place.database,
            table=place.table,
            bucket=place.bucket,
            prefix=place.prefix,
            files=manifest.files,
            bytes=manifest.bytes,
            batches=max(run.batches, base.batches if base else 1),
            loads=base.loads + 1 if base and run.build == "append" else 1,
            splits=run.splits,
            rows=run.rows,
            rejected_rows=run.rejected_rows,
            parents=manifest.parents,
            hidden=hidden,
            logic=run.logic,
            inputs=run.inputs,
            checks=run.checks,
            run_id=run.id,
            job=run.job,
            job_version=run.job_version,
            build=run.build,
            base=run.base,
            is_partial=run.is_partial,
            is_staged=run.is_staged,
            schema_version=0,
            fingerprint=run.fingerprint,
            created_at=self._clock(),
        )

    def observed(self, run: Run, execution: Execution) -> Run:
        """An execution's end, with what it cost."""
        known = next(one for one in run.executions if one.id == execution.id)
        return run.observed(
            known.model_copy(
                update={
                    "state": execution.state,
                    "bytes_scanned": execution.bytes_scanned,
                    "cost_usd": prices.of_execution(self._settings, execution),
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
            self._catalog.ensure_database(self._places.of(run, run.attempt).database)
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
            ),
            batches=statement.batches,
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
