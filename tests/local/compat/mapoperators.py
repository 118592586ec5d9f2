"""Maps and listagg once more: cases of Trino's own TestMapOperators and TestListagg."""

SOURCE = (
    "https://github.com/trinodb/trino/blob/master/core/trino-main/src/test/java/io/trino/type/TestMapOperators.java"
)

CASES = {
    # testMapConcat
    "MAP_CONCAT(MAP(ARRAY[1.0], ARRAY[2.2]), MAP(ARRAY[5.1], ARRAY[33.22]))": "{5.1=33.22, 1.0=2.20}",
    "MAP_CONCAT(MAP(ARRAY[1.0], ARRAY[2.2]), MAP(ARRAY[55.1], ARRAY[33.2]))[1]": "2.2",
    # testMapToMapCast
    "CAST(MAP(ARRAY[1], ARRAY[MAP(ARRAY[1.0E0], ARRAY[false])]) AS MAP(varchar, MAP(bigint, bigint)))": "{1={1=0}}",
    "CAST(MAP(ARRAY['1', '100'], ARRAY[true, false]) AS MAP(varchar, bigint))": "{1=1, 100=0}",
    "CAST(MAP(ARRAY[1, 2], ARRAY[array[1], array[2]]) AS MAP(bigint, array(boolean)))": "{1=[true], 2=[true]}",
    "CAST(MAP(ARRAY[1, 2], ARRAY[DATE '2016-01-02', DATE '2016-02-03']) AS MAP(bigint, varchar))": (
        "{1=2016-01-02, 2=2016-02-03}"
    ),
    "CAST(MAP(ARRAY['123', '456'], ARRAY[1.23456E0, 2.34567E0]) AS MAP(smallint, decimal(6,5)))": (
        "{123=1.23456, 456=2.34567}"
    ),
    "CAST(MAP(ARRAY[0, 1, 2, 3], ARRAY[1, NULL, NULL, 2]) AS MAP(BIGINT, DOUBLE))": "{0=1.0, 1=null, 2=null, 3=2.0}",
    # testMapFromEntries
    "map_from_entries(null)": None,
    "map_from_entries(ARRAY[])": "{}",
    "map_from_entries(CAST(ARRAY[] AS ARRAY(ROW(DOUBLE, BIGINT))))": "{}",
    "map_from_entries(ARRAY[('x', 1.0E0), ('y', 2.0E0)])": "{x=1.0, y=2.0}",
    "map_from_entries(ARRAY[('x', ARRAY[1, 2]), ('y', ARRAY[3, 4])])": "{x=[1, 2], y=[3, 4]}",
    "map_from_entries(ARRAY[(ARRAY[1, 2], 'x'), (ARRAY[3, 4], 'y')])": "{[1, 2]=x, [3, 4]=y}",
    "map_from_entries(ARRAY[('x', MAP(ARRAY[1], ARRAY[2])), ('y', MAP(ARRAY[3], ARRAY[4]))])": "{x={1=2}, y={3=4}}",
    "map_from_entries(ARRAY[('x', null), ('y', null)])": "{x=null, y=null}",
    # testMultimapFromEntries
    "multimap_from_entries(null)": None,
    "multimap_from_entries(ARRAY[])": "{}",
    "multimap_from_entries(ARRAY[(1, 3), (2, 4), (1, 6), (1, 8), (2, 10)])": "{1=[3, 6, 8], 2=[4, 10]}",
    "multimap_from_entries(ARRAY[(1, 'x'), (2, 'y'), (1, 'a'), (3, 'b'), (2, 'c'), (3, null)])": (
        "{1=[x, a], 2=[y, c], 3=[b, null]}"
    ),
    "multimap_from_entries(ARRAY[('x', 1.0E0), ('y', 2.0E0), ('z', null), ('x', 1.5E0), ('y', 2.5E0)])": (
        "{x=[1.0, 1.5], y=[2.0, 2.5], z=[null]}"
    ),
    # testMapEntries
    "map_entries(null)": None,
    "map_entries(MAP(ARRAY[], null))": None,
    "map_entries(MAP(ARRAY[1, 2, 3], null))": None,
    "map_entries(MAP(ARRAY['x', 'y'], ARRAY[ARRAY[1, 2], ARRAY[3, 4]]))": (
        "[{field0=x, field1=[1, 2]}, {field0=y, field1=[3, 4]}]"
    ),
    "map_entries(MAP(ARRAY[MAP(ARRAY[1], ARRAY[2])], ARRAY['x']))": "[{field0={1=2}, field1=x}]",
    "map_entries(MAP(ARRAY['x', 'y'], ARRAY[null, null]))": "[{field0=x, field1=null}, {field0=y, field1=null}]",
    "map_entries(map_from_entries(ARRAY[(1, 'x'), (2, 'y')]))": "[{field0=1, field1=x}, {field0=2, field1=y}]",
}

