"""OpenCSVSerDe, as Athena reads it.

Sources: docs.aws.amazon.com/athena/latest/ug/csv-serde.html; the parser's rules from opencsv 2.3's CSVParser, which
Hive's OpenCSVSerde uses one line at a time, and Trino's CsvDeserializer, which follows it ("bug for bug").
"""

import re
from collections.abc import Iterator

from local.athena.errors import QueryFailed
from local.athena.serdes import lines
from local.athena.serdes.datafile import Part, Reading
from local.trino.types import literal, quoted

_DEFAULT_ESCAPE = "\\"


def parts(reading: Reading) -> Iterator[Part]:
    """A field that is missing at the end of a line is NULL, an empty one is ''."""
    given = reading.parameters
    separator = _character(given, "separatorChar", ",")
    quote, escape = _character(given, "quoteChar", '"'), _character(given, "escapeChar", _DEFAULT_ESCAPE)
    if escape == '"':
        escape = _DEFAULT_ESCAPE  # OpenCSVSerde takes '"' for "not set", and the reader's default is a backslash
    if separator in (quote, escape) or quote == escape:
        raise QueryFailed("HIVE_INVALID_METADATA", "The separator, quote, and escape characters must be different")
    count = len(reading.columns)

    plain = _plain_line(separator, quote)

    def rewritten(line: str) -> str:
        if line and escape not in line and plain.fullmatch(line):
            return line
        cells = split(line, separator, quote, escape, count) if line else []
        row = [lines.NULL if v is None else quote + v.replace(quote, quote * 2) + quote for v in cells]
        return separator.join(row + [lines.NULL] * (count - len(row)))

    def is_regular(block: bytes) -> bool:
        if lines.has_odd_breaks(block) or escape.encode() in block:
            return False
        return quote.encode() not in block or _has_regular_quotes(block, separator, quote)

    rules = lines.Rules(f"opencsv {separator!r} {quote!r} {escape!r} {count}", is_regular, rewritten)
    options = {"delim": literal(separator), "quote": literal(quote), "escape": literal(quote)}

    def column(name: str, kind: str) -> str:
        position = next(i for i, (n, _) in enumerate(reading.columns) if n == name)
        return _typed(quoted(name), kind, position, is_lenient=lines.is_lenient(reading))

    for files, paths, _ in lines.prepared(reading, rules):
        yield Part(lines.read_csv(reading, files, paths, options), column, files)


def _character(given: dict[str, str], name: str, default: str) -> str:
    text = given.get(name) or default
    return {"\\t": "\t", "\\\\": "\\"}.get(text, text[0])


def _plain_line(separator: str, quote: str) -> re.Pattern[str]:
    """Lines that DuckDB reads as they stand."""
    q, s = re.escape(quote), re.escape(separator)
    field = f"(?:{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+{q}|[^{q}{s}]*+)"
    return re.compile(f"{field}(?:{s}{field})*+")


def split(line: str, separator: str, quote: str, escape: str, most: int) -> list[str | None]:
    """The fields of a line that is not empty, at most `most`; an unfinished quoted field at the end is None."""
    found: list[str | None] = []
    field: list[str] = []
    in_quotes = in_field = False
    at, end = 0, len(line)
    while at < end and len(found) < most:
        char, following = line[at], line[at + 1 : at + 2]
        is_inside = in_quotes or in_field
        if char == escape:
            if is_inside and following in (quote, escape) and following:
                field.append(following)
                at += 1
        elif char == quote:
            if is_inside and following == quote:
                field.append(quote)
                at += 1
            else:
                if at > 2 and line[at - 1] != separator and following not in ("", separator):
                    if field and not "".join(field).strip():
                        field = []  # blanks before an opening quote go
                    else:
                        field.append(quote)
                in_quotes = not in_quotes
            in_field = not in_field
        elif char == separator and not in_quotes:
            found.append("".join(field))
            field, in_field = [], False
        else:
            field.append(char)
            in_field = True
        at += 1
    if len(found) < most:
        found.append(None if in_quotes else "".join(field))
    return found


def _has_regular_quotes(block: bytes, separator: str, quote: str) -> bool:
    """Whether all quotes open right after and close right before a separator or a line's end, or stand doubled."""
    import numpy as np

    if len(quote.encode()) != 1 or len(separator.encode()) != 1:
        return False
    data = np.frombuffer(block, dtype=np.uint8)
    marks = np.flatnonzero(data == ord(quote))
    if len(marks) % 2:
        return False
    breaks = np.flatnonzero(data == 10)
    if (np.searchsorted(marks, breaks) & 1).any():
        return False  # a line break inside quotes
    before = data[marks[::2] - 1]  # of a mark at 0 this is the block's last byte, corrected below
    closing = marks[1::2]
    after = data[np.minimum(closing + 1, len(data) - 1)]
    opens = (before == ord(separator)) | (before == 10) | (before == ord(quote))
    opens[0] |= marks[0] == 0
    closes = (
        (after == ord(separator)) | (after == 10) | (after == 13) | (after == ord(quote)) | (closing == len(data) - 1)
    )
    return bool(opens.all() and closes.all())


def _typed(value: str, kind: str, position: int, *, is_lenient: bool) -> str:
    """Docs, "Considerations for non-string data": numbers are not empty, TIMESTAMP is in milliseconds and DATE in
    days since 1970. What does not parse fails the query.
    """
    if kind == "VARCHAR":
        return value
    if kind == "BOOLEAN":
        return f"CASE WHEN {value} IS NOT NULL THEN lower({value}) = 'true' END"
    if kind == "DATE":
        parsed = f"(DATE '1970-01-01' + TRY_CAST({value} AS INTEGER))"
    elif kind.startswith("TIMESTAMP"):
        parsed = f"CAST(epoch_ms(TRY_CAST({value} AS BIGINT)) AS {kind})"
    elif kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        parsed = f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN TRY_CAST({value} AS {kind}) END"
    elif kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        parsed = f"TRY_CAST({value} AS {kind})"
    else:
        raise QueryFailed("HIVE_INVALID_METADATA", f"OpenCSVSerde does not support columns of type {kind.lower()}")
    if is_lenient:
        return parsed
    words = (
        f"'athena:HIVE_BAD_DATA: Error parsing field value ''' || {value} || ''' for field {position}: "
        f"For input string: \"' || {value} || '\"'"
    )
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE coalesce({parsed}, error({words})) END"
