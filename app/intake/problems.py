"""The list of a file's mistakes: the same mistake in the same column is one entry with a count."""

from dataclasses import replace

from app.intake.models import Code, Problem


class Problems:
    """Keeps the first `limit` kinds of mistakes and counts all of them."""

    def __init__(self, limit: int) -> None:
        self.total = 0
        self._limit = limit
        self._found: dict[tuple[Code, str | None], Problem] = {}

    def add(self, problem: Problem) -> None:
        self.total += problem.count
        key = (problem.code, problem.column)
        known = self._found.get(key)
        if known is not None:
            self._found[key] = replace(known, count=known.count + problem.count)
        elif len(self._found) < self._limit:
            self._found[key] = problem

    @property
    def found(self) -> tuple[Problem, ...]:
        return tuple(self._found.values())
