"""Arrays once more: cases of Trino's own TestArrayOperators."""

SOURCE = (
    "https://github.com/trinodb/trino/blob/master/core/trino-main/src/test/java/io/trino/type/TestArrayOperators.java"
)

_TIMES = "ARRAY[TIMESTAMP '1970-01-01 00:00:01', TIMESTAMP '1973-07-08 22:00:01']"
CASES = {
    # testConstructor
    "ARRAY[1, 2.0E0, 3]": "[1.0, 2.0, 3.0]",
    "ARRAY[ARRAY[1, 2], NULL, ARRAY[3]]": "[[1, 2], null, [3]]",
    "ARRAY[NULL, 20000000000, 30000000000]": "[null, 20000000000, 30000000000]",
    "ARRAY[TRUE, FALSE]": "[true, false]",
    "ARRAY[sqrt(-1)]": "[NaN]",
    "ARRAY[pow(infinity(), 2)]": "[Infinity]",
    "ARRAY[ARRAY[], NULL]": "[[], null]",
    "ARRAY[ARRAY[1.0], ARRAY[2.0, 3.0]]": "[[1.0], [2.0, 3.0]]",
    "ARRAY[1, 2.0, 3.11]": "[1.00, 2.00, 3.11]",
    "ARRAY[ARRAY[1.0], ARRAY[2.0, 123456789123456.789]]": "[[1.000], [2.000, 123456789123456.789]]",
    # testArrayToArrayConcat, testElementArrayConcat
    "ARRAY[1, NULL] || ARRAY[3]": "[1, null, 3]",
    "ARRAY[1, 2] || ARRAY[3, 40000000000]": "[1, 2, 3, 40000000000]",
    "ARRAY[NULL] || ARRAY[NULL]": "[null, null]",
    "ARRAY['puppies'] || ARRAY['kittens']": "[puppies, kittens]",
    "ARRAY[ARRAY[ARRAY[1]]] || ARRAY[ARRAY[ARRAY[2]]]": "[[[1]], [[2]]]",
    "ARRAY[] || ARRAY[]": "[]",
    "ARRAY[1] || ARRAY[2.0E0] || ARRAY[3] || ARRAY[4.0E0]": "[1.0, 2.0, 3.0, 4.0]",
    "ARRAY[ARRAY[1], ARRAY[2, 8]] || ARRAY[ARRAY[3, 6], ARRAY[4]]": "[[1], [2, 8], [3, 6], [4]]",
    "ARRAY[1.0] || ARRAY[2.0, 3.11]": "[1.00, 2.00, 3.11]",
    "concat(ARRAY[], ARRAY[NULL], ARRAY[], ARRAY[NULL], ARRAY[])": "[null, null]",
    "concat(ARRAY[], ARRAY[], ARRAY[], NULL, ARRAY[])": None,
    "concat(ARRAY[], ARRAY[], ARRAY[333], ARRAY[], ARRAY[])": "[333]",
    "concat(ARRAY[1], ARRAY[2, 3, 3], ARRAY[2, 1])": "[1, 2, 3, 3, 2, 1]",
    "concat(ARRAY[], ARRAY['123456'], CAST(ARRAY[1, 2] AS ARRAY(varchar)), ARRAY[])": "[123456, 1, 2]",
    "CAST(ARRAY[DATE '2001-08-22'] || DATE '2001-08-23' AS JSON)": '["2001-08-22","2001-08-23"]',
    "ARRAY[2] || BIGINT '1'": "[2, 1]",
    "TRUE || ARRAY[FALSE]": "[true, false]",
    "1.0E0 || ARRAY[2.0E0]": "[1.0, 2.0]",
    "'puppies' || ARRAY['kittens']": "[puppies, kittens]",
    "ARRAY[2, 8] || ARRAY[ARRAY[3, 6], ARRAY[4]]": "[[2, 8], [3, 6], [4]]",
    "ARRAY[ARRAY[1], ARRAY[2, 8]] || ARRAY[3, 6]": "[[1], [2, 8], [3, 6]]",
    "ARRAY[2.0, 3.11] || 1.0": "[2.00, 3.11, 1.00]",
    "ARRAY[1.0] || 2.0 || 123456789123456.789": "[1.000, 2.000, 123456789123456.789]",
    # testArrayContains
    "contains(ARRAY[1, BIGINT '2', 3], 2)": "true",
    "contains(ARRAY[1, 2, 3], BIGINT '2')": "true",
    "contains(ARRAY[NULL, 2, 3], 1)": None,
    "contains(ARRAY[NULL, 2, 3], NULL)": None,
    "contains(ARRAY[1, 2.0E0, 3], 3.0E0)": "true",
    "contains(ARRAY[ARRAY[1, 2], ARRAY[3, 4]], ARRAY[3, 4])": "true",
    "contains(ARRAY[ARRAY[1, 2], ARRAY[3, 4]], ARRAY[3])": "false",
    "contains(ARRAY[CAST(NULL AS BIGINT)], 1)": None,
    "contains(ARRAY[], NULL)": None,
    "contains(ARRAY[2.2, 1.1], 0000000000001.100)": "true",
    "contains(ARRAY[2.2, 1.1], 1.2)": "false",
    # testArrayJoin
    "array_join(ARRAY[null, null], '=')": "",
    "array_join(ARRAY[''], '', '')": "",
    "array_join(ARRAY[1, 2, 3, null, 5], ',', '*')": "1,2,3,*,5",
    "array_join(ARRAY['a', 'b', 'c', null, null, 'd'], '-', 'N/A')": "a-b-c-N/A-N/A-d",
    "array_join(ARRAY[true, false], 'XX')": "trueXXfalse",
    "array_join(ARRAY[sqrt(-1), infinity()], ',')": "NaN,Infinity",
    "array_join(ARRAY[JSON '\"a\"', JSON '\"b\"'], ',')": "a,b",
    "array_join(ARRAY[JSON '\"a\"', JSON 'null'], ',')": "a",
    "array_join(ARRAY[JSON '\"a\"', JSON 'null'], ',', 'N/A')": "a,N/A",
    f"array_join({_TIMES}, '|')": "1970-01-01 00:00:01|1973-07-08 22:00:01",
    "array_join(ARRAY[null, TIMESTAMP '1970-01-01 00:00:01'], '|', 'XYZ')": "XYZ|1970-01-01 00:00:01",
    "array_join(ARRAY[1.0, 2.100, 3.3], 'x')": "1.000x2.100x3.300",
    "array_join(ARRAY[1.0, DOUBLE '002.100', 3.3], 'x')": "1.0E0x2.1E0x3.3E0",
    # testArrayPosition
    "array_position(ARRAY[1.0, 2.0, 3.0, 4.0], 3)": "3",
    "array_position(ARRAY[1.0, 2.0, 000000000000000000000003.000, 4.0], 3.0)": "3",
    "array_position(ARRAY[ARRAY[1]], ARRAY[1])": "1",
    "array_position(ARRAY[1, NULL, 2], NULL)": None,
    # testSubscript, testElementAt
    "ARRAY[NULL, NULL, NULL][3]": None,
    "ARRAY[1.0E0, 2.5E0, 3.5E0][3]": "3.5",
    "ARRAY[ARRAY[1, 2], NULL, ARRAY[3]][2]": None,
    "ARRAY[-infinity()][1]": "-Infinity",
    "ARRAY[2.111111222111111114111, 2.22222222222222222, 2.222222222222223][3]": "2.222222222222223000000",
    "ARRAY[1.9, 2, 2.3][3]": "2.3",
    "CAST(ARRAY[1.23][1] AS JSON)": "1.23",
    "CAST(ARRAY['vc'][1] AS JSON)": '"vc"',
    "CAST(ARRAY[ARRAY[1]][1] AS JSON)": "[1]",
    "element_at(ARRAY[], 1)": None,
    "element_at(ARRAY[], -1)": None,
    "element_at(ARRAY[2, NULL, 3], -2)": None,
    "element_at(element_at(ARRAY[ARRAY[1, 2], ARRAY[3]], -1), 1)": "3",
    "element_at(ARRAY['crocodiles', 'kittens'], 2)": "kittens",
    "element_at(ARRAY[2.22222222222222222, 2.3], -2)": "2.22222222222222222",
    # testArrayMax, testArrayMin
    "array_max(ARRAY[NULL])": None,
    "array_max(ARRAY[CAST(nan() AS REAL), REAL '2', REAL '3'])": "3.0",
    "array_max(ARRAY[nan(), nan()])": "NaN",
    "array_max(ARRAY[1.9, 2, 2.3])": "2.3",
    "array_max(ARRAY[TIMESTAMP '2020-05-10 12:34:56.123', TIMESTAMP '1111-05-10 12:34:56.123'])": "2020-05-10 12:34:56.123",
    "array_min(ARRAY[1.0, nan(), 3])": "1.0",
    "array_min(ARRAY[ARRAY[1, 2], ARRAY[3]])": "[1, 2]",
    # testSort
    "array_sort(ARRAY[2, 1.900, 2.330])": "[1.900, 2.000, 2.330]",
    "array_sort(ARRAY[2, BIGINT '3', 4, 1])": "[1, 2, 3, 4]",
    "array_sort(ARRAY[1, null, 0, null, -1])": "[-1, 0, 1, null, null]",
    "array_sort(ARRAY[ARRAY[2, 3, 1], null, ARRAY[4, null, 2, 1, 4], ARRAY[1, 2], null], (x, y) -> CASE "
    "WHEN x IS NULL THEN -1 WHEN y IS NULL THEN 1 WHEN cardinality(x) < cardinality(y) THEN 1 "
    "WHEN cardinality(x) = cardinality(y) THEN 0 ELSE -1 END)": "[null, null, [4, null, 2, 1, 4], [2, 3, 1], [1, 2]]",
    "array_sort(ARRAY[2.3, null, 2.1, null, 2.2], (x, y) -> CASE WHEN x IS NULL THEN -1 WHEN y IS NULL THEN 1 "
    "WHEN x < y THEN 1 WHEN x = y THEN 0 ELSE -1 END)": "[null, null, 2.3, 2.2, 2.1]",
    # testReverse
    "reverse(ARRAY[1.1E0, 2.2E0, 3.3E0, 4.4E0])": "[4.4, 3.3, 2.2, 1.1]",
    "reverse(array_sort(ARRAY[2, 3, 4, 1]))": "[4, 3, 2, 1]",
    # testDistinct: the order is that of first appearance
    "array_distinct(ARRAY[0, NULL, 0, NULL])": "[0, null]",
    "array_distinct(ARRAY[2, 3, 4, 3, 1, 2, 3])": "[2, 3, 4, 1]",
    "array_distinct(ARRAY[NULL, 2.2E0, 3.3E0, 4.4E0, 3.3E0, 1, 2.2E0, 3.3E0])": "[null, 2.2, 3.3, 4.4, 1.0]",
    "array_distinct(ARRAY[FALSE, TRUE, NULL])": "[false, true, null]",
    "array_distinct(ARRAY['BB', 'CCC', 'BB', NULL])": "[BB, CCC, null]",
    "array_distinct(ARRAY[ARRAY[1], ARRAY[1, 2], ARRAY[1, 2, 3], ARRAY[1, 2]])": "[[1], [1, 2], [1, 2, 3]]",
    "array_distinct(ARRAY[NULL, NULL, NULL])": "[null]",
    "array_distinct(ARRAY[(123, 'abc'), (123, NULL)])": "[{field0=123, field1=abc}, {field0=123, field1=null}]",
    "cardinality(array_distinct(ARRAY[(NULL, NULL), (42, 'def'), (NULL, 'abc'), (123, NULL), (42, 'def'), (NULL, NULL), "
    "(NULL, 'abc'), (123, NULL)]))": "4",
    "array_distinct(ARRAY[CAST(100 AS BIGINT), NULL, CAST(100 AS BIGINT), NULL, 0, -2, 0])": "[100, null, 0, -2]",
    "array_distinct(ARRAY[2.330, 1.900, 2.330])": "[2.330, 1.900]",
    # testSlice
    "slice(ARRAY[1, 2], 1, 4)": "[1, 2]",
    "slice(ARRAY[1, 2, 3, 4], -2, 0)": "[]",
    "slice(ARRAY[1, 2, 3, 4], -5, 5)": "[]",
    "slice(ARRAY[ARRAY[1], ARRAY[2, 3], ARRAY[4, 5, 6]], 1, 2)": "[[1], [2, 3]]",
    # testArraysOverlap
    "arrays_overlap(ARRAY[2, 1], ARRAY[3, 2])": "true",
    "arrays_overlap(ARRAY[3, 1], ARRAY[5, 4, 1])": "true",
    "arrays_overlap(ARRAY[CAST(1 AS BIGINT), 3], ARRAY[CAST(2 AS BIGINT), 4])": "false",
}

