"""What a dataset's owner expects of each of its parts, and whether a part is whole. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.errors import FieldError, InvalidInput
from app.domain.records import Record

_DURATION: Final = re.compile(r"P(?=[\dT])(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?)?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATED: Final = frozenset({"year", "month", "day"})
_LONGEST: Final = 900  # of a sort key's 1,024 bytes
PAIR: Final = re.compile(r"([a-z][a-z0-9_]{0,127})=([^,]{0,256})")


def duration(text: str) -> timedelta | None:
    """Of ISO 8601's durations those with a fixed length: weeks, days, hours, minutes."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)


class Expects(BaseModel):
    """How much makes a partition whole. With both, both must be there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: Annotated[int, Field(ge=1, le=10**9)] | None = Field(None, description="Committed files at least.")
    rows: Annotated[int, Field(ge=1, le=10**15)] | None = Field(None, description="Rows of committed files at least.")


class Contract(BaseModel):
    """What is agreed with those who send the files: how much comes for a partition, and until when."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"expects": {"files": 31}, "cut_off": "P1D"}]}
    )

    expects: Expects | None = Field(None, description="Without it, a partition is whole at its cut-off.")
    cut_off: Annotated[str, Field(max_length=32)] | None = Field(
        None, description="ISO 8601 duration after the partition's end (UTC), e.g. `P1D` or `PT6H`; then it is late."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.cut_off is not None and duration(self.cut_off) is None:
            raise ValueError("cut_off is an ISO 8601 duration of weeks, days, hours and minutes, e.g. P1D or PT6H")
        if self.cut_off is None and (self.expects is None or self.expects == Expects()):
            raise ValueError("expect files or rows, or give a cut_off")
        return self


def check_contract(*, is_raw: bool, partition_by: tuple[str, ...], counted_by: tuple[str, ...]) -> None:
    """InvalidInput for a contract about files that never come, or whose counts would not be found any more: they are
    kept by the columns that the dataset was partitioned by.
    """
    if not is_raw:
        detail = "Only raw datasets take files, so only they have a contract; put it on the job's source."
        raise InvalidInput(detail, (FieldError("/contract", "contract", detail),))
    if partition_by[: len(counted_by)] != counted_by:
        detail = "Files are counted by the present partition columns: keep their order, add new ones at the end."
        raise InvalidInput(detail, (FieldError("/partition_by", "partition_by", detail),))


class PartitionCount(Record):
    """What is committed of one partition, as its files were announced. `uncounted` are files whose rows nobody knows
    yet: they were too large to be read to their end at the door.
    """

    partition: dict[str, str] = Field(default_factory=dict)
    files: int = 0
    rows: int = 0
    uncounted: int = 0

    def with_file(self, rows: int | None) -> "PartitionCount":
        known = {"rows": self.rows + rows} if rows is not None else {"uncounted": self.uncounted + 1}
        return self.model_copy(update={"files": self.files + 1, **known})


class Found(BaseModel):
    """What there is of a partition. `files` are those that are, or may yet be, part of it."""

    model_config = ConfigDict(frozen=True)

    files: int = Field(description="committed + quarantined + pending; duplicates add nothing.")
    rows: int = Field(description="Of the committed files whose rows are counted.")
    committed: int
    quarantined: int
    pending: int = Field(description="Expected, received or verified.")


class Wholeness(StrEnum):
    """complete; incomplete: it may still come; late: it should have been complete by now."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    LATE = "late"


class Completeness(BaseModel):
    """Whether a partition is whole, and why not."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "partition": {"year": "2013", "month": "3"},
                    "state": "incomplete",
                    "expected": {"files": 31, "rows": None},
                    "due_at": "2013-04-02T00:00:00Z",
                    "found": {"files": 31, "rows": 81000, "committed": 30, "quarantined": 1, "pending": 0},
                    "reasons": ["30 of 31 files are committed.", "1 quarantined: see the reports of these files."],
                    "version": "01k2v8s4e5f6g7h8j9k0m1n2p3",
                }
            ]
        },
    )

    partition: dict[str, str]
    state: Wholeness
    expected: Expects | None
    due_at: datetime | None = Field(description="The cut-off of this partition.")
    found: Found
    reasons: tuple[str, ...] = Field(description="What is missing or odd, in words.")
    version: str | None = Field(description="The dataset's current version, in which the committed files are.")


