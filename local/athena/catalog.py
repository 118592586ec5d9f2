"""Glue from inside the process: reads from MiniStack's stores, writes through its handler as a client's would."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import base64
import json
from typing import Any

from ministack.services import glue

from local.athena.callers import require
from local.athena.errors import QueryFailed
from local.athena.host import current_scope, host

CATALOG = "awsdatacatalog"
_VIEW_PREFIX = "/* Presto View: "
Table = dict[str, Any]
Partition = dict[str, Any]


def database_names() -> list[str]:
    return sorted(glue._databases.keys())


def find_database(name: str) -> dict[str, Any] | None:
    """The database; names are lower case in Glue, callers may not be."""
    _may("GetDatabase", f"database/{name.lower()}")
    return glue._databases.get(name.lower()) or glue._databases.get(name)


def find_table(database: str, name: str) -> Table | None:
    _may("GetTable", f"table/{database.lower()}/{name.lower()}")
    return glue._tables.get(f"{database.lower()}/{name.lower()}") or glue._tables.get(f"{database}/{name}")


def tables_in(database: str) -> list[Table]:
    """The tables and views of a database, by name."""
    _may("GetTables", f"table/{database.lower()}/*")
    prefix = f"{database.lower()}/"
    found = [table for key, table in glue._tables.items() if key.startswith(prefix)]
    return sorted(found, key=lambda table: table["Name"])


def partitions_of(table: Table) -> list[Partition]:
    """The registered partitions: `Values` and `StorageDescriptor` each."""
    _may("GetPartitions", f"table/{table['DatabaseName']}/{table['Name']}")
    return list(glue._partitions.get(f"{table['DatabaseName']}/{table['Name']}") or [])


def find_partition(table: Table, values: list[str]) -> Partition | None:
    """The registered partition with these values, or None."""
    return next((one for one in partitions_of(table) if one["Values"] == values), None)


def columns(table: Table) -> list[tuple[str, str]]:
    """Names (lower case) and Hive types of the data columns."""
    listed = table["StorageDescriptor"].get("Columns") or []
    return [(c["Name"].lower(), c.get("Type", "string")) for c in listed if is_current(c)]


def is_current(column: dict[str, Any]) -> bool:
    """Whether it is a column now: Glue keeps the dropped columns of an Iceberg table, marked."""
    return (column.get("Parameters") or {}).get("iceberg.field.current") != "false"


def partition_keys(table: Table) -> list[tuple[str, str]]:
    return [(c["Name"].lower(), c.get("Type", "string")) for c in table.get("PartitionKeys") or []]


def is_view(table: Table) -> bool:
    return table.get("TableType") == "VIRTUAL_VIEW"


def view_definition(table: Table) -> dict[str, Any]:
    """The decoded Presto view: originalSql, catalog, schema, columns. Raises QueryFailed on one that is not."""
    text = table.get("ViewOriginalText") or ""
    if not text.startswith(_VIEW_PREFIX):
        raise QueryFailed("HIVE_INVALID_VIEW_DATA", f"Hive views are not supported: '{table['Name']}'")
    encoded = text[len(_VIEW_PREFIX) :].removesuffix("*/").strip()
    try:
        return json.loads(base64.b64decode(encoded))
    except ValueError as broken:
        raise QueryFailed("HIVE_INVALID_VIEW_DATA", f"Invalid view JSON: '{table['Name']}'") from broken


def view_input(name: str, sql: str, database: str, names_types: list[tuple[str, str, str]]) -> dict[str, Any]:
    """The Glue TableInput of a view as Athena writes it. `names_types` is (name, Athena type, Hive type)."""
    body = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": n, "type": t} for n, t, _ in names_types],
    }
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "StorageDescriptor": {
            "Columns": [{"Name": n, "Type": h} for n, _, h in names_types],
            "Location": "",
            "SerdeInfo": {},
        },
        "PartitionKeys": [],
        "ViewOriginalText": f"{_VIEW_PREFIX}{encoded} */",
        "ViewExpandedText": "/* Presto View */",
    }


def change(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """One Glue write, e.g. `CreateTable`. Raises QueryFailed with Glue's message."""
    _may(operation, _named(request))
    status, _, body = host.call("glue", f"AWSGlue.{operation}", json.dumps(request).encode())
    answer: dict[str, Any] = json.loads(body or b"{}")
    if status >= 400:
        kind = str(answer.get("__type", "")).rsplit("#", maxsplit=1)[-1]
        raise QueryFailed(
            "TABLE_ALREADY_EXISTS" if kind == "AlreadyExistsException" else "HIVE_METASTORE_ERROR",
            str(answer.get("message") or answer.get("Message") or kind),
        )
    return answer


def _named(request: dict[str, Any]) -> str:
    """The table, or the database, that a write of Glue is about."""
    database = request.get("DatabaseName")
    if database is None:
        return f"database/{(request.get('DatabaseInput') or request)['Name']}"
    table = request.get("TableName") or request.get("Name") or (request.get("TableInput") or {}).get("Name") or "*"
    return f"table/{database}/{table}"


def _may(operation: str, resource: str) -> None:
    scope = current_scope()
    arn = f"glue:{scope.region}:{scope.account}:{resource}"
    require(f"glue:{operation}", arn, "Insufficient permissions to execute the query")


def add_partitions(table: Table, additions: list[tuple[list[str], str]]) -> None:
    """Register partitions (values, location), a hundred a call; those that exist are left alone."""
    descriptor = table["StorageDescriptor"]
    for start in range(0, len(additions), 100):
        inputs = [
            {"Values": values, "StorageDescriptor": {**descriptor, "Location": location}}
            for values, location in additions[start : start + 100]
        ]
        request = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"], "PartitionInputList": inputs}
        change("BatchCreatePartition", request)
