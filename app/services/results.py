"""Results: pages, links and charts of what a query left in S3, read by byte ranges."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.adapters.objects import Objects
from app.domain.charts import Drawing
from app.domain.errors import (
    BadPageToken,
    BadSql,
    BudgetExceeded,
    HeadgateError,
    NotFound,
    QueryCancelled,
    QueryFailed,
    ResultTooLarge,
)
from app.domain.identifiers import Clock
from app.domain.queries import Query, QueryState, StoredResult, etag
from app.formats.athena_csv import records
from app.formats.charts import BARE, SHAPES, TOO_LARGE, Source
from app.formats.results import FORMATS, Page
from app.settings import Settings

_LINK_SECONDS = 900
_FIRST_READ, _LARGEST_READ = 2**16, 2**20
_EXPIRED = "The result has expired; ask the query again."
_WIDE_ROW = "One row is larger than an answer may be; select fewer columns."


_FAILURES: dict[str, type[HeadgateError]] = {"bad_sql": BadSql, "budget_exceeded": BudgetExceeded}


@dataclass(frozen=True)
class Wanted:
    """What a caller wants of a result. `known`: the If-None-Match header."""

    format: str = "json"
    limit: int | None = None
    page_token: str | None = None
    is_int64_text: bool = False
    is_neutral: bool = False
    known: str = ""


@dataclass(frozen=True)
class Document:
    """An answer, ready to send. `body` None: the caller has it already."""

    body: bytes | None
    media_type: str
    etag: str
    headers: dict[str, str] = field(default_factory=dict)
    next_page_token: str | None = None


class _Place(NamedTuple):
    """Where a page begins: a byte offset, and how many rows are before it."""

    offset: int
    row: int


class _Slice(NamedTuple):
    records: list[bytes]
    next: _Place | None


class Results:
    """Reads stored results. A page costs the same wherever it is, in time and in memory."""

    def __init__(self, settings: Settings, objects: Objects, clock: Clock) -> None:
        self._settings = settings
        self._objects = objects
        self._clock = clock

    def document(self, query: Query, wanted: Wanted) -> Document:
        """One page in one format. Raises what the query failed with."""
        result = finished(query)
        form = FORMATS[wanted.format]
        tag = etag(
            query.etag_seed, wanted.format, wanted.limit, wanted.page_token, wanted.is_int64_text, wanted.is_neutral
        )
        if tag in wanted.known:
            return Document(None, form.media_type, tag)
        place = _place(wanted.page_token, query, result)
        overhead = form.overhead(query.columns)
        found = self._slice(query, result, place, limit=wanted.limit or query.row_limit, overhead=overhead)
        token = _token(query, found.next) if found.next else None
        page = Page(
            columns=query.columns,
            records=found.records,
            has_header=wanted.page_token is None,
            is_int64_text=wanted.is_int64_text,
            is_neutral=wanted.is_neutral,
            around=self._around(query, result, wanted, token, found, place) if wanted.format == "json" else {},
        )
        try:
            body = form.write(page)
        except ValueError as error:
            raise BadPageToken("page_token is not one that this API gave; start again without it.") from error
        return Document(body, form.media_type, tag, next_page_token=token)

    def chart(self, query: Query, drawing: Drawing, meta: Mapping[str, Any], known: str) -> Document:
        """The whole result in one of the chart shapes."""
        result = finished(query)
        media_type, write = SHAPES[drawing.shape]
        tag = etag(query.etag_seed, "chart", drawing.model_dump_json(), json.dumps(meta, sort_keys=True))
        if tag in known:
            return Document(None, media_type, tag)
        reading = _Reading(self._objects, query, result)
        written = write(Source(query.columns, reading.chunks, self._settings.inline_result_bytes), drawing)
        said = {**written.found, "truncated": reading.is_cut, **meta, "dataset_versions": query.dataset_versions}
        body = written.body(said)
        if len(body) > self._settings.inline_result_bytes:
            raise ResultTooLarge(TOO_LARGE)
        headers = {"X-Chart-Meta": json.dumps(said)} if drawing.shape in BARE else {}
        return Document(body, media_type, tag, headers)

    def _slice(self, query: Query, result: StoredResult, place: _Place, *, limit: int, overhead: int) -> _Slice:
        """Up to `limit` records from a place on, as many as fit into one answer, and where the next page begins."""
        wanted = min(limit, query.row_limit - place.row)
        end = result.size if result.end is None else result.end
        cap = self._settings.inline_result_bytes
        taken: list[bytes] = []
        taken_bytes, offset, rest, step = 0, place.offset, b"", _FIRST_READ
        position = offset
        while position < end and len(taken) < wanted:
            last = min(position + step, end)
            chunk = rest + self._read(result, position, last)
            position, step = last, min(step * 2, _LARGEST_READ)
            found, used = records(chunk, is_last=position >= end)
            rest = chunk[used:]
            for record in found:
                size = len(record) + 1 + overhead
                if size > cap and not taken:
                    raise ResultTooLarge(_WIDE_ROW)
                if len(taken) == wanted or (taken and taken_bytes + size > cap):
                    return _Slice(taken, _Place(offset, place.row + len(taken)))
                taken.append(record)
                taken_bytes += size
                offset += len(record) + 1
        if not taken and len(rest) > cap:
            raise ResultTooLarge(_WIDE_ROW)
        is_more = offset < end and place.row + len(taken) < query.row_limit
        return _Slice(taken, _Place(offset, place.row + len(taken)) if is_more else None)

    def _read(self, result: StoredResult, first: int, end: int) -> bytes:
        try:
            return self._objects.read(result.bucket, result.key, byte_range=(first, end - 1))
        except NotFound as error:
            raise NotFound(_EXPIRED) from error

    def _around(
        self, query: Query, result: StoredResult, wanted: Wanted, token: str | None, found: _Slice, place: _Place
    ) -> dict[str, Any]:
        truncated = result.is_truncated
        if truncated is None:
            # Too large to have been counted: the page that reaches the limit finds out.
            rows = place.row + len(found.records)
            truncated = token is None and rows >= query.row_limit and self._has_more(result, place, found)
        around: dict[str, Any] = {
            "truncated": truncated,
            "next_page_token": token,
            "dataset_versions": query.dataset_versions,
            "statistics": query.statistics.model_dump(include={"bytes_scanned", "cost_usd", "engine_ms", "reused"}),
        }
        if token is not None and wanted.limit is None and wanted.page_token is None:
            around["links"] = [self._link(query, result)]
        return around

    @staticmethod
    def _has_more(result: StoredResult, place: _Place, found: _Slice) -> bool:
        return place.offset + sum(len(record) + 1 for record in found.records) < result.size

    def _link(self, query: Query, result: StoredResult) -> dict[str, Any]:
        """The whole result as Athena's CSV, header included. The row beyond row_limit is in no link."""
        key, size = result.key, result.size
        if result.is_truncated and result.end is not None:
            key, size = f"{result.key}.{query.row_limit}.csv", result.end
            if self._objects.head(result.bucket, key) is None:
                whole = self._objects.stream(result.bucket, result.key, byte_range=(0, result.end - 1))
                self._objects.put_stream(result.bucket, key, whole)
        expires_at: datetime = self._clock() + timedelta(seconds=_LINK_SECONDS)
        name = f"{query.id}.csv"
        url = self._objects.presign_get(result.bucket, key, expires=_LINK_SECONDS, file_name=name)
        return {
            "url": url,
            "row_offset": 0,
            "row_count": result.row_count,
            "byte_count": size,
            "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        }


class _Reading:
    """A whole result, read once or more from its start; then it is known whether row_limit cut it."""

    def __init__(self, objects: Objects, query: Query, result: StoredResult) -> None:
        self._objects = objects
        self._limit = query.row_limit
        self._result = result
        self.is_cut = bool(result.is_truncated)

    def chunks(self) -> Iterator[list[bytes]]:
        left, rest, position = self._limit, b"", self._result.start
        end = self._result.size if self._result.end is None else self._result.end
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
            raise NotFound(_EXPIRED) from error


def finished(query: Query) -> StoredResult:
    """The result of a query that succeeded; otherwise what became of it, as an error."""
    if query.state is QueryState.SUCCEEDED and query.result is not None:
        return query.result
    if query.state is QueryState.CANCELLED:
        why = f"{query.error.detail} " if query.error else ""
        raise QueryCancelled(f"{why}Query {query.id} was cancelled; ask it again.")
    if query.error is None:
        raise QueryFailed(f"Query {query.id} has no result.")
    error = query.error
    raise _FAILURES.get(error.code, QueryFailed)(f"{error.detail.rstrip('.')}. {error.remedy} (query {query.id})")


def _token(query: Query, place: _Place) -> str:
    return base64.urlsafe_b64encode(json.dumps([query.id, *place]).encode()).decode().rstrip("=")


def query_of(page_token: str) -> str:
    """The query that a page_token belongs to; BadPageToken when it is none of ours."""
    return _decoded(page_token)[0]


def _decoded(page_token: str) -> tuple[str, _Place]:
    refusal = BadPageToken("page_token is not one that this API gave; start again without it.")
    try:
        query_id, offset, row = json.loads(base64.urlsafe_b64decode(page_token + "=" * (-len(page_token) % 4)))
    except (ValueError, TypeError) as error:
        raise refusal from error
    if not isinstance(query_id, str) or type(offset) is not int or type(row) is not int:
        raise refusal
    return query_id, _Place(offset, row)


def _place(page_token: str | None, query: Query, result: StoredResult) -> _Place:
    """A token can only name a place in the caller's own result; one that names none is refused."""
    if page_token is None:
        return _Place(result.start, 0)
    query_id, place = _decoded(page_token)
    end = result.size if result.end is None else result.end
    if query_id != query.id or not (result.start <= place.offset <= end and 0 <= place.row <= query.row_limit):
        raise BadPageToken("This page_token belongs to another result; start again without it.")
    return place
