"""Versions: what a dataset was at one moment, and from what it was made. Pure."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from app.domain.check_results import CheckResult
from app.domain.records import Record


class Input(BaseModel):
    """What a version was made from: one version of a dataset. `files` are the claimed file ids of a raw dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = Field(description="The dataset's id.")
    version: str | None = Field(description="The version that was current when the run claimed it.")
    files: tuple[str, ...] = Field((), description="Ids of the files that were read, of a raw dataset; sorted.")
    sequence: int = Field(0, description="Of a raw dataset: the highest sequence number among its committed files.")
    bytes: int = Field(0, description="Size of what was claimed, in bytes as stored.")
    schema_version: int = Field(0, description="The schema under which it was read.")
    unverified: tuple[str, ...] = Field(
        (), description="Those of `files` that the door did not read to their end, or read as other types."
    )


class Version(Record):
    """One version of a dataset, its manifest. Never changed once stored, but for `restored_at` (readers were last
    rolled back to it), `removed_at` (readers have lost it) and `purged_at` (its files are deleted, too).

    `table` is the physical Glue table of this version alone; None for raw, whose one table grows with its files.
    `batches` is the number of statements that wrote it: more than one when it has too many partitions for one.
    `splits` is how often statements had to be made smaller because Athena ended them for taking too long.
    `loads` is the number of runs whose rows lie beside each other in it.
    `parents` are older versions whose files this one refers to, besides its own: they are not deleted before it.
    `hidden` are columns of the table that are none of the dataset's. `logic` is the SHA-256 of what made the rows,
    without the files: a run builds on a version only under the same logic.
    `is_partial`: more files waited than one run takes, so that it lacks some; the next one has more. `is_staged`: it is
    a part of a rebuild that readers never saw, since they would have lost files by it.
    `checks` is what the gate found before it was published.
    `fingerprint` is the SHA-256 of the inputs and the job's definition: the same again would write the same rows.
    """

    id: str
    tenant: str
    dataset_id: str
    database: str
    table: str | None = None
    bucket: str
    prefix: str
    files: int
    bytes: int
    batches: int = 1
    splits: int = 0
    loads: int = 1
    rows: int | None = None
    rejected_rows: int = 0
    parents: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    logic: str | None = None
    inputs: tuple[Input, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    run_id: str | None = None
    job: str | None = None
    job_version: int | None = None
    build: str | None = None
    base: str | None = None
    is_partial: bool = False
    is_staged: bool = False
    schema_version: int
    fingerprint: str | None = None
    created_at: datetime
    restored_at: datetime | None = None
    removed_at: datetime | None = None
    purged_at: datetime | None = None

    @property
    def shown_at(self) -> datetime:
        """When readers last came to see it."""
        return self.restored_at or self.created_at
