"""What a classifier finds in one object, and how alike two findings are."""

from dataclasses import dataclass, field, replace

SIMILARITY = 0.7  # schemas that share this much of their columns belong to one table
_RANK = {"tinyint": 0, "smallint": 1, "int": 2, "bigint": 3, "float": 4, "double": 5}
Signature = tuple[str | None, ...]
_DECIDING = ("delimiter", "skip.header.line.count", "jsonPath", "quoteChar")


@dataclass(frozen=True)
class Schema:
    """Columns as (name, Hive type) in order; `serde` its library and parameters; `parameters` go to the table.

    `size` is in bytes as stored, `records` counts (text: estimates) what they hold.
    """

    classification: str
    columns: tuple[tuple[str, str], ...] = ()
    serde: str = ""
    serde_parameters: dict[str, str] = field(default_factory=dict)
    input_format: str = ""
    output_format: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    compression: str = "none"
    size: int = 0
    records: int = 0
    objects: int = 1

    @property
    def signature(self) -> Signature:
        """What decides which table it belongs to."""
        return (*self._format(), *(name for name, _ in self.columns))

    def _format(self) -> Signature:
        return (self.classification, self.serde, *(self.parameters.get(name) for name in _DECIDING))

    def is_format_of(self, other: "Schema") -> bool:
        """Whether one table's SerDe can read both."""
        return self._format() == other._format()  # noqa: SLF001 - of its own kind

    def is_like(self, other: "Schema") -> bool:
        """Whether both are of one format and share at least SIMILARITY of their columns by name."""
        mine, theirs = {name for name, _ in self.columns}, {name for name, _ in other.columns}
        if not mine or not theirs:
            return mine == theirs and self.is_format_of(other)
        return self.is_format_of(other) and len(mine & theirs) / max(len(mine), len(theirs)) >= SIMILARITY


def merged(schemas: list[Schema]) -> Schema:
    """One schema for all: every column in order of appearance, each with a type that holds all its values."""
    columns: dict[str, str] = {}
    for schema in schemas:
        for name, kind in schema.columns:
            columns[name] = wider(columns[name], kind) if name in columns else kind
    compressions = {schema.compression for schema in schemas}
    return replace(
        schemas[0],
        columns=tuple(columns.items()),
        compression=schemas[0].compression if len(compressions) == 1 else "none",
        size=sum(schema.size for schema in schemas),
        records=sum(schema.records for schema in schemas),
        objects=sum(schema.objects for schema in schemas),
    )


def wider(one: str, other: str) -> str:
    """The type of a column that holds values of both types; `null` is that of nothing but nulls."""
    if other in (one, "null"):
        return one
    if one == "null":
        return other
    if one in _RANK and other in _RANK:
        # No integer of more than 24 bits fits a float.
        widest = max(one, other, key=lambda kind: _RANK[kind])
        return "double" if widest == "float" else widest
    if one.startswith("array<") and other.startswith("array<"):
        return f"array<{wider(one[6:-1], other[6:-1])}>"
    if one.startswith("struct<") and other.startswith("struct<"):
        fields = struct_fields(one)
        for name, kind in struct_fields(other).items():
            fields[name] = wider(fields[name], kind) if name in fields else kind
        return struct_of(fields)
    return "string"


def struct_of(fields: dict[str, str]) -> str:
    return f"struct<{','.join(f'{name}:{kind}' for name, kind in fields.items())}>"


def struct_fields(kind: str) -> dict[str, str]:
    """Names and types of `struct<a:int,b:array<string>>`."""
    found, depth, start = {}, 0, 0
    inner = kind[7:-1]
    for place, character in enumerate(f"{inner},"):
        depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(character, 0)
        if character == "," and depth == 0 and place > start:
            name, _, field_kind = inner[start:place].partition(":")
            found[name] = field_kind
            start = place + 1
    return found


def settled(kind: str) -> str:
    """The type with `string` where no value told one."""
    if kind.startswith("array<"):
        return f"array<{settled(kind[6:-1])}>"
    if kind.startswith("struct<"):
        fields = {name: settled(inner) for name, inner in struct_fields(kind).items()}
        return struct_of(fields) if fields else "string"
    return "string" if kind == "null" else kind
