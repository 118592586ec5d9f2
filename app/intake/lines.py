"""Text files whose lines a classifier takes apart: which classifier fits, and its rows, batch by batch."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from app.domain.classifiers import Classifier, Tried, best
from app.intake.masking import masked
from app.intake.models import IntakeError, LineEnd, Problem
from app.intake.patterns import MAX_LINE, LinePattern
from app.intake.records import Batch

_BATCH: Final = 4_096
_BATCH_CHARS: Final = 4 << 20
_SAMPLED: Final = 1_000


class LineReader:
    """Reads lines into columns of text and counts those that match and those that do not. Blank lines do not count."""

    def __init__(self, classifier: Classifier, line_end: LineEnd) -> None:
        self.matched = 0
        self.unmatched = 0
        self._classifier = classifier
        self._pattern = LinePattern(classifier)
        self._line_end = line_end
        self._first_unmatched: tuple[int, str] = (0, "")

    def batches(self, texts: Iterable[str]) -> Iterator[Batch]:
        rows: list[Sequence[str]] = []
        numbers: list[int] = []
        chars = 0
        for number, line in enumerate(_lines_of(texts, self._line_end), start=1):
            values = self._values(line, number)
            if not values:
                continue
            rows.append(values)
            numbers.append(number)
            chars += len(line)
            if len(rows) >= _BATCH or chars > _BATCH_CHARS:
                yield Batch(list(zip(*rows, strict=True)), len(rows), numbers)
                rows, numbers, chars = [], [], 0
        if rows:
            yield Batch(list(zip(*rows, strict=True)), len(rows), numbers)

    @property
    def left_out(self) -> Problem | None:
        """The lines that did not match; None if all did."""
        if not self.unmatched:
            return None
        line, found = self._first_unmatched
        share = f"{self._classifier.min_certainty:.4%}".rstrip("0%").rstrip(".")
        expected = f"lines as the classifier {self._classifier.name} has them, at least {share} % of all"
        return Problem("unmatched_line", expected, masked(found), line, count=self.unmatched)

    @property
    def is_certain(self) -> bool:
        return self._classifier.is_met_by(self.matched, self.matched + self.unmatched)

    def _values(self, line: str, number: int) -> Sequence[str] | None:
        try:
            values = self._pattern.values(line)
        except IntakeError as error:
            problem = error.problem
            raise IntakeError(Problem(problem.code, problem.expected, problem.found, number)) from error
        if values is None:
            self.unmatched += 1
            if self.unmatched == 1:
                self._first_unmatched = (number, line)
        elif values:
            self.matched += 1
        return values


def chosen(
    lines: Sequence[str], classifiers: Sequence[Classifier], *, is_declared: bool
) -> tuple[Classifier | None, tuple[Tried, ...]]:
    """The classifier to read these first lines of a file with, and how certain each is, the best first."""
    tried = [(one, _certainty(lines, one)) for one in classifiers]
    found = classifiers[0] if is_declared else best(tried)
    shown = [
        Tried(name=one.name, certainty=round(share, 4), min_certainty=one.min_certainty, is_chosen=one is found)
        for one, share in tried
    ]
    return found, tuple(sorted(shown, key=lambda one: (not one.is_chosen, -one.certainty, one.name)))


def _certainty(lines: Sequence[str], classifier: Classifier) -> float:
    pattern = LinePattern(classifier)
    matched = total = 0
    for line in islice(lines, _SAMPLED):
        try:
            values = pattern.values(line)
        except IntakeError:  # longer than a line may be: whoever reads the whole file says so
            values = None
        matched += bool(values)
        total += values is None or bool(values)
    return matched / total if total else 0.0


def _lines_of(texts: Iterable[str], line_end: LineEnd) -> Iterator[str]:
    """Lines without their ends. A lone carriage return ends a line only where the file's lines end so."""
    carry = ""
    for text in texts:
        piece = carry + text
        if line_end == "\r":
            held = "\r" if piece.endswith("\r") else ""  # perhaps half of a CRLF
            piece = piece.removesuffix(held).replace("\r\n", "\n").replace("\r", "\n") + held
        lines = piece.split("\n")
        carry = lines.pop()
        yield from (line.removesuffix("\r") for line in lines)
        if len(carry) > MAX_LINE + 1:  # refused when it is handed out; it need not be held to its end for that
            yield carry
            carry = ""
    if carry:
        yield from carry.removesuffix("\r").split("\r") if line_end == "\r" else [carry.removesuffix("\r")]
