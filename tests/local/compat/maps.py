"""Map functions and operators.

Expected values: the examples of the page, and Trino's TestMapOperators, TestMapConcatFunction (order: MapConcatFunction),
TestMapFilterFunction, TestMapTransformKeysFunction, TestMapTransformValuesFunction, TestMapZipWithFunction.
"""

SOURCE = "https://trino.io/docs/current/functions/map.html"

CASES = {
    "MAP(ARRAY['key1', 'key2', 'key3'], ARRAY[2373, 3463, 45837])": "{key1=2373, key2=3463, key3=45837}",
    "MAP(ARRAY['key1', 'key2'], ARRAY['v1', 'v2'])": "{key1=v1, key2=v2}",
    "MAP(ARRAY['key1', 'key2', 'key3'], ARRAY[23, 34.63, 45.837])": "{key1=23.000, key2=34.630, key3=45.837}",
    "MAP(ARRAY['key1', 'key2', 'key3'], ARRAY['v1', NULL, 'v3'])": "{key1=v1, key2=null, key3=v3}",
    "MAP(ARRAY[1, 3], ARRAY[2, 4])": "{1=2, 3=4}",
    "MAP(ARRAY[], ARRAY[])": "{}",
    "map()": "{}",
    "MAP(ARRAY[1.5], ARRAY[ARRAY[1]])": "{1.5=[1]}",
    "MAP(ARRAY[(1, 'a')], ARRAY[1])": "{{field0=1, field1=a}=1}",
    "MAP(CAST(NULL AS array(integer)), ARRAY[1])": None,
    # subscript and element_at
    "MAP(ARRAY['key1', 'key2', 'key3'], ARRAY['v1', 'v2', 'v3'])['key2']": "v2",
    "MAP(ARRAY[1, 2], ARRAY['a', NULL])[2]": None,
    "MAP(ARRAY[1], ARRAY[2])[CAST(NULL AS integer)]": None,
    "CAST(NULL AS map(varchar, integer))['x']": None,
    "TRY(MAP(ARRAY[1], ARRAY[2])[3])": None,
    "MAP(ARRAY[DATE '2020-01-01'], ARRAY[1])[DATE '2020-01-01']": "1",
    "MAP(ARRAY[ARRAY[1, 2]], ARRAY['x'])[ARRAY[1, 2]]": "x",
    "element_at(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), 'b')": "2",
    "element_at(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), 'c')": None,
    "element_at(MAP(ARRAY['a'], ARRAY[ARRAY[1, 2]]), 'a')": "[1, 2]",
    "element_at(MAP(ARRAY[1], ARRAY[NULL]), 1)": None,
    "element_at(map(), 1)": None,
    # cardinality, keys, values, entries
    "cardinality(MAP(ARRAY['one', 'two'], ARRAY[1, 2]))": "2",
    "cardinality(map())": "0",
    "cardinality(CAST(NULL AS map(integer, integer)))": None,
    "map_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]))": "[a, b]",
    "map_keys(map())": "[]",
    "map_values(MAP(ARRAY['a', 'b'], ARRAY[1, NULL]))": "[1, null]",
    "map_entries(MAP(ARRAY[1, 2], ARRAY['x', 'y']))": "[{field0=1, field1=x}, {field0=2, field1=y}]",
    "map_entries(MAP(ARRAY[1], ARRAY[NULL]))": "[{field0=1, field1=null}]",
    "map_entries(map())": "[]",
    "map_entries(CAST(NULL AS map(integer, integer)))": None,
    "map_from_entries(ARRAY[(1, 'x'), (2, 'y')])": "{1=x, 2=y}",
    "map_from_entries(ARRAY[(1, NULL), (2, 3)])": "{1=null, 2=3}",
    "map_from_entries(map_entries(MAP(ARRAY['k'], ARRAY[1.0])))": "{k=1.0}",
    "map_from_entries(CAST(NULL AS array(row(integer, integer))))": None,
    "multimap_from_entries(ARRAY[(1, 'x'), (2, 'y'), (1, 'z')])": "{1=[x, z], 2=[y]}",
    "multimap_from_entries(ARRAY[(2, 'a'), (1, 'b'), (2, NULL)])": "{2=[a, null], 1=[b]}",
    "multimap_from_entries(CAST(ARRAY[] AS array(row(integer, integer))))": "{}",
    # map_concat: the last of a key wins, and the last map's entries come first
    "map_concat(MAP(ARRAY[1], ARRAY['a']), MAP(ARRAY[1, 2], ARRAY['b', 'c']))": "{1=b, 2=c}",
    "map_concat(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(ARRAY['c'], ARRAY[3]))": "{c=3, a=1, b=2}",
    "map_concat(MAP(ARRAY[1], ARRAY[1]), MAP(ARRAY[2], ARRAY[2]), MAP(ARRAY[1], ARRAY[3]))": "{1=3, 2=2}",
    "map_concat(MAP(ARRAY[1], ARRAY[1]), CAST(NULL AS map(integer, integer)))": None,
    "map_concat(map(), map())": "{}",
    "map_concat(map(), MAP(ARRAY[1], ARRAY['x']))": "{1=x}",
    # lambdas
    "map_filter(MAP(ARRAY[], ARRAY[]), (k, v) -> true)": "{}",
    "map_filter(MAP(ARRAY[10, 20, 30], ARRAY['a', NULL, 'c']), (k, v) -> v IS NOT NULL)": "{10=a, 30=c}",
    "map_filter(MAP(ARRAY['k1', 'k2', 'k3'], ARRAY[20, 3, 15]), (k, v) -> v > 10)": "{k1=20, k3=15}",
    "map_filter(MAP(ARRAY[1, 2], ARRAY[1, NULL]), (k, v) -> v > 0)": "{1=1}",
    "map_zip_with(MAP(ARRAY[1, 2, 3], ARRAY['a', 'b', 'c']), MAP(ARRAY[1, 2, 3], ARRAY['d', 'e', 'f']), "
    "(k, v1, v2) -> concat(v1, v2))": "{1=ad, 2=be, 3=cf}",
    "map_zip_with(MAP(ARRAY['k1', 'k2'], ARRAY[1, 2]), MAP(ARRAY['k2', 'k3'], ARRAY[4, 9]), (k, v1, v2) -> (v1, v2))": (
        "{k1={field0=1, field1=null}, k2={field0=2, field1=4}, k3={field0=null, field1=9}}"
    ),
    "map_zip_with(MAP(ARRAY['a', 'b', 'c'], ARRAY[1, 8, 27]), MAP(ARRAY['a', 'b', 'c'], ARRAY[1, 2, 3]), "
    "(k, v1, v2) -> k || CAST(v1 / v2 AS VARCHAR))": "{a=a1, b=b4, c=c9}",
    "transform_keys(MAP(ARRAY[], ARRAY[]), (k, v) -> k + 1)": "{}",
    "transform_keys(MAP(ARRAY[1, 2, 3], ARRAY['a', 'b', 'c']), (k, v) -> k + 1)": "{2=a, 3=b, 4=c}",
    "transform_keys(MAP(ARRAY['a', 'b', 'c'], ARRAY[1, 2, 3]), (k, v) -> v * v)": "{1=1, 4=2, 9=3}",
    "transform_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> k || CAST(v as VARCHAR))": "{a1=1, b2=2}",
    "transform_keys(MAP(ARRAY[1, 2], ARRAY[1.0, 1.4]), (k, v) -> MAP(ARRAY[1, 2], ARRAY['one', 'two'])[k])": (
        "{one=1.0, two=1.4}"
    ),
    "transform_values(MAP(ARRAY[], ARRAY[]), (k, v) -> v + 1)": "{}",
    "transform_values(MAP(ARRAY[1, 2, 3], ARRAY[10, 20, 30]), (k, v) -> v + k)": "{1=11, 2=22, 3=33}",
    "transform_values(MAP(ARRAY[1, 2, 3], ARRAY['a', 'b', 'c']), (k, v) -> k * k)": "{1=1, 2=4, 3=9}",
    "transform_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> k || CAST(v as VARCHAR))": "{a=a1, b=b2}",
    "transform_values(MAP(ARRAY[1, 2], ARRAY[1.0, 1.4]), (k, v) -> MAP(ARRAY[1, 2], ARRAY['one', 'two'])[k] "
    "|| '_' || CAST(v AS VARCHAR))": "{1=one_1.0, 2=two_1.4}",
    "transform_values(CAST(NULL AS map(integer, integer)), (k, v) -> v)": None,
}

