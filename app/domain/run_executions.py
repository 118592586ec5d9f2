"""What a run does in Athena, statement by statement, and what all of it took. Pure."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Purpose = Literal["partitions", "create", "insert", "gate", "verify"]


class Step(StrEnum):
    """Where a running run is."""

    PLAN = "plan"
    WRITE = "write"
    CHECK = "check"
    PUBLISH = "publish"
    CLEAN = "clean"


class RunExecution(BaseModel):
    """One Athena execution of a run. Sizes in bytes, times in ms, `cost_usd` a decimal as text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    step: Step
    attempt: int
    number: int
    purpose: Purpose
    state: str = "QUEUED"
    bytes_scanned: int = 0
    cost_usd: str = "0"
    queue_ms: int = 0
    engine_ms: int = 0

    @property
    def is_over(self) -> bool:
        return self.state in {"SUCCEEDED", "FAILED", "CANCELLED"}


class RunStatistics(BaseModel):
    """What a run took and made, all its Athena executions together."""

    model_config = ConfigDict(frozen=True)

    rows: int | None = Field(description="Rows of the version; null before the gate has counted them.")
    rejected_rows: int = Field(description="Rows that are none of the version's, since a value was none of its type.")
    bytes_scanned: int
    bytes_written: int
    files: int
    cost_usd: str = Field(description="Decimal, in US dollars.", examples=["0.003338"])
    queue_ms: int
    engine_ms: int
