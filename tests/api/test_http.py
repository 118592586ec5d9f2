"""HTTP around the API: CORS, compression, the documents, what Lambda sees of it."""

import base64
import gzip
import json
import re
from typing import Any

import pytest
from mangum import Mangum

from app.bootstrap import build_lake
from app.main import create_app


@pytest.fixture(scope="module")
def browser(lake: Any, admin_key: str) -> Any:
    """The API with one allowed origin."""
    from fastapi.testclient import TestClient

    settings = lake.settings.model_copy(update={"cors_origins": ("https://dash.example",)})
    with TestClient(create_app(build_lake(settings)), raise_server_exceptions=False) as client:
        client.headers["x-api-key"] = admin_key
        yield client


def test_a_preflight_of_an_allowed_origin_needs_no_identity(browser: Any) -> None:
    del browser.headers["x-api-key"]
    answer = browser.options(
        "/v1/queries",
        headers={
            "Origin": "https://dash.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-api-key, idempotency-key, if-match, prefer",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://dash.example"


def test_an_allowed_origin_may_read_what_it_needs(browser: Any) -> None:
    answer = browser.get("/v1/me", headers={"Origin": "https://dash.example"})
    exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert exposed >= {"ETag", "Link", "Location", "Retry-After", "Preference-Applied"}
    assert (
        "access-control-allow-origin" not in browser.get("/v1/me", headers={"Origin": "https://evil.example"}).headers
    )


def test_errors_have_the_cors_headers_too(browser: Any) -> None:
    answer = browser.get("/v1/queries/nowhere", headers={"Origin": "https://dash.example"})
    assert answer.status_code in {401, 404}
    assert answer.headers["access-control-allow-origin"] == "https://dash.example"


def test_without_configured_origins_there_is_no_cors(api: Any) -> None:
    assert "access-control-allow-origin" not in api.get("/v1/me", headers={"Origin": "https://dash.example"}).headers


def test_large_answers_are_compressed_when_asked_for(api: Any) -> None:
    large = api.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert large.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in api.get("/openapi.json", headers={"Accept-Encoding": "identity"}).headers
    assert "content-encoding" not in api.get("/health", headers={"Accept-Encoding": "gzip"}).headers


def test_the_documents_load_nothing_from_outside(api: Any) -> None:
    page = api.get("/docs")
    assert page.status_code == 200
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", page.text)
    assert not re.findall(r"https?://", page.text)
    for asset in re.findall(r"""["'](/docs/[^"']+)["']""", page.text):
        answer = api.get(asset)
        assert answer.status_code == 200, asset
        assert len(answer.content) > 500
    assert api.get("/docs/../settings.py").status_code == 404
    assert api.get("/docs/other.js").status_code == 404


def invoked(app: Any, method: str, path: str, *, body: str | None = None, is_base64: bool = False, **event: Any) -> Any:
    """One invocation as API Gateway's HTTP API makes it (payload format 2.0)."""
    path, _, query = path.partition("?")
    return Mangum(app, lifespan="off", text_mime_types=["text/", "application/json", "application/problem+json"])(
        {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"host": "api.example", **event.pop("headers", {})},
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "127.0.0.1", "protocol": "HTTP/1.1"},
                "requestId": "gateway-request-1",
                "stage": "$default",
                **event.pop("context", {}),
            },
            "body": body,
            "isBase64Encoded": is_base64,
        },
        None,
    )


@pytest.fixture(scope="module")
def function(lake: Any) -> Any:
    return create_app(lake, is_inline=True)


def test_a_lambda_answers_as_uvicorn_does(function: Any, api: Any, admin_key: str) -> None:
    answer = invoked(function, "GET", "/v1/me", headers={"x-api-key": admin_key})
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == api.get("/v1/me").json()
    assert answer["headers"]["x-request-id"] == "gateway-request-1"


def test_a_lambdas_problems_are_text(function: Any) -> None:
    answer = invoked(function, "GET", "/v1/me")
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (401, False)
    assert json.loads(answer["body"])["code"] == "unauthenticated"


def test_a_lambda_reads_bodies_in_base64_and_waits_in_place(function: Any, admin_key: str) -> None:
    headers = {"x-api-key": admin_key, "content-type": "application/json", "prefer": "wait=20"}
    body = base64.b64encode(json.dumps({"sql": "SELECT 21 AS n"}).encode()).decode()
    answer = invoked(function, "POST", "/v1/queries", body=body, is_base64=True, headers=headers)
    assert (answer["statusCode"], json.loads(answer["body"])["state"]) == (201, "succeeded")


def test_a_lambda_compresses_in_base64(function: Any) -> None:
    answer = invoked(function, "GET", "/openapi.json", headers={"accept-encoding": "gzip"})
    assert answer["isBase64Encoded"]
    assert json.loads(gzip.decompress(base64.b64decode(answer["body"])))["openapi"].startswith("3.1")
