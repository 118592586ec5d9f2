"""Request ids, one structured log line a request, and the last resort: no traceback ever leaves."""

import logging
import re
import secrets
import time
import traceback
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.errors import Internal
from app.routers.errors import problem_response

log = logging.getLogger("headgate.access")
_GIVEN = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class Trace:
    """Pure ASGI, outermost. Logs allow-listed fields only: no paths with ids' values, no query strings, no bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["headgate.request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, tell)
        except Exception as error:
            log.error(_bug(error, request_id))  # noqa: TRY400 - the message of an exception may hold data values
            if status:
                raise
            problem = Internal("Headgate failed; the request id finds the reason in its logs.")
            await problem_response(problem, request_id)(scope, receive, tell)
        finally:
            if log.isEnabledFor(logging.INFO):
                log.info(_line(scope, request_id, status, time.perf_counter() - started))


def _request_id(scope: Scope) -> str:
    """The caller's own if it looks like one, else API Gateway's, else a new one."""
    given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
    if _GIVEN.match(given):
        return given
    gateway = (scope.get("aws.event") or {}).get("requestContext", {}).get("requestId")
    return str(gateway) if gateway else secrets.token_hex(12)


def _bug(error: Exception, request_id: str) -> str:
    """Where it broke: type and places, without the message."""
    places = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    return orjson.dumps(
        {"event": "bug", "request_id": request_id, "type": type(error).__name__, "places": places[-12:]}
    ).decode()


def _line(scope: Scope, request_id: str, status: int, seconds: float) -> str:
    principal = scope.get("headgate.principal")
    route: Any = scope.get("route")
    return orjson.dumps(
        {
            "event": "request",
            "request_id": request_id,
            "method": scope["method"],
            "route": getattr(route, "path", None),
            "status": status,
            "ms": round(seconds * 1000, 1),
            "tenant": getattr(principal, "tenant", None),
            "principal": getattr(principal, "id", None),
        }
    ).decode()
