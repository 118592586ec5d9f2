"""Aggregate functions: https://trino.io/docs/current/functions/aggregate.html.

The approximate ones are in `approximate`, the statistical ones in `statistics`.

Overflow is that of Trino's `LongSumAggregation`; NaN is never the maximum beside numbers (COMPARISON_UNORDERED_FIRST).
"""

from local.trino.errors import SqlError
from local.trino.functions.lambdas import folded
from local.trino.lambdas import bad_argument
from local.trino.operators import compared
from local.trino.registry import Call, aggregate, macro, rule
from local.trino.typed import failing, failing_with, let
from local.trino.types import BIGINT, VARCHAR

_MAX_TEXT = 1_048_576

macro(
    "trino_bigint_sum(x) AS list_transform([x], lambda t__s: CASE WHEN t__s BETWEEN -9223372036854775808 AND "
    "9223372036854775807 THEN CAST(t__s AS BIGINT) WHEN t__s IS NOT NULL THEN "
    + failing_with("NUMERIC_VALUE_OUT_OF_RANGE", "bigint addition overflow", "BIGINT")
    + " END)[1]",
    # Half up, as an unscaled whole number: the mean of n numbers whose unscaled sum is u.
    "trino_mean(u, n) AS CASE WHEN u < 0 THEN -1 ELSE 1 END * "
    "(abs(u) // n + CASE WHEN abs(u) % n * 2 >= n THEN 1 ELSE 0 END)",
    "trino_unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)",
    "trino_scaled(u, s) AS CASE WHEN u < 0 THEN '-' ELSE '' END || regexp_replace(lpad(CAST(abs(u) AS VARCHAR), "
    "greatest(s + 1, length(CAST(abs(u) AS VARCHAR)))::INTEGER, '0'), '(.{' || s || '})$', '.\\1')",
    # Beyond the greatest real lies infinity.
    "trino_real(x) AS list_transform([x], lambda t__f: CASE WHEN isfinite(t__f) AND abs(t__f) > 3.4028234e38 "
    "THEN sign(t__f) * CAST('Infinity' AS FLOAT) ELSE CAST(t__f AS FLOAT) END)[1]",
    "trino_span_months(i) AS CAST(datepart('year', i) * 12 + datepart('month', i) AS BIGINT)",
    "trino_whole(x) AS CAST(CASE WHEN x < 0 THEN ceil(x - 0.5) ELSE floor(x + 0.5) END AS BIGINT)",
)

aggregate("count", "() -> bigint", "@count(*)")
aggregate("count_if", "(boolean) -> bigint", "@count(CASE WHEN {0} THEN 1 END)")
for _name in ("any_value", "arbitrary"):
    aggregate(_name, "(T) -> T", "@any_value({0})")
for _name in ("bool_and", "every"):
    aggregate(_name, "(boolean) -> boolean", "@bool_and({0})")
aggregate("bool_or", "(boolean) -> boolean", "@bool_or({0})")
aggregate("array_agg", "(T) -> array(T)", "@list({0})")
for _name in ("and", "or", "xor"):
    aggregate(f"bitwise_{_name}_agg", "(bigint) -> bigint", f"@bit_{_name}({{0}})")

aggregate("sum", "(bigint) -> bigint", "trino_bigint_sum(@sum({0}))")
aggregate("sum", "(double) -> double", "@sum({0})")
aggregate("sum", "(real) -> real", "trino_real(@sum({0}))")
aggregate("sum", "(decimal(p,s)) -> decimal(38,s)", "@sum({0})")
aggregate(
    "sum",
    "(interval day to second) -> interval day to second",
    "to_microseconds(CAST(@sum(epoch_us({0})) AS BIGINT))",
)
aggregate(
    "sum",
    "(interval year to month) -> interval year to month",
    "to_months(CAST(@sum(trino_span_months({0})) AS INTEGER))",
)

aggregate("avg", "(bigint) -> double", "@avg({0})")
aggregate("avg", "(double) -> double", "@avg({0})")
aggregate("avg", "(real) -> real", "CAST(@avg({0}) AS FLOAT)")
aggregate(
    "avg",
    "(interval day to second) -> interval day to second",
    "to_milliseconds(trino_whole(@avg(epoch_ms({0}))))",
)
aggregate(
    "avg",
    "(interval year to month) -> interval year to month",
    "to_months(CAST(trino_whole(@avg(trino_span_months({0}))) AS INTEGER))",
)


