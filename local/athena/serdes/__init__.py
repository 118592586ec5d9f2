"""A Glue table and a list of files to a DuckDB relation, one module a SerDe.

Sources: docs.aws.amazon.com/athena/latest/ug/supported-serdes.html, the SerDes' own code.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.serdes import columnar, jsonserde, lazysimple, opencsv, regexserde
from local.athena.serdes.datafile import OF_TABLE, DataFile, Part, Reading, Serde, own_serde, parameters, with_serde
from local.athena.serdes.evolution import check_types, columns_by_place
from local.athena.serdes.lazysimple import delimiter
from local.athena.sqltypes import duckdb_type, literal, quoted

_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_MARKS = (("parquet", "parquet"), ("opencsv", "opencsv"), ("jsonserde", "json"), ("lazysimple", "text"),
          ("regexserde", "regex"), ("orcserde", "orc"), ("avroserde", "avro"))  # fmt: skip
_INPUTS = (("parquet", "parquet"), ("orcinputformat", "orc"), ("avro", "avro"), ("textinputformat", "text"))
_READERS: dict[str, Callable[[Reading], Iterator[Part]]] = {
    "opencsv": opencsv.parts, "text": lazysimple.parts, "json": jsonserde.parts, "regex": regexserde.parts,
    "parquet": columnar.parquet, "orc": columnar.orc, "avro": columnar.avro,
}  # fmt: skip


def format_of(table: catalog.Table) -> str:
    """`parquet`, `orc`, `avro`, `opencsv`, `text`, `json` or `regex`. Raises QueryFailed for what has no reader."""
    descriptor = table["StorageDescriptor"]
    library = str((descriptor.get("SerdeInfo") or {}).get("SerializationLibrary") or "")
    inputs = str(descriptor.get("InputFormat") or "").lower()
    if (table.get("Parameters") or {}).get("table_type", "").upper() == "ICEBERG":
        raise QueryFailed("NOT_SUPPORTED", "Iceberg tables are not supported by the embedded Athena")
    named = library.lower()
    for mark, name in _MARKS if library else _INPUTS:
        if mark in (named or inputs):
            return name
    raise QueryFailed("HIVE_UNSUPPORTED_FORMAT", f"The embedded Athena has no reader for {library or 'this table'}")


def relation(
    table: catalog.Table, files: Sequence[DataFile], columns: list[tuple[str, str]], needed: set[str],
    work_dir: Path, cursor: duckdb.DuckDBPyConnection,
) -> str:  # fmt: skip
    """SQL of a subquery over the files: `columns` are (name, DuckDB type), partition keys and `$path` among them.

    Columns outside `needed` are there but may be NULL: the plan says nobody looks.
    """
    needed = needed | {name.split(".")[0] for name in needed}  # a field of a struct needs its column
    groups: dict[Serde, list[DataFile]] = {}
    for file in files:
        groups.setdefault(file.serde, []).append(file)
    selects = []
    for serde, group in groups.items():
        as_read = with_serde(table, serde)
        reading = Reading(as_read, group, work_dir / "derived", needed, cursor)
        for part in _READERS[format_of(as_read)](reading):
            own = _own_columns(table, reading, part)
            shown = [
                f"{own(n, t) if n in _names(table) else _file_value(table, n, t, part.files, needed)} AS {quoted(n)}"
                for n, t in columns
            ]
            selects.append(f"SELECT {', '.join(shown)} FROM {part.source}")
    return f"({' UNION ALL '.join(selects)})"


def _names(table: catalog.Table) -> set[str]:
    return {n for n, _ in catalog.columns(table)}


def _own_columns(table: catalog.Table, reading: Reading, part: Part) -> Callable[[str, str], str]:
    """The part's columns as the table has them, where the partition declares others."""
    if reading.columns == catalog.columns(table):
        return part.column
    is_by_place = format_of(reading.table) in ("opencsv", "text", "regex")
    matched = columns_by_place(table, reading.columns) if is_by_place else {n: (n, t) for n, t in reading.columns}

    def column(name: str, kind: str) -> str:
        if name not in matched:
            return f"CAST(NULL AS {kind})"
        own_name, hive = matched[name]
        check_types(table, name, hive, part.files[0])
        return f"CAST({part.column(own_name, duckdb_type(hive))} AS {kind})"

    return column


def _file_value(table: catalog.Table, name: str, kind: str, files: list[DataFile], needed: set[str]) -> str:
    """A value that is the same for a whole file: a constant, or looked up by the file's place in the list."""
    if name not in needed:
        return f"CAST(NULL AS {kind})"
    if name == "$path":
        values: list[str | None] = [f.stored.uri for f in files]
    elif name == "$file_size":
        values = [str(f.stored.size) for f in files]
    else:
        position = [n for n, _ in catalog.partition_keys(table)].index(name)
        values = [f.partition[position] for f in files]
    if len(set(values)) == 1:
        return f"CAST({_value(values[0])} AS {kind})"
    return f"list_extract(CAST([{', '.join(map(_value, values))}] AS {kind}[]), (file_index + 1)::BIGINT)"


def _value(value: str | None) -> str:
    return "NULL" if value is None or value == _NULL_PARTITION else literal(value)


__all__ = ["OF_TABLE", "DataFile", "Serde", "delimiter", "format_of", "own_serde", "parameters", "relation"]
