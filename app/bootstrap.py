"""Settings -> AWS clients -> adapters -> services, once. The container is the whole house."""

from dataclasses import dataclass

from app.adapters.aws import Aws
from app.adapters.dynamodb.api_keys import ApiKeyStore
from app.adapters.dynamodb.idempotency import IdempotencyStore
from app.adapters.dynamodb.table import Table
from app.adapters.tokens import JwksVerifier
from app.domain.identifiers import Clock, IdFactory, new_ulid, utc_now
from app.services.idempotency import Idempotency
from app.services.identity import Identity
from app.settings import Settings


@dataclass(frozen=True)
class Lake:
    """Every service of the product. Build one per process."""

    settings: Settings
    aws: Aws
    clock: Clock
    identity: Identity
    idempotency: Idempotency


def build_lake(settings: Settings, *, clock: Clock = utc_now, new_id: IdFactory = new_ulid) -> Lake:
    """Build it. Opens no connection: clients are made when first used."""
    aws = Aws(settings)
    table = Table(aws, settings.table_name, new_id)
    tokens = JwksVerifier(settings) if settings.jwt_jwks_url else None
    return Lake(
        settings=settings,
        aws=aws,
        clock=clock,
        identity=Identity(settings, ApiKeyStore(table), tokens, clock, new_id),
        idempotency=Idempotency(settings, IdempotencyStore(table), clock),
    )
