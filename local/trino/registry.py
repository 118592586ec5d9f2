"""Trino's functions by name: signatures in Trino's notation, each with the DuckDB SQL that computes it.

    scalar("strpos", "(varchar, varchar) -> bigint", "strpos({0}, {1})")
    aggregate("avg", "(bigint) -> double", "@avg({0})")

In a signature one capital letter is a type variable, `decimal(p,s)` and `timestamp(p)` bind their numbers, `varchar`
takes any length, `any` any type, `T...` takes one or more. In a template `{0}`, `{1}` are the arguments, already
coerced to the signature's types, `{args}` all of them; `@name(...)` marks the call that takes an aggregate's DISTINCT,
ORDER BY, FILTER and OVER. A rule
(a Python function of a `Call`) may stand in place of a template. Overloads are tried in the order they are declared:
first without coercion, then with it, as Trino does.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.trino.errors import SqlError
from local.trino.typed import Typed
from local.trino.types import Type

SCALAR, AGGREGATE, WINDOW = "scalar", "aggregate", "window"


@dataclass
class Call:
    """One call being compiled. `args` are coerced; `returns` is the signature's result."""

    name: str
    args: list[Typed]
    returns: Type
    node: Any = None
    is_try: bool = False
    session: Any = None

    @property
    def sqls(self) -> list[str]:
        return [a.sql for a in self.args]

    def sql(self, index: int) -> str:
        return self.args[index].sql

    def text(self, index: int) -> str:
        """The constant text of an argument. Raises SqlError when it is not a constant."""
        value = self.args[index].constant
        if not isinstance(value, str):
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", f"Argument {index + 1} of {self.name} must be a constant", self.node
            )
        return value


Rule = Callable[[Call], "str | Typed"]


@dataclass(frozen=True)
class Pattern:
    """A type in a signature: a variable, a type with numbers to bind, or a plain type."""

    name: str
    args: tuple[int | str, ...] = ()
    of: "tuple[Pattern, ...]" = ()

    @property
    def is_variable(self) -> bool:
        return len(self.name) == 1 and self.name.isupper()

    def __str__(self) -> str:
        inside = ",".join(map(str, self.args)) or ", ".join(map(str, self.of))
        head, space, tail = self.name.partition(" ")
        return f"{head}({inside}){space}{tail}" if inside else self.name


@dataclass(frozen=True)
class Signature:
    parameters: tuple[Pattern, ...]
    result: Pattern
    is_variadic: bool
    body: str | Rule
    kind: str

    def shown(self, name: str) -> str:
        """As in Trino's messages: `strpos(varchar, varchar)`."""
        return f"{name}({', '.join(map(str, self.parameters))}{'...' if self.is_variadic else ''})"


_FUNCTIONS: dict[str, list[Signature]] = {}
_MACROS: list[str] = []
_MACRO_NAMES: set[str] = set()
_UDFS: list[tuple[str, Callable[..., Any], list[str], str]] = []


def scalar(name: str, signature: str, body: str | Rule) -> None:
    """Declare one overload of a scalar function."""
    _declare(name, signature, body, SCALAR)


def aggregate(name: str, signature: str, body: str | Rule) -> None:
    """Declare one overload of an aggregate function; it also works over windows."""
    _declare(name, signature, body, AGGREGATE)


def window(name: str, signature: str, body: str | Rule) -> None:
    """Declare one overload of a function that needs OVER."""
    _declare(name, signature, body, WINDOW)


def rule(kind: Callable[[str, str, Rule], None], name: str, *signatures: str) -> Callable[[Rule], Rule]:
    """Decorator: the function computes these overloads: `@rule(scalar, "date_trunc", "(varchar, date) -> date")`."""

    def declare(body: Rule) -> Rule:
        for signature in signatures:
            kind(name, signature, body)
        return body

    return declare


