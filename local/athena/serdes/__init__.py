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
from local.athena.sqltypes import duckdb_type
from local.trino.types import literal, quoted

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
            own, of_file = _own_columns(table, reading, part), _FileColumns(table, part.files, needed)
            mine = _names(table)
            shown = [f"{own(n, t) if n in mine else of_file(n, t)} AS {quoted(n)}" for n, t in columns]
            selects.append(f"SELECT {', '.join(shown)} FROM {part.source}{of_file.join()}")
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


class _FileColumns:
    """Partition keys, `$path` and `$file_size`: constants where all files agree, else joined by the file's number.

    DuckDB takes the list of files for the smaller side, so the join costs a lookup a row. (A list indexed by the number
    is copied for every file: seconds for some thousand files.)
    """

    def __init__(self, table: catalog.Table, files: list[DataFile], needed: set[str]) -> None:
        self._keys = [n for n, _ in catalog.partition_keys(table)]
        self._files = files
        self._needed = needed
        self._lists: list[str] = []

    def __call__(self, name: str, kind: str) -> str:
        """SQL of the column."""
        if name not in self._needed:
            return f"CAST(NULL AS {kind})"
        values = self._values(name)
        if len(set(values)) == 1:
            return f"CAST({_value(values[0])} AS {kind})"
        self._lists.append(f"CAST([{', '.join(map(_value, values))}] AS {kind}[])")
        return f'_file."${len(self._lists)}"'

    def _values(self, name: str) -> list[str | None]:
        if name == "$path":
            return [f.stored.uri for f in self._files]
        if name == "$file_size":
            return [str(f.stored.size) for f in self._files]
        position = self._keys.index(name)
        return [f.partition[position] for f in self._files]

    def join(self) -> str:
        """What follows the source in FROM."""
        if not self._lists:
            return ""
        listed = "".join(f', unnest({values}) AS "${i}"' for i, values in enumerate(self._lists, start=1))
        numbers = f"unnest(range({len(self._files)}))::UBIGINT"
        return f' JOIN (SELECT {numbers} AS "$0"{listed}) AS _file ON _file."$0" = file_index'


def _value(value: str | None) -> str:
    return "NULL" if value is None or value == _NULL_PARTITION else literal(value)


__all__ = ["OF_TABLE", "DataFile", "Serde", "delimiter", "format_of", "own_serde", "parameters", "relation"]
