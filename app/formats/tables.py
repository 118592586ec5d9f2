"""A page of a result as an Arrow table: read by Rust (arrow-rs through arro3), an order of magnitude faster than here.

That reader takes `""` for NULL; texts that are empty are put back from the records, which tell the two apart.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from app.domain.queries import ResultColumn
from app.formats.athena_csv import fields
from app.formats.values import moment

if TYPE_CHECKING:
    from arro3.core import DataType, Table

    from app.formats.results import Page


def plain_types() -> "dict[str, DataType]":
    """Athena's types that a column of Arrow holds as they are."""
    from arro3.core import DataType

    return {
        "boolean": DataType.bool(),
        "tinyint": DataType.int8(),
        "smallint": DataType.int16(),
        "int": DataType.int32(),
        "bigint": DataType.int64(),
        "float": DataType.float32(),
        "double": DataType.float64(),
    }


def exact_types(columns: Sequence[ResultColumn]) -> "list[DataType | None]":
    """What Parquet and Arrow say of each column; None: text. Timestamps have microseconds: years 1 to 9999 fit."""
    from arro3.core import DataType

    known = {**plain_types(), "date": DataType.date32(), "timestamp": DataType.timestamp("us")}
    return [
        DataType.decimal128(col.precision, col.scale or 0)
        if col.type == "decimal" and col.precision is not None
        else known.get(col.type)
        for col in columns
    ]


def json_types(columns: Sequence[ResultColumn], *, is_int64_text: bool) -> "list[DataType | None]":
    """What JSON has of its own; decimals and dates are text there. Nanoseconds lose no digit, and refuse far years;
    a float's shortest digits stay as they are when they are read as those of a double.
    """
    from arro3.core import DataType

    known = {**plain_types(), "float": DataType.float64(), "timestamp": DataType.timestamp("ns")}
    if is_int64_text:
        del known["bigint"]
    return [known.get(col.type) for col in columns]


def table(page: "Page", names: Sequence[str], types: "Sequence[DataType | None]") -> "Table":
    """The page's records under these names and types, None being text. ValueError when one does not hold its type,
    Misread when the page's lines are not its records.
    """
    from arro3.core import DataType, Field, Schema, Table
    from arro3.io import read_csv

    text = DataType.string()
    schema = Schema([Field(name, kind or text) for name, kind in zip(names, types, strict=True)])
    lines = page.lines
    if not lines.count:
        return Table.from_batches([], schema=schema)
    sent, wide = lines.text, schema
    if len(names) == 1:  # a NULL alone is an empty line, which the reader would skip: a second column makes it one
        sent, wide = b",\n".join([*lines.records, b""]), schema.append(Field("", text))
    try:
        found = read_csv(BytesIO(sent), wide, has_header=False, batch_size=lines.count).read_all()
    except Exception as error:  # arro3 raises Exception itself for all that arrow-rs refuses
        lines.prove()
        raise ValueError("the records do not hold the columns' types") from error
    if found.num_rows != lines.count:
        lines.prove()
        raise ValueError("the records are not lines of the result")
    found = found.select(list(range(len(names))))
    return _with_empty_texts(found, lines.records, types) if b'""' in sent else found


def _with_empty_texts(found: "Table", records: Sequence[bytes], types: "Sequence[DataType | None]") -> "Table":
    """The table with '' where the reader saw NULL."""
    is_text = [kind is None for kind in types]
    empty: dict[int, list[int]] = {}
    for row, record in enumerate(records):
        if b'""' in record:
            for at, value in enumerate(fields(record)):
                if value == "" and is_text[at]:
                    empty.setdefault(at, []).append(row)
    for at, rows in empty.items():
        found = changed(found, at, partial(_put, rows))
    return found


def _put(rows: list[int], values: list[Any]) -> list[Any]:
    for row in rows:
        values[row] = ""
    return values


def changed(
    found: "Table", at: int, change: Callable[[list[Any]], list[Any]], kind: "DataType | None" = None
) -> "Table":
    """The table with one column's values changed, all at once."""
    from arro3.core import Array, ChunkedArray

    field = found.field(at) if kind is None else found.field(at).with_type(kind)
    values = cast("Any", change(cast("list[Any]", found.column(at).to_pylist())))
    return found.set_column(at, field, ChunkedArray([Array(values, type=field.type)]))


def described(found: "Table", columns: Sequence[ResultColumn], about: Mapping[str, str]) -> "Table":
    """The table with Athena's type beside each column, and `about` beside all."""
    from arro3.core import Schema

    named = [
        field.with_metadata({"athena_type": _athena_type(col)})
        for field, col in zip(list(found.schema), columns, strict=True)  # type: ignore[call-overload] # it can be iterated
    ]
    return found.with_schema(Schema(named, metadata=dict(about)))


def _athena_type(col: ResultColumn) -> str:
    return f"decimal({col.precision},{col.scale or 0})" if col.type == "decimal" else col.type


def _each(change: Callable[[str], Any], values: list[Any]) -> list[Any]:
    return [None if value is None else change(value) for value in values]


def exact(page: "Page", names: Sequence[str]) -> "Table":
    """The page's records as Parquet and Arrow hold them: binary as bytes, moments with a zone as ISO text."""
    from arro3.core import Table

    types = exact_types(page.columns)
    parts = [_exact(table(part, names, types), page.columns) for part in page.parts()]
    return Table.from_batches([batch for part in parts for batch in part.to_batches()], schema=parts[0].schema)


def _exact(found: "Table", columns: Sequence[ResultColumn]) -> "Table":
    from arro3.core import DataType

    for at, col in enumerate(columns):
        if col.type == "binary":
            found = changed(found, at, partial(_each, bytes.fromhex), DataType.binary())
        elif col.type == "timestamp with time zone":
            found = changed(found, at, partial(_each, moment))
    return found
