"""Hive DDL that only touches the catalogue: databases, external tables, MSCK; ALTER TABLE, SHOW and DESCRIBE beside it.

Sources: Athena user guide, "DDL statements"; the words of failures are those of Hive's DDLTask and SemanticAnalyzer.
"""

from collections.abc import Callable
from typing import Any

from local.athena import alterations, catalog, describing, hivetable, objects, showing
from local.athena.errors import QueryFailed
from local.athena.hivelex import Cursor
from local.athena.hivetable import failed, semantic
from local.athena.hivetext import NOTHING, Lines, existing_database, existing_table, one, partition_name
from local.athena.iceberg import is_iceberg
from local.athena.statements import Statement


def run(statement: Statement, database: str, output: str) -> Lines:  # noqa: ARG001 - one shape for all statements
    """The columns and lines a statement answers with. Raises QueryFailed."""
    return KINDS[statement.kind](statement.text, database)


def _create_database(text: str, database: str) -> Lines:  # noqa: ARG001
    cursor = Cursor(text)
    cursor.expect("CREATE")
    cursor.one_of("DATABASE", "SCHEMA")
    is_lenient = cursor.accept("IF", "NOT", "EXISTS")
    given: dict[str, Any] = {"Name": cursor.name()}
    while not cursor.is_done():
        if cursor.accept("COMMENT"):
            given["Description"] = cursor.string()
        elif cursor.accept("LOCATION"):
            given["LocationUri"] = hivetable.location(cursor.string())
        elif cursor.accept("WITH", "DBPROPERTIES"):
            given["Parameters"] = cursor.pairs()
        else:
            raise cursor.fail()
    if catalog.find_database(given["Name"]) is None:
        catalog.change("CreateDatabase", {"DatabaseInput": given})
    elif not is_lenient:
        raise failed(f"Database {given['Name']} already exists")
    return NOTHING


def _alter_database(text: str, database: str) -> Lines:  # noqa: ARG001
    cursor = Cursor(text)
    cursor.expect("ALTER")
    cursor.one_of("DATABASE", "SCHEMA")
    name = existing_database(cursor.name())
    cursor.expect("SET", "DBPROPERTIES")
    properties = cursor.pairs()
    cursor.end()
    found = catalog.find_database(name) or {}
    kept = {key: found[key] for key in ("Description", "LocationUri") if found.get(key)}
    merged = {**(found.get("Parameters") or {}), **properties}
    catalog.change("UpdateDatabase", {"Name": name, "DatabaseInput": {**kept, "Name": name, "Parameters": merged}})
    return NOTHING


def _drop_database(text: str, database: str) -> Lines:  # noqa: ARG001
    cursor = Cursor(text)
    cursor.expect("DROP")
    cursor.one_of("DATABASE", "SCHEMA")
    is_lenient = cursor.accept("IF", "EXISTS")
    name = cursor.name()
    takes_all = cursor.accept("CASCADE")
    if not takes_all:
        cursor.accept("RESTRICT")
    cursor.end()
    if is_lenient and catalog.find_database(name) is None:
        return NOTHING
    existing_database(name)
    if catalog.tables_in(name) and not takes_all:
        raise failed(f"InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)")
    catalog.change("DeleteDatabase", {"Name": name})
    return NOTHING


def _create_table(text: str, database: str) -> Lines:
    schema, table, is_lenient = hivetable.parse(text, database)
    if is_iceberg(table):  # Athena user guide, "Create Iceberg tables"
        raise QueryFailed("", "External keyword not supported for table type ICEBERG")
    existing_database(schema)
    if catalog.find_table(schema, table["Name"]) is None:
        catalog.change("CreateTable", {"DatabaseName": schema, "TableInput": table})
    elif not is_lenient:
        raise failed(f"AlreadyExistsException(message:Table {table['Name']} already exists)")
    return NOTHING


def _create_iceberg_table(text: str, database: str) -> Lines:
    from local.athena.iceberg.ddl import create_table

    return create_table(text, database)