TYPES = {
    "MAP_CONCAT(MAP(ARRAY[1.0], ARRAY[2.2]), MAP(ARRAY[5.1], ARRAY[33.22]))": "map(decimal(2,1), decimal(4,2))",
    "map_from_entries(ARRAY[('x', null)])": "map(varchar(1), unknown)",
    "map_entries(MAP(ARRAY[], ARRAY[]))": "array(row(unknown, unknown))",
}

_ARGUMENT = "INVALID_FUNCTION_ARGUMENT: "
FAILS = {
    "map_from_entries(ARRAY[('a', 1), ('a', 2)])": _ARGUMENT + "Duplicate keys (a) are not allowed",
    "map_from_entries(ARRAY[(1.0, 1), (1.0, 2)])": _ARGUMENT + "Duplicate keys (1.0) are not allowed",
    "map_from_entries(ARRAY[(ARRAY[1, 2], 1), (ARRAY[1, 2], 2)])": _ARGUMENT
    + "Duplicate keys ([1, 2]) are not allowed",
    "map_from_entries(ARRAY[(null, 1), (null, 2)])": _ARGUMENT + "map key cannot be null",
    "map_from_entries(ARRAY[null])": _ARGUMENT + "map entry cannot be null",
    "multimap_from_entries(ARRAY[null])": _ARGUMENT + "map entry cannot be null",
    "multimap_from_entries(ARRAY[(1, 2), null])": _ARGUMENT + "map entry cannot be null",
    "SELECT listagg(v, ',') FROM (VALUES 'a') t(v)": "SYNTAX_ERROR: mismatched input",
}

_LISTAGG = "SELECT listagg({}) WITHIN GROUP (ORDER BY {}) FROM (VALUES {}) t({})"
QUERIES = {
    _LISTAGG.format("value, ','", "value DESC", "'a', 'bb', 'ccc', 'dddd'", "value"): [("dddd,ccc,bb,a",)],
    _LISTAGG.format(
        "value, ','", "a, b", "(2, 'C', 'ccc'), (2, 'B', 'bb'), (3, 'D', 'dddd'), (1, 'A', 'a')", "a, b, value"
    ): [("a,bb,ccc,dddd",)],
    _LISTAGG.format("upper(value), ' '", "value", "'Trino', 'SQL', 'everything'", "value"): [("SQL TRINO EVERYTHING",)],
    _LISTAGG.format("value, ','", "value", "'a', NULL, 'bb', NULL", "value"): [("a,bb",)],
    _LISTAGG.format("try_cast(value as varchar), ','", "value", "1, NULL, 2, 3, 4", "value"): [("1,2,3,4",)],
    _LISTAGG.format("DISTINCT value, ','", "value", "'a', 'b', 'a', 'c'", "value"): [("a,b,c",)],
    # TestListagg's overflows: the answer's first text is the long one, so its end tells
    "SELECT length(x), substr(x, 1048564) FROM (SELECT listagg(value, ',' ON OVERFLOW TRUNCATE '.....' WITH COUNT) "
    "WITHIN GROUP (ORDER BY value) AS x FROM (SELECT rpad('a', 1048564, 'a') AS value UNION ALL VALUES 'trino', 'sql', "
    "'everything') t)": [("1048584", "a,everything,.....(2)")],
    "SELECT substr(x, 1048570) FROM (SELECT listagg(value, ',' ON OVERFLOW TRUNCATE WITHOUT COUNT) "
    "WITHIN GROUP (ORDER BY value) AS x FROM (SELECT rpad('a', 1048570, 'a') AS value UNION ALL VALUES 'trino', 'rocks') t)": [
        ("a,rocks,...",)
    ],
    _LISTAGG.format("value, ',' ON OVERFLOW TRUNCATE", "value", "'a', 'b'", "value").replace(
        "TRUNCATE", "TRUNCATE WITH COUNT"
    ): [("a,b",)],
    _LISTAGG.format("value, ',' ON OVERFLOW ERROR", "value", "'a', 'b'", "value"): [("a,b",)],
}
