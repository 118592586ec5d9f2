"""Who may do what: principals, scopes, API keys. Pure."""

import hashlib
import hmac
import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field

from app.domain.errors import Forbidden, InvalidInput
from app.domain.records import Record

TENANT = re.compile(r"^[a-z][a-z0-9]{0,30}$")
LINK: Final = "link"
"""The query parameter that stands for an identity in a signed link (app/domain/links.py)."""


class Scope(StrEnum):
    """What a principal may do. `write` includes nothing else: ask for both."""

    DATASETS_READ = "datasets:read"
    DATASETS_WRITE = "datasets:write"
    FILES_WRITE = "files:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    QUERIES_READ = "queries:read"
    QUERIES_RUN = "queries:run"
    QUERIES_WRITE = "queries:write"
    KEYS_ADMIN = "keys:admin"


ROLES: dict[str, frozenset[Scope]] = {
    "admin": frozenset(Scope),
    "engineer": frozenset(Scope) - {Scope.KEYS_ADMIN},
    "analyst": frozenset({Scope.DATASETS_READ, Scope.JOBS_READ, Scope.QUERIES_READ, Scope.QUERIES_RUN}),
    "partner": frozenset({Scope.DATASETS_READ, Scope.DATASETS_WRITE, Scope.FILES_WRITE}),
    "viewer": frozenset({Scope.QUERIES_READ}),
}
"""Named bundles of scopes, for creating keys."""


class Principal(BaseModel):
    """Who asks: an API key or the subject of a JWT, always in one tenant."""

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str
    scopes: frozenset[Scope]

    @property
    def is_link(self) -> bool:
        """Whoever has a signed address; nothing else of this API is open to them."""
        return self.id.startswith(f"{LINK}:")

    def require(self, scope: Scope) -> None:
        """Forbidden without the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"This needs the scope {scope}; ask an administrator for a key that has it.")


class ApiKey(Record):
    """A stored API key; the secret itself is never stored, only its SHA-256 (it carries 256 random bits)."""

    id: str
    tenant: str
    name: str
    scopes: frozenset[Scope]
    secret_hash: str
    previous_hash: str | None = None
    previous_expires_at: datetime | None = None
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def prefix(self) -> str:
        """The public half of the header value: `<tenant>-<id>`."""
        return f"{self.tenant}-{self.id}"

    def accepts(self, secret: str, now: datetime) -> bool:
        """Whether the secret is this key's, now. Constant time in the secret."""
        offered = hash_secret(secret)
        is_current = hmac.compare_digest(offered, self.secret_hash)
        is_previous = (
            self.previous_hash is not None
            and self.previous_expires_at is not None
            and now < self.previous_expires_at
            and hmac.compare_digest(offered, self.previous_hash)
        )
        return (is_current or is_previous) and self.is_alive(now)

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def principal(self) -> Principal:
        return Principal(id=f"key:{self.id}", tenant=self.tenant, scopes=self.scopes)

    def revoked(self, now: datetime) -> Self:
        return self.model_copy(update={"revoked_at": self.revoked_at or now})


class NewApiKey(BaseModel):
    """What a caller sends to create a key: a role's scopes, or scopes by name."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"name": "acme-uploads", "role": "partner"}]},
    )

    name: str = Field(min_length=1, max_length=128, description="What the key is for.")
    role: str | None = Field(None, description="admin, engineer, analyst, partner or viewer.")
    scopes: tuple[Scope, ...] = Field((), max_length=len(Scope), description="Scopes beside the role's.")
    expires_at: datetime | None = Field(None, description="When the key stops working; never if absent.")

    def granted(self) -> frozenset[Scope]:
        """InvalidInput if the role is unknown or nothing is granted."""
        if self.role is not None and self.role not in ROLES:
            raise InvalidInput(f"Unknown role; use one of {', '.join(sorted(ROLES))}.")
        granted = frozenset(self.scopes) | (ROLES[self.role] if self.role else frozenset())
        if not granted:
            raise InvalidInput("Name a role or at least one scope.")
        return granted


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def split_api_key(header: str) -> tuple[str, str, str] | None:
    """(tenant, key id, secret) of an `X-Api-Key` header, or None if it has not the form."""
    prefix, dot, secret = header.partition(".")
    tenant, dash, key_id = prefix.partition("-")
    if not (dot and dash and secret) or not TENANT.match(tenant) or not re.fullmatch(r"[a-z0-9]{26}", key_id):
        return None
    return tenant, key_id, secret
