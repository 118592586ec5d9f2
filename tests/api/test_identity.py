"""Who is asking: API keys and their life, JWTs checked against a JWKS, claims that API Gateway has checked."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from app.bootstrap import build_lake
from app.domain.access import ROLES, Scope
from app.domain.identifiers import utc_now
from app.main import create_app
from tests.api.test_http import invoked
from tests.clock import Clock


def create(api: Any, **body: Any) -> Any:
    answer = api.post("/v1/api-keys", json={"name": "k", **body})
    assert answer.status_code == 201, answer.text
    return answer


def me(api: Any, key: str) -> Any:
    return api.get("/v1/me", headers={"x-api-key": key})


def test_a_key_is_shown_once_and_works_at_once(api: Any) -> None:
    made = create(api, role="analyst", scopes=["files:write"])
    said = made.json()
    scopes = sorted({*ROLES["analyst"], Scope.FILES_WRITE})
    assert me(api, said["api_key"]).json() == {"principal": f"key:{said['id']}", "tenant": "main", "scopes": scopes}
    assert said["api_key"].startswith(said["prefix"] + ".")
    for answer in (api.get(made.headers["location"]), api.get("/v1/api-keys")):
        assert said["api_key"].partition(".")[2] not in answer.text
        assert "hash" not in answer.text


def test_secrets_are_not_stored(api: Any, lake: Any) -> None:
    said = create(api, role="viewer").json()
    secret = said["api_key"].partition(".")[2]
    stored = lake.aws.dynamodb.scan(TableName=lake.settings.table_name)["Items"]
    assert said["id"] in json.dumps(stored)
    assert secret not in json.dumps(stored)


@pytest.mark.parametrize("body", [{"name": "x"}, {"name": "x", "role": "king"}, {"name": "", "role": "viewer"}])
def test_a_key_without_a_grant_is_refused(api: Any, body: dict[str, Any]) -> None:
    assert api.post("/v1/api-keys", json=body).status_code == 422


def test_nobody_grants_more_than_they_have(api: Any) -> None:
    key = create(api, scopes=["keys:admin", "datasets:read"]).json()["api_key"]
    headers = {"x-api-key": key}
    answer = api.post("/v1/api-keys", json={"name": "more", "role": "admin"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    strong = create(api, role="admin").json()
    assert api.post(f"/v1/api-keys/{strong['id']}/rotate", headers=headers).status_code == 403
    assert (
        api.post("/v1/api-keys", json={"name": "same", "scopes": ["datasets:read"]}, headers=headers).status_code == 201
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(lake: Any, clock: Clock, admin_key: str) -> Iterator[TestClient]:
    """The same table under a clock of its own."""
    with TestClient(create_app(build_lake(lake.settings, clock=clock)), raise_server_exceptions=False) as client:
        client.headers["x-api-key"] = admin_key
        yield client


def test_the_old_secret_works_for_the_grace_after_a_rotation(timed: TestClient, clock: Clock) -> None:
    old = create(timed, role="viewer").json()
    new = timed.post(f"/v1/api-keys/{old['id']}/rotate", params={"grace_seconds": 600}).json()
    assert new["api_key"] != old["api_key"]
    assert me(timed, old["api_key"]).status_code == me(timed, new["api_key"]).status_code == 200
    clock.ahead = timedelta(seconds=601)
    assert me(timed, old["api_key"]).status_code == 401
    assert me(timed, new["api_key"]).status_code == 200


def test_a_rotation_without_grace_ends_the_old_secret_at_once(api: Any) -> None:
    old = create(api, role="viewer").json()
    assert me(api, old["api_key"]).status_code == 200
    assert api.post(f"/v1/api-keys/{old['id']}/rotate", params={"grace_seconds": 0}).status_code == 200
    assert me(api, old["api_key"]).status_code == 401


def test_a_revoked_key_is_dead_here_at_once_and_elsewhere_within_the_caches_time(
    api: Any, timed: TestClient, clock: Clock
) -> None:
    key = create(api, role="viewer")
    secret = key.json()["api_key"]
    assert me(timed, secret).status_code == 200
    etag = api.get(key.headers["location"]).headers["etag"]
    assert api.delete(key.headers["location"], headers={"If-Match": etag}).status_code == 204
    assert me(api, secret).status_code == 401
    clock.ahead = timedelta(seconds=31)
    assert me(timed, secret).status_code == 401
    assert api.get(key.headers["location"]).json()["revoked_at"] is not None
    assert api.post(f"{key.headers['location']}/rotate").status_code == 404


def test_a_key_that_has_expired_is_dead_though_it_was_just_used(timed: TestClient, clock: Clock) -> None:
    until = (utc_now() + timedelta(seconds=20)).isoformat()
    secret = create(timed, role="viewer", expires_at=until).json()["api_key"]
    assert me(timed, secret).status_code == 200
    clock.ahead = timedelta(seconds=21)
    assert me(timed, secret).status_code == 401


def test_one_keys_secret_does_not_open_another_key(api: Any) -> None:
    first, second = create(api, role="viewer").json(), create(api, role="admin").json()
    mixed = second["prefix"] + "." + first["api_key"].partition(".")[2]
    elsewhere = second["api_key"].replace("main-", "other-")
    assert me(api, second["api_key"]).status_code == 200, "and is in the cache now"
    assert me(api, mixed).status_code == me(api, elsewhere).status_code == 401


ISSUER, AUDIENCE = "https://issuer.example", "headgate"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


@pytest.fixture(scope="module")
def jwks_url() -> Iterator[str]:
    """An identity provider's key set on a port of its own."""
    public = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k1", "alg": "RS256"}

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"keys": [public]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def tokens(lake: Any, jwks_url: str) -> Iterator[TestClient]:
    """The API where the app itself verifies JWTs."""
    changes = {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_jwks_url": jwks_url}
    settings = lake.settings.model_copy(update=changes)
    with TestClient(create_app(build_lake(settings)), raise_server_exceptions=False) as client:
        yield client


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "jane",
        "iat": now,
        "exp": now + 300,
        "custom:tenant": "acme",
        "scope": "openid headgate/datasets:read headgate/queries:run",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def token(key: Any = KEY, algorithm: str = "RS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers or {"kid": "k1"})


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def test_a_good_token_is_a_principal_with_its_tenant_and_scopes(tokens: TestClient) -> None:
    answer = tokens.get("/v1/me", headers=bearer(token()))
    assert answer.json() == {"principal": "sub:jane", "tenant": "acme", "scopes": ["datasets:read", "queries:run"]}
    assert tokens.get("/v1/datasets", headers=bearer(token())).json() == {"items": [], "next_page_token": None}
    assert tokens.get("/v1/jobs", headers=bearer(token())).status_code == 403


def unsigned() -> str:
    return jwt.encode(claims(), None, algorithm="none", headers={"kid": "k1"})


BAD = {
    "expired": lambda: token(exp=int(time.time()) - 60),
    "not yet": lambda: token(nbf=int(time.time()) + 600),
    "without an end": lambda: token(exp=None),
    "of another issuer": lambda: token(iss="https://evil.example"),
    "without an issuer": lambda: token(iss=None),
    "for another audience": lambda: token(aud="other"),
    "without an audience": lambda: token(aud=None),
    "without a subject": lambda: token(sub=None),
    "without a tenant": lambda: token(**{"custom:tenant": None}),
    "with an odd tenant": lambda: token(**{"custom:tenant": "main#x"}),
    "with a list of tenants": lambda: token(**{"custom:tenant": ["main"]}),
    "an ID token": lambda: token(token_use="id"),
    "signed by another key": lambda: token(key=OTHER_KEY),
    "with an unknown key id": lambda: token(headers={"kid": "k2"}),
    "without a signature": unsigned,
    "signed with a shared secret": lambda: token(key="s" * 64, algorithm="HS256"),
    "nonsense": lambda: "a.b.c",
    "cut": lambda: token()[:-5],
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_a_bad_token_is_no_identity(tokens: TestClient, make: Any) -> None:
    answer = tokens.get("/v1/me", headers=bearer(make()))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), answer.text


def test_clocks_may_differ_a_little(tokens: TestClient) -> None:
    assert tokens.get("/v1/me", headers=bearer(token(exp=int(time.time()) - 5))).status_code == 200


def test_keys_work_beside_tokens(tokens: TestClient, admin_key: str) -> None:
    assert tokens.get("/v1/me", headers={"x-api-key": admin_key}).json()["tenant"] == "main"


def test_when_the_identity_provider_is_away_it_is_503(lake: Any) -> None:
    changes = {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_jwks_url": "http://127.0.0.1:9/keys"}
    with TestClient(create_app(build_lake(lake.settings.model_copy(update=changes)))) as client:
        answer = client.get("/v1/me", headers=bearer(token()))
    assert (answer.status_code, answer.json()["code"]) == (503, "backend_unavailable")
    assert "retry-after" in answer.headers


def gateway(**changes: Any) -> dict[str, Any]:
    """API Gateway's JWT authorizer gives claims as text."""
    given = {
        "sub": "jane",
        "custom:tenant": "acme",
        "scope": "headgate/datasets:read",
        "token_use": "access",
        **changes,
    }
    return {"authorizer": {"jwt": {"claims": given, "scopes": None}}}


def test_claims_of_the_gateway_count_where_it_is_trusted(lake: Any) -> None:
    trusting = create_app(build_lake(lake.settings.model_copy(update={"trust_gateway_claims": True})), is_inline=True)
    answer = invoked(trusting, "GET", "/v1/me", context=gateway())
    assert json.loads(answer["body"]) == {"principal": "sub:jane", "tenant": "acme", "scopes": ["datasets:read"]}
    assert invoked(trusting, "GET", "/v1/me", context=gateway(token_use="id"))["statusCode"] == 401
    assert invoked(trusting, "GET", "/v1/me")["statusCode"] == 401


def test_claims_of_a_gateway_that_is_not_trusted_count_for_nothing(lake: Any) -> None:
    answer = invoked(create_app(lake, is_inline=True), "GET", "/v1/me", context=gateway())
    assert answer["statusCode"] == 401


def test_one_hundred_posts_with_one_idempotency_key_have_one_effect(api: Any, lake: Any) -> None:
    deadline = time.monotonic() + 60

    def post(_: int) -> Any:
        while time.monotonic() < deadline:
            answer = api.post(
                "/v1/api-keys", json={"name": "one of many", "role": "viewer"}, headers={"Idempotency-Key": "crowd"}
            )
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "idempotency_in_progress"
            time.sleep(0.02)
        raise AssertionError("the first answer is not kept: it is in progress for ever")

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(post, range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    named = [one for one in api.get("/v1/api-keys?limit=1000").json()["items"] if one["name"] == "one of many"]
    assert len(named) == 1


def test_a_holder_that_died_is_taken_over_after_its_lease(timed: TestClient, clock: Clock, lake: Any) -> None:
    body, headers = {"name": "taken over", "role": "viewer"}, {"Idempotency-Key": "died"}
    principal = lake.identity.authenticate(api_key=timed.headers["x-api-key"], bearer=None)
    import hashlib

    sent = timed.build_request("POST", "/v1/api-keys", json=body).content
    fingerprint = hashlib.sha256(b"\x00".join((b"POST", b"/v1/api-keys", b"", sent))).hexdigest()
    lake.idempotency.begin(principal, "died", fingerprint)
    waiting = timed.post("/v1/api-keys", json=body, headers=headers)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "idempotency_in_progress")
    assert "retry-after" in waiting.headers
    clock.ahead = timedelta(seconds=lake.settings.idempotency_lease_seconds + 1)
    assert timed.post("/v1/api-keys", json=body, headers=headers).status_code == 201
    clock.ahead = timedelta(seconds=lake.settings.idempotency_ttl_seconds + 61)
    later = timed.post("/v1/api-keys", json={**body, "name": "another"}, headers=headers)
    assert (later.status_code, later.json()["name"]) == (201, "another"), "after a day the key is forgotten"


def test_times_are_in_utc_with_a_z(api: Any) -> None:
    at = create(api, role="viewer").json()["created_at"]
    assert at.endswith("Z")
    assert abs(datetime.fromisoformat(at) - datetime.now(UTC)) < timedelta(minutes=1)
