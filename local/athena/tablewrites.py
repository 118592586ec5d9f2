"""CREATE TABLE AS, INSERT INTO and UNLOAD: their rules, and what they change in Glue."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from local.athena import catalog, objects, serdes, syntax, tableformats, writers
from local.athena.errors import QueryFailed
from local.athena.iceberg import CTAS_PROPERTIES as ICEBERG_PROPERTIES
from local.athena.iceberg import is_iceberg
from local.athena.statements import Statement
from local.trino.types import parse, quoted

if TYPE_CHECKING:
    from local.athena.runner import Run

_PROPERTIES = {"format", "external_location", "partitioned_by", "bucketed_by", "bucket_count", "write_compression",
               "parquet_compression", "orc_compression", "compression_level", "field_delimiter", "table_type",
               "is_external", "location", *ICEBERG_PROPERTIES}  # fmt: skip


@dataclass(frozen=True)
class Done:
    """Rows written and the files that hold them."""

    rows: int
    files: list[str]


def create_table_as(job: "Run", statement: Statement) -> Done:
    """CTAS: the table appears in Glue only after its files are in place."""
    tree = statement.tree
    if not isinstance(tree, exp.Create):
        raise QueryFailed("GENERIC_INTERNAL_ERROR", "CTAS without a tree")
    schema, name = (tree.this.db or job.database).lower(), tree.this.name.lower()
    if catalog.find_database(schema) is None:
        raise QueryFailed("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{schema}' does not exist")
    if catalog.find_table(schema, name) is not None:
        if tree.args.get("exists"):
            return Done(0, [])
        raise QueryFailed("TABLE_ALREADY_EXISTS", f"line 1:1: Table '{catalog.CATALOG}.{schema}.{name}' already exists")
    given, has_data = properties(tree)
    if str(given.get("table_type", "HIVE")).upper() == "ICEBERG":
        from local.athena.iceberg import write

        return write.create_table_as(job, statement, schema, name, given)
    location = _location(job, given)
    if not objects.is_empty(location):
        raise QueryFailed(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{schema}.{name}' already exists: {location}. You may need to manually "
            "clean the "
            f"data at location '{location}' before retrying. Athena will not delete data in your account.",
        )
    target, sql = _target(job, tree.expression, statement.text, given, location)
    written = writers.Written(0, [], {})
    if has_data:
        written = writers.write(job.cursor, sql, target, job.work_dir)
    job.on_scan(0)  # who stopped the query meanwhile gets no table
    _register(schema, name, target, written, given)
    return Done(written.rows, written.files)


def properties(tree: exp.Create) -> tuple[dict[str, Any], bool]:
    """The WITH properties (arrays as lists, lower-case keys), and whether data is wanted. Unknown ones are refused."""
    found: dict[str, Any] = {}
    has_data = True
    clause = tree.args.get("properties")
    for item in clause.expressions if clause else []:
        if isinstance(item, exp.WithDataProperty):
            has_data = not item.args.get("no")
            continue
        names = {
            exp.FileFormatProperty: "format",
            exp.PartitionedByProperty: "partitioned_by",
            exp.LocationProperty: "location",
        }
        key = names.get(type(item)) or item.name.lower()
        value = item.args.get("value") or item.this
        if key not in _PROPERTIES:
            raise QueryFailed(
                "INVALID_TABLE_PROPERTY", f"line 1:1: Catalog 'awsdatacatalog' table property '{key}' does not exist"
            )
        text = value.sql() if isinstance(value, exp.Boolean) else value.name
        found[key] = [e.name for e in value.expressions] if value.expressions else text
    return found, has_data


def _location(job: "Run", given: dict[str, Any]) -> str:
    location = str(given.get("external_location") or f"{job.output}tables/{job.query_id}/")
    return location if location.endswith("/") else location + "/"


def _target(job: "Run", query: exp.Expr, text: str, given: dict[str, Any], location: str) -> tuple[writers.Target, str]:
    if str(given.get("table_type", "HIVE")).upper() != "HIVE":
        raise QueryFailed(
            "NOT_SUPPORTED", f"CTAS of table_type {given['table_type']} is not supported by the embedded Athena"
        )
    compression = tableformats.wanted_compression(given)
    kind, codec = writers.format_named(str(given.get("format", "PARQUET")), compression)
    if query.args.get("order") and not query.args.get("limit"):
        query.set("order", None)  # Athena ignores it here
    planned, sql = job.plan(query, text)
    columns = writers.hive_columns(planned)
    partitioned = [str(c).lower() for c in given.get("partitioned_by", [])]
    bucketed = [str(c).lower() for c in given.get("bucketed_by", [])]
    count = int(given.get("bucket_count", 0))
    _check_layout(columns, partitioned, bucketed, count)
    target = writers.Target(
        location, kind, codec, columns, job.query_id, partitioned, bucketed, count,
        delimiter=serdes.delimiter(str(given.get("field_delimiter", "\x01"))),
        zstd_level=int(given["compression_level"]) if "compression_level" in given else None,
    )  # fmt: skip
    return target, sql


def _check_layout(columns: list[tuple[str, str]], partitioned: list[str], bucketed: list[str], count: int) -> None:
    names = [n for n, _ in columns]
    for column in partitioned + bucketed:
        if column not in names:
            raise QueryFailed(
                "INVALID_TABLE_PROPERTY", f"Column '{column}' of partitioned_by or bucketed_by does not exist"
            )
    if partitioned and names[-len(partitioned) :] != partitioned:
        raise QueryFailed(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"{partitioned}",
        )
    if bool(bucketed) != (count > 0):
        raise QueryFailed("INVALID_TABLE_PROPERTY", "bucketed_by and bucket_count must be specified together")
    from local.athena import buckets

    kinds = dict(columns)
    for column in bucketed:
        if not buckets.supports(kinds[column]):
            raise QueryFailed("NOT_SUPPORTED", f"Bucketing by a column of type {kinds[column]} is not supported")


def _register(schema: str, name: str, target: writers.Target, written: writers.Written, given: dict[str, Any]) -> None:
    inputs, outputs, library = tableformats.CLASSES[target.format]
    data = [(n, t) for n, t in target.columns if n not in target.partitioned_by]
    kinds = dict(target.columns)
    serde = {"serialization.format": "1"}
    if target.format == "text":
        serde = {"field.delim": target.delimiter, "serialization.format": target.delimiter}
    classification = tableformats.CLASSIFICATIONS[target.format]
    parameters = {"EXTERNAL": "TRUE", "has_encrypted_data": "false", "classification": classification,
                  "transient_lastDdlTime": str(int(time.time())), "presto_query_id": target.query_id}  # fmt: skip
    parameters |= tableformats.compression_property(target.format, given)
    if target.bucketed_by:
        parameters["bucketing_version"] = "1"
    descriptor = {
        "Columns": [{"Name": n, "Type": t} for n, t in data],
        "Location": target.location.rstrip("/"),
        "InputFormat": inputs,
        "OutputFormat": outputs,
        "Compressed": False,
        "NumberOfBuckets": target.bucket_count if target.bucketed_by else -1,
        "SerdeInfo": {"Name": name, "SerializationLibrary": library, "Parameters": serde},
        "BucketColumns": target.bucketed_by,
        "SortColumns": [],
    }
    table = {"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters, "StorageDescriptor": descriptor,
             "PartitionKeys": [{"Name": n, "Type": kinds[n]} for n in target.partitioned_by]}  # fmt: skip
    catalog.change("CreateTable", {"DatabaseName": schema, "TableInput": table})
    created = catalog.find_table(schema, name)
    if created is not None and written.partitions:
        catalog.add_partitions(created, [(list(v), where) for v, where in written.partitions.items()])


def insert(job: "Run", statement: Statement) -> Done:
    """INSERT INTO: new files, and the partitions that are new."""
    tree = statement.tree
    if not isinstance(tree, exp.Insert):
        raise QueryFailed("GENERIC_INTERNAL_ERROR", "INSERT without a tree")
    if tree.args.get("overwrite"):
        raise QueryFailed("NOT_SUPPORTED", "INSERT OVERWRITE is not supported")
    node = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    table = _insertable(node, job.database)
    if is_iceberg(table):
        from local.athena.iceberg import write

        return write.insert(job, statement, table)
    every = catalog.columns(table) + catalog.partition_keys(table)
    kinds = dict(every)
    names = inserted_names(tree, list(kinds))
    planned, sql = job.plan(tree.expression, statement.text)
    given = planned.as_row("line 1:1: Insert query", [parse(kinds[n]) for n in names])
    values = {n: v.sql for n, v in zip(names, given, strict=True)}
    shown = ", ".join(f"{values.get(n, 'NULL')} AS {quoted(n)}" for n in kinds)
    sql = f"SELECT {shown} FROM ({sql}) AS _i({', '.join(f'i{i}' for i in range(len(names)))})"
    location = str(table["StorageDescriptor"]["Location"])
    kind, codec = tableformats.codec_of(table)
    target = writers.Target(
        location, kind, codec, every, job.query_id, [n for n, _ in catalog.partition_keys(table)],
        delimiter=serdes.delimiter(serdes.parameters(table).get("field.delim", "\x01")),
    )  # fmt: skip
    written = writers.write(job.cursor, sql, target, job.work_dir)
    known = {tuple(p["Values"]) for p in catalog.partitions_of(table)}
    catalog.add_partitions(table, [(list(v), where) for v, where in written.partitions.items() if v not in known])
    return Done(written.rows, written.files)


def inserted_names(tree: exp.Insert, every: list[str]) -> list[str]:
    """The columns that an INSERT fills, in its order: those it names, else all. Raises QueryFailed."""
    if not isinstance(tree.this, exp.Schema):
        return every
    names = [c.name.lower() for c in tree.this.expressions]
    for column in names:
        if column not in every:
            raise QueryFailed(
                "COLUMN_NOT_FOUND", f"line 1:1: Insert column name does not exist in target table: {column}"
            )
        if names.count(column) > 1:
            raise QueryFailed(
                "DUPLICATE_COLUMN_NAME", f"line 1:1: Insert column name is specified more than once: {column}"
            )
    return names


def _insertable(node: exp.Expr, database: str) -> catalog.Table:
    schema, name = (node.args["db"].name if node.args.get("db") else database).lower(), node.name.lower()
    table = catalog.find_table(schema, name)
    if table is None:
        raise QueryFailed("TABLE_NOT_FOUND", f"line 1:1: Table '{catalog.CATALOG}.{schema}.{name}' does not exist")
    if catalog.is_view(table):
        raise QueryFailed("NOT_SUPPORTED", "line 1:1: Inserting into views is not supported")
    if table["StorageDescriptor"].get("BucketColumns"):
        raise QueryFailed("NOT_SUPPORTED", f"Inserting into bucketed tables is not supported: {schema}.{name}")
    return table


def unload(job: "Run", statement: Statement) -> Done:
    """UNLOAD: files only, no table."""
    if statement.tree is None:
        raise QueryFailed("GENERIC_INTERNAL_ERROR", "UNLOAD without a tree")
    dummy = syntax.parse(f"CREATE TABLE t WITH {statement.options['properties']} AS SELECT 1 AS a")
    given, _ = _unload_properties(dummy)
    if "format" not in given:
        raise QueryFailed("INVALID_TABLE_PROPERTY", "UNLOAD needs the property format")
    location = statement.options["location"]
    if not objects.is_empty(location):
        raise QueryFailed("HIVE_PATH_ALREADY_EXISTS", f"Target directory for UNLOAD already exists: {location}")
    target, sql = _target(job, statement.tree, statement.text, given, location)
    written = writers.write(job.cursor, sql, target, job.work_dir)
    return Done(written.rows, written.files)


def _unload_properties(tree: exp.Expr) -> tuple[dict[str, Any], bool]:
    if not isinstance(tree, exp.Create):
        raise QueryFailed("SYNTAX_ERROR", "UNLOAD needs WITH properties")
    clause = tree.args.get("properties")
    for item in clause.expressions if clause else []:
        if isinstance(item, exp.Property) and item.name.lower() == "compression":
            item.set("this", exp.var("write_compression"))
    return properties(tree)
