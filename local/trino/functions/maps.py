"""Map functions and operators: https://trino.io/docs/current/functions/map.html.

Maps keep the order of their entries. Entries are DuckDB's structs (key, value).
"""

from local.trino.casts import shown
from local.trino.lambdas import applied, bad_argument
from local.trino.registry import Call, macro, rule, scalar
from local.trino.typed import failing, let, once
from local.trino.types import Type

_INVALID = "INVALID_FUNCTION_ARGUMENT"

macro(
    # The map of a list of entries; of those with one key, the first. NULL for no entries.
    "trino_first_map(e, k) AS CASE WHEN list_unique(k) = len(k) THEN map_from_entries(e) ELSE map_from_entries("
    "list_transform(list_transform([trino_sorted(k)], lambda t__s: trino_firsts(t__s))[1], "
    "lambda t__r: list_extract(e, t__r.i))) END",
    "trino_map_of(x) AS list_transform([x], lambda t__e: CASE WHEN len(t__e) > 0 THEN "
    "trino_first_map(t__e, list_transform(t__e, lambda t__p: t__p.key)) END)[1]",
    # Entries by key: structs (i: place of the first, key, values), in the order in which keys first appear.
    "trino_by_key(e) AS list_sort(list_transform(e, "
    "lambda t__e, t__n: struct_pack(k := t__e.key, i := t__n, v := t__e.value)))",
    "trino_starts(s) AS list_filter(range(1, CAST(len(s) AS BIGINT) + 1), lambda t__j: t__j = 1 OR "
    "list_extract(s, t__j - 1).k IS DISTINCT FROM list_extract(s, t__j).k)",
    "trino_runs(s, b) AS list_sort(list_transform(b, lambda t__j, t__n: struct_pack(i := list_extract(s, t__j).i, "
    "key := list_extract(s, t__j).k, value := list_transform(list_slice(s, t__j, "
    "coalesce(list_extract(b, t__n + 1) - 1, CAST(len(s) AS BIGINT))), lambda t__p: t__p.v))))",
    "trino_multimap(e) AS map_from_entries(list_transform(list_transform([trino_by_key(e)], lambda t__s: "
    "list_transform([trino_starts(t__s)], lambda t__b: trino_runs(t__s, t__b))[1])[1], "
    "lambda t__r: struct_pack(key := t__r.key, value := t__r.value)))",
    "trino_repeated(k) AS list_extract(list_filter(k, lambda t__e, t__n: list_position(k, t__e) < t__n), 1)",
)

scalar("map", "() -> map(unknown, unknown)", "map(CAST([] AS INTEGER[]), CAST([] AS INTEGER[]))")
scalar("cardinality", "(map(K, V)) -> bigint", "CAST(cardinality({0}) AS BIGINT)")
scalar("map_keys", "(map(K, V)) -> array(K)", "map_keys({0})")
scalar("map_values", "(map(K, V)) -> array(V)", "map_values({0})")
scalar("element_at", "(map(K, V), K) -> V", "map_extract_value({0}, {1})")


@rule(scalar, "$subscript", "(map(K, V), K) -> V")
def _subscript(call: Call) -> str:
    def build(m: str, k: str) -> str:
        text = shown(k, call.args[1].type)
        missing = failing(_INVALID, f"'Key not present in map: ' || {text}", call.returns.duckdb)
        found = f"{m} IS NULL OR {k} IS NULL OR map_contains({m}, {k})"
        return f"CASE WHEN {found} THEN map_extract_value({m}, {k}) ELSE {missing} END"

    return once(*call.sqls, build=build)


def _without_duplicates(keys: str, entries: str, kind: Type, message: str = "Duplicate keys") -> str:
    """The map of `entries`, whose keys are the list `keys` (both names): they must differ and not be NULL."""
    text = shown(f"trino_repeated({keys})", kind.of[0])
    duplicate = failing(_INVALID, f"'{message} (' || {text} || ') are not allowed'", kind.duckdb)
    null = bad_argument("map key cannot be null", kind)
    return (
        f"CASE WHEN trino_has_null({keys}) THEN {null} WHEN list_unique({keys}) < len({keys}) THEN {duplicate} "
        f"ELSE map_from_entries({entries}) END"
    )


@rule(scalar, "map", "(array(K), array(V)) -> map(K, V)")
def _map(call: Call) -> str:
    def build(k: str, v: str) -> str:
        uneven = bad_argument("Key and value arrays must be the same length", call.returns)
        entries = f"list_transform({k}, lambda t__e, t__n: struct_pack(key := t__e, value := list_extract({v}, t__n)))"
        made = _without_duplicates(k, entries, call.returns, "Duplicate map keys")
        return f"CASE WHEN {k} IS NULL OR {v} IS NULL THEN NULL WHEN len({k}) <> len({v}) THEN {uneven} ELSE {made} END"

    return once(*call.sqls, build=build)


