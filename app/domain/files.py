"""Files that partners drop: the ledger's rows and the states they pass. Pure.

expected ──> received ──> verified ──> committed
  └─> expired ──┘ ├──> duplicate      the dataset has this content already
   (nothing came) ├──> quarantined    (with a report) ──replay──> received
                  └──> rejected       not a file of any dataset that takes files
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from app.domain.identifiers import ulid
from app.domain.records import Record


class FileState(StrEnum):
    """Where a file is on its way in."""

    EXPECTED = "expected"
    RECEIVED = "received"
    VERIFIED = "verified"
    COMMITTED = "committed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    EXPIRED = "expired"


SETTLED: Final = frozenset(
    {FileState.COMMITTED, FileState.DUPLICATE, FileState.QUARANTINED, FileState.REJECTED, FileState.EXPIRED},
)
"""States in which a file stays until somebody acts."""

AWAITED: Final = frozenset({FileState.EXPECTED, FileState.EXPIRED})
"""Announced, and not here: whatever arrives under its key is this file."""

KEPT: Final = frozenset({FileState.COMMITTED, FileState.DUPLICATE, FileState.QUARANTINED})
"""The pristine bucket holds the content: what was dropped may go."""

MAX_PARTS: Final = 2_000  # their URLs still fit one answer (S3 itself allows 10,000)
MAX_BYTES: Final = 5 * 2**40
_PartitionKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,127}$")]
_PartitionValue = Annotated[str, Field(max_length=256)]


class NewUpload(BaseModel):
    """What a partner announces: one file."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"file_name": "flights-2013-01.csv.gz", "size_bytes": 1048576, "partition": {"year": "2013"}}]
        },
    )

    file_name: str = Field(min_length=1, max_length=1_024, description="The partner's own name; kept as metadata.")
    size_bytes: int = Field(ge=1, le=MAX_BYTES)
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="Of the file as sent, in lower-case hex.")
    partition: dict[_PartitionKey, _PartitionValue] = Field(
        default_factory=dict, max_length=16, description="Which part of the dataset this file is, by `partition_by`."
    )
    parts: int | None = Field(None, ge=1, le=MAX_PARTS, description="Send it in this many parts.")


class Complaint(BaseModel):
    """One kind of mistake in one place; what was found is masked, never data."""

    model_config = ConfigDict(frozen=True)

    code: str
    line: int | None = Field(None, description="The first line that has it, from 1.")
    column: str | None = None
    expected: str
    found: str = Field(description="Letters show as `a`, digits as `9`.")
    count: int = 1


class FileReport(BaseModel):
    """What verification found."""

    model_config = ConfigDict(frozen=True)

    problems: tuple[Complaint, ...] = ()
    problem_count: int = Field(0, description="Occurrences, also of the kinds that did not fit in `problems`.")
    rows: int | None = Field(None, description="None while the file was not read to its end.")
    columns: int = 0
    bytes_in: int = 0
    bytes_out: int = Field(0, description="After decompression.")
    format: str | None = None
    compression: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    classifier: str | None = Field(None, description="Whose pattern took the lines apart.")
    left_out: Complaint | None = Field(
        None, description="Lines that do not match the classifier, few enough for it: no rows were made of them."
    )
    normalised: tuple[str, ...] = Field((), description="Why the table reads a copy; empty: it reads the original.")
    is_complete: bool = Field(True, description="False: only head and checksum were verified; the rest is Athena's.")


class File(Record):
    """One row of the ledger: one object version that was dropped, or is expected. Sizes in bytes."""

    id: str
    tenant: str
    dataset_id: str
    state: FileState
    file_name: str | None = None
    size_bytes: int
    sha256: str | None = None
    declared_sha256: str | None = None
    partition: dict[str, str] = Field(default_factory=dict)
    intake_key: str
    version_id: str | None = None
    upload_id: str | None = None
    parts: int | None = None
    report: FileReport | None = None
    data_key: str | None = None
    original_key: str | None = None
    schema_version: int | None = None
    committed_version: str | None = None
    sequence: int = 0  # its place among the dataset's committed files, from 1
    duplicate_of: str | None = None
    is_announced: bool = False
    created_at: datetime
    created_by: str
    updated_at: datetime

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED

    @property
    def is_done(self) -> bool:
        """Settled, and whoever waits for it was told."""
        return self.is_settled and (self.state is not FileState.COMMITTED or self.is_announced)

    @property
    def rows(self) -> int | None:
        return self.report.rows if self.report else None

    def becomes(self, state: FileState, now: datetime, **changes: object) -> "File":
        return self.model_copy(update={"state": state, "updated_at": now, **changes})


class ContentClaim(Record):
    """Which file of a dataset brought some content first."""

    file_id: str


def unasked_file_id(key: str, version_id: str | None, at: datetime) -> str:
    """The id of an object version that nobody announced: the same however often its event comes, sorting by arrival.
    S3 tells the time to the second in one answer and to the millisecond in another, so the second counts.
    """
    digest = hashlib.sha256(f"{key}\x00{version_id}".encode()).digest()
    return ulid(at.replace(microsecond=0), int.from_bytes(digest[:10], "big"))


def is_file_id(text: str) -> bool:
    return len(text) == 26 and text.isascii() and text.isalnum() and text == text.lower()
