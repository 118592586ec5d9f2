"""SHOW. Source: Athena user guide, the pages "SHOW ..."."""

import re
from collections.abc import Callable

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.hivelex import Cursor, escaped
from local.athena.hivetable import failed
from local.athena.hivetext import Lines, existing_database, existing_table, one, partition_name, unsupported
from local.athena.iceberg import is_iceberg
from local.athena.results import Column


def show(text: str, database: str) -> Lines:
    """One SHOW statement. Raises QueryFailed."""
    cursor = Cursor(text)
    cursor.expect("SHOW")
    for words, answer in _SHOWN:
        if cursor.accept(*words.split()):
            found = answer(cursor, database)
            cursor.end()
            return found
    raise unsupported(" ".join(text.split()[:2]).upper())


def _databases(cursor: Cursor, database: str) -> Lines:  # noqa: ARG001
    return one("database_name", _like(catalog.database_names(), cursor))


def _names(cursor: Cursor, database: str) -> tuple[str, list[catalog.Table]]:
    schema = cursor.name() if cursor.accept("IN") or cursor.accept("FROM") else database
    return schema, catalog.tables_in(existing_database(schema))


def _tables(cursor: Cursor, database: str) -> Lines:
    _, found = _names(cursor, database)
    return one("tab_name", _like([table["Name"] for table in found], cursor))


def _views(cursor: Cursor, database: str) -> Lines:
    _, found = _names(cursor, database)
    return one("views", _like([table["Name"] for table in found if catalog.is_view(table)], cursor))


def _like(names: list[str], cursor: Cursor) -> list[str]:
    """Names that match ['pattern']: `*` or `.*` for anything, `|` for a choice."""
    if not cursor.accept("LIKE") and cursor.is_done():
        return names
    given = cursor.string()
    try:
        pattern = re.compile(re.sub(r"(?<![.\])])\*", ".*", given.replace("%", "*")), re.IGNORECASE)
    except re.error as error:
        raise failed(f"Invalid pattern '{given}': {error}") from error
    return [name for name in names if pattern.fullmatch(name)]


def _partitions(cursor: Cursor, database: str) -> Lines:
    table = existing_table(cursor.table(database))
    if not catalog.partition_keys(table):
        raise failed(f"Table {table['Name']} is not a partitioned table")
    return one("partition", sorted(partition_name(table, part["Values"]) for part in catalog.partitions_of(table)))


def _columns(cursor: Cursor, database: str) -> Lines:
    """Hive pads the names to 20 characters."""
    schema, name = cursor.table(database)
    if cursor.accept("IN") or cursor.accept("FROM"):
        schema = cursor.name()
    table = existing_table((schema, name))
    return one("field", [name.ljust(20) for name, _ in catalog.columns(table) + catalog.partition_keys(table)])


def _properties(cursor: Cursor, database: str) -> Lines:
    table = existing_table(cursor.table(database))
    held = table.get("Parameters") or {}
    if is_iceberg(table):
        from local.athena.iceberg.showing import shown_properties

        held = shown_properties(table)
    columns = [Column("prpt_name", "string"), Column("prpt_value", "string")]
    if not cursor.accept("("):
        return columns, [[f"{key}\t{value}"] for key, value in sorted(held.items())]
    wanted = cursor.string()
    cursor.expect(")")
    missing = f"Table {table['DatabaseName']}.{table['Name']} does not have property: {wanted}"
    return columns, [[held.get(wanted, missing)]]


def _create_view(cursor: Cursor, database: str) -> Lines:
    table = existing_table(cursor.table(database, trino=True))
    if not catalog.is_view(table):
        shown = f"{catalog.CATALOG}.{table['DatabaseName']}.{table['Name']}"
        raise QueryFailed("NOT_SUPPORTED", f"line 1:1: Relation '{shown}' is a table, not a view")
    sql = catalog.view_definition(table)["originalSql"]
    return one("Create View", [f"CREATE VIEW {table['DatabaseName']}.{table['Name']} AS", *sql.splitlines()])


