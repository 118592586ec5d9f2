"""Rows as JSON text, in pieces. Small pages are written here; large ones by arrow-rs, four times as fast, with the same
values.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Final

import orjson

from app.formats.athena_csv import fields
from app.formats.values import FLOATS, typed

if TYPE_CHECKING:
    from app.formats.results import Page

_SMALL: Final = 65_536
"""Bytes of CSV up to which loading the library (7 ms, once) costs more than it saves."""
Lost = Mapping[str, int]
"""Per column, how many values JSON has no number for."""


def arrays(page: "Page") -> tuple[list[bytes], Lost]:
    """`[[1,"a"],[2,null]]`."""
    if len(page.lines.text) > _SMALL:
        with suppress(ValueError):  # a value beyond Arrow's reach is written here, or found to be no value
            pieces, lost = _written(page, [""] * len(page.columns), _as_arrays)
            return _between(pieces, b"[[", b"],[", b"]]"), lost
    rows, lost = typed(page.rows(), page.columns, is_int64_text=page.is_int64_text)
    return [orjson.dumps(rows)], lost


def objects(page: "Page", names: Sequence[str]) -> tuple[list[bytes], Lost]:
    """`[{"n":1,"v":"a"},{"n":2,"v":null}]`."""
    pieces, lost = lines(page, names, _as_objects)
    return _between(pieces, b"[", b",", b"]"), lost


def lines(page: "Page", names: Sequence[str], change: Callable[[bytes], bytes] = bytes) -> tuple[list[bytes], Lost]:
    """An object a line; `change` makes something else of some lines."""
    if len(page.lines.text) > _SMALL:
        with suppress(ValueError):
            return _written(page, names, change)
    rows, lost = typed(page.rows(), page.columns, is_int64_text=page.is_int64_text)
    return [change(b"".join(orjson.dumps(dict(zip(names, row, strict=True))) + b"\n" for row in rows))], lost


def _as_arrays(lines: bytes) -> bytes:
    r"""What is between the outermost brackets. The objects have no name but `""`, and a quote inside of a value is
    written `\"`: `"":` can only be a key, and a line break only the end of a row.
    """
    return lines[1:-2].replace(b"}\n{", b"],[").replace(b'"":', b"")


def _as_objects(lines: bytes) -> bytes:
    return lines[:-1].replace(b"}\n{", b"},{")


def _between(pieces: list[bytes], opening: bytes, between: bytes, closing: bytes) -> list[bytes]:
    found = [opening]
    for piece in pieces:
        found += (piece, between)
    return [*found[:-1], closing]


def _written(page: "Page", names: Sequence[str], change: Callable[[bytes], bytes]) -> tuple[list[bytes], Lost]:
    """Each part of the page as lines, changed. ValueError when one has a value that Arrow cannot hold."""
    from arro3.io import write_ndjson

    from app.formats.tables import json_types, table

    types = json_types(page.columns, is_int64_text=page.is_int64_text)
    pieces: list[bytes] = []
    lost: dict[str, int] = {}
    for part in page.parts():
        sent = BytesIO()
        write_ndjson(table(part, names, types), sent, explicit_nulls=True)
        pieces.append(change(sent.getvalue()))
        for name, count in _not_finite(part).items():
            lost[name] = lost.get(name, 0) + count
    return pieces, lost


def _not_finite(page: "Page") -> Lost:
    """Arrow writes null for these; they are counted where they stand."""
    floats = [at for at, col in enumerate(page.columns) if col.type in FLOATS]
    lost: dict[str, int] = {}
    if not floats or not (b"NaN" in page.lines.text or b"Infinity" in page.lines.text):
        return lost
    for record in page.lines.records:
        if b'NaN"' in record or b'Infinity"' in record:
            row = fields(record)
            for at in floats:
                if row[at] in {"NaN", "Infinity", "-Infinity"}:
                    name = page.columns[at].name
                    lost[name] = lost.get(name, 0) + 1
    return lost