def _drop_table(text: str, database: str) -> Lines:
    """Hive's DROP TABLE; the data stays."""
    cursor = Cursor(text)
    cursor.expect("DROP", "TABLE")
    is_lenient = cursor.accept("IF", "EXISTS")
    schema, name = cursor.table(database)
    cursor.accept("PURGE")
    cursor.end()
    if is_lenient and catalog.find_table(schema, name) is None:
        return NOTHING
    table = existing_table((schema, name))
    if catalog.is_view(table):
        raise semantic("[Error 10267]: Cannot drop a view with DROP TABLE")
    if is_iceberg(table):
        from local.athena.iceberg.ddl import drop_table

        drop_table(table)
        return NOTHING
    catalog.change("DeleteTable", {"DatabaseName": schema, "Name": table["Name"]})
    return NOTHING


def _drop_view(text: str, database: str) -> Lines:
    """Trino's DROP VIEW."""
    cursor = Cursor(text)
    cursor.expect("DROP", "VIEW")
    is_lenient = cursor.accept("IF", "EXISTS")
    schema, name = cursor.table(database, trino=True)
    cursor.end()
    table = catalog.find_table(schema, name)
    if table is not None and catalog.is_view(table):
        catalog.change("DeleteTable", {"DatabaseName": schema, "Name": table["Name"]})
    elif not is_lenient:
        shown = f"{catalog.CATALOG}.{schema}.{name}"
        raise QueryFailed("TABLE_NOT_FOUND", f"line 1:1: View '{shown}' does not exist")
    return NOTHING


def _msck(text: str, database: str) -> Lines:
    """Registers the Hive-style folders below the table's location that are not yet partitions; removes none.

    Hive's rules as the Athena user guide has them: the key's name in lower case, no colon in a value.
    """
    cursor = Cursor(text)
    cursor.expect("MSCK", "REPAIR", "TABLE")
    table = existing_table(cursor.table(database))
    cursor.end()
    names = [name for name, _ in catalog.partition_keys(table)]
    if not names:
        return NOTHING
    location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
    folders = _partition_folders(location, names)
    known = {tuple(partition["Values"]): partition for partition in catalog.partitions_of(table)}
    new = {values: folder for values, folder in folders.items() if values not in known}
    gone = [values for values, partition in known.items() if _is_gone(partition, location, folders)]
    catalog.add_partitions(table, [(list(values), location + folder) for values, folder in new.items()])
    labels = [f"{table['Name']}:{partition_name(table, list(values))}" for values in new]
    lost = [f"{table['Name']}:{partition_name(table, list(values))}" for values in gone]
    lines = ["\t".join(["Partitions not in metastore:", *labels])] if labels else []
    lines += ["\t".join(["Partitions missing from filesystem:", *lost])] if lost else []
    return one("result", [*lines, *(f"Repair: Added partition to metastore {label}" for label in labels)])


def _partition_folders(location: str, names: list[str]) -> dict[tuple[str, ...], str]:
    """The folders whose path is key=value for each key in turn: values -> path relative to the location."""
    found: dict[tuple[str, ...], str] = {}
    for item in objects.keys_under(location):
        parts = item.split("/")
        folder = parts[: len(names)]
        if len(parts) <= len(names) or any(
            not part.startswith(f"{name}=") or ":" in part for name, part in zip(names, folder, strict=True)
        ):
            continue
        values = tuple(objects.unescaped(part.split("=", 1)[1]) for part in folder)
        found.setdefault(values, "/".join(folder))
    return found


def _is_gone(partition: catalog.Partition, location: str, folders: dict[tuple[str, ...], str]) -> bool:
    """Whether a partition that lies below the table's location has no folder there any more."""
    where = str(partition["StorageDescriptor"].get("Location") or "")
    if not where.startswith(location) or tuple(partition["Values"]) in folders:
        return False
    return not objects.keys_under(where.rstrip("/") + "/")


KINDS: dict[str, Callable[[str, str], Lines]] = {
    "CREATE_DATABASE": _create_database,
    "ALTER_DATABASE": _alter_database,
    "DROP_DATABASE": _drop_database,
    "CREATE_TABLE": _create_table,
    "CREATE_ICEBERG_TABLE": _create_iceberg_table,
    "DROP_TABLE": _drop_table,
    "DROP_VIEW": _drop_view,
    "ALTER_TABLE": alterations.alter_table,
    "MSCK": _msck,
    "SHOW": showing.show,
    "DESCRIBE": describing.describe,
}
