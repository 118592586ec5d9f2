"""How many bytes each column of each partition of a version has: what a query must read of it, at most. Pure."""

from collections.abc import Collection, Mapping

from pydantic import BaseModel, ConfigDict, Field

from app.domain.partition_values import NULL_PARTITION


class PartitionSizes(BaseModel):
    """One partition, or a whole table without any. `other`: bytes of its files that belong to no column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: str
    values: tuple[str, ...] = ()
    files: int
    other: int
    columns: dict[str, int] = Field(description="Compressed bytes by column, in lower case; a nested column is one.")

    def of(self, columns: Collection[str]) -> int:
        """Bytes that a reader of these columns reads."""
        return self.other + sum(self.columns.get(name, 0) for name in columns)

    def is_null(self, at: int) -> bool:
        return self.values[at] == NULL_PARTITION


class VersionSizes(BaseModel):
    """Of every partition of a version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partitioned_by: Mapping[str, str] = Field({}, description="Type by partition column, in the table's order.")
    partitions: tuple[PartitionSizes, ...]

    @property
    def files(self) -> int:
        return sum(one.files for one in self.partitions)