TYPES = {
    "ARRAY[]": "array(unknown)",
    "ARRAY[NULL]": "array(unknown)",
    "ARRAY[1, 2.0E0, 3]": "array(double)",
    "ARRAY[ARRAY[1, 2], NULL, ARRAY[BIGINT '3']]": "array(array(bigint))",
    "ARRAY['puppies', 'kittens']": "array(varchar(7))",
    "ARRAY[TIMESTAMP '1970-01-01 00:00:01']": "array(timestamp(0))",
    "ARRAY[ARRAY[1.0], ARRAY[2.0, 123456789123456.789]]": "array(array(decimal(18,3)))",
    "ARRAY[1, 2] || ARRAY[3, BIGINT '4']": "array(bigint)",
    "ARRAY[NULL] || ARRAY[NULL]": "array(unknown)",
    "ARRAY[2] || BIGINT '1'": "array(bigint)",
    "element_at(ARRAY['crocodiles', 'kittens'], 2)": "varchar(10)",
    "array_max(ARRAY[2.111111222111111114111, 2.22222222222222222])": "decimal(22,21)",
}

_COMPARATOR = "INVALID_FUNCTION_ARGUMENT: Lambda comparator must return either -1, 0, or 1"
FAILS = {
    "ARRAY[][1]": "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 1 > 0",
    "ARRAY[null][-1]": "INVALID_FUNCTION_ARGUMENT: Array subscript is negative: -1",
    "ARRAY[1, 2, 3][1.1E0]": "TYPE_MISMATCH: Cannot use double for subscript of array(integer)",
    "element_at(ARRAY[], 0)": "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1",
    "array_sort(ARRAY[2, 1, 2, 4], (x, y) -> y - x)": _COMPARATOR,
    "array_sort(ARRAY[1, 2], (x, y) -> x / COALESCE(y, 0))": _COMPARATOR,
    "array_sort(ARRAY[2, 3, 2, 4, 1], (x, y) -> IF(x > y, NULL, IF(x = y, 0, -1)))": _COMPARATOR,
    "ARRAY[ARRAY[1]] || ARRAY[ARRAY['x']]": (
        "FUNCTION_NOT_FOUND: Unexpected parameters (array(array(integer)), array(array(varchar(1)))) for function concat"
    ),
    "ARRAY[ARRAY[1]] || ARRAY['x']": (
        "FUNCTION_NOT_FOUND: Unexpected parameters (array(array(integer)), array(varchar(1))) for function concat"
    ),
    "array_join(ARRAY[ARRAY[1], ARRAY[2]], '-')": "FUNCTION_NOT_FOUND: ",
    "array_join(ARRAY[MAP(ARRAY[1], ARRAY[2])], '-')": "FUNCTION_NOT_FOUND: ",
}
