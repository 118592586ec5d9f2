"""What queries and runs took, a partition a day; days that are over are added up in one item."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records, loaded, writing
from app.adapters.dynamodb.table import Write, every
from app.domain.errors import AlreadyExists, PayloadTooLarge
from app.domain.usage import DayOfUsage, UsageRecord

_PAGE = 1_000


class UsageStore(Records[DayOfUsage]):
    model = DayOfUsage
    noun = "day of usage"

    def write(self, record: UsageRecord, expires_at: datetime) -> Write:
        """The write of a record, for the transaction that ends its query or run."""
        key = keys.usage(record.tenant, record.day.isoformat(), record.kind, record.id)
        return writing(key, record, expires_at=expires_at)

    def rewrite(self, records: Sequence[UsageRecord], expires_at: datetime) -> None:
        """Records that one process alone writes, again and again."""
        self.table.batch_write(self.write(record, expires_at) for record in records)

    def records(self, tenant: str, day: date) -> Iterator[UsageRecord]:
        """All of a day, page after page."""
        pk = keys.usage(tenant, day.isoformat(), "", "").pk
        found = every(lambda token: self.table.query(pk, limit=_PAGE, page_token=token))
        return (loaded(UsageRecord, item) for item in found)

    def days(self, tenant: str, wanted: Sequence[date]) -> dict[date, DayOfUsage]:
        """Those that are added up already; one request."""
        found = self._many([keys.day_of_usage(tenant, day.isoformat()) for day in wanted])
        return {one.day: one for one in found}

    def keep(self, day: DayOfUsage, expires_at: datetime) -> None:
        """A day that is over. One with too many names for an item stays in its records."""
        try:
            self._put(keys.day_of_usage(day.tenant, day.day.isoformat()), day, expires_at=expires_at)
        except (AlreadyExists, PayloadTooLarge):
            return
