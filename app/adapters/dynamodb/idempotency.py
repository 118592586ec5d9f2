"""Idempotency records: who holds a key, and the answer it got."""

from datetime import datetime, timedelta

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.domain.idempotency import IdempotencyRecord


class IdempotencyStore(Records[IdempotencyRecord]):
    model = IdempotencyRecord
    noun = "idempotency record"

    def find(self, tenant: str, principal: str, key: str) -> IdempotencyRecord | None:
        return self._find(keys.idempotency(tenant, principal, key))

    def put(
        self, tenant: str, principal: str, key: str, record: IdempotencyRecord, ttl: timedelta, now: datetime
    ) -> IdempotencyRecord:
        return self._put(keys.idempotency(tenant, principal, key), record, expires_at=now + ttl)
