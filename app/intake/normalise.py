"""A copy for the table of a file that Athena's serdes do not read exactly as it stands.

The copy is gzip JSON lines with string values whatever the file was: OpenCSVSerDe has no way to carry a line break or,
without loss, a backslash, while JSON carries every text exactly. Each file is a partition of its own with a serde of
its own, so one such file does not change the others. Nothing is trimmed, typed or turned to NULL here: the view does.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import orjson

from app.intake.json_records import JsonReader
from app.intake.lines import LineReader
from app.intake.models import Declared, IntakeError, Limits, Problem, Report
from app.intake.opening import Opened, open_text
from app.intake.records import RecordReader

_DEFAULT_LIMITS: Final = Limits()
_LEVEL: Final = 4


def normalised(
    stream: Iterable[bytes],
    report: Report,
    *,
    has_header_line: bool,
    limits: Limits = _DEFAULT_LIMITS,
) -> Iterator[bytes]:
    """Gzip pieces of the copy. `report` is what `verify` said of the same bytes.

    `has_header_line`: write the names as a first object. Needed where the table has skip.header.line.count=1, which
    Athena applies to every partition whatever its serde. Raises IntakeError when the bytes are not those verified.
    """
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)
    names = report.field_names
    if has_header_line:
        yield packer.compress(orjson.dumps({name: name for name in names}) + b"\n")
    for rows in _rows(stream, report, limits):
        lines = [orjson.dumps(dict(zip(names, row, strict=True))) for row in rows]
        lines.append(b"")
        piece = packer.compress(b"\n".join(lines))
        if piece:
            yield piece
    yield packer.flush()


def _rows(stream: Iterable[bytes], report: Report, limits: Limits) -> Iterator[Iterable[Sequence[str]]]:
    dialect = report.dialect
    declared = Declared(
        format=dialect.format,
        encoding=dialect.encoding,
        delimiter=dialect.delimiter,
        header=dialect.has_header,
        classifiers=(report.classifier,) if report.classifier is not None else (),
    )
    opened = open_text(stream, declared, limits)
    if replace(opened.sniffed.dialect, header=()) != replace(dialect, header=()):
        raise _changed()
    if dialect.format == "json":
        reader = JsonReader(dialect.json_layout, limits, _refuse)
        width = len(report.field_names)
        for batch in reader.batches(opened.texts):
            if list(reader.keys) != list(dialect.header[: len(reader.keys)]) and dialect.header:
                raise _changed()
            empty: Sequence[str] = [""] * batch.rows
            columns = list(batch.columns.values())
            columns += [empty] * (width - len(columns))
            yield zip(*columns, strict=True)
        return
    for piece in _records(opened, report, limits).batches(opened.texts):
        yield zip(*piece.columns, strict=True)


def _records(opened: Opened, report: Report, limits: Limits) -> RecordReader | LineReader:
    if opened.sniffed.classifier is not None:
        return LineReader(opened.sniffed.classifier, report.dialect.line_end)
    return RecordReader(report.dialect, len(report.field_names), limits, _refuse)


def _refuse(problem: Problem) -> None:
    raise IntakeError(problem)


def _changed() -> IntakeError:
    return IntakeError(Problem("wrong_checksum", "the file that was verified", "another file"))
