"""Columns, Athena's type names, and the names that columns may have.

Types are Athena's DDL names in lower case (https://docs.aws.amazon.com/athena/latest/ug/data-types.html): boolean,
tinyint, smallint, int, bigint, float, double, decimal(p,s), varchar, char(n), date, timestamp, binary, array<t>,
map<k,v>, struct<a:t,...>. `string`, `integer`, `real` and `varbinary` are understood and written the first way.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from app.domain.errors import BadSchema
from app.domain.locations import FILE_PARTITION

MAX_NAME: Final = 128
MAX_COLUMNS: Final = 2_000
_MAX_STORED_NAME: Final = 255
_MAX_TYPE_TEXT: Final = 20_000
_MAX_NESTING: Final = 16

_ALIASES: Final = {"string": "varchar", "integer": "int", "real": "float", "varbinary": "binary", "bool": "boolean"}
_PLAIN: Final = frozenset(
    ("boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "varchar", "date", "timestamp", "binary"),
)
_TOKEN: Final = re.compile(r"\s*([a-z_][a-z0-9_]*|[0-9]+|[<>(),:])", re.IGNORECASE)


@dataclass(frozen=True)
class ColumnType:
    """One parsed type. `str()` gives its canonical spelling.

    `length` belongs to char and varchar, `precision` and `scale` to decimal, `parts` to array (element), map (key,
    value) and struct (one per field, named in `fields`).
    """

    name: str
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    fields: tuple[str, ...] = ()
    parts: "tuple[ColumnType, ...]" = ()

    @property
    def is_text(self) -> bool:
        return self.name in {"varchar", "char"}

    @property
    def is_integer(self) -> bool:
        return self.name in {"tinyint", "smallint", "int", "bigint"}

    @property
    def is_numeric(self) -> bool:
        return self.is_integer or self.name in {"float", "double", "decimal"}

    @property
    def is_nested(self) -> bool:
        return self.name in {"array", "map", "struct"}

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.length is not None:
            return f"{self.name}({self.length})"
        if self.name == "struct":
            inner = ",".join(f"{n}:{t}" for n, t in zip(self.fields, self.parts, strict=True))
            return f"struct<{inner}>"
        if self.parts:
            return f"{self.name}<{','.join(map(str, self.parts))}>"
        return self.name


def parse_type(text: str) -> ColumnType:
    """The type that an Athena type name names. Raises BadSchema with what is wrong with it."""
    if len(text) > _MAX_TYPE_TEXT:
        raise BadSchema("a type name is too long")
    reader = _TypeReader(text)
    found = reader.type(0)
    if reader.peek():
        raise BadSchema(f"the type {_shown(text)} does not end where it should")
    return found


def _shown(text: str) -> str:
    return repr(text[:60])


class _TypeReader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        at = 0
        stripped = text.rstrip()
        while at < len(stripped):
            match = _TOKEN.match(stripped, at)
            if match is None:
                raise BadSchema(f"the type {_shown(text)} is not an Athena type")
            self._tokens.append(match[1].lower())
            at = match.end()
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or (expected is not None and token != expected):
            raise BadSchema(f"the type {_shown(self._text)} is not an Athena type")
        self._at += 1
        return token

    def number(self, low: int, high: int) -> int:
        token = self.take()
        if not token.isdigit() or not low <= int(token[:6]) <= high:
            raise BadSchema(f"the type {_shown(self._text)} needs a number from {low} to {high}")
        return int(token)

    def type(self, depth: int) -> ColumnType:
        if depth > _MAX_NESTING:
            raise BadSchema("a type is nested too deeply")
        word = self.take()
        name = _ALIASES.get(word, word)
        if name == "decimal":
            return self._decimal()
        if name == "char" or (name == "varchar" and self.peek() == "("):
            self.take("(")
            length = self.number(1, 255 if name == "char" else 65_535)
            self.take(")")
            return ColumnType(name, length=length)
        if name in _PLAIN:
            return ColumnType(name)
        if name in {"array", "map", "struct"}:
            return self._nested(name, depth)
        raise BadSchema(f"the type {_shown(self._text)} is not an Athena type")

    def _decimal(self) -> ColumnType:
        if self.peek() != "(":
            return ColumnType("decimal", precision=10, scale=0)
        self.take("(")
        precision = self.number(1, 38)
        scale = 0
        if self.peek() == ",":
            self.take()
            scale = self.number(0, precision)
        self.take(")")
        return ColumnType("decimal", precision=precision, scale=scale)

    def _nested(self, name: str, depth: int) -> ColumnType:
        self.take("<")
        fields: list[str] = []
        parts: list[ColumnType] = []
        while True:
            if name == "struct":
                fields.append(self.take())
                self.take(":")
            parts.append(self.type(depth + 1))
            if self.peek() != ",":
                break
            self.take()
        self.take(">")
        if (name == "array" and len(parts) != 1) or (name == "map" and len(parts) != 2):
            raise BadSchema(f"the type {_shown(self._text)} has the wrong number of parts")
        return ColumnType(name, fields=tuple(fields), parts=tuple(parts))


def _read_type(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_type(value)
    except BadSchema as error:  # pydantic collects only ValueErrors
        raise ValueError(error.detail) from error


TypeName = Annotated[
    ColumnType,
    BeforeValidator(_read_type, json_schema_input_type=str),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["varchar", "decimal(12,2)", "timestamp"]}),
]
ColumnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=MAX_NAME)]
Classification = Literal["public", "internal", "pii", "phi"]


class Column(BaseModel):
    """One column of a dataset.

    `null_tokens` are texts that mean NULL in this column, besides the empty text, which always does. `parse` says how
    text becomes the type (`app.domain.shapes`); None is the type's own way. `certainty` (0 to 1) and `evidence` come
    from inference and are None for a declared column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ColumnName
    type: TypeName
    original_name: str | None = Field(default=None, max_length=4_096)
    description: str | None = Field(default=None, max_length=4_096)
    classification: Classification = "internal"
    is_nullable: bool = True
    null_tokens: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=32)
    parse: str | None = Field(default=None, max_length=64)
    certainty: float | None = Field(default=None, ge=0, le=1)
    evidence: str | None = Field(default=None, max_length=1_000)

    @property
    def stored_name(self) -> str:
        """What a Parquet file calls it, as Glue and Athena know it: in lower case."""
        return (self.original_name or self.name).lower()


