"""What the door is told about a file, how the file is written, and what it found wrong with it."""

from dataclasses import dataclass, field
from typing import Literal

from app.domain.classifiers import Classifier, Tried
from app.domain.schemas import Column, Schema

Format = Literal["csv", "tsv", "json", "parquet", "text"]
Compression = Literal["none", "gzip", "zstd"]
LineEnd = Literal["\n", "\r\n", "\r"]
Escape = Literal["double", "backslash"]
JsonLayout = Literal["lines", "array"]
Code = Literal[
    "bad_encoding",
    "bad_json",
    "bad_value",
    "bomb",
    "duplicate_header",
    "empty_file",
    "field_too_long",
    "missing_column",
    "not_nullable",
    "not_parquet",
    "not_text",
    "ragged_row",
    "renamed_column",
    "reordered_column",
    "too_many_columns",
    "trailing_garbage",
    "truncated",
    "unclosed_quote",
    "unexpected_column",
    "unknown_classifier",
    "unmatched_line",
    "unsupported_compression",
    "wrong_checksum",
    "wrong_compression",
    "wrong_delimiter",
    "wrong_format",
    "wrong_header",
    "wrong_size",
]
# Why a file cannot be read by Athena's text serdes exactly as it stands.
Reason = Literal[
    "backslash",
    "blank_lines",
    "bom",
    "classifier",
    "delimiter",
    "encoding",
    "json_keys",
    "json_layout",
    "line_break_in_value",
    "line_end",
    "missing_final_columns",
    "no_header",
    "nul_byte",
    "preamble",
    "quoting",
    "reordered",
]


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `tsv` is `csv` with a tab; `text` has lines that a classifier takes apart, whose groups
    are its `header`; text-only fields hold their defaults for Parquet.

    `compression` also tells which suffix the object's key needs: Athena goes by the name (.gz, .zst).
    `escape`: a quote inside quotes is doubled, or has a backslash before it. `header` holds the original cells.
    `preamble_lines`: lines before the header or the first row. `encoding` is a Python codec name without BOM variants.
    """

    format: Literal["csv", "json", "parquet", "text"] = "csv"
    compression: Compression = "none"
    encoding: str = "utf-8"
    has_bom: bool = False
    delimiter: str = ","
    quote: str = '"'
    escape: Escape = "double"
    line_end: LineEnd = "\n"
    has_header: bool = True
    header: tuple[str, ...] = ()
    preamble_lines: int = 0
    json_layout: JsonLayout = "lines"

    @property
    def suffix(self) -> str:
        return {"none": "", "gzip": ".gz", "zstd": ".zst"}[self.compression]


@dataclass(frozen=True)
class Declared:
    """What the partner and the registration say about a file; None is "find out". `sha256` is hex, `size` bytes.

    `agreed_header`: the names that a CSV file's header must have, where somebody agreed on them; `is_header_exact`:
    and in this order. `classifiers`: for text the one that reads it; with no format at all those to try before the
    built-in formats.
    """

    format: Format | None = None
    compression: Compression | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    null_value: str | None = None
    schema: Schema | None = None
    sha256: str | None = None
    size: int | None = None
    agreed_header: tuple[str, ...] = ()
    is_header_exact: bool = True
    classifiers: tuple[Classifier, ...] = ()


@dataclass(frozen=True)
class Limits:
    """Caps, all in bytes unless said otherwise.

    A file whose compressed size (`Declared.size`) exceeds `full_parse_bytes` has only its first `head_bytes` verified.
    `max_ratio`: decompressed over compressed, applied once `ratio_floor_bytes` have come out.
    """

    full_parse_bytes: int = 256 << 20
    head_bytes: int = 4 << 20
    max_ratio: int = 200
    ratio_floor_bytes: int = 64 << 20
    max_out_bytes: int = 64 << 30
    max_field_chars: int = 1 << 20
    max_columns: int = 2_000
    max_problems: int = 20


@dataclass(frozen=True)
class Problem:
    """One kind of mistake in one place. `line` is the first line (from 1) that has it, `count` how often it occurs.

    `found` never repeats data: letters show as a, digits as 9 (`app.intake.masking`).
    """

    code: Code
    expected: str
    found: str
    line: int | None = None
    column: str | None = None
    count: int = 1


@dataclass(frozen=True)
class Report:
    """What verification found. `rows` is None where the file was not read to its end (`is_complete` False).

    `columns`: the inferred columns, or the agreed ones, in the file's order (with a bad header: those that could be
    told). `problem_count` counts occurrences, also of the problems that did not fit in `problems`.
    `needs_normalising`: why the table needs a copy; empty when Athena reads the file exactly as it stands.
    `sha256` (hex) and `crc32` (hex) are of the bytes as they came; None when they were not all read.
    `classifier` read the lines of a text file; `left_out` are those that it made no row of, though enough others.
    """

    dialect: Dialect
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    rows: int | None = None
    columns: tuple[Column, ...] = ()
    bytes_in: int = 0
    bytes_out: int = 0
    sha256: str | None = None
    crc32: str | None = None
    needs_normalising: tuple[Reason, ...] = ()
    is_complete: bool = True
    field_names: tuple[str, ...] = field(default=())
    """The safe column names in the file's order; `app.intake.normalise` wants them."""
    classifier: Classifier | None = None
    tried: tuple[Tried, ...] = ()
    left_out: Problem | None = None

    @property
    def is_good(self) -> bool:
        return not self.problem_count


class IntakeError(Exception):
    """The file cannot be read any further; what was read before it stands."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem
