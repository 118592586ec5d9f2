"""What queries and runs took, by day, dataset, principal or job."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.adapters.dynamodb.table import Write
from app.adapters.dynamodb.usage import UsageStore
from app.domain.access import Principal
from app.domain.identifiers import Clock
from app.domain.queries import Query, QueryState
from app.domain.runs import Run, RunState
from app.domain.usage import DayOfUsage, GroupBy, Sums, UsageRecord, added_up, days
from app.services.cache_hits import CacheHits
from app.settings import Settings

_SETTLED = timedelta(hours=1)  # clocks of two workers differ by less: no record of a day comes later than that


@dataclass(frozen=True)
class Used:
    """The sums of a range, by one property."""

    group_by: GroupBy
    first: date
    last: date
    groups: dict[str, Sums]
    total: Sums


class Usage:
    """Records what is over, and adds it up. A day that is over is added up once, by whoever asks first."""

    def __init__(self, settings: Settings, store: UsageStore, hits: CacheHits, clock: Clock) -> None:
        self._kept = timedelta(days=settings.usage_kept_days)
        self._store = store
        self._hits = hits
        self._clock = clock

    def of_query(self, query: Query) -> Write:
        """The write of a query that is over."""
        return self._write(
            query,
            kind="query",
            datasets=query.dataset_bytes,
            is_failed=query.state is QueryState.FAILED,
            is_cache_hit=query.statistics.reused,
            estimated_bytes=query.estimated_bytes,
        )

    def of_run(self, run: Run) -> Write:
        """The write of a run that is over."""
        return self._write(
            run,
            kind="run",
            job=run.job,
            datasets={one.dataset: one.bytes for one in run.inputs},
            is_failed=run.state is RunState.FAILED,
            is_cache_hit=run.is_reused,
        )

    def _write(self, over: Query | Run, **what: Any) -> Write:
        ended = over.ended_at or self._clock()
        taken = over.statistics
        record = UsageRecord(
            tenant=over.tenant,
            day=ended.astimezone(UTC).date(),
            id=over.id,
            principal=over.created_by,
            bytes_scanned=taken.bytes_scanned,
            cost_usd=taken.cost_usd,
            engine_ms=taken.engine_ms,
            **what,
        )
        return self._store.write(record, ended + self._kept)

    def used(self, principal: Principal, group_by: GroupBy, since: date | None, until: date | None) -> Used:
        """InvalidInput for a range that is empty or too long."""
        wanted = days(since, until, self._clock().astimezone(UTC).date())
        self._hits.write()
        found = self._store.days(principal.tenant, wanted)
        groups: dict[str, Sums] = {}
        total = Sums()
        for day in wanted:
            one = found.get(day) or self._added_up(principal.tenant, day)
            total += one.total
            for key, sums in one.groups(group_by).items():
                groups[key] = groups.get(key, Sums()) + sums
        return Used(group_by, wanted[0], wanted[-1], groups, total)

    def _added_up(self, tenant: str, day: date) -> DayOfUsage:
        one = added_up(tenant, day, self._store.records(tenant, day))
        over = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        if over + _SETTLED < self._clock():
            self._store.keep(one, over + self._kept)
        return one
