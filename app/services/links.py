"""Links: made by who may read, followed by anyone who has them until they expire or their maker's key is revoked."""

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from app.domain.access import LINK, Principal, Scope
from app.domain.errors import FieldError, InvalidInput, LinkExpired, LinksOff
from app.domain.identifiers import Clock
from app.domain.links import Grant, NewLink, Pairs, opened, seal
from app.services.identity import Identity
from app.services.saved_queries import SavedQueries
from app.settings import Settings


class Address(NamedTuple):
    """A link's path and query."""

    path: str
    expires_at: datetime


class Links:
    """Signs and opens links; keeps none."""

    def __init__(self, settings: Settings, identity: Identity, saved_queries: SavedQueries, clock: Clock) -> None:
        self._secret = settings.link_secret
        self._identity = identity
        self._saved_queries = saved_queries
        self._clock = clock

    def create(self, principal: Principal, name: str, new: NewLink) -> Address:
        """InvalidInput names what the saved query does not take; LinksOff without a secret to sign with."""
        saved = self._saved_queries.get(principal, name)
        saved.given(new.texts(), at="/arguments")
        wrong = [
            FieldError(f"/free/{at}", "unknown_parameter", "Neither an argument nor an option of the target.")
            for at, one in enumerate(new.free)
            if one not in saved.parameters and one not in new.known_options
        ]
        if wrong:
            raise InvalidInput(f"{len(wrong)} name(s) in `free` are not known; see errors.", tuple(wrong))
        expires_at = (self._clock() + timedelta(seconds=new.expires_in)).replace(microsecond=0)
        grant = Grant(principal.tenant, principal.id, int(expires_at.timestamp()), new.free)
        path = f"/v1/saved-queries/{name}/{new.target}"
        pairs = [*new.texts().items(), *new.options.pairs()]
        token = seal(self._key(), grant, path, pairs)
        return Address(f"{path}?{urlencode([*pairs, (LINK, token)])}", expires_at)

    def principal(self, token: str, path: str, pairs: Pairs) -> Principal:
        """Who follows a link: somebody of its tenant who may read. BadLink or LinkExpired otherwise."""
        grant = opened(self._key(), token, path, pairs)
        if grant.is_over(self._clock()) or not self._identity.vouches(grant.tenant, grant.by, Scope.QUERIES_READ):
            raise LinkExpired("The link has expired, or the key that made it is revoked; ask for a new one.")
        return Principal(id=f"{LINK}:{grant.by}", tenant=grant.tenant, scopes=frozenset({Scope.QUERIES_READ}))

    def _key(self) -> str:
        if self._secret is None:
            raise LinksOff("Links are off here: the setting HEADGATE_LINK_SECRET has no value.")
        return self._secret
