"""The CSV classifiers, built-in and custom. Source: Glue developer guide, "Built-in CSV classifier"."""

import csv
import re
from dataclasses import dataclass, field, replace

from local.athena.hivetable import FORMATS
from local.glue.crawler.schema import Schema

DELIMITERS = (",", "|", "\t", ";", "\x01")
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_HEADER_CHARACTERS = 150
_COLUMN_NAME = re.compile(r"[\w .$#@()/-]+\Z")  # a name, not a sentence or a path
_INTEGER = re.compile(r"[+-]?\d{1,18}\Z")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_CONSISTENT = 0.9  # of the rows must have as many fields as most


@dataclass(frozen=True)
class Options:
    """A custom classifier's settings; the default ones are the built-in classifier's."""

    delimiters: tuple[str, ...] = DELIMITERS
    quote: str = '"'
    header: str = "UNKNOWN"
    names: tuple[str, ...] = ()
    trims: bool = True
    takes_single_column: bool = False
    types: tuple[str, ...] = ()
    serde: str = ""
    is_custom: bool = field(default=False)


def classify(text: str, options: Options) -> Schema | None:
    """The schema; None when the text is not delimited: fewer than two columns or rows, rows of different widths."""
    best: tuple[int, str, list[list[str]]] | None = None
    for delimiter in options.delimiters:
        rows = _rows(text, delimiter, options.quote)
        width = _width(rows)
        least = 1 if options.takes_single_column else 2
        if width >= least and len(rows) >= (1 if options.is_custom else 2) and (best is None or width > best[0]):
            best = width, delimiter, [row for row in rows if len(row) == width]
    if best is None:
        return None
    width, delimiter, rows = best
    if options.trims:
        rows = [[value.strip() for value in row] for row in rows]
    has_header = _has_header(rows, options)
    data = rows[1:] if has_header else rows
    names = list(options.names) or (rows[0] if has_header else [])
    names = _distinct([*names[:width], *(f"col{i}" for i in range(len(names), width))])
    kinds = [_type([row[i] for row in data]) for i in range(width)]
    for i, kind in enumerate(options.types[:width]):
        kinds[i] = kind
    return _schema(list(zip(names, kinds, strict=True)), delimiter, text, data, options, has_header=has_header)


def _schema(
    columns: list[tuple[str, str]], delimiter: str, text: str, data: list[list[str]], options: Options, *,
    has_header: bool,
) -> Schema:  # fmt: skip
    is_quoted = bool(options.quote) and re.search(
        rf"(^|{re.escape(delimiter)}|\n){re.escape(options.quote)}", text
    ) is not None  # fmt: skip
    uses_open_csv = options.serde == "OpenCSVSerDe" or (is_quoted and options.serde != "LazySimpleSerDe")
    inputs, outputs, lazy = FORMATS["TEXTFILE"]
    parameters = {"delimiter": delimiter, "areColumnsQuoted": str(is_quoted).lower(), "columnsOrdered": "true"}
    parameters |= {"skip.header.line.count": "1"} if has_header else {}
    schema = Schema("csv", tuple(columns), lazy, {"field.delim": delimiter}, inputs, outputs, parameters,
                    records=len(data))  # fmt: skip
    if not uses_open_csv:
        return schema
    # OpenCSVSerDe reads no empty text as a number.
    kinds = [
        "string" if any(not row[i] for row in data) and not options.types else kind
        for i, (_, kind) in enumerate(columns)
    ]
    given = {"separatorChar": delimiter, "quoteChar": options.quote or '"', "escapeChar": "\\"}
    named = tuple((name, kind) for (name, _), kind in zip(columns, kinds, strict=True))
    return replace(schema, columns=named, serde=OPEN_CSV, serde_parameters=given)


def _rows(text: str, delimiter: str, quote: str) -> list[list[str]]:
    lines = text.splitlines(keepends=True)
    if quote:
        return [row for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if row]
    return [row for row in csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE) if row]


def _width(rows: list[list[str]]) -> int:
    """How many fields nearly all rows have; 0 if they do not agree."""
    if not rows:
        return 0
    widths = [len(row) for row in rows]
    most = max(set(widths), key=widths.count)
    return most if widths.count(most) / len(widths) >= _CONSISTENT else 0


def _has_header(rows: list[list[str]], options: Options) -> bool:
    """Every name text, short and a possible name, and below them something that is not text."""
    if options.header != "UNKNOWN":
        return options.header == "PRESENT"
    first, data = rows[0], rows[1:]
    if any(_type([value]) != "string" for value in first) or any(not value for value in first[:-1]):
        return False
    if any(len(value) >= _HEADER_CHARACTERS for value in first[:-1]):
        return False
    if not all(_COLUMN_NAME.match(value) for value in first if value):
        return False
    return any(_type([row[i] for row in data]) != "string" for i in range(len(first)))


def _type(values: list[str]) -> str:
    """`bigint`, `double`, `boolean` or `string`; empty values tell nothing."""
    told = [value.strip() for value in values if value.strip()]
    if not told:
        return "string"
    if all(_INTEGER.match(value) for value in told):
        return "bigint"
    if all(_NUMBER.match(value) for value in told):
        return "double"
    return "boolean" if all(value.lower() in ("true", "false") for value in told) else "string"


def _distinct(names: list[str]) -> list[str]:
    """Lower-case names, none empty, none twice."""
    found: list[str] = []
    for place, name in enumerate(names):
        base = name.strip().lower() or f"col{place}"
        chosen, number = base, 0
        while chosen in found:
            number += 1
            chosen = f"{base}_{number}"
        found.append(chosen)
    return found
