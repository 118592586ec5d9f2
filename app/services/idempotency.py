"""One effect per Idempotency-Key: the first answer is kept and given again."""

from datetime import timedelta

from app.adapters.dynamodb.idempotency import IdempotencyStore
from app.domain.access import Principal
from app.domain.errors import AlreadyExists, IdempotencyInProgress, IdempotencyKeyReused, PreconditionFailed
from app.domain.idempotency import IdempotencyRecord
from app.domain.identifiers import Clock
from app.settings import Settings


class Idempotency:
    """`begin` before the work, `finish` with its answer. A holder that died is taken over after its lease."""

    def __init__(self, settings: Settings, store: IdempotencyStore, clock: Clock) -> None:
        self._lease = timedelta(seconds=settings.idempotency_lease_seconds)
        self._ttl = timedelta(seconds=settings.idempotency_ttl_seconds)
        self._store = store
        self._clock = clock

    def begin(self, principal: Principal, key: str, fingerprint: str) -> IdempotencyRecord:
        """A record with an answer to repeat, or a fresh claim on the key."""
        now = self._clock()
        found = self._store.find(principal.tenant, principal.id, key)
        if found is not None and now < found.expires_at:
            if found.fingerprint != fingerprint:
                raise IdempotencyKeyReused("This Idempotency-Key came with another request; use a new key.")
            if found.status is not None:
                return found
            if now < found.lease_until:
                raise IdempotencyInProgress("The first request is still running; ask again.", retry_after_seconds=1)
        claim = IdempotencyRecord(
            fingerprint=fingerprint,
            lease_until=now + self._lease,
            expires_at=now + self._ttl,
            revision=found.revision if found else 0,
            operations=found.operations if found else (),
        )
        try:
            return self._put(principal, key, claim)
        except (AlreadyExists, PreconditionFailed) as error:
            raise IdempotencyInProgress(
                "The first request is still running; ask again.", retry_after_seconds=1
            ) from error

    def finish(
        self,
        principal: Principal,
        key: str,
        claim: IdempotencyRecord,
        *,
        status: int,
        headers: dict[str, str],
        body: str,
    ) -> None:
        """Keep the answer. PreconditionFailed if another holder took over meanwhile."""
        self._put(principal, key, claim.model_copy(update={"status": status, "headers": headers, "body": body}))

    def release(self, principal: Principal, key: str, claim: IdempotencyRecord) -> None:
        """Nothing was done (a 5xx or a throttle): let the next try run at once."""
        self._put(principal, key, claim.model_copy(update={"lease_until": self._clock()}))

    def _put(self, principal: Principal, key: str, record: IdempotencyRecord) -> IdempotencyRecord:
        return self._store.put(principal.tenant, principal.id, key, record, self._ttl, self._clock())
