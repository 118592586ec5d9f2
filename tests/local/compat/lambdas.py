"""Lambda expressions, and the array functions that take them.

Expected values: the examples of the two pages, and Trino's TestArrayFilterFunction, TestArrayTransformFunction,
TestArrayReduceFunction, TestArraySortComparatorFunction, TestZipWithFunction, TestArrayMatchFunctions.
"""

SOURCE = "https://trino.io/docs/current/functions/lambda.html"

CASES = {
    # transform
    "transform(ARRAY[], x -> x + 1)": "[]",
    "transform(ARRAY[5, 6], x -> x + 1)": "[6, 7]",
    "transform(ARRAY[5, NULL, 6], x -> coalesce(x, 0) + 1)": "[6, 1, 7]",
    "transform(ARRAY['x', 'abc', 'z'], x -> x || '0')": "[x0, abc0, z0]",
    "transform(ARRAY[ARRAY[1, NULL, 2], ARRAY[3, NULL]], a -> filter(a, x -> x IS NOT NULL))": "[[1, 2], [3]]",
    "transform(CAST(NULL AS array(integer)), x -> x + 1)": None,
    "transform(ARRAY[1, 2], x -> CAST(NULL AS varchar))": "[null, null]",
    "transform(ARRAY[1, 2], x -> transform(ARRAY[10, 20], y -> x + y))": "[[11, 21], [12, 22]]",
    "transform(ARRAY[1], x -> transform(ARRAY[2], x -> x * 10))": "[[20]]",
    "transform(ARRAY[1, 2, 3], x -> ARRAY[7, 8, 9][x])": "[7, 8, 9]",
    "transform(ARRAY['USA', 'UK'], c -> substr(c, 1, 1))": "[U, U]",
    # filter
    "filter(ARRAY[], x -> true)": "[]",
    "filter(ARRAY[5, -6, NULL, 7], x -> x > 0)": "[5, 7]",
    "filter(ARRAY[5, NULL, 7, NULL], x -> x IS NOT NULL)": "[5, 7]",
    "filter(ARRAY[1, 2, 3, 4], x -> NOT contains(ARRAY[2, 3], x))": "[1, 4]",
    # matches
    "any_match(ARRAY[5, 7], x -> x > 6)": "true",
    "any_match(ARRAY[5, 7], x -> x > 9)": "false",
    "any_match(ARRAY[], x -> true)": "false",
    "any_match(ARRAY[1, NULL], x -> x > 5)": None,
    "any_match(ARRAY[9, NULL], x -> x > 5)": "true",
    "any_match(CAST(NULL AS array(integer)), x -> true)": None,
    "all_match(ARRAY[5, 7], x -> x > 4)": "true",
    "all_match(ARRAY[5, 7], x -> x > 6)": "false",
    "all_match(ARRAY[], x -> false)": "true",
    "all_match(ARRAY[9, NULL], x -> x > 5)": None,
    "all_match(ARRAY[1, NULL], x -> x > 5)": "false",
    "none_match(ARRAY[5, 7], x -> x > 9)": "true",
    "none_match(ARRAY[5, 7], x -> x > 6)": "false",
    "none_match(ARRAY[], x -> true)": "true",
    "none_match(ARRAY[1, NULL], x -> x > 5)": None,
    # reduce
    "reduce(ARRAY[], 0, (s, x) -> s + x, s -> s)": "0",
    "reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)": "75",
    "reduce(ARRAY[5, 20, NULL, 50], 0, (s, x) -> s + x, s -> s)": None,
    "reduce(ARRAY[5, 20, NULL, 50], 0, (s, x) -> s + coalesce(x, 0), s -> s)": "75",
    "reduce(ARRAY[5, 20, NULL, 50], 0, (s, x) -> IF(x IS NULL, s, s + x), s -> s)": "75",
    "reduce(ARRAY[2147483647, 1], BIGINT '0', (s, x) -> s + x, s -> s)": "2147483648",
    "reduce(ARRAY[5, 6, 10, 20], CAST(ROW(0.0, 0) AS ROW(sum DOUBLE, count INTEGER)), "
    "(s, x) -> CAST(ROW(x + s.sum, s.count + 1) AS ROW(sum DOUBLE, count INTEGER)), "
    "s -> IF(s.count = 0, NULL, s.sum / s.count))": "10.25",
    "reduce(ARRAY['a', 'b'], '', (s, x) -> s || x, s -> '<' || s || '>')": "<ab>",
    "reduce(ARRAY[1, 2], ARRAY[], (s, x) -> x || s, s -> s)": "[2, 1]",
    "reduce(CAST(NULL AS array(integer)), 0, (s, x) -> s + x, s -> s)": None,
    # array_sort with a comparator
    "array_sort(ARRAY[3, 2, 5, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))": "[5, 3, 2, 2, 1]",
    "array_sort(ARRAY['bc', 'ab', 'dc'], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))": "[dc, bc, ab]",
    "array_sort(ARRAY[3, 2, null, 5, null, 1, 2], (x, y) -> CASE WHEN x IS NULL THEN -1 WHEN y IS NULL THEN 1 "
    "WHEN x < y THEN 1 WHEN x = y THEN 0 ELSE -1 END)": "[null, null, 5, 3, 2, 2, 1]",
    "array_sort(ARRAY[3, 2, null, 5, null, 1, 2], (x, y) -> CASE WHEN x IS NULL THEN 1 WHEN y IS NULL THEN -1 "
    "WHEN x < y THEN 1 WHEN x = y THEN 0 ELSE -1 END)": "[5, 3, 2, 2, 1, null, null]",
    "array_sort(ARRAY['a', 'abcd', 'abc'], (x, y) -> IF(length(x) < length(y), -1, "
    "IF(length(x) = length(y), 0, 1)))": "[a, abc, abcd]",
    "array_sort(ARRAY[ARRAY[2, 3, 1], ARRAY[4, 2, 1, 4], ARRAY[1, 2]], (x, y) -> "
    "IF(cardinality(x) < cardinality(y), -1, IF(cardinality(x) = cardinality(y), 0, 1)))": (
        "[[1, 2], [2, 3, 1], [4, 2, 1, 4]]"
    ),
    "array_sort(ARRAY[1], (x, y) -> 5)": "[1]",
    "array_sort(ARRAY[], (x, y) -> 0)": "[]",
    "array_sort(sequence(1, 40), (x, y) -> IF(x < y, 1, IF(x = y, 0, -1))) = reverse(sequence(1, 40))": "true",
    # zip_with
    "zip_with(ARRAY[1, 3, 5], ARRAY['a', 'b', 'c'], (x, y) -> (y, x))": (
        "[{field0=a, field1=1}, {field0=b, field1=3}, {field0=c, field1=5}]"
    ),
    "zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x + y)": "[4, 6]",
    "zip_with(ARRAY['a', 'b', 'c'], ARRAY['d', 'e', 'f'], (x, y) -> concat(x, y))": "[ad, be, cf]",
    "zip_with(ARRAY['a'], ARRAY['d', null, 'f'], (x, y) -> coalesce(x, y))": "[a, null, f]",
    "zip_with(ARRAY[1], CAST(NULL AS array(integer)), (x, y) -> x)": None,
}