def _create_table(cursor: Cursor, database: str) -> Lines:
    table = existing_table(cursor.table(database))
    if catalog.is_view(table):
        raise failed(f"{table['Name']} is a view, not a table: use SHOW CREATE VIEW")
    if is_iceberg(table):
        from local.athena.iceberg import showing

        return one("createtab_stmt", showing.create_statement(table))
    name = f"{table['DatabaseName']}.{table['Name']}" if cursor.was_qualified else table["Name"]
    return one("createtab_stmt", create_statement(table, name))


def create_statement(table: catalog.Table, name: str) -> list[str]:
    """The lines of SHOW CREATE TABLE; run as a statement they make the same table. `name` is as it was asked for."""
    storage, parameters = table["StorageDescriptor"], dict(table.get("Parameters") or {})
    parameters.pop("EXTERNAL", None)
    listed = [_column(column) for column in storage.get("Columns") or []]
    rows = [f"CREATE EXTERNAL TABLE `{name}`(", *_commas(listed, ")")]
    if comment := parameters.pop("comment", None):
        rows.append(f"COMMENT '{escaped(comment)}'")
    if keys := [_column(key) for key in table.get("PartitionKeys") or []]:
        rows += ["PARTITIONED BY ( ", *_commas(keys, ")")]
    rows += _clustered(storage)
    serde = storage.get("SerdeInfo") or {}
    rows += ["ROW FORMAT SERDE ", f"  '{serde.get('SerializationLibrary', '')}' "]
    # Hive shows serialization.format only where it is not 1 (ShowCreateTable; awswrangler's tests on AWS).
    told = {k: v for k, v in (serde.get("Parameters") or {}).items() if (k, v) != ("serialization.format", "1")}
    if given := _pairs(told):
        rows += ["WITH SERDEPROPERTIES ( ", *_commas(given, ") ")]
    rows += ["STORED AS INPUTFORMAT ", f"  '{storage.get('InputFormat', '')}' ", "OUTPUTFORMAT ",
             f"  '{storage.get('OutputFormat', '')}'", "LOCATION", f"  '{storage.get('Location', '')}'"]  # fmt: skip
    held = _pairs(parameters)
    return [*rows, "TBLPROPERTIES (", *_commas(held, ")")] if held else rows


def _clustered(storage: dict[str, object]) -> list[str]:
    columns = storage.get("BucketColumns")
    if not isinstance(columns, list) or not columns:
        return []
    rows = ["CLUSTERED BY ( ", *_commas([f"  `{name}`" for name in columns], ") ")]
    order = storage.get("SortColumns")
    if isinstance(order, list) and order:
        shown = [f"  `{one['Column']}` {'ASC' if one.get('SortOrder') else 'DESC'}" for one in order]
        rows += ["SORTED BY ( ", *_commas(shown, ") ")]
    return [*rows, f"INTO {storage['NumberOfBuckets']} BUCKETS"]


def _column(column: dict[str, str]) -> str:
    comment = f" COMMENT '{escaped(column['Comment'])}'" if column.get("Comment") else ""
    return f"  `{column['Name']}` {column.get('Type', 'string')}{comment}"


def _pairs(given: dict[str, str]) -> list[str]:
    return [f"  '{escaped(key)}'='{escaped(value)}'" for key, value in sorted(given.items())]


def _commas(items: list[str], end: str) -> list[str]:
    return [f"{item}, " for item in items[:-1]] + [items[-1] + end] if items else [end]


_SHOWN: tuple[tuple[str, Callable[[Cursor, str], Lines]], ...] = (
    ("DATABASES", _databases),
    ("SCHEMAS", _databases),
    ("TABLES", _tables),
    ("VIEWS", _views),
    ("PARTITIONS", _partitions),
    ("COLUMNS FROM", _columns),
    ("COLUMNS IN", _columns),
    ("TBLPROPERTIES", _properties),
    ("CREATE VIEW", _create_view),
    ("CREATE TABLE", _create_table),
)
