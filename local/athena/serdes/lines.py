"""Text objects as DuckDB's CSV reader takes them: most as they are, those with odd lines rewritten line by line.

DuckDB splits CSV as RFC 4180 says, Hive's SerDes do not: they know no quoted line breaks, escape with backslashes, give
a row for an empty line, and read quotes in the middle of a field. Each SerDe says which blocks of lines read the same
either way; only the others are rewritten, by its exact rules. Every line stays one line, so header lines still count.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.athena import spill
from local.athena.codecs import codec_of, plain_chunks
from local.athena.errors import QueryFailed
from local.athena.serdes.datafile import DataFile, Reading, flag
from local.trino.types import literal

BOM = b"\xef\xbb\xbf"
NULL = "\x01\x02null"
"""What a rewritten line has, unquoted, where a field is missing."""
_LONG_LINE = 2 * 1024 * 1024
_BREAKS = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Rules:
    """How one SerDe's lines are told apart. `name` stands for everything that decides `is_regular` and `rewritten`:
    files are kept by it. `rewrites_all`: a file with one odd line is rewritten whole, into another form.
    """

    name: str
    is_regular: Callable[[bytes], bool]
    rewritten: Callable[[str], str]
    encoding: str = "utf-8"
    rewrites_all: bool = False


def prepared(reading: Reading, rules: Rules) -> Iterator[tuple[list[DataFile], list[str], bool]]:
    """The files with the paths to read them by, those rewritten whole (True) apart from the others."""
    kept: tuple[list[DataFile], list[str]] = ([], [])
    whole: tuple[list[DataFile], list[str]] = ([], [])
    for file in reading.files:
        path, is_whole = _path(file, rules, reading.spill)
        files, paths = whole if is_whole else kept
        files.append(file)
        paths.append(path)
    for is_whole, (files, paths) in ((False, kept), (True, whole)):
        if files:
            yield files, paths, is_whole


def _path(file: DataFile, rules: Rules, folder: Path) -> tuple[str, bool]:
    stored, codec = file.stored, codec_of(file.stored.key)

    def read() -> Iterator[bytes]:
        return blocks(plain_chunks(stored.path, codec, stored.uri))

    if not rules.rewrites_all:
        make = _maker(read, rules, is_plain=codec == "none")
        return spill.without_wildcards(spill.derived(stored.path, f"{codec} {rules.name}", folder, make), folder), False

    def make_whole(target: Path) -> bool:
        if all(_is_regular(block, rules) for block in read()):
            return False
        with target.open("wb") as out:
            out.writelines(_rewritten(block, rules) for block in read())
        return True

    path = spill.derived(stored.path, f"whole {codec} {rules.name}", folder, make_whole)
    if path != stored.path:
        return path, True
    plain = Rules("plain", lambda _: True, str)
    path = spill.derived(stored.path, f"{codec} plain", folder, _maker(read, plain, is_plain=codec == "none"))
    return spill.without_wildcards(path, folder), False


def _maker(read: Callable[[], Iterator[bytes]], rules: Rules, *, is_plain: bool) -> Callable[[Path], bool]:
    """Writes the file with its odd blocks rewritten; not at all when a plain file has none."""

    def make(target: Path) -> bool:
        if is_plain and all(_is_regular(block, rules) for block in read()):
            return False
        with target.open("wb") as out:
            for block in read():
                out.write(block if _is_regular(block, rules) else _rewritten(block, rules))
        return True

    return make


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks cut at line ends."""
    rest = b""
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            rest += chunk
            continue
        yield rest + chunk[:end]
        rest = chunk[end:]
    if rest:
        yield rest


def _is_regular(block: bytes, rules: Rules) -> bool:
    if rules.encoding == "utf-8" and not block.isascii():
        if block.startswith(BOM):
            return False
        try:
            block.decode()
        except UnicodeDecodeError:
            return False
    return rules.is_regular(block)


def _rewritten(block: bytes, rules: Rules) -> bytes:
    """Every line by the SerDe's rules. Bytes that are no text become U+FFFD, as Java decodes them."""
    text = block.removeprefix(BOM).decode(rules.encoding, errors="replace")
    rows = _BREAKS.split(text)
    if not rows[-1]:
        rows.pop()
    return "".join(rules.rewritten(row) + "\n" for row in rows).encode()


def has_odd_breaks(block: bytes) -> bool:
    """Empty lines, for which DuckDB gives no row, and carriage returns alone, which end a line for Hive."""
    if block[:1] in (b"\n", b"\r") or b"\n\n" in block:
        return True
    returns = block.count(b"\r")
    return returns > 0 and (b"\n\r" in block or returns != block.count(b"\r\n"))


def fields(values: Iterable[str | None], columns: int) -> str:
    """A rewritten line: as many fields as there are columns, in quotes; missing ones without."""
    row = [NULL if v is None else '"' + v.replace('"', '""') + '"' for v in values][:columns]
    return ",".join(row + [NULL] * (columns - len(row)))


def skipped(reading: Reading) -> int:
    """Header lines of each file. Raises QueryFailed for a footer, which Athena does not know."""
    held = reading.table.get("Parameters") or {}
    if int(held.get("skip.footer.line.count") or reading.parameters.get("skip.footer.line.count") or 0):
        raise QueryFailed("NOT_SUPPORTED", "skip.footer.line.count is not supported")
    return int(held.get("skip.header.line.count") or reading.parameters.get("skip.header.line.count") or 0)


def read_csv(
    reading: Reading, files: list[DataFile], paths: list[str], options: dict[str, str], shape: str = ""
) -> str:
    """The call over the paths. `shape` is the columns' struct; the default is all the table's columns, as text."""
    names = ", ".join(f"{literal(n)}: 'VARCHAR'" for n, _ in reading.columns)
    given = {
        "columns": shape or f"{{{names}}}",
        "auto_detect": "false",
        "header": "false",
        "skip": str(skipped(reading)),
        "null_padding": "true",
        "strict_mode": "false",
        "nullstr": literal(NULL),
        "allow_quoted_nulls": "false",
        **options,
    }
    if any(f.stored.size > _LONG_LINE or codec_of(f.stored.key) != "none" for f in files):
        given["max_line_size"] = str(8 * _LONG_LINE)  # costs a buffer per file, so not for small ones
    return f"read_csv([{', '.join(map(literal, paths))}], {', '.join(f'{k} = {v}' for k, v in given.items())})"


QUOTED = {"delim": "','", "quote": "'\"'", "escape": "'\"'"}
"""Options for files rewritten whole."""


def is_lenient(reading: Reading) -> bool:
    """The table property with which bad values are NULL (docs: csv-serde, "Using NULL for invalid data")."""
    return flag(reading.table, "use.null.for.invalid.data")
