"""The Lambda entries: api, events, schedule. The only module with import side effects: a warm start reuses them."""

import gc
import logging
from functools import cache
from typing import Any

from mangum import Mangum

import app.lean  # noqa: F401 - first: it makes the imports below cheap
from app import events as doors
from app.bootstrap import build_lake
from app.lambda_answers import fitting
from app.main import create_app, noun_of
from app.settings import Settings

logging.getLogger("headgate").setLevel(logging.INFO)  # Lambda's own handler is there already, at WARNING
_lake = build_lake(Settings())
# problem+json and x-ndjson are text; without this Mangum sends them as base64.
_TEXT = [
    "text/",
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
    "application/javascript",
]


def api(event: dict[str, Any], context: object) -> dict[str, Any]:
    """API Gateway's HTTP API, payload format 2.0."""
    return fitting(_api(noun_of(event["rawPath"]))(event, context))  # type: ignore[arg-type] # Mangum types AWS's own


@cache
def _api(noun: str) -> Mangum:
    return Mangum(create_app(_lake, is_inline=True, noun=noun), lifespan="off", text_mime_types=_TEXT)


gc.freeze()  # what is imported stays: the collector need never look at it
gc.enable()


def events(event: dict[str, Any], _: object) -> dict[str, Any]:
    """SQS batches of S3 notifications and Athena state changes; reports partial failures."""
    return doors.handle_batch(_lake, event)


def schedule(_: dict[str, Any], __: object) -> None:
    """EventBridge Scheduler's tick, once a minute."""
    doors.tick(_lake)
