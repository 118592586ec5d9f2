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
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from local.trino.errors import SqlError
from local.trino.typed import Typed
from local.trino.types import UNKNOWN, VARCHAR, Type, can_coerce, common, function

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


@dataclass
class Match:
    """A signature that fits. `parameters` are the types to coerce to (None: a lambda)."""

    signature: Signature
    parameters: list[Type | None]
    bindings: dict[str, Any] = field(default_factory=dict)

    def result(self) -> Type:
        return substitute(self.signature.result, self.bindings)


LambdaCompiler = Callable[[Any, list[Type]], Typed]


def resolve(
    name: str, args: Sequence[Typed | Any], compile_lambda: LambdaCompiler, node: Any = None
) -> tuple[Match, list[Typed]]:
    """The overload for these arguments (a lambda is a node), and the arguments with lambdas compiled, not coerced.

    Raises SqlError with FUNCTION_NOT_FOUND and Trino's message.
    """
    overloads = _FUNCTIONS.get(name)
    if overloads is None:
        raise SqlError("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", node)
    if all(isinstance(a, Typed) for a in args):
        match = _of_types(name, tuple(a.type for a in args))
        if match is not None:
            return match, list(args)
    elif (match := _chosen(overloads, args)) is not None:
        return match, _lambdas(match, args, compile_lambda)
    given = ", ".join(str(a.type) if isinstance(a, Typed) else "<function>" for a in args)
    expected = ", ".join(s.shown(name) for s in overloads)
    raise SqlError(
        "FUNCTION_NOT_FOUND", f"Unexpected parameters ({given}) for function {name}. Expected: {expected}", node
    )


@lru_cache(maxsize=4_096)  # one select list calls few functions, often of the same types
def _of_types(name: str, types: tuple[Type, ...]) -> Match | None:
    """The overload for arguments of these types, none a lambda: then nothing more is bound to it."""
    return _chosen(_FUNCTIONS[name], [Typed("", one) for one in types])


def _chosen(overloads: Sequence[Signature], args: Sequence[Typed | Any]) -> Match | None:
    for is_coercing in (False, True):
        for signature in overloads:
            match = _match(signature, args, is_coercing=is_coercing)
            if match is not None:
                return match
    return None


def _match(signature: Signature, args: Sequence[Typed | Any], *, is_coercing: bool) -> Match | None:
    patterns = list(signature.parameters)
    if signature.is_variadic and len(args) >= len(patterns):
        patterns += [patterns[-1]] * (len(args) - len(patterns))
    if len(patterns) != len(args):
        return None
    bindings: dict[str, Any] = {}
    for pattern, arg in zip(patterns, args, strict=True):
        if pattern.name == "function":
            if isinstance(arg, Typed):
                return None
        elif not isinstance(arg, Typed) or not _bind(pattern, arg.type, bindings, is_coercing=is_coercing):
            return None
    parameters: list[Type | None] = []
    for pattern, arg in zip(patterns, args, strict=True):
        if pattern.name == "function":
            parameters.append(None)
            continue
        wanted = arg.type if pattern.name == "any" else substitute(pattern, bindings)
        if not can_coerce(arg.type, wanted) and not (wanted.is_text and arg.type.is_text):
            return None
        parameters.append(wanted)
    return Match(signature, parameters, bindings)


def _bind(pattern: Pattern, given: Type, bindings: dict[str, Any], *, is_coercing: bool) -> bool:
    """Whether `given` fits, with what it tells about the pattern's variables."""
    if pattern.name == "any":
        return True
    if pattern.is_variable:
        known = bindings.get(pattern.name)
        if known is None:
            bindings[pattern.name] = given
            return True
        return _bind_again(pattern.name, known, given, bindings, is_coercing=is_coercing)
    if given.name == "unknown":
        for inner in pattern.of:
            _bind(inner, UNKNOWN, bindings, is_coercing=is_coercing)
        for name in pattern.args:
            if isinstance(name, str):
                bindings.setdefault(name, 1 if name == "p" else 0)
        return True
    if pattern.name == given.name:
        return _bind_parts(pattern, given, bindings, is_coercing=is_coercing)
    if not is_coercing or pattern.of:
        return False
    if pattern.name == "varchar" and given.name == "char":
        bindings.update({n: given.args[0] for n in pattern.args if isinstance(n, str)})
        return True
    target = _coerced(pattern, given)
    if target is None:
        return False
    _bind_numbers(pattern, target, bindings)
    return True


