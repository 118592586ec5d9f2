"""Who am I to Headgate?"""

from fastapi import APIRouter
from pydantic import BaseModel

from app.domain.access import Scope
from app.routers.deps import PrincipalDep
from app.routers.door import ANYONE, DoorRoute, needs

router = APIRouter(prefix="/v1", tags=["Access"], route_class=DoorRoute)


class Me(BaseModel):
    """The caller as Headgate sees it."""

    principal: str
    tenant: str
    scopes: list[Scope]


@router.get("/me", operation_id="get_me", openapi_extra=needs(ANYONE))
async def get_me(principal: PrincipalDep) -> Me:
    """The principal, tenant and scopes of the key or token sent."""
    return Me(principal=principal.id, tenant=principal.tenant, scopes=sorted(principal.scopes))
