"""An expression that has been compiled: DuckDB SQL with its Trino type."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.trino.types import Type, literal

NOT_CONSTANT: Any = object()
_numbers = itertools.count()


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
    """SQL of DuckDB type `kind` that fails with Trino's error when it is evaluated. `message` is SQL text.

    A cast that cannot succeed: DuckDB's error() counts as volatile, which TRY does not take.
    """
    text = f"CAST('athena:{code}: ' || {message} AS INTEGER)"
    return text if kind == "INTEGER" else f"CAST({text} AS {kind})"


def failing_with(code: str, message: str, kind: str = "INTEGER") -> str:
    """`failing` for a message that is known now."""
    return failing(code, literal(message), kind)


def let(value: str, name: str, body: str) -> str:
    """`body` with `name` standing for `value`, evaluated once; NULL when `body` is."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def once(value: str, build: Callable[[str], str]) -> str:
    """`build(value)` for a short value, else with a variable for it: what is built may repeat its value and be nested,
    and its text must not grow with each level.
    """
    if len(value) <= 80 and value.count("(") <= 2 and not re.search(r"random|uuid|lambda", value):
        return build(value)
    name = f"o{next(_numbers)}"
    return let(value, name, build(name))
