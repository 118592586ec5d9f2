"""Result objects and their pages: the CSV as Athena writes it, its `.metadata`, and GetQueryResults.

In the CSV every value is quoted, NULL is an unquoted nothing, `""` the empty string. A page's token is the byte offset
of the next row, so page N costs what page 1 does.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.athena.errors import Refused
from local.athena.paging import encoded, place_of

# As Athena reports them: https://github.com/laughingman7743/PyAthena, tests/pyathena/test_cursor.py, test_complex
_PRECISION = {"varchar": 2147483647, "integer": 10, "bigint": 19, "double": 17, "float": 17, "smallint": 5,
              "tinyint": 3, "timestamp": 3, "timestamp with time zone": 3, "time": 3, "time with time zone": 3,
              "varbinary": 1073741824}  # fmt: skip
_PARAMETERS = re.compile(r"\(([\d, ]+)\)")
_FIELD = re.compile(rb'(?:"((?:[^"]|"")*)")?([,\n]|$)')
_CHUNK = 1 << 18
MAX_ROWS = 1000


@dataclass(frozen=True)
class Column:
    """A result column: `kind` is Athena's type in full, e.g. `decimal(10,2)`."""

    name: str
    kind: str

    def info(self) -> dict[str, Any]:
        """GetQueryResults' ColumnInfo."""
        short = short_name(self.kind)
        precision, scale = _PRECISION.get(short, 0), 0
        given = _PARAMETERS.search(self.kind)
        if given and short not in ("array", "map", "row"):
            precision, scale = (*(int(n) for n in given[1].split(",")), 0)[:2]
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": short,
            "Precision": precision,
            "Scale": scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": short in ("varchar", "string", "char"),
        }


def short_name(kind: str) -> str:
    """The type without its parameters: `array`, `decimal`, `timestamp with time zone`."""
    name = kind.lower()
    if name.startswith(("array", "map", "row")):
        return re.split(r"[(<]", name, maxsplit=1)[0]
    return _PARAMETERS.sub("", name)


def csv_line(values: list[str | None]) -> str:
    """One line of a result CSV."""
    return ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in values) + "\n"


def _varint(number: int) -> bytes:
    if number <= 0x7F:
        return number.to_bytes()
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _text(field: int, value: str) -> bytes:
    raw = value.encode()
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def metadata(query_id: str, columns: list[Column]) -> bytes:
    """The `.metadata` object: a protobuf message whose schema AWS does not publish; the query id and the columns."""
    parts = [_text(2, query_id)]
    tails: dict[str, bytes] = {}  # what follows the name says only the type, and a wide table has few
    for column in columns:
        if column.kind not in tails:
            tails[column.kind] = _tail(column.info())
        inner = _text(1, "hive") + _text(4, column.name) + _text(5, column.name) + tails[column.kind]
        parts.append(_varint(4 << 3 | 2) + _varint(len(inner)) + inner)
    return b"".join(parts)


def _tail(info: dict[str, Any]) -> bytes:
    numbers = (7, info["Precision"]), (8, info["Scale"]), (9, 3), (10, int(info["CaseSensitive"]))
    return _text(6, info["Type"]) + b"".join(_varint(field << 3) + _varint(value) for field, value in numbers)


def page(path: Path, width: int, token: str | None, size: int) -> tuple[list[dict[str, Any]], str | None]:
    """Rows of a result CSV from a token on (None: from the header), and the token of the next page."""
    start = place_of(token, "row")
    with path.open("rb") as file:
        total = file.seek(0, 2)
        file.seek(start)
        rows: list[dict[str, Any]] = []
        buffer, end = b"", 0
        while len(rows) < size:
            more = file.read(_CHUNK)
            if not more:
                break
            buffer += more
            end = _take_rows(buffer, end, rows, width, size, is_last=file.tell() >= total)
    offset = start + end
    return rows, encoded("row", offset) if offset < total else None


def _take_rows(buffer: bytes, at: int, rows: list[dict[str, Any]], width: int, size: int, *, is_last: bool) -> int:
    """Append the whole rows that start at `at`; where the first unfinished one starts. At most `size` rows in all."""
    done = at
    fields: list[dict[str, str]] = []
    while len(rows) < size and at < len(buffer):
        found = _FIELD.match(buffer, at)
        if found is None or (found.end() == len(buffer) and not is_last):
            break
        fields.append(_datum(found))
        at = found.end()
        if found[2] != b",":
            if len(fields) != width:
                raise Refused("The result object was changed after the query wrote it")
            rows.append({"Data": fields})
            fields, done = [], at
    return done


def _datum(found: re.Match[bytes]) -> dict[str, str]:
    raw = found[1]
    return {} if raw is None else {"VarCharValue": raw.replace(b'""', b'"').decode()}
