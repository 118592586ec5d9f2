"""What a SerDe is given: the objects of a table, and the table as the objects' partition describes it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from local.athena import catalog
from local.athena.objects import StoredObject

Serde = str
"""What a partition's descriptor has other than its table's: SerdeInfo, InputFormat and Columns as JSON text."""
OF_TABLE: Serde = ""
_OWN = ("SerdeInfo", "InputFormat", "Columns")


@dataclass(frozen=True)
class DataFile:
    """One object to read, with the text values of its partition keys (None for a null partition)."""

    stored: StoredObject
    partition: tuple[str | None, ...] = ()
    serde: Serde = OF_TABLE


@dataclass(frozen=True)
class Reading:
    """Files that one SerDe reads in the same way. `table` is as their partition describes it; `spill` is a folder for
    files made from them; `needed` are the columns that the plan looks at; `cursor` may ask DuckDB about the files.
    """

    table: catalog.Table
    files: list[DataFile]
    spill: Path
    needed: set[str]
    cursor: duckdb.DuckDBPyConnection

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Names and Hive types, as the files have them."""
        return catalog.columns(self.table)

    @property
    def parameters(self) -> dict[str, str]:
        return parameters(self.table)


@dataclass(frozen=True)
class Part:
    """A FROM item over some of the files, in that order (its `file_index` counts them), and the SQL of a column by name
    and wanted DuckDB type.
    """

    source: str
    column: Callable[[str, str], str]
    files: list[DataFile]


def own_serde(table: catalog.Table, partition: dict[str, Any]) -> Serde:
    """Athena reads a partition with its own SerDe, parameters and columns (Hive's rule), not with its table's."""
    descriptor = table["StorageDescriptor"]
    own = {k: partition[k] for k in _OWN if partition.get(k) and partition[k] != descriptor.get(k)}
    if not (own.get("SerdeInfo") or {}).get("SerializationLibrary"):
        own.pop("SerdeInfo", None)
        own.pop("InputFormat", None)
    if "Columns" in own and _shape(own["Columns"]) == _shape(descriptor.get("Columns") or []):
        del own["Columns"]
    return json.dumps(own, sort_keys=True) if own else OF_TABLE


def _shape(columns: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(c["Name"].lower(), c.get("Type", "string").lower()) for c in columns]


def with_serde(table: catalog.Table, serde: Serde) -> catalog.Table:
    if serde == OF_TABLE:
        return table
    return {**table, "StorageDescriptor": {**table["StorageDescriptor"], **json.loads(serde)}}


def parameters(table: catalog.Table) -> dict[str, str]:
    """The SerDe's parameters."""
    return dict((table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {})


def flag(table: catalog.Table, name: str, *, default: bool = False) -> bool:
    """A boolean property of the SerDe or the table."""
    value = parameters(table).get(name, (table.get("Parameters") or {}).get(name))
    return default if value is None else str(value).lower() == "true"
