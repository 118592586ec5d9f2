"""Hive's DDL as tokens: names, strings with Hive's escapes, types, partition specs. sqlglot only cuts the text.

Sources: Athena user guide, "Reserved keywords" and "Names for databases, tables, and columns"; Hive's HiveLexer.g and
BaseSemanticAnalyzer.unescapeSQLString.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlglot
from sqlglot.dialects.hive import Hive

from local.athena.errors import QueryFailed

# "List of reserved keywords in DDL statements" of the Athena user guide, without DAYOFWEEK, START, TIME and
# TIMESTAMP: AWS's own examples (VPC flow logs, ELB, flight delays) name columns so without backticks.
_RESERVED = (
    "ALL ALTER AND ARRAY AS AUTHORIZATION BETWEEN BIGINT BINARY BOOLEAN BOTH BY CASE CASHE CAST CHAR COLUMN "
    "COMMIT CONF CONSTRAINT CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_TIMESTAMP CURSOR DATABASE DATE "
    "DECIMAL DELETE DESCRIBE DISTINCT DOUBLE DROP ELSE END EXCHANGE EXISTS EXTENDED EXTERNAL EXTRACT "
    "FALSE FETCH FLOAT FLOOR FOLLOWING FOR FOREIGN FROM FULL FUNCTION GRANT GROUP GROUPING HAVING IF IMPORT IN "
    "INNER INSERT INT INTEGER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LESS LIKE LOCAL MACRO MAP MORE NONE "
    "NOT NULL NUMERIC OF ON ONLY OR ORDER OUT OUTER OVER PARTIALSCAN PARTITION PERCENT PRECEDING PRECISION "
    "PRESERVE PRIMARY PROCEDURE RANGE READS REDUCE REFERENCES REGEXP REVOKE RIGHT RLIKE ROLLBACK ROLLUP ROW ROWS "
    "SELECT SET SMALLINT TABLE TABLESAMPLE THEN TO TRANSFORM TRIGGER TRUE TRUNCATE UNBOUNDED "
    "UNION UNIQUEJOIN UPDATE USER USING UTC_TIMESTAMP VALUES VARCHAR VIEWS WHEN WHERE WINDOW WITH"
)
RESERVED = frozenset(_RESERVED.split())
_PRIMITIVES = frozenset(
    {"boolean", "tinyint", "smallint", "int", "integer", "bigint", "double", "float", "real", "decimal", "char",
     "varchar", "string", "binary", "date", "timestamp", "interval_day_time", "interval_year_month", "void"}
)  # fmt: skip
_PARAMETRIC = {"decimal": 2, "char": 1, "varchar": 1}
_DEEPEST = 100  # types within types; what reads them goes down as deep
_WORD = re.compile(r"\w+\Z")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


class _Tokenizer(Hive.Tokenizer):
    """Hive's quotes, escapes and comments; every word is a word and every symbol one character."""

    KEYWORDS: ClassVar[dict[str, Any]] = {}
    COMMANDS: ClassVar[set[Any]] = set()


@dataclass(frozen=True)
class Token:
    """`kind` is word, quoted (backticks), string or symbol; `text` is the source, quotes included."""

    kind: str
    text: str
    line: int
    column: int


def unescaped(text: str) -> str:
    """The value of a Hive string literal, given between its quotes."""

    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "u" and len(code) > 1:
            return chr(int(code[1:], 16))
        if len(code) == 3:
            return chr(int(code, 8))
        return _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, text)


