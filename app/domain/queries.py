"""Queries: what a caller asks, what became of it, and the fingerprint by which equal questions are known. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.domain.records import Record

MAX_SQL = 65_536
ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,127}$")]
Value = bool | int | float | str | None
RowLimit = Annotated[int, Field(ge=1, description="Most rows of the answer; a longer one says `truncated`.")]
ResultFormat = Literal["json", "ndjson", "csv", "parquet", "arrow"]
Rows = Literal["arrays", "objects"]
Delivery = Literal["inline", "link"]
Int64 = Literal["number", "string"]
Tags = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=256)]],
    Field(max_length=50),
]


class QueryState(StrEnum):
    """queued and running change by themselves; the others are for good."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({QueryState.SUCCEEDED, QueryState.FAILED, QueryState.CANCELLED})


class TypedValue(BaseModel):
    """The value of one `:name` in the SQL. Dates and timestamps are ISO text, decimals text; null is NULL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(min_length=1, max_length=64, description="An Athena type name, e.g. `date`.")
    value: Value = Field(description="The value; null is NULL of that type.")


class NewQuery(BaseModel):
    """A question: one SELECT over datasets by their ids."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "sql": "SELECT carrier, avg(dep_delay) AS mean FROM flights.flights WHERE day >= :since GROUP BY 1",
                    "parameters": {"since": {"type": "date", "value": "2013-01-01"}},
                    "row_limit": 10000,
                    "max_bytes_scanned": 1000000000,
                    "tags": {"dashboard": "delays"},
                }
            ]
        },
    )

    sql: str = Field(min_length=1, max_length=MAX_SQL, description="One SELECT or WITH, in Athena's dialect.")
    parameters: dict[ParameterName, TypedValue] = Field({}, max_length=100, description="Values of `:name` in the SQL.")
    row_limit: RowLimit | None = None
    max_bytes_scanned: int | None = Field(None, ge=1, description="The query fails rather than scan more.")
    tags: Tags = Field({}, description="Labels of your own; kept with the query.")


class ResultColumn(BaseModel):
    """One column of a result. `type` is Athena's name for it."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    precision: int | None = None
    scale: int | None = None


class StoredResult(BaseModel):
    """Where the answer lies: Athena's result CSV. Offsets and sizes in bytes.

    `row_count` does not count a row beyond row_limit; `end` is the offset behind the last row that counts. Both are
    None for results too large to count when they came in; then a reader finds out at the end.
    """

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    size: int
    start: int = Field(description="Offset of the first row, behind the header.")
    end: int | None
    row_count: int | None
    is_truncated: bool | None


class Statistics(BaseModel):
    """What it took. Times in milliseconds."""

    model_config = ConfigDict(frozen=True)

    bytes_scanned: int = 0
    cost_usd: str = "0.000000"
    queue_ms: int = 0
    engine_ms: int = 0
    reused: bool = Field(default=False, description="Answered from a stored result; nothing was scanned.")


class QueryError(BaseModel):
    """Why a query failed, and what to do about it. No data values."""

    model_config = ConfigDict(frozen=True)

    code: str
    title: str
    detail: str
    remedy: str
    athena_execution_id: str | None = None
    is_retryable: bool = False


class Query(Record):
    """A query and what became of it. `statement` is kept only until Athena has it.

    `dataset_bytes` and `estimated_bytes` are upper bounds of what it reads. `looked_at`: when its caller was last seen
    to wait for it; None when others wait for it than who asked, and it is never given up. `leader`: another query that
    asked the same at that moment; its answer is this one's.
    """

    id: str
    tenant: str
    created_by: str
    created_at: datetime
    ended_at: datetime | None = None
    sql: str
    parameters: dict[str, TypedValue] = Field(default_factory=dict)
    row_limit: int
    max_bytes_scanned: int
    tags: dict[str, str] = Field(default_factory=dict)
    state: QueryState = QueryState.QUEUED
    is_cancelled: bool = False
    is_abandoned: bool = False
    is_deterministic: bool = True
    fingerprint: str
    dataset_versions: dict[str, str | None] = Field(default_factory=dict)
    dataset_bytes: dict[str, int] = Field(default_factory=dict)
    estimated_bytes: int | None = None
    looked_at: datetime | None = None
    leader: str | None = None
    statement: str | None = None
    execution_id: str | None = None
    columns: tuple[ResultColumn, ...] = ()
    result: StoredResult | None = None
    statistics: Statistics = Statistics()
    error: QueryError | None = None

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def etag_seed(self) -> str:
        """What an answer's ETag grows from: known before the query runs, unless its answer is never the same twice."""
        return self.fingerprint if self.is_deterministic else f"{self.fingerprint}.{self.id}"


class Answer(Record):
    """A pointer from a question to the latest query that answered it."""

    query_id: str
    fingerprint: str
    answered_at: datetime | None = None
    pending_id: str | None = None
    pending_at: datetime | None = None


def fingerprint(
    *,
    tenant: str,
    canonical_sql: str,
    parameters: Mapping[str, TypedValue],
    dataset_versions: Mapping[str, str | None],
    row_limit: int,
) -> str:
    """SHA-256 over all that decides the answer: the SQL, the typed values, the data, and whose view of it."""
    question: list[Any] = [
        tenant,
        canonical_sql,
        sorted((name, given.type, json.dumps(given.value)) for name, given in parameters.items()),
        sorted(dataset_versions.items()),
        row_limit,
    ]
    return hashlib.sha256(json.dumps(question, separators=(",", ":")).encode()).hexdigest()


def etag(seed: str, *parts: object) -> str:
    """A strong ETag for one representation of an answer."""
    return '"' + hashlib.sha256(json.dumps([seed, *map(str, parts)]).encode()).hexdigest()[:32] + '"'


def cost_usd(bytes_scanned: int, *, usd_per_tb: Decimal, minimum_bytes: int) -> str:
    """What Athena charges: per 2^40 bytes, with a least amount per query (aws.amazon.com/athena/pricing)."""
    if bytes_scanned == 0:
        return "0.000000"
    billed = max(bytes_scanned, minimum_bytes)
    return str((usd_per_tb * billed / 2**40).quantize(Decimal("0.000001"), ROUND_HALF_UP))