class Schema(BaseModel):
    """The columns of a dataset, in the order of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[Column, ...] = Field(min_length=1, max_length=MAX_COLUMNS)

    @model_validator(mode="after")
    def _names_differ(self) -> "Schema":
        seen: set[str] = set()
        for column in self.columns:
            if column.name in seen:
                raise ValueError(f"two columns are called {column.name}")
            seen.add(column.name)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def find(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def safe_names(originals: Sequence[str]) -> tuple[str, ...]:
    """Names that Athena and Glue take, one per original, in order, all different.

    Accents are dropped (NFKD), letters lowered, everything else becomes one `_`, and `_` at either end goes; nothing
    left is `column_N` (N from 1); a leading digit gets `c_` in front; a reserved word gets `_col` after. A name that
    is taken gets `_2`, `_3`, ... Names that are safe as they stand keep their spelling before others may claim it.
    At most 128 characters. CamelCase is not split: `FirstName` is `firstname`.
    """
    wished = [_safe(original, at) for at, original in enumerate(originals, start=1)]
    names: list[str] = [""] * len(wished)
    taken: set[str] = set()
    for at, (original, wish) in enumerate(zip(originals, wished, strict=True)):
        if original == wish and wish not in taken:
            names[at] = wish
            taken.add(wish)
    counters: dict[str, int] = {}
    for at, wish in enumerate(wished):
        if names[at]:
            continue
        name = wish
        while name in taken:
            counters[wish] = counters.get(wish, 1) + 1
            suffix = f"_{counters[wish]}"
            name = wish[: MAX_NAME - len(suffix)] + suffix
        names[at] = name
        taken.add(name)
    return tuple(names)


def unreadable_name(stored_name: str) -> bool:
    """Whether Glue cannot have a column of this name (1 to 255 characters of one line), or has it for our own use."""
    has_controls = any(unicodedata.category(ch) in {"Cc", "Cs", "Zl", "Zp"} for ch in stored_name)
    return not 1 <= len(stored_name) <= _MAX_STORED_NAME or has_controls or stored_name == FILE_PARTITION


def _safe(original: str, position: int) -> str:
    plain = unicodedata.normalize("NFKD", original[:4_096])
    kept = "".join(c for c in plain if not unicodedata.combining(c)).translate(_SPELLED).lower()
    name = re.sub(r"[^a-z0-9]+", "_", kept).strip("_")
    if not name:
        return f"column_{position}"
    if name[0].isdigit():
        name = f"c_{name}"
    if name in RESERVED:
        name = f"{name}_col"
    return name[:MAX_NAME].rstrip("_")


# Letters that NFKD leaves whole.
_SPELLED: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d"},
)

# Athena's reserved words, DDL and SELECT (https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html). `date`,
# `time` and `timestamp` are on the DDL list, but far too usual as names to change: whoever writes SQL quotes names.
_RESERVED_WORDS: Final = """
    all alter and array as authorization between bigint binary boolean both by case cashe cast char column conf
    constraint commit create cross cube current current_catalog current_date current_path current_role current_schema
    current_time current_timestamp current_user cursor database deallocate decimal delete describe distinct double drop
    else end escape except execute exists extended external extract false fetch first float following for foreign from
    full function grant group grouping having if import in inner insert int integer intersect interval into is join
    json_array json_exists json_object json_query json_table json_value last lateral left less like listagg local
    localtime localtimestamp macro map more natural none normalize not null numeric of on only or order out outer over
    partialscan partition percent preceding precision prepare preserve primary procedure range reads real recursive
    reduce references regexp revoke right rlike rollback rollup row rows select set skip smallint start table
    tablesample then to transform trigger trim true truncate uescape unbounded union uniquejoin unnest update user
    using utc_timestamp utc_tmestamp values varchar views when where window with
"""
RESERVED: Final = frozenset(_RESERVED_WORDS.split())
