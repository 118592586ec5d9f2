"""CREATE TABLE, ALTER TABLE and DROP TABLE of Iceberg tables, in Athena's DDL.

Source: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-managing-tables.html and its neighbours.
"""

import itertools
import re
from collections.abc import Callable

from pyiceberg.exceptions import CommitFailedException, ValidationError
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import NestedField

from local.athena import catalog, objects
from local.athena.hivelex import Cursor
from local.athena.hivetable import failed, semantic
from local.athena.hivetable import location as s3_location
from local.athena.hivetext import NOTHING, Lines, existing_database, existing_table, unsupported
from local.athena.iceberg import properties
from local.athena.iceberg.catalog import EmbeddedCatalog, commit_failed, load
from local.athena.iceberg.types import of_ddl


def create_table(text: str, database: str) -> Lines:
    """CREATE TABLE ... TBLPROPERTIES ('table_type' = 'ICEBERG'): metadata, no rows. Raises QueryFailed."""
    cursor = Cursor(text)
    cursor.expect("CREATE", "TABLE")
    is_lenient = cursor.accept("IF", "NOT", "EXISTS")
    schema, name = cursor.table(database)
    listed = cursor.columns()
    parts: list[str] = []
    where, comment, given = "", "", dict[str, str]()
    while not cursor.is_done():
        if cursor.accept("COMMENT"):
            comment = cursor.string()
        elif cursor.accept("PARTITIONED", "BY"):
            parts = _partitions(cursor)
        elif cursor.accept("LOCATION"):
            where = s3_location(cursor.string())
        elif cursor.accept("TBLPROPERTIES"):
            given = {k.lower(): v for k, v in cursor.pairs().items()}
        else:
            raise cursor.fail()
    if given.get("table_type", "").upper() != "ICEBERG":
        raise semantic("CREATE TABLE without EXTERNAL needs the table property 'table_type' = 'ICEBERG'")
    existing_database(schema)
    if catalog.find_table(schema, name) is not None:
        if is_lenient:
            return NOTHING
        raise failed(f"AlreadyExistsException(message:Table {name} already exists)")
    if not where:
        raise semantic("Table location can not be null for ICEBERG table type")
    wanted = _schema(listed)
    held = properties.new_table(given, where) | ({"comment": comment} if comment else {})
    spec = properties.partition_spec(parts, wanted)
    EmbeddedCatalog().create_table((schema, name), wanted, where.rstrip("/"), spec, properties=held)
    return NOTHING


def _schema(listed: list[dict[str, str]]) -> Schema:
    ids = itertools.count(len(listed) + 1)
    names = [column["Name"] for column in listed]
    for name in names:
        if names.count(name) > 1:
            raise semantic(f"[Error 10036]: Duplicate column name: {name}")
    fields = (
        NestedField(number, column["Name"], of_ddl(column["Type"], ids), required=False, doc=column.get("Comment"))
        for number, column in enumerate(listed, start=1)
    )
    return Schema(*fields)


def _partitions(cursor: Cursor) -> list[str]:
    """(column, day(column), bucket(16, column), ...) as texts."""
    found = []
    cursor.expect("(")
    while True:
        name = cursor.name(free=True)  # reserved words, too: `partition` in awswrangler's tests on AWS
        if cursor.accept("("):
            number = f"{cursor.number()}, " if name in ("bucket", "truncate") else ""
            if number:
                cursor.expect(",")
            name = f"{name}({number}{cursor.name(free=True)})"
            cursor.expect(")")
        found.append(name)
        if not cursor.accept(","):
            break
    cursor.expect(")")
    return found


def drop_table(table: catalog.Table) -> None:
    """Athena's Iceberg tables are managed: their data goes with them."""
    location = str(table["StorageDescriptor"].get("Location") or "")
    catalog.change("DeleteTable", {"DatabaseName": table["DatabaseName"], "Name": table["Name"]})
    if location:
        bucket, prefix = objects.split_uri(location.rstrip("/") + "/")
        if objects.bucket_exists(bucket):
            objects.delete([(bucket, prefix + key) for key in objects.keys_under(location.rstrip("/") + "/")])


