"""The last step of a run: readers are told of what was published; what failed leaves nothing behind."""

from typing import NamedTuple

from app.adapters.athena import Athena
from app.domain.runs import Run
from app.services.datasets import Datasets
from app.services.run_statements import RunStatements
from app.services.run_steps import RunSteps
from app.services.versions import Versions


class Cleaned(NamedTuple):
    """A run that may end, and the datasets that have news."""

    run: Run
    arrivals: tuple[str, ...] = ()


class RunCleaning:
    """Everything here can be done again."""

    def __init__(
        self, datasets: Datasets, statements: RunStatements, steps: RunSteps, versions: Versions, athena: Athena
    ) -> None:
        self._datasets = datasets
        self._statements = statements
        self._steps = steps
        self._versions = versions
        self._athena = athena

    def clean(self, run: Run) -> Cleaned | None:
        """None while Athena still writes for a run that is to stop."""
        if run.is_published:
            return self._told(run)
        stopped = self._stopped(run)
        if stopped is None:
            return None
        self._drop_attempts(stopped, stopped.attempt)
        return Cleaned(stopped)

    def _told(self, run: Run) -> Cleaned:
        dataset = self._datasets.find(run.tenant, run.target)
        if dataset is None:
            return Cleaned(run)
        self._datasets.heal(dataset)
        self._versions.show(dataset)
        if run.is_reused:
            return Cleaned(run)
        self._drop_attempts(run, run.attempt - 1)
        self._versions.remove_old(run.tenant, run.target)
        return Cleaned(run, (run.target,))

    def _stopped(self, run: Run) -> Run | None:
        waits_for = run.open_execution
        if waits_for is None:
            return run
        execution = self._athena.get(waits_for.id)
        if not execution.is_over:
            self._athena.stop(waits_for.id)
            execution = self._athena.get(waits_for.id)
        return self._steps.observed(run, execution) if execution.is_over else None

    def _drop_attempts(self, run: Run, last: int) -> None:
        """Tables and prefixes of attempts that nobody will read."""
        if run.version is None:
            return
        for attempt in range(1, last + 1):
            place = self._statements.place(run, attempt)
            self._versions.drop(place.database, place.table, place.bucket, place.prefix)
