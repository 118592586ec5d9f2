"""Glue: databases, tables, views, partitions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from app.adapters.aws import Aws, error_code, translated
from app.domain.schemas import ColumnType

_CREATE_BATCH = 100  # BatchCreatePartition's limit

OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
OPENX_JSON = "org.openx.data.jsonserde.JsonSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_TEXT_FORMATS = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
_PARQUET_FORMATS = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
)


def glue_type(kind: ColumnType) -> str:
    """A column's type as Glue writes it: text without a length is `string`, also within nested types."""
    if kind.name == "struct":
        return f"struct<{','.join(f'{n}:{glue_type(t)}' for n, t in zip(kind.fields, kind.parts, strict=True))}>"
    if kind.parts:
        return f"{kind.name}<{','.join(map(glue_type, kind.parts))}>"
    return "string" if kind.name == "varchar" and kind.length is None else str(kind)


@dataclass(frozen=True)
class Storage:
    """How the files of a table, or of one partition, are read."""

    columns: tuple[tuple[str, str], ...]  # (name, Glue type)
    location: str  # s3://bucket/prefix/
    serde: str
    serde_parameters: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def descriptor(self) -> dict[str, Any]:
        formats = _PARQUET_FORMATS if self.serde == PARQUET else _TEXT_FORMATS
        return {
            "Columns": [{"Name": name, "Type": kind} for name, kind in self.columns],
            "Location": self.location,
            "InputFormat": formats[0],
            "OutputFormat": formats[1],
            "SerdeInfo": {"SerializationLibrary": self.serde, "Parameters": dict(self.serde_parameters)},
            "Parameters": dict(self.parameters),
        }


class Partition(NamedTuple):
    """One partition of a table: its values, in the order of the keys, and where and how it lies (Glue's structure)."""

    values: tuple[str, ...]
    descriptor: dict[str, Any]

    @property
    def location(self) -> str:
        """Slash-terminated."""
        return str(self.descriptor["Location"]).rstrip("/") + "/"


class Catalog:
    """What Headgate asks of the Glue Data Catalog. All writes are idempotent."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def ensure_database(self, name: str) -> None:
        with translated("Glue"):
            try:
                self._aws.glue.create_database(DatabaseInput={"Name": name})
            except ClientError as error:
                if error_code(error) != "AlreadyExistsException":
                    raise

    def put_table(
        self,
        database: str,
        name: str,
        storage: Storage,
        *,
        partition_keys: Sequence[tuple[str, str]] = (),
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Create or replace an external table."""
        table = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **(parameters or {})},
            "StorageDescriptor": storage.descriptor(),
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in partition_keys],
        }
        self._put(database, table)

    def put_view(
        self,
        database: str,
        name: str,
        text: str,
        columns: Sequence[tuple[str, str]],
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Create or replace a view; `text` is the `/* Presto View: ... */` that Athena reads."""
        table = {
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View", **(parameters or {})},
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
                "Location": "",
                "SerdeInfo": {},
            },
            "PartitionKeys": [],
            "ViewOriginalText": text,
            "ViewExpandedText": "/* Presto View */",
        }
        self._put(database, table)

    def find_table(self, database: str, name: str) -> Mapping[str, Any] | None:
        """Glue's own `Table` structure, or None."""
        with translated("Glue"):
            try:
                table: Mapping[str, Any] = self._aws.glue.get_table(DatabaseName=database, Name=name)["Table"]
            except ClientError as error:
                if error_code(error) != "EntityNotFoundException":
                    raise
                return None
        return table

    def partitions(self, database: str, table: str) -> list[Partition]:
        """All partitions of a table; 1,000 a request."""
        found: list[Partition] = []
        with translated("Glue"):
            pages = self._aws.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
            for page in pages:
                found += [Partition(tuple(one["Values"]), one["StorageDescriptor"]) for one in page["Partitions"]]
        return found

    def put_table_like(
        self, database: str, name: str, like: Mapping[str, Any], *, partition_keys: Sequence[tuple[str, str]]
    ) -> None:
        """Create or replace a table that reads its files as `like` (Glue's own structure) does."""
        keys = [{"Name": key, "Type": kind} for key, kind in partition_keys]
        table = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": dict(like.get("Parameters", {})),
            "StorageDescriptor": like["StorageDescriptor"],
            "PartitionKeys": keys,
        }
        self._put(database, table)

    def drop_table(self, database: str, name: str) -> None:
        """Gone afterwards, whether or not it was there."""
        with _gone_is_fine():
            self._aws.glue.delete_table(DatabaseName=database, Name=name)

    def add_partitions(self, database: str, table: str, partitions: Sequence[Partition]) -> None:
        """Register partitions; those that exist are left as they are."""
        for start in range(0, len(partitions), _CREATE_BATCH):
            batch = [
                {"Values": list(one.values), "StorageDescriptor": one.descriptor}
                for one in partitions[start : start + _CREATE_BATCH]
            ]
            with translated("Glue"):
                answer = self._aws.glue.batch_create_partition(
                    DatabaseName=database, TableName=table, PartitionInputList=batch
                )
                _refuse_errors(answer, "AlreadyExistsException", "BatchCreatePartition")

    def put_partition(self, database: str, table: str, partition: Partition) -> None:
        """Register a partition, in place of the one with its values if there is one."""
        given = {"Values": list(partition.values), "StorageDescriptor": partition.descriptor}
        with translated("Glue"):
            try:
                self._aws.glue.update_partition(
                    DatabaseName=database,
                    TableName=table,
                    PartitionValueList=list(partition.values),
                    PartitionInput=given,
                )
            except ClientError as error:
                if error_code(error) != "EntityNotFoundException":
                    raise
                self.add_partitions(database, table, [partition])

    def drop_partition(self, database: str, table: str, values: Sequence[str]) -> None:
        """Gone afterwards, whether or not it was there."""
        with _gone_is_fine():
            self._aws.glue.delete_partition(DatabaseName=database, TableName=table, PartitionValues=list(values))

    def _put(self, database: str, table: dict[str, Any]) -> None:
        with translated("Glue"):
            try:
                self._aws.glue.create_table(DatabaseName=database, TableInput=table)
            except ClientError as error:
                if error_code(error) != "AlreadyExistsException":
                    raise
                self._aws.glue.update_table(DatabaseName=database, TableInput=table, SkipArchive=True)


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    """What is to be deleted may not be there."""
    with translated("Glue"):
        try:
            yield
        except ClientError as error:
            if error_code(error) != "EntityNotFoundException":
                raise


def _refuse_errors(answer: Mapping[str, Any], harmless: str, operation: str) -> None:
    """Batch calls report errors per item in the answer; one that is not harmless fails the batch."""
    for item in answer.get("Errors", []):
        detail = item.get("ErrorDetail", {})
        if detail.get("ErrorCode") != harmless:
            raise ClientError({"Error": {"Code": detail.get("ErrorCode", "?"), "Message": ""}}, operation)