def alter_table(text: str, database: str) -> Lines:
    """One ALTER TABLE of an Iceberg table. Raises QueryFailed."""
    cursor = Cursor(text)
    cursor.expect("ALTER", "TABLE")
    table = load(existing_table(cursor.table(database)))
    for words, work in _ALTERATIONS:
        if cursor.accept(*words.split()):
            try:
                work(table, cursor)
            except CommitFailedException as error:
                raise commit_failed(table, error) from error
            except (ValueError, ValidationError) as error:
                raise semantic(str(error)) from error
            return NOTHING
    action = " ".join(text.split()[3:5]).upper()
    raise unsupported(f"ALTER TABLE {action} of an Iceberg table")


def _add_columns(table: Table, cursor: Cursor) -> None:
    listed = cursor.columns()
    cursor.end()
    ids = itertools.count(1_000_000)  # PyIceberg numbers them anew
    with table.update_schema(case_sensitive=False) as update:
        for column in listed:
            update.add_column(column["Name"], of_ddl(column["Type"], ids), doc=column.get("Comment"))


def _drop_column(table: Table, cursor: Cursor) -> None:
    name = cursor.name()
    cursor.end()
    with table.update_schema(case_sensitive=False) as update:
        update.delete_column(name)


def _change_column(table: Table, cursor: Cursor) -> None:
    """CHANGE [COLUMN] old new type [COMMENT 'text'] [FIRST | AFTER other]: rename, widen, describe, move."""
    old, column = cursor.name(), cursor.column()
    is_first = cursor.accept("FIRST")
    after = cursor.name() if cursor.accept("AFTER") else None
    cursor.end()
    present = table.schema().find_field(old, case_sensitive=False)
    wanted = of_ddl(column["Type"], itertools.count(1_000_000))
    if not wanted.is_primitive and _shape(wanted) != _shape(present.field_type):
        raise ValueError(f"Cannot change column type: {old}: {present.field_type} -> {wanted}")
    with table.update_schema(case_sensitive=False) as update:
        if wanted.is_primitive and wanted != present.field_type:
            update.update_column(old, field_type=wanted)
        if "Comment" in column:
            update.update_column(old, doc=column["Comment"])
        if is_first:
            update.move_first(old)
        if after is not None:
            update.move_after(old, after)
        if column["Name"] != old:
            update.rename_column(old, column["Name"])


def _shape(kind: object) -> str:
    """A nested type's text without field ids."""
    return re.sub(r"\d+: ", "", str(kind))


def _set_properties(table: Table, cursor: Cursor) -> None:
    given = cursor.pairs()
    cursor.end()
    with table.transaction() as change:
        change.set_properties(properties.to_iceberg(given))


def _unset_properties(table: Table, cursor: Cursor) -> None:
    cursor.expect("(")
    names = [properties.iceberg_name(cursor.string())]
    while cursor.accept(","):
        names.append(properties.iceberg_name(cursor.string()))
    cursor.expect(")")
    cursor.end()
    with table.transaction() as change:
        change.remove_properties(*(n for n in names if n in table.properties))


def _rename(table: Table, cursor: Cursor) -> None:
    schema, name = cursor.table(table.name()[0])
    cursor.end()
    existing_database(schema)
    if catalog.find_table(schema, name) is not None:
        raise failed(f"AlreadyExistsException(message:Table {name} already exists)")
    EmbeddedCatalog().rename_table(table.name(), (schema, name))


_ALTERATIONS: tuple[tuple[str, Callable[[Table, Cursor], None]], ...] = (
    ("ADD COLUMNS", _add_columns),
    ("DROP COLUMN", _drop_column),
    ("CHANGE COLUMN", _change_column),
    ("CHANGE", _change_column),
    ("SET TBLPROPERTIES", _set_properties),
    ("UNSET TBLPROPERTIES", _unset_properties),
    ("RENAME TO", _rename),
)
