"""Parquet, and ORC and Avro through Parquet: columns by name, or by their place in the file.

Sources: docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html (Parquet is read by name, ORC by
index, unless a SerDe property says otherwise; which type changes are allowed).
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from local.athena import spill
from local.athena.errors import QueryFailed
from local.athena.footers import Footer, footer
from local.athena.serdes import convert
from local.athena.serdes.datafile import DataFile, Part, Reading, flag
from local.athena.sqltypes import athena_type, duckdb_type
from local.trino.types import literal, quoted

_READS = {
    "BOOLEAN": ("BOOLEAN",),
    "INT32": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DATE", "DECIMAL"),
    "INT64": ("BIGINT", "DECIMAL", "TIMESTAMP"),
    "INT96": ("TIMESTAMP",),
    "FLOAT": ("FLOAT", "DOUBLE"),
    "DOUBLE": ("DOUBLE",),
    "BYTE_ARRAY": ("VARCHAR", "BLOB", "DECIMAL"),
    "FIXED_LEN_BYTE_ARRAY": ("DECIMAL", "BLOB", "VARCHAR"),
}
"""Parquet's physical type to the DuckDB types that a table may declare for it."""


def is_by_index(table: dict[str, object], form: str) -> bool:
    """Whether columns match by position: for ORC unless `orc.column.index.access` is false, for Parquet if asked."""
    if form == "orc":
        return flag(table, "orc.column.index.access", default=True)
    return form == "parquet" and flag(table, "parquet.column.index.access")


def parquet(reading: Reading) -> Iterator[Part]:
    """Columns match whatever their case; one that no file has is NULL. Compression is inside the file."""
    paths = [spill.without_wildcards(f.stored.path, reading.spill) for f in reading.files]
    for file in reading.files:
        _check(reading, file, footer(file.stored.path, file.stored.uri))
    yield _part(reading, paths, is_by_index=is_by_index(reading.table, "parquet"))


def orc(reading: Reading) -> Iterator[Part]:
    yield _converted(reading, "orc", convert.orc)


def avro(reading: Reading) -> Iterator[Part]:
    """By name, through the reader's schema in `avro.schema.literal` (or the file's own), with its defaults."""
    schema = reading.parameters.get("avro.schema.literal") or (reading.table.get("Parameters") or {}).get(
        "avro.schema.literal"
    )
    if not schema and reading.parameters.get("avro.schema.url"):
        raise QueryFailed("NOT_SUPPORTED", "The embedded Athena reads avro.schema.literal, not avro.schema.url")

    def make(source: str, target: Path) -> None:
        convert.avro(source, target, reading.columns, schema)

    yield _converted(reading, f"avro {schema} {reading.columns}", make)


def _converted(reading: Reading, purpose: str, make: Callable[[str, Path], None]) -> Part:
    paths = []
    for file in reading.files:

        def work(target: Path, file: DataFile = file) -> bool:
            try:
                make(file.stored.path, target)
            except (ValueError, OSError, EOFError, TypeError, KeyError) as broken:
                raise QueryFailed("HIVE_CURSOR_ERROR", f"Failed to read {purpose[:4].strip().upper()} file: "
                                  f"{file.stored.uri}: {broken}") from broken  # fmt: skip
            return True

        paths.append(spill.derived(file.stored.path, purpose, reading.spill, work))
    return _part(reading, paths, is_by_index=is_by_index(reading.table, purpose))


def _part(reading: Reading, paths: list[str], *, is_by_index: bool) -> Part:
    names = [footer(path).names for path in paths]
    listed = ", ".join(map(literal, paths))
    if not is_by_index:
        present = {n.lower(): n for file in names for n in file}
        is_uniform = all(n == names[0] for n in names)
        source = f"read_parquet([{listed}], union_by_name = {str(not is_uniform).lower()}, hive_partitioning = false)"
        return Part(source, lambda name, kind: _cast(present.get(name), kind), reading.files)
    order = {n: i for i, (n, _) in enumerate(reading.columns)}
    widest = max(names, key=len)
    if any(n != widest[: len(n)] for n in names):  # names differ, so each file's columns are given the table's
        selects = [
            f"SELECT {', '.join([f'{quoted(n)} AS c{i}' for i, n in enumerate(own)])}, {number} AS file_index "
            f"FROM read_parquet({literal(path)}, hive_partitioning = false)"
            for number, (own, path) in enumerate(zip(names, paths, strict=True))
        ]
        source, widest = f"({' UNION ALL BY NAME '.join(selects)})", tuple(f"c{i}" for i in range(len(widest)))
    else:
        source = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"

    def column(name: str, kind: str) -> str:
        return _cast(widest[order[name]] if order[name] < len(widest) else None, kind)

    return Part(source, column, reading.files)


def _cast(name: str | None, kind: str) -> str:
    return f"CAST({'NULL' if name is None else quoted(name)} AS {kind})"


def _check(reading: Reading, file: DataFile, meta: Footer) -> None:
    """Athena's words for a file whose column cannot be read as the table's type (scalars only)."""
    by_index = is_by_index(reading.table, "parquet")
    for position, (name, hive) in enumerate(reading.columns):
        if name not in reading.needed:
            continue
        physical = meta.physical(position if by_index else name)
        kind = duckdb_type(hive)
        if physical is None or kind.endswith("]") or kind.startswith(("MAP(", "STRUCT(")):
            continue
        if not kind.startswith(_READS.get(physical, (kind,))):
            shown = "BINARY" if physical == "BYTE_ARRAY" else physical
            raise QueryFailed(
                "HIVE_BAD_DATA",
                f"Field {name}'s type {shown} in parquet file {file.stored.uri} is incompatible with type "
                f"{athena_type(kind).replace('float', 'real')} defined in table schema",
            )
