"""Trino's types: their text, what they may be coerced to, and the DuckDB and Hive types that stand for them.

Source: https://trino.io/docs/current/language/types.html and Trino's TypeCoercion. `timestamp with time zone` keeps its
zone, which DuckDB's type does not, so it is a struct of the instant `t` and the zone's name `z`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

_INTS = ("tinyint", "smallint", "integer", "bigint")
_INT_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_NUMBERS = (*_INTS, "decimal", "real", "double")
MAX_DECIMAL = 38


@dataclass(frozen=True)
class Type:
    """One Trino type. `args` are its numbers (length; precision and scale), `of` its element types (array: one, map:
    key and value, row: the fields, function: parameters and result), `fields` a row's names (None: no name).
    """

    name: str
    args: tuple[int, ...] = ()
    of: "tuple[Type, ...]" = ()
    fields: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        if self.name == "row":
            shown = (f"{_field_name(n)} {t}" if n else str(t) for n, t in zip(self.fields, self.of, strict=True))
            return f"row({', '.join(shown)})"
        if self.of:
            return f"{self.name}({', '.join(map(str, self.of))})"
        if self.args and " " in self.name:
            head, _, tail = self.name.partition(" ")
            return f"{head}({self.args[0]}) {tail}"
        return f"{self.name}({','.join(map(str, self.args))})" if self.args else self.name

    @cached_property
    def duckdb(self) -> str:
        """The DuckDB type that holds its values."""
        if self.name == "array":
            return f"{self.of[0].duckdb}[]"
        if self.name == "map":
            return f"MAP({self.of[0].duckdb}, {self.of[1].duckdb})"
        if self.name == "row":
            shown = (f"{quoted(n)} {t.duckdb}" for n, t in zip(self.names, self.of, strict=True))
            return f"STRUCT({', '.join(shown)})"
        if self.name == "decimal":
            return f"DECIMAL({self.args[0]},{self.args[1]})"
        return _DUCKDB[self.name]

    @cached_property
    def hive(self) -> str:
        """Glue's name for it: what CTAS and CREATE VIEW register."""
        if self.name == "array":
            return f"array<{self.of[0].hive}>"
        if self.name == "map":
            return f"map<{self.of[0].hive},{self.of[1].hive}>"
        if self.name == "row":
            shown = (f"{n}:{t.hive}" for n, t in zip(self.names, self.of, strict=True))
            return f"struct<{','.join(shown)}>"
        if self.name in ("decimal", "char") or (self.name == "varchar" and self.args):
            return str(self)
        return _HIVE.get(self.name, self.name)

    @property
    def athena(self) -> str:
        """Its name in Athena's column metadata: `float` for real, `timestamp` without its digits."""
        if self.name == "real":
            return "float"
        return self.name if self.name.startswith(("timestamp", "time")) else str(self)

    def parts(self) -> "Iterator[Type]":
        """It and the types in it."""
        yield self
        for inner in self.of:
            yield from inner.parts()

    @property
    def names(self) -> tuple[str, ...]:
        """A row's field names as Athena shows them: the nameless are `field0`, `field1`, ..."""
        return tuple(n or f"field{i}" for i, n in enumerate(self.fields))

    @property
    def is_integer(self) -> bool:
        return self.name in _INTS

    @property
    def is_number(self) -> bool:
        return self.name in _NUMBERS

    @property
    def is_text(self) -> bool:
        return self.name in ("varchar", "char")

    @property
    def is_orderable(self) -> bool:
        """Whether values have an order (maps, JSON and functions have none)."""
        return self.name not in ("map", "json", "function") and all(t.is_orderable for t in self.of)

    @property
    def as_decimal(self) -> "Type":
        """The decimal that holds every value of an integer type; a decimal itself."""
        return self if self.name == "decimal" else decimal(_INT_DIGITS[self.name], 0)


def quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _field_name(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else quoted(name)


BOOLEAN, INTEGER, BIGINT, DOUBLE, REAL = (Type(n) for n in ("boolean", "integer", "bigint", "double", "real"))
TINYINT, SMALLINT = Type("tinyint"), Type("smallint")
VARCHAR, VARBINARY, JSON, DATE, UNKNOWN = (Type(n) for n in ("varchar", "varbinary", "json", "date", "unknown"))
TIMESTAMP = Type("timestamp", (3,))
TIMESTAMP_TZ = Type("timestamp with time zone", (3,))
DAY_SECOND, YEAR_MONTH = Type("interval day to second"), Type("interval year to month")


def decimal(precision: int, scale: int) -> Type:
    return Type("decimal", (precision, scale))


def array(of: Type) -> Type:
    return Type("array", of=(of,))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", of=(key, value))


def row(fields: "list[tuple[str | None, Type]]") -> Type:
    return Type("row", of=tuple(t for _, t in fields), fields=tuple(n for n, _ in fields))


def function(parameters: "list[Type]", result: Type) -> Type:
    return Type("function", of=(*parameters, result))


_DUCKDB = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT",
    "real": "FLOAT", "double": "DOUBLE", "varchar": "VARCHAR", "char": "VARCHAR", "varbinary": "BLOB", "json": "JSON",
    "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP", "uuid": "UUID", "ipaddress": "VARCHAR",
    "timestamp with time zone": "STRUCT(t TIMESTAMPTZ, z VARCHAR)", "time with time zone": "TIMETZ",
    "interval day to second": "INTERVAL", "interval year to month": "INTERVAL", "unknown": "INTEGER",
    "hyperloglog": "BLOB", "tdigest": "BLOB", "qdigest": "BLOB",
}  # fmt: skip
_HIVE = {"integer": "int", "varchar": "string", "real": "float", "varbinary": "binary", "json": "string",
         "unknown": "string", "timestamp with time zone": "timestamp"}  # fmt: skip
_SYNONYMS = {"int": "integer", "string": "varchar", "float": "real", "binary": "varbinary", "numeric": "decimal",
             "dec": "decimal", "struct": "row", "double precision": "double", "timestamptz": "timestamp with time zone",
             "timestamp without time zone": "timestamp", "character": "char", "char varying": "varchar"}  # fmt: skip
_DEFAULTS = {"decimal": (38, 0), "timestamp": (3,), "timestamp with time zone": (3,), "time": (3,), "char": (1,),
             "time with time zone": (3,)}  # fmt: skip
_TOKEN = re.compile(r'\s*(?:("(?:[^"]|"")*"|`[^`]*`|[\w$.-]+)|(.))', re.DOTALL)


@lru_cache(maxsize=4_096)  # a table of 400 columns names few types, again with every query
def parse(text: str) -> Type:
    """A type's text in Trino's notation or Hive's (`array<struct<a:int>>`). Raises ValueError."""
    reader = _Reader([m[1] or m[2] for m in _TOKEN.finditer(text.strip()) if m[1] or m[2].strip()])
    found = reader.type()
    if reader.rest:
        raise ValueError(f"Unknown type: {text}")
    return found


class _Reader:
    """Reads a type from its tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens[::-1]

    def next(self) -> str:
        return self.rest.pop() if self.rest else ""

    @property
    def ahead(self) -> str:
        return self.rest[-1] if self.rest else ""

    def type(self) -> Type:
        name = self.next().lower()
        if name == "interval":
            name = f"interval {self.next()} {self.next()} {self.next()}".lower()
        if name == "double" and self.ahead.lower() == "precision":
            self.next()
        name = _SYNONYMS.get(name, name)
        args: list[int] = []
        of: list[Type] = []
        fields: list[str | None] = []
        if self.ahead in ("(", "<"):
            self.next()
            while True:
                if self.ahead.isdigit():
                    args.append(int(self.next()))
                elif name == "row":
                    fields.append(self._field())
                    of.append(self.type())
                else:
                    of.append(self.type())
                if (end := self.next()) in (")", ">", ""):
                    break
                if end != ",":
                    raise ValueError(f"Unknown type: {name}")
        if name in ("timestamp", "time") and self.ahead.lower() in ("with", "without"):
            zone = self.next().lower()
            self.next(), self.next()
            name = f"{name} with time zone" if zone == "with" else name
        return _checked(name, args, of, fields)

    def _field(self) -> str | None:
        """A field's name: Hive's `name:type`, Trino's `name type`, or none."""
        following = self.rest[-2] if len(self.rest) > 1 else ""
        is_name = following == ":" or (following not in (",", ")", ">", "(", "<", "") and not _is_two_words(self.rest))
        if following == "(" and self.ahead.startswith('"'):
            is_name = True
        if not is_name:
            return None
        name = self.next()
        if self.ahead == ":":
            self.next()
        return name[1:-1].replace('""', '"') if name[0] == '"' else name.strip("`").lower()


