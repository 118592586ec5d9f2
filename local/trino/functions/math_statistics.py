"""Distributions, intervals of confidence and distances of vectors.

Source: https://trino.io/docs/current/functions/math.html. The distributions are Python functions (DuckDB has none).
"""

import math
import statistics

from local.trino.registry import Call, macro, rule, scalar, udf
from local.trino.typed import failing_with, once

_BAD = "athena:INVALID_FUNCTION_ARGUMENT: "


def _check(condition: bool, message: str) -> None:  # noqa: FBT001 - as Trino's checkCondition
    if not condition:
        raise ValueError(_BAD + message)


def normal_cdf(mean: float, deviation: float, value: float) -> float:
    """P(N < value)."""
    _check(deviation > 0, "standardDeviation must be > 0")
    return 0.5 * (1 + math.erf((value - mean) / (deviation * math.sqrt(2))))


def inverse_normal_cdf(mean: float, deviation: float, p: float) -> float:
    _check(0 < p < 1, "p must be 0 > p > 1")
    _check(deviation > 0, "sd must be > 0")
    return statistics.NormalDist(mean, deviation).inv_cdf(p)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    total = d
    for m in range(1, 500):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 + factor * d, 1 + factor / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            total *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return total


def _regularized_beta(a: float, b: float, x: float) -> float:
    if x <= 0 or x >= 1:
        return float(x >= 1)
    head = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return head * _beta_fraction(a, b, x) / a
    return 1 - head * _beta_fraction(b, a, 1 - x) / b


def beta_cdf(a: float, b: float, value: float) -> float:
    _check(0 <= value <= 1, "value must be 0 >= v >= 1")
    _check(a > 0 and b > 0, "a, b must be > 0")
    return _regularized_beta(a, b, value)


def inverse_beta_cdf(a: float, b: float, p: float) -> float:
    """By halving, to the last bit of a double."""
    _check(0 <= p <= 1, "p must be 0 >= p >= 1")
    _check(a > 0 and b > 0, "a, b must be > 0")
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if _regularized_beta(a, b, middle) < p:
            low = middle
        else:
            high = middle
    return high if 0 < p < 1 else p


def t_pdf(x: float, df: int) -> float:
    _check(df > 0, "df must be positive")
    head = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)
    return head * (1 + x * x / df) ** (-(df + 1) / 2)


def t_cdf(x: float, df: int) -> float:
    _check(df > 0, "df must be positive")
    tail = _regularized_beta(df / 2, 0.5, df / (df + x * x)) / 2
    return tail if x < 0 else 1 - tail


for _name, _work in {
    "normal_cdf": normal_cdf,
    "inverse_normal_cdf": inverse_normal_cdf,
    "beta_cdf": beta_cdf,
    "inverse_beta_cdf": inverse_beta_cdf,
}.items():
    udf(f"trino_{_name}", _work, ["DOUBLE"] * 3, "DOUBLE")
    # A NaN that a Python function returns arrives as NULL.
    _sql = f"coalesce(trino_{_name}({{0}}, {{1}}, {{2}}), {{0}} + {{1}} + {{2}} + CAST('NaN' AS DOUBLE))"
    scalar(_name, "(double, double, double) -> double", _sql)
for _name, _student in {"t_pdf": t_pdf, "t_cdf": t_cdf}.items():
    udf(f"trino_{_name}", _student, ["DOUBLE", "BIGINT"], "DOUBLE")
    scalar(_name, "(double, bigint) -> double", f"coalesce(trino_{_name}({{0}}, {{1}}), {{0}} + CAST('NaN' AS DOUBLE))")


def _wrong(message: str) -> str:
    return failing_with("INVALID_FUNCTION_ARGUMENT", message, "DOUBLE")


macro(
    "trino_wilson_bound(s, n, z, side) AS (s / n + z * z / (2 * n) + side * z * sqrt((s / n * (1 - s / n) "
    "+ z * z / (4 * n)) / n)) / (1 + z * z / n)",
    f"trino_wilson(s, n, z, side) AS CASE WHEN s < 0 THEN {_wrong('number of successes must not be negative')} "
    f"WHEN n <= 0 THEN {_wrong('number of trials must be positive')} "
    f"WHEN s > n THEN {_wrong('number of successes must not be larger than number of trials')} "
    f"WHEN z < 0 THEN {_wrong('z-score must not be negative')} ELSE trino_wilson_bound(CAST(s AS DOUBLE), "
    "CAST(n AS DOUBLE), z, side) END",
    # Of vectors given as lists; a NULL in one makes the result NULL.
    "trino_norm(a) AS sqrt(list_dot_product(a, a))",
    "trino_has_gap(a) AS len(a) <> list_count(a)",
)


def _wilson(name: str, side: int) -> None:
    @rule(scalar, name, "(bigint, bigint, double) -> double")
    def _bound(call: Call) -> str:
        return once(*(a.sql for a in call.args), build=lambda s, n, z: f"trino_wilson({s}, {n}, {z}, {side})")


_wilson("wilson_interval_lower", -1)
_wilson("wilson_interval_upper", 1)

_DENSE = "(array(double), array(double)) -> double"
_SPARSE = "(map(varchar, double), map(varchar, double)) -> double"


def _dense(name: str, formula: str, alike: str = "") -> None:
    """A function of two dense vectors of one length."""

    @rule(scalar, name, _DENSE)
    def _of_lists(call: Call) -> str:
        def build(a: str, b: str) -> str:
            checks = f"WHEN len({a}) <> len({b}) THEN {_wrong('The arguments must have the same length')}"
            if alike:
                zero = f"trino_norm({a}) = 0 OR trino_norm({b}) = 0"
                checks += f" WHEN {zero} THEN {_wrong('Vector magnitude cannot be zero')}"
            gap = f"WHEN trino_has_gap({a}) OR trino_has_gap({b}) THEN NULL"
            return f"CASE {gap} {checks} ELSE {formula.format(a=a, b=b)} END"

        return once(call.sql(0), call.sql(1), build=build)


_COSINE = "list_dot_product({a}, {b}) / (trino_norm({a}) * trino_norm({b}))"
_dense("cosine_similarity", _COSINE, "cosine")
_dense("cosine_distance", f"1 - {_COSINE}", "cosine")
_dense("dot_product", "list_dot_product({a}, {b})")
_dense("euclidean_distance", "list_distance({a}, {b})")


def _sparse(name: str, formula: str) -> None:
    """A function of two sparse vectors; NULL when one is empty or has a NULL."""

    @rule(scalar, name, _SPARSE)
    def _of_maps(call: Call) -> str:
        def build(a: str, b: str) -> str:
            product = f"list_transform(map_entries({a}), lambda pair: pair.value * coalesce({b}[pair.key], 0))"
            dot = f"list_sum({product})"
            norms = f"(trino_norm(map_values({a})) * trino_norm(map_values({b})))"
            gap = f"trino_has_gap(map_values({a})) OR trino_has_gap(map_values({b}))"
            shown = formula.format(cosine=f"{dot} / {norms}")
            return f"CASE WHEN {gap} THEN NULL WHEN cardinality({a}) > 0 AND cardinality({b}) > 0 THEN {shown} END"

        return once(call.sql(0), call.sql(1), build=build)


_sparse("cosine_similarity", "{cosine}")
_sparse("cosine_distance", "1 - {cosine}")
