"""What a Parquet file's footer says: rows, columns with Athena's types, row groups with sizes and statistics.

Source: https://github.com/apache/parquet-format (src/main/thrift/parquet.thrift, Encodings, LogicalTypes).
"""

import struct
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from app.domain.errors import BadSchema
from app.domain.schemas import Column, ColumnType, Schema, parse_type, safe_names, unreadable_name
from app.intake.models import Declared, Dialect, Problem, Report
from app.intake.problems import Problems
from app.intake.thrift import BadThrift, CompactReader

MAGIC: Final = b"PAR1"
MAX_FOOTER_BYTES: Final = 64 << 20
_PHYSICAL: Final = ("boolean", "int", "bigint", "timestamp", "float", "double", "binary", "binary")
# ConvertedType numbers (deprecated, but many writers still write only them).
_CONVERTED: Final = {0: "varchar", 4: "varchar", 6: "date", 9: "timestamp", 10: "timestamp", 19: "varchar"}
_CONVERTED_INTS: Final = {15: "tinyint", 16: "smallint", 11: "smallint", 12: "int", 13: "bigint"}
_NUMBER_FORMATS: Final = {1: "<i", 2: "<q", 4: "<f", 5: "<d"}

Bound = int | float | str | None


@dataclass(frozen=True)
class ColumnChunk:
    """One leaf of one row group. `path` is dotted; `low` and `high` are raw numbers or text, None when not told."""

    path: str
    compressed_bytes: int
    values: int
    nulls: int | None
    low: Bound = None
    high: Bound = None


@dataclass(frozen=True)
class RowGroup:
    rows: int
    compressed_bytes: int
    chunks: tuple[ColumnChunk, ...]


@dataclass(frozen=True)
class Footer:
    rows: int
    columns: tuple[tuple[str, ColumnType], ...]
    row_groups: tuple[RowGroup, ...]
    created_by: str | None
    footer_bytes: int


class NotParquet(ValueError):
    """The bytes do not end as a Parquet file does; the text says what is missing."""


def footer_length(tail: bytes) -> int:
    """Bytes from the footer's start to the file's end, from the last 8 bytes or more. Raises NotParquet."""
    if len(tail) < 8 or tail[-4:] != MAGIC:
        raise NotParquet("it does not end with PAR1")
    return int.from_bytes(tail[-8:-4], "little") + 8