def _entries(call: Call) -> str:
    """An array of rows as entries."""
    first, second = (f'"{n}"' for n in call.args[0].type.of[0].names)
    entry = f"CASE WHEN t__e IS NOT NULL THEN struct_pack(key := t__e.{first}, value := t__e.{second}) END"
    return f"list_transform({call.sql(0)}, lambda t__e: {entry})"


_KEYS = "list_transform(t__m, lambda t__p: t__p.key)"


@rule(scalar, "map_from_entries", "(array(row(K, V))) -> map(K, V)")
def _from_entries(call: Call) -> str:
    null = bad_argument("map entry cannot be null", call.returns)
    made = let(_KEYS, "t__k", _without_duplicates("t__k", "t__m", call.returns))
    body = f"CASE WHEN t__m IS NULL THEN NULL WHEN trino_has_null(t__m) THEN {null} ELSE {made} END"
    return let(_entries(call), "t__m", body)


@rule(scalar, "multimap_from_entries", "(array(row(K, V))) -> map(K, array(V))")
def _multimap_from_entries(call: Call) -> str:
    entry, key = (bad_argument(f"map {n} cannot be null", call.returns) for n in ("entry", "key"))
    body = (
        f"CASE WHEN t__m IS NULL THEN NULL WHEN trino_has_null(t__m) THEN {entry} "
        f"WHEN trino_has_null({_KEYS}) THEN {key} ELSE trino_multimap(t__m) END"
    )
    return let(_entries(call), "t__m", body)


@rule(scalar, "map_entries", "(map(K, V)) -> array(row(K, V))")
def _map_entries(call: Call) -> str:
    first, second = (f'"{n}"' for n in call.returns.of[0].names)
    row = f"struct_pack({first} := t__e.key, {second} := t__e.value)"
    return f"list_transform(map_entries({call.sql(0)}), lambda t__e: {row})"


@rule(scalar, "map_concat", "(map(K, V), map(K, V)...) -> map(K, V)")
def _map_concat(call: Call) -> str:
    """The last map's entries come first, as in Trino's implementation."""

    def build(*maps: str) -> str:
        missing = " OR ".join(f"{m} IS NULL" for m in maps)
        entries = " || ".join(f"map_entries({m})" for m in reversed(maps))
        empty = f"CAST(map([], []) AS {call.returns.duckdb})"
        return f"CASE WHEN {missing} THEN NULL ELSE coalesce(trino_map_of({entries}), {empty}) END"

    return once(*call.sqls, build=build)


@rule(scalar, "map_filter", "(map(K, V), function(K, V, boolean)) -> map(K, V)")
def _map_filter(call: Call) -> str:
    test = applied(call.args[1], "t__e.key", "t__e.value")
    return f"map_from_entries(list_filter(map_entries({call.sql(0)}), lambda t__e: {test}))"


@rule(scalar, "transform_values", "(map(K, V), function(K, V, R)) -> map(K, R)")
def _transform_values(call: Call) -> str:
    value = applied(call.args[1], "t__e.key", "t__e.value")
    entry = f"struct_pack(key := t__e.key, value := {value})"
    return f"map_from_entries(list_transform(map_entries({call.sql(0)}), lambda t__e: {entry}))"


@rule(scalar, "transform_keys", "(map(K, V), function(K, V, R)) -> map(R, V)")
def _transform_keys(call: Call) -> str:
    entry = f"struct_pack(key := {applied(call.args[1], 't__e.key', 't__e.value')}, value := t__e.value)"
    made = let(_KEYS, "t__k", _without_duplicates("t__k", "t__m", call.returns))
    each = f"list_transform(map_entries({call.sql(0)}), lambda t__e: {entry})"
    return let(each, "t__m", f"CASE WHEN t__m IS NOT NULL THEN {made} END")


@rule(scalar, "map_zip_with", "(map(K, V), map(K, U), function(K, V, U, R)) -> map(K, R)")
def _map_zip_with(call: Call) -> str:
    """The first map's keys in their order, then those that only the second has."""
    function = call.args[2]

    def build(a: str, b: str) -> str:
        keys = f"map_keys({a}) || list_filter(map_keys({b}), lambda t__k: NOT map_contains({a}, t__k))"
        value = applied(function, "t__k", f"map_extract_value({a}, t__k)", f"map_extract_value({b}, t__k)")
        each = f"list_transform({keys}, lambda t__k: struct_pack(key := t__k, value := {value}))"
        return f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL ELSE map_from_entries({each}) END"

    return once(*call.sqls[:2], build=build)
