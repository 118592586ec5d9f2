"""Functions of arrays that take lambdas: https://trino.io/docs/current/functions/lambda.html and array.html.

A lambda's parameters become names of DuckDB's lambdas; where Trino's lambda and DuckDB's differ in parameters, they are
bound with `applied`.
"""

from local.trino.lambdas import applied, lambda_parts
from local.trino.registry import Call, rule, scalar
from local.trino.typed import Typed, failing, let, once
from local.trino.types import BIGINT, INTEGER, Type

scalar("transform", "(array(T), function(T, U)) -> array(U)", "list_transform({0}, {1})")
scalar("filter", "(array(T), function(T, boolean)) -> array(T)", "list_filter({0}, {1})")


def _matches(call: Call, is_all: str) -> str:
    """Three-valued: `is_all` is CASE branches over the list `t__m` of what the predicate says for each element."""
    array, predicate = call.args
    return let(f"list_transform({array.sql}, {predicate.sql})", "t__m", f"CASE {is_all} END")


_SOME = "WHEN list_contains(t__m, true) THEN {0} WHEN trino_has_null(t__m) THEN NULL WHEN t__m IS NOT NULL THEN {1}"
_ALL = "WHEN list_contains(t__m, false) THEN false WHEN trino_has_null(t__m) THEN NULL WHEN t__m IS NOT NULL THEN true"


@rule(scalar, "any_match", "(array(T), function(T, boolean)) -> boolean")
def _any(call: Call) -> str:
    return _matches(call, _SOME.format("true", "false"))


@rule(scalar, "none_match", "(array(T), function(T, boolean)) -> boolean")
def _none(call: Call) -> str:
    return _matches(call, _SOME.format("false", "true"))


@rule(scalar, "all_match", "(array(T), function(T, boolean)) -> boolean")
def _all(call: Call) -> str:
    return _matches(call, _ALL)


@rule(scalar, "zip_with", "(array(T), array(U), function(T, U, R)) -> array(R)")
def _zip_with(call: Call) -> str:
    function = call.args[2]

    def build(a: str, b: str) -> str:
        count = f"greatest(CAST(len({a}) AS BIGINT), len({b}))"
        body = applied(function, f"list_extract({a}, t__i)", f"list_extract({b}, t__i)")
        each = f"list_transform(range(1, {count} + 1), lambda t__i: {body})"
        return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL ELSE {each} END"

    return once(*call.sqls[:2], build=build)


def folded(values: str, element: Type, state: Type, start: str, step: Typed) -> str:
    """SQL of the state after `step(state, element)` for every element of the list `values`.

    DuckDB's list_reduce has one type for state and elements: both travel in a struct (s, e).
    """
    nothing, none = f"CAST(NULL AS {state.duckdb})", f"CAST(NULL AS {element.duckdb})"
    wrapped = f"list_transform({values}, lambda t__e: struct_pack(s := {nothing}, e := t__e))"
    body = f"CAST({applied(step, 't__a.s', 't__b.e')} AS {state.duckdb})"
    initial = f"struct_pack(s := CAST({start} AS {state.duckdb}), e := {none})"
    return f"list_reduce({wrapped}, lambda t__a, t__b: struct_pack(s := {body}, e := {none}), {initial}).s"


@rule(scalar, "reduce", "(array(T), S, function(S, T, S), function(S, R)) -> R")
def _reduce(call: Call) -> str:
    array, start, step, output = call.args
    state = step.type.of[-1] if step.type.of[-1].name != "unknown" else start.type

    def build(a: str, initial: str) -> str:
        names, body = lambda_parts(output.sql)
        whole = let(folded(a, array.type.of[0], state, initial, step), names[0], body)
        return f"CASE WHEN {a} IS NOT NULL THEN {whole} END"

    return once(array.sql, start.sql, build=build)


@rule(scalar, "array_sort", "(array(T), function(T, T, integer)) -> array(T)")
def _sort(call: Call) -> str:
    """A bottom-up merge sort: at each level an element's new place is its own plus what of the neighbouring run belongs
    before it, found by binary search, so n elements take about n log² n / 2 comparisons. Equal ones keep their order.
    """
    array, comparator = call.args
    problem = failing("INVALID_FUNCTION_ARGUMENT", "'Lambda comparator must return either -1, 0, or 1'", INTEGER.duckdb)

    def build(a: str) -> str:
        other = "list_extract(t__l.l, t__g.base + (t__b.lo + t__b.hi) // 2 + 1)"
        told = let(
            applied(comparator, other, "t__x"), "t__c", f"CASE WHEN t__c IN (-1, 0, 1) THEN t__c ELSE {problem} END"
        )
        middle = "(t__b.lo + t__b.hi) // 2"
        halved = (
            f"CASE WHEN t__b.lo >= t__b.hi THEN t__b WHEN {told} < t__g.least "
            f"THEN struct_pack(lo := {middle} + 1, hi := t__b.hi) ELSE struct_pack(lo := t__b.lo, hi := {middle}) END"
        )
        rounds = "list_transform(range(t__l.k + 1), lambda t__z: struct_pack(lo := t__z, hi := t__z))"
        size = "greatest(0, least(t__l.w, len(t__l.l) - t__g.base))"
        whole_run = f"struct_pack(lo := CAST(0 AS BIGINT), hi := CAST({size} AS BIGINT))"
        before = f"list_reduce({rounds}, lambda t__b, t__z: {halved}, {whole_run}).lo"
        run = "(t__i - 1) // t__l.w"
        side = (
            f"CASE WHEN ({run}) % 2 = 0 "
            f"THEN struct_pack(base := (({run}) + 1) * t__l.w, least := 0, back := CAST(0 AS BIGINT)) "
            f"ELSE struct_pack(base := (({run}) - 1) * t__l.w, least := 1, back := t__l.w) END"
        )
        placed = let(side, "t__g", f"struct_pack(p := t__i - t__g.back + {before}, e := t__x)")
        level = f"list_transform(list_sort(list_transform(t__l.l, lambda t__x, t__i: {placed})), lambda t__r: t__r.e)"
        state = "struct_pack(l := t__a.l, k := t__k.k, w := CAST(1 AS BIGINT) << t__k.k)"
        nothing = f"CAST([] AS {array.type.duckdb})"
        levels = f"CAST(ceil(log2(len({a}))) AS BIGINT)"
        steps = f"list_transform(range({levels}), lambda t__k: struct_pack(l := {nothing}, k := t__k))"
        merged = f"struct_pack(l := {let(state, 't__l', level)}, k := CAST(0 AS {BIGINT.duckdb}))"
        whole = f"list_reduce({steps}, lambda t__a, t__k: {merged}, struct_pack(l := {a}, k := CAST(0 AS BIGINT))).l"
        return f"CASE WHEN len({a}) < 2 THEN {a} ELSE {whole} END"

    return once(array.sql, build=build)
