"""The examples of the documentation for json_exists, json_query, json_value, json_array, json_object and JSON paths.

A double that becomes text is CAST(double AS varchar): `1.5E0`.
"""

SOURCE = "https://trino.io/docs/current/functions/json.html"

_ONE = """'{"comment" : "nice", "children" : [10, 13, 16]}'"""
_TWO = """'{"comment" : "problematic", "children" : [8, 11]}'"""
_THREE = """'{"comment" : "knows best", "children" : [2]}'"""
_CUSTOMERS = f"(VALUES (101, {_ONE}), (102, {_TWO}), (103, {_THREE})) AS customers(id, description)"
_OBJECTS = (
    """'[{"customer" : 100, "region" : "AFRICA"}, {"region" : "ASIA"}, """
    """{"customer" : 300, "region" : "AFRICA", "comment" : null}]'"""
)
_ARRAYS = """'[[0, 1, 2], ["a", "b", "c", "d"], [null, null]]'"""
_NESTED = (
    """'{"id" : 1, "notes" : [{"type" : 1, "comment" : "foo"}, {"type" : 2, "comment" : null}], """
    """"comment" : ["bar", "baz"]}'"""
)


def _all(document: str, path: str) -> str:
    """Every item that a path finds."""
    return f"json_query({document}, '{path}' WITH ARRAY WRAPPER)"


def _customers(expression: str, *values: str | None) -> dict[str, list[tuple[str | None, str | None]]]:
    ids = ("101", "102", "103")
    return {f"SELECT id, {expression} FROM {_CUSTOMERS}": list(zip(ids, values, strict=True))}


