"""Conditional expressions: the page's forms, and that what is not needed is not evaluated."""

SOURCE = "https://trino.io/docs/current/functions/conditional.html"

CASES = {
    "CASE 1 WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'many' END": "one",
    "CASE 3 WHEN 1 THEN 'one' END": None,
    "CASE WHEN 1 = 2 THEN 'aaa' WHEN 2 = 2 THEN 'bbb' ELSE 'ccc' END": "bbb",
    "CASE NULL WHEN NULL THEN 'null' ELSE 'other' END": "other",
    "CASE WHEN true THEN 1 ELSE 1 / 0 END": "1",
    "if(true, 1)": "1",
    "if(false, 1)": None,
    "if(NULL, 1, 2)": "2",
    "if(true, 1, 1 / 0)": "1",
    "coalesce(NULL, 2, 3)": "2",
    "coalesce(NULL, CAST(NULL AS integer))": None,
    "coalesce(1, 1 / 0)": "1",
    "nullif(1, 1)": None,
    "nullif(1, 2)": "1",
    "nullif(NULL, 2)": None,
    "nullif(1, NULL)": "1",
    "try(CAST('abc' AS bigint))": None,
    "try(8 / 0)": None,
    "coalesce(try(CAST('abc' AS bigint)), 0)": "0",
    "try(CAST(json_parse('[1]') AS integer))": None,
    "try(CAST(200 AS tinyint))": None,
    "NULL / 0": None,
    "CAST(NULL AS decimal(5,2)) / DECIMAL '0.00'": None,
    "CAST(NULL AS bigint) % 0": None,
}

TYPES = {"coalesce(1, 2.5)": "decimal(11,1)", "if(true, 1, 2e0)": "double", "nullif(1, 2.0)": "integer"}

FAILS = {
    "8 / 0": "DIVISION_BY_ZERO: Division by zero",
    "if(1, 2)": "TYPE_MISMATCH",
    "coalesce(1, 'a')": "TYPE_MISMATCH",
}

QUERIES = {
    # What the later arguments repeat must not be computed where it is not needed, nor outside of TRY.
    "SELECT coalesce(length(a), b / b), try(b / b + b / b) FROM (VALUES ('xy', 0), (NULL, 3)) AS t(a, b) ORDER BY b": [
        ("2", None),
        ("1", "2"),
    ],
}
