"""The JSON SerDes, one object a line: openx's and Hive's (hcatalog).

Sources: docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html and hive-json-serde.html; Trino's
lib/trino-hive-formats/.../openxjson/README.md for what the documentation leaves open.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from local.athena.serdes import lines
from local.athena.serdes.datafile import Part, Reading, flag
from local.athena.serdes.spellings import Spellings, spellings_of
from local.athena.serdes.values import typed
from local.athena.sqltypes import duckdb_type, split_top, struct_fields
from local.trino.types import literal, quoted

_MOST_BYTES = 32 * 1024 * 1024


def parts(reading: Reading) -> Iterator[Part]:
    """Keys match columns whatever their case; openx: `mapping.<column>`, `dots.in.keys`, `ignore.malformed.json`."""
    is_openx = "openx" in str(reading.table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"])
    is_lenient = is_openx and flag(reading.table, "ignore.malformed.json")
    names = [n for n, _ in reading.columns]

    def rewritten(line: str) -> str:
        return _rewritten(line, names, is_lenient=is_lenient)

    is_regular = _is_all_json if is_lenient else _is_regular
    rules = lines.Rules(f"json {is_lenient} {names}", is_regular, rewritten)
    for files, paths, _ in lines.prepared(reading, rules):
        known = spellings_of(reading.cursor, paths)
        keys = {name: _keys(reading, name, known, is_openx=is_openx) for name in names}
        given = (
            f"[{', '.join(map(literal, paths))}], format = 'newline_delimited', compression = 'uncompressed', "
            f"maximum_object_size = {_MOST_BYTES}"
        )
        if any(len(spelled) > 1 for spelled in keys.values()):
            source, take = f"read_json_objects({given})", _from_whole(keys)
        else:
            source, take = _read_json(reading, keys, given), _from_columns(keys)
        yield Part(source, _column(known, keys, take, is_openx=is_openx), files)


def _is_regular(block: bytes) -> bool:
    """Whether every line begins with a brace."""
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    return block.startswith(b"{") and block.count(b"\n{") == count - 1 and b"\r{" not in block


def _is_all_json(block: bytes) -> bool:
    """Whether every line can be read; DuckDB, told to ignore errors, also loses the line after a bad one."""
    import orjson

    if not _is_regular(block):
        return False
    try:
        for line in block.splitlines():
            orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _rewritten(line: str, names: list[str], *, is_lenient: bool) -> str:
    """What follows the object is ignored; an array's items are the columns; another line is a row of NULLs."""
    text = line.strip()
    if text[:1] not in ("{", "["):
        return "{}"
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return "{}" if is_lenient else text
    return json.dumps(dict(zip(names, found, strict=False)) if isinstance(found, list) else found)


def _keys(reading: Reading, name: str, known: Spellings, *, is_openx: bool) -> list[str]:
    """The spellings of a column's key in the files, at least one."""
    if not is_openx:
        return known.of(name) or [name]
    wanted = {k.lower(): v for k, v in reading.parameters.items()}.get(f"mapping.{name}", name)
    if not flag(reading.table, "case.insensitive", default=True):
        return [wanted]
    found = known.of(wanted)
    if not found and flag(reading.table, "dots.in.keys"):
        found = known.of(wanted, dots=True)
    return found or [wanted]


def _read_json(reading: Reading, keys: dict[str, list[str]], given: str) -> str:
    """Scalars are read as text and then converted, so that `"5"` and 5 both do for an int; the rest as JSON."""
    kinds = {n: "JSON" if _is_nested(duckdb_type(t)) else "VARCHAR" for n, t in reading.columns}
    pairs = ", ".join(f"{literal(spelled[0])}: '{kinds[n]}'" for n, spelled in keys.items())
    return f"read_json({given}, columns = {{{pairs}}}, auto_detect = false, records = true)"


def _from_columns(keys: dict[str, list[str]]) -> Callable[[str], str]:
    return lambda name: quoted(keys[name][0])