@rule(aggregate, "avg", "(decimal(p,s)) -> decimal(p,s)")
def _decimal_mean(call: Call) -> str:
    kind = call.returns
    mean = "trino_mean(trino_unscaled(t__d.s), t__d.n)"
    text = f"trino_scaled({mean}, {kind.args[1]})" if kind.args[1] else mean
    body = f"CASE WHEN t__d.n > 0 THEN CAST({text} AS {kind.duckdb}) END"
    value = call.sql(0)
    return let(f"struct_pack(s := @sum({value}), n := CAST(@count({value}) AS HUGEINT))", "t__d", body)


@rule(aggregate, "count", "(T) -> bigint")
def _values(call: Call) -> str:
    """Instants are the same in any zone, for DISTINCT."""
    return f"@count({compared(call.args[0])})"


def _ordered(call: Call, index: int) -> None:
    """Refuse an argument that has no order. Raises SqlError."""
    kind = call.args[index].type
    if not kind.is_orderable:
        shown = ", ".join(str(a.type) for a in call.args)
        raise SqlError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({shown}) for function {call.name}", call.node)


@rule(aggregate, "max", "(T) -> T")
def _max(call: Call) -> str:
    _ordered(call, 0)
    value = call.sql(0)
    if call.returns.name in ("double", "real"):
        return f"coalesce(@max(CASE WHEN NOT isnan({value}) THEN {value} END), @max({value}))"
    return f"@max({value})"


@rule(aggregate, "min", "(T) -> T")
def _min(call: Call) -> str:
    _ordered(call, 0)
    return f"@min({call.sql(0)})"


def _count(call: Call, index: int) -> str:
    """How many values to keep: from 1 to 10,000."""
    n, given = call.sql(index), call.args[index].constant
    if isinstance(given, int) and 1 <= given <= _MAX_KEPT:
        return n
    which, positive = _WHICH[index]
    under = failing("INVALID_FUNCTION_ARGUMENT", f"'{which} must be {positive}'", BIGINT.duckdb)
    over = bad_argument(f"{which} must be less than or equal to {_MAX_KEPT}; found ", BIGINT, n)
    return f"CASE WHEN {n} <= 0 THEN {under} WHEN {n} > {_MAX_KEPT} THEN {over} ELSE {n} END"


_MAX_KEPT = 10_000
_WHICH = {
    1: ("second argument of max_n/min_n", "positive"),
    2: ("third argument of max_by/min_by", "a positive integer"),
}


@rule(aggregate, "max", "(T, bigint) -> array(T)")
@rule(aggregate, "min", "(T, bigint) -> array(T)")
def _top(call: Call) -> str:
    _ordered(call, 0)
    return f"@{call.name}({call.sql(0)}, {_count(call, 1)})"


@rule(aggregate, "max_by", "(V, K) -> V")
@rule(aggregate, "min_by", "(V, K) -> V")
def _by(call: Call) -> str:
    """The value may be NULL."""
    _ordered(call, 1)
    return f"@arg_{call.name[:3]}_null({call.sql(0)}, {compared(call.args[1])})"


@rule(aggregate, "max_by", "(V, K, bigint) -> array(V)")
@rule(aggregate, "min_by", "(V, K, bigint) -> array(V)")
def _top_by(call: Call) -> str:
    """DuckDB leaves rows out whose value is NULL: the value is boxed."""
    _ordered(call, 1)
    found = f"@arg_{call.name[:3]}(struct_pack(v := {call.sql(0)}), {compared(call.args[1])}, {_count(call, 2)})"
    return f"list_transform({found}, lambda t__e: t__e.v)"


