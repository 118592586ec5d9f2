"""Tokens as Cognito makes them with our trigger's answer, and who the API then takes their bearer for."""

import json
from typing import Any

import pytest

from app.bootstrap import build_lake
from app.claims import grant
from app.domain.access import ROLES, Scope
from app.main import create_app
from tests.api.test_http import invoked

ALL = [f"headgate/{scope}" for scope in Scope]


def person(tenant: str | None, *groups: str) -> dict[str, Any]:
    attributes = {"sub": "jane", "email": "jane@example.com"} | ({"custom:tenant": tenant} if tenant else {})
    configuration = {"groupsToOverride": list(groups), "iamRolesToOverride": [], "preferredRole": None}
    request = {"userAttributes": attributes, "groupConfiguration": configuration, "scopes": ["openid", *ALL]}
    return {"version": "3", "triggerSource": "TokenGeneration_HostedAuth", "request": request, "response": {}}


def client(*scopes: str) -> dict[str, Any]:
    request = {"userAttributes": {}, "groupConfiguration": {}, "scopes": list(scopes)}
    return {"version": "3", "triggerSource": "TokenGeneration_ClientCredentials", "request": request, "response": {}}


def token_of(event: dict[str, Any]) -> dict[str, str]:
    """The access token's claims after Cognito has applied the trigger's answer."""
    given = grant(event, None)["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"]
    scopes = {*event["request"]["scopes"], *given.get("scopesToAdd", [])} - set(given.get("scopesToSuppress", []))
    return {
        "sub": "jane",
        "token_use": "access",
        "scope": " ".join(sorted(scopes)),
        **given.get("claimsToAddOrOverride", {}),
    }


@pytest.fixture(scope="module")
def me(lake: Any) -> Any:
    settings = lake.settings.model_copy(update={"trust_gateway_claims": True, "jwt_tenant_claim": "tenant"})
    deployed = create_app(build_lake(settings), is_inline=True)

    def asked(event: dict[str, Any]) -> Any:
        answer = invoked(deployed, "GET", "/v1/me", context={"authorizer": {"jwt": {"claims": token_of(event)}}})
        return json.loads(answer["body"]) if answer["statusCode"] == 200 else answer["statusCode"]

    return asked


@pytest.mark.parametrize("role", ROLES)
def test_a_person_has_the_scopes_of_the_groups_whatever_the_client_asked_for(me: Any, role: str) -> None:
    assert me(person("acme", role)) == {"principal": "sub:jane", "tenant": "acme", "scopes": sorted(ROLES[role])}


def test_groups_add_up_and_a_group_that_is_no_role_gives_nothing(me: Any) -> None:
    both = me(person("acme", "viewer", "partner", "eu-west-1_abc_Google"))
    assert both["scopes"] == sorted(ROLES["viewer"] | ROLES["partner"])
    assert me(person("acme", "cooks")) == 401


@pytest.mark.parametrize("tenant", [None, "", "~", "UPPER", "a#b", "a/b"])
def test_without_a_tenant_that_can_be_one_a_token_opens_nothing(me: Any, tenant: str | None) -> None:
    event = person(tenant, "admin")
    assert me(event) == 401
    assert "headgate/" not in token_of(event)["scope"], "API Gateway asks for one of our scopes"


def test_a_partners_client_is_of_the_tenant_that_cognito_grants_it(me: Any) -> None:
    given = me(client("tenant/acme", "headgate/files:write"))
    assert given == {"principal": "sub:jane", "tenant": "acme", "scopes": ["files:write"]}


@pytest.mark.parametrize("scopes", [("headgate/files:write",), ("tenant/a", "tenant/b", "headgate/files:write")])
def test_a_client_of_no_tenant_or_of_two_gets_in_nowhere(me: Any, scopes: tuple[str, ...]) -> None:
    assert me(client(*scopes)) == 401
    assert "headgate/" not in token_of(client(*scopes))["scope"]
