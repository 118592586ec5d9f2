"""Pages of a stored result: where one begins, how far it reaches, and the token that says so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.adapters.objects import Objects
from app.domain.errors import BadPageToken, NotFound, ResultTooLarge
from app.domain.opaque import packed, unpacked
from app.domain.queries import Query, StoredResult
from app.formats.athena_csv import records
from app.formats.record_lines import RecordLines

WIDE_ROW: Final = "One row is larger than an answer may be; take delivery=link, or select fewer columns."
EXPIRED: Final = "The result has expired; ask the query again."
NO_TOKEN: Final = "page_token is not one that this API gave; start again without it."  # noqa: S105 - a sentence
_LEAST_READ: Final = 2**16


class Place(NamedTuple):
    """Where a page begins: a byte offset, and how many rows are before it."""

    offset: int
    row: int


@dataclass(frozen=True)
class Slice:
    """Records from a place on, and where the next page begins."""

    start: Place
    lines: RecordLines
    next: Place | None

    @property
    def end(self) -> Place:
        return Place(self.start.offset + len(self.lines.text), self.start.row + self.lines.count)

    def first(self, number: int) -> "Slice":
        """The same page with its first records only."""
        shorter = Slice(self.start, self.lines.first(number), None)
        return Slice(self.start, shorter.lines, shorter.end)


class Pages:
    """Reads results by byte ranges. A page costs the same wherever it is, in time and in memory."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def take(
        self,
        query: Query,
        result: StoredResult,
        start: Place,
        *,
        limit: int,
        overhead: int,
        cap: int,
        is_exact: bool,
    ) -> Slice:
        """Up to `limit` records from a place on, as many as have `cap` bytes, each with `overhead` bytes more. Misread
        when they are guessed and one is seen to be none.
        """
        wanted = min(limit, query.row_limit - start.row)
        end = _end(result)
        room, offset, rest = cap, start.offset, b""
        taken: list[bytes] = []
        count = 0
        position, step = offset, _first_read(result, wanted, cap)
        while position < end and count < wanted:
            last = min(position + step, end)
            chunk = rest + self._read(result, position, last)
            position, step = last, min(step * 2, max(2**20, cap // 4))
            found, used = RecordLines.at_start_of(chunk, is_last=position >= end, is_exact=is_exact)
            fitting = found.first(wanted - count).within(room, overhead)
            is_full = fitting.count < found.count
            used = len(fitting.text) if is_full else used
            taken.append(fitting.text)
            count += fitting.count
            room -= used + fitting.count * overhead
            offset += used
            rest = chunk[used:]
            if is_full:
                break
        if not count and len(rest) > cap:
            raise ResultTooLarge(WIDE_ROW)
        is_more = offset < end and start.row + count < query.row_limit
        next_ = Place(offset, start.row + count) if is_more else None
        return Slice(start, RecordLines(b"".join(taken), count, is_guess=not is_exact), next_)

    def _read(self, result: StoredResult, first: int, end: int) -> bytes:
        try:
            return self._objects.read(result.bucket, result.key, byte_range=(first, end - 1))
        except NotFound as error:
            raise NotFound(EXPIRED) from error


class Reading:
    """A whole result, read once or more from its start; then it is known whether row_limit cut it."""

    def __init__(self, objects: Objects, query: Query, result: StoredResult) -> None:
        self._objects = objects
        self._limit = query.row_limit
        self._result = result
        self.is_cut = bool(result.is_truncated)

    def chunks(self) -> Iterator[list[bytes]]:
        left, rest, position = self._limit, b"", self._result.start
        end = _end(self._result)
        for part in self._parts(end):
            position += len(part)
            found, used = records(rest + part, is_last=position >= end)
            rest = (rest + part)[used:]
            self.is_cut = self.is_cut or len(found) > left
            if found and left:
                yield found[:left]
            left -= len(found[:left])

    def _parts(self, end: int) -> Iterator[bytes]:
        if end <= self._result.start:
            return iter(())
        try:
            return self._objects.stream(self._result.bucket, self._result.key, byte_range=(self._result.start, end - 1))
        except NotFound as error:
            raise NotFound(EXPIRED) from error


def _first_read(result: StoredResult, wanted: int, cap: int) -> int:
    """Bytes that the page will take, by the result's average row: one request to S3 does where the guess is good."""
    if not result.row_count or result.end is None:
        return _LEAST_READ
    average = (result.end - result.start) // result.row_count + 1
    return min(max(_LEAST_READ, wanted * average * 9 // 8), cap)


def _end(result: StoredResult) -> int:
    return result.size if result.end is None else result.end


def token(query: Query, place: Place) -> str:
    return packed([query.id, *place])


def query_of(page_token: str) -> str:
    """The query that a page_token belongs to; BadPageToken when it is none of ours."""
    return _decoded(page_token)[0]


def _decoded(page_token: str) -> tuple[str, Place]:
    refusal = BadPageToken(NO_TOKEN)
    try:
        query_id, offset, row = unpacked(page_token)
    except (ValueError, TypeError) as error:
        raise refusal from error
    if not isinstance(query_id, str) or type(offset) is not int or type(row) is not int:
        raise refusal
    return query_id, Place(offset, row)


def place(page_token: str | None, query: Query, result: StoredResult) -> Place:
    """A token can only name a place in the caller's own result; one that names none is refused."""
    if page_token is None:
        return Place(result.start, 0)
    query_id, found = _decoded(page_token)
    if query_id != query.id or not (result.start <= found.offset <= _end(result) and 0 <= found.row <= query.row_limit):
        raise BadPageToken("This page_token belongs to another result; start again without it.")
    return found
