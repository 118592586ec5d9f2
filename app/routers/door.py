"""The door every request passes, in order: who are you, may you, have we answered this before, then the endpoint.

`DoorRoute` does it once for all routes, before the body is parsed; a route only declares its scope with `needs`. A
route without one cannot be added.
"""

import hashlib
import inspect
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from app.bootstrap import Lake
from app.domain.access import LINK, Principal, Scope
from app.domain.errors import HeadgateError, InvalidInput, MalformedBody, PayloadTooLarge, PreconditionFailed
from app.domain.idempotency import IdempotencyRecord
from app.routers.bodies import StrictRequest
from app.routers.errors import invalid, problem_response, request_id_of

T = TypeVar("T")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_is_inline: ContextVar[bool] = ContextVar("is_inline", default=False)
_KEPT_HEADERS = ("content-type", "etag", "location", "retry-after", "preference-applied", "link")
_MAX_KEY_LENGTH = 255


ANYONE = "any"
"""Instead of a scope: whoever is authenticated."""
_LINK: dict[str, list[str]] = {"Link": []}


def needs(scope: Scope | str, *, by_link: bool = False) -> dict[str, Any]:
    """`openapi_extra` of a route: the scope it requires, for the door and for the reader of /docs. `by_link`: a signed
    link opens it too.
    """
    security: list[dict[str, list[str]]] = [{"ApiKey": []}, {"Bearer": []}, *([_LINK] if by_link else [])]
    return {"security": security, "x-required-scope": str(scope)}


async def call(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run blocking code: in a thread under uvicorn, in place on Lambda, where there is one request at a time."""
    if _is_inline.get():
        return function(*args, **kwargs)
    return await run_in_threadpool(partial(function, *args, **kwargs))


def _offloaded(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    async def run(*args: Any, **kwargs: Any) -> Any:
        return await call(endpoint, *args, **kwargs)

    return run


class DoorRoute(APIRoute):
    """A route behind the door."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        extra = kwargs.get("openapi_extra") or {}
        if "x-required-scope" not in extra:
            raise TypeError(f"{path} declares no scope: add openapi_extra=needs(Scope...)")
        required = extra["x-required-scope"]
        self.scope = None if required == ANYONE else Scope(required)
        self.is_linked = _LINK in extra["security"]
        super().__init__(path, _offloaded(endpoint), **kwargs)

    async def early(self, lake: Lake, principal: Principal, request: Request) -> Response | None:  # noqa: ARG002
        """An answer that needs none of what follows the door. There is none unless a kind of route has one."""
        return None

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def enter(request: Request) -> Response:
            lake: Lake = request.app.state.lake
            _is_inline.set(request.app.state.is_inline)
            strict = StrictRequest(request.scope, request.receive)
            strict.max_bytes = lake.settings.max_body_bytes
            is_linked = self.is_linked and LINK in request.query_params
            principal = await (_linked if is_linked else authenticated)(lake, request)
            request.scope["headgate.principal"] = principal
            if self.scope is not None:
                principal.require(self.scope)
            early = await self.early(lake, principal, request)
            if early is not None:
                return early
            _require_json(request)
            if request.method == "POST" and "idempotency-key" in request.headers:
                return await _once(lake, principal, strict, handler)
            response = await handler(strict)
            return _not_modified(request, response)

        return enter


def _require_json(request: Request) -> None:
    """MalformedBody when there is a body that does not say it is JSON (curl's `-d` alone says it is a form)."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and request.method != "GET" and kind != "application/json" and not kind.endswith("+json"):
        raise MalformedBody("Send the header `Content-Type: application/json` with the body (curl: use --json).")


async def authenticated(lake: Lake, request: Request) -> Principal:
    api_key = request.headers.get("x-api-key")
    known = lake.identity.at_once(api_key) if api_key is not None else None
    if known is not None:
        return known
    bearer = request.headers.get("authorization", "")
    kind, _, token = bearer.partition(" ")
    event = request.scope.get("aws.event") or {}
    authorizer = event.get("requestContext", {}).get("authorizer", {})
    return await call(
        lake.identity.authenticate,
        api_key=api_key,
        bearer=token.strip() if kind.lower() == "bearer" and token.strip() else None,
        gateway_claims=authorizer.get("jwt", {}).get("claims"),
    )


async def _linked(lake: Lake, request: Request) -> Principal:
    params = request.query_params
    return await call(lake.links.principal, params[LINK], request.scope["path"], params.multi_items())


def _not_modified(request: Request, response: Response) -> Response:
    """304 for a GET whose answer the caller has (RFC 9110, 13.1.2)."""
    etag = response.headers.get("etag")
    if request.method != "GET" or response.status_code != 200 or etag is None:
        return response
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag.removeprefix("W/") not in known and "*" not in known:
        return response
    return Response(status_code=304, headers={"ETag": etag})


async def _once(lake: Lake, principal: Principal, request: StrictRequest, handler: Handler) -> Response:
    key = request.headers["idempotency-key"]
    if not (0 < len(key) <= _MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
        raise InvalidInput(f"Idempotency-Key must have 1 to {_MAX_KEY_LENGTH} printable ASCII characters.")
    claim = await call(lake.idempotency.begin, principal, key, _fingerprint(request, await request.body()))
    if claim.status is not None:
        return Response((claim.body or "").encode(), claim.status, claim.headers)
    try:
        response = await _answer(request, handler)
    except BaseException:
        await call(lake.idempotency.release, principal, key, claim)
        raise
    return await _kept(lake, principal, key, claim, response)


async def _answer(request: StrictRequest, handler: Handler) -> Response:
    """The endpoint's answer, refusals included: a repeated request gets the same refusal."""
    try:
        return await handler(request)
    except RequestValidationError as error:
        return problem_response(invalid(error), request_id_of(request))
    except HeadgateError as error:
        return problem_response(error, request_id_of(request))


async def _kept(lake: Lake, principal: Principal, key: str, claim: IdempotencyRecord, response: Response) -> Response:
    if response.status_code >= 500 or response.status_code == 429:
        await call(lake.idempotency.release, principal, key, claim)
        return response
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = bytes(response.body).decode()
    try:
        await call(
            lake.idempotency.finish, principal, key, claim, status=response.status_code, headers=headers, body=body
        )
    except PreconditionFailed:
        # Another holder took over when our lease ran out; its answer is the one that is kept.
        return response
    except PayloadTooLarge:
        # Only what describes the caller's own body at length gets here (an inferred schema): it may be done again.
        await call(lake.idempotency.release, principal, key, claim)
    return response


def _fingerprint(request: Request, body: bytes) -> str:
    parts = (request.method.encode(), request.url.path.encode(), request.url.query.encode(), body)
    return hashlib.sha256(b"\x00".join(parts)).hexdigest()
