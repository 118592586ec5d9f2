"""How a run builds its version: from nothing, or on a base: the version that readers see, or a staged part. Pure.

    rebuild   all of the sources, whatever there was
    append    the new files' rows beside those of the base
    merge     the new files' changes into the base: latest row per key, only the partitions that they touch
    replace   the partitions of a range anew (a back-fill), the others as in the base

A base is used only under the same `logic`: what decides the rows apart from the files. Another logic rebuilds.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.jobs import JobDefinition
from app.domain.partition_values import partition_value
from app.domain.schemas import ColumnType
from app.domain.transforms import COLUMN_NAME
from app.domain.versions import Input, Version

Build = Literal["rebuild", "append", "merge", "replace"]
Bound = int | str


class PartitionRange(BaseModel):
    """Values of one partition column, both ends included. Dates are ISO text."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    column: Annotated[str, Field(pattern=COLUMN_NAME)]
    from_: Bound = Field(alias="from")
    to: Bound

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if isinstance(self.from_, int) is not isinstance(self.to, int):
            raise ValueError("`from` and `to` are of one kind: two numbers or two texts")
        if self.from_ > self.to:  # type: ignore[operator] # of one kind, as just checked
            raise ValueError("`from` lies after `to`")
        return self

    def bounds(self, kind: ColumnType) -> tuple[Any, Any]:
        """Both ends as values of the column's type. ValueError or ArithmeticError when they are none."""
        return partition_value(str(self.from_), kind), partition_value(str(self.to), kind)

    def is_of(self, kind: ColumnType) -> bool:
        """Whether it is a range of values of this type."""
        try:
            low, high = self.bounds(kind)
        except (ValueError, ArithmeticError):
            return False
        return bool(low <= high)

    def holds(self, value: Any, kind: ColumnType) -> bool:
        """Whether a partition's value (`partition_value`) lies in the range. NULL lies in none."""
        low, high = self.bounds(kind)
        return value is not None and bool(low <= value <= high)


Scope = Annotated[tuple[PartitionRange, ...], Field(max_length=16)]


class Plan(BaseModel):
    """What a run is going to do, decided once.

    `is_whole`: the version refers to no older files, so that what stays of the base is written again. `is_partial`:
    more files wait than one run takes. `is_staged`: readers keep the version that they see, which has files that this
    part has not (`shows_less`). `is_counted`: the partitions are counted before they are written.
    `primary_key`: the target's, which the gate will ask for.
    """

    model_config = ConfigDict(frozen=True)

    definition: JobDefinition
    inputs: tuple[Input, ...]
    version: str
    build: Build = "rebuild"
    base: str | None = None
    logic: str = ""
    fingerprint: str | None = None
    primary_key: tuple[str, ...] = ()
    is_whole: bool = True
    is_partial: bool = False
    is_staged: bool = False
    is_counted: bool = False


def logic_of(definition: JobDefinition, schema_versions: Mapping[str, int]) -> str:
    """SHA-256 over all that decides what a file becomes. `schema_versions`: of the raw sources, by id."""
    parts = definition.model_dump(mode="json", include={"target", "transform", "mode", "merge", "layout"})
    return hashlib.sha256(json.dumps([parts, sorted(schema_versions.items())], sort_keys=True).encode()).hexdigest()


def fingerprint_of(definition: JobDefinition, inputs: Sequence[Input]) -> str:
    """SHA-256 over all that decides the rows and how they lie: same fingerprint, same version."""
    logic = definition.model_dump(mode="json", include={"target", "transform", "mode", "merge", "layout", "checks"})
    claimed = [
        [one.dataset, one.schema_version, list(one.files) if one.files else one.version]
        for one in sorted(inputs, key=lambda one: one.dataset)
    ]
    return hashlib.sha256(json.dumps([logic, claimed], sort_keys=True).encode()).hexdigest()


def is_whole(definition: JobDefinition, build: Build, base: Version, *, most_loads: int) -> bool:
    """Whether the new version stands alone. An Iceberg table always does; a merge without partitions touches all there
    is; and a version of too many loads is written anew, lest its files become many and small.
    """
    layout = definition.layout
    if build == "rebuild" or layout.table_format == "iceberg":
        return True
    return base.loads >= most_loads if build == "append" else not layout.partition_by


def shows_less(inputs: Sequence[Input], current: Version | None) -> bool:
    """Whether readers would lose files that they see if a version of these inputs, a part of what waits, were shown."""
    if current is None:
        return False
    seen = {one.dataset: one.sequence for one in current.inputs}
    return any(one.files and one.sequence < seen.get(one.dataset, one.sequence + 1) for one in inputs)
