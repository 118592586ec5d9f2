"""Readers of saved queries and charts who got a stored answer: counted in memory, written once a minute."""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Final, NamedTuple

from app.adapters.dynamodb.usage import UsageStore
from app.domain.access import Principal
from app.domain.errors import HeadgateError
from app.domain.identifiers import Clock, IdFactory
from app.domain.usage import UsageRecord
from app.settings import Settings

log = logging.getLogger("headgate.usage")

_HELD: Final = timedelta(minutes=1)


class _Reader(NamedTuple):
    tenant: str
    day: date
    principal: str
    datasets: tuple[str, ...]


@dataclass
class _Tally:
    """`id`: of the record that this process, and no other, writes for a reader."""

    id: str
    count: int = 0
    written: int = 0


class CacheHits:
    """The counts of this process, for many threads. A record is written whole each time, so that a write done twice
    counts nothing twice; what was counted since the last one ends with the process.
    """

    def __init__(self, settings: Settings, store: UsageStore, clock: Clock, new_id: IdFactory) -> None:
        self._kept = timedelta(days=settings.usage_kept_days)
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._tallies: dict[_Reader, _Tally] = {}
        self._last_write = datetime.min.replace(tzinfo=UTC)
        self._is_counting, self._is_writing = Lock(), Lock()

    def count(self, principal: Principal, datasets: tuple[str, ...]) -> None:
        """One answer that nothing was scanned for. Only memory is touched."""
        reader = _Reader(principal.tenant, self._clock().astimezone(UTC).date(), principal.id, datasets)
        with self._is_counting:
            tally = self._tallies.get(reader)
            if tally is None:
                tally = self._tallies[reader] = _Tally(self._new_id())
            tally.count += 1

    @property
    def is_due(self) -> bool:
        return bool(self._tallies) and self._clock() - self._last_write >= _HELD

    def write(self) -> None:
        """Write what is not written. What the table refuses is written the next time, and hurts no reader."""
        with self._is_writing:
            self._last_write = self._clock()
            with self._is_counting:
                counts = {reader: one.count for reader, one in self._tallies.items() if one.count > one.written}
                records = [_record(reader, self._tallies[reader].id, count) for reader, count in counts.items()]
            try:
                self._store.rewrite(records, self._last_write + self._kept)
            except HeadgateError as error:
                log.warning(json.dumps({"event": "hits_not_written", "code": error.code}))
                return
            with self._is_counting:
                for reader, count in counts.items():
                    self._tallies[reader].written = count
                self._forget(self._last_write.astimezone(UTC).date())

    def _forget(self, today: date) -> None:
        """Days that are over and written."""
        for reader, one in list(self._tallies.items()):
            if reader.day < today and one.count == one.written:
                del self._tallies[reader]


def _record(reader: _Reader, identifier: str, count: int) -> UsageRecord:
    return UsageRecord(
        tenant=reader.tenant,
        day=reader.day,
        kind="query",
        id=identifier,
        principal=reader.principal,
        datasets=dict.fromkeys(reader.datasets, 0),
        is_cache_hit=True,
        count=count,
    )