def _bind_again(name: str, known: Type, given: Type, bindings: dict[str, Any], *, is_coercing: bool) -> bool:
    """A variable that is bound already: widened, where that needs no coercion or coercion is allowed."""
    wider = common(known, given)
    is_free = "unknown" in (known.name, given.name) or is_coercing
    if wider is None or (wider != known and not is_free):
        return False
    bindings[name] = wider
    return True


def _bind_parts(pattern: Pattern, given: Type, bindings: dict[str, Any], *, is_coercing: bool) -> bool:
    """A type of the pattern's own name: its numbers and element types."""
    if len(pattern.of) != len(given.of) and pattern.of:
        return False
    _bind_numbers(pattern, given, bindings)
    if pattern.name == "varchar" and not given.args:
        bindings.update({n: None for n in pattern.args if isinstance(n, str)})
    return all(_bind(p, t, bindings, is_coercing=is_coercing) for p, t in zip(pattern.of, given.of, strict=False))


def _bind_numbers(pattern: Pattern, given: Type, bindings: dict[str, Any]) -> None:
    for name, value in zip(pattern.args, given.args, strict=False):
        if isinstance(name, str) and bindings.get(name, value) is not None:
            bindings[name] = max(bindings.get(name, value), value)


def _coerced(pattern: Pattern, given: Type) -> Type | None:
    """The type of the pattern's name that `given` can become."""
    if pattern.name == "decimal":
        return given.as_decimal if given.is_integer else None
    digits = given.args[:1] if given.args and pattern.name.startswith("time") else ()
    if pattern.name.startswith("timestamp") and not digits:
        digits = (3,) if given.name != "date" else (0,)
    wanted = Type(pattern.name, digits)
    return wanted if can_coerce(given, wanted) else None


def substitute(pattern: Pattern, bindings: dict[str, Any]) -> Type:
    """The pattern as a type."""
    if pattern.is_variable:
        return bindings.get(pattern.name, UNKNOWN)
    args = tuple(bindings.get(a, 0) if isinstance(a, str) else a for a in pattern.args)
    if pattern.name == "varchar" and None in args:
        return VARCHAR
    if not args and pattern.name in ("timestamp", "timestamp with time zone", "time"):
        args = (3,)
    return Type(pattern.name, args, tuple(substitute(p, bindings) for p in pattern.of),
                (None,) * len(pattern.of) if pattern.name == "row" else ())  # fmt: skip


def _lambdas(match: Match, args: Sequence[Typed | Any], compile_lambda: LambdaCompiler) -> list[Typed]:
    """Compile each lambda with the parameter types known by then; its result may bind another variable."""
    made: list[Typed] = []
    patterns = list(match.signature.parameters)
    for pattern, arg in zip(patterns + patterns[-1:] * (len(args) - len(patterns)), args, strict=True):
        if pattern.name != "function":
            made.append(arg)
            continue
        wanted = [substitute(p, match.bindings) for p in pattern.of[:-1]]
        compiled = compile_lambda(arg, wanted)
        if not _bind(pattern.of[-1], compiled.type, match.bindings, is_coercing=True):
            shown = substitute(pattern.of[-1], match.bindings)
            raise SqlError("TYPE_MISMATCH", f"Lambda expression evaluates to {compiled.type}, expected {shown}", arg)
        if (wider := [substitute(p, match.bindings) for p in pattern.of[:-1]]) != wanted:  # e.g. the state of reduce()
            wanted, compiled = wider, compile_lambda(arg, wider)
        made.append(Typed(compiled.sql, function(wanted, compiled.type)))
    return made


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
