"""DESCRIBE, SHOW CREATE TABLE and SHOW TBLPROPERTIES of Iceberg tables.

Source: Athena user guide, "Manage Iceberg tables".
"""

from typing import Any

from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import IcebergType, ListType, MapType, StructType, TimestamptzType

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.hivelex import escaped
from local.athena.iceberg import properties
from local.athena.iceberg.catalog import load
from local.athena.iceberg.types import to_trino


def describe(table: catalog.Table, *, is_formatted: bool) -> list[str]:
    """The lines of DESCRIBE: the schema, then the partition spec; FORMATTED adds location and properties."""
    iceberg = load(table)
    schema = iceberg.schema()
    rows = ["# Table schema:\t\t", "# col_name\tdata_type\tcomment"]
    rows += [f"{f.name}\t{ddl_type(f.field_type)}\t{f.doc or ''}" for f in schema.fields]
    rows += ["\t\t", "# Partition spec:\t\t", "# field_name\tfield_transform\tcolumn_name"]
    rows += [f"{f.name}\t{f.transform}\t{schema.find_column_name(f.source_id)}" for f in iceberg.spec().fields]
    if is_formatted:
        rows += [
            "\t\t",
            "# Detailed Table Information\t\t",
            f"Location:\t{iceberg.location()}\t",
            "Table Type:\tICEBERG\t",
        ]
        rows += ["\t\t", "# Table Parameters:\t\t"]
        rows += [f"{k}\t{v}\t" for k, v in shown_properties(table).items()]
    return rows


def ddl_type(kind: IcebergType) -> str:
    """A type as Athena's DDL writes it."""
    if isinstance(kind, ListType):
        return f"array<{ddl_type(kind.element_type)}>"
    if isinstance(kind, MapType):
        return f"map<{ddl_type(kind.key_type)},{ddl_type(kind.value_type)}>"
    if isinstance(kind, StructType):
        return f"struct<{','.join(f'{f.name}:{ddl_type(f.field_type)}' for f in kind.fields)}>"
    return "timestamptz" if isinstance(kind, TimestamptzType) else to_trino(kind).hive


def glue_columns(table: catalog.Table, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Glue's columns with Trino's type beside: Glue knows neither digits nor zones. As they are, if unreadable."""
    try:
        kinds = {f.name.lower(): str(to_trino(f.field_type)) for f in load(table).schema().fields}
    except QueryFailed:
        return listed
    return [{**one, "TrinoType": kinds.get(one["Name"].lower())} for one in listed]


def shown_properties(table: catalog.Table) -> dict[str, str]:
    """The table's properties under Athena's names."""
    iceberg = load(table)
    return {"table_type": "ICEBERG", **dict(sorted(properties.to_athena(iceberg.properties).items()))}


def create_statement(table: catalog.Table) -> list[str]:
    """The lines of SHOW CREATE TABLE; run as a statement they make the same table."""
    iceberg = load(table)
    schema = iceberg.schema()
    columns = [_column(schema, i) for i in range(len(schema.fields))]
    lines = [f"CREATE TABLE `{table['DatabaseName']}.{table['Name']}` (", *_commas(columns, ")")]
    if comment := iceberg.properties.get("comment"):
        lines.append(f"COMMENT '{escaped(comment)}'")
    if parts := [properties.shown_partition(f, schema) for f in iceberg.spec().fields]:
        lines.append(f"PARTITIONED BY ({', '.join(parts)})")
    held = [f"  '{escaped(k)}'='{escaped(v)}'" for k, v in _recreating(iceberg).items()]
    return [*lines, f"LOCATION '{escaped(iceberg.location())}'", "TBLPROPERTIES (", *_commas(held, ")")]


def _recreating(table: Table) -> dict[str, str]:
    return {"table_type": "iceberg", **dict(sorted(properties.to_athena(table.properties).items()))}


def _column(schema: Schema, at: int) -> str:
    field = schema.fields[at]
    comment = f" COMMENT '{escaped(field.doc)}'" if field.doc else ""
    return f"  `{field.name}` {ddl_type(field.field_type)}{comment}"


def _commas(items: list[str], end: str) -> list[str]:
    return [f"{item}," for item in items[:-1]] + [items[-1] + end]
