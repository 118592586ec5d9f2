"""Approximate aggregate functions: https://trino.io/docs/current/functions/aggregate.html#approximate-aggregate-functions.

approx_distinct counts exactly: DuckDB's sketch has 64 registers, an error of 13% where Trino promises 2.3%.
approx_percentile is exact, in Trino's way of choosing an element, for groups of up to 100 values (Trino's t-digest
keeps so few apart as well) and DuckDB's t-digest beyond; with weights it is exact and keeps the group's values in
memory.
"""

import heapq
from itertools import accumulate

from local.trino.lambdas import bad_argument
from local.trino.operators import compared
from local.trino.registry import Call, aggregate, rule, udf
from local.trino.typed import failing, let
from local.trino.types import BIGINT, DOUBLE, Type

_MAX_ERROR, _MIN_ERROR = 0.26, 0.0040625
_EXACT = 100  # DuckDB makes room for as many in every group
_FINE = 4096  # distinct values beyond which neighbours are put together before the histogram is made
_PERCENTILE = "'Percentile must be between 0 and 1'"


@rule(aggregate, "approx_distinct", "(T) -> bigint")
def _distinct(call: Call) -> str:
    return f"@count(DISTINCT {compared(call.args[0])})"


@rule(aggregate, "approx_distinct", "(T, double) -> bigint")
def _distinct_within(call: Call) -> str:
    """The answer is exact whatever error is allowed; the bound is checked as Trino does."""
    allowed = call.sql(1)
    wrong = bad_argument(f"Max standard error must be in [{_MIN_ERROR}, {_MAX_ERROR}]: ", BIGINT, allowed)
    inside = f"{allowed} BETWEEN {_MIN_ERROR} AND {_MAX_ERROR}"
    return f"CASE WHEN {inside} THEN @count(DISTINCT {compared(call.args[0])}) ELSE {wrong} END"


def _element(fraction: str) -> str:
    """Of the sorted list `t__q.l` the element that a t-digest of single values gives."""
    return f"list_extract(t__q.l, least(CAST(floor({fraction} * len(t__q.l)) AS BIGINT) + 1, len(t__q.l)))"


@rule(
    aggregate, "approx_percentile", "(bigint, double) -> bigint", "(double, double) -> double", "(real, double) -> real"
)
def _percentile(call: Call) -> str:
    value, fraction = call.sql(0), call.sql(1)
    inside = f"{fraction} BETWEEN 0 AND 1"
    digest = f"@approx_quantile({value}, CAST(CASE WHEN {inside} THEN {fraction} ELSE 0 END AS FLOAT))"
    problem = failing("INVALID_FUNCTION_ARGUMENT", _PERCENTILE, call.returns.duckdb)
    body = (
        f"CASE WHEN len(t__q.l) = 0 THEN NULL WHEN NOT ({inside}) THEN {problem} "
        f"WHEN len(t__q.l) <= {_EXACT} THEN {_element(fraction)} ELSE t__q.q END"
    )
    return let(f"struct_pack(l := @min({value}, {_EXACT + 1}), q := {digest})", "t__q", body)


@rule(
    aggregate,
    "approx_percentile",
    "(bigint, array(double)) -> array(bigint)",
    "(double, array(double)) -> array(double)",
    "(real, array(double)) -> array(real)",
)
def _percentiles(call: Call) -> str:
    value, fractions = call.sql(0), call.sql(1)
    outside = f"len(list_filter({fractions}, lambda t__f: NOT (t__f BETWEEN 0 AND 1))) > 0"
    within = "CAST(greatest(0, least(1, t__f)) AS FLOAT)"
    digest = f"@approx_quantile({value}, list_transform({fractions}, lambda t__f: {within}))"
    problem = failing("INVALID_FUNCTION_ARGUMENT", _PERCENTILE, call.returns.duckdb)
    few = f"list_transform({fractions}, lambda t__f: {_element('t__f')})"
    body = (
        f"CASE WHEN len(t__q.l) = 0 THEN NULL WHEN {outside} THEN {problem} "
        f"WHEN len(t__q.l) <= {_EXACT} THEN {few} ELSE t__q.q END"
    )
    return let(f"struct_pack(l := @min({value}, {_EXACT + 1}), q := {digest})", "t__q", body)


def _weighted(values: list[float], weights: list[float], fractions: list[float]) -> list[float]:
    """Of each fraction the first value up to which more than that part of the weight lies."""
    if min(weights) < 1:
        raise ValueError("athena:INVALID_FUNCTION_ARGUMENT: percentile weight must be >= 1")
    if not all(0 <= f <= 1 for f in fractions):
        raise ValueError(f"athena:INVALID_FUNCTION_ARGUMENT: {_PERCENTILE[1:-1]}")
    pairs = sorted(zip(values, weights, strict=True))
    sums = list(accumulate(w for _, w in pairs))
    found = []
    for fraction in fractions:
        target = fraction * sums[-1]
        found.append(next((v for (v, _), s in zip(pairs, sums, strict=True) if s > target), pairs[-1][0]))
    return found


udf("trino_weighted", _weighted, ["DOUBLE[]", "DOUBLE[]", "DOUBLE[]"], "DOUBLE[]")


