"""ALTER TABLE on Hive tables. Source: Athena user guide, "ALTER TABLE ..." pages and "Unsupported DDL"."""

from typing import Any

from local.athena import catalog, hivetable
from local.athena.hivelex import Cursor
from local.athena.hivetable import failed, semantic
from local.athena.hivetext import (
    NOTHING,
    Lines,
    existing_partition,
    existing_table,
    partition_name,
    partition_values,
    unsupported,
)
from local.athena.iceberg import is_iceberg

_KEPT = ("Name", "Description", "Owner", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters", "Retention",
         "ViewOriginalText", "ViewExpandedText")  # fmt: skip
# SerDes whose columns live in the metastore alone, so that Hive lets them be replaced.
_REPLACEABLE = ("LazySimpleSerDe", "ColumnarSerDe", "ParquetHiveSerDe", "OrcSerde", "MetadataTypedColumnsetSerDe")
# Said first, because no other words of theirs need be read.
_REFUSED = (
    "RENAME TO", "SET SERDEPROPERTIES", "SET SERDE", "SET SKEWED LOCATION", "SET FILEFORMAT", "UNSET TBLPROPERTIES",
    "ARCHIVE PARTITION", "UNARCHIVE PARTITION", "CLUSTERED BY", "EXCHANGE PARTITION", "NOT CLUSTERED", "NOT SKEWED",
    "NOT SORTED", "NOT STORED AS DIRECTORIES", "SKEWED BY", "TOUCH", "COMPACT", "CONCATENATE", "RECOVER PARTITIONS",
    "ENABLE", "DISABLE", "DROP COLUMN",
)  # fmt: skip


def alter_table(text: str, database: str) -> Lines:
    """One ALTER TABLE statement. Raises QueryFailed."""
    cursor = Cursor(text)
    cursor.expect("ALTER", "TABLE")
    named = cursor.table(database)
    found = catalog.find_table(*named)
    if found is not None and is_iceberg(found):
        from local.athena.iceberg.ddl import alter_table as alter_iceberg_table

        return alter_iceberg_table(text, database)
    spec = cursor.spec() if cursor.at("PARTITION") else None
    for words in _REFUSED:
        if cursor.at(*words.split()) and (spec is None or words != "RENAME TO"):
            raise unsupported(f"ALTER TABLE {words}" if spec is None else f"ALTER TABLE PARTITION {words}")
    table = existing_table(named)
    if spec is not None:
        _alter_partition(table, spec, cursor)
    elif cursor.accept("ADD", "COLUMNS"):
        _update(table, StorageDescriptor=_with_columns(table["StorageDescriptor"], table, cursor))
    elif cursor.accept("REPLACE", "COLUMNS"):
        _update(table, StorageDescriptor=_replaced(table["StorageDescriptor"], table, cursor))
    elif cursor.accept("CHANGE"):
        _change_column(table, cursor)
    elif cursor.accept("ADD"):
        _add_partitions(table, cursor)
    elif cursor.accept("DROP"):
        _drop_partitions(table, cursor)
    elif cursor.accept("SET", "LOCATION"):
        where = hivetable.location(cursor.string())
        cursor.end()
        _update(table, StorageDescriptor={**table["StorageDescriptor"], "Location": where})
    elif cursor.accept("SET", "TBLPROPERTIES"):
        properties = cursor.pairs()
        cursor.end()
        _update(table, Parameters={**(table.get("Parameters") or {}), **properties})
    else:
        raise cursor.fail()
    return NOTHING


def _alter_partition(table: catalog.Table, spec: dict[str, str], cursor: Cursor) -> None:
    if cursor.at("CHANGE"):
        raise unsupported("ALTER TABLE PARTITION CHANGE COLUMNS")
    old = existing_partition(table, spec)
    values, storage = old["Values"], old["StorageDescriptor"]
    if cursor.accept("RENAME", "TO"):
        values = partition_values(table, cursor.spec())
        if catalog.find_partition(table, values) is not None:
            raise failed(f"Partition already exists: {partition_name(table, values)}")
    elif cursor.accept("SET", "LOCATION"):
        storage = {**storage, "Location": hivetable.location(cursor.string())}
    elif cursor.accept("ADD", "COLUMNS"):
        storage = _with_columns(storage, table, cursor)
    elif cursor.accept("REPLACE", "COLUMNS"):
        storage = _replaced(storage, table, cursor)
    else:
        raise cursor.fail()
    cursor.end()
    given = {"Values": values, "StorageDescriptor": storage, "Parameters": old.get("Parameters") or {}}
    request = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}
    catalog.change("UpdatePartition", {**request, "PartitionValueList": old["Values"], "PartitionInput": given})


