"""Window functions.

Expected values: the page's definitions, worked out for the rows below; error texts from Trino's window function classes.
"""

SOURCE = "https://trino.io/docs/current/functions/window.html"

_T = "(VALUES (1, 'a', 10), (2, 'a', 10), (3, 'a', 30), (4, 'b', NULL), (5, 'b', 50), (6, 'b', 60)) AS t(i, k, v)"
_NULLS = "(VALUES (1, NULL), (2, 20), (3, NULL), (4, 40), (5, NULL)) AS t(i, v)"


def _over(expressions: str, specification: str, rows: str = _T) -> str:
    shown = ", ".join(f"{e} OVER ({specification})" for e in expressions.split("; "))
    return f"SELECT i, {shown} FROM {rows} ORDER BY i"


QUERIES = {
    _over("row_number(); rank(); dense_rank()", "PARTITION BY k ORDER BY v"): [
        ("1", "1", "1", "1"),
        ("2", "2", "1", "1"),
        ("3", "3", "3", "2"),
        ("4", "3", "3", "3"),
        ("5", "1", "1", "1"),
        ("6", "2", "2", "2"),
    ],
    _over("percent_rank(); cume_dist()", "ORDER BY v"): [
        ("1", "0.0", "0.3333333333333333"),
        ("2", "0.0", "0.3333333333333333"),
        ("3", "0.4", "0.5"),
        ("4", "1.0", "1.0"),
        ("5", "0.6", "0.6666666666666666"),
        ("6", "0.8", "0.8333333333333334"),
    ],
    _over("ntile(4); ntile(2); ntile(10)", "ORDER BY i"): [
        ("1", "1", "1", "1"),
        ("2", "1", "1", "2"),
        ("3", "2", "1", "3"),
        ("4", "2", "2", "4"),
        ("5", "3", "2", "5"),
        ("6", "4", "2", "6"),
    ],
    _over("lag(v); lead(v); lag(v, 2); lead(v, 2, -1); lag(v, 0)", "PARTITION BY k ORDER BY i"): [
        ("1", None, "10", None, "30", "10"),
        ("2", "10", "30", None, "-1", "10"),
        ("3", "10", None, "10", "-1", "30"),
        ("4", None, "50", None, "60", None),
        ("5", None, "60", None, "-1", "50"),
        ("6", "50", None, None, "-1", "60"),
    ],
    _over("first_value(v); last_value(v); nth_value(v, 2)", "PARTITION BY k ORDER BY i"): [
        ("1", "10", "10", None),
        ("2", "10", "10", "10"),
        ("3", "10", "30", "10"),
        ("4", None, None, None),
        ("5", None, "50", "50"),
        ("6", None, "60", "50"),
    ],
    _over(
        "last_value(v); nth_value(v, 3)",
        "PARTITION BY k ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
    ): [
        ("1", "30", "30"),
        ("2", "30", "30"),
        ("3", "30", "30"),
        ("4", "60", "60"),
        ("5", "60", "60"),
        ("6", "60", "60"),
    ],
    _over("lag(v) IGNORE NULLS; lead(v) IGNORE NULLS; lag(v, 2, 0) IGNORE NULLS", "ORDER BY i", _NULLS): [
        ("1", None, "20", "0"),
        ("2", None, "40", "0"),
        ("3", "20", "40", "0"),
        ("4", "20", None, "0"),
        ("5", "40", None, "20"),
    ],
    _over(
        "first_value(v) IGNORE NULLS; last_value(v) IGNORE NULLS; last_value(v) RESPECT NULLS", "ORDER BY i", _NULLS
    ): [
        ("1", None, None, None),
        ("2", "20", "20", "20"),
        ("3", "20", "20", None),
        ("4", "20", "40", "40"),
        ("5", "20", "40", None),
    ],
    _over("sum(v); count(*); count(v)", "ORDER BY i ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"): [
        ("1", "20", "2", "2"),
        ("2", "50", "3", "3"),
        ("3", "40", "3", "2"),
        ("4", "80", "3", "2"),
        ("5", "110", "3", "2"),
        ("6", "110", "2", "2"),
    ],
    # peers share RANGE's frame
    _over("sum(v); max(i)", "ORDER BY v NULLS LAST"): [
        ("1", "20", "2"),
        ("2", "20", "2"),
        ("3", "50", "3"),
        ("4", "160", "6"),
        ("5", "100", "5"),
        ("6", "160", "6"),
    ],
    "SELECT i, sum(v) OVER w, row_number() OVER (w ORDER BY i DESC) FROM (VALUES (1, 'a', 2), (2, 'a', 3)) t(i, k, v) "
    "WINDOW w AS (PARTITION BY k) ORDER BY i": [("1", "5", "2"), ("2", "5", "1")],
    "SELECT k, sum(sum(v)) OVER (ORDER BY k), rank() OVER (ORDER BY sum(v) DESC) FROM (VALUES ('a', 1), ('a', 2), ('b', 5)) "
    "t(k, v) GROUP BY k ORDER BY k": [("a", "3", "2"), ("b", "8", "1")],
    "SELECT typeof(rank() OVER ()), typeof(percent_rank() OVER ()), typeof(ntile(2) OVER ()), typeof(lag(i) OVER ()) "
    "FROM (VALUES 1) t(i)": [("bigint", "double", "bigint", "integer")],
    "SELECT nth_value(i, n) OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM "
    "(VALUES (1, 2), (2, 1)) t(i, n) ORDER BY i": [("2",), ("1",)],
}

_I = "FROM (VALUES 1, 2) t(i)"
FAILS = {
    f"SELECT rank() {_I}": "MISSING_OVER: Window function rank requires an OVER clause",
    f"SELECT ntile(0) OVER (ORDER BY i) {_I}": "INVALID_FUNCTION_ARGUMENT: Buckets must be greater than 0",
    f"SELECT ntile(i - 1) OVER (ORDER BY i) {_I}": "INVALID_FUNCTION_ARGUMENT: Buckets must be greater than 0",
    f"SELECT lag(i, -1) OVER (ORDER BY i) {_I}": "INVALID_FUNCTION_ARGUMENT: Offset must be at least 0",
    f"SELECT lead(i, -1) OVER (ORDER BY i) {_I}": "INVALID_FUNCTION_ARGUMENT: Offset must be at least 0",
    f"SELECT nth_value(i, 0) OVER (ORDER BY i) {_I}": "INVALID_FUNCTION_ARGUMENT: Offset must be at least 1",
    f"SELECT lower('a') OVER () {_I}": "FUNCTION_NOT_AGGREGATE: ",
}