def _is_two_words(rest: list[str]) -> bool:
    """Whether the next words are one type's name, not a field's name and its type."""
    first, second = rest[-1].lower(), rest[-2].lower()
    return (first, second) == ("double", "precision") or (
        first in ("timestamp", "time") and second in ("with", "without")
    )


def _checked(name: str, args: list[int], of: list[Type], fields: list[str | None]) -> Type:
    widths = {"array": 1, "map": 2}
    if name not in ("row", *widths) and name not in _DUCKDB and name != "decimal":
        raise ValueError(f"Unknown type: {name}")
    if len(of) != widths.get(name, len(of)):
        raise ValueError(f"Unknown type: {name}")
    if name == "decimal":
        precision, scale = (*args, *_DEFAULTS["decimal"][len(args) :])
        if not 1 <= precision <= MAX_DECIMAL or scale > precision:
            raise ValueError(f"Invalid type: DECIMAL({precision},{scale})")
        args = [precision, scale]
    return Type(name, tuple(args) or _DEFAULTS.get(name, ()), tuple(of), tuple(fields))


def common(a: Type, b: Type) -> Type | None:
    """The least type that both can be coerced to, by Trino's rules; None if there is none."""
    if a == b:
        return a
    if a.name == "unknown" or b.name == "unknown":
        return b if a.name == "unknown" else a
    if a.is_number and b.is_number:
        return _common_number(a, b)
    if a.is_text and b.is_text:
        return _common_text(a, b)
    if a.name == b.name and len(a.of) == len(b.of) and a.of:
        elements = [common(x, y) for x, y in zip(a.of, b.of, strict=True)]
        if None in elements:
            return None
        fields = tuple(x if x == y else None for x, y in zip(a.fields, b.fields, strict=True))
        return Type(a.name, a.args, tuple(e for e in elements if e is not None), fields)
    return _common_time(a, b)


def _common_number(a: Type, b: Type) -> Type:
    if "double" in (a.name, b.name):
        return DOUBLE
    if "real" in (a.name, b.name):
        return REAL
    if a.is_integer and b.is_integer:
        return max(a, b, key=lambda t: _INTS.index(t.name))
    (p1, s1), (p2, s2) = a.as_decimal.args, b.as_decimal.args
    scale = max(s1, s2)
    return decimal(min(MAX_DECIMAL, max(p1 - s1, p2 - s2) + scale), scale)


def _common_text(a: Type, b: Type) -> Type:
    name = "char" if a.name == b.name == "char" else "varchar"
    if not a.args or not b.args:
        return Type(name)
    return Type(name, (max(a.args[0], b.args[0]),))


_TIMES = ("date", "timestamp", "timestamp with time zone")


def _common_time(a: Type, b: Type) -> Type | None:
    digits = (max((*a.args, 0)[0] if a.args else 0, b.args[0] if b.args else 0),)
    if a.name in _TIMES and b.name in _TIMES:
        return Type(max(a.name, b.name, key=_TIMES.index), digits)
    if {a.name, b.name} <= {"time", "time with time zone"}:
        return Type(max(a.name, b.name, key=len), digits)
    return None


def can_coerce(a: Type, to: Type) -> bool:
    """Whether Trino would turn an `a` into a `to` by itself."""
    if a.name == to.name == "varchar":
        return not to.args or (bool(a.args) and a.args[0] <= to.args[0])
    if a.name == "row" and to.name == "row":
        return len(a.of) == len(to.of) and all(map(can_coerce, a.of, to.of))
    return common(a, to) == to


def can_store(a: Type, to: Type) -> bool:
    """Whether INSERT, UPDATE and MERGE take an `a` for a column of type `to`, casting it: Trino's typesMatchForInsert.

    Any two types that have a common one; only bounded text inside of a nested type must coerce by itself.
    """
    is_nested_text = any(part.is_text and part.args for part in to.parts() if part is not to)
    return can_coerce(a, to) if is_nested_text else common(a, to) is not None
