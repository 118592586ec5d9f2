"""Where things lie: object keys and Glue names, made by the server from validated names only. Pure."""

import re
from typing import Final

from app.domain.errors import InvalidInput

_VERSION: Final = re.compile(r"/v=([0-9a-z]{26})/")

FILE_PARTITION = "_file"
"""Partition key of a raw dataset's physical table: one partition per committed file."""
LOAD_PARTITION = "_load"
"""Partition key of a version that grows: one value per run that added rows."""
INGEST_COLUMN = "_ingest"
"""Hidden column: the id of the file that a row came with (text). Ids sort by the time the file was announced, whatever
the order in which files are taken in, so they settle ties in the same way every time."""
DELETED_COLUMN = "_deleted"
"""Hidden column: the row is a tombstone (boolean); it stays so that a late change does not bring its key back."""
REJECTED_COLUMN = "_rejected"
"""Hidden column: why the row is no row of the dataset (text); NULL for those that are."""

_REJECTS: Final = "__rejects"


def is_hidden(column: str) -> bool:
    """Whether a column of a version's table is none of the dataset's."""
    return column.startswith("_")


def dataset_of_rejects(name: str) -> str | None:
    """The dataset whose rejected rows `namespace.name__rejects` are; None for any other name."""
    dataset_id = name.removesuffix(_REJECTS)
    return None if dataset_id == name or dataset_id.endswith(".") else dataset_id


def glue_database(tenant: str, namespace: str, *, home_tenant: str) -> str:
    """The Glue database of a namespace. Other tenants' carry a prefix that no namespace can contain."""
    return namespace if tenant == home_tenant else f"{tenant}__{namespace}"


def files_table(name: str) -> str:
    """The physical table behind a raw dataset (text columns, one partition per file)."""
    return f"{name}__files"


def version_table(name: str, version: str, attempt: int) -> str:
    """The physical table of one attempt at a version of a curated or business dataset."""
    return f"{name}__v{version}" + ("" if attempt == 1 else f"_a{attempt}")


def written_table(table: str) -> str:
    """What Athena fills where the version's own table refers to older files, too."""
    return f"{table}_w"


def dataset_prefix(tenant: str, dataset_id: str) -> str:
    """`<tenant>/<namespace>/<name>/`, the same in every bucket."""
    namespace, name = dataset_id.split(".")
    return f"{tenant}/{namespace}/{name}/"


def intake_key(tenant: str, dataset_id: str, file_id: str) -> str:
    """The drop-off key of one upload. The partner's file name is metadata only."""
    return f"{dataset_prefix(tenant, dataset_id)}{file_id}"


def parse_intake_key(key: str) -> tuple[str, str, str]:
    """(tenant, dataset_id, file_id) of an intake key; InvalidInput if it is not one that we made."""
    parts = key.split("/")
    if len(parts) != 4 or not all(parts):
        raise InvalidInput("The object was not dropped at a location that Headgate hands out.")
    tenant, namespace, name, file_id = parts
    return tenant, f"{namespace}.{name}", file_id


def data_prefix(tenant: str, dataset_id: str, file_id: str, kind: str) -> str:
    """What the table reads of one committed file: its Glue partition's location, slash-terminated. Each `kind` of
    object (a format, or `copy`) has its own: one that was verified twice may have been placed twice.
    """
    return f"{dataset_prefix(tenant, dataset_id)}data/{file_id}/{kind}/"


def folder_of(key: str) -> str:
    """The slash-terminated prefix right above an object."""
    return key[: key.rindex("/") + 1]


def original_key(tenant: str, dataset_id: str, file_id: str) -> str:
    """Pristine copy of a file that the table cannot read as it stands."""
    return f"{dataset_prefix(tenant, dataset_id)}original/{file_id}"


def quarantine_key(tenant: str, dataset_id: str, file_id: str) -> str:
    """Pristine copy of a file that failed verification."""
    return f"{dataset_prefix(tenant, dataset_id)}quarantine/{file_id}"


def version_prefix(tenant: str, dataset_id: str, version: str) -> str:
    """All attempts at one version."""
    return f"{dataset_prefix(tenant, dataset_id)}v={version}/"


def version_of(location: str) -> str | None:
    """The version below whose prefix an object or a partition lies; None when it is below none."""
    found = _VERSION.search(location)
    return found[1] if found else None


def attempt_of(prefix: str) -> int:
    """The attempt of a prefix that ends in `a=<n>/`."""
    return int(prefix.rstrip("/").rpartition("a=")[2])


def attempt_prefix(tenant: str, dataset_id: str, version: str, attempt: int) -> str:
    """Where one attempt at one version writes; never used twice."""
    return f"{version_prefix(tenant, dataset_id, version)}a={attempt}/"
