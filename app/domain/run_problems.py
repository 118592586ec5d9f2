"""Why a run failed: every failure has a code, and every code a title and a remedy. docs/runs.md lists them. Pure."""

from typing import Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.domain.check_results import CheckResult


class _Kind(NamedTuple):
    title: str
    remedy: str


KINDS: Final[dict[str, _Kind]] = {
    "no_input": _Kind("There is nothing to read", "Drop a file into the source, or run the job that makes it."),
    "source_gone": _Kind("A source is gone", "Register the dataset again, or take it out of the job's sources."),
    "job_gone": _Kind("The job is gone", "Create the job again."),
    "target_gone": _Kind("The target is gone", "Delete the job and create it anew with another target."),
    "no_base": _Kind(
        "There is no version to replace a part of", "Run the job once without a range, then run the range again."
    ),
    "columns_changed": _Kind(
        "The rows have other columns than the version they belong to", "Run the job with `force` to rebuild it."
    ),
    "bad_sql": _Kind("The SQL does not fit the sources", "Compare the transform with the sources' schemas; PATCH it."),
    "budget_exceeded": _Kind(
        "The run would scan more than allowed", "Raise max_bytes_scanned, or read fewer files or columns."
    ),
    "too_many_partitions": _Kind("The layout makes too many partitions", "Partition by a column with fewer values."),
    "too_many_files": _Kind(
        "The run would read more files than one statement can name",
        "Load it with the mode `incremental` or `merge`, which take files in parts, or drop fewer and larger files.",
    ),
    "check_failed": _Kind("A check failed; nothing was published", "Look at `checks`, correct the data or the job."),
    "misread_values": _Kind(
        "Values are not of their column's type; nothing was published",
        "Correct the files, or give the columns a type that holds their values.",
    ),
    "athena_timeout": _Kind(
        "A statement ran longer than Athena allows, and cannot be made smaller",
        "Partition the target (without buckets) so that it is written in parts, read less, or have the quota raised.",
    ),
    "athena_failed": _Kind("Athena failed", "Retry the run; if it fails again, look at the execution in Athena."),
    "athena_cancelled": _Kind("Athena's execution was cancelled", "Someone stopped it in Athena; retry the run."),
    "backend_unavailable": _Kind("A service behind Headgate did not answer", "Retry the run in a few minutes."),
    "internal": _Kind("Headgate has a bug", "Retry the run; if it fails again, report its id."),
}


class FailedCheck(BaseModel):
    """One check that kept the version from being published. Counts and ages only, never data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int | None = Field(description="Place in the job's `checks`; null for what every run checks.")
    type: str
    expected: str
    found: int | None
    detail: str

    @classmethod
    def of(cls, result: CheckResult) -> "FailedCheck":
        return cls.model_validate(result.model_dump(include=set(cls.model_fields)))


class RunProblem(BaseModel):
    """Why a run failed, and what to do about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    title: str
    detail: str
    step: str
    athena_execution_id: str | None = None
    remedy: str
    checks: tuple[FailedCheck, ...] = ()


class RunFailed(Exception):
    """A run cannot go on. Raised by a step, caught by who advances the run. `checks`: all results of the gate, those
    that passed too.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        execution_id: str | None = None,
        checks: tuple[CheckResult, ...] = (),
        remedy: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.execution_id = execution_id
        self.checks = checks
        self.remedy = remedy

    def problem(self, step: str) -> RunProblem:
        kind = KINDS[self.code]
        return RunProblem(
            code=self.code,
            title=kind.title,
            detail=self.detail,
            step=step,
            athena_execution_id=self.execution_id,
            remedy=self.remedy or kind.remedy,
            checks=tuple(FailedCheck.of(one) for one in self.checks if one.is_barrier),
        )
