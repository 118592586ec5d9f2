"""A Glue table and a list of files to a DuckDB relation: OpenCSVSerDe, LazySimpleSerDe, JSON, Parquet.

Sources: docs.aws.amazon.com/athena/latest/ug/serde-reference.html, the SerDes' own code.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.objects import StoredObject
from local.athena.peek import head, shows
from local.athena.sqltypes import duckdb_type, literal, quoted

_LONG_LINE = 2 * 1024 * 1024
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_NO_READER = {".bz2": "BZIP2", ".snappy": "SNAPPY", ".lz4": "LZ4", ".deflate": "DEFLATE", ".lzo": "LZO"}
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


Serde = str
"""A partition's own SerDe, where it has another than its table: SerdeInfo and InputFormat as JSON text."""
OF_TABLE: Serde = ""


@dataclass(frozen=True)
class DataFile:
    """One object to read, with the text values of its partition keys (None for a null partition)."""

    stored: StoredObject
    partition: tuple[str | None, ...] = ()
    serde: Serde = OF_TABLE


def own_serde(table: catalog.Table, partition: dict[str, Any]) -> Serde:
    """Athena reads a partition with its own descriptor's SerDe and parameters (Hive's rule), not with its table's."""
    info = partition.get("SerdeInfo") or {}
    if not info.get("SerializationLibrary") or info == table["StorageDescriptor"].get("SerdeInfo"):
        return OF_TABLE
    return json.dumps({"SerdeInfo": info, "InputFormat": partition.get("InputFormat")}, sort_keys=True)


def _with_serde(table: catalog.Table, serde: Serde) -> catalog.Table:
    if serde == OF_TABLE:
        return table
    return {**table, "StorageDescriptor": {**table["StorageDescriptor"], **json.loads(serde)}}


def format_of(table: catalog.Table) -> str:
    """`parquet`, `opencsv`, `text` or `json`. Raises QueryFailed for a format there is no reader for."""
    descriptor = table["StorageDescriptor"]
    library = str((descriptor.get("SerdeInfo") or {}).get("SerializationLibrary") or "")
    low = f"{library} {descriptor.get('InputFormat') or ''}".lower()
    if (table.get("Parameters") or {}).get("table_type", "").upper() == "ICEBERG":
        raise QueryFailed("NOT_SUPPORTED", "Iceberg tables are not supported by the embedded Athena")
    for mark, name in (("parquet", "parquet"), ("opencsv", "opencsv"), ("jsonserde", "json"), ("lazysimple", "text")):
        if mark in low:
            return name
    if not library and "textinputformat" in low:
        return "text"
    raise QueryFailed("HIVE_UNSUPPORTED_FORMAT", f"The embedded Athena has no reader for {library or 'this table'}")


def relation(table: catalog.Table, files: Sequence[DataFile], columns: list[tuple[str, str]], needed: set[str]) -> str:
    """SQL of a subquery over the files: `columns` are (name, DuckDB type), partition keys and `$path` among them.

    Columns outside `needed` are there but may be NULL: the plan says nobody looks.
    """
    groups: dict[tuple[str, Serde], list[DataFile]] = {}
    for file in files:
        groups.setdefault((_compression(file.stored.key), file.serde), []).append(file)
    parts = []
    for (compression, serde), group in groups.items():
        own = [n for n, _ in catalog.columns(table)]
        read_as = _with_serde(table, serde)
        expressions, source = _BUILDERS[format_of(read_as)](read_as, group, compression)
        shown = []
        for name, kind in columns:
            if name in own:
                shown.append(f"{expressions(name, kind)} AS {quoted(name)}")
            else:
                shown.append(f"{_file_value(table, name, kind, group, needed)} AS {quoted(name)}")
        parts.append(f"SELECT {', '.join(shown)} FROM {source}")
    return f"({' UNION ALL '.join(parts)})"


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


def _compression(key: str) -> str:
    name = key.rsplit("/", maxsplit=1)[-1].lower()
    for suffix, compression in _COMPRESSIONS.items():
        if name.endswith(suffix):
            return compression
    return next((s for s in _NO_READER if name.endswith(s)), "none")


