"""The grammar of SQL's JSON functions: JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_ARRAY, JSON_OBJECT.

Source: https://trino.io/docs/current/functions/json.html. sqlglot knows only parts of it, so all of it is here.
"""

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType


class SqlJson(exp.Expression, exp.Func):
    """One call. `this` is its name in lower case; behaviours are texts such as `NULL`, or what stands after DEFAULT."""

    arg_types: ClassVar[dict[str, bool]] = {
        "this": True, "input": False, "path": False, "passing": False, "returning": False, "wrapper": False,
        "omit_quotes": False, "on_empty": False, "on_error": False, "expressions": False, "keys": False,
        "formats": False, "on_null": False, "unique": False,
    }  # fmt: skip


def exists(parser: Any) -> exp.Expr:
    return _of_path(parser, "json_exists")


def value(parser: Any) -> exp.Expr:
    return _of_path(parser, "json_value")


def query(parser: Any) -> exp.Expr:
    return _of_path(parser, "json_query")


def _of_path(parser: Any, name: str) -> exp.Expr:
    node = SqlJson(this=name, input=parser._parse_bitwise())
    _format(parser)
    parser._match(TokenType.COMMA, expression=node)
    node.set("path", parser._parse_primary())
    if _words(parser, "PASSING"):
        names, values = [], []
        while True:
            values.append(parser._parse_bitwise())
            names.append(_format(parser))
            parser._match_text_seq("AS")
            values[-1] = exp.Alias(this=values[-1], alias=parser._parse_id_var())
            if not parser._match(TokenType.COMMA):
                break
        node.set("passing", values)
        node.set("formats", names)
    if _words(parser, "RETURNING"):
        node.set("returning", parser._parse_types())
        _format(parser)
    for wrapper, words in _WRAPPERS:
        if _words(parser, *words):
            node.set("wrapper", wrapper)
            break
    for verb in ("KEEP", "OMIT"):
        if _words(parser, verb, "QUOTES"):
            node.set("omit_quotes", verb == "OMIT")
            _words(parser, "ON", "SCALAR", "STRING")
    while (behaviour := _behaviour(parser)) is not None:
        node.set(*behaviour)
    return node


_WRAPPERS = [
    (kind, (*head, *array, "WRAPPER"))
    for kind, head in (
        ("", ("WITHOUT",)),
        ("CONDITIONAL", ("WITH", "CONDITIONAL")),
        ("UNCONDITIONAL", ("WITH", "UNCONDITIONAL")),
        ("UNCONDITIONAL", ("WITH",)),
    )
    for array in (("ARRAY",), ())
]


_BEHAVIOURS = ("EMPTY ARRAY", "EMPTY OBJECT", "NULL", "ERROR", "TRUE", "FALSE", "UNKNOWN")


def _behaviour(parser: Any) -> tuple[str, Any] | None:
    """`NULL ON EMPTY`, `DEFAULT 1 ON ERROR`, ..."""
    found: Any = None
    if _words(parser, "DEFAULT"):
        found = parser._parse_bitwise()
    else:
        for words in (
            ("EMPTY", "ARRAY"),
            ("EMPTY", "OBJECT"),
            ("NULL",),
            ("ERROR",),
            ("TRUE",),
            ("FALSE",),
            ("UNKNOWN",),
        ):
            if _words(parser, *words):
                found = " ".join(words)
                break
    if found is None:
        return None
    if _words(parser, "ON", "EMPTY"):
        return "on_empty", found
    if _words(parser, "ON", "ERROR"):
        return "on_error", found
    parser.raise_error("Expecting: 'ON'")
    return None


def array(parser: Any) -> exp.Expr:
    values, formats = [], []
    while not _at_end(parser, "RETURNING"):
        values.append(parser._parse_bitwise())
        formats.append(_format(parser))
        if not parser._match(TokenType.COMMA):
            break
    node = SqlJson(this="json_array", expressions=values, formats=formats)
    return _ended(parser, node)


def object_(parser: Any) -> exp.Expr:
    keys, values, formats = [], [], []
    while not _at_end(parser, "RETURNING"):
        _words(parser, "KEY")
        keys.append(parser._parse_primary() or parser._parse_column())
        if not parser._match_set((TokenType.COLON,)) and not _words(parser, "VALUE"):
            parser.raise_error("Expecting: ':', 'VALUE'")
        values.append(parser._parse_bitwise())
        formats.append(_format(parser))
        if not parser._match(TokenType.COMMA):
            break
    return _ended(parser, SqlJson(this="json_object", keys=keys, expressions=values, formats=formats))


def _ended(parser: Any, node: exp.Expr) -> exp.Expr:
    for handling in ("NULL", "ABSENT"):
        if _words(parser, handling, "ON", "NULL"):
            node.set("on_null", handling)
    if _words(parser, "WITH", "UNIQUE"):
        node.set("unique", True)
        _words(parser, "KEYS")
    elif _words(parser, "WITHOUT", "UNIQUE"):
        _words(parser, "KEYS")
    if _words(parser, "RETURNING"):
        node.set("returning", parser._parse_types())
        _format(parser)
    return node


def _format(parser: Any) -> bool:
    """FORMAT JSON [ENCODING UTF8]: whether it is there."""
    if not _words(parser, "FORMAT", "JSON"):
        return False
    if _words(parser, "ENCODING") and not _words(parser, "UTF8"):
        parser.raise_error("JSON in an encoding other than UTF8 is not supported")
    return True


def _words(parser: Any, *words: str) -> bool:
    return bool(parser._match_text_seq(*words))


def _at_end(parser: Any, *words: str) -> bool:
    current = parser._curr
    return current is None or current.token_type == TokenType.R_PAREN or current.text.upper() in words


PARSERS = {"JSON_EXISTS": exists, "JSON_VALUE": value, "JSON_QUERY": query, "JSON_ARRAY": array, "JSON_OBJECT": object_}
