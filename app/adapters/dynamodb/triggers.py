"""What triggers need to remember: due times, runs that were waited for, runs that were told of."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records, writing
from app.adapters.dynamodb.table import Page, Table, Write
from app.domain.trigger_records import Followed, Schedule

_DUE = "T#~#DUE"
_PAGE = 100
_TOLD_FOR = timedelta(days=30)
"""Longer than any run may hang between telling of its end and storing it."""


class FollowedStore(Records[Followed]):
    model = Followed
    noun = "followed runs"

    def find(self, tenant: str, job: str) -> Followed:
        """An empty one before the first run."""
        return self._find(keys.follows(tenant, job)) or Followed()

    def write(self, tenant: str, job: str, followed: Followed) -> Write:
        return writing(keys.follows(tenant, job), followed)


class TriggerStore(Records[Schedule]):
    """Schedules, found by their due time through a sparse index; and the other two, by key."""

    model = Schedule
    noun = "schedule"

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.followed = FollowedStore(table)

    def turn(self, tenant: str) -> Write:
        """Written with what was decided after it was read here: of two decisions at once one comes to nothing."""
        key = keys.turn_of_triggers(tenant)
        item = self.table.get(key)
        return Write(key, "{}", item.revision, item.operations) if item is not None else Write(key, "{}")

    def find(self, tenant: str, job: str, trigger: str) -> Schedule | None:
        return self._find(keys.schedule(tenant, job, trigger))

    def many(self, named: Iterable[tuple[str, str, str]]) -> tuple[Schedule, ...]:
        """What exists of (tenant, job, trigger)."""
        return self._many([keys.schedule(*name) for name in named])

    def due(self, now: datetime, page_token: str | None = None) -> Page[Schedule]:
        """Every tenant's schedules that are due, longest first. Eventually consistent."""
        below = f"{_sortable(now)}$"  # "$" sorts right after "#": what is due now is in it
        return self._page(self.table.query(_DUE, index="gsi2", sk_below=below, limit=_PAGE, page_token=page_token))

    def write(self, schedule: Schedule) -> Write:
        """The conditional write that stores it; one without a due time leaves the index."""
        indexes = {}
        if schedule.due is not None:
            place = f"{schedule.tenant}#{schedule.job}#{schedule.trigger}"
            indexes = {"gsi2pk": _DUE, "gsi2sk": f"{_sortable(schedule.due)}#{place}"}
        return writing(keys.schedule(schedule.tenant, schedule.job, schedule.trigger), schedule, indexes)

    def removal(self, schedule: Schedule) -> Write:
        return Write(keys.schedule(schedule.tenant, schedule.job, schedule.trigger), None, schedule.revision)

    def has_told(self, tenant: str, run_id: str, job: str) -> bool:
        return self.table.get(keys.told(tenant, run_id, job)) is not None

    def telling(self, tenant: str, run_id: str, job: str, now: datetime) -> Write:
        """The write that only the first to tell a job of a run can make."""
        return Write(keys.told(tenant, run_id, job), "{}", expires_at=int((now + _TOLD_FOR).timestamp()))

    def commit(self, writes: Sequence[Write]) -> None:
        """All or nothing."""
        self.table.transact(writes)


def _sortable(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
