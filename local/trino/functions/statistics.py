"""Statistical aggregate functions: https://trino.io/docs/current/functions/aggregate.html#statistical-aggregate-functions.

Trino gives NULL where corr and regr_* have no finite value; its skewness is the population's, DuckDB's is the sample's.
DuckDB's deviations fail for NaN and infinities, of which Trino makes NaN.
"""

from local.trino.registry import aggregate, macro

macro(
    # DuckDB's ln fails for what has no logarithm; Java's Math.log says -Infinity or NaN.
    "trino_log_mean_term(x) AS CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) "
    "WHEN x < 0 THEN CAST('NaN' AS DOUBLE) END",
    "trino_finite(x) AS list_transform([x], lambda t__f: CASE WHEN isfinite(t__f) THEN t__f END)[1]",
    "trino_skewness(x, n) AS list_transform([struct_pack(x := x, n := CAST(n AS DOUBLE))], "
    "lambda t__f: t__f.x * (t__f.n - 2) / sqrt(t__f.n * (t__f.n - 1)))[1]",
    "trino_kurtosis(x, n) AS coalesce(x, CASE WHEN n > 3 THEN CAST('NaN' AS DOUBLE) END)",
)

for _name in ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"):
    aggregate(
        _name,
        "(double) -> double",
        f"CASE WHEN @bool_or(NOT isfinite({{0}})) THEN CAST('NaN' AS DOUBLE) "
        f"ELSE @{_name}(CASE WHEN isfinite({{0}}) THEN {{0}} END) END",
    )
aggregate("skewness", "(double) -> double", "trino_skewness(@skewness({0}), @count({0}))")
aggregate("kurtosis", "(double) -> double", "trino_kurtosis(@kurtosis({0}), @count({0}))")
for _name in ("covar_pop", "covar_samp", "corr", "regr_slope", "regr_intercept"):
    _call = f"@{_name}({{0}}, {{1}})"
    if not _name.startswith("covar"):
        _call = f"trino_finite({_call})"
    aggregate(_name, "(double, double) -> double", _call)
    aggregate(_name, "(real, real) -> real", f"CAST({_call} AS FLOAT)")
aggregate("geometric_mean", "(double) -> double", "exp(@avg(trino_log_mean_term({0})))")
aggregate("geometric_mean", "(real) -> real", "CAST(exp(@avg(trino_log_mean_term({0}))) AS FLOAT)")