def _of_pairs(value: str, weight: str, function: str) -> str:
    """`function`, with {v} and {w}, of the lists of values and weights of the rows that have both; NULL for none."""
    both = f"CASE WHEN {value} IS NOT NULL AND {weight} IS NOT NULL THEN struct_pack(v := {value}, w := {weight}) END"
    lists = {n: f"list_transform(t__w, lambda t__e: CAST(t__e.{n} AS DOUBLE))" for n in "vw"}
    kept = f"list_filter(@list({both}), lambda t__e: t__e IS NOT NULL)"
    return let(kept, "t__w", f"CASE WHEN len(t__w) > 0 THEN {function.format(**lists)} END")


def _rounded(sql: str, kind: Type) -> str:
    return f"trino_whole({sql})" if kind.is_integer else f"CAST({sql} AS {kind.duckdb})"


@rule(
    aggregate,
    "approx_percentile",
    "(bigint, double, double) -> bigint",
    "(double, double, double) -> double",
    "(real, double, double) -> real",
)
def _weighted_percentile(call: Call) -> str:
    found = f"list_extract(trino_weighted({{v}}, {{w}}, [{call.sql(2)}]), 1)"
    return _of_pairs(call.sql(0), call.sql(1), _rounded(found, call.returns))


@rule(
    aggregate,
    "approx_percentile",
    "(bigint, double, array(double)) -> array(bigint)",
    "(double, double, array(double)) -> array(double)",
    "(real, double, array(double)) -> array(real)",
)
def _weighted_percentiles(call: Call) -> str:
    each = _rounded("t__x", call.returns.of[0])
    found = f"list_transform(trino_weighted({{v}}, {{w}}, {call.sql(2)}), lambda t__x: {each})"
    return _of_pairs(call.sql(0), call.sql(1), found)


def _penalty(a: list[float], b: list[float]) -> float:
    """What merging two neighbouring buckets (value, weight) costs."""
    weight = a[1] + b[1]
    return weight * (a[0] - b[0]) ** 2 * a[1] * b[1] / weight**2


def _condensed(items: list[list[float]]) -> list[list[float]]:
    """At most `_FINE` sorted (value, weight): means of as many neighbours as it takes."""
    step = -(-len(items) // _FINE)
    if step <= 1:
        return items
    parts = [items[i : i + step] for i in range(0, len(items), step)]
    weights = [sum(w for _, w in part) for part in parts]
    return [[sum(v * w for v, w in part) / total, total] for part, total in zip(parts, weights, strict=True)]


def _buckets(count: int, values: list[float], weights: list[float]) -> list[dict[str, float]]:
    """Ben-Haim and Tom-Tov's histogram of at most `count` buckets: the cheapest neighbours are merged first."""
    if count < 2:
        raise ValueError("athena:INVALID_FUNCTION_ARGUMENT: numeric_histogram bucket count must be greater than one")
    merged: dict[float, float] = {}
    for value, weight in zip(values, weights, strict=True):
        merged[value] = merged.get(value, 0.0) + weight
    items = _condensed([[v, w] for v, w in sorted(merged.items())])
    before, after = list(range(-1, len(items) - 1)), list(range(1, len(items) + 1))
    version = [0] * len(items)
    queue = [(_penalty(items[i], items[i + 1]), i, 0) for i in range(len(items) - 1)]
    heapq.heapify(queue)
    gone: set[int] = set()
    while len(items) - len(gone) > count:
        _, i, seen = heapq.heappop(queue)
        right = after[i]
        if i in gone or seen != version[i] or right >= len(items):
            continue
        (v1, w1), (v2, w2) = items[i], items[right]
        items[i] = [(v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2]
        gone.add(right)
        after[i] = after[right]
        if after[i] < len(items):
            before[after[i]] = i
        for left in (i, before[i]):
            if left >= 0:
                version[left] += 1
                if after[left] < len(items):
                    heapq.heappush(queue, (_penalty(items[left], items[after[left]]), left, version[left]))
    return [{"key": v, "value": w} for i, (v, w) in enumerate(items) if i not in gone]


udf("trino_buckets", _buckets, ["BIGINT", "DOUBLE[]", "DOUBLE[]"], "STRUCT(key DOUBLE, value DOUBLE)[]")


@rule(
    aggregate,
    "numeric_histogram",
    "(bigint, real) -> map(real, real)",
    "(bigint, double) -> map(double, double)",
    "(bigint, real, double) -> map(real, real)",
    "(bigint, double, double) -> map(double, double)",
)
def _histogram(call: Call) -> str:
    weight = call.sql(2) if len(call.args) > 2 else f"CAST(1 AS {DOUBLE.duckdb})"
    made = f"map_from_entries(trino_buckets(CAST({call.sql(0)} AS BIGINT), {{v}}, {{w}}))"
    return _of_pairs(call.sql(1), weight, f"CAST({made} AS {call.returns.duckdb})")


@rule(
    aggregate,
    "approx_most_frequent",
    "(bigint, bigint, bigint) -> map(bigint, bigint)",
    "(bigint, varchar, bigint) -> map(varchar, bigint)",
)
def _most_frequent(call: Call) -> str:
    """Counted exactly, in memory that grows with the distinct values; most frequent first."""
    counts = (
        "list_transform(map_entries(t__h), lambda t__e: struct_pack(c := -CAST(t__e.value AS BIGINT), k := t__e.key))"
    )
    top = f"list_slice(list_sort({counts}), 1, {call.sql(0)})"
    entries = f"list_transform({top}, lambda t__e: struct_pack(key := t__e.k, value := -t__e.c))"
    return let(
        f"@histogram({call.sql(1)})", "t__h", f"CASE WHEN cardinality(t__h) > 0 THEN map_from_entries({entries}) END"
    )
