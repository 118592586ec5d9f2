"""Datasets: what a caller registers, and what is kept of it. Pure.

The full schema is an item of its own per version (`SchemaVersion`), so that a dataset stays small: a list of fifty is
one Query, whatever the number of their columns.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.domain.contracts import Contract
from app.domain.errors import BadSchema
from app.domain.file_formats import FileFormat
from app.domain.identifiers import time_of
from app.domain.records import Record
from app.domain.schemas import (
    MAX_COLUMNS,
    MAX_NAME,
    Classification,
    Column,
    ColumnName,
    Schema,
    TypeName,
    safe_names,
    unreadable_name,
)
from app.domain.shapes import is_known

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,127}")
_MAX_TAGS: Final = 50


class Tier(StrEnum):
    """raw: files as they came; curated: written by jobs; business: for the rest of the house."""

    RAW = "raw"
    CURATED = "curated"
    BUSINESS = "business"


def is_dataset_name(text: str) -> bool:
    """Whether a namespace or a name may be called so. `__` is kept for tables of our own."""
    return bool(_NAME.fullmatch(text)) and "__" not in text


def _named(text: str) -> str:
    if not is_dataset_name(text):
        raise ValueError("a letter, then lower-case letters, digits and single underscores; 128 characters at most")
    return text


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_named)]
TagKey = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
TagValue = Annotated[str, Field(max_length=256)]
Tags = Annotated[dict[TagKey, TagValue], Field(max_length=_MAX_TAGS, description="Labels to find it by.")]
Description = Annotated[str, Field(max_length=4_096)]
Owner = Annotated[str, Field(max_length=256, description="Who answers for it: an address or a team.")]
ColumnNames = Annotated[tuple[ColumnName, ...], Field(max_length=MAX_COLUMNS)]


class NewColumn(BaseModel):
    """A declared column. Its name may be the header's own; the name in SQL is made from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=4_096, description="As in the file's header.")
    type: TypeName = Field(description="Athena's type name.")
    original_name: str | None = Field(None, max_length=4_096, description="The header's name, where `name` is not it.")
    description: Description | None = None
    classification: Classification = "internal"
    is_nullable: bool = True
    null_tokens: tuple[Annotated[str, Field(max_length=64)], ...] = Field((), max_length=32)
    parse: str | None = Field(None, max_length=64, description="How text becomes the type, e.g. `date:%d/%m/%Y`.")

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.parse is not None and not is_known(self.parse):
            raise ValueError("parse is not one of the shapes that POST .../schema/infer answers with")
        return self


class NewSchema(BaseModel):
    """Declared columns, in the order of the files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[NewColumn, ...] = Field(min_length=1, max_length=MAX_COLUMNS)

    def safe(self, null_value: str | None) -> Schema:
        """The schema with names that Athena takes. BadSchema when two columns have the same name in the files."""
        originals = [column.original_name or column.name for column in self.columns]
        if len(set(originals)) != len(originals):
            raise BadSchema("Two columns have the same name; give each its own.")
        names = safe_names([column.name for column in self.columns])
        return Schema(
            columns=tuple(
                column_of(column, name, original, null_value)
                for column, name, original in zip(self.columns, names, originals, strict=True)
            )
        )


def column_of(column: NewColumn, name: str, original: str, null_value: str | None) -> Column:
    """The declared column under its safe name; `original` is its name in the files."""
    tokens = column.null_tokens
    if null_value and null_value not in tokens:
        tokens = (*tokens, null_value)
    declared = column.model_dump(exclude={"name", "original_name", "null_tokens", "type"})
    return Column(
        name=name,
        type=column.type,
        original_name=original if original != name else None,
        null_tokens=tokens,
        **declared,
    )


_EXAMPLE: Final[dict[str, Any]] = {
    "namespace": "flights",
    "name": "flights_raw",
    "tier": "raw",
    "description": "Departures from New York",
    "owner": "ops@example.com",
    "tags": {"domain": "air"},
    "format": {"type": "csv", "compression": "gzip", "delimiter": ",", "header": True, "null_value": "NA"},
    "schema": {
        "columns": [
            {"name": "flight_id", "type": "bigint", "description": "Number of the flight"},
            {"name": "carrier", "type": "varchar", "description": "IATA code", "classification": "public"},
            {"name": "updated_at", "type": "timestamp"},
            {"name": "year", "type": "int"},
            {"name": "month", "type": "int"},
        ]
    },
    "primary_key": ["flight_id"],
    "order_by": "updated_at",
    "partition_by": ["year", "month"],
}


class NewDataset(BaseModel):
    """What a caller sends to register a dataset. Only namespace, name and tier are required."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    namespace: Name
    name: Name
    tier: Tier
    description: Description = ""
    owner: Owner | None = None
    tags: Tags = {}
    format: FileFormat | None = Field(None, description="Found out from the first good file when left out.")
    schema_: NewSchema | None = Field(
        None, alias="schema", description="Inferred from the first good file when left out."
    )
    primary_key: ColumnNames = Field((), description="Columns that tell rows apart.")
    order_by: ColumnName | None = Field(None, description="The column that tells which of two rows is the later.")
    partition_by: ColumnNames = Field((), description="Columns that a partner's files are split by.")
    contract: Contract | None = Field(None, description="What makes a partition of a raw dataset whole.")

    @property
    def id(self) -> str:
        return f"{self.namespace}.{self.name}"


