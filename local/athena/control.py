"""The control door: `/_headgate/...` on the stack's own endpoint, for tests that want quotas and faults. JSON.

GET    /_headgate/quotas   {"active": 200, "running": 8, "active_now": 0, "running_now": 0}
PUT    /_headgate/quotas   {"active": 5, "running": 1}: either or both; beyond `active`, TooManyRequestsException
GET    /_headgate/faults   {"faults": [...]}: the orders in force
POST   /_headgate/faults   one order, of calls or of queries (local/athena/faults.py says what it may hold):
                           {"operation": "StartQueryExecution", "error": "ThrottlingException", "count": 2}
                           {"operation": "*", "error": "InternalServerException", "rate": 0.2, "seed": 7}
                           {"query": {"contains": "orders"}, "fail": {"category": 1, "type": 204, "retryable": true}}
                           {"query": {"workgroup": "etl"}, "hang": true}
                           {"query": {}, "queued_ms": 500, "running_ms": 1000, "count": "always"}
DELETE /_headgate/faults   forget every order

MiniStack's reset (POST /_ministack/reset) also brings both back to the settings. Answers 400 with what is wrong.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from local.athena import service
from local.athena.faults import faults
from local.athena.settings import MOST_AT_ONCE

_PREFIX = "/_headgate/"
_LONGEST = 64 * 1024
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def wrap(app: Application) -> Application:
    """The same ASGI application, with the door before it."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await app(scope, receive, send)
            return
        status, content = _answered(scope["method"], scope["path"], await _body(receive))
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(content).encode()})

    return guarded


async def _body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= _LONGEST:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def _answered(method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    handler = _HANDLERS.get((method, path))
    if handler is None:
        return 404, {"error": "known are " + ", ".join(f"{m} {p}" for m, p in _HANDLERS)}
    try:
        given = json.loads(body or b"{}")
        return (200, handler(given)) if isinstance(given, dict) else (400, {"error": "the body must be a JSON object"})
    except ValueError as wrong:
        return 400, {"error": str(wrong)}


def _quotas(_: dict[str, Any]) -> dict[str, Any]:
    executions = service.executions()
    active, running = executions.counts()
    return {"active": executions.active_quota, "running": executions.running_quota, "active_now": active,
            "running_now": running}  # fmt: skip


def _set_quotas(given: dict[str, Any]) -> dict[str, Any]:
    executions = service.executions()
    unknown = sorted(set(given) - {"active", "running"})
    if unknown:
        raise ValueError(f"unknown member {', '.join(unknown)}; known are active, running")
    for name, value in given.items():
        most = MOST_AT_ONCE if name == "running" else 1_000_000
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise ValueError(f"{name} must be a whole number from 0 to {most}, not {value!r}")
    executions.active_quota = given.get("active", executions.active_quota)
    executions.running_quota = given.get("running", executions.running_quota)
    executions.dispatch()
    return _quotas({})


def _clear(_: dict[str, Any]) -> dict[str, Any]:
    faults.clear()
    return {"faults": []}


_HANDLERS: dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("GET", "/_headgate/quotas"): _quotas,
    ("PUT", "/_headgate/quotas"): _set_quotas,
    ("GET", "/_headgate/faults"): lambda _: {"faults": faults.listed()},
    ("POST", "/_headgate/faults"): faults.order,
    ("DELETE", "/_headgate/faults"): _clear,
}