def macro(*definitions: str) -> None:
    """DuckDB macros that templates use: `trino_x(a, b) AS a + b`. Their names begin with `trino_`."""
    for definition in definitions:
        name = definition.partition("(")[0]
        if name in _MACRO_NAMES:
            raise ValueError(f"two macros are called {name}")
        _MACRO_NAMES.add(name)
        _MACROS.append(definition)


def udf(name: str, work: Callable[..., Any], parameters: list[str], result: str) -> None:
    """A Python function for DuckDB (types as DuckDB's text), for what SQL cannot say: slow, so the last resort.

    It is not called for NULL arguments. To fail as Trino does it raises ValueError("athena:CODE: message").
    """
    _UDFS.append((name, work, parameters, result))


def macros() -> Sequence[str]:
    return _MACROS


def udfs() -> Sequence[tuple[str, Callable[..., Any], list[str], str]]:
    return _UDFS


def names() -> dict[str, list[Signature]]:
    """Every function with its overloads, for SHOW FUNCTIONS and for tests."""
    return _FUNCTIONS


def kind_of(name: str) -> str | None:
    """`scalar`, `aggregate`, `window`, or None for a name that is no function."""
    found = _FUNCTIONS.get(name)
    return found[0].kind if found else None


_WORD = re.compile(r"\s*([A-Za-z_][\w]*(?: with time zone| day to second| year to month)?|\d+|->|\.\.\.|.)", re.DOTALL)


def _declare(name: str, signature: str, body: str | Rule, kind: str) -> None:
    tokens = [m[1] for m in _WORD.finditer(signature) if m[1].strip()]
    tokens.reverse()
    if tokens.pop() != "(":
        raise ValueError(signature)
    parameters: list[Pattern] = []
    is_variadic = False
    while tokens[-1] != ")":
        if tokens[-1] == ",":
            tokens.pop()
        parameters.append(_pattern(tokens))
        if tokens[-1] == "...":
            tokens.pop()
            is_variadic = True
    tokens.pop()
    if tokens.pop() != "->":
        raise ValueError(signature)
    result = _pattern(tokens)
    if tokens:
        raise ValueError(signature)
    made = Signature(tuple(parameters), result, is_variadic, body, kind)
    _FUNCTIONS.setdefault(name, []).append(made)


def _pattern(tokens: list[str]) -> Pattern:
    name = tokens.pop()
    args: list[int | str] = []
    of: list[Pattern] = []
    if tokens and tokens[-1] == "(":
        tokens.pop()
        while tokens[-1] != ")":
            if tokens[-1] == ",":
                tokens.pop()
            elif tokens[-1].isdigit():
                args.append(int(tokens.pop()))
            elif len(tokens[-1]) == 1 and tokens[-1].islower():
                args.append(tokens.pop())
            else:
                of.append(_pattern(tokens))
        tokens.pop()
        if tokens and tokens[-1] == "with":  # `timestamp(p) with time zone`
            del tokens[-3:]
            name = f"{name} with time zone"
    return Pattern(name, tuple(args), tuple(of))


_MARKED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|@(\w+)\(|[()]""")


def modified(sql: str, inside_start: str, inside_end: str, after: str) -> str:
    """`sql` with each marked call `@f(x)` as `f(<inside_start>x<inside_end>)<after>`; quoted text is left alone.

    A call that is DISTINCT already does not become so twice.
    """
    parts: list[str] = []
    marked: list[bool] = []
    at = 0
    for token in _MARKED.finditer(sql):
        parts.append(sql[at : token.start()])
        at = token.end()
        if token[1]:
            marked.append(True)
            parts.append(f"{token[1]}({'' if sql.startswith('DISTINCT ', at) else inside_start}")
        elif token[0] == ")" and marked.pop():
            parts.append(f"{inside_end}){after}")
        else:
            if token[0] == "(":
                marked.append(False)
            parts.append(token[0])
    return "".join(parts) + sql[at:]
