"""Aggregate functions: general, bitwise, map, approximate, statistical, lambda.

Expected values: the examples of the page, the formulas that it gives (computed by hand for the rows below), and Trino's
TestRealAverageAggregation, TestHistogram, TestMapAggAggregation, TestMultimapAggAggregation, TestEntropy..., and
AbstractTestAggregations.
"""

SOURCE = "https://trino.io/docs/current/functions/aggregate.html"

SOURCE_ROWS = (
    "(VALUES (1, 'a', 1.5, 2E0, true, DATE '2020-01-03'), (2, 'b', 2.5, 4E0, false, DATE '2020-01-01'), "
    "(3, 'a', NULL, 8E0, true, NULL), (NULL, NULL, 3.6, NULL, NULL, DATE '2020-01-02')) AS t(i, s, d, x, b, t)"
)

AGGREGATES = {
    # general
    "count(*)": "4",
    "count(i)": "3",
    "count(DISTINCT s)": "2",
    "count(1)": "4",
    "count_if(b)": "2",
    "count_if(i > 5)": "0",
    "count(*) FILTER (WHERE i > 1)": "2",
    "sum(i)": "6",
    "sum(d)": "7.6",
    "sum(x)": "14.0",
    "sum(CAST(x AS real))": "14.0",
    "sum(i) FILTER (WHERE i > 9)": None,
    "sum(DISTINCT i % 2)": "1",
    "avg(i)": "2.0",
    "avg(d)": "2.5",
    "avg(x)": "4.666666666666667",
    "avg(CAST(x AS real))": "4.6666665",
    "avg(CAST(NULL AS decimal(10,2)))": None,
    "avg(CAST(i AS decimal(10,0)))": "2",
    "avg(-CAST(d AS decimal(10,1)))": "-2.5",
    "avg(CAST(d AS decimal(38,20)))": "2.53333333333333333333",
    "sum(CAST(i AS decimal(38,0)))": "6",
    "avg(INTERVAL '1' DAY * i)": "2 00:00:00.000",
    "sum(INTERVAL '1' HOUR * i)": "0 06:00:00.000",
    "avg(INTERVAL '1' MONTH * i)": "0-2",
    "sum(INTERVAL '1' YEAR * i)": "6-0",
    "min(i)": "1",
    "max(i)": "3",
    "max(s)": "b",
    "min(t)": "2020-01-01",
    "max(t)": "2020-01-03",
    "max(CAST(NULL AS bigint))": None,
    "max(i, 2)": "[3, 2]",
    "min(i, 2)": "[1, 2]",
    "min(s, 10)": "[a, a, b]",
    "max(i, 2) FILTER (WHERE i > 9)": None,
    "max(IF(i = 1, nan(), x))": "8.0",
    "min(IF(i = 1, nan(), x))": "4.0",
    "max(IF(i = 1, nan()))": "NaN",
    "max_by(s, x)": "a",
    "max_by(s, i)": "a",
    "min_by(d, x)": "1.5",
    "max_by(d, x)": None,
    "max_by(i, t)": "1",
    "max_by(i, CAST(NULL AS integer))": None,
    "max_by(s, i, 2)": "[a, b]",
    "min_by(d, i, 3)": "[1.5, 2.5, null]",
    "bool_and(b)": "false",
    "bool_or(b)": "true",
    "every(b)": "false",
    "bool_and(CAST(NULL AS boolean))": None,
    "arbitrary(s) IS NOT NULL": "true",
    "any_value(d) IS NOT NULL": "true",
    "any_value(CAST(NULL AS integer))": None,
    "array_agg(i ORDER BY i)": "[1, 2, 3, null]",
    "array_agg(i ORDER BY i DESC)": "[3, 2, 1, null]",
    "array_agg(i ORDER BY i NULLS FIRST)": "[null, 1, 2, 3]",
    "array_agg(s ORDER BY t, i)": "[b, null, a, a]",
    "array_agg(i ORDER BY i) FILTER (WHERE i IS NOT NULL)": "[1, 2, 3]",
    "array_agg(i) FILTER (WHERE i > 9)": None,
    "array_sort(array_agg(DISTINCT s))": "[a, b, null]",
    "geometric_mean(x)": "4.0",
    "geometric_mean(x * 0)": "0.0",
    "geometric_mean(CAST(x AS real))": "4.0",
    "listagg(s, ',') WITHIN GROUP (ORDER BY i)": "a,b,a",
    "listagg(s) WITHIN GROUP (ORDER BY i DESC)": "aba",
    "listagg(DISTINCT s, '-') WITHIN GROUP (ORDER BY s)": "a-b",
    "listagg(s, ',') WITHIN GROUP (ORDER BY i) FILTER (WHERE i > 9)": None,
    # bitwise
    "bitwise_and_agg(i)": "0",
    "bitwise_or_agg(i)": "3",
    "bitwise_xor_agg(i)": "0",
    "bitwise_and_agg(CAST(NULL AS bigint))": None,
    # maps
    "histogram(s)": "{a=2, b=1}",
    "histogram(CAST(NULL AS integer))": None,
    "map_agg(i, s)[2]": "b",
    "cardinality(map_agg(i, s))": "3",
    "map_agg(s, i ORDER BY i)": "{a=1, b=2}",
    "map_agg(CAST(NULL AS integer), i)": None,
    "multimap_agg(s, i ORDER BY i)": "{a=[1, 3], b=[2]}",
    "multimap_agg(CAST(NULL AS integer), i)": None,
    "cardinality(map_union(IF(s IS NOT NULL, MAP(ARRAY[s, 'z'], ARRAY[i, 0]))))": "3",
    "map_union(MAP(ARRAY['k'], ARRAY[1]))": "{k=1}",
    "map_union(IF(i = 99, map()))": None,
    "map_union(map())": "{}",
    # approximate
    "approx_distinct(s)": "2",
    "approx_distinct(DISTINCT s)": "2",
    "approx_distinct(i, 0.01)": "3",
    "approx_distinct(CAST(NULL AS integer))": "0",
    "approx_percentile(i, 0.5)": "2",
    "approx_percentile(x, 0.5)": "4.0",
    "approx_percentile(CAST(x AS real), 1.0)": "8.0",
    "approx_percentile(x, 0E0)": "2.0",
    "approx_percentile(x, ARRAY[0E0, 0.5, 1])": "[2.0, 4.0, 8.0]",
    "approx_percentile(i, 10, 0.5)": "2",
    "approx_percentile(i, IF(i = 3, 100, 1), 0.5)": "3",
    "approx_percentile(x, i, ARRAY[0.1, 0.9])": "[2.0, 8.0]",
    "approx_percentile(CAST(NULL AS bigint), 0.5)": None,
    "approx_most_frequent(1, s, 10)": "{a=2}",
    "approx_most_frequent(3, i % 2, 10)": "{1=2, 0=1}",
    "numeric_histogram(5, x)": "{2.0=1.0, 4.0=1.0, 8.0=1.0}",
    "numeric_histogram(2, x)": "{3.0=2.0, 8.0=1.0}",
    "numeric_histogram(2, x, i)": "{3.3333333333333335=3.0, 8.0=3.0}",
    "numeric_histogram(2, CAST(NULL AS double))": None,
    # statistical, of x = 2, 4, 8 and i = 1, 2, 3
    "round(var_pop(x), 12)": "6.222222222222",
    "round(var_samp(x), 12)": "9.333333333333",
    "round(variance(x), 12)": "9.333333333333",
    "round(stddev(x), 12)": "3.055050463304",
    "round(stddev_samp(x), 12)": "3.055050463304",
    "round(stddev_pop(x), 12)": "2.494438257849",
    "stddev(x) FILTER (WHERE i = 1)": None,
    "stddev_pop(x) FILTER (WHERE i = 1)": "0.0",
    "stddev(IF(i = 1, nan(), x))": "NaN",
    "var_pop(IF(i = 1, infinity(), x))": "NaN",
    "sum(REAL '3E38')": "Infinity",
    "sum(IF(i = 1, CAST(nan() AS real)))": "NaN",
    "covar_pop(x, i)": "2.0",
    "covar_samp(x, i)": "3.0",
    "round(corr(x, i), 10)": "0.9819805061",
    "corr(x, 1)": None,
    "regr_slope(x, i)": "3.0",
    "regr_slope(x, 1)": None,
    "round(regr_intercept(x, i), 10)": "-1.3333333333",
    "round(skewness(x), 10)": "0.3818017742",
    "skewness(x) FILTER (WHERE i < 3)": None,
    "kurtosis(x)": None,
    # lambda
    "reduce_agg(i, 0, (a, b) -> a + b, (a, b) -> a + b)": "6",
    "reduce_agg(x, 1E0, (a, b) -> a * b, (a, b) -> a * b)": "64.0",
    "reduce_agg(i, 0, (a, b) -> a + b, (a, b) -> a + b) FILTER (WHERE i > 9)": None,
}

