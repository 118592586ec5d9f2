"""Relations that are made of the catalogue itself: information_schema and `"table$partitions"`."""

from dataclasses import dataclass

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.iceberg import is_iceberg
from local.athena.sqltypes import athena_type, duckdb_type
from local.trino.types import literal, quoted


@dataclass(frozen=True)
class SystemRelation:
    """Columns as (name, DuckDB type), and the SQL of the rows."""

    columns: list[tuple[str, str]]
    sql: str


def relation(schema: str, name: str) -> SystemRelation | None:
    """The relation, or None when it is an ordinary table."""
    if schema == "information_schema":
        return _information(name)
    base = catalog.find_table(schema, name.rpartition("$")[0]) if "$" in name else None
    if base is not None and is_iceberg(base):
        from local.athena.iceberg import metatables

        return SystemRelation(*metatables.relation(base, name))
    if name.endswith("$partitions"):
        return _partitions(schema, name.removesuffix("$partitions"))
    return None


def _rows(columns: list[tuple[str, str]], rows: list[list[str | None]]) -> SystemRelation:
    names = ", ".join(quoted(n) for n, _ in columns)
    if not rows:
        shape = ", ".join(f"CAST(NULL AS {t}) AS {quoted(n)}" for n, t in columns)
        return SystemRelation(columns, f"(SELECT {shape} WHERE 1 = 0)")
    values = ", ".join("(" + ", ".join("NULL" if v is None else literal(v) for v in row) + ")" for row in rows)
    cast = ", ".join(f"CAST({quoted(n)} AS {t}) AS {quoted(n)}" for n, t in columns)
    return SystemRelation(columns, f"(SELECT {cast} FROM (VALUES {values}) AS _v({names}))")


def _partitions(schema: str, name: str) -> SystemRelation | None:
    table = catalog.find_table(schema, name)
    if table is None:
        return None
    columns = [(n, duckdb_type(t)) for n, t in catalog.partition_keys(table)]
    if not columns:
        raise QueryFailed("TABLE_NOT_FOUND", f"Table '{catalog.CATALOG}.{schema}.{name}$partitions' does not exist")
    rows: list[list[str | None]] = [
        [None if v == "__HIVE_DEFAULT_PARTITION__" else v for v in p["Values"]] for p in catalog.partitions_of(table)
    ]
    return _rows(columns, rows)


def _information(name: str) -> SystemRelation:
    def texts(*names: str) -> list[tuple[str, str]]:
        return [(n, "VARCHAR") for n in names]

    every = [(d, t) for d in catalog.database_names() for t in catalog.tables_in(d)]
    if name == "schemata":
        return _rows(
            texts("catalog_name", "schema_name"),
            [[catalog.CATALOG, d] for d in sorted([*catalog.database_names(), "information_schema"])],
        )
    if name == "tables":
        rows: list[list[str | None]] = [
            [catalog.CATALOG, d, t["Name"], "VIEW" if catalog.is_view(t) else "BASE TABLE"] for d, t in every
        ]
        return _rows(texts("table_catalog", "table_schema", "table_name", "table_type"), rows)
    if name == "views":
        shown: list[list[str | None]] = [
            [catalog.CATALOG, d, t["Name"], catalog.view_definition(t)["originalSql"]]
            for d, t in every
            if catalog.is_view(t)
        ]
        return _rows(texts("table_catalog", "table_schema", "table_name", "view_definition"), shown)
    if name == "columns":
        columns = [*texts("table_catalog", "table_schema", "table_name", "column_name"), ("ordinal_position", "BIGINT"),
                   *texts("column_default", "is_nullable", "data_type", "comment", "extra_info")]  # fmt: skip
        listed: list[list[str | None]] = []
        for database, table in every:
            data = [c for c in table["StorageDescriptor"].get("Columns") or [] if catalog.is_current(c)]
            if is_iceberg(table):
                from local.athena.iceberg.showing import glue_columns

                data = glue_columns(table, data)
            for i, one in enumerate([*data, *(table.get("PartitionKeys") or [])], start=1):
                extra = "partition key" if i > len(data) else None
                kind = one.get("TrinoType") or athena_type(duckdb_type(one.get("Type", "string")))
                listed.append([catalog.CATALOG, database, table["Name"], one["Name"].lower(), str(i), None, "YES", kind,
                               one.get("Comment") or None, extra])  # fmt: skip
        return _rows(columns, listed)
    raise QueryFailed("TABLE_NOT_FOUND", f"Table '{catalog.CATALOG}.information_schema.{name}' does not exist")
