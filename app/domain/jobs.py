"""Jobs: how published data is made from other datasets. The wire shape of `POST /v1/jobs`, validated; no I/O.

What a definition can say is wider than what a deployment runs today: services refuse the modes that they
do not implement, by name, so that a stored definition never changes its meaning.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from app.domain.checks import Check
from app.domain.merges import Merge
from app.domain.transforms import (
    COLUMN_NAME,
    ColumnNames,
    SortItem,
    SortKey,
    Strict,
    Transform,
    each_once,
)
from app.domain.triggers import JobName, Triggers, arrival_of, upstreams_of

MAX_SOURCES = 50


def _not_physical(name: str) -> str:
    if "__" in name:
        raise ValueError('"__" is kept for the tables behind a dataset; use single underscores')
    return name


def _dataset_id(value: str) -> str:
    _not_physical(value)
    return value


Name = Annotated[str, StringConstraints(pattern=COLUMN_NAME), AfterValidator(_not_physical)]
DatasetId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,127}\.[a-z][a-z0-9_]{0,127}$"),
    AfterValidator(_dataset_id),
]


class Target(Strict):
    """The dataset that the job makes. Raw datasets are made by dropping files, never by jobs."""

    namespace: Name
    name: Name
    tier: Literal["curated", "business"] = "curated"

    @property
    def dataset_id(self) -> str:
        return f"{self.namespace}.{self.name}"


class Layout(Strict):
    """How the target lies in S3. Rows are sorted inside files: docs/decisions/0006-sorting-within-files.md.

    `table_format` iceberg: every version is an Iceberg table of its own (docs/decisions/0012-versions-by-reference.md).
    """

    table_format: Literal["hive", "iceberg"] = "hive"
    format: Literal["parquet"] = "parquet"
    compression: Literal["snappy", "zstd", "gzip", "none"] = "snappy"
    partition_by: ColumnNames = ()
    bucket_by: ColumnNames = ()
    bucket_count: Annotated[int, Field(ge=1, le=100)] | None = None
    sort_by: Annotated[tuple[SortItem, ...], Field(max_length=20)] = ()

    def is_counted(self, batches: int) -> bool:
        """Whether partitions should be counted before a target is written that took this many statements last time.
        Counting reads the sources once more, so it is not done on suspicion.
        """
        return bool(self.partition_by) and batches > 1

    @property
    def sort(self) -> tuple[SortKey, ...]:
        return tuple(SortKey.parse(item) for item in self.sort_by)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.bucket_by) != (self.bucket_count is not None):
            raise ValueError("`bucket_by` and `bucket_count` come together")
        each_once(tuple(key.column for key in self.sort))
        both = set(self.partition_by) & ({*self.bucket_by} | {key.column for key in self.sort})
        if both:
            raise ValueError(f"a partition column cannot be bucketed or sorted by as well: {', '.join(sorted(both))}")
        return self


class JobDefinition(Strict):
    """What `POST /v1/jobs` takes. `max_bytes_scanned` is bytes per run, all its statements together."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "flights-curate",
                    "sources": ["flights.flights_raw"],
                    "target": {"namespace": "flights", "name": "flights", "tier": "curated"},
                    "transform": {
                        "columns": [
                            {"name": "carrier"},
                            {"name": "updated_on", "expression": "date(updated_at)", "type": "date"},
                            {"name": "month"},
                        ],
                        "where": "year = 2013",
                        "deduplicate": {"keys": ["flight_id"], "order_by": ["updated_at desc"]},
                    },
                    "layout": {"format": "parquet", "compression": "snappy", "partition_by": ["month"]},
                    "triggers": [
                        {"type": "arrival", "quiet_seconds": 30},
                        {"type": "schedule", "expression": "cron(0 6 * * ? *)", "timezone": "Europe/Berlin"},
                    ],
                    "checks": [{"type": "row_count", "min": 1}],
                    "max_bytes_scanned": 5000000000,
                }
            ]
        },
    )

    name: JobName
    description: Annotated[str, StringConstraints(max_length=4000)] | None = None
    sources: Annotated[tuple[DatasetId, ...], Field(min_length=1, max_length=MAX_SOURCES), AfterValidator(each_once)]
    target: Target
    transform: Transform = Transform()
    mode: Literal["full", "incremental", "merge"] = "full"
    merge: Merge | None = Field(None, description="Of mode `merge`.")
    layout: Layout = Layout()
    triggers: Triggers = ()
    checks: Annotated[tuple[Check, ...], Field(max_length=50)] = ()
    max_bytes_scanned: Annotated[int, Field(ge=10_000_000)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.target.dataset_id in self.sources:
            raise ValueError("a job cannot read the dataset that it writes")
        if self.transform.sql is None and len(self.sources) != 1:
            raise ValueError("several sources need a transform with `sql` that says how they join")
        if self.transform.columns is not None:
            self._check_names({column.name for column in self.transform.columns})
        if self.mode == "merge" and (self.transform.is_rejecting or self.transform.unnest is not None):
            raise ValueError("the mode `merge` neither rejects rows nor unnests them: do so in a job before it")
        self._check_mode()
        if self.name in upstreams_of(self.triggers):
            raise ValueError("a job cannot be triggered by its own runs")
        return self

    def _check_mode(self) -> None:
        if self.mode != "merge":
            if self.merge is not None:
                raise ValueError("`merge` belongs to the mode `merge`")
            return
        if self.transform.sql is not None or self.transform.deduplicate is not None:
            raise ValueError("the mode `merge` keeps the latest row per key itself: no `sql`, no `deduplicate`")
        if len(self.sources) != 1:
            raise ValueError("the mode `merge` has one source, the changes")

    def _check_names(self, names: set[str]) -> None:
        layout = self.layout
        wanted = {*layout.partition_by, *layout.bucket_by, *(key.column for key in layout.sort)}
        if self.merge is not None:
            wanted |= {*self.merge.keys, *(key.column for key in self.merge.order)}
        if missing := sorted(wanted - names):
            raise ValueError(f"the layout names columns that the transform lacks: {', '.join(missing)}")
        if names == set(layout.partition_by):
            raise ValueError("at least one column must not be a partition column")

    @property
    def is_triggered_by_arrival(self) -> bool:
        return arrival_of(self.triggers) is not None