CASES = {
    # Paths
    _all(_OBJECTS, "lax $.customer"): "[100,300]",
    _all(_OBJECTS, "strict $[*].customer"): None,
    _all(_OBJECTS, "strict $[*].region"): '["AFRICA","ASIA","AFRICA"]',
    _all(_NESTED, "lax $..comment"): '[["bar","baz"],"foo",null]',
    _all(_ARRAYS, "strict $[*][last]"): '[2,"d",null]',
    _all(_ARRAYS, "lax $[*][2 to 3]"): '[2,"c","d"]',
    _all(_ARRAYS, "strict $[*][2 to 3]"): None,
    _all(_ARRAYS, "lax $[*][1, 0, 0]"): '[1,0,0,"b","a","a",null,null,null]',
    _all(_ARRAYS, "lax $[*][*]"): '[0,1,2,"a","b","c","d",null,null]',
    _all(_ARRAYS, "strict $[*].size()"): "[3,4,2]",
    _all(_OBJECTS, 'strict $[*]?(@.region != "ASIA")'): (
        '[{"customer":100,"region":"AFRICA"},{"customer":300,"region":"AFRICA","comment":null}]'
    ),
    _all(_OBJECTS, "lax $?(!exists(@.customer))"): '[{"region":"ASIA"}]',
    _all(_OBJECTS, "lax $?(@.comment == null)"): '[{"customer":300,"region":"AFRICA","comment":null}]',
    _all(_OBJECTS, 'lax $?(@.region starts with "AS")'): '[{"region":"ASIA"}]',
    _all(_OBJECTS, 'lax $?((@.customer > "x") is unknown).customer'): "[100,300]",
    _all(_OBJECTS, 'lax $?(@.customer > 100 || @.region == "ASIA").region'): '["ASIA","AFRICA"]',
    _all(_OBJECTS, 'lax $?(@.customer >= 100 && @.region == "AFRICA").customer'): "[100,300]",
    _all("""'[-1, 23e4, "5.6"]'""", "lax $.double()"): "[-1.0,230000.0,5.6]",
    _all("'[-1.5, -1, 1.3]'", "lax $.abs()"): "[1.5,1,1.3]",
    _all("'[-1.5, -1, 1.3]'", "lax $.ceiling()"): "[-1.0,-1,2.0]",
    _all("'[-1.5, -1, 1.3]'", "lax $.floor()"): "[-2.0,-1,1.0]",
    _all("'[-1.5, -1, 1.3]'", "strict $.floor()"): None,
    _all(
        """'[1, "a", null, true, {}, []]'""", "strict $[*].type()"
    ): '["number","string","null","boolean","object","array"]',
    _all("""'{"a": 1}'""", "lax $.keyvalue()"): '[{"name":"a","value":1,"id":0}]',
    _all("""'{"a b": {"c": 1}}'""", 'lax $."a b".*'): "[1]",
    """json_value('{"a": 7}', 'lax $.a / 2')""": "3",
    """json_value('{"a": 7}', 'lax -($.a + 1) * 2 % 5')""": "-1",
    """json_value('{"a": 7}', 'lax $.a / 0')""": None,
    """json_value('{"price": 2}', 'lax $.price + $tax' PASSING 3 AS "tax")""": "5",
    """json_value('{"price": 2}', 'lax $.price + $TAX' PASSING 3 AS tax)""": "5",
    """json_query('[{"name": "x"}]', 'lax $.keyvalue()?(@.name == $n).value' PASSING 'name' AS "n")""": '"x"',
    # json_exists
    "json_exists(NULL, 'lax $')": None,
    "json_exists('x', 'lax $')": "false",
    "json_exists('x', 'lax $' TRUE ON ERROR)": "true",
    "json_exists(JSON '[1]', 'lax $[0]')": "true",
    "json_exists(to_utf8('[1]') FORMAT JSON, 'lax $[1]')": "false",
    # json_value
    "json_value(NULL, 'lax $')": None,
    "json_value('x', 'lax $')": None,
    "json_value('[1, 2]', 'lax $')": None,
    "json_value('null', 'lax $')": None,
    "json_value('1.5', 'lax $')": "1.5E0",
    """json_value('{"a": true}', 'lax $.a')""": "true",
    """json_value('{"a": "2020-01-02"}', 'lax $.a' RETURNING date)""": "2020-01-02",
    """json_value('{"a": "x"}', 'lax $.a' RETURNING integer DEFAULT -1 ON ERROR)""": "-1",
    """json_value('{"a": 1}', 'lax $.b' RETURNING integer DEFAULT 0 ON EMPTY)""": "0",
    """json_value('{"a": 12.5}', 'lax $.a' RETURNING decimal(5,2))""": "12.50",
    # json_query
    "json_query('x', 'lax $')": None,
    "json_query('[1, 2]', 'lax $[*]' WITH CONDITIONAL ARRAY WRAPPER)": "[1,2]",
    "json_query('[[1, 2]]', 'lax $[*]' WITH CONDITIONAL ARRAY WRAPPER)": "[1,2]",
    "json_query('5', 'lax $' WITH CONDITIONAL WRAPPER)": "[5]",
    "json_query('{}', 'lax $.a' EMPTY OBJECT ON EMPTY)": "{}",
    "json_query('x', 'lax $' EMPTY ARRAY ON ERROR)": "[]",
    "json_query('[1]', 'lax $' RETURNING varbinary)": "5b 31 5d",
    # json_array
    "json_array(true, 12e-1, 'text')": '[true,1.2,"text"]',
    """json_array('[  "text"  ] ' FORMAT JSON)""": '[["text"]]',
    """json_array(json_query('{"key" : [  "value"  ]}', 'lax $.key'))""": '[["value"]]',
    "json_array(DATE '2001-01-31', UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59')": (
        '["2001-01-31","12151fd2-7586-11e9-8f9e-2a86e4085a59"]'
    ),
    "json_array()": "[]",
    "json_array(true, null, 1)": "[true,1]",
    "json_array(true, null, 1 ABSENT ON NULL)": "[true,1]",
    "json_array(true, null, 1 NULL ON NULL)": "[true,null,1]",
    "json_array(true, 1 RETURNING VARCHAR(100))": "[true,1]",
    "json_array(true, 1 RETURNING VARBINARY)": "5b 74 72 75 65 2c 31 5d",
    "json_array(true, 1 RETURNING VARBINARY FORMAT JSON ENCODING UTF8)": "5b 74 72 75 65 2c 31 5d",
    # json_object
    "json_object('key1' : 1, 'key2' : true)": '{"key1":1,"key2":true}',
    "json_object(KEY 'key1' VALUE 1, KEY 'key2' VALUE true)": '{"key1":1,"key2":true}',
    "json_object('key1' VALUE 1, 'key2' VALUE true)": '{"key1":1,"key2":true}',
    "json_object('x' : true, 'y' : 12e-1, 'z' : 'text')": '{"x":true,"y":1.2,"z":"text"}',
    """json_object('x' : '[  "text"  ] ' FORMAT JSON)""": '{"x":["text"]}',
    """json_object('x' : json_query('{"key" : [  "value"  ]}', 'lax $.key'))""": '{"x":["value"]}',
    "json_object()": "{}",
    "json_object('x' : null, 'y' : 1)": '{"x":null,"y":1}',
    "json_object('x' : null, 'y' : 1 NULL ON NULL)": '{"x":null,"y":1}',
    "json_object('x' : null, 'y' : 1 ABSENT ON NULL)": '{"y":1}',
    "json_object('x' : 1 WITH UNIQUE KEYS)": '{"x":1}',
    "json_object('x' : 1 RETURNING VARCHAR(100))": '{"x":1}',
    "json_object('x' : 1 RETURNING VARBINARY)": "7b 22 78 22 3a 31 7d",
}