@rule(aggregate, "listagg", "(varchar) -> varchar", "(varchar, varchar) -> varchar")
def _listagg(call: Call) -> str:
    separator = call.sql(1) if len(call.args) > 1 else "''"
    message = f"'Concatenated string has the length in bytes larger than the maximum output length {_MAX_TEXT}'"
    problem = failing("EXCEEDED_FUNCTION_MEMORY_LIMIT", message, VARCHAR.duckdb)
    body = f"CASE WHEN strlen(t__s) > {_MAX_TEXT} THEN {problem} ELSE t__s END"
    return let(f"@string_agg({call.sql(0)}, {separator})", "t__s", body)


@rule(aggregate, "$listagg_truncated", "(varchar, varchar, varchar, boolean) -> varchar")
def _listagg_truncated(call: Call) -> str:
    """`listagg(... ON OVERFLOW TRUNCATE filler WITH[OUT] COUNT)`: the texts that fit, and the filler for the rest."""
    value, separator, filler, is_counting = (a.sql for a in call.args)
    sizes = "list_transform(t__l, lambda t__e: struct_pack(n := CAST(0 AS BIGINT), b := strlen(t__e)))"
    size = f"t__a.b + t__b.b + CASE WHEN t__a.n > 0 THEN strlen({separator}) ELSE 0 END"
    step = (
        f"CASE WHEN t__a.b >= 0 AND {size} <= {_MAX_TEXT} THEN struct_pack(n := t__a.n + 1, b := {size}) "
        "ELSE struct_pack(n := t__a.n, b := CAST(-1 AS BIGINT)) END"
    )
    start = "struct_pack(n := CAST(0 AS BIGINT), b := CAST(0 AS BIGINT))"
    kept = f"list_reduce({sizes}, lambda t__a, t__b: {step}, {start}).n"
    rest = f"{filler} || CASE WHEN {is_counting} THEN '(' || (len(t__l) - t__n) || ')' ELSE '' END"
    head = f"CASE WHEN t__n > 0 THEN array_to_string(list_slice(t__l, 1, t__n), {separator}) || {separator} ELSE '' END"
    whole = f"array_to_string(t__l, {separator})"
    cut = let(kept, "t__n", f"{head} || {rest}")
    body = f"CASE WHEN len(t__l) = 0 THEN NULL WHEN strlen({whole}) <= {_MAX_TEXT} THEN {whole} ELSE {cut} END"
    return let(f"list_filter(@list({value}), lambda t__e: t__e IS NOT NULL)", "t__l", body)


_ENTRY = "struct_pack(key := {0}, value := {1})"
_WITH_KEYS = "list_filter(@list(" + _ENTRY + "), lambda t__e: t__e.key IS NOT NULL)"


@rule(aggregate, "histogram", "(K) -> map(K, bigint)")
def _histogram(call: Call) -> str:
    kind = call.returns.duckdb
    return let(f"@histogram({call.sql(0)})", "t__h", f"CASE WHEN cardinality(t__h) > 0 THEN CAST(t__h AS {kind}) END")


aggregate("map_agg", "(K, V) -> map(K, V)", f"trino_map_of({_WITH_KEYS})")
aggregate(
    "map_union",
    "(map(K, V)) -> map(K, V)",
    "list_transform([@list({0})], lambda t__u: CASE WHEN list_aggregate(t__u, 'count') > 0 THEN coalesce(trino_map_of("
    "flatten(list_transform(t__u, lambda t__m: map_entries(t__m)))), list_aggregate(t__u, 'any_value')) END)[1]",
)
aggregate(
    "multimap_agg",
    "(K, V) -> map(K, array(V))",
    f"list_transform([{_WITH_KEYS}], lambda t__a: CASE WHEN len(t__a) > 0 THEN trino_multimap(t__a) END)[1]",
)


@rule(aggregate, "reduce_agg", "(T, S, function(S, T, S), function(S, S, S)) -> S")
def _reduce(call: Call) -> str:
    """In one pass over the group's values, in no promised order: there is nothing to combine."""
    value, start, step, _ = call.args
    state = call.returns
    whole = folded("t__r.l", value.type, state, "t__r.s", step)
    values = f"list_filter(@list({value.sql}), lambda t__e: t__e IS NOT NULL)"
    return let(
        f"struct_pack(l := {values}, s := @any_value({start.sql}))",
        "t__r",
        f"CASE WHEN len(t__r.l) > 0 THEN {whole} END",
    )
