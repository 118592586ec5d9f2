"""LazySimpleSerDe: fields between one-byte delimiters, without quotes; nested values by further delimiters.

Sources: docs.aws.amazon.com/athena/latest/ug/lazy-simple-serde.html, Hive's LazySerDeParameters and LazyUtils, Trino's
SimpleDeserializer ("bug for bug compatible").
"""

import codecs
import re
from collections.abc import Iterator

from local.athena.errors import QueryFailed
from local.athena.serdes import lines
from local.athena.serdes.datafile import Part, Reading, flag
from local.athena.serdes.values import typed
from local.athena.sqltypes import split_top, struct_fields
from local.trino.types import literal, quoted


def delimiter(text: str) -> str:
    r"""A delimiter as Glue writes it: itself, `\\t`, a number such as `\\001` or `9`; of a longer text the first."""
    if text in ("\\t", "\t"):
        return "\t"
    if text.startswith("\\u"):
        return chr(int(text.removeprefix("\\u"), 16))
    if len(text) > 1 and text.lstrip("\\").isdigit():
        return chr(int(text.lstrip("\\"), 8 if text.startswith("\\") else 10))
    if text.isdigit():
        return chr(int(text))  # Hive's LazyUtils.getByte: a number is a byte's value
    return text[0] if text != "\\\\" else "\\"


def parts(reading: Reading) -> Iterator[Part]:
    """A field that is missing, that is the null text, or that does not parse is NULL; fields too many are dropped."""
    given = reading.parameters
    separators = _separators(given)
    null = given.get("serialization.null.format", "\\N")
    escape = delimiter(given["escape.delim"]) if given.get("escape.delim") else ""
    takes_rest = flag(reading.table, "serialization.last.column.takes.rest")
    encoding = _encoding(given.get("serialization.encoding", "UTF-8"))
    count = len(reading.columns)

    def rewritten(line: str) -> str:
        cells = split(line, separators[0], escape, count if takes_rest else 0)
        return lines.fields((None if c == null else _unescaped(c, escape) for c in cells), count)

    def is_regular(block: bytes) -> bool:
        odd = lines.has_odd_breaks(block) or takes_rest or encoding != "utf-8"
        return not odd and not (escape and escape.encode() in block)

    name = f"lazy {separators[0]!r} {escape!r} {null!r} {takes_rest} {encoding} {count}"
    rules = lines.Rules(name, is_regular, rewritten, encoding, rewrites_all=True)
    as_is = {"delim": literal(separators[0]), "quote": "''", "escape": "''", "nullstr": literal(null)}

    def column(column_name: str, kind: str) -> str:
        return _nested(quoted(column_name), kind, separators, 1, null)

    for files, paths, is_whole in lines.prepared(reading, rules):
        yield Part(lines.read_csv(reading, files, paths, lines.QUOTED if is_whole else as_is), column, files)


def _separators(given: dict[str, str]) -> list[str]:
    """For the fields, then for each level of nesting; Hive's defaults are the bytes 1 to 8."""
    first = given.get("field.delim") or given.get("serialization.format") or "\x01"
    items = given.get("collection.delim") or given.get("colelction.delim") or "\x02"  # Hive 2 misspells it
    keys = given.get("mapkey.delim") or "\x03"
    return [*map(delimiter, (first, items, keys)), *map(chr, range(4, 9))]


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as unknown:
        raise QueryFailed("HIVE_INVALID_METADATA", f"Unknown serialization.encoding: {name}") from unknown


def split(line: str, separator: str, escape: str, most: int = 0) -> list[str]:
    """The raw fields; with `most` the last one takes the rest of the line."""
    if not escape or escape not in line:
        return line.split(separator, most - 1) if most else line.split(separator)
    pattern = re.compile(f"(?:[^{re.escape(separator + escape)}]|{re.escape(escape)}.?)*", re.DOTALL)
    found: list[str] = []
    at = 0
    while True:
        match = pattern.match(line, at)
        end = len(line) if match is None or (most and len(found) == most - 1) else match.end()
        found.append(line[at:end])
        at = end + 1
        if end >= len(line):
            return found


def _unescaped(field: str, escape: str) -> str:
    return re.sub(f"{re.escape(escape)}(.)", r"\1", field, flags=re.DOTALL) if escape else field


def _nested(value: str, kind: str, separators: list[str], depth: int, null: str) -> str:
    """A value of any type; arrays, maps and structs take one delimiter a level, maps one more for key and value."""
    if depth + 1 >= len(separators):
        raise QueryFailed("HIVE_INVALID_METADATA", "Number of levels of nesting is more than the separators")
    here, below = literal(separators[depth]), literal(separators[depth + 1])
    item = f"v{depth}"
    cell = f"nullif({item}, {literal(null)})"
    if kind.endswith("[]"):
        each = _nested(cell, kind[:-2], separators, depth + 1, null)
        listed = f"list_transform(str_split({value}, {here}), lambda {item}: {each})"
        return f"CASE WHEN {value} = '' THEN [] ELSE {listed} END"
    if kind.startswith("MAP("):
        key_kind, value_kind = split_top(kind[4:-1])
        key = _nested(f"split_part({item}, {below}, 1)", key_kind, separators, depth + 2, null)
        rest = f"nullif(substr({item}, instr({item}, {below}) + 1), {literal(null)})"
        held = f"CASE WHEN contains({item}, {below}) THEN {rest} END"
        pair = f"{{'k': {key}, 'v': {_nested(held, value_kind, separators, depth + 2, null)}}}"
        listed = f"map_from_entries(list_transform(str_split({value}, {here}), lambda {item}: {pair}))"
        return f"CAST(CASE WHEN {value} = '' THEN MAP {{}} ELSE {listed} END AS {kind})"
    if kind.startswith("STRUCT("):
        packed = []
        for i, (name, field) in enumerate(struct_fields(kind), start=1):
            part = f"nullif(list_extract(str_split({value}, {here}), {i}), {literal(null)})"
            packed.append(f"{quoted(name)} := {_nested(part, field, separators, depth + 1, null)}")
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(packed)}) END"
    return typed(value, kind)