def escaped(text: str) -> str:
    """The text as it stands between the quotes of a Hive string literal: `unescaped` gives it back."""
    named = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(named.get(c) or (c if c.isprintable() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}") for c in text)


def tokens(sql: str) -> list[Token]:
    """Comments and space are gone. Raises QueryFailed where a quote is not closed."""
    try:
        cut = _Tokenizer().tokenize(sql)
    except sqlglot.errors.TokenError as error:
        raise QueryFailed("", f"FAILED: ParseException line 1:0 {error}") from error
    found: list[Token] = []
    end = -1
    for token in cut:
        text = sql[token.start : token.end + 1]
        line, column = sql.count("\n", 0, token.start) + 1, token.start - (sql.rfind("\n", 0, token.start) + 1)
        if text[:1] in "'\"":
            found.append(Token("string", text, line, column))
        elif text[:1] == "`":
            found.append(Token("quoted", text, line, column))
        elif _WORD.match(text) and found and found[-1].kind == "word" and token.start == end + 1:  # 2026_visits
            found[-1] = Token("word", found[-1].text + text, found[-1].line, found[-1].column)
        elif _WORD.match(text):
            found.append(Token("word", text, line, column))
        else:
            found.append(Token("symbol", text, line, column))
        end = token.end
    return found


class Cursor:
    """A place in a statement, and the ways to go on from it. What does not fit is a ParseException."""

    def __init__(self, sql: str) -> None:
        self._tokens = tokens(sql)
        self._at = 0
        self._depth = 0
        self.was_qualified = False  # whether the last table's name came with its database

    def _peek(self, ahead: int = 0) -> Token | None:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def fail(self) -> QueryFailed:
        """In Hive's words: `line 1:13 cannot recognize input near 'x' 'y' 'z'`."""
        near = [t.text if (t := self._peek(i)) else "<EOF>" for i in range(3)]
        here = self._peek() or (self._tokens[-1] if self._tokens else Token("", "", 1, 0))
        shown = " ".join(f"'{text}'" for text in near)
        return QueryFailed(
            "", f"FAILED: ParseException line {here.line}:{here.column} cannot recognize input near {shown}"
        )

    def is_done(self) -> bool:
        return self._peek() is None

    def end(self) -> None:
        """The statement must end here."""
        if not self.is_done():
            raise self.fail()

    def at(self, *words: str) -> bool:
        """Whether these words or symbols are next."""
        for i, word in enumerate(words):
            token = self._peek(i)
            if token is None or token.kind not in ("word", "symbol") or token.text.upper() != word.upper():
                return False
        return True

    def accept(self, *words: str) -> bool:
        """Go past the words, if they are next."""
        if not self.at(*words):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self.fail()

    def one_of(self, *words: str) -> str:
        """The one of the words that is next."""
        for word in words:
            if self.accept(word):
                return word
        raise self.fail()

    def _part(self, *, free: bool = False, trino: bool = False) -> str:
        token = self._peek()
        if trino and token is not None and token.text[0] == '"':
            return self.string().lower()
        if token is not None and token.kind == "quoted":
            self._at += 1
            return token.text[1:-1].replace("``", "`").lower()
        if token is None or token.kind != "word" or (not free and token.text.upper() in RESERVED):
            raise self.fail()
        self._at += 1
        return token.text.lower()

    def name(self, *, free: bool = False) -> str:
        """An identifier in lower case; reserved words need backticks unless `free`, double quotes are strings in Hive's
        dialect.
        """
        return self._part(free=free)

    def table(self, database: str, *, trino: bool = False) -> tuple[str, str]:
        """Database and table; `db.table` may also stand in one pair of backticks, as SHOW CREATE TABLE writes it.

        `trino` is for the statements that Athena gives to Trino, where double quotes are around names.
        """
        parts = self._part(trino=trino).split(".")
        while self.accept("."):
            parts.append(self._part(free=True, trino=trino))
        self.was_qualified = len(parts) > 1
        return (parts[-2] if len(parts) > 1 else database), parts[-1]

    def string(self) -> str:
        token = self._peek()
        if token is None or token.kind != "string":
            raise self.fail()
        self._at += 1
        # A line break in the statement is a space, in strings too (PyAthena's tests on AWS: test_create_table_avro).
        return unescaped(re.sub(r"\s*\n\s*", " ", token.text[1:-1]))

    def number(self) -> int:
        token = self._peek()
        if token is None or not token.text.isdigit():
            raise self.fail()
        self._at += 1
        return int(token.text)

    def value(self) -> str:
        """A constant: a string, a number with or without sign, or a word such as `true`."""
        token = self._peek()
        if token is None or token.kind == "string":
            return self.string()
        if token.kind == "word" and token.text.upper() in ("DATE", "TIMESTAMP"):
            self._at += 1
            return self.string()
        sign = "-" if self.accept("-") else ""
        token = self._peek()
        if token is None or token.text in ("(", ")", ",", "="):
            raise self.fail()
        self._at += 1
        return sign + token.text

    def pairs(self) -> dict[str, str]:
        """('key'='value', ...)"""
        return self._valued(self.string)

    def spec(self) -> dict[str, str]:
        """PARTITION (key = value, ...)"""
        self.expect("PARTITION")
        return self._valued(lambda: self._part(free=True))

    def _valued(self, read_key: Callable[[], str]) -> dict[str, str]:
        found: dict[str, str] = {}
        self.expect("(")
        while True:
            key = read_key()
            self.expect("=")
            found[key] = self.value()
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def names(self) -> list[str]:
        """(name, ...)"""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def columns(self) -> list[dict[str, str]]:
        """(name type [COMMENT 'text'], ...) as Glue's columns."""
        self.expect("(")
        found = [self.column()]
        while self.accept(","):
            found.append(self.column())
        self.expect(")")
        return found

    def column(self) -> dict[str, str]:
        column = {"Name": self.name(), "Type": self.type()}
        return column | ({"Comment": self.string()} if self.accept("COMMENT") else {})

    def type(self) -> str:
        """A Hive type without spaces, as Glue keeps it: `struct<a:int,b:array<string>>`."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.fail()
        kind = self._type()
        self._depth -= 1
        return kind

    def _type(self) -> str:
        place = self._at
        kind = self._part(free=True)
        if kind == "array":
            self.expect("<")
            inner = self.type()
            self.expect(">")
            return f"array<{inner}>"
        if kind == "map":
            self.expect("<")
            key = self.type()
            self.expect(",")
            value = self.type()
            self.expect(">")
            return f"map<{key},{value}>"
        if kind == "struct":
            return self._struct()
        if kind not in _PRIMITIVES:
            self._at = place
            raise self.fail()
        kind = "int" if kind == "integer" else kind
        if kind not in _PARAMETRIC or not self.accept("("):
            return kind
        numbers = [str(self.number())]
        while len(numbers) < _PARAMETRIC[kind] and self.accept(","):
            numbers.append(str(self.number()))
        self.expect(")")
        return f"{kind}({','.join(numbers)})"

    def _struct(self) -> str:
        self.expect("<")
        fields = []
        while True:
            name = self._part(free=True)
            self.accept(":")
            fields.append(f"{name}:{self.type()}")
            if self.accept("COMMENT"):
                self.string()
            if not self.accept(","):
                break
        self.expect(">")
        return f"struct<{','.join(fields)}>"