def _readable(compression: str) -> str:
    if compression in _NO_READER:
        raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena cannot read {_NO_READER[compression]} text files")
    return compression


def _paths(files: Iterable[DataFile]) -> str:
    return "[" + ", ".join(literal(f.stored.path) for f in files) + "]"


Builder = Callable[[catalog.Table, list[DataFile], str], tuple[Callable[[str, str], str], str]]


def parameters(table: catalog.Table) -> dict[str, str]:
    return dict((table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {})


def _skipped(table: catalog.Table) -> int:
    of_table = (table.get("Parameters") or {}).get("skip.header.line.count")
    return int(of_table or parameters(table).get("skip.header.line.count") or 0)


def _read_csv(table: catalog.Table, files: list[DataFile], compression: str, options: dict[str, str]) -> str:
    shape = ", ".join(f"{literal(n)}: 'VARCHAR'" for n, _ in catalog.columns(table))
    given = {
        "columns": f"{{{shape}}}",
        "auto_detect": "false",
        "header": "false",
        "skip": str(_skipped(table)),
        "compression": literal(_readable(compression)),
        "null_padding": "true",
        "strict_mode": "false",
        **options,
    }
    if any(f.stored.size > _LONG_LINE or compression != "none" for f in files):
        given["max_line_size"] = str(8 * _LONG_LINE)  # costs a buffer per file, so not for small ones
    return f"read_csv({_paths(files)}, {', '.join(f'{k} = {v}' for k, v in given.items())})"


def _opencsv(table: catalog.Table, files: list[DataFile], compression: str) -> tuple[Callable[[str, str], str], str]:
    """All columns are text; a field that is missing at the end of a line is NULL, an empty one is ''.

    OpenCSV takes both `""` and escape-quote for a quote inside quotes; DuckDB takes one of them. Where no file shows
    the escape character, `""` alone does, at full speed; else values are unescaped after the split.
    """
    given = parameters(table)
    quote, escape = given.get("quoteChar", '"'), given.get("escapeChar", "\\")
    has_escapes = escape != quote and any(shows(f.stored.path, compression, escape) for f in files)
    options = {
        "delim": literal(delimiter(given.get("separatorChar", ","))),
        "quote": literal(quote),
        "escape": literal(escape if has_escapes else quote),
        "nullstr": literal("\x01\x02never"),
    }
    source = _read_csv(table, files, compression, options)

    def column(name: str, kind: str) -> str:
        value = quoted(name)
        if has_escapes:
            value = f"replace({value}, {literal(quote * 2)}, {literal(quote)})"
        return value if kind == "VARCHAR" else _typed(value, kind)

    return column, source


def delimiter(text: str) -> str:
    r"""A delimiter as Glue writes it: itself, `\\t`, or a number such as `\\001`."""
    if text in ("\\t", "\t"):
        return "\t"
    if text.startswith("\\u"):
        return chr(int(text, 0))
    if len(text) > 1 and text.lstrip("\\").isdigit():
        return chr(int(text.lstrip("\\"), 8 if text.startswith("\\") else 10))
    return text


def _lazy_simple(
    table: catalog.Table, files: list[DataFile], compression: str
) -> tuple[Callable[[str, str], str], str]:
    """Typed columns without quoting: what does not parse is NULL."""
    given = parameters(table)
    between = given.get("field.delim") or given.get("serialization.format") or "\x01"
    null = given.get("serialization.null.format", "\\N")
    escape = given.get("escape.delim", "")
    items = delimiter(given.get("collection.delim") or given.get("colelction.delim") or "\x02")
    keys = delimiter(given.get("mapkey.delim") or "\x03")
    options = {"delim": literal(delimiter(between)), "quote": "''", "escape": literal(escape), "nullstr": literal(null)}
    source = _read_csv(table, files, compression, options)

    def column(name: str, kind: str) -> str:
        value = quoted(name)
        if kind.endswith("[]"):
            return f"list_transform(str_split({value}, {literal(items)}), lambda v: {_typed('v', kind[:-2])})"
        if kind.startswith("MAP("):
            pair = f"{{'k': split_part(p, {literal(keys)}, 1), 'v': split_part(p, {literal(keys)}, 2)}}"
            listed = f"list_transform(str_split({value}, {literal(items)}), lambda p: {pair})"
            return f"CAST(map_from_entries({listed}) AS {kind})"
        return _typed(value, kind)

    return column, source


def _typed(value: str, kind: str) -> str:
    if kind == "VARCHAR":
        return value
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        return f"athena_try_{kind.lower()}({value})"
    if kind == "BOOLEAN":
        return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    return f"TRY_CAST({value} AS {kind})"


def _json(table: catalog.Table, files: list[DataFile], compression: str) -> tuple[Callable[[str, str], str], str]:
    """One object a line. Keys match columns whatever their case; `mapping.<column>` renames (openx)."""
    given = parameters(table)
    is_lenient = given.get("ignore.malformed.json", "false").lower() == "true"
    renamed = {k[len("mapping.") :].lower(): v for k, v in given.items() if k.startswith("mapping.")}
    types = dict(catalog.columns(table))
    seen = _json_keys(files, compression)
    keys = {name: [renamed[name]] if name in renamed else seen.get(name, [name]) for name in types}
    codec = _readable(compression).replace("none", "uncompressed")
    reading = (
        f"format = 'newline_delimited', compression = {literal(codec)}, "
        f"ignore_errors = {str(is_lenient).lower()}, maximum_object_size = 33554432"
    )
    if any(len(spelled) > 1 for spelled in keys.values()):
        return _json_by_hand(keys, types, f"read_json_objects({_paths(files)}, {reading})")
    pairs = [f"{literal(spelled[0])}: {literal(_json_type(types[n]))}" for n, spelled in keys.items()]
    source = f"read_json({_paths(files)}, columns = {{{', '.join(pairs)}}}, auto_detect = false, {reading})"

    def column(name: str, kind: str) -> str:
        value = quoted(keys[name][0])
        return _typed(value, kind) if _json_type(types[name]) == "VARCHAR" else value

    return column, source


def _json_by_hand(
    keys: dict[str, list[str]], types: dict[str, str], source: str,
) -> tuple[Callable[[str, str], str], str]:  # fmt: skip
    """For files that spell one key in several ways, which DuckDB's reader takes for duplicates."""

    def column(name: str, kind: str) -> str:
        paths = [literal('$."' + key + '"') for key in keys[name]]
        if _json_type(types[name]) == "VARCHAR":
            return _typed(f"coalesce({', '.join(f'json_extract_string(json, {p})' for p in paths)})", kind)
        return f"CAST(coalesce({', '.join(f'json_extract(json, {p})' for p in paths)}) AS {kind})"

    return column, source


def _json_type(hive: str) -> str:
    """Scalars are read as text and then cast, so that `"5"` and 5 both do for an int."""
    kind = duckdb_type(hive)
    return kind if kind.endswith("]") or kind.startswith(("MAP(", "STRUCT(")) else "VARCHAR"


def _json_keys(files: list[DataFile], compression: str) -> dict[str, list[str]]:
    """Lower-case key to its spellings, from the first lines of the first file."""
    import json

    found: dict[str, list[str]] = {}
    for line in head(files[0].stored.path, compression).splitlines()[:2000]:
        try:
            item: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(item, dict):
            for key in item:
                spellings = found.setdefault(key.lower(), [])
                if key not in spellings:
                    spellings.append(key)
    return found


def _parquet(_table: catalog.Table, files: list[DataFile], _compression: str) -> tuple[Callable[[str, str], str], str]:
    """Columns match by name; one that no file has is NULL. Compression is inside the file."""
    from local.athena.footers import footer

    names = [footer(f.stored.path).column_names() for f in files]
    present = set().union(*names)
    is_uniform = all(n == names[0] for n in names)
    source = f"read_parquet({_paths(files)}, union_by_name = {str(not is_uniform).lower()}, hive_partitioning = false)"

    def column(name: str, kind: str) -> str:
        return f"CAST({quoted(name)} AS {kind})" if name in present else f"CAST(NULL AS {kind})"

    return column, source


_BUILDERS: dict[str, Builder] = {"opencsv": _opencsv, "text": _lazy_simple, "json": _json, "parquet": _parquet}
