"""Cognito's pre token generation trigger (version 3): who a token is for, in terms of Headgate.

A person's tenant is an attribute that only administrators write; the scopes are those of the roles that the person's
groups are named for, whatever the client asked for. A client that is no person names its tenant by a scope
`tenant/<tenant>`, which Cognito grants only to that client.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from typing import Any

from app.domain.access import ROLES, TENANT, Scope

_SERVER = "headgate/"
_TENANT = "tenant/"
_ATTRIBUTE = "custom:tenant"


def grant(event: dict[str, Any], _: object) -> dict[str, Any]:
    """The event with its answer. Without a tenant the token gets no scope, and no route lets it in."""
    is_person = event["triggerSource"] != "TokenGeneration_ClientCredentials"
    token = _of_person(event["request"]) if is_person else _of_client(event["request"])
    event["response"] = {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": token}}
    return event


def _of_person(request: dict[str, Any]) -> dict[str, Any]:
    tenant = str(request.get("userAttributes", {}).get(_ATTRIBUTE, ""))
    groups = (request.get("groupConfiguration") or {}).get("groupsToOverride") or []
    granted = {scope for group in groups for scope in ROLES.get(group, ())} if TENANT.match(tenant) else set()
    return {
        "claimsToAddOrOverride": {"tenant": tenant} if granted else {},
        "scopesToAdd": sorted(_SERVER + scope for scope in granted),
        "scopesToSuppress": sorted(_SERVER + scope for scope in set(Scope) - granted),
    }


def _of_client(request: dict[str, Any]) -> dict[str, Any]:
    named = {scope.removeprefix(_TENANT) for scope in request.get("scopes") or [] if scope.startswith(_TENANT)}
    tenants = [tenant for tenant in named if TENANT.match(tenant)]
    if len(tenants) == 1:
        return {"claimsToAddOrOverride": {"tenant": tenants[0]}}
    return {"scopesToSuppress": sorted(_SERVER + scope for scope in Scope)}
