"""Who gets in: tokens and their scopes at the gateway, keys at the application, tenants everywhere."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local.deployment import Deployment
from tests.conformance import work
from tests.conformance.conftest import PARTNER, until

Tokens = Callable[..., dict[str, str]]


def status(deployment: Deployment, token: str | None, method: str, path: str, **more: Any) -> int:
    with deployment.with_token(token) as client:
        return client.request(method, path, **more).status_code


def test_anyone_may_see_that_it_lives(deployment: Deployment) -> None:
    assert status(deployment, None, "GET", "/health") == 200


@pytest.mark.parametrize("path", ["/v1/me", "/v1/datasets", "/v1/queries/0"])
def test_without_a_token_nothing(deployment: Deployment, path: str) -> None:
    assert status(deployment, None, "GET", path) == 401


def test_what_was_changed_is_no_token(deployment: Deployment, tokens: Tokens) -> None:
    head, body, signature = tokens("viewer")["AccessToken"].split(".")
    assert status(deployment, f"{head}.{body[:-8]}AAAAAAAA.{signature}", "GET", "/v1/me") == 401


def test_an_id_token_is_no_access_token(deployment: Deployment, tokens: Tokens) -> None:
    assert status(deployment, tokens("admin")["IdToken"], "GET", "/v1/datasets") in (401, 403)


def test_a_role_may_what_its_scopes_say(deployment: Deployment, tokens: Tokens, namespace: str) -> None:
    viewer, analyst = tokens("viewer")["AccessToken"], tokens("analyst")["AccessToken"]
    assert status(deployment, viewer, "GET", "/v1/saved-queries") == 200
    assert status(deployment, viewer, "GET", "/v1/datasets") == 403
    assert status(deployment, viewer, "POST", "/v1/queries", json={"sql": "SELECT 1"}) == 403
    assert status(deployment, analyst, "GET", "/v1/datasets") == 200
    new = {"namespace": namespace, "name": "not_mine", "tier": "raw"}
    assert status(deployment, analyst, "POST", "/v1/datasets", json=new) == 403
    assert status(deployment, analyst, "POST", "/v1/jobs", json={}) == 403


def test_what_is_no_route_does_not_exist(deployment: Deployment, tokens: Tokens) -> None:
    assert status(deployment, tokens("admin")["AccessToken"], "GET", "/v1/nothing") == 404


def test_another_tenant_sees_nothing(
    deployment: Deployment, admin: httpx.Client, tokens: Tokens, namespace: str
) -> None:
    dataset = work.register(admin, namespace, "ours_raw")
    with deployment.with_token(tokens("admin", "elsewhere")["AccessToken"]) as stranger:
        assert stranger.get("/v1/me").json()["tenant"] == "elsewhere"
        assert stranger.get(f"/v1/datasets/{dataset}").status_code == 404
        assert dataset not in stranger.get("/v1/datasets").text
        refused = stranger.post("/v1/queries", json={"sql": f"SELECT * FROM {dataset}"}, headers={"Prefer": "wait=20"})
        assert refused.status_code in (403, 404, 422), refused.text
    work.removed(admin, f"/v1/datasets/{dataset}")


def test_a_partners_system_registers_and_drops_and_no_more(partner: httpx.Client, namespace: str) -> None:
    assert partner.get("/v1/me").json()["tenant"] == PARTNER
    dataset = work.register(partner, namespace, "dropped_raw")
    file = work.settled(partner, dataset, work.upload(partner, dataset))
    assert (file["state"], file["row_count"]) == ("committed", 4)
    assert partner.post("/v1/queries", json={"sql": "SELECT 1"}).status_code == 403
    work.removed(partner, f"/v1/datasets/{dataset}")


def test_a_key_opens_the_other_door(deployment: Deployment, admin: httpx.Client, namespace: str) -> None:
    key = work.made(admin.post("/v1/api-keys", json={"name": namespace, "role": "analyst"}))
    with deployment.with_key(key["api_key"]) as machine, deployment.with_key(None) as nobody:
        assert machine.get("/v1/datasets").status_code == 200
        assert machine.post("/v1/jobs", json={}).json()["code"] == "forbidden"
        assert nobody.get("/v1/datasets").json()["code"] == "unauthenticated"
        work.removed(admin, f"/v1/api-keys/{key['id']}")
        # Who has verified it lately still believes it: HEADGATE_API_KEY_CACHE_SECONDS, 30 by default, in each sandbox.
        until(lambda: machine.get("/v1/datasets").status_code == 401)
