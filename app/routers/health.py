"""Is the door open? Needs no identity and asks nothing of AWS."""

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["Operations"])


class Health(BaseModel):
    status: str = "ok"


@router.get("/health", operation_id="get_health")
async def get_health() -> Health:
    """Always `ok` when the API can answer."""
    return Health()