def read_footer(tail: bytes) -> Footer:
    """From the last bytes of a file, `footer_length` of them or more. Raises NotParquet."""
    length = footer_length(tail)
    if length > len(tail):
        raise NotParquet("the footer is longer than the file")
    try:
        meta = CompactReader(tail[-length:-8]).struct()
        return Footer(
            rows=int(meta[3]),
            columns=_columns(meta[2]),
            row_groups=tuple(_row_group(group, _leaves(meta[2])) for group in meta[4]),
            created_by=meta[6].decode("utf-8", "replace") if 6 in meta else None,
            footer_bytes=length,
        )
    except (BadThrift, KeyError, IndexError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise NotParquet("the footer is damaged") from error


def _columns(elements: list[dict[int, Any]]) -> tuple[tuple[str, ColumnType], ...]:
    reader = iter(elements)
    root = next(reader)
    return tuple(_column(reader) for _ in range(root.get(5, 0)))


def _column(reader: Any, depth: int = 0) -> tuple[str, ColumnType]:
    if depth > 32:
        raise NotParquet("nested too deeply")
    element = next(reader, None)
    if element is None:
        raise NotParquet("the footer's schema is cut off")
    name = element[4].decode("utf-8", "replace")
    children = [_column(reader, depth + 1) for _ in range(element.get(5, 0))]
    kind = _nested(element, children) if children else _scalar(element)
    is_repeated = element.get(3) == 2
    if is_repeated and depth == 0:
        kind = ColumnType("array", parts=(kind,))
    return name, kind


def _nested(element: dict[int, Any], children: list[tuple[str, ColumnType]]) -> ColumnType:
    logical = element.get(10, {})
    inner = children[0][1]
    if element.get(6) == 3 or 3 in logical:  # LIST
        is_wrapped = inner.name == "struct" and len(inner.parts) == 1
        return ColumnType("array", parts=(inner.parts[0] if is_wrapped else inner,))
    if (element.get(6) in {1, 2} or 2 in logical) and len(inner.parts) == 2:  # MAP
        return ColumnType("map", parts=inner.parts)
    return ColumnType("struct", fields=tuple(n.lower() for n, _ in children), parts=tuple(k for _, k in children))


def _scalar(element: dict[int, Any]) -> ColumnType:
    physical = element.get(1)
    converted = element.get(6)
    logical = element.get(10, {})
    if converted == 5 or 5 in logical:
        decimal = logical.get(5, {})
        return ColumnType(
            "decimal", precision=decimal.get(2, element.get(8, 10)), scale=decimal.get(1, element.get(7, 0))
        )
    if physical is None:
        return ColumnType("struct")
    if 10 in logical:
        return _logical_integer(logical[10], physical)
    if physical in {1, 2} and converted in _CONVERTED_INTS:
        return ColumnType(_CONVERTED_INTS[converted])
    if converted in _CONVERTED:
        return ColumnType(_CONVERTED[converted])
    for number, name in ((1, "varchar"), (4, "varchar"), (6, "date"), (8, "timestamp"), (12, "varchar")):
        if number in logical:
            return ColumnType(name)
    return ColumnType(_PHYSICAL[physical])


def _logical_integer(spec: dict[int, Any], physical: int) -> ColumnType:
    bits, is_signed = spec.get(1, 32), spec.get(2, True)
    names = {8: "tinyint", 16: "smallint", 32: "int", 64: "bigint"}
    width = bits if is_signed else min(bits * 2, 64)
    return ColumnType(names.get(width, _PHYSICAL[physical]))


def _leaves(elements: list[dict[int, Any]]) -> list[dict[int, Any]]:
    return [element for element in elements if not element.get(5)]


def _row_group(group: dict[int, Any], leaves: Sequence[dict[int, Any]]) -> RowGroup:
    chunks = tuple(_chunk(c[3], leaf) for c, leaf in zip(group[1], leaves, strict=False))
    return RowGroup(int(group[3]), sum(c.compressed_bytes for c in chunks), chunks)


def _chunk(meta: dict[int, Any], leaf: dict[int, Any]) -> ColumnChunk:
    statistics = meta.get(12, {})
    physical = meta[1]
    is_unsigned = leaf.get(6) in {11, 12, 13, 14} or leaf.get(10, {}).get(10, {}).get(2) is False
    is_text = leaf.get(6) == 0 or 1 in leaf.get(10, {})
    return ColumnChunk(
        path=".".join(part.decode("utf-8", "replace") for part in meta[3]),
        compressed_bytes=int(meta[7]),
        values=int(meta[5]),
        nulls=statistics.get(3),
        low=None if is_unsigned else _bound(statistics.get(6), physical, is_text=is_text),
        high=None if is_unsigned else _bound(statistics.get(5), physical, is_text=is_text),
    )


def _bound(raw: bytes | None, physical: int, *, is_text: bool) -> Bound:
    if raw is None:
        return None
    if physical in _NUMBER_FORMATS and len(raw) == struct.calcsize(_NUMBER_FORMATS[physical]):
        number: int | float = struct.unpack(_NUMBER_FORMATS[physical], raw)[0]
        return number
    return raw.decode("utf-8", "replace") if is_text else None


def verify_parquet(stream: Iterable[bytes], declared: Declared, problems: Problems, *, is_partial: bool) -> Report:
    """Reads the stream to its end, holding the tail only, and compares the footer with the agreed columns."""
    report = Report(Dialect(format="parquet", has_header=False))
    head, tail = _ends(stream)
    if is_partial and head == MAGIC:
        return report  # the footer is at the far end: whoever can read ranges asks `read_footer`
    if head != MAGIC:
        problems.add(Problem("not_parquet", "a Parquet file", "it does not begin with PAR1"))
        return report
    try:
        footer = read_footer(tail)
    except NotParquet as error:
        problems.add(
            Problem("truncated" if tail[-4:] != MAGIC else "not_parquet", "a complete Parquet file", str(error))
        )
        return report
    return _compared(replace(report, rows=footer.rows), footer, declared.schema, problems)


def _ends(stream: Iterable[bytes]) -> tuple[bytes, bytes]:
    head = b""
    held: deque[bytes] = deque()
    size = 0
    for chunk in stream:
        if len(head) < 4:
            head = (head + chunk)[:4]
        held.append(chunk)
        size += len(chunk)
        while size - len(held[0]) >= MAX_FOOTER_BYTES:
            size -= len(held.popleft())
    return head, b"".join(held)


def _compared(report: Report, footer: Footer, schema: Schema | None, problems: Problems) -> Report:
    originals = [name for name, _ in footer.columns]
    names = safe_names(originals)
    _refuse_unreadable(originals, problems)
    columns = []
    for (original, kind), name in zip(footer.columns, names, strict=True):
        try:
            parse_type(str(kind))
        except BadSchema:
            problems.add(Problem("wrong_format", "types that Athena has", str(kind)[:64], column=name))
            continue
        columns.append(
            Column(
                name=name,
                type=kind,
                original_name=original[:4_096],
                certainty=1.0,
                evidence="the file's own type",
            )
        )
    if schema is not None:
        _compare(columns, schema, problems)
    return replace(report, columns=tuple(columns), field_names=names)


def _refuse_unreadable(originals: Sequence[str], problems: Problems) -> None:
    """Athena finds columns by their names, whatever the case."""
    seen: set[str] = set()
    for original in originals:
        stored = original.lower()
        if unreadable_name(stored):
            problems.add(Problem("wrong_header", "names of 1 to 255 characters, none of them _file", original[:64]))
        elif stored in seen:
            problems.add(Problem("duplicate_header", "names that differ in more than case", original[:64]))
        seen.add(stored)


def _compare(columns: list[Column], schema: Schema, problems: Problems) -> None:
    """By the names in the file: what is called otherwise would be NULL to Athena in every row."""
    found = {column.stored_name: column for column in columns}
    by_name = {column.name: column for column in columns}
    for agreed in schema.columns:
        column = found.pop(agreed.stored_name, None)
        alike = by_name.get(agreed.name)
        if column is None and alike is not None and found.pop(alike.stored_name, None) is not None:
            expected = agreed.original_name or agreed.name
            problems.add(
                Problem("wrong_header", expected[:64], (alike.original_name or alike.name)[:64], column=agreed.name)
            )
        elif column is None:
            problems.add(Problem("missing_column", agreed.name, "no such column", column=agreed.name))
        elif column.type != agreed.type and not (column.type.is_text and agreed.type.is_text):
            problems.add(Problem("bad_value", str(agreed.type), str(column.type), column=agreed.name))
    for column in found.values():
        problems.add(Problem("unexpected_column", "only agreed columns", column.name, column=column.name))