TYPES = {
    "json_exists('1', 'lax $')": "boolean",
    "json_value('1', 'lax $')": "varchar",
    "json_value('1', 'lax $' RETURNING bigint)": "bigint",
    "json_query('1', 'lax $')": "varchar",
    "json_query('1', 'lax $' RETURNING varchar(10))": "varchar(10)",
    "json_array(1)": "varchar",
    "json_object()": "varchar",
}

FAILS = {
    "json_object('x' : null, 'x' : 1 WITH UNIQUE KEYS)": (
        "INVALID_FUNCTION_ARGUMENT: duplicate key passed to JSON_OBJECT function"
    ),
    "json_value('[1, 2]', 'lax $[*]' ERROR ON ERROR)": "JSON_VALUE_RESULT_ERROR",
    "json_value('[1]', 'lax $[3]' ERROR ON EMPTY)": "JSON_VALUE_RESULT_ERROR",
    "json_exists('x', 'lax $' ERROR ON ERROR)": "JSON_INPUT_CONVERSION_ERROR",
    "json_array('[' FORMAT JSON)": "JSON_INPUT_CONVERSION_ERROR",
    "json_value('1', '$')": "INVALID_PATH",
    "json_value('1', 'lax $.')": "INVALID_PATH",
    "json_value('1', 'lax $ like_regex \"a\"')": "INVALID_PATH",
    "json_object(1 : 2)": "INVALID_FUNCTION_ARGUMENT",
}

REFUSED = {
    "json_value('1', 'lax $.datetime()')": "items of SQL's date and time types are not made from JSON here",
    "json_exists('1', 'lax $?(@ like_regex \"a\")')": "XQuery's regular expressions are not at hand",
    "json_array(X'5B00' FORMAT JSON ENCODING UTF16)": "only UTF-8",
}

QUERIES = (
    _customers("json_exists(description, 'lax $.children[*]?(@ > 10)')", "true", "true", "false")
    | _customers("json_exists(description, 'strict $.children[2]?(@ > 10)' UNKNOWN ON ERROR)", "true", None, None)
    | _customers("json_query(description, 'lax $.children')", "[10,13,16]", "[8,11]", "[2]")
    | _customers("json_query(description, 'lax $.children[*]' WITHOUT ARRAY WRAPPER NULL ON ERROR)", None, None, "2")
    | _customers("json_query(description, 'lax $.children[last]' WITH ARRAY WRAPPER)", "[16]", "[11]", "[2]")
    | _customers(
        "json_query(description, 'strict $.children[*]?(@ > 12)' WITH ARRAY WRAPPER EMPTY ARRAY ON EMPTY)",
        "[13,16]",
        "[]",
        "[]",
    )
    | _customers("json_query(description, 'strict $.comment' KEEP QUOTES)", '"nice"', '"problematic"', '"knows best"')
    | _customers("json_query(description, 'strict $.comment' OMIT QUOTES)", "nice", "problematic", "knows best")
    | _customers(
        "json_value(description, 'lax $.comment' RETURNING char(12))", "nice        ", "problematic ", "knows best  "
    )
    | _customers("json_value(description, 'lax $.children[0]' RETURNING tinyint)", "10", "8", "2")
    | _customers("json_value(description, 'strict $.children[2]' DEFAULT 'err' ON ERROR)", "16", "err", "err")
    | _customers("json_value(description, 'lax $.children[2]' DEFAULT 'missing' ON EMPTY)", "16", "missing", "missing")
)
