"""SQL/JSON's calls, whose arguments carry words: `json_value(x, 'lax $.a' RETURNING integer DEFAULT 0 ON EMPTY)`.

sqlglot reads the commonest of them only, and PASSING, FORMAT JSON or ABSENT ON NULL not at all. Here an argument is a
row of values, types, names and words of a fixed list; Athena judges their order. Source of the grammar:
trino.io/docs/current/functions/json.html.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from sqlglot import expressions as exp
from sqlglot.tokenizer_core import TokenType

NAMES: Final = ("JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY", "JSON_VALUE")
_WORDS_TEXT: Final = """
    ABSENT ARRAY CONDITIONAL EMPTY ENCODING ERROR FALSE FORMAT JSON KEEP KEYS NULL OBJECT OMIT ON QUOTES SCALAR STRING
    TRUE UNCONDITIONAL UNIQUE UNKNOWN UTF16 UTF32 UTF8 WITH WITHOUT WRAPPER
"""
_WORDS: Final = frozenset(_WORDS_TEXT.split())
_BEFORE_VALUES: Final = frozenset(("DEFAULT", "PASSING", "VALUE"))
_ENDS: Final = (TokenType.COMMA, TokenType.R_PAREN)
_NOT_AFTER_KEY: Final = (*_ENDS, TokenType.COLON, TokenType.DOT, TokenType.L_PAREN)


class JsonCall(exp.Expression):
    """A call: the function's name, and its arguments."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "expressions": False}


class JsonArgument(exp.Expression):
    """Values, types, names and words, in order."""

    arg_types: ClassVar[dict[str, bool]] = {"expressions": True}


def parser_of(name: str) -> Callable[[Any], JsonCall]:
    """What sqlglot's parser calls behind `name(`."""

    def parse(parser: Any) -> JsonCall:
        arguments = []
        while parser._curr and parser._curr.token_type is not TokenType.R_PAREN:  # noqa: SLF001 - sqlglot's way to extend it
            arguments.append(_argument(parser))
            if not parser._match(TokenType.COMMA):  # noqa: SLF001
                break
        return JsonCall(this=name, expressions=arguments)

    return parse


def _argument(parser: Any) -> JsonArgument:
    parts: list[Any] = []
    if _word(parser) == "KEY" and parser._next and parser._next.token_type not in _NOT_AFTER_KEY:  # noqa: SLF001
        parser._advance()  # noqa: SLF001 - KEY may be left out, and is
    parts.append(parser._parse_disjunction())  # noqa: SLF001
    while parser._curr and parser._curr.token_type not in _ENDS:  # noqa: SLF001
        parts += _more(parser)
    if not all(isinstance(part, exp.Expr) for part in parts):
        parser.raise_error("not an argument of SQL/JSON")
    return JsonArgument(expressions=parts)


def _more(parser: Any) -> list[Any]:
    """The next word of an argument, with what it takes behind it. `'k' : v` is written `'k' VALUE v`."""
    word = "VALUE" if parser._curr.token_type is TokenType.COLON else _word(parser)  # noqa: SLF001
    if word not in _WORDS and word not in _BEFORE_VALUES and word not in {"RETURNING", "AS"}:
        parser.raise_error("not a word of SQL/JSON")
    parser._advance()  # noqa: SLF001
    behind: list[Any] = []
    if word in _BEFORE_VALUES:
        behind = [parser._parse_disjunction()]  # noqa: SLF001
    elif word == "RETURNING":
        behind = [parser._parse_types()]  # noqa: SLF001
    elif word == "AS":
        behind = [parser._parse_id_var()]  # noqa: SLF001
    return [exp.var(word), *behind]


def _word(parser: Any) -> str:
    token = parser._curr  # noqa: SLF001
    if token is None or token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return ""
    return str(token.text).upper()


def call_sql(generator: Any, call: JsonCall) -> str:
    return f"{call.this}({generator.expressions(call, flat=True)})"


def argument_sql(generator: Any, argument: JsonArgument) -> str:
    return str(generator.expressions(argument, sep=" ", flat=True))
