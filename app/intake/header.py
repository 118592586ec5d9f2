"""The header of a file against the agreed schema, by safe name or original name."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.schemas import Column, Schema, safe_names
from app.intake.masking import masked
from app.intake.models import Code, Problem
from app.intake.sniff import Sniffed


@dataclass(frozen=True)
class Agreement:
    """Per field of the file: its safe name, its original name, and the agreed column (None: there is none)."""

    names: tuple[str, ...]
    originals: tuple[str, ...]
    columns: tuple[Column | None, ...]
    is_reordered: bool = False


def agree(sniffed: Sniffed, schema: Schema | None, report: Callable[[Problem], None]) -> Agreement:
    """Matches fields and columns and reports what does not match."""
    width = sniffed.width
    originals = (sniffed.dialect.header + ("",) * width)[:width]
    names = safe_names(originals)
    if schema is None:
        return Agreement(names, originals, (None,) * width)
    if not sniffed.dialect.has_header:
        return _by_position(width, schema, report)
    line = sniffed.start_line - 1 or None  # a text file's names are its classifier's, and stand in no line
    found = _matched(originals, names, schema)
    known = [column for column in found if column is not None]
    if not known:
        expected = ", ".join(schema.names[:8])
        report(Problem("wrong_header", expected, ", ".join(masked(cell) for cell in originals[:8]), line))
        return Agreement(names, originals, found)
    _report_differences(originals, found, schema, report, line)
    named = tuple(c.name if c is not None else n for c, n in zip(found, names, strict=True))
    is_reordered = named != schema.names and set(named) == set(schema.names)
    return Agreement(named, originals, found, is_reordered)


def _by_position(width: int, schema: Schema, report: Callable[[Problem], None]) -> Agreement:
    agreed = len(schema.columns)
    if width < agreed:
        name = schema.columns[width].name
        report(Problem("missing_column", f"{agreed} columns", f"{width} columns", 1, name))
    elif width > agreed:
        report(Problem("unexpected_column", f"{agreed} columns", f"{width} columns", 1))
    columns = (*schema.columns[:width], *([None] * (width - agreed)))
    names = tuple(c.name if c is not None else f"column_{at}" for at, c in enumerate(columns, start=1))
    return Agreement(names, names, columns)


def _matched(originals: tuple[str, ...], names: tuple[str, ...], schema: Schema) -> tuple[Column | None, ...]:
    by_original = {c.original_name: c for c in schema.columns if c.original_name}
    by_name = {c.name: c for c in schema.columns}
    taken: set[str] = set()
    found: list[Column | None] = []
    for original, name in zip(originals, names, strict=True):
        column = by_original.get(original)
        if column is None or column.name in taken:
            column = by_name.get(name) or by_name.get(safe_names([original])[0])
        if column is not None and column.name in taken:
            column = None
        if column is not None:
            taken.add(column.name)
        found.append(column)
    return tuple(found)


def _report_differences(
    originals: tuple[str, ...],
    found: tuple[Column | None, ...],
    schema: Schema,
    report: Callable[[Problem], None],
    line: int | None,
) -> None:
    present = {column.name for column in found if column is not None}
    counts = Counter(originals)
    for column in schema.columns:
        if column.name not in present:
            expected = column.original_name or column.name
            report(Problem("missing_column", expected[:64], "no such column in the header", line, column.name))
    for original, match in zip(originals, found, strict=True):
        if match is None:
            code: Code = "duplicate_header" if counts[original] > 1 and original else "unexpected_column"
            report(Problem(code, "only agreed columns, each once", original[:64], line, original[:64] or None))
