r"""Java's regular expressions as RE2's and as Python's.

DuckDB runs RE2, which has no look-around, back-references or possessive quantifiers: what RE2 does not take runs in
Python. Source: https://trino.io/docs/current/functions/regexp.html and java.util.regex.Pattern. `\w`, `\d`, `\s` and
`\b` are ASCII's, `.` is all but a line feed.
"""

import re
import threading
from functools import lru_cache

import duckdb

from local.trino.functions.texts import fail

_CLASSES = {
    "Lower": "a-z", "Upper": "A-Z", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
    "Punct": "!-/:-@\\[-`{-~", "Graph": "!-~", "Print": " -~", "Blank": " \\t", "Cntrl": "\\x00-\\x1f\\x7f",
    "XDigit": "0-9a-fA-F", "Space": " \\t\\n\\x0b\\f\\r", "ASCII": "\\x00-\\x7f",
    "javaLowerCase": "a-z", "javaUpperCase": "A-Z", "javaWhitespace": " \\t\\n\\x0b\\f\\r",
}  # fmt: skip
_SHORT = {"d": "0-9", "w": "a-zA-Z0-9_", "s": " \\t\\n\\x0b\\f\\r", "h": " \\t\\u00a0", "v": "\\n\\x0b\\f\\r"}
_PYTHON_LETTERS = {"L": r"^\W\d_", "IsAlphabetic": r"^\W\d_", "N": r"\d", "Nd": r"\d", "IsDigit": r"\d"}
_HEX = re.compile(r"u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]+)\}")


class Unsupported(Exception):
    """The pattern uses what this side cannot say."""


class _Writer:
    """Copies a pattern, piece by piece, into another dialect."""

    def __init__(self, pattern: str, *, is_re2: bool) -> None:
        self.pattern, self.at, self.is_re2 = pattern, 0, is_re2
        self.made: list[str] = []
        self.open: list[int] = []  # for each open group: how many flag groups to close with it

    def run(self) -> str:
        self.open.append(0)
        while self.at < len(self.pattern):
            self._step()
        self.made.append(")" * self.open[0])
        return "".join(self.made)

    def _step(self) -> None:
        rest = self.pattern[self.at :]
        char = rest[0]
        if char == "\\":
            self.made.append(self._escape(in_class=False))
        elif char == "[":
            self.made.append(self._class())
        elif (named := re.match(r"\(\?<([A-Za-z][A-Za-z0-9]*)>", rest)) is not None:
            self.open.append(0)
            self._take(named[0], f"(?P<{named[1]}>")
        elif not self.is_re2 and (flags := re.match(r"\(\?([imsx]+)\)", rest)) is not None:
            self.open[-1] += 1
            self._take(flags[0], f"(?{flags[1]}:")
        elif char == "(" and re.match(r"\(\?[a-zA-Z-]+\)", rest) is None:
            self.open.append(0)
            self._take("(", "(")
        elif char == ")" and len(self.open) > 1:
            self._take(")", ")" * (self.open.pop() + 1))
        else:
            self._take(char, char)

    def _take(self, read: str, written: str) -> None:
        self.at += len(read)
        self.made.append(written)

    def _escape(self, *, in_class: bool) -> str:
        rest = self.pattern[self.at + 1 :]
        if rest == "":
            fail(f"Invalid pattern: {self.pattern}")
        if (code := _HEX.match(rest)) is not None:
            self.at += 1 + code.end()
            point = int(code[1] or code[2] or code[3], 16)
            return f"\\x{{{point:x}}}" if self.is_re2 else re.escape(chr(point))
        if rest[0] == "Q" and not in_class:
            inner = rest[1:].partition("\\E")[0]
            self.at = min(self.at + 2 + len(inner) + 2, len(self.pattern))
            return re.escape(inner)
        if (prop := re.match(r"([pP])(?:\{(\^?)(\w+)\}|(\w))", rest)) is not None:
            self.at += 1 + prop.end()
            return self._property(prop[3] or prop[4], is_not=(prop[1] == "P") != bool(prop[2]), in_class=in_class)
        self.at += 2
        letter = rest[0]
        if letter.lower() in _SHORT and (letter.islower() or letter in "DWSHV"):
            chars = _SHORT[letter.lower()].replace("\\u00a0", "\\x{a0}" if self.is_re2 else "\\xa0")
            if in_class and letter.isupper():
                return f"\\{letter}" if letter in "DWS" else _refuse(letter)
            return chars if in_class else f"[{'^' if letter.isupper() else ''}{chars}]"
        if letter in "GX" or (letter == "Z" and self.is_re2):
            return _refuse(letter)
        if letter in "eRZ" or (letter == "z" and not self.is_re2):
            return {"e": "\\x1b", "R": r"(?:\r\n|[\n\x0b\f\r])", "Z": r"(?=\n?\Z)", "z": "\\Z"}[letter]
        if letter == "k" and (name := re.match(r"k<(\w+)>", rest)) is not None:
            self.at += name.end() - 1
            return f"(?P={name[1]})"
        return f"\\{letter}"

    def _property(self, name: str, *, is_not: bool, in_class: bool) -> str:
        chars = _CLASSES.get(name)
        if chars is not None:
            if in_class:
                return _refuse(name) if is_not else chars
            return f"[{'^' if is_not else ''}{chars}]"
        if self.is_re2:
            return f"\\{'P' if is_not else 'p'}{{{name.removeprefix('Is') if name != 'IsAlphabetic' else 'L'}}}"
        letters = _PYTHON_LETTERS.get(name)
        if letters is None or in_class:
            return _refuse(name)
        return f"[{letters}]" if not is_not else f"(?![{letters}])(?s:.)"

    def _class(self) -> str:
        made = ["["]
        self.at += 1
        if self.pattern.startswith("^", self.at):
            self.at += 1
            made.append("^")
        is_first = True
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            if char == "]" and not is_first:
                self.at += 1
                return "".join(made) + "]"
            if char == "\\":
                made.append(self._escape(in_class=True))
            elif char == "[" or self.pattern.startswith("&&", self.at):
                raise Unsupported("a character class in a character class")
            else:
                self.at += 1
                made.append("\\" + char if char in "]|~-&" and (is_first or char != "-") else char)
            is_first = False
        return fail(f"premature end of char-class: {self.pattern}")


