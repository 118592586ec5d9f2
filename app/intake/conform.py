"""Whether a column's values are what was agreed: one pattern over a whole batch, and value by value where it fails."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from app.domain.schemas import Column
from app.domain.shapes import fits_decimal, integer_range, pattern_of, shape_of
from app.intake.masking import masked
from app.intake.models import Problem

# Fewer digits than could be out of range, so that a batch that matches needs no look at its values.
_SAFE_DIGITS: Final = {"tinyint": 2, "smallint": 4, "int": 9, "bigint": 18}


def accepts(column: Column, text: str, null_value: str | None = None) -> bool:
    """Whether a text is a value of the column or one of its nulls: exactly where `app.sql.casts` gives a value."""
    return is_null(column, text, null_value) or is_value(column, text)


def is_null(column: Column, text: str, null_value: str | None = None) -> bool:
    is_text = shape_of(column) == "text"
    bare = text if is_text else text.strip(" ")
    return not bare or bare in column.null_tokens or (null_value is not None and bare == null_value)


def is_value(column: Column, text: str) -> bool:
    """Whether a text reads as the column's type."""
    code, kind = shape_of(column), column.type
    if code == "text":
        return kind.length is None or len(text) <= kind.length
    bare = text.strip(" ")
    pattern = _compiled(column)
    if pattern is not None and not pattern.fullmatch(bare):
        return False
    if code == "int" and kind.is_integer:
        low, high = integer_range(kind)
        return len(bare) < 400 and low <= int(bare) <= high
    if code == "money":
        return fits_decimal(re.sub(r"[^0-9.]", "", bare), kind)
    return True


def _compiled(column: Column) -> re.Pattern[str] | None:
    return _pattern(shape_of(column), str(column.type), column)


@lru_cache(maxsize=4096)
def _pattern(code: str, _kind: str, column: Column) -> re.Pattern[str] | None:
    pattern = pattern_of(code, column.type)
    return None if pattern is None else re.compile(pattern, re.ASCII)


class ColumnCheck:
    """Checks one agreed column, batch by batch, and reports what does not conform."""

    def __init__(self, column: Column, null_value: str | None, report: Callable[[Problem], None]) -> None:
        self._column = column
        self._null = null_value
        self._report = report
        self._takes_all = shape_of(column) in {"text", "json"} and column.type.length is None and column.is_nullable
        self._batch = None if self._takes_all else self._batch_pattern()
        self._fine: set[str] = set()

    def _batch_pattern(self) -> re.Pattern[str] | None:
        code = shape_of(self._column)
        if code in {"text", "money"}:
            return None
        value = pattern_of(code, self._column.type)
        if code == "int" and self._column.type.is_integer:
            value = f"[+-]?[0-9]{{1,{_SAFE_DIGITS[self._column.type.name]}}}"
        elif code in {"double", "double:special"}:
            value = r"-?(?:[0-9]{1,30}(?:\.[0-9]*)?|\.[0-9]+)"
        if value is None:
            return None
        if not self._column.is_nullable:
            return re.compile(f"(?: *(?:{value}) *\n)*+", re.ASCII)
        tokens = [*self._column.null_tokens, *([self._null] if self._null else [])]
        nulls = "".join(f"|{re.escape(token)}" for token in tokens if token)
        return re.compile(f"(?: *(?:{value}{nulls})? *\n)*+", re.ASCII)

    def add(self, values: Sequence[str], lines: Sequence[int]) -> None:
        if self._takes_all:
            return
        if self._batch is not None:
            joined = "\n".join(values) + "\n"
            if joined.count("\n") == len(values) and self._batch.fullmatch(joined):
                return
        for text, count in Counter(values).items():
            if text in self._fine:
                continue
            self._judge(text, count, values, lines)

    def _judge(self, text: str, count: int, values: Sequence[str], lines: Sequence[int]) -> None:
        column = self._column
        if is_null(column, text, self._null):
            if not column.is_nullable:
                line = lines[values.index(text)]
                self._report(Problem("not_nullable", "a value", "null", line, column.name, count))
            return
        if is_value(column, text):
            if len(self._fine) < 20_000:
                self._fine.add(text)
            return
        line = lines[values.index(text)]
        expected = self._expected()
        self._report(Problem("bad_value", expected, masked(text), line, column.name, count))

    def _expected(self) -> str:
        code = shape_of(self._column)
        family, _, fmt = code.partition(":")
        return (
            f"{self._column.type} written {fmt}" if family in {"date", "timestamp"} and fmt else str(self._column.type)
        )
