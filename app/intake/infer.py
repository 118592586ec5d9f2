"""The type of each column from all of its values, in one pass and in memory that does not grow with the file.

A type is given only when every value that is not null has it; one other value makes the column text, and the evidence
says where. JSON strings are never numbers or booleans (`"007"` was written as text on purpose), but may be moments;
JSON objects and arrays are varchar columns of JSON text.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from app.domain.schemas import Column, ColumnType, parse_type
from app.domain.shapes import pattern_of
from app.intake.classify import Family, Kind, classify
from app.intake.masking import masked

_NUMBERS: Final = frozenset({"integer", "long", "fixed", "double", "special"})
_INT: Final = (1 << 31) - 1
_SAFE_WHOLE: Final = "-?(?:0|[1-9][0-9]{0,%d})"
_BATCH_VALUES: Final = {
    "int": _SAFE_WHOLE % 8,
    "bigint": _SAFE_WHOLE % 17,
    "fixed": r"-?(?:0|[1-9][0-9]{0,15})?\.[0-9]{2}",
    "double": r"-?(?:(?:0|[1-9][0-9]{0,17})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?",
}
_BOOLEAN_PAIRS: Final = {
    "truth": {"true", "false"}, "letter": {"t", "f"}, "word": {"yes", "no"}, "short": {"y", "n"},
}  # fmt: skip
_NAMES: Final = {"integer": "integers", "fixed": "amounts with two decimals", "double": "numbers", "money": "money"}


class ColumnProfile:
    """Accumulates one column's values, batch by batch; `column()` is the verdict. `null_value`: text declared NULL."""

    def __init__(self, null_value: str | None = None) -> None:
        self._null_value = null_value or None
        self.rows = 0
        self._nulls = 0
        self._tokens: Counter[str] = Counter()
        self._families: set[Family] = set()
        self._parses: frozenset[str] | None = None
        self._words: set[str] = set()
        self._digits = 0
        self._scale = 0
        self._has_bigint = False
        self._ends_in_zero = False
        self._offence: str | None = None
        self._has_strings = False
        self._batch: re.Pattern[str] | None = None
        self._batch_kind = ""

    def skip(self, rows: int) -> None:
        """Rows in which the column does not occur."""
        self.rows += rows
        self._nulls += rows

    def add(self, values: Sequence[str], lines: Sequence[int], *, has_strings: bool = False) -> None:
        self.rows += len(values)
        self._has_strings = self._has_strings or has_strings
        if self._offence is not None:
            self._nulls += values.count("")
            return
        if self._batch is not None and self._is_usual(values):
            return
        for text, count in Counter(values).items():
            if not self._take(text.strip(" "), count):
                self._offence = self._offended_by(text, lines[values.index(text)])
                return
        self._batch = self._expectation()

    def _is_usual(self, values: Sequence[str]) -> bool:
        """Whether a batch holds nothing new: one pattern over all values at once, at C speed."""
        joined = "\n".join(values) + "\n"
        if joined.count("\n") != len(values) or not self._batch.fullmatch(joined):  # type: ignore[union-attr]
            return False
        self._nulls += values.count("")
        for token in self._tokens:
            found = values.count(token)
            self._nulls += found
            self._tokens[token] += found
        if self._batch_kind == "fixed" and not self._ends_in_zero:
            self._ends_in_zero = "0\n" in joined
        return True

    def _take(self, text: str, count: int) -> bool:
        if text == self._null_value:
            self._nulls += count
            self._tokens[text] += count
            return True
        kind = classify(text)
        if kind.family == "null":
            self._nulls += count
            if text:
                self._tokens[text] += count
            return True
        if kind.family == "text" or (self._has_strings and kind.family != "moment"):
            return False
        self._note(kind, text)
        families = self._families
        if families <= _NUMBERS:
            return True
        if families <= {"money", "integer", "fixed"}:
            return True
        return len(families) == 1 and (self._parses is None or bool(self._parses) or "money" in families)

    def _note(self, kind: Kind, text: str) -> None:
        self._families.add(kind.family)
        self._digits = max(self._digits, kind.digits)
        if kind.family == "integer":
            self._has_bigint = self._has_bigint or (kind.digits > 9 and not -_INT - 1 <= int(text) <= _INT)
        elif kind.family == "fixed":
            self._scale = max(self._scale, 2)
            self._ends_in_zero = self._ends_in_zero or text.endswith("0")
        elif kind.family == "money":
            self._scale = max(self._scale, 2, *map(int, kind.parses))  # cents may come tomorrow
        elif kind.family in {"moment", "boolean"}:
            self._parses = kind.parses if self._parses is None else self._parses & kind.parses
            if kind.family == "boolean":
                self._words.add(text.lower())

    def _expectation(self) -> re.Pattern[str] | None:
        self._batch_kind = ""
        families = self._families
        value: str | None = None
        if families and families <= {"integer", "fixed", "double"}:
            plain: Literal["int", "bigint"] = "bigint" if self._has_bigint else "int"
            self._batch_kind = plain if families == {"integer"} else "fixed" if families == {"fixed"} else "double"
            value = _BATCH_VALUES[self._batch_kind]
        elif families == {"moment"}:
            code = self._moment_code()
            value = pattern_of(code, ColumnType("timestamp")) if code else None
        if value is None:
            return None
        tokens = "".join(f"|{re.escape(token)}" for token in self._tokens)
        return re.compile(f"(?:(?:{value}{tokens})?\n)*+", re.ASCII)

    def _moment_code(self) -> str | None:
        """The one way to read all moments so far; None while there are several."""
        parses = self._parses or frozenset()
        if parses == {"date:%Y-%m-%d", "timestamp:iso"}:
            return "date:%Y-%m-%d"
        return next(iter(parses)) if len(parses) == 1 else None

    def _offended_by(self, text: str, line: int) -> str:
        why = classify(text.strip(" ")).why
        shape = f"{masked(text)!r} in line {line:,}"
        if why:
            return f"{why}: {shape}"
        if not self._families:
            return shape
        return f"{self._described()} until {shape}"

    def _described(self) -> str:
        for family in ("money", "double", "special", "fixed", "integer"):
            if family in self._families:
                return _NAMES.get(family, "numbers")
        if "boolean" in self._families:
            return "booleans"
        return "moments"

    def column(self, name: str, original: str) -> Column:
        """The verdict; `original` is the name in the file."""
        values = self.rows - self._nulls
        kind, parse, certainty = self._verdict()
        if kind == "varchar":
            evidence = self._text_evidence(values)
        else:
            what = (parse or kind).partition(":")[2] if parse and ":" in parse else self._described()
            evidence = f"{values:,} of {values:,} values are {self._described()}; {self._nulls:,} null"
            if what != self._described():
                evidence = f"{values:,} of {values:,} values are {kind}s written {what}; {self._nulls:,} null"
        if kind != "varchar" and self._is_ambiguous():
            evidence += "; the order of day and month cannot be told"
        # In text only what is declared means NULL; elsewhere also what was found between the values.
        tokens = set() if kind == "varchar" else set(self._tokens)
        return Column(
            name=name,
            type=parse_type(kind),
            original_name=original[:4_096],
            null_tokens=tuple(sorted(tokens | ({self._null_value} if self._null_value else set()))),
            parse=parse,
            certainty=certainty,
            evidence=evidence[:1_000],
        )

    def _is_ambiguous(self) -> bool:
        return self._families == {"moment"} and self._moment_code() is None

    def _is_code(self) -> bool:
        """Whole numbers of which some have more digits than a bigint; beside fractions they would be measurements."""
        return "long" in self._families and self._families <= {"integer", "long"}

    def _text_evidence(self, values: int) -> str:
        if self._is_code():
            return f"text: digits beyond 18; {self._nulls:,} of {self.rows:,} null"
        if self._offence is not None:
            return f"text: {self._offence}; {self._nulls:,} of {self.rows:,} null"
        return (
            f"no value in {self.rows:,} rows" if not values else f"{values:,} values of one kind only, too few to tell"
        )

    def _verdict(self) -> tuple[str, str | None, float]:
        values = self.rows - self._nulls
        families = self._families
        if self._offence is not None:
            return "varchar", None, 0.95 if "until" not in self._offence else 0.7
        if not families:
            return "varchar", None, 0.0
        if self._is_code():
            return "varchar", None, 0.95
        sure = round(min(0.99, values / (values + 2)), 2)
        if families == {"boolean"}:
            return self._boolean(sure)
        if families == {"moment"}:
            return self._moment(sure)
        return *self._number(), sure

    def _boolean(self, sure: float) -> tuple[str, str | None, float]:
        pair = next(iter(self._parses or {"truth"}))
        is_whole = self._words == _BOOLEAN_PAIRS[pair] or pair == "truth"
        return ("boolean", "boolean", sure) if is_whole else ("varchar", None, 0.5)

    def _moment(self, sure: float) -> tuple[str, str | None, float]:
        code = self._moment_code()
        if code is None:
            first = [p for p in sorted(self._parses or ()) if "%m/%d" in p or "%m-%d" in p]
            code = first[0] if first else min(self._parses or {"timestamp:iso"})
            sure = 0.5
        return code.partition(":")[0], code, sure

    def _number(self) -> tuple[str, str | None]:
        families = self._families
        if "money" in families:
            whole = max(18 - self._scale, self._digits)
            return f"decimal({min(38, whole + self._scale)},{self._scale})", "money"
        if families == {"integer"}:
            return ("bigint" if self._has_bigint else "int"), "int"
        if families == {"fixed"} and self._ends_in_zero:
            return "decimal(18,2)", "decimal"
        return "double", "double:special" if "special" in families else "double"
