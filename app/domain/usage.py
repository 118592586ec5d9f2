"""What queries and runs took: one record each, days that are added up, and the sums that `/v1/usage` shows. Pure.

A record is written in the transaction that ends its query or run, so nothing is counted twice and nothing forgotten.
Readers of saved queries and charts who got a stored answer share records with a `count`: app/services/cache_hits.py.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.domain.errors import InvalidInput
from app.domain.records import Record

GroupBy = Literal["day", "dataset", "principal", "job"]
LONGEST_RANGE: Final = 92
"""Days of one answer."""
USUAL_RANGE: Final = 30
Micros = Annotated[int, Field(ge=0, description="Millionths of a US dollar, so that sums are exact.")]


class Sums(BaseModel):
    """Sums of some queries and runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queries: int = 0
    runs: int = 0
    failed: int = 0
    cache_hits: int = 0
    bytes_scanned: int = 0
    cost_micros: Micros = 0
    engine_ms: int = 0
    estimates: int = 0
    estimated_bytes: int = 0
    scanned_of_estimated: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(**{name: getattr(self, name) + getattr(other, name) for name in Sums.model_fields})

    @property
    def cost_usd(self) -> str:
        return str((Decimal(self.cost_micros) / 10**6).quantize(Decimal("0.000001")))

    @property
    def estimate_ratio(self) -> float | None:
        """Bytes that estimates allowed for, per byte that was scanned then; None without any."""
        return round(self.estimated_bytes / self.scanned_of_estimated, 3) if self.scanned_of_estimated else None


class UsageRecord(Record):
    """One query or run that is over, or a `count` of readers who got a stored answer. `datasets`: what it read, with
    the bytes of each that it may have read.
    """

    tenant: str
    day: date
    kind: Literal["query", "run"]
    id: str
    principal: str
    job: str | None = None
    datasets: dict[str, int] = Field(default_factory=dict)
    is_failed: bool = False
    is_cache_hit: bool = False
    count: int = 1
    bytes_scanned: int = 0
    cost_usd: str = "0.000000"
    engine_ms: int = 0
    estimated_bytes: int | None = None

    @property
    def sums(self) -> Sums:
        is_estimated = self.estimated_bytes is not None and self.bytes_scanned > 0
        return Sums(
            queries=self.count if self.kind == "query" else 0,
            runs=self.count if self.kind == "run" else 0,
            failed=self.count if self.is_failed else 0,
            cache_hits=self.count if self.is_cache_hit else 0,
            bytes_scanned=self.bytes_scanned,
            cost_micros=int(Decimal(self.cost_usd) * 10**6),
            engine_ms=self.engine_ms,
            estimates=int(is_estimated),
            estimated_bytes=(self.estimated_bytes or 0) if is_estimated else 0,
            scanned_of_estimated=self.bytes_scanned if is_estimated else 0,
        )


class DayOfUsage(Record):
    """A day that is over, added up."""

    tenant: str
    day: date
    total: Sums = Sums()
    dataset: dict[str, Sums] = Field(default_factory=dict)
    principal: dict[str, Sums] = Field(default_factory=dict)
    job: dict[str, Sums] = Field(default_factory=dict)

    def groups(self, by: GroupBy) -> Mapping[str, Sums]:
        return {self.day.isoformat(): self.total} if by == "day" else getattr(self, by)


def added_up(tenant: str, day: date, records: Iterable[UsageRecord]) -> DayOfUsage:
    """The day's sums. Bytes and cost of a query over several datasets are shared among them by their sizes."""
    total, parts = Sums(), {"dataset": dict[str, Sums](), "principal": dict[str, Sums](), "job": dict[str, Sums]()}

    def add(by: str, key: str, sums: Sums) -> None:
        parts[by][key] = parts[by].get(key, Sums()) + sums

    for record in records:
        total += record.sums
        add("principal", record.principal, record.sums)
        if record.job is not None:
            add("job", record.job, record.sums)
        for dataset, sums in _shared(record).items():
            add("dataset", dataset, sums)
    return DayOfUsage(tenant=tenant, day=day, total=total, **parts)


def _shared(record: UsageRecord) -> dict[str, Sums]:
    """Counts are the record's own for each dataset; bytes, cost and time are parted so that they add up."""
    whole, names = record.sums, sorted(record.datasets)
    weights = [record.datasets[name] for name in names]
    if not any(weights):
        weights = [1] * len(names)
    shared = {name: whole.model_dump() for name in names}
    for what in ("bytes_scanned", "cost_micros", "engine_ms", "estimated_bytes", "scanned_of_estimated"):
        for name, part in zip(names, _parts(getattr(whole, what), weights), strict=True):
            shared[name][what] = part
    return {name: Sums(**values) for name, values in shared.items()}


def _parts(amount: int, weights: list[int]) -> list[int]:
    """Integers in proportion to the weights that add up to the amount."""
    parts, seen, given = [], 0, 0
    for weight in weights:
        seen += weight
        upto = amount * seen // sum(weights)
        parts.append(upto - given)
        given = upto
    return parts


def days(since: date | None, until: date | None, today: date) -> list[date]:
    """Each day of a range, both ends included; the last 30 by default. InvalidInput says what is wrong with it."""
    last = until or today
    first = since or last - timedelta(days=USUAL_RANGE - 1)
    count = (last - first).days + 1
    if count < 1:
        raise InvalidInput("from must not be after to.")
    if count > LONGEST_RANGE:
        raise InvalidInput(f"One answer covers {LONGEST_RANGE} days at most; ask for less at a time.")
    return [first + timedelta(days=at) for at in range(count)]