class DatasetPatch(BaseModel):
    """What to change; what is left out stays. A new `schema` may retype and describe columns and add some at the end;
    while no file is committed it may be anything.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [{"description": "Departures from New York, daily", "tags": {"domain": "air"}}]},
    )

    description: Description | None = None
    owner: Owner | None = None
    tags: Tags | None = None
    format: FileFormat | None = None
    schema_: NewSchema | None = Field(None, alias="schema")
    primary_key: ColumnNames | None = None
    order_by: ColumnName | None = None
    partition_by: ColumnNames | None = None
    contract: Contract | None = None


class Dataset(Record):
    """A registered dataset. `id` is `namespace.name`, which is also its name in SQL.

    `schema_version` is 0 while nothing is known of the columns. `current_version` names what readers see, None before
    the first; `current_table` is the physical Glue table behind it (raw: the table of files),
    `current_hidden` its columns that are none of the dataset's. `staged_version` is the newest part of a rebuild that
    readers do not see yet. `last_sequence` counts a raw one's committed files.
    """

    id: str
    tenant: str
    namespace: str
    name: str
    tier: Tier
    description: str = ""
    owner: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    format: FileFormat | None = None
    primary_key: tuple[str, ...] = ()
    order_by: str | None = None
    partition_by: tuple[str, ...] = ()
    contract: Contract | None = None
    schema_version: int = 0
    column_count: int = 0
    current_version: str | None = None
    current_table: str | None = None
    current_hidden: tuple[str, ...] = ()
    staged_version: str | None = None
    last_sequence: int = 0
    created_at: datetime
    created_by: str
    updated_at: datetime
    deleted_at: datetime | None = None

    @property
    def current_version_at(self) -> datetime | None:
        """When the version that readers see was made."""
        return time_of(self.current_version) if self.current_version else None

    @property
    def is_raw(self) -> bool:
        return self.tier is Tier.RAW

    @property
    def is_json(self) -> bool:
        return self.format is not None and self.format.type == "json"

    @property
    def is_parquet(self) -> bool:
        return self.format is not None and self.format.type == "parquet"


def check_names(schema: Schema, **named: tuple[str, ...]) -> None:
    """BadSchema when primary_key, order_by or partition_by names a column that the schema has not."""
    for field, columns in named.items():
        unknown = [column for column in columns if schema.find(column) is None]
        if unknown:
            raise BadSchema(f"{field} names columns that the schema does not have: {', '.join(unknown[:5])}.")
        if len(set(columns)) != len(columns):
            raise BadSchema(f"{field} names a column twice.")


def with_stored_names(old: Schema, new: Schema) -> Schema:
    """The new schema, whose columns keep the names that Parquet files give them where nothing else is said."""
    known = {column.name: column.original_name for column in old.columns}
    kept = [
        column if column.original_name else column.model_copy(update={"original_name": known.get(column.name)})
        for column in new.columns
    ]
    return Schema(columns=tuple(kept))


def check_stored_names(schema: Schema, old: Schema | None) -> None:
    """BadSchema unless Athena can find every column in Parquet files by its name there, and `old`'s as before."""
    stored = [column.stored_name for column in schema.columns]
    wrong = next((name for at, name in enumerate(stored) if unreadable_name(name) or name in stored[:at]), None)
    if wrong is not None:
        raise BadSchema(
            f"No two columns of Parquet files may be called {wrong[:128]!r} but for case, nor any empty, `_file` or "
            "longer than 255 characters."
        )
    if old is not None and stored[: len(old.columns)] != [column.stored_name for column in old.columns]:
        raise BadSchema("Files are committed under the present original names of columns; keep these.")


def check_successor(old: Schema, new: Schema) -> None:
    """BadSchema unless the files written under the old schema can be read under the new one."""
    if new.names[: len(old.names)] != old.names:
        raise BadSchema(
            "Files are committed under the present schema: keep its columns in their order, add new ones at the end."
        )


def is_read_otherwise(old: Schema, new: Schema) -> bool:
    """Whether text that was a value or NULL under the old schema may be neither under the new one. A column that was
    added, or of which more texts are NULL now, makes no difference.
    """
    known = {column.name: column for column in old.columns}
    both = [(known[column.name], column) for column in new.columns if column.name in known]
    return any(
        (was.type, was.parse) != (now.type, now.parse) or not set(was.null_tokens) <= set(now.null_tokens)
        for was, now in both
    )