def _from_whole(keys: dict[str, list[str]]) -> Callable[[str], str]:
    """For files that spell one key in several ways, which DuckDB's reader takes for duplicates."""

    def take(name: str) -> str:
        return f"coalesce({', '.join(f'json_extract(json, {_pointer(key)})' for key in keys[name])})"

    return take


def _pointer(key: str) -> str:
    return literal("/" + key.replace("~", "~0").replace("/", "~1"))


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("MAP(", "STRUCT("))


def _column(
    known: Spellings, keys: dict[str, list[str]], take: Callable[[str], str], *, is_openx: bool
) -> Callable[[str, str], str]:
    is_whole = any(len(spelled) > 1 for spelled in keys.values())

    def column(name: str, kind: str) -> str:
        value = take(name)
        if _is_nested(kind):
            return f"CAST({_nested(value, kind, known.below(keys[name]), 1)} AS {kind})"
        text = f"({value} ->> '$')" if is_whole else value
        converted = _scalar(text, kind)
        if is_openx or kind == "VARCHAR":
            return converted
        cannot = "athena:HIVE_BAD_DATA: Error Parsing a column in the table: Cannot read ''"
        words = f"'{cannot}' || {text} || ''' as {kind.lower()}'"
        return f"CASE WHEN {text} IS NOT NULL THEN coalesce({converted}, error({words})) END"

    return column


def _scalar(text: str, kind: str) -> str:
    """Of a timestamp: ISO 8601 too; a number of at least 13 digits is in milliseconds, of fewer in seconds."""
    if kind == "BOOLEAN":
        return f"CASE WHEN {text} IS NOT NULL THEN lower({text}) = 'true' END"
    if kind.startswith("TIMESTAMP"):
        number = f"TRY_CAST({text} AS DOUBLE)"
        scaled = f"CASE WHEN length(split_part({text}, '.', 1)) >= 13 THEN {number} * 1000 ELSE {number} * 1000000 END"
        return f"coalesce(CAST(make_timestamp(CAST({scaled} AS BIGINT)) AS {kind}), TRY_CAST({text} AS {kind}))"
    return typed(text, kind)


def _nested(value: str, kind: str, known: Spellings, depth: int) -> str:
    """SQL of a nested value from SQL of its JSON; field by field only where a key has several spellings."""
    structure, is_plain = _structure(kind, known)
    if is_plain:
        return f"json_transform({value}, {literal(json.dumps(structure))})"
    item = f"v{depth}"
    if kind.endswith("[]"):
        inner = _nested(item, kind[:-2], known.items(), depth + 1)
        return f"list_transform(json_extract({value}, '$[*]'), lambda {item}: {inner})"
    if kind.startswith("STRUCT("):
        packed = ", ".join(
            f"{quoted(n)} := {_nested(_either(value, known.of(n) or [n]), t, known.below(known.of(n)), depth)}"
            for n, t in struct_fields(kind)
        )
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({packed}) END"
    return f"json_transform({value}, {literal(json.dumps(structure))})"


def _either(value: str, keys: list[str]) -> str:
    return f"coalesce({', '.join(f'json_extract({value}, {_pointer(key)})' for key in keys)})"


def _structure(kind: str, known: Spellings) -> tuple[Any, bool]:
    """What json_transform takes for a type, keys as the files spell them, and whether each has one spelling."""
    if kind.endswith("[]"):
        inner, is_plain = _structure(kind[:-2], known.items())
        return [inner], is_plain
    if kind.startswith("STRUCT("):
        found, is_plain = {}, True
        for name, field in struct_fields(kind):
            spelled = known.of(name) or [name]
            inner, is_inner_plain = _structure(field, known.below(spelled))
            found[spelled[0]] = inner
            is_plain = is_plain and is_inner_plain and len(spelled) == 1
        return found, is_plain
    if kind.startswith("MAP("):
        key, held = split_top(kind[4:-1])
        return f"MAP({key}, {held})", True
    return kind, True
