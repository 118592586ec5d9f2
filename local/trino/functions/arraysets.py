"""Array functions that compare elements: https://trino.io/docs/current/functions/array.html.

Elements are compared as Trino's IDENTICAL does (NULL is like NULL) and keep the order of their first appearance.
Sorting finds equal ones, so that work grows as n log n; DuckDB's own list_distinct drops NULL and forgets the order.
"""

from local.trino.operators import compared
from local.trino.registry import Call, macro, rule, scalar
from local.trino.typed import Typed, once
from local.trino.types import Type

macro(
    # The elements with their places, sorted by element.
    "trino_sorted(a) AS list_sort(list_transform(a, lambda t__e, t__n: struct_pack(v := t__e, i := t__n)))",
    # From sorted structs (v, i): the first of each value, in the order of i.
    "trino_firsts(s) AS list_sort(list_transform(list_filter(s, lambda t__e, t__n: t__n = 1 OR "
    "list_extract(s, t__n - 1).v IS DISTINCT FROM t__e.v), lambda t__e: struct_pack(i := t__e.i, v := t__e.v)))",
    "trino_distinct(a) AS CASE WHEN list_unique(a) = len(a) THEN a ELSE list_transform(list_transform("
    "[trino_sorted(a)], lambda t__s: trino_firsts(t__s))[1], lambda t__r: t__r.v) END",
    # Two arrays sorted together: the elements of `a` have side 1, those of `b` side 0, so that they come first.
    "trino_sides(a, b) AS list_sort(list_concat("
    "list_transform(a, lambda t__e, t__n: struct_pack(v := t__e, s := 1, i := t__n)), "
    "list_transform(b, lambda t__e: struct_pack(v := t__e, s := 0, i := CAST(0 AS BIGINT)))))",
    "trino_in_order(s) AS list_transform(list_sort(list_transform(s, "
    "lambda t__e: struct_pack(i := t__e.i, v := t__e.v))), lambda t__r: t__r.v)",
    # The first in `a` of every value that `b` has not.
    "trino_except(a, b) AS trino_in_order(list_transform([trino_sides(a, b)], lambda t__s: list_filter(t__s, "
    "lambda t__e, t__n: t__e.s = 1 AND (t__n = 1 OR list_extract(t__s, t__n - 1).v IS DISTINCT FROM t__e.v)))[1])",
    # The first in `a` of every value that `b` has.
    "trino_intersect(a, b) AS trino_in_order(list_transform([trino_sides(a, b)], lambda t__s: list_filter(t__s, "
    "lambda t__e, t__n: t__e.s = 1 AND t__n > 1 AND list_extract(t__s, t__n - 1).s = 0 "
    "AND list_extract(t__s, t__n - 1).v IS NOT DISTINCT FROM t__e.v))[1])",
    "trino_has_null(a) AS (list_aggregate(a, 'count') < len(a))",
)

scalar("array_sort", "(array(E)) -> array(E)", "list_sort({0}, 'ASC', 'NULLS LAST')")


@rule(scalar, "array_distinct", "(array(E)) -> array(E)")
def _distinct(call: Call) -> str:
    return once(*call.sqls, build=lambda a: f"trino_distinct({a})")


@rule(scalar, "array_union", "(array(E), array(E)) -> array(E)")
def _union(call: Call) -> str:
    return once(*call.sqls, build=lambda a, b: f"trino_distinct({a} || {b})")


@rule(scalar, "array_except", "(array(E), array(E)) -> array(E)")
def _except(call: Call) -> str:
    return once(
        *call.sqls, build=lambda a, b: f"CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL THEN trino_except({a}, {b}) END"
    )


@rule(scalar, "array_intersect", "(array(E), array(E)) -> array(E)")
def _intersect(call: Call) -> str:
    """In the order of the longer array, as Trino's implementation walks it."""
    return once(
        *call.sqls,
        build=lambda a, b: (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({a}) < len({b}) THEN trino_intersect({b}, {a}) "
            f"ELSE trino_intersect({a}, {b}) END"
        ),
    )


