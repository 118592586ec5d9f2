"""A file at the door, and the event that S3 sends of it; whoever has the event delivers it, as often as they like."""

import json
from typing import Any, NamedTuple

import httpx


class Drop(NamedTuple):
    """A file's id, and the record of an SQS batch that tells of it."""

    file_id: str
    record: dict[str, Any]


def dropped(api: Any, lake: Any, dataset: str, text: bytes) -> Drop:
    """An announced file, sent. The queue has its own copy of the event; nobody here empties it."""
    asked = {"file_name": "a.csv", "size_bytes": len(text)}
    answer = api.post(f"/v1/datasets/{dataset}/uploads", json=asked)
    assert answer.status_code == 201, answer.text
    return sent(lake, dataset, answer.json(), text)


def sent(lake: Any, dataset: str, upload: dict[str, Any], text: bytes) -> Drop:
    """The bytes of an announced file, put where it says."""
    put = httpx.put(upload["url"], headers=upload["headers"], content=text).raise_for_status()
    key = f"main/{dataset.replace('.', '/')}/{upload['file_id']}"
    thing = {
        "bucket": {"name": lake.settings.intake_bucket},
        "object": {"key": key, "versionId": put.headers["x-amz-version-id"]},
    }
    body = json.dumps({"Records": [{"eventSource": "aws:s3", "s3": thing}]})
    return Drop(upload["file_id"], {"messageId": upload["file_id"], "body": body})


def handled(lake: Any, drop: Drop) -> bool:
    """Whether the application took the event."""
    from app import events

    return not events.handle_batch(lake, {"Records": [drop.record]})["batchItemFailures"]
