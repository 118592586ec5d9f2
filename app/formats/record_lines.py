"""Records of a stored result as one text, a line each, which costs a third of a list of them.

Where records end is guessed first: at line breaks. Only a value with a line break makes that wrong, and who reads the
records sees it, at no cost: they are fewer than the lines. `Misread` says so; then they are told apart one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from app.formats.athena_csv import has_broken_lines, records

_PART = 2**20


class Misread(Exception):
    """A value has a line break, so the lines are not the records."""


@dataclass(frozen=True)
class RecordLines:
    """`count` records; in `text` each has a line break behind it. `is_guess`: every line is taken for one."""

    text: bytes = b""
    count: int = 0
    is_guess: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, found: Sequence[bytes]) -> "RecordLines":
        """Records that were told apart."""
        return cls(b"".join((b"\n".join(found), b"\n")), len(found)) if found else cls()

    @classmethod
    def guessed(cls, text: bytes, count: int | None = None) -> "RecordLines":
        """Every line a record. Misread when the last one is seen to be none; of the others their reader has to say."""
        if text.count(b'"', text.rfind(b"\n", 0, -1) + 1) & 1:
            raise Misread
        return cls(text, text.count(b"\n") if count is None else count, is_guess=True)

    @classmethod
    def at_start_of(cls, chunk: bytes, *, is_last: bool, is_exact: bool) -> "tuple[RecordLines, int]":
        """The whole records of a chunk, and how many bytes they take; `is_exact`: told apart, not guessed."""
        if is_exact:
            found, used = records(chunk, is_last=is_last)
            return cls.of(found), used
        used = len(chunk) if is_last else chunk.rfind(b"\n") + 1
        text = chunk[:used]
        return cls.guessed(text if text[-1:] == b"\n" else text + b"\n") if text else cls(), used

    @cached_property
    def records(self) -> list[bytes]:
        """One by one, without their line breaks. Misread when they are fewer than was guessed."""
        found, _ = records(self.text, is_last=True)
        if len(found) != self.count:
            raise Misread
        return found

    def prove(self) -> None:
        """For who copies the text and does not read it. Misread when a line is no record."""
        if self.is_guess and has_broken_lines(self.text):
            raise Misread

    def first(self, number: int) -> "RecordLines":
        if number >= self.count:
            return self
        if not self.is_guess:
            return RecordLines.of(self.records[:number])
        rest = self.text.split(b"\n", number)[-1]
        return RecordLines.guessed(self.text[: len(self.text) - len(rest)], number)

    def within(self, room: int, overhead: int) -> "RecordLines":
        """As many from the start as have `room` bytes, each with `overhead` more."""
        cost, room = len(self.text) + overhead * self.count, max(0, room)
        if cost <= room:
            return self
        if not self.is_guess:
            sizes = accumulate(len(record) + 1 + overhead for record in self.records)
            return RecordLines.of(self.records[: sum(size <= room for size in sizes)])
        # The share that fits, if all were as long as the average; what is left out in error comes line by line.
        at = self.text.rfind(b"\n", 0, len(self.text) * room // cost) + 1
        count = self.text.count(b"\n", 0, at)
        while at + overhead * count > room:
            end = self.text.rfind(b"\n", 0, at * room // (at + overhead * count)) + 1
            count -= self.text.count(b"\n", end, at)
            at = end
        while (end := self.text.index(b"\n", at) + 1) + overhead * (count + 1) <= room:
            at, count = end, count + 1
        return RecordLines.guessed(self.text[:at], count)

    def parts(self) -> "Iterator[RecordLines]":
        """About a MB at a time: what is worked on stays in the processor's cache. Nothing is one part."""
        if len(self.text) <= _PART:
            yield self
        elif self.is_guess:
            at = 0
            while at < len(self.text):
                end = self.text.rfind(b"\n", at, at + _PART) + 1 or self.text.index(b"\n", at) + 1
                yield RecordLines.guessed(self.text[at:end])
                at = end
        else:
            step = max(1, self.count * _PART // len(self.text))
            for at in range(0, self.count, step):
                yield RecordLines.of(self.records[at : at + step])