@rule(scalar, "arrays_overlap", "(array(E), array(E)) -> boolean")
def _overlap(call: Call) -> str:
    return once(
        *call.sqls,
        build=lambda a, b: (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({a}) = 0 OR len({b}) = 0 THEN false "
            f"WHEN list_has_any({a}, {b}) THEN true WHEN trino_has_null({a}) OR trino_has_null({b}) THEN NULL "
            "ELSE false END"
        ),
    )


def _compared_with(call: Call) -> tuple[Typed, Typed]:
    """An array and an element as they are compared: of zoned timestamps the instants."""
    array, element = call.args
    each = compared(Typed("t__e", element.type))
    if each == "t__e":
        return array, element
    return Typed(f"list_transform({array.sql}, lambda t__e: {each})", array.type), Typed(
        compared(element), element.type
    )


@rule(scalar, "contains", "(array(T), T) -> boolean")
def _contains(call: Call) -> str:
    return once(
        *(a.sql for a in _compared_with(call)),
        build=lambda a, x: (
            f"CASE WHEN {a} IS NULL OR {x} IS NULL THEN NULL WHEN list_contains({a}, {x}) THEN true "
            f"WHEN trino_has_null({a}) THEN NULL ELSE false END"
        ),
    )


@rule(scalar, "array_position", "(array(T), T) -> bigint")
def _position(call: Call) -> str:
    return once(
        *(a.sql for a in _compared_with(call)),
        build=lambda a, x: (
            f"CASE WHEN {a} IS NOT NULL AND {x} IS NOT NULL "
            f"THEN CAST(coalesce(list_position({a}, {x}), 0) AS BIGINT) END"
        ),
    )


@rule(scalar, "array_remove", "(array(E), E) -> array(E)")
def _remove(call: Call) -> str:
    kind = call.args[1].type

    def build(a: str, x: str) -> str:
        differs = f"{compared(Typed('t__e', kind))} <> {compared(Typed(x, kind))}"
        return f"CASE WHEN {x} IS NOT NULL THEN list_filter({a}, lambda t__e: t__e IS NULL OR {differs}) END"

    return once(*call.sqls, build=build)


@rule(scalar, "contains_sequence", "(array(T), array(T)) -> boolean")
def _contains_sequence(call: Call) -> str:
    def build(a: str, b: str) -> str:
        starts = f"range(1, greatest(CAST(len({a}) AS BIGINT) - len({b}), -1) + 2)"
        same = f"list_slice({a}, t__i, t__i + CAST(len({b}) AS BIGINT) - 1) IS NOT DISTINCT FROM {b}"
        found = f"len(list_filter({starts}, lambda t__i: {same})) > 0"
        return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN len({b}) = 0 THEN true ELSE {found} END"

    return once(*call.sqls, build=build)


def _is_floating(kind: Type) -> bool:
    return kind.name in ("double", "real")


@rule(scalar, "array_max", "(array(T)) -> T")
def _max(call: Call) -> str:
    """NULL beside any NULL; NaN only where there is nothing else, unlike DuckDB's order."""
    best = "list_max({0})"
    if _is_floating(call.returns):
        best = "coalesce(list_max(list_filter({0}, lambda t__e: NOT isnan(t__e))), list_max({0}))"
    return once(*call.sqls, build=lambda a: f"CASE WHEN trino_has_null({a}) THEN NULL ELSE {best.format(a)} END")


@rule(scalar, "array_min", "(array(T)) -> T")
def _min(call: Call) -> str:
    return once(*call.sqls, build=lambda a: f"CASE WHEN trino_has_null({a}) THEN NULL ELSE list_min({a}) END")


@rule(scalar, "array_histogram", "(array(T)) -> map(T, bigint)")
def _histogram(call: Call) -> str:
    kind = call.returns.duckdb
    return once(
        *call.sqls,
        build=lambda a: (
            f"CASE WHEN {a} IS NOT NULL THEN CAST(coalesce(list_histogram({a}), map([], [])) AS {kind}) END"
        ),
    )