def judged(
    contract: Contract, partition: dict[str, str], found: Found, uncounted: int, now: datetime, version: str | None
) -> Completeness:
    """InvalidInput when the contract has a cut-off and the partition's values do not say when it ends."""
    due = due_at(contract, partition)
    expects = contract.expects or Expects()
    missing = _missing(expects, found, uncounted)
    is_past = due is not None and now >= due
    if expects == Expects():
        missing = _open(found, is_past=is_past)
    state = Wholeness.COMPLETE if not missing else Wholeness.LATE if is_past else Wholeness.INCOMPLETE
    return Completeness(
        partition=partition,
        state=state,
        expected=contract.expects,
        due_at=due,
        found=found,
        reasons=(*missing, *_odd(expects, found)),
        version=version,
    )


def _missing(expects: Expects, found: Found, uncounted: int) -> list[str]:
    missing = []
    if expects.files is not None and found.committed < expects.files:
        missing.append(f"{found.committed} of {expects.files} files are committed.")
    if expects.rows is not None and found.rows < expects.rows:
        unknown = f"; {uncounted} files are too large to be counted at the door" if uncounted else ""
        missing.append(f"{found.rows} of {expects.rows} rows are committed{unknown}.")
    return missing


def _open(found: Found, *, is_past: bool) -> list[str]:
    """Why a partition without a number to reach is not whole."""
    reasons = [] if is_past else ["Its cut-off is still to come."]
    if not found.committed:
        reasons.append("No file is committed.")
    if found.pending or found.quarantined:
        reasons.append("Not every file that was announced is committed.")
    return reasons


def _odd(expects: Expects, found: Found) -> list[str]:
    odd = []
    if found.quarantined:
        odd.append(f"{found.quarantined} quarantined: see the reports of these files.")
    if found.pending:
        odd.append(f"{found.pending} announced or on the way.")
    if expects.files is not None and found.committed > expects.files:
        odd.append(f"{found.committed} files are committed where {expects.files} were expected.")
    return odd


def due_at(contract: Contract, partition: dict[str, str]) -> datetime | None:
    """The cut-off of a partition, if there is one. InvalidInput when its values do not say when it ends."""
    wait = duration(contract.cut_off) if contract.cut_off else None
    if wait is None:
        return None
    end = partition_end(partition)
    if end is None:
        raise InvalidInput(
            "The contract has a cut_off, and this partition does not say when it ends: name it by year, month and day, "
            "or by a date (YYYY-MM-DD).",
            (FieldError("/partition", "partition", "No period follows from these values."),),
        )
    try:
        return end + wait
    except OverflowError:
        return None


def partition_end(partition: Mapping[str, str]) -> datetime | None:
    """The first moment (UTC) after a partition's period: of a column with a date, else of year, month and day."""
    dates = [value for value in partition.values() if _DATE.fullmatch(value)]
    try:
        if dates:
            return _midnight(max(date.fromisoformat(value) for value in dates)) + timedelta(days=1)
        year = int(partition["year"])
        if "month" not in partition:
            return _midnight(date(year + 1, 1, 1))
        month = int(partition["month"])
        if "day" in partition:
            return _midnight(date(year, month, int(partition["day"]))) + timedelta(days=1)
        following = date(year + month // 12, month % 12 + 1, 1) if 1 <= month <= 12 else None
        return _midnight(following) if following else None
    except (KeyError, ValueError, OverflowError):
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def partition_path(partition: Mapping[str, str], partition_by: tuple[str, ...]) -> str:
    """`year=2013/month=3/`: columns in the dataset's order, so that a part's path begins with the whole's."""
    named = [name for name in partition_by if name in partition]
    named += sorted(set(partition) - set(named))
    path = "".join(f"{name}={quote(_value(name, partition[name]), safe='')}/" for name in named)
    if len(path) <= _LONGEST:
        return path
    import hashlib

    return f"~{hashlib.sha256(path.encode()).hexdigest()}/"


def _value(name: str, value: str) -> str:
    """`03` is March as `3` is."""
    is_number = name in _DATED and value.isascii() and value.isdigit()
    return str(int(value)) if is_number else value


def parsed_partition(text: str | None, partition_by: tuple[str, ...]) -> dict[str, str]:
    """Of `year=2013,month=3`. InvalidInput unless it names the first of the dataset's partition columns, or all."""
    pairs = [PAIR.fullmatch(part) for part in text.split(",")] if text else []
    named = {match[1]: match[2] for match in pairs if match}
    if None in pairs or len(named) != len(pairs) or set(named) != set(partition_by[: len(named)]):
        columns = ", ".join(partition_by) or "none"
        detail = f"It has the form column=value,column=value and names partition columns from the first on: {columns}."
        raise InvalidInput(detail, (FieldError("/partition", "partition", detail),))
    return named


def same_path(partition: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """Whether a file's partition lies in the one that is asked for."""
    return all(name in partition and _value(name, partition[name]) == _value(name, asked[name]) for name in asked)
