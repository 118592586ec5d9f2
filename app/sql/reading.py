"""Callers' SQL text -> one tree, or BadSql. What would hurt a parser is refused before it is parsed."""

from collections.abc import Callable
from typing import Final, NoReturn

from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.expressions import Block, Command, Expr
from sqlglot.tokenizer_core import Token, TokenType

from app.domain.errors import BadSql
from app.sql.hints import WORDS
from app.sql.trino import PlainTrino

MAX_BYTES: Final = 65_536
MAX_TOKENS: Final = 20_000
MAX_NESTING: Final = 40
"""Open brackets, CASEs and subqueries inside one another. People stay under 15."""
MAX_BRACKETS: Final = 6
"""Open `[` inside one another: sqlglot tries each twice, so the time doubles with every level."""
MAX_RUN: Final = 24
"""Prefix operators (NOT NOT NOT, - - -) or subscripts (a[1][1][1]) in a row: each is a level of recursion."""
MAX_CHAIN: Final = 400
"""Uses of `||` or of UNION and its like in one query: their trees lean to one side, and writing them is quadratic."""
_MAX_NUMBER: Final = 100

_OPEN: Final = {TokenType.L_PAREN: TokenType.R_PAREN, TokenType.L_BRACKET: TokenType.R_BRACKET}
_CLOSE: Final = frozenset(_OPEN.values())
_PREFIX: Final = frozenset((TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE))
_IN_SUBSCRIPTS: Final = frozenset(
    (TokenType.L_BRACKET, TokenType.R_BRACKET, TokenType.NUMBER, TokenType.STRING, TokenType.VAR),
)
_STARTS: Final = frozenset((TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN))
_CHAINS: Final = frozenset((TokenType.DPIPE, TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT))
_BLOCKS: Final = frozenset((TokenType.BLOCK_START, TokenType.BLOCK_END, TokenType.L_BRACE, TokenType.R_BRACE))


def read(sql: str) -> Expr:
    """The one statement in `sql`. A trailing semicolon is fine; a second statement is not. Raises BadSql."""
    tokens = _tokens(sql)
    tokens = _one_statement(tokens)
    _refuse_bombs(tokens)
    dialect = PlainTrino()
    try:
        trees = dialect.parser(error_level=ErrorLevel.IMMEDIATE).parse(_plain_literals(tokens), sql)
    except RecursionError as error:
        raise BadSql("The SQL is nested too deeply. Name the inner parts with WITH.") from error
    except SqlglotError as error:
        _explain(error, tokens)
    except (TypeError, AttributeError, ValueError, IndexError, KeyError) as error:
        # sqlglot is lenient code over hostile text: what it stumbles over is not SQL.
        raise BadSql("The SQL cannot be parsed.") from error
    found = [tree for tree in trees if tree is not None]
    if len(found) != 1:
        raise BadSql("Send exactly one statement." if found else "The SQL is empty. Send one SELECT.")
    if isinstance(found[0], Command | Block):
        raise BadSql("Only SELECT (or WITH ... SELECT) is accepted.")
    return found[0]


