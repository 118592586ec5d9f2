"""The schema of a dataset, version by version. Pure."""

import base64
import zlib
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

from app.domain.records import Record
from app.domain.schemas import Column, Schema

_COLUMNS = TypeAdapter(tuple[Column, ...])


def _packed(columns: tuple[Column, ...]) -> str:
    return base64.b85encode(zlib.compress(_COLUMNS.dump_json(columns, exclude_defaults=True))).decode()


def _unpacked(value: Any) -> Any:
    return _COLUMNS.validate_json(zlib.decompress(base64.b85decode(value))) if isinstance(value, str) else value


# DynamoDB's items have 400 KB at most, and 2,000 columns with evidence and descriptions are more.
PackedColumns = Annotated[
    tuple[Column, ...], BeforeValidator(_unpacked), PlainSerializer(_packed, return_type=str, when_used="json")
]


class SchemaVersion(Record):
    """One version of a dataset's columns; `number` counts from 1. Never changed once stored."""

    dataset_id: str
    tenant: str
    number: int
    columns: PackedColumns
    origin: Literal["declared", "inferred", "job"]
    created_at: datetime
    created_by: str

    @property
    def schema_(self) -> Schema:
        return Schema(columns=self.columns)
