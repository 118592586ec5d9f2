"""The Lambda entries: api, events, schedule. The only module with import side effects: a warm start reuses them."""

from typing import Any

from mangum import Mangum

from app import events as doors
from app.bootstrap import build_lake
from app.main import create_app
from app.settings import Settings

_lake = build_lake(Settings())
# problem+json and x-ndjson are text; without this Mangum sends them as base64.
api = Mangum(
    create_app(_lake, is_inline=True),
    lifespan="off",
    text_mime_types=[
        "text/",
        "application/json",
        "application/problem+json",
        "application/x-ndjson",
        "application/javascript",
    ],
)


def events(event: dict[str, Any], _: object) -> dict[str, Any]:
    """SQS batches of S3 notifications and Athena state changes; reports partial failures."""
    return doors.handle_batch(_lake, event)


def schedule(_: dict[str, Any], __: object) -> None:
    """EventBridge Scheduler's tick, once a minute."""
    doors.tick(_lake)
