"""What is remembered of a request that carried an Idempotency-Key."""

from datetime import datetime

from pydantic import Field

from app.domain.records import Record


class IdempotencyRecord(Record):
    """`fingerprint` is the SHA-256 of method, path, query and body. Without an answer yet, its holder has a lease."""

    fingerprint: str
    lease_until: datetime
    expires_at: datetime
    status: int | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    body: str | None = None
