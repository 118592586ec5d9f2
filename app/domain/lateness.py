"""Which partition a contract's time came for last. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from app.domain.contracts import Contract, due_at, duration
from app.domain.records import Record

_DAYS: Final = frozenset({"date", "day", "dt", "ds"})


class Lateness(Record):
    """The path of the partition that was `judged` last, when its cut-off had passed."""

    judged: str | None = None


class Due(NamedTuple):
    """A partition, and the moment `at` which it should be whole."""

    partition: dict[str, str]
    at: datetime


def last_due(contract: Contract, partition_by: tuple[str, ...], now: datetime) -> Due | None:
    """The partition whose cut-off was the last to pass. None without a cut-off, or when the first partition columns
    are no calendar: `year`, `month`, `day`, as many as there are, or a date called `date`, `day`, `dt` or `ds`.
    """
    wait = duration(contract.cut_off) if contract.cut_off else None
    if wait is None or not partition_by:
        return None
    try:
        ended = (now.astimezone(UTC) - wait).date()
        if partition_by[0] in _DAYS:
            partition = {partition_by[0]: (ended - timedelta(days=1)).isoformat()}
        elif partition_by[:3] == ("year", "month", "day"):
            day = ended - timedelta(days=1)
            partition = {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
        elif partition_by[:2] == ("year", "month"):
            day = ended.replace(day=1) - timedelta(days=1)
            partition = {"year": str(day.year), "month": str(day.month)}
        elif partition_by[0] == "year":
            partition = {"year": str(ended.year - 1)}
        else:
            return None
        at = due_at(contract, partition)
    except OverflowError:
        return None
    return Due(partition, at) if at is not None else None
