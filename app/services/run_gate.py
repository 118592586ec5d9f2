"""The gate: what Athena counted in a new version, judged. Nothing passes it that a check of severity `fail` forbids."""

from collections.abc import Mapping

from app.adapters.athena import Athena
from app.domain.check_results import REJECTED_ROWS, ROW_COUNT, CheckResult, Moment, judged
from app.domain.checks import Check, RowCountCheck
from app.domain.identifiers import Clock
from app.domain.run_executions import RunExecution
from app.domain.run_problems import RunFailed
from app.domain.runs import Run
from app.services.datasets import Datasets
from app.services.run_statements import RunStatements
from app.services.versions import Versions

_MAX_NAMED = 50
"""Columns with misread values that are named. A table may have 2,000, and a run is stored in 400 KB."""


class RunGate:
    """Reads what the statements of the step `check` found; starts none."""

    def __init__(
        self, statements: RunStatements, datasets: Datasets, versions: Versions, athena: Athena, clock: Clock
    ) -> None:
        self._statements = statements
        self._datasets = datasets
        self._versions = versions
        self._athena = athena
        self._clock = clock

    def passed(self, run: Run) -> Run:
        """The run, its version checked. RunFailed (check_failed, misread_values), with all results, when the version
        must not be published.
        """
        gate, *verified = run.done_in_present_step
        counted = self._counts(gate)
        judgements = self._judged(run, counted)
        misread = [
            (execution, self._misread(execution, relation.table))
            for relation, execution in zip(self._statements.misreadable(run), verified, strict=True)
        ]
        results = (*judgements, *(result for _, found in misread for result in found))
        if failed := [one for one in judgements if one.is_barrier]:
            raise RunFailed("check_failed", _details(failed), execution_id=gate.id, checks=results)
        for execution, found in misread:
            if failed := [one for one in found if one.is_barrier]:
                raise RunFailed("misread_values", _details(failed), execution_id=execution.id, checks=results)
        return run.checked(counted[ROW_COUNT] or 0, counted.get(REJECTED_ROWS) or 0, results)

    def _judged(self, run: Run, counted: Mapping[str, int | None]) -> tuple[CheckResult, ...]:
        """The job's checks, then the keys that the run promised."""
        checks = self._statements.checks(run)
        own = len(run.definition.checks) if run.definition else 0
        return judged(checks, counted, self._moment(run, checks), own=own)

    def _moment(self, run: Run, checks: tuple[Check, ...]) -> Moment:
        """With the version that readers see; it is not looked up when no check compares with it."""
        if not any(isinstance(check, RowCountCheck) and check.is_relative for check in checks):
            return Moment(self._clock(), None)
        target = self._datasets.find(run.tenant, run.target)
        present = self._versions.find_current(target) if target is not None else None
        if present is None:
            return Moment(self._clock(), None)
        return Moment(self._clock(), present.rows, is_partial=present.is_partial)

    def _misread(self, execution: RunExecution, table: str) -> list[CheckResult]:
        """One result per column with values that are not of its type; one that passed when there is none."""
        wrong = {name: count for name, count in self._counts(execution).items() if count}
        if not wrong:
            return [_misread(0, f"All values in {table} are of their column's type.")]
        named = [
            _misread(count, f"{count:,} values of {name} in {table} are not of its type.")
            for name, count in list(wrong.items())[:_MAX_NAMED]
        ]
        others = list(wrong.values())[_MAX_NAMED:]
        if others:
            named.append(_misread(sum(others), f"So are {sum(others):,} values of {len(others):,} other columns."))
        return named

    def _counts(self, execution: RunExecution) -> dict[str, int | None]:
        names = [str(column["Name"]) for column in self._athena.columns(execution.id)]
        row = self._athena.first_row(execution.id)
        return {name: None if text is None else int(text) for name, text in zip(names, row, strict=True)}


def _misread(count: int, detail: str) -> CheckResult:
    return CheckResult(index=None, type="misread_values", passed=not count, expected="0", found=count, detail=detail)


def _details(failed: list[CheckResult]) -> str:
    return " ".join(one.detail for one in failed)
