"""PyIceberg's own GlueCatalog over the Glue of this process: no HTTP, and the same Glue tables as any client writes."""

import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException
from pyiceberg.io import FileIO
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil
from pyiceberg.typedef import EMPTY_DICT, Properties

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.host import host
from local.athena.iceberg import is_iceberg
from local.athena.iceberg.io import ObjectsIO
from local.athena.settings import from_environment


class _GlueError(Exception):
    """Glue's refusal; the subclasses are those that GlueCatalog tells apart."""


class _Exceptions:
    """What boto3 calls `client.exceptions`."""

    class EntityNotFoundException(_GlueError):
        pass

    class AlreadyExistsException(_GlueError):
        pass

    class ConcurrentModificationException(_GlueError):
        pass


class _Glue:
    """As much of boto3's Glue client as GlueCatalog uses, answered by the handler that serves HTTP."""

    exceptions = _Exceptions

    def get_table(self, **request: Any) -> dict[str, Any]:
        return _call("GetTable", request)

    def create_table(self, **request: Any) -> dict[str, Any]:
        return _call("CreateTable", _as_athena(request))

    def update_table(self, **request: Any) -> dict[str, Any]:
        return _call("UpdateTable", _as_athena(request))

    def delete_table(self, **request: Any) -> dict[str, Any]:
        return _call("DeleteTable", request)


# "Table properties are stored in the Iceberg table metadata file rather than in AWS Glue" (Athena user guide, ALTER
# TABLE SET TBLPROPERTIES); PyIceberg puts them into both.
_STORED_IN_METADATA = ("write.", "history.", "athena.", "commit.", "schema.", "format-version")


def _as_athena(request: dict[str, Any]) -> dict[str, Any]:
    given = request["TableInput"]
    kept = {k: v for k, v in given.get("Parameters", {}).items() if not k.startswith(_STORED_IN_METADATA)}
    return {**request, "TableInput": {**given, "Parameters": kept}}


def _call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    status, _, body = host.call("glue", f"AWSGlue.{operation}", json.dumps(request).encode())
    answer: dict[str, Any] = json.loads(body or b"{}")
    if status >= 400:
        kind = str(answer.get("__type", "")).rsplit("#", maxsplit=1)[-1]
        raise getattr(_Exceptions, kind, _GlueError)(str(answer.get("message") or answer.get("Message") or kind))
    return answer


@lru_cache(maxsize=64)
def _parsed(path: str, stamp: tuple[int, int]) -> TableMetadata:  # noqa: ARG001 - a changed file is another key
    with Path(path).open("rb") as file:
        body = file.read()
    if body[:2] == b"\x1f\x8b":  # write.metadata.compression-codec = gzip
        body = gzip.decompress(body)
    return TableMetadataUtil.parse_raw(body.decode())


class EmbeddedCatalog(GlueCatalog):
    """Glue tables by name; one for each statement, since it belongs to the statement's account."""

    def __init__(self) -> None:
        super().__init__("awsdatacatalog", client=_Glue())
        self.io = ObjectsIO(from_environment().work_dir)

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> FileIO:  # noqa: ARG002
        return self.io

    def _is_s3tables_database(self, database_name: str) -> bool:  # noqa: ARG002
        return False

    def _convert_glue_to_iceberg(self, glue_table: Any) -> Table:
        """As GlueCatalog does, but metadata files, which never change, are parsed once."""
        parameters = glue_table.get("Parameters") or {}
        location = parameters.get("metadata_location")
        if not is_iceberg(glue_table) or not location:
            return super()._convert_glue_to_iceberg(glue_table)
        try:
            path = Path(self.io.path(location))
        except FileNotFoundError as missing:
            raise QueryFailed(
                "ICEBERG_MISSING_METADATA", f"Metadata not found in metadata location for table: {location}"
            ) from missing
        status = path.stat()
        metadata = _parsed(str(path), (status.st_mtime_ns, status.st_size))
        names = (glue_table["DatabaseName"], glue_table["Name"])
        return Table(names, metadata, location, self.io, self)


def load(table: catalog.Table) -> Table:
    """The Iceberg table behind a Glue table, at its newest metadata. Raises QueryFailed."""
    try:
        return EmbeddedCatalog().load_table((table["DatabaseName"], table["Name"]))
    except (NoSuchTableError, ValueError) as error:
        raise QueryFailed("ICEBERG_INVALID_METADATA", f"Cannot read the Iceberg table: {error}") from error


def writable(table: catalog.Table, *, is_change: bool) -> Table:
    """The Iceberg table, which rows are to be added to or (`is_change`) taken from. Raises QueryFailed."""
    found = load(table)
    if found.format_version > 2:
        raise QueryFailed("NOT_SUPPORTED", f"Iceberg format version {found.format_version} is not supported for writes")
    if is_change and found.format_version < 2:
        raise QueryFailed("NOT_SUPPORTED", "Iceberg table updates require at least format version 2")
    return found


def commit_failed(table: Table, error: CommitFailedException | ValidationException) -> QueryFailed:
    """Athena's words for a commit that lost against another one."""
    name = ".".join(table.name())
    return QueryFailed("ICEBERG_COMMIT_ERROR", f"Failed to commit Iceberg update to table: {name}. {error}")
