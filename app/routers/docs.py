"""The OpenAPI document and its page. The page loads nothing from outside."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi

from app.routers.errors import Problem

_REASONS = {
    400: "The request cannot be read: malformed JSON or page_token",
    401: "No identity, or one that is not valid",
    403: "The key or token lacks the scope",
    404: "There is no such thing, or it is not yours",
    405: "The address does not take that method",
    409: "The state of things does not allow it",
    412: "It changed since you read it (If-Match)",
    413: "The body is too large",
    422: "A field or the SQL is not valid",
    428: "If-Match is required",
    429: "Too many requests; see Retry-After",
    503: "A service behind Headgate failed; see Retry-After",
    504: "A service behind Headgate took too long; see Retry-After",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": reason,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, reason in _REASONS.items()
}


_DOCUMENT = Path(__file__).resolve().parents[2] / "openapi.json"
"""What `describe` says of the whole, beside app/ in the repository and in the functions' package."""


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document, as it was written with the code: working it out takes as long as five cold starts."""
    import orjson

    return dict(orjson.loads(_DOCUMENT.read_bytes()))


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the app's routes. `make openapi` writes it."""
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    document["components"]["securitySchemes"] = {
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "`<prefix>.<secret>`"},
        "Bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "Link": {
            "type": "apiKey",
            "in": "query",
            "name": "link",
            "description": "Part of a signed link; see create_saved_query_link.",
        },
    }
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) in _REASONS:  # errors come as problems only, never as plain JSON
                    answer.get("content", {}).pop("application/json", None)
                elif "application/json" in answer.get("content", {}):  # first: generated clients read the first kind
                    told = answer["content"]
                    answer["content"] = {"application/json": told["application/json"], **told}
    schemas = document["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    _exemplify(schemas)
    _drop_unused(document)
    return document


def _drop_unused(document: dict[str, Any]) -> None:
    """Schemas that nothing refers to: pydantic leaves those of types that are written as text, twice under one name,
    which generators of clients refuse.
    """
    schemas = document["components"]["schemas"]
    while unused := [name for name in schemas if not _is_used(name, document)]:
        for name in unused:
            del schemas[name]


def _is_used(name: str, document: dict[str, Any]) -> bool:
    others = {key: value for key, value in document["components"]["schemas"].items() if key != name}
    return f'"#/components/schemas/{name}"' in json.dumps([document["paths"], others])


def _exemplify(schemas: dict[str, Any]) -> None:
    """Give each answer an example, and each page one of its items. In a file: only this document needs them."""
    import orjson

    examples = orjson.loads((Path(__file__).parent / "examples.json").read_bytes())
    for name, schema in schemas.items():
        item = name.removeprefix("PageOf_").removesuffix("_")
        if item in examples and "examples" not in schema:
            page = {"items": [examples[item]], "next_page_token": None}
            schema["examples"] = [examples[item] if item == name else page]


_OWN_DOCUMENT = b"""requestInterceptor: async (request) => {
        if (!request.loadSpec) return request;
        try {
            const headers = {"X-Api-Key": JSON.parse(localStorage.getItem("authorized")).ApiKey.value};
            const own = "/v1/openapi.json";
            if ((await fetch(own, {headers})).ok) {
                return Object.assign(request, {url: own, headers: {...request.headers, ...headers}});
            }
        } catch { /* nobody has authorized yet */ }
        return request;
    },
    """
"""Who has given the page an API key (Authorize) sees the saved queries too, from the next load on."""


def install(app: FastAPI) -> None:
    """`/openapi.json`, `/docs` and the page's own assets, from the fastapi-offline package."""

    async def openapi(_: Request) -> Response:
        import orjson

        return Response(orjson.dumps(document()), media_type="application/json")

    async def page(_: Request) -> Response:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Headgate API",
            swagger_js_url="/docs/swagger-ui-bundle.js",
            swagger_css_url="/docs/swagger-ui.css",
            swagger_favicon_url="/docs/favicon.png",
            swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True},
        )
        return Response(
            bytes(page.body).replace(b"presets: [", _OWN_DOCUMENT + b"presets: [", 1), media_type="text/html"
        )

    async def asset(request: Request) -> Response:
        kinds = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
        name = request.path_params["name"]
        if name not in kinds:
            return Response(status_code=404)
        return Response(_asset(name), media_type=kinds[name], headers={"Cache-Control": "public, max-age=86400"})

    app.add_route("/openapi.json", openapi, include_in_schema=False)
    app.add_route("/docs", page, include_in_schema=False)
    app.add_route("/docs/{name}", asset, include_in_schema=False)


def _asset(name: str) -> bytes:
    from importlib.util import find_spec

    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("fastapi-offline is not installed")
    return (Path(spec.origin).parent / "static" / name).read_bytes()
