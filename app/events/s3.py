"""S3 notifications of the intake bucket. Keys arrive form-encoded; `s3:TestEvent` has no Records, so it never comes."""

from typing import Any
from urllib.parse import unquote_plus

from app.bootstrap import Lake


def on_object_created(lake: Lake, record: dict[str, Any]) -> None:
    """One object version has arrived."""
    thing = record["s3"]["object"]
    lake.ingestion.receive(
        bucket=record["s3"]["bucket"]["name"], key=unquote_plus(thing["key"]), version_id=thing.get("versionId")
    )
