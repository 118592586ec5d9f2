"""The HTTP application: routers, conventions, docs."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES
from starlette.types import ASGIApp, Receive, Scope, Send

from app.bootstrap import Lake
from app.routers import docs, errors, health
from app.routers.trace import Trace

CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": [
        "Authorization",
        "X-Api-Key",
        "Content-Type",
        "If-Match",
        "If-None-Match",
        "Idempotency-Key",
        "Prefer",
        "X-Request-Id",
    ],
    "expose_headers": [
        "Age",
        "ETag",
        "Link",
        "Location",
        "Retry-After",
        "Preference-Applied",
        "X-Chart-Meta",
        "X-Request-Id",
        "X-Truncated",
    ],
    "max_age": 600,
}
"""What browsers on a configured origin may do. On AWS the API Gateway says it: infra/resources/cors.cjs."""
_GZIP_LEVEL = 4
"""A page of 4.2 MB of JSON: 103 ms to a third; level 9 takes 518 ms for 2 % less."""
_COMPRESSED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/vnd.apache.parquet")
ROUTERS: dict[str, tuple[str, ...]] = {
    "me": ("me",),
    "api-keys": ("api_keys",),
    "datasets": ("datasets",),
    "datasets/completeness": ("completeness",),
    "datasets/files": ("files",),
    "datasets/uploads": ("uploads",),
    "datasets/versions": ("versions",),
    "datasets/rollback": ("versions",),
    "jobs": ("jobs",),
    "runs": ("runs",),
    "queries": ("queries",),
    "usage": ("usage",),
    "saved-queries": ("saved_queries", "charts"),
    "saved-queries/chart": ("charts",),
    "queries/chart": ("charts",),
    "classifiers": ("classifiers",),
    "openapi.json": ("openapi",),
}
"""What a path below /v1 is about -> the modules of app.routers that hold its routes: its first segment, or that and
the one behind the id. Imported by name: a route costs 2 to 4 ms of a cold start, and a Lambda's first request needs
those of its own noun only."""
EVERYTHING = None
ROOT = ""
"""The noun of what is not below /v1."""


def noun_of(path: str) -> str:
    """The noun that a path is about: a key of ROUTERS, or ROOT."""
    _, _, rest = path.partition("/v1/")
    first, *others = rest.split("/")
    narrow = f"{first}/{others[1]}" if len(others) > 1 else first
    return next((noun for noun in (narrow, first) if noun in ROUTERS), ROOT)


def routers(noun: str | None = EVERYTHING) -> list[APIRouter]:
    """The routers of a noun, in order of declaration."""
    nouns = list(ROUTERS) if noun is EVERYTHING else [noun]
    names = dict.fromkeys(name for each in nouns for name in ROUTERS.get(each, ()))
    return [import_module(f"app.routers.{name}").router for name in names]


class ByNoun:
    """Innermost: hands a request to the routes of its noun. FastAPI tries one route after the other, and all of them
    take longer than most answers. What is of no noun goes to the whole.
    """

    def __init__(self, whole: ASGIApp) -> None:
        self._whole = whole
        self._parts: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        noun = noun_of(scope["path"]) if scope["type"] == "http" else ROOT
        part = self._whole if noun == ROOT else self._part(noun)
        await part(scope, receive, send)

    def _part(self, noun: str) -> ASGIApp:
        if noun not in self._parts:
            self._parts[noun] = _routed(routers(noun)).router
        return self._parts[noun]


def _routed(routers: Iterable[APIRouter]) -> FastAPI:
    app = FastAPI(
        title="Headgate",
        version="1",
        summary="The front door of a serverless data lake on AWS.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=docs.PROBLEMS,
        separate_input_output_schemas=False,
    )
    for router in routers:
        app.include_router(router)
    return app


def create_app(lake: Lake, *, is_inline: bool = False, noun: str | None = EVERYTHING) -> FastAPI:
    """The app over a lake. `is_inline`: run blocking code in place (Lambda: one request at a time). `noun`: only its
    routes, see `ROUTERS`.
    """
    if not is_inline:
        lake.build()
    app = _routed((health.router, *routers(noun)))
    app.state.lake = lake
    app.state.is_inline = is_inline
    errors.install(app)
    docs.install(app)
    if noun is EVERYTHING:
        app.router.middleware_stack = ByNoun(app.router.middleware_stack)
    app.add_middleware(GZipMiddleware, minimum_size=1400, compresslevel=_GZIP_LEVEL, exclude_content_types=_COMPRESSED)
    if lake.settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(lake.settings.cors_origins), **CORS)
    app.add_middleware(Trace)
    return app
