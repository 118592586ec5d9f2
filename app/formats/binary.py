"""Parquet and Arrow IPC: a page is a file of its own, with Athena's types and what the page says of itself inside."""

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import orjson

from app.domain.errors import Unrepresentable
from app.domain.queries import ResultColumn
from app.formats.names import unique_names
from app.formats.record_lines import RecordLines

if TYPE_CHECKING:
    from arro3.core import Table

    from app.formats.results import Page

_BITS = {"boolean": 1, "tinyint": 8, "smallint": 16, "int": 32, "float": 32, "date": 32, "decimal": 128}
_WIDEST = 64
_DICTIONARY = 2**16
"""Bytes of a column's dictionary. The usual MB costs columns whose values hardly repeat twice the time, and space."""
ABOUT = "headgate"
"""The key of a file's metadata with a JSON object: truncated, next_page_token, dataset_versions, statistics."""


def parquet(page: "Page") -> bytes:
    """Snappy, as Athena's own files are: every reader has it."""
    from arro3.io import write_parquet

    about = _about(page)
    sent = BytesIO()
    write_parquet(
        _table(page),
        sent,
        compression="snappy",
        key_value_metadata=about,
        dictionary_page_size_limit=_DICTIONARY,
    )
    return sent.getvalue()


def arrow(page: "Page") -> bytes:
    """The IPC stream, uncompressed: a reader maps it as it is; over HTTP it is compressed on the way."""
    from arro3.io import write_ipc_stream

    sent = BytesIO()
    write_ipc_stream(_table(page), sent)
    return sent.getvalue()


def overhead(columns: tuple[ResultColumn, ...]) -> int:
    """Bytes a record may need beyond its CSV: a NULL has one byte there, and a whole value here."""
    return sum(_BITS.get(col.type, _WIDEST) // 8 for col in columns)


def _about(page: "Page") -> dict[str, str]:
    return {ABOUT: orjson.dumps(page.around).decode()}


def _table(page: "Page") -> "Table":
    from app.formats.tables import described, exact

    names = unique_names(page.columns)
    try:
        found = exact(page, names)
    except ValueError:
        page.rows()  # a page that does not begin at a record is another matter
        raise Unrepresentable(_culprit(page)) from None
    return described(found, page.columns, _about(page))


def _culprit(page: "Page") -> str:
    from app.formats.tables import exact

    rows = page.rows()
    for at, col in enumerate(page.columns):
        try:
            exact(replace(page, columns=(col,), lines=RecordLines.of([_field(row[at]) for row in rows])), [col.name])
        except ValueError:
            return f"Column {col.name} has a {col.type} that this format cannot hold; take json or csv."
    return "A value cannot be held by this format; take json or csv."


def _field(value: str | None) -> bytes:
    return b"" if value is None else b'"' + value.replace('"', '""').encode() + b'"'