CASES: dict[str, str | None] = {}

TYPES: dict[str, str] = {}

_SUM = "SELECT sum(x) FROM (VALUES 9223372036854775807, 1) t(x)"
FAILS = {
    _SUM: "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow",
    "SELECT max(x, 0) FROM (VALUES 1) t(x)": (
        "INVALID_FUNCTION_ARGUMENT: second argument of max_n/min_n must be positive"
    ),
    "SELECT max(x, 10001) FROM (VALUES 1) t(x)": (
        "INVALID_FUNCTION_ARGUMENT: second argument of max_n/min_n must be less than or equal to 10000; found 10001"
    ),
    "SELECT max_by(x, x, -1) FROM (VALUES 1) t(x)": (
        "INVALID_FUNCTION_ARGUMENT: third argument of max_by/min_by must be a positive integer"
    ),
    "SELECT approx_percentile(x, 1.5) FROM (VALUES 1) t(x)": (
        "INVALID_FUNCTION_ARGUMENT: Percentile must be between 0 and 1"
    ),
    "SELECT approx_distinct(x, 0.5) FROM (VALUES 1) t(x)": (
        "INVALID_FUNCTION_ARGUMENT: Max standard error must be in [0.0040625, 0.26]: 0.5"
    ),
    "SELECT numeric_histogram(1, x) FROM (VALUES 1E0) t(x)": (
        "INVALID_FUNCTION_ARGUMENT: numeric_histogram bucket count must be greater than one"
    ),
    "SELECT sum(x) FROM (VALUES 'a') t(x)": (
        "FUNCTION_NOT_FOUND: Unexpected parameters (varchar(1)) for function sum."
    ),
    "SELECT max(x) FROM (VALUES MAP(ARRAY[1], ARRAY[2])) t(x)": "FUNCTION_NOT_FOUND: ",
    "SELECT listagg(rpad('x', 600000, 'x'), ',') WITHIN GROUP (ORDER BY x) FROM (VALUES 1, 2) t(x)": (
        "EXCEEDED_FUNCTION_MEMORY_LIMIT: Concatenated string has the length in bytes larger than the maximum output "
        "length 1048576"
    ),
}