TYPES = {
    "MAP(ARRAY['a'], ARRAY[1])": "map(varchar(1), integer)",
    "map_entries(MAP(ARRAY[1], ARRAY['x']))": "array(row(integer, varchar(1)))",
    "map_from_entries(ARRAY[(1, 2.5)])": "map(integer, decimal(2,1))",
    "multimap_from_entries(ARRAY[(1, 'x')])": "map(integer, array(varchar(1)))",
    "cardinality(MAP(ARRAY[1], ARRAY[2]))": "bigint",
    "MAP(ARRAY[1], ARRAY[2.5])[1]": "decimal(2,1)",
    "transform_keys(MAP(ARRAY[1], ARRAY[2]), (k, v) -> 1.5)": "map(decimal(2,1), integer)",
    "transform_values(MAP(ARRAY[1], ARRAY[2]), (k, v) -> 'x')": "map(integer, varchar(1))",
    "map_keys(MAP(ARRAY[1], ARRAY[2]))": "array(integer)",
}

_ARGUMENT = "INVALID_FUNCTION_ARGUMENT: "
FAILS = {
    "MAP(ARRAY['a'], ARRAY[1])['x']": _ARGUMENT + "Key not present in map: x",
    "MAP(ARRAY[1], ARRAY[ARRAY[1]])[2]": _ARGUMENT + "Key not present in map: 2",
    "MAP(ARRAY[1, 1], ARRAY[2, 3])": _ARGUMENT + "Duplicate map keys (1) are not allowed",
    "MAP(ARRAY['a', 'b', 'b'], ARRAY[1, 2, 3])": _ARGUMENT + "Duplicate map keys (b) are not allowed",
    "MAP(ARRAY[1], ARRAY[2, 4])": _ARGUMENT + "Key and value arrays must be the same length",
    "MAP(ARRAY[1, NULL], ARRAY[2, 4])": _ARGUMENT + "map key cannot be null",
    "map_from_entries(ARRAY[(1, 2), (1, 3)])": _ARGUMENT + "Duplicate keys (1) are not allowed",
    "map_from_entries(ARRAY[(1, 2), NULL])": _ARGUMENT + "map entry cannot be null",
    "map_from_entries(ARRAY[(CAST(NULL AS integer), 2)])": _ARGUMENT + "map key cannot be null",
    "multimap_from_entries(ARRAY[(CAST(NULL AS integer), 2)])": _ARGUMENT + "map key cannot be null",
    "transform_keys(MAP(ARRAY[1, 2], ARRAY['a', 'b']), (k, v) -> 7)": _ARGUMENT + "Duplicate keys (7) are not allowed",
    "transform_keys(MAP(ARRAY[1], ARRAY['a']), (k, v) -> CAST(NULL AS integer))": _ARGUMENT + "map key cannot be null",
    "map_keys(ARRAY[1])": "FUNCTION_NOT_FOUND: Unexpected parameters (array(integer)) for function map_keys",
}

QUERIES = {
    "SELECT m['a'], element_at(m, 'b'), cardinality(m) FROM (VALUES (MAP(ARRAY['a', 'b'], ARRAY[1, 2])), "
    "(MAP(ARRAY['a'], ARRAY[3]))) t(m) ORDER BY 1": [("1", "2", "2"), ("3", None, "1")],
    "SELECT k, v FROM UNNEST(map_concat(MAP(ARRAY['x'], ARRAY[1]), MAP(ARRAY['y'], ARRAY[2]))) t(k, v) ORDER BY k": [
        ("x", "1"),
        ("y", "2"),
    ],
}
