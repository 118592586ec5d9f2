"""Which overload of a function fits its arguments, as Trino's FunctionResolver chooses it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from local.trino.errors import SqlError
from local.trino.registry import Pattern, Signature, names
from local.trino.typed import Typed
from local.trino.types import UNKNOWN, VARCHAR, Type, can_coerce, common, function


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
    overloads = names().get(name)
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
    return _chosen(names()[name], [Typed("", one) for one in types])


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
