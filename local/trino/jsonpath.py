"""SQL's JSON path language: `lax $.a[0 to last]?(@.b > $limit).size()`.

Source: https://trino.io/docs/current/functions/json.html#json-path-language. A path is read once into functions from a
context to a sequence of items (Python's JSON values; numbers are int, float or Decimal).
"""

import re
from functools import lru_cache
from typing import Any, NoReturn

from local.trino import jsonitems
from local.trino.functions.texts import fail

_TOKEN = re.compile(
    r'\s*(\$[A-Za-z_]\w*|"(?:[^"\\]|\\.)*"|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*'
    r"|\.\.|==|!=|<>|<=|>=|&&|\|\||[$@<>!?()\[\].,*+\-/%])"
)


def evaluate(path: str, document: Any, variables: dict[str, Any]) -> jsonitems.Sequence:
    """The items a path finds. Raises PathError; ValueError with Trino's error for what is no path."""
    is_lax, work = _compiled(path)
    return work(jsonitems.Context(document, variables, is_lax))


def check(path: str) -> None:
    """Raises ValueError with Trino's error for what is no path."""
    _compiled(path)


@lru_cache(maxsize=256)
def _compiled(path: str) -> tuple[bool, jsonitems.Path]:
    mode = re.match(r"\s*(lax|strict)\b", path)
    tokens: list[str] = []
    at = mode.end() if mode else len(path)
    while mode and path[at:].strip():
        found = _TOKEN.match(path, at)
        if found is None:
            _invalid(path)
        tokens.append(found[1])
        at = found.end()
    if mode is None:
        _invalid(path)
    reader = _Reader(path, tokens)
    work = reader.sum()
    if reader.ahead:
        _invalid(path)
    return mode[1] == "lax", work


def _invalid(path: str) -> NoReturn:
    fail(f"JSON path is not valid: {path}", "INVALID_PATH")


class _Reader:
    """Recursive descent over the tokens of a path."""

    def __init__(self, path: str, tokens: list[str]) -> None:
        self.path, self.tokens = path, tokens[::-1]

    @property
    def ahead(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def next(self) -> str:
        return self.tokens.pop() if self.tokens else _invalid(self.path)

    def take(self, *words: str) -> bool:
        """Whether the next tokens are these; then they are behind."""
        if self.tokens[::-1][: len(words)] != list(words):
            return False
        del self.tokens[-len(words) :]
        return True

    def expect(self, word: str) -> None:
        if not self.take(word):
            _invalid(self.path)

    def sum(self) -> jsonitems.Path:
        left = self.product()
        while self.ahead in ("+", "-"):
            left = jsonitems.arithmetic(self.next(), left, self.product())
        return left

    def product(self) -> jsonitems.Path:
        left = self.signed()
        while self.ahead in ("*", "/", "%"):
            left = jsonitems.arithmetic(self.next(), left, self.signed())
        return left

    def signed(self) -> jsonitems.Path:
        if self.ahead not in ("+", "-"):
            return self.accessed()
        sign = -1 if self.next() == "-" else 1
        inner = self.signed()
        return lambda c: [sign * jsonitems.number_of(i) for i in jsonitems.unwrapped(c, inner(c))]

    def accessed(self) -> jsonitems.Path:
        path = self.primary()
        while True:
            if self.take(".."):
                path = jsonitems.descendants(path, jsonitems.name_of(self.next()))
            elif self.take("."):
                path = self._member(path)
            elif self.take("["):
                path = self._subscripts(path)
            elif self.take("?"):
                self.expect("(")
                path = jsonitems.filtered(path, self.either())
                self.expect(")")
            else:
                return path

    def _member(self, path: jsonitems.Path) -> jsonitems.Path:
        if self.take("*"):
            return lambda c: [v for i in jsonitems.unwrapped(c, path(c)) for v in jsonitems.object_of(i).values()]
        name = self.next()
        if self.take("("):
            self.expect(")")
            if name not in jsonitems.METHODS:
                fail(f"JSON path method {name}() is not supported", "NOT_SUPPORTED")
            return jsonitems.METHODS[name](path)
        return jsonitems.members(path, jsonitems.name_of(name))

    def _subscripts(self, path: jsonitems.Path) -> jsonitems.Path:
        if self.take("*", "]"):
            return lambda c: [e for i in path(c) for e in jsonitems.array_of(c, i)]
        parts: list[tuple[jsonitems.Path, jsonitems.Path | None]] = []
        while True:
            first = self.sum()
            parts.append((first, self.sum() if self.take("to") else None))
            if not self.take(","):
                break
        self.expect("]")
        return jsonitems.elements(path, parts)

    def primary(self) -> jsonitems.Path:
        token = self.next()
        if token == "(":
            inner = self.sum()
            self.expect(")")
            return inner
        if token == "$":
            return lambda c: [c.root]
        if token == "@":
            return lambda c: [c.current]
        if token == "last":
            return lambda c: [c.last]
        if token[0] == "$":
            return jsonitems.variable(token[1:], self.path)
        if token in jsonitems.CONSTANTS or token[0] == '"' or token[0].isdigit():
            constant = jsonitems.constant(token)
            return lambda _: [constant]
        _invalid(self.path)

    def either(self) -> jsonitems.Test:
        tests = [self.both()]
        while self.take("||"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda c: jsonitems.any_of(t(c) for t in tests)

    def both(self) -> jsonitems.Test:
        tests = [self.negated()]
        while self.take("&&"):
            tests.append(self.negated())
        return tests[0] if len(tests) == 1 else lambda c: jsonitems.all_of(t(c) for t in tests)

    def negated(self) -> jsonitems.Test:
        if self.take("!"):
            inner = self.negated()
            return lambda c: None if (found := inner(c)) is None else not found
        if self.take("exists", "("):
            path = self.sum()
            self.expect(")")
            return jsonitems.exists(path)
        if self.ahead == "(":
            saved = list(self.tokens)
            try:
                self.next()
                test = self.either()
                self.expect(")")
            except ValueError:
                self.tokens = saved
            else:
                return (lambda c: test(c) is None) if self.take("is", "unknown") else test
        return self._comparison()

    def _comparison(self) -> jsonitems.Test:
        left = self.sum()
        if self.take("starts", "with"):
            return jsonitems.compared(left, "starts", self.sum())
        operator = self.next()
        if operator not in jsonitems.ORDERS:
            if operator == "like_regex":
                fail("JSON path predicate like_regex is not supported", "NOT_SUPPORTED")
            _invalid(self.path)
        return jsonitems.compared(left, operator, self.sum())
