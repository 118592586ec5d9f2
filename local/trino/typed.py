"""An expression that has been compiled: DuckDB SQL with its Trino type."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.trino.types import Type, literal

NOT_CONSTANT: Any = object()
_PLAIN = re.compile(r"""[\w."]+|(?:DATE |TIMESTAMP )?'(?:[^']|'')*'""")
_SHORT = re.compile(
    rf"""(?!.*\b(?:athena:|select\b))(?:{_PLAIN.pattern}|CAST\((?:{_PLAIN.pattern}) AS [\w(), ]+\))""", re.IGNORECASE
)


@dataclass(frozen=True)
class Typed:
    """DuckDB SQL (safe to stand beside any operator), its Trino type, and its value when it is a literal."""

    sql: str
    type: Type
    constant: Any = NOT_CONSTANT

    @property
    def is_constant(self) -> bool:
        return self.constant is not NOT_CONSTANT


def failing(code: str, message: str, kind: str = "INTEGER") -> str:
    """SQL of any DuckDB type `kind` that fails with Trino's error when it is evaluated. `message` is SQL text.

    A cast that cannot succeed: DuckDB's error() counts as volatile, which TRY does not take. By way of text, from which
    DuckDB has a cast to every type.
    """
    text = f"CAST('athena:{code}: ' || {message} AS INTEGER)"
    return text if kind == "INTEGER" else f"CAST(CAST({text} AS VARCHAR) AS {kind})"


def failing_with(code: str, message: str, kind: str = "INTEGER") -> str:
    """`failing` for a message that is known now."""
    return failing(code, literal(message), kind)


def named(kind: str, *parts: object) -> str:
    """A lambda parameter's name made of what it stands for: the same expression compiles to the same SQL wherever it
    is written, which is how GROUP BY and ORDER BY find it again.
    """
    return kind + hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=6).hexdigest()


def let(value: str, name: str, body: str) -> str:
    """`body` with `name` standing for `value`, evaluated once; NULL when `body` is."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def once(*values: str, build: Callable[..., str]) -> str:
    """`build(*values)` for names and literals, else of variables for them: what is built may repeat its values.

    Else its text would grow with each level, and DuckDB would take the repeated part out of a TRY around it. Only plain
    names go into the lambda's body, since DuckDB has no aggregates and no subqueries there.
    """
    if all(_SHORT.fullmatch(v) for v in values):
        return build(*values)
    name = named("o", *values)
    if len(values) == 1:
        return let(values[0], name, build(name))
    bound = {f"v{i}": v for i, v in enumerate(values) if not _PLAIN.fullmatch(v)}
    given = [f"{name}.v{i}" if f"v{i}" in bound else v for i, v in enumerate(values)]
    return let(f"struct_pack({', '.join(f'{n} := {v}' for n, v in bound.items())})", name, build(*given))


def tried(sql: str) -> str:
    """NULL where `sql` fails; it holds no aggregate, window or subquery.

    The lambda keeps DuckDB's optimizer from computing parts of it outside of the TRY, where they would fail.
    """
    return f"TRY(list_transform([1], lambda {named('t', sql)}: {sql})[1])"
