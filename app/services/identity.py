"""Who is asking? API keys and tokens in, principals out; and the life of API keys."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.adapters.dynamodb.api_keys import ApiKeyStore
from app.adapters.dynamodb.table import Page
from app.domain.access import TENANT, ApiKey, NewApiKey, Principal, Scope, hash_secret, split_api_key
from app.domain.errors import Forbidden, NotFound, PreconditionFailed, Unauthenticated
from app.domain.identifiers import Clock, IdFactory
from app.settings import Settings

_NO_KEY = "Send `X-Api-Key: <prefix>.<secret>` or `Authorization: Bearer <token>`."
_BAD_KEY = "The API key is unknown, revoked or expired; ask an administrator for a new one."
_BAD_TOKEN = "The token is not valid here; sign in again."  # noqa: S105 - a message


class TokenVerifier(Protocol):
    """Verifies a JWT's signature, issuer, audience and times."""

    def claims(self, token: str) -> Mapping[str, Any]: ...


class Identity:
    """Authenticates requests and keeps API keys. Verified keys are trusted for a short time without a read."""

    def __init__(
        self,
        settings: Settings,
        store: ApiKeyStore,
        tokens: TokenVerifier | None,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._settings = settings
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._new_id = new_id
        self._trusted: dict[str, tuple[ApiKey, datetime]] = {}

    def authenticate(
        self, *, api_key: str | None, bearer: str | None, gateway_claims: Mapping[str, Any] | None = None
    ) -> Principal:
        """The principal, or Unauthenticated. Gateway claims count only where a gateway is trusted (settings)."""
        if api_key is not None:
            return self._by_key(api_key)
        if gateway_claims is not None and self._settings.trust_gateway_claims:
            return self._by_claims(gateway_claims)
        if bearer is not None and self._tokens is not None:
            return self._by_claims(self._tokens.claims(bearer))
        raise Unauthenticated(_BAD_TOKEN if bearer is not None else _NO_KEY)

    def at_once(self, api_key: str) -> Principal | None:
        """Who has a key that was verified a moment ago; without any look."""
        parts, now = split_api_key(api_key), self._clock()
        if parts is None:
            return None
        tenant, key_id, secret = parts
        key = self._trusted_key(tenant, key_id, now)
        return key.principal() if key is not None and key.accepts(secret, now) else None

    def vouches(self, tenant: str, principal_id: str, scope: Scope) -> bool:
        """Whether who made something may still do so: not with a key that is revoked or expired. Subjects of tokens
        cannot be asked after.
        """
        kind, _, key_id = principal_id.partition(":")
        if kind != "key":
            return True
        now = self._clock()
        trusted = self._trusted_key(tenant, key_id, now)
        key = trusted or self._store.find(tenant, key_id)
        if key is None or not key.is_alive(now) or scope not in key.scopes:
            return False
        if trusted is None:
            self._trust(key, now)
        return True

    def create(self, principal: Principal, new: NewApiKey) -> tuple[ApiKey, str]:
        """The key and its secret, which is shown this once. Nobody grants more than they have."""
        granted = new.granted()
        if not granted <= principal.scopes:
            raise Forbidden("A key cannot be given scopes that you do not have yourself.")
        return self._create(principal.tenant, new, granted, principal.id)

    def list(self, principal: Principal, limit: int, page_token: str | None) -> Page[ApiKey]:
        return self._store.list(principal.tenant, limit, page_token)

    def get(self, principal: Principal, key_id: str) -> ApiKey:
        return self._store.get(principal.tenant, key_id)

    def rotate(self, principal: Principal, key_id: str, grace_seconds: int) -> tuple[ApiKey, str]:
        """A new secret; the old one works for the grace, so that a partner can change over."""
        key = self._store.get(principal.tenant, key_id)
        if key.revoked_at is not None:
            raise NotFound("This API key is revoked; create another.")
        if not key.scopes <= principal.scopes:
            raise Forbidden("A key with scopes that you do not have cannot be rotated by you.")
        secret = secrets.token_urlsafe(32)
        update = {
            "secret_hash": hash_secret(secret),
            "previous_hash": key.secret_hash,
            "previous_expires_at": self._clock() + timedelta(seconds=grace_seconds),
        }
        rotated = self._store.put(key.model_copy(update=update))
        self._trusted.clear()
        return rotated, secret

    def revoke(self, principal: Principal, key_id: str, expected_revision: int) -> None:
        key = self._store.get(principal.tenant, key_id)
        if key.revision != expected_revision:
            raise PreconditionFailed("The API key changed since you read it; read it again.")
        self._store.put(key.revoked(self._clock()))
        self._trusted.clear()

    def ensure_admin_key(self, tenant: str) -> str:
        """A new admin key for a tenant, as the header value: the first key, which nobody could ask for over HTTP."""
        new = NewApiKey(name="local admin", role="admin")
        key, secret = self._create(tenant, new, new.granted(), "bootstrap")
        return f"{key.prefix}.{secret}"

    def _create(self, tenant: str, new: NewApiKey, granted: frozenset[Scope], by: str) -> tuple[ApiKey, str]:
        secret = secrets.token_urlsafe(32)
        key = ApiKey(
            id=self._new_id(),
            tenant=tenant,
            name=new.name,
            scopes=granted,
            secret_hash=hash_secret(secret),
            created_at=self._clock(),
            created_by=by,
            expires_at=new.expires_at,
        )
        return self._store.put(key), secret

    def _by_key(self, header: str) -> Principal:
        parts = split_api_key(header)
        if parts is None:
            raise Unauthenticated("X-Api-Key must have the form <prefix>.<secret>.")
        tenant, key_id, secret = parts
        now = self._clock()
        trusted = self._trusted_key(tenant, key_id, now)
        key = trusted or self._store.find(tenant, key_id)
        if key is None or not key.accepts(secret, now):
            raise Unauthenticated(_BAD_KEY)
        if trusted is None:
            self._trust(key, now)
        return key.principal()

    def _trusted_key(self, tenant: str, key_id: str, now: datetime) -> ApiKey | None:
        key, until = self._trusted.get(key_id, (None, now))
        return key if key is not None and now < until and key.tenant == tenant else None

    def _trust(self, key: ApiKey, now: datetime) -> None:
        self._trusted[key.id] = (key, now + timedelta(seconds=self._settings.api_key_cache_seconds))

    def _by_claims(self, claims: Mapping[str, Any]) -> Principal:
        """Access tokens only: an ID token carries no scopes and says so in `token_use` (Cognito)."""
        tenant = claims.get(self._settings.jwt_tenant_claim)
        subject = claims.get("sub")
        if not isinstance(tenant, str) or not TENANT.match(tenant) or not isinstance(subject, str):
            raise Unauthenticated("The token names no tenant or no subject; ask for one that does.")
        if claims.get("token_use", "access") != "access":
            raise Unauthenticated("Send the access token, not the ID token.")
        named = str(claims.get("scope", "")).split()
        # Cognito prefixes custom scopes with the resource server: `headgate/datasets:read`.
        wanted = {name.rsplit("/", 1)[-1] for name in named}
        scopes = frozenset(scope for scope in Scope if scope.value in wanted)
        return Principal(id=f"sub:{subject}", tenant=tenant, scopes=scopes)
