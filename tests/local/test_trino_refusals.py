"""What Trino refuses and sqlglot or DuckDB would let pass or word in their own way.

Sources: Trino's SqlBase.g4 (no `==`, no trailing comma, no backquotes), StatementAnalyzer and AggregationAnalyzer for the
names of the errors, io.trino.plugin.base.cast.FromVarchar for casts, SELECT's page (DISTINCT with ORDER BY, IN).
"""

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT 1 FROM", "line 1:14: mismatched input '<EOF>'"),
        ("SELECT * FROM t\nWHERE", "line 2:6: mismatched input '<EOF>'"),
        ("SELECT a b c", "line 1:12: mismatched input 'c'"),
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'. Expecting: "),
        ("SELECT `a` FROM t", "line 1:8: backquoted identifiers are not supported; use double quotes"),
        ("SELECT 1, FROM t", "line 1:11: mismatched input 'FROM'"),
        ("SELECT 1,\n  2,", "line 2:5: mismatched input '<EOF>'"),
        ("SELECT ARRAY[1,]", "line 1:16: mismatched input ']'"),
        ("SELECT 1 == 1", "line 1:11: mismatched input '='"),
        ("SELECT count(*) FROM t GROUP BY", "line 1:32: mismatched input '<EOF>'"),
    ],
)
def test_syntax_errors_are_where_the_text_goes_wrong(athena_stack, sql, message):
    with pytest.raises(ClientError) as caught:
        athena_stack.start(sql)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    assert message in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT x FROM (VALUES 1) t(x) WHERE sum(x) > 1", "EXPRESSION_NOT_SCALAR: WHERE clause cannot contain"),
        (
            "SELECT x FROM (VALUES 1) t(x) WHERE rank() OVER () = 1",
            "EXPRESSION_NOT_SCALAR: WHERE clause cannot contain",
        ),
        ("SELECT count(*) FROM (VALUES 1) t(x) GROUP BY sum(x)", "EXPRESSION_NOT_SCALAR: GROUP BY clause cannot"),
        ("SELECT sum(sum(x)) FROM (VALUES 1) t(x)", "NESTED_AGGREGATION: Cannot nest aggregations inside aggregation"),
        (
            "SELECT DISTINCT x FROM (VALUES 1) t(x) ORDER BY x + 1",
            "EXPRESSION_NOT_IN_DISTINCT: line 1:49: For SELECT DISTINCT, ORDER BY expressions must appear in select list",
        ),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"),
        ("SELECT DATE '2024-02-30'", "INVALID_LITERAL: line 1:13: '2024-02-30' is not a valid DATE literal"),
        (
            "CREATE VIEW unnamed AS SELECT 1 a, 2",
            "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 2",
        ),
        ("SELECT 1 a INTO x", "NOT_SUPPORTED: line 1:8: INTO is not supported"),
        ("SELECT 1 a FROM (VALUES 1) t(x) FOR UPDATE", "NOT_SUPPORTED: line 1:8: FOR UPDATE is not supported"),
        (
            "SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM (VALUES 1) t(x)",
            "INVALID_WINDOW_FRAME: Window frame starting from CURRENT ROW cannot end with PRECEDING",
        ),
        (
            "SELECT x FROM UNNEST(ARRAY[1]) t(x) TABLESAMPLE BERNOULLI (50)",
            "NOT_SUPPORTED: line 1:8: TABLESAMPLE of UNNEST",
        ),
        (
            "SELECT * FROM JSON_TABLE('[1]', 'lax $[*]' COLUMNS(x integer PATH 'lax $'))",
            "NOT_SUPPORTED: line 1:26: JSON_TABLE is not supported",
        ),
        ("EXPLAIN (FORMAT YAML) SELECT 1", "NOT_SUPPORTED: EXPLAIN (FORMAT YAML) is not supported"),
    ],
)
def test_failures_carry_trinos_name(athena_stack, sql, reason):
    assert athena_stack.failure(sql).startswith(reason)


def test_in_takes_values_and_distinct_orders_by_what_it_shows(athena_stack):
    sql = "SELECT 1 IN (VALUES 1, NULL), 3 NOT IN (VALUES 1, NULL), 3 NOT IN (VALUES 1), (1, 2) IN (VALUES (1, 2), (3, 4))"
    assert athena_stack.rows(sql) == [("true", None, "true", "true")]
    sql = "SELECT DISTINCT x + 1 AS y FROM (VALUES 2, 1, 2) t(x) ORDER BY x + 1 DESC, y"
    assert athena_stack.rows(sql) == [("3",), ("2",)]


def test_recursion_goes_ten_deep(athena_stack):
    """Trino's QueryPlanner.planExpand: the anchor, ten steps, and an eleventh that must be empty."""
    sql = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {0}) SELECT count(*), max(n) FROM t"
    assert athena_stack.rows(sql.format(11)) == [("11", "11")]
    limit = "NOT_SUPPORTED: Recursion depth limit exceeded (10). Use 'max_recursion_depth' session property"
    assert athena_stack.failure(sql.format(12)).startswith(limit)
    paths = (
        "WITH RECURSIVE e(a, b) AS (VALUES (1, 2), (2, 3), (3, 4), (1, 3)), p(a, b, way) AS (SELECT a, b, ARRAY[a, b] "
        "FROM e UNION ALL SELECT p.a, e.b, p.way || e.b FROM p JOIN e ON p.b = e.a) "
        "SELECT array_join(way, '-') FROM p WHERE a = 1 AND b = 4 ORDER BY 1"
    )
    assert athena_stack.rows(paths) == [("1-2-3-4",), ("1-3-4",)]
    same = "WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n % 2 + 1 FROM t WHERE n < 2) SELECT n FROM t ORDER BY n"
    assert athena_stack.rows(same) == [("1",), ("2",)]


def test_texts_and_comments_may_hold_what_syntax_may_not(athena_stack):
    sql = "SELECT ', from', 'a == b', \"x,)\" -- as ,\nFROM (VALUES 1) t(\"x,)\") /* ,) */"
    assert athena_stack.rows(sql) == [(", from", "a == b", "1")]


def test_explain_draws_graphviz(athena_stack):
    identifier = athena_stack.done("EXPLAIN (TYPE LOGICAL, FORMAT GRAPHVIZ) SELECT 1")["QueryExecutionId"]
    rows = athena_stack.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]
    assert rows[0]["Data"][0]["VarCharValue"].startswith("digraph")