def _add_partitions(table: catalog.Table, cursor: Cursor) -> None:
    is_lenient = cursor.accept("IF", "NOT", "EXISTS")
    additions: dict[tuple[str, ...], str] = {}
    root = table["StorageDescriptor"]["Location"].rstrip("/")
    if not cursor.at("PARTITION"):
        raise cursor.fail()
    while cursor.at("PARTITION"):
        values = partition_values(table, cursor.spec())
        where = f"{root}/{partition_name(table, values)}"
        if cursor.accept("LOCATION"):
            where = hivetable.location(cursor.string())
        if tuple(values) not in additions and catalog.find_partition(table, values) is None:
            additions[tuple(values)] = where
        elif not is_lenient:
            raise failed(f"AlreadyExistsException(message:Partition already exists: {partition_name(table, values)})")
        cursor.accept(",")
    cursor.end()
    catalog.add_partitions(table, [(list(values), where) for values, where in additions.items()])


def _drop_partitions(table: catalog.Table, cursor: Cursor) -> None:
    is_lenient = cursor.accept("IF", "EXISTS")
    doomed = []
    while True:
        spec = cursor.spec()
        values = partition_values(table, spec)
        if not is_lenient or catalog.find_partition(table, values) is not None:
            doomed.append(existing_partition(table, spec)["Values"])
        if not cursor.accept(","):
            break
    cursor.accept("PURGE")
    cursor.end()
    for values in doomed:
        request = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"], "PartitionValues": values}
        catalog.change("DeletePartition", request)


def _with_columns(storage: dict[str, Any], table: catalog.Table, cursor: Cursor) -> dict[str, Any]:
    every = [*(storage.get("Columns") or []), *cursor.columns()]
    cursor.end()
    _check(every, table)
    return {**storage, "Columns": every}


def _replaced(storage: dict[str, Any], table: catalog.Table, cursor: Cursor) -> dict[str, Any]:
    """Source: "Removes all existing columns from a table created with the LazySimpleSerDe"."""
    every = cursor.columns()
    cursor.end()
    library = str((storage.get("SerdeInfo") or {}).get("SerializationLibrary", ""))
    if library.rpartition(".")[2] not in _REPLACEABLE:
        raise failed(f"Replace columns is not supported for table {table['Name']}. SerDe may be incompatible.")
    _check(every, table)
    return {**storage, "Columns": every}


def _change_column(table: catalog.Table, cursor: Cursor) -> None:
    """CHANGE [COLUMN] old new type [COMMENT 'text'] [FIRST | AFTER column]"""
    cursor.accept("COLUMN")
    old, new = cursor.name(), cursor.column()
    storage = table["StorageDescriptor"]
    names = [column["Name"] for column in storage["Columns"]]
    if old not in names:
        raise semantic(f"[Error 10002]: Invalid column reference {old}")
    every = [column for column in storage["Columns"] if column["Name"] != old]
    place = names.index(old)
    if cursor.accept("FIRST"):
        place = 0
    elif cursor.accept("AFTER"):
        after = cursor.name()
        if after not in names:
            raise semantic(f"[Error 10002]: Invalid column reference {after}")
        place = [column["Name"] for column in every].index(after) + 1
    cursor.end()
    every.insert(place, new)
    _check(every, table)
    _update(table, StorageDescriptor={**storage, "Columns": every})


def _check(every: list[dict[str, str]], table: catalog.Table) -> None:
    names = [column["Name"] for column in every] + [name for name, _ in catalog.partition_keys(table)]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise failed(f"Duplicate column name: {name}")


def _update(table: catalog.Table, **changes: Any) -> None:
    given = {key: table[key] for key in _KEPT if table.get(key) is not None} | changes
    catalog.change("UpdateTable", {"DatabaseName": table["DatabaseName"], "TableInput": given})