TYPES = {
    "transform(ARRAY[1], x -> x * 1.5)": "array(decimal(12,1))",
    "transform(ARRAY[1], x -> 'a')": "array(varchar(1))",
    "filter(ARRAY['ab'], x -> true)": "array(varchar(2))",
    "reduce(ARRAY[1], BIGINT '0', (s, x) -> s + x, s -> s * 1E0)": "double",
    "zip_with(ARRAY[1], ARRAY[2], (x, y) -> x = y)": "array(boolean)",
    "any_match(ARRAY[1], x -> true)": "boolean",
}

FAILS = {
    "array_sort(ARRAY[1, 2], (x, y) -> 2)": (
        "INVALID_FUNCTION_ARGUMENT: Lambda comparator must return either -1, 0, or 1"
    ),
    "array_sort(ARRAY[1, 2], (x, y) -> CAST(NULL AS integer))": (
        "INVALID_FUNCTION_ARGUMENT: Lambda comparator must return either -1, 0, or 1"
    ),
    "filter(ARRAY[1], x -> y > 0)": "COLUMN_NOT_FOUND: ",
    "filter(ARRAY[1], x -> x + 1)": "TYPE_MISMATCH: ",
    "any_match(ARRAY[1], x -> x > (SELECT 1))": "NOT_SUPPORTED: Lambda expression cannot contain subqueries",
    "any_match(ARRAY[1], x -> x IN (SELECT 1))": "NOT_SUPPORTED: Lambda expression cannot contain subqueries",
    "transform(ARRAY[1, 2], x -> ARRAY[1][x])": (
        "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 2 > 1"
    ),
}

QUERIES = {
    # the page's first examples: lambdas see the columns around them
    "SELECT numbers, transform(numbers, n -> n * n) AS squared FROM (VALUES (ARRAY[1, 2]), (ARRAY[3, 4]), "
    "(ARRAY[5, 6, 7])) AS t(numbers) ORDER BY 1": [
        ("[1, 2]", "[1, 4]"),
        ("[3, 4]", "[9, 16]"),
        ("[5, 6, 7]", "[25, 36, 49]"),
    ],
    "SELECT transform(prices, n -> TRY_CAST(n AS VARCHAR) || '$') FROM (VALUES (ARRAY[100, 200]), (ARRAY[30, 4])) "
    "AS t(prices) ORDER BY 1": [("[100$, 200$]",), ("[30$, 4$]",)],
    "SELECT x_value, a, b, transform(x_values, n -> a * n + b) FROM (VALUES (ARRAY[1, 2], 1, 10, 5), "
    "(ARRAY[4, 2], 2, 20, 7)) AS t(x_values, x_value, a, b) ORDER BY 1": [
        ("1", "10", "5", "[15, 25]"),
        ("2", "20", "7", "[87, 47]"),
    ],
    "SELECT numbers FROM (VALUES (ARRAY[1, NULL, 3]), (ARRAY[10, 20, 30]), (ARRAY[100, 200, 300])) AS t(numbers) "
    "WHERE any_match(numbers, n -> COALESCE(n, 0) > 100)": [("[100, 200, 300]",)],
    "SELECT regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))": [("New York",)],
    "SELECT sum(reduce(a, 0, (s, x) -> s + x, s -> s)) FROM (VALUES ARRAY[1, 2], ARRAY[3]) t(a)": [("6",)],
    "SELECT filter(array_agg(x), e -> e > 1) FROM (VALUES 1, 2) t(x)": [("[2]",)],
}
