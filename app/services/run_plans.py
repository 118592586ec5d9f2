"""The first step of a run: what it reads, what it builds on, and whether there is anything to do."""

from app.adapters.dynamodb.jobs import JobStore
from app.domain.builds import Build, Plan, fingerprint_of, is_whole, logic_of, shows_less
from app.domain.datasets import Dataset
from app.domain.identifiers import IdFactory
from app.domain.jobs import JobDefinition
from app.domain.run_problems import RunFailed
from app.domain.runs import Run
from app.domain.versions import Input, Version
from app.services.datasets import Datasets
from app.services.run_inputs import RunInputs, Wanted
from app.services.transitions import Transition
from app.services.versions import Versions
from app.settings import Settings


class RunPlans:
    """Decides; writes nothing. Asked again before the answer is stored, it may decide otherwise."""

    def __init__(
        self,
        settings: Settings,
        jobs: JobStore,
        datasets: Datasets,
        inputs: RunInputs,
        versions: Versions,
        new_id: IdFactory,
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._datasets = datasets
        self._inputs = inputs
        self._versions = versions
        self._new_id = new_id

    def plan(self, run: Run) -> Transition:
        """Claim the inputs. No new work when what they would make is there already."""
        job = self._jobs.find(run.tenant, run.job)
        if job is None:
            raise RunFailed("job_gone", f"The job {run.job} was deleted before the run began.")
        target = self._datasets.find(run.tenant, run.target)
        if target is None:
            raise RunFailed("target_gone", f"The target {run.target} is deleted.")
        run = run.model_copy(update={"job_version": job.version})
        current = self._versions.find_current(target)
        plan = self.planned(run, job.definition, target, current)
        if current is not None and not run.is_forced and not run.scope and _is_made(plan, current):
            return Transition(run.reused(plan.inputs, current))
        self._refuse_too_large(run, plan, current)
        return Transition(run.planned(plan).split_as(current))

    def planned(self, run: Run, definition: JobDefinition, target: Dataset, current: Version | None) -> Plan:
        """What a run would do now. RunFailed (no_input, no_base, source_gone) when it could do nothing."""
        logic = logic_of(definition, self._inputs.schema_versions(run.tenant, definition))
        base = self._base(run, logic, target, current)
        build = _build(definition, run, base)
        feed = self._inputs.feed(run.tenant, definition) if definition.mode != "full" else None
        loaded = _loaded(base, feed)
        inputs = self._inputs.claim(run.tenant, definition, _wanted(build, feed, loaded, self._settings.files_per_run))
        batches = current.batches if current is not None else 1
        is_partial = self._is_partial(target.tenant, feed, inputs, build)
        whole = base is None or is_whole(definition, build, base, most_loads=self._settings.loads_per_version)
        return Plan(
            definition=definition,
            inputs=inputs,
            version=run.version or self._new_id(),
            build=build,
            base=None if build == "rebuild" or base is None else base.id,
            logic=logic,
            # A back-filled version is no longer what its files alone would make.
            fingerprint=None if build == "replace" else fingerprint_of(definition, inputs),
            primary_key=target.primary_key,
            is_whole=whole or build == "rebuild",
            is_partial=is_partial,
            is_staged=is_partial and shows_less(inputs, current),
            is_counted=(not whole and build in {"merge", "replace"}) or definition.layout.is_counted(batches),
        )

    def _base(self, run: Run, logic: str, target: Dataset, current: Version | None) -> Version | None:
        """What a run of the same logic builds on: a rebuild that was begun goes on, whatever readers see meanwhile."""
        if run.is_forced:
            return None
        staged = None if run.scope else self._versions.find_staged(target)
        return next((one for one in (staged, current) if one is not None and one.logic == logic), None)

    def _is_partial(self, tenant: str, feed: str | None, inputs: tuple[Input, ...], build: Build) -> bool:
        if feed is None or build == "replace":
            return False
        source = self._datasets.find(tenant, feed)
        taken = next(one.sequence for one in inputs if one.dataset == feed)
        return source is not None and taken < source.last_sequence

    def _refuse_too_large(self, run: Run, plan: Plan, current: Version | None) -> None:
        limit = plan.definition.max_bytes_scanned
        batches = current.batches if current is not None else 1
        least, _ = self._inputs.scanned_bytes(run.tenant, plan.definition, plan.inputs, batches)
        if limit is not None and least > limit:
            raise RunFailed(
                "budget_exceeded", f"The claimed files have {least:,} bytes to scan; {limit:,} are allowed."
            )


def _build(definition: JobDefinition, run: Run, base: Version | None) -> Build:
    if run.scope:
        if base is None:
            detail = "A range can only be replaced in a version that the job, as it is now, has made."
            raise RunFailed("no_base", detail)
        return "replace"
    if definition.mode == "full" or base is None:
        return "rebuild"
    return "append" if definition.mode == "incremental" else "merge"


def _loaded(base: Version | None, feed: str | None) -> int:
    """How many of the feed's files are in the base: those numbered up to this."""
    return next((one.sequence for one in base.inputs if one.dataset == feed), 0) if base is not None else 0


def _wanted(build: Build, feed: str | None, loaded: int, most: int) -> Wanted:
    if feed is None:
        return Wanted()  # a full rebuild takes what there is
    if build == "replace":
        return Wanted(until=loaded)  # what else has come is the next run's to load
    return Wanted(after=0 if build == "rebuild" else loaded, most=most)


def _is_made(plan: Plan, current: Version) -> bool:
    if plan.build in {"append", "merge"}:
        return plan.base == current.id and not any(one.files for one in plan.inputs)
    return plan.definition.mode == "full" and current.fingerprint == plan.fingerprint
