"""The HTTP application: routers, conventions, docs."""

from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

from app.bootstrap import Lake
from app.routers import api_keys, docs, errors, health, me
from app.routers.trace import Trace

_EXPOSED = ["ETag", "Link", "Location", "Retry-After", "Preference-Applied", "X-Request-Id"]
ROUTERS = (me.router, api_keys.router)


def create_app(lake: Lake, *, is_inline: bool = False) -> FastAPI:
    """The app over a lake. `is_inline`: run blocking code in place (Lambda: one request at a time)."""
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
    app.state.lake = lake
    app.state.is_inline = is_inline
    errors.install(app)
    for router in (health.router, *ROUTERS):
        app.include_router(router)
    docs.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1400)
    if lake.settings.cors_origins:
        app.add_middleware(CORSMiddleware, **_cors(lake))
    app.add_middleware(Trace)
    return app


def _cors(lake: Lake) -> dict[str, Any]:
    return {
        "allow_origins": list(lake.settings.cors_origins),
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
        "expose_headers": _EXPOSED,
        "max_age": 600,
    }
