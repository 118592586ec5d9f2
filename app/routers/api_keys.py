"""API keys: create, list, rotate, revoke. A secret is shown once, when it is made."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.domain.access import ApiKey, NewApiKey, Scope
from app.routers.deps import LakeDep, Limit, PageOf, PageToken, PrincipalDep, Revision, paged, tag
from app.routers.door import DoorRoute, needs

router = APIRouter(prefix="/v1", tags=["Access"], route_class=DoorRoute)


class ApiKeyView(BaseModel):
    """An API key without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    prefix: str = Field(description="The public half of the header value.")
    name: str
    scopes: list[Scope]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None

    @field_validator("scopes", mode="before")
    @classmethod
    def _in_order(cls, scopes: frozenset[Scope]) -> list[Scope]:
        return sorted(scopes)


class ApiKeyWithSecret(ApiKeyView):
    """A new secret, shown once."""

    api_key: str = Field(description="Send it as X-Api-Key. It cannot be shown again.")


@router.post("/api-keys", status_code=201, operation_id="create_api_key", openapi_extra=needs(Scope.KEYS_ADMIN))
def create_api_key(lake: LakeDep, principal: PrincipalDep, body: NewApiKey, response: Response) -> ApiKeyWithSecret:
    """Create a key with a role or with scopes; nobody can grant more than they have."""
    key, secret = lake.identity.create(principal, body)
    response.headers["Location"] = f"/v1/api-keys/{key.id}"
    return _with_secret(key, secret, response)


@router.get("/api-keys", operation_id="list_api_keys", openapi_extra=needs(Scope.KEYS_ADMIN))
def list_api_keys(
    lake: LakeDep,
    principal: PrincipalDep,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[ApiKeyView]:
    """All keys of the tenant, revoked ones included."""
    page = lake.identity.list(principal, limit, page_token)
    return PageOf[ApiKeyView].model_validate(paged(page, request, response), from_attributes=True)


@router.get("/api-keys/{key_id}", operation_id="get_api_key", openapi_extra=needs(Scope.KEYS_ADMIN))
def get_api_key(lake: LakeDep, principal: PrincipalDep, key_id: str, response: Response) -> ApiKeyView:
    """One key."""
    key = lake.identity.get(principal, key_id)
    tag(response, key.revision)
    return ApiKeyView.model_validate(key)


@router.post("/api-keys/{key_id}/rotate", operation_id="rotate_api_key", openapi_extra=needs(Scope.KEYS_ADMIN))
def rotate_api_key(
    lake: LakeDep,
    principal: PrincipalDep,
    key_id: str,
    response: Response,
    grace_seconds: Annotated[int, Query(ge=0, le=604_800, description="How long the old secret still works.")] = 86_400,
) -> ApiKeyWithSecret:
    """Give the key a new secret."""
    key, secret = lake.identity.rotate(principal, key_id, grace_seconds)
    return _with_secret(key, secret, response)


@router.delete(
    "/api-keys/{key_id}", status_code=204, operation_id="revoke_api_key", openapi_extra=needs(Scope.KEYS_ADMIN)
)
def revoke_api_key(lake: LakeDep, principal: PrincipalDep, key_id: str, revision: Revision) -> None:
    """Revoke the key; it stops working within the key cache's time (30 s by default)."""
    lake.identity.revoke(principal, key_id, revision)


def _with_secret(key: ApiKey, secret: str, response: Response) -> ApiKeyWithSecret:
    tag(response, key.revision)
    view = ApiKeyView.model_validate(key)
    return ApiKeyWithSecret(**view.model_dump(), api_key=f"{key.prefix}.{secret}")