def _refuse(what: str) -> str:
    raise Unsupported(what)


_checking = threading.Lock()


@lru_cache(maxsize=1)
def _checker() -> duckdb.DuckDBPyConnection:
    """An instance of its own that says whether RE2 takes a pattern."""
    return duckdb.connect(config={"threads": 1})


@lru_cache(maxsize=512)
def re2(pattern: str) -> str | None:
    """The pattern for DuckDB; None when RE2 cannot run it as Java would."""
    if re.search(r"(?<!\\)\$(?!\Z)|\\[1-9]", pattern):
        return None  # `$` also matches before a last line feed in Java
    try:
        made = _Writer(pattern, is_re2=True).run()
        with _checking:
            _checker().execute("SELECT regexp_matches('', ?)", [made])
    except (Unsupported, duckdb.Error, ValueError):
        return None
    return made


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for Python. Raises ValueError with Trino's error for what is no pattern or not supported."""
    try:
        return re.compile(_Writer(pattern, is_re2=False).run())
    except Unsupported as reason:
        fail(f"regular expressions with {reason} are not supported here: {pattern}", "NOT_SUPPORTED")
    except re.error as error:
        fail(f"{error}: {pattern}")


@lru_cache(maxsize=512)
def replacement(pattern: re.Pattern[str], text: str) -> tuple[str | int, ...]:
    r"""A replacement's literal texts and group numbers: `$1`, `${name}`, `\$`. Raises ValueError with Trino's error."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        if text[at] == "\\":
            if at + 1 == len(text):
                fail("Illegal replacement sequence: " + text)
            parts.append(text[at + 1])
            at += 2
        elif text[at] == "$":
            name = re.match(r"\$\{([A-Za-z][A-Za-z0-9]*)\}", text[at:])
            number = re.match(r"\$(\d+)", text[at:])
            if name is not None:
                if name[1] not in pattern.groupindex:
                    fail(f"Illegal replacement sequence: unknown group {{ {name[1]} }}")
                parts.append(pattern.groupindex[name[1]])
                at += name.end()
            elif number is not None:
                digits = number[1]
                while len(digits) > 1 and int(digits) > pattern.groups:
                    digits = digits[:-1]
                if int(digits) > pattern.groups:
                    fail(f"Illegal replacement sequence: unknown group {digits}")
                parts.append(int(digits))
                at += 1 + len(digits)
            else:
                fail("Illegal replacement sequence: " + text)
        else:
            parts.append(text[at])
            at += 1
    return tuple(parts)
