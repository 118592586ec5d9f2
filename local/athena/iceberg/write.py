"""CREATE TABLE AS and INSERT INTO of Iceberg tables."""

from typing import TYPE_CHECKING, Any

from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError
from pyiceberg.table import CreateTableTransaction, Table
from sqlglot import exp

from local.athena import catalog, objects
from local.athena.errors import Cancelled, QueryFailed
from local.athena.iceberg import properties
from local.athena.iceberg.catalog import EmbeddedCatalog, commit_failed, writable
from local.athena.iceberg.commit import Changes, commit, stage
from local.athena.iceberg.files import write_rows
from local.athena.iceberg.types import output_columns, schema_of, to_trino
from local.athena.statements import Statement
from local.athena.tablewrites import Done, inserted_names
from local.trino.storage import written

if TYPE_CHECKING:
    from local.athena.runner import Run


def create_table_as(job: "Run", statement: Statement, schema: str, name: str, given: dict[str, Any]) -> Done:
    """CTAS `WITH (table_type = 'ICEBERG')`: files first, then the table and its first snapshot in one commit."""
    tree = statement.tree
    if not isinstance(tree, exp.Create):
        raise QueryFailed("GENERIC_INTERNAL_ERROR", "CTAS without a tree")
    location = _location(job, schema, name, given)
    query, has_data = tree.expression, _has_data(tree)
    planned, sql = job.plan(query, statement.text)
    columns = output_columns(planned)
    wanted = schema_of(columns)
    parts = given.get("partitioning") or []
    options = {k: str(v) for k, v in given.items() if k not in ("partitioning", "external_location")}
    lake = EmbeddedCatalog()
    creation = lake.create_table_transaction(
        (schema, name),
        wanted,
        location,
        properties.partition_spec([str(p) for p in (parts if isinstance(parts, list) else [parts])], wanted),
        properties=properties.new_table(options, location),
    )
    inner = [f"o{i}" for i in range(len(columns))]
    shown = ", ".join(written(c, kind) for c, (_, kind) in zip(inner, planned.columns, strict=True))
    sql = f"SELECT {shown} FROM ({sql}) AS _o({', '.join(inner)})"
    return _created(job, creation, lake, sql if has_data else None)


def _created(job: "Run", creation: CreateTableTransaction, lake: EmbeddedCatalog, sql: str | None) -> Done:
    table = _staged(creation)
    files, rows = write_rows(job.cursor, sql, table, lake.io, job.query_id) if sql else ([], 0)
    try:
        job.on_scan(0)  # who stopped the query meanwhile gets no table
        if files:
            stage(creation, table, Changes(added=files))
        creation.commit_transaction()
    except (CommitFailedException, TableAlreadyExistsError, Cancelled) as error:
        for file in files:
            lake.io.delete(file.file_path)
        if isinstance(error, Cancelled):
            raise
        raise commit_failed(table, CommitFailedException(str(error))) from error
    return Done(rows, [f.file_path for f in files])


def _staged(creation: CreateTableTransaction) -> Table:
    """The table as it will be, whose schema has its final field ids."""
    staged = creation._table  # noqa: SLF001 - PyIceberg shows the metadata alone
    return Table(staged.name(), creation.table_metadata, staged.metadata_location, staged.io, staged.catalog)


def _has_data(tree: exp.Create) -> bool:
    clause = tree.args.get("properties")
    given = clause.expressions if clause else []
    return not any(isinstance(p, exp.WithDataProperty) and p.args.get("no") for p in given)


def _location(job: "Run", schema: str, name: str, given: dict[str, Any]) -> str:
    if str(given.get("is_external", "true")).lower() != "false":
        raise QueryFailed(
            "INVALID_TABLE_PROPERTY",
            "External tables are not supported for table type ICEBERG: set table property is_external to false",
        )
    if "external_location" in given:
        raise QueryFailed(
            "INVALID_TABLE_PROPERTY", "Table property external_location is not supported for table type ICEBERG"
        )
    location = str(given.get("location") or f"{job.output}tables/{job.query_id}/").rstrip("/")
    if not objects.is_empty(location):
        raise QueryFailed(
            "ICEBERG_FILESYSTEM_ERROR",
            f"Cannot create a table on a non-empty location: {location}, for {schema}.{name}",
        )
    return location


def insert(job: "Run", statement: Statement, table: catalog.Table) -> Done:
    """INSERT INTO: one snapshot that appends; it retries when others commit meanwhile."""
    tree = statement.tree
    if not isinstance(tree, exp.Insert):
        raise QueryFailed("GENERIC_INTERNAL_ERROR", "INSERT without a tree")
    iceberg = writable(table, is_change=False)
    every = [f.name.lower() for f in iceberg.schema().fields]
    names = inserted_names(tree, every)
    planned, sql = job.plan(tree.expression, statement.text)
    fields = [f for n in names for f in iceberg.schema().fields if f.name.lower() == n]
    given = planned.as_row("Insert query", [to_trino(f.field_type) for f in fields])
    values = {n: written(v.sql, v.type) for n, v in zip(names, given, strict=True)}
    shown = ", ".join(values.get(n, "NULL") for n in every)
    full = f"SELECT {shown} FROM ({sql}) AS _i({', '.join(f'i{i}' for i in range(len(names)))})"
    files, rows = write_rows(job.cursor, full, iceberg, EmbeddedCatalog().io, job.query_id)
    commit(iceberg, Changes(added=files), lambda: job.on_scan(0))  # who stopped the query gets no snapshot
    return Done(rows, [f.file_path for f in files])
