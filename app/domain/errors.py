"""Every way Headgate says no. The tree:

    HeadgateError
    ├── InvalidInput            the caller must change the request
    │   ├── UnknownColumn, BadSql (StatementTooLong), BadPageToken, BadSchema ...   (see `code`)
    ├── Unauthenticated / Forbidden
    │   └── LinkExpired / BadLink
    ├── NotFound                or not yours: the two look the same
    ├── Conflict                the state of things says no
    │   └── AlreadyExists, InUse, InProgress, IdempotencyKeyInUse
    ├── PreconditionRequired / PreconditionFailed
    ├── IdempotencyKeyReused
    ├── TooManyRequests         come back later
    │   └── DailyBudgetExceeded
    ├── BackendUnavailable      AWS failed or timed out; retry
    └── Internal                a bug of ours

Each class has a stable `code` (documented in docs/errors.md; a test keeps the two in step). A message says what the
caller can do about it and never repeats data values. HTTP statuses live only in `app/routers/errors.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One bad field: a JSON pointer into the request body (RFC 6901), a code, and what to do."""

    pointer: str
    code: str
    detail: str


def pointer_to(location: Iterable[str | int], document: object) -> str:
    """The JSON pointer of a place as pydantic names it, without the kinds of unions, which are no keys."""
    kept: list[str] = []
    for part in location:
        if isinstance(document, Mapping) and part not in document and part == document.get("type"):
            continue
        kept.append(str(part).replace("~", "~0").replace("/", "~1"))
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, Sequence) and isinstance(part, int) and part < len(document):
            document = document[part]
    return "".join(f"/{part}" for part in kept)


@dataclass
class HeadgateError(Exception):
    """A refusal with a stable code. `detail` is a sentence for the caller."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Error"
    is_retryable: ClassVar[bool] = False

    detail: str
    errors: tuple[FieldError, ...] = field(default=())
    retry_after_seconds: int | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class InvalidInput(HeadgateError):
    code = "invalid_input"
    title = "The request is not valid"


class BadSql(InvalidInput):
    code = "bad_sql"
    title = "The SQL is not accepted"


class StatementTooLong(BadSql):
    """More than Athena takes as one statement."""


class BadSchema(InvalidInput):
    code = "bad_schema"
    title = "The schema is not valid"


class BadPageToken(InvalidInput):
    code = "bad_page_token"
    title = "The page token is not one of ours"


class BudgetExceeded(InvalidInput):
    code = "budget_exceeded"
    title = "The query would scan more than allowed"


class QueryFailed(InvalidInput):
    code = "query_failed"
    title = "Athena could not finish the query"


class ResultTooLarge(InvalidInput):
    code = "result_too_large"
    title = "The result does not fit into one answer"


class Unrepresentable(InvalidInput):
    code = "unrepresentable"
    title = "The format cannot hold a value of the result"


class IdempotencyKeyReused(InvalidInput):
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used with another request"


class MalformedBody(HeadgateError):
    code = "malformed_body"
    title = "The request body cannot be read"


class PayloadTooLarge(HeadgateError):
    code = "payload_too_large"
    title = "The request body is too large"


class Unauthenticated(HeadgateError):
    code = "unauthenticated"
    title = "Who are you?"


class LinkExpired(Unauthenticated):
    code = "link_expired"
    title = "The link is no longer good"


class Forbidden(HeadgateError):
    code = "forbidden"
    title = "Your key or token lacks a scope"


class BadLink(Forbidden):
    code = "bad_link"
    title = "The link is not one of ours"


class NotFound(HeadgateError):
    code = "not_found"
    title = "There is no such thing"


class Conflict(HeadgateError):
    code = "conflict"
    title = "The state of things does not allow this"


class AlreadyExists(Conflict):
    code = "already_exists"
    title = "It exists already"


class InUse(Conflict):
    code = "in_use"
    title = "Something still depends on it"


class NotReady(Conflict):
    code = "not_ready"
    title = "It is not ready yet"


class LinksOff(Conflict):
    code = "links_off"
    title = "Links are off"


class QueryCancelled(Conflict):
    code = "query_cancelled"
    title = "The query was cancelled"


class IdempotencyInProgress(Conflict):
    code = "idempotency_in_progress"
    title = "The first request with this Idempotency-Key is still running"
    is_retryable = True


class PreconditionRequired(HeadgateError):
    code = "precondition_required"
    title = "Send If-Match"


class PreconditionFailed(HeadgateError):
    code = "precondition_failed"
    title = "It changed since you read it"


class TooManyRequests(HeadgateError):
    code = "too_many_requests"
    title = "Come back later"
    is_retryable = True


class DailyBudgetExceeded(TooManyRequests):
    code = "daily_budget_exceeded"
    title = "Your queries may not scan more today"


class BackendUnavailable(HeadgateError):
    code = "backend_unavailable"
    title = "A service behind Headgate did not answer"
    is_retryable = True


class BackendTimeout(BackendUnavailable):
    code = "backend_timeout"
    title = "A service behind Headgate took too long"


class Internal(HeadgateError):
    code = "internal"
    title = "Headgate has a bug"
