"""The dashboard's built files beside the API, on one origin. On AWS they are static files of a bucket's."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp

DIST = Path(__file__).resolve().parent.parent / "dashboard" / "dist"


def missing(dist: Path = DIST) -> str | None:
    """Why there is no dashboard to serve, and what to do; None when there is one."""
    if (dist / "index.html").exists():
        return None
    if shutil.which("npm") is None:
        return "not built: it needs Node 20.19 or newer with npm on PATH, then `make dashboard`"
    return "not built: `make dashboard`"


def with_dashboard(api: "ASGIApp") -> "ASGIApp":
    """`api`, with the dashboard at `/` and at the paths of its files; every other path stays the API's."""
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import Response
    from starlette.staticfiles import StaticFiles
    from starlette.types import Receive, Scope, Send

    class Files(StaticFiles):
        def file_response(self, *args: object, **options: object) -> Response:
            response = super().file_response(*args, **options)  # type: ignore[arg-type]
            # Names under assets/ carry a hash of what is in them.
            is_fixed = "assets" in str(args[0])
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_fixed else "no-cache"
            return response

    files = GZipMiddleware(Files(directory=DIST, html=True), minimum_size=1400)

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        is_file = scope["type"] == "http" and _is_ours(scope["path"])
        await (files if is_file else api)(scope, receive, send)

    return door


def _is_ours(path: str) -> bool:
    first = path.removeprefix("/").partition("/")[0]
    return first in ("", "index.html", "assets", "config.json", "favicon.svg")
