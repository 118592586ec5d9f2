"""Trino's grammar for reading callers' SQL without changing it.

sqlglot's own Trino dialect maps functions to shared classes and writes some back differently: `log10(x)` comes out as
`LOG(10, x)` (another last digit), `random(1, 5)` as arithmetic. Here a function stays the call that the caller
wrote, under its name, which is also what the allow-list looks at. Only syntax that is no plain call has a class.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from sqlglot.dialects.trino import Trino
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.expressions import Expr
from sqlglot.generators.trino import TrinoGenerator
from sqlglot.parsers.trino import TrinoParser

from app.domain.errors import BadSql
from app.sql import json_calls

_SPECIAL: Final = frozenset(["CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING", "NORMALIZE", "LISTAGG"])


class PlainTrino(Trino):
    """Trino with every ordinary function left alone."""

    def to_json_path(self, path: Expr | None) -> Expr | None:
        """The path as it was written. The original parses it, and logs the text that it cannot parse."""
        return path

    class Parser(TrinoParser):
        def _warn_unsupported(self) -> None:
            # The original logs the whole text, and callers' values have no place in logs.
            self.raise_error("not a query")

        FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
            name: parser for name, parser in TrinoParser.FUNCTION_PARSERS.items() if name in _SPECIAL
        } | {name: json_calls.parser_of(name) for name in json_calls.NAMES}

    class Generator(TrinoGenerator):
        TRANSFORMS: ClassVar[dict[Any, Callable[..., str]]] = {
            **TrinoGenerator.TRANSFORMS,
            json_calls.JsonCall: json_calls.call_sql,
            json_calls.JsonArgument: json_calls.argument_sql,
        }


def written(tree: Expr) -> str:
    """The tree as Trino SQL on one line, without comments. Uses the tree up: the generator rewrites parts of it."""
    try:
        text = tree.sql(PlainTrino, comments=False, copy=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise BadSql("The SQL uses a construct that Athena does not have.") from error
    return str(text)
