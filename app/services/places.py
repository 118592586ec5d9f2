"""Where a run writes: tables, prefixes, and the versions whose files they hold."""

from typing import NamedTuple

from app.domain.locations import attempt_prefix, glue_database, version_table, written_table
from app.domain.runs import Run
from app.settings import Settings


class Place(NamedTuple):
    """Where an attempt writes. Athena fills `written`; readers get `table`, which is the same where a version stands
    alone, and else refers to older partitions as well.
    """

    database: str
    table: str
    written: str
    bucket: str
    prefix: str

    @property
    def location(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


class Places:
    """A table and a prefix for every attempt, which no other has."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, run: Run, attempt: int) -> Place:
        """ValueError before the run has claimed its inputs."""
        if run.definition is None or run.version is None:
            raise ValueError(f"run {run.id} has not claimed its inputs")
        namespace, name = run.target.split(".")
        is_business = run.definition.target.tier == "business"
        table = version_table(name, run.version, attempt)
        return Place(
            database=glue_database(run.tenant, namespace, home_tenant=self._settings.home_tenant),
            table=table,
            written=table if run.is_whole else written_table(table),
            bucket=self._settings.business_bucket if is_business else self._settings.curated_bucket,
            prefix=attempt_prefix(run.tenant, run.target, run.version, attempt),
        )