_ROWS = "(VALUES (1, 3), (1, 4), (1, 5), (2, 6), (2, 7)) AS t(id, value)"
QUERIES = {
    f"SELECT id, reduce_agg(value, 0, (a, b) -> a + b, (a, b) -> a + b) FROM {_ROWS} GROUP BY id ORDER BY id": [
        ("1", "12"),
        ("2", "13"),
    ],
    f"SELECT id, reduce_agg(value, 1, (a, b) -> a * b, (a, b) -> a * b) FROM {_ROWS} GROUP BY id ORDER BY id": [
        ("1", "60"),
        ("2", "42"),
    ],
    "SELECT listagg(value, ',') WITHIN GROUP (ORDER BY value) csv_value FROM (VALUES 'a', 'c', 'b') t(value)": [
        ("a,b,c",)
    ],
    "SELECT id, listagg(value, ',') WITHIN GROUP (ORDER BY o) csv_value FROM (VALUES (100, 1, 'a'), (200, 3, 'c'), "
    "(200, 2, 'b')) t(id, o, value) GROUP BY id ORDER BY id": [("100", "a"), ("200", "b,c")],
    "SELECT country, listagg(city, ',') WITHIN GROUP (ORDER BY population DESC) FILTER (WHERE population >= 10000000) "
    "megacities FROM (VALUES ('India', 'Bangalore', 13700000), ('India', 'Chennai', 12200000), "
    "('India', 'Ranchi', 1547000), ('Austria', 'Vienna', 1897000), ('Poland', 'Warsaw', 1765000)) "
    "t(country, city, population) GROUP BY country ORDER BY country": [
        ("Austria", None),
        ("India", "Bangalore,Chennai"),
        ("Poland", None),
    ],
    # no rows at all
    "SELECT count(*), count(x), sum(x), avg(x), max(x), array_agg(x), map_agg(x, x), approx_distinct(x), "
    "approx_percentile(x, 0.5), histogram(x), bool_and(x > 0), count_if(x > 0), max(x, 2), min_by(x, x, 2), "
    "multimap_agg(x, x), numeric_histogram(2, x) FROM (VALUES 1) t(x) WHERE x > 1": [
        ("0", "0", None, None, None, None, None, "0", None, None, None, "0", None, None, None, None),
    ],
    # result types
    "SELECT typeof(sum(i)), typeof(sum(d)), typeof(avg(i)), typeof(avg(d)), typeof(avg(r)), typeof(sum(r)), "
    "typeof(max(d)), typeof(count(*)), typeof(max_by(s, i, 2)), typeof(histogram(s)), typeof(map_agg(i, s)), "
    "typeof(multimap_agg(i, s)), typeof(approx_percentile(i, 0.5)), typeof(approx_percentile(x, ARRAY[0.5])), "
    "typeof(stddev(i)), typeof(bitwise_or_agg(i)), typeof(array_agg(d)), typeof(numeric_histogram(2, x)), "
    "typeof(corr(r, r)), typeof(geometric_mean(r)), typeof(min(i)) "
    "FROM (VALUES (1, 1.5, REAL '1', 1E0, 'a')) t(i, d, r, x, s)": [
        (
            "bigint",
            "decimal(38,1)",
            "double",
            "decimal(2,1)",
            "real",
            "real",
            "decimal(2,1)",
            "bigint",
            "array(varchar(1))",
            "map(varchar(1), bigint)",
            "map(integer, varchar(1))",
            "map(integer, array(varchar(1)))",
            "bigint",
            "array(double)",
            "double",
            "bigint",
            "array(decimal(2,1))",
            "map(double, double)",
            "real",
            "real",
            "integer",
        ),
    ],
    # avg(decimal) rounds half up, away from zero
    "SELECT avg(x), avg(-x) FROM (VALUES 0.01, 0.02) t(x)": [("0.02", "-0.02")],
    "SELECT avg(x) FROM (VALUES 0.01, 0.02, 0.01) t(x)": [("0.01",)],
    # formulas of the page, of 1, 2, 3, 4, 10
    "SELECT round(kurtosis(x), 10), round(skewness(x), 10) FROM (VALUES 1, 2, 3, 4, 10) t(x)": [
        ("3.152", "1.1384199577")
    ],
    # instants are equal in any zone; text that looks like a mark is only text
    "SELECT count(DISTINCT z), approx_distinct(z), count(DISTINCT 'x@sum(' || CAST(i AS varchar)) FROM (VALUES "
    "(1, TIMESTAMP '2020-01-01 01:00:00 Europe/Paris'), (2, TIMESTAMP '2020-01-01 00:00:00 UTC')) t(i, z)": [
        ("1", "1", "2"),
    ],
    "SELECT array_agg(DISTINCT x ORDER BY x DESC), array_agg(x ORDER BY y) FROM (VALUES (1, 3), (2, 2), (1, 1)) t(x, y)": [
        ("[2, 1]", "[1, 2, 1]"),
    ],
    # over windows
    "SELECT x, sum(x) OVER (ORDER BY x), avg(x) OVER (), max(x) OVER (ORDER BY x ROWS 1 PRECEDING), "
    "array_agg(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 1.0, 2.0, 4.0) t(x) ORDER BY x": [
        ("1.0", "1.0", "2.3", "1.0", "[1.0]"),
        ("2.0", "3.0", "2.3", "2.0", "[1.0, 2.0]"),
        ("4.0", "7.0", "2.3", "4.0", "[2.0, 4.0]"),
    ],
    "SELECT k, map_agg(v, k) OVER (PARTITION BY k) FROM (VALUES (1, 'a'), (2, 'b')) t(k, v) ORDER BY k": [
        ("1", "{a=1}"),
        ("2", "{b=2}"),
    ],
    # many values
    "SELECT approx_distinct(x % 700), approx_percentile(x, 0.25) BETWEEN 2480 AND 2520 FROM UNNEST(sequence(1, 10000)) t(x)": [
        ("700", "true"),
    ],
    "SELECT k, sum(x), approx_percentile(x, 0.5) FROM (SELECT x % 3 AS k, x FROM UNNEST(sequence(1, 9)) t(x)) GROUP BY k ORDER BY k": [
        ("0", "18", "6"),
        ("1", "12", "4"),
        ("2", "15", "5"),
    ],
}

REFUSED = {
    "checksum": "its value depends on Trino's own hash of every type",
}
