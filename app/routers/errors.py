"""Domain errors as RFC 9457 problems. The only place that knows HTTP statuses of errors."""

import logging
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.domain import errors

log = logging.getLogger("headgate")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

STATUS: dict[type[errors.HeadgateError], int] = {
    errors.InvalidInput: 422,
    errors.BadPageToken: 400,
    errors.MalformedBody: 400,
    errors.PayloadTooLarge: 413,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.BackendUnavailable: 503,
    errors.BackendTimeout: 504,
    errors.Internal: 500,
}
"""By class; a subclass has its parent's unless it has its own."""


class FieldProblem(BaseModel):
    """One bad field of the request."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the request, e.g. `/schema/columns/0/type`.")
    code: str
    detail: str


class Problem(BaseModel):
    """An RFC 9457 problem. `code` is stable; docs/errors.md explains each."""

    type: str = Field(examples=["https://headgate.dev/errors#not_found"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="The request id; quote it when asking for help.")
    code: str
    retryable: bool
    errors: list[FieldProblem] = []


def status_of(error: errors.HeadgateError) -> int:
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def problem_response(error: errors.HeadgateError, request_id: str) -> Response:
    status = status_of(error)
    body: dict[str, Any] = {
        "type": f"https://headgate.dev/errors#{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
        "instance": f"urn:request:{request_id}",
        "code": error.code,
        "retryable": error.is_retryable,
        "errors": [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in error.errors],
    }
    headers = {}
    if error.retry_after_seconds is not None or error.is_retryable:
        headers["Retry-After"] = str(error.retry_after_seconds or 1)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="headgate"'
    return Response(orjson.dumps(body), status, headers, media_type="application/problem+json")


def request_id_of(request: Request) -> str:
    return str(request.scope.get("headgate.request_id", "-"))


def _pointer(location: Sequence[str | int], body: object) -> str:
    if location and location[0] == "body":
        return errors.pointer_to(location[1:], body)
    return errors.pointer_to(location, None)


def invalid(error: RequestValidationError) -> errors.InvalidInput:
    """Where and why, never what: pydantic's `input` and `ctx` may hold data values and are left out."""
    fields = tuple(
        errors.FieldError(_pointer(e["loc"], error.body), str(e["type"]), _safe_message(e)) for e in error.errors()[:50]
    )
    return errors.InvalidInput(f"{len(error.errors())} field(s) of the request are not valid; see errors.", fields)


def _safe_message(error: dict[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "There is no such field; remove it or correct its name."
    return str(error["msg"]).removeprefix("Value error, ")


def install(app: FastAPI) -> None:
    """Every error leaves as a problem."""

    async def on_domain(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.HeadgateError)  # noqa: S101 - registered for this class only
        return problem_response(error, request_id_of(request))

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        return problem_response(invalid(error), request_id_of(request))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        return http_problem(error, request)

    app.add_exception_handler(errors.HeadgateError, on_domain)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


class NoSuchRoute(errors.NotFound):
    code = "no_such_route"
    title = "There is nothing at this address"


class MethodNotAllowed(errors.HeadgateError):
    code = "method_not_allowed"
    title = "This address does not take that method"


STATUS[MethodNotAllowed] = 405


def http_problem(error: HTTPException, request: Request) -> Response:
    """What Starlette itself refuses: unknown routes, methods, unreadable bodies."""
    request_id = request_id_of(request)
    if error.status_code == 404:
        return problem_response(NoSuchRoute("See /docs for the addresses there are."), request_id)
    if error.status_code == 405:
        methods = ", ".join(_methods_at(request))
        response = problem_response(MethodNotAllowed(f"It takes {methods}; see /docs."), request_id)
        response.headers["Allow"] = methods
        return response
    if isinstance(error.__cause__, errors.HeadgateError):
        return problem_response(error.__cause__, request_id)  # FastAPI wraps what reading the body raised
    return problem_response(errors.MalformedBody("The request cannot be read."), request_id)


def _methods_at(request: Request) -> list[str]:
    """Of all routes with this path: Starlette names those of the first one only (RFC 9110, 10.2.1 wants all)."""

    def is_taken(method: str) -> bool:
        return any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)

    return [method for method in _METHODS if is_taken(method)]
