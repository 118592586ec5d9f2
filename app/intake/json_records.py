"""JSON lines, or one array of objects, to batches of named columns of text.

Scalars become the text that Athena's JSON serde gives a string column; null and a missing key are the empty text;
objects and arrays are JSON text. Duplicate keys: the last one counts, as in the serde.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.domain.schemas import safe_names
from app.intake.masking import masked
from app.intake.models import IntakeError, Limits, Problem, Reason

_MAX_RECORD_FACTOR: Final = 16
_BATCH: Final = 4096
_SPACE: Final = " \t\r\n"
_WORDS: Final[dict[bool | None, str]] = {True: "true", False: "false", None: ""}


@dataclass(frozen=True)
class JsonBatch:
    """`columns[key][row]`; a key is in every batch once it was seen. `strings` and `nested`: keys with such values."""

    columns: dict[str, Sequence[str]]
    rows: int
    lines: Sequence[int]
    strings: frozenset[str]
    nested: frozenset[str]


class JsonReader:
    """Reads the text of a JSON file. `keys` grows in the order of first sight."""

    def __init__(self, layout: str, limits: Limits, report: Callable[[Problem], None]) -> None:
        self.keys: dict[str, None] = {}
        self.reasons: set[Reason] = set()
        self._layout = layout
        self._limits = limits
        self._report = report
        self._max_record = limits.max_field_chars * _MAX_RECORD_FACTOR

    def batches(self, texts: Iterable[str]) -> Iterator[JsonBatch]:
        rows: list[dict[str, Any]] = []
        lines: list[int] = []
        source = self._objects(texts) if self._layout == "array" else self._lines(texts)
        for value, line in source:
            if not isinstance(value, dict):
                self._report(Problem("bad_json", "an object", type(value).__name__, line))
                continue
            rows.append(value)
            lines.append(line)
            if len(rows) >= _BATCH:
                yield self._batch(rows, lines)
                rows, lines = [], []
        if rows:
            yield self._batch(rows, lines)

    def _lines(self, texts: Iterable[str]) -> Iterator[tuple[Any, int]]:
        carry = ""
        number = 0
        for text in texts:
            pieces = (carry + text).split("\n")
            carry = pieces.pop()
            if len(carry) > self._max_record:
                raise IntakeError(Problem("field_too_long", f"lines of up to {self._max_record:,} characters", "more"))
            for piece in pieces:
                number += 1
                yield from self._line(piece, number)
        yield from self._line(carry, number + 1, is_last=True)

    def _line(self, text: str, number: int, *, is_last: bool = False) -> Iterator[tuple[Any, int]]:
        if not text.strip(_SPACE):
            if not is_last:
                self.reasons.add("blank_lines")
            return
        try:
            yield orjson.loads(text), number
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            self._report(Problem("bad_json", "one JSON object per line", masked(text), number))

    def _objects(self, texts: Iterable[str]) -> Iterator[tuple[Any, int]]:
        """The elements of one array, or values one after another in any layout."""
        self.reasons.add("json_layout")
        decoder = json.JSONDecoder(parse_constant=_refuse)
        buffer, line = "", 1
        source = iter(texts)
        is_open, is_first = True, True
        while True:
            skipped = len(buffer) - len(buffer.lstrip(_SPACE + (",[" if is_first else ",")))
            line += buffer.count("\n", 0, skipped)
            is_first = is_first and skipped == len(buffer)
            buffer = buffer[skipped:]
            if buffer.startswith("]"):
                return
            try:
                # A scalar at the end of what has arrived may go on in the next piece.
                is_cut = is_open and not buffer.startswith(("{", "["))
                value, end = decoder.raw_decode("" if is_cut else buffer)
            except (ValueError, RecursionError) as error:
                more = next(source, None) if is_open else None
                is_open = more is not None
                if more is None:
                    if buffer:
                        raise IntakeError(Problem("bad_json", "JSON objects", masked(buffer), line)) from error
                    return
                if len(buffer) > self._max_record:
                    raise IntakeError(Problem("bad_json", "JSON objects", masked(buffer), line)) from error
                buffer += more
                continue
            yield value, line
            line += buffer.count("\n", 0, end)
            buffer = buffer[end:]

    def _batch(self, rows: list[dict[str, Any]], lines: list[int]) -> JsonBatch:
        for row in rows:
            if row.keys() - self.keys.keys():
                self.keys.update(dict.fromkeys(row))
        if len(self.keys) > self._limits.max_columns:
            limit = self._limits.max_columns
            raise IntakeError(Problem("too_many_columns", f"at most {limit} keys", f"{len(self.keys)} keys", lines[0]))
        columns: dict[str, Sequence[str]] = {}
        strings, nested = set(), set()
        for key in self.keys:
            values: list[Any] = [row.get(key) for row in rows]
            kinds = set(map(type, values))
            if str in kinds:
                strings.add(key)
            if dict in kinds or list in kinds:
                nested.add(key)
            columns[key] = _as_texts(values, kinds)
        return JsonBatch(columns, len(rows), lines, frozenset(strings), frozenset(nested))


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _as_texts(values: list[Any], kinds: set[type]) -> list[str]:
    if kinds == {str}:
        return values
    if kinds in ({int}, {float}):
        return list(map(repr, values))
    if kinds <= {bool, type(None)}:
        return [_WORDS[value] for value in values]
    return [as_text(value) for value in values]


def as_text(value: Any) -> str:
    """A JSON value as the text of a string column."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def keys_need_renaming(keys: Iterable[str]) -> bool:
    """Athena's JSON serde finds a key by its lower-case name only."""
    names = list(keys)
    return list(safe_names(names)) != [name.lower() for name in names]
