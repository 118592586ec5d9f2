"""Signed links: one saved query's chart or results, with the arguments and the shape that its maker chose. Pure.

A link is the address itself with one more query parameter, `link`: who made it for which tenant, until when, what its
holder may choose freely, and an HMAC-SHA256 (RFC 2104) over that and over all the rest of the address.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.access import LINK
from app.domain.charts import ColumnRef, Downsample, Fill, Shape, TimeZone, Width
from app.domain.errors import BadLink
from app.domain.opaque import packed, unpacked
from app.domain.queries import Delivery, Int64, ParameterName, ResultFormat, Rows

Pairs = Iterable[tuple[str, str]]
_ALWAYS_FREE: Final = frozenset((LINK, "page_token"))
_OF_CHARTS: Final = ("shape", "x", "y", "series", "drill", "fill", "width", "tz", "downsample")
_OF_RESULTS: Final = ("format", "limit", "int64", "neutralise", "rows", "delivery")
_FORGED: Final = "The link is not one that this API gave, or it was changed; ask for a new one."


class LinkOptions(BaseModel):
    """How the answer looks: query parameters of the chart or of the results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: Shape | None = None
    x: ColumnRef | None = None
    y: tuple[ColumnRef, ...] = Field((), max_length=100)
    series: ColumnRef | None = None
    fill: Fill | None = None
    drill: ColumnRef | None = None
    width: Width | None = None
    downsample: Downsample | None = None
    tz: TimeZone | None = None
    format: ResultFormat | None = None
    limit: int | None = Field(None, ge=1, le=1_000_000)
    int64: Int64 | None = None
    neutralise: bool | None = None
    rows: Rows | None = None
    delivery: Delivery | None = None

    def pairs(self) -> list[tuple[str, str]]:
        return [
            (name, text_of(value))
            for name, given in self.model_dump(exclude_none=True).items()
            for value in (given if isinstance(given, tuple) else (given,))
        ]


class NewLink(BaseModel):
    """What a caller sends to make a link."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"target": "chart", "options": {"shape": "csv", "width": 800}, "free": ["width"], "expires_in": 3600}
            ]
        },
    )

    target: Literal["chart", "results"] = "chart"
    arguments: dict[ParameterName, bool | int | float | str] = Field({}, description="The saved query's parameters.")
    options: LinkOptions = Field(LinkOptions(), description="Query parameters of the target; see there.")
    free: tuple[Annotated[str, Field(max_length=128)], ...] = Field(
        (), max_length=100, description="Arguments and options that the link's holder may set otherwise."
    )
    expires_in: int = Field(3600, ge=1, le=86_400, description="Seconds.")

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        names = {name for name, _ in self.options.pairs()}
        odd = sorted(names.difference(self.known_options))
        if odd:
            raise ValueError(f"{self.target} has no option {', '.join(odd)}")
        return self

    @property
    def known_options(self) -> tuple[str, ...]:
        return _OF_CHARTS if self.target == "chart" else _OF_RESULTS

    def texts(self) -> dict[str, str]:
        """The arguments as they are in the address."""
        return {name: text_of(value) for name, value in self.arguments.items()}


class Grant(NamedTuple):
    """What a link says of itself. `expires`: seconds since 1970."""

    tenant: str
    by: str
    expires: int
    free: tuple[str, ...]

    def is_over(self, now: datetime) -> bool:
        return now.timestamp() >= self.expires


def text_of(value: object) -> str:
    """As a query string has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def seal(secret: str, grant: Grant, path: str, pairs: Pairs) -> str:
    """The value of `link` for a path and its other query parameters."""
    said = packed(grant)
    return f"{said}.{_signature(secret, said, grant, path, pairs)}"


def opened(secret: str, token: str, path: str, pairs: Pairs) -> Grant:
    """What the link grants; BadLink unless it was sealed for just this. It may be over."""
    said, _, signature = token.partition(".")
    try:
        tenant, by, expires, free = unpacked(said)
        grant = Grant(str(tenant), str(by), int(expires), tuple(map(str, free)))
    except (ValueError, TypeError, OverflowError) as error:
        raise BadLink(_FORGED) from error
    if not hmac.compare_digest(signature.encode(), _signature(secret, said, grant, path, pairs).encode()):
        raise BadLink(_FORGED)
    return grant


def _signature(secret: str, said: str, grant: Grant, path: str, pairs: Pairs) -> str:
    fixed = sorted((name, text) for name, text in pairs if name not in _ALWAYS_FREE and name not in grant.free)
    signed = json.dumps(["headgate link 1", said, path, fixed], separators=(",", ":"))
    return _encoded(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