def _tokens(sql: str) -> list[Token]:
    if len(sql) > MAX_BYTES or len(sql.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise BadSql(f"The SQL is longer than {MAX_BYTES:,} bytes.")
    if any(ch == "\x00" or "\ud800" <= ch <= "\udfff" for ch in sql):
        raise BadSql("The SQL holds a character that is no text (NUL or half of a surrogate pair).")
    try:
        tokens: list[Token] = PlainTrino().tokenize(sql)
    except RecursionError as error:
        raise BadSql("The SQL is nested too deeply.") from error
    except SqlglotError as error:
        raise BadSql("The SQL has an unfinished string, identifier or comment.") from error
    if len(tokens) > MAX_TOKENS:
        raise BadSql(f"The SQL has more than {MAX_TOKENS:,} words and signs.")
    return tokens


def _one_statement(tokens: list[Token]) -> list[Token]:
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens = tokens[:-1]
    if not tokens:
        raise BadSql("The SQL is empty. Send one SELECT.")
    if tokens[0].token_type not in _STARTS:
        _at(tokens[0], "Only SELECT (or WITH ... SELECT) is accepted.")
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            _at(token, "Send exactly one statement.")
    return tokens


def _refuse_bombs(tokens: list[Token]) -> None:
    depth = cases = brackets = chain = 0
    runs = _Runs()
    for token in tokens:
        kind = token.token_type
        depth += (kind in _OPEN) - (kind in _CLOSE)
        cases = max(0, cases + (kind is TokenType.CASE) - (kind is TokenType.END))
        brackets += (kind is TokenType.L_BRACKET) - (kind is TokenType.R_BRACKET)
        chain += kind in _CHAINS
        if depth + cases > MAX_NESTING or brackets > MAX_BRACKETS or runs.longest_with(kind) > MAX_RUN:
            _at(token, "The SQL is nested too deeply. Name the inner parts with WITH.")
        if chain > MAX_CHAIN:
            _at(token, f"The SQL uses ||, UNION, EXCEPT or INTERSECT more than {MAX_CHAIN} times.")
        if kind in _BLOCKS:
            _at(token, "Braces have no meaning in SQL. Pass values as :name parameters.")
        if kind is TokenType.NUMBER and len(token.text) > _MAX_NUMBER:
            _at(token, "A number is too long.")


class _Runs:
    """How many prefix operators, lambda arrows or subscripts follow one another."""

    def __init__(self) -> None:
        self._prefixes = self._arrows = self._subscripts = 0
        self._before: TokenType | None = None

    def longest_with(self, kind: TokenType) -> int:
        self._prefixes = self._prefixes + 1 if kind in _PREFIX else 0
        if kind is TokenType.ARROW:
            self._arrows += 1
        elif kind is not TokenType.VAR:
            self._arrows = 0
        if kind is TokenType.L_BRACKET and self._before is TokenType.R_BRACKET:
            self._subscripts += 1
        elif kind not in _IN_SUBSCRIPTS:
            self._subscripts = 0
        self._before = kind
        return max(self._prefixes, self._arrows, self._subscripts)


def _plain_literals(tokens: list[Token]) -> list[Token]:
    """`DECIMAL '1.20'` becomes `1.20`, and `JSON '1'` json_parse('1'): the same values of the same types in Trino.

    sqlglot would read CAST('1.20' AS DECIMAL), and a DECIMAL without digits has no places after the point.
    """
    plain: list[Token] = []
    for token in tokens:
        before = plain[-1] if plain else None
        kind = before.token_type if before is not None and token.token_type is TokenType.STRING else None
        if before is not None and kind in _LITERALS:
            plain[-1:] = _LITERALS[kind](before, token)
            continue
        if kind in (TokenType.CHAR, TokenType.NCHAR):
            _at(token, "Write CAST('...' AS CHAR(n)) for a CHAR literal.")
        plain.append(token)
    return plain


def _number(word: Token, literal: Token) -> list[Token]:
    text = literal.text
    sign, text = (text[0], text[1:]) if text[:1] in {"-", "+"} else ("", text)
    digits = text.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 38:
        _at(literal, "A DECIMAL literal is a sign, if any, and up to 38 digits with at most one point.")
    number = _made(TokenType.NUMBER, text if "." in text else f"{text}.", word, literal)
    if sign != "-":
        return [number]
    minus = _made(TokenType.DASH, sign, word, literal)
    return [_made(TokenType.L_PAREN, "(", word, literal), minus, number, _made(TokenType.R_PAREN, ")", word, literal)]


def _json(word: Token, literal: Token) -> list[Token]:
    parts = ((TokenType.VAR, "json_parse"), (TokenType.L_PAREN, "("))
    return [
        *(_made(kind, text, word, literal) for kind, text in parts),
        literal,
        _made(TokenType.R_PAREN, ")", word, literal),
    ]


def _made(kind: TokenType, text: str, first: Token, last: Token) -> Token:
    return Token(kind, text, line=first.line, col=first.col, start=first.start, end=last.end)


_LITERALS: Final[dict[TokenType | None, Callable[[Token, Token], list[Token]]]] = {
    TokenType.DECIMAL: _number,
    TokenType.JSON: _json,
}


def _at(token: Token, detail: str) -> NoReturn:
    raise BadSql(f"{detail} (line {token.line}, column {token.col})")


def _explain(error: SqlglotError, tokens: list[Token]) -> NoReturn:
    words = {token.text.upper() for token in tokens if token.token_type is not TokenType.STRING}
    hint = next((told for word, told in WORDS.items() if word in words), "Athena's dialect is Trino's.")
    found = getattr(error, "errors", None) or [{}]
    line, column = found[0].get("line"), found[0].get("col")
    where = f" near line {line}, column {column}" if line else ""
    raise BadSql(f"The SQL cannot be parsed{where}. {hint}") from error
