"""How a definition is stored where it stands inside another record. Pure."""

import base64
import zlib
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from app.domain.jobs import JobDefinition


def packed(definition: JobDefinition | None) -> str | None:
    """As stored: DynamoDB's items have 400 KB at most, and a definition may name 2,000 columns."""
    if definition is None:
        return None
    return base64.b85encode(zlib.compress(definition.model_dump_json(by_alias=True).encode())).decode()


def unpacked(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return JobDefinition.model_validate_json(zlib.decompress(base64.b85decode(value)))


PackedDefinition = Annotated[
    JobDefinition | None, BeforeValidator(unpacked), PlainSerializer(packed, return_type=str | None, when_used="json")
]
