"""The last step of a run: readers are told of what was published; what failed leaves nothing behind."""

from typing import NamedTuple

from app.adapters.athena import Athena
from app.domain.runs import Run
from app.services.assembly import Assembly
from app.services.datasets import Datasets
from app.services.places import Places
from app.services.retention import Retention
from app.services.run_steps import RunSteps
from app.services.version_sizes import Sizes
from app.services.versions import Versions


class Cleaned(NamedTuple):
    """A run that may end, and the datasets that have news."""

    run: Run
    arrivals: tuple[str, ...] = ()


class RunCleaning:
    """Everything here can be done again."""

    def __init__(
        self,
        datasets: Datasets,
        places: Places,
        steps: RunSteps,
        assembly: Assembly,
        versions: Versions,
        retention: Retention,
        sizes: Sizes,
        athena: Athena,
    ) -> None:
        self._datasets = datasets
        self._places = places
        self._steps = steps
        self._assembly = assembly
        self._versions = versions
        self._retention = retention
        self._sizes = sizes
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
        self._sizes.measure(self._versions.at(run.tenant, run.target, str(run.version)))
        self._assembly.discard_written(self._places.of(run, run.attempt))
        self._retention.tidy(run, self._places.of(run, run.attempt))
        return Cleaned(run, () if run.is_staged else (run.target,))

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
        if run.version is None or run.definition is None:
            return
        for attempt in range(1, last + 1):
            self._retention.discard(self._places.of(run, attempt))
