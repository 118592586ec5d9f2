"""Results: pages, links and charts of what a query left in S3, read by byte ranges."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from app.adapters.objects import Objects
from app.domain.charts import Drawing
from app.domain.errors import (
    BadPageToken,
    BadSql,
    BudgetExceeded,
    HeadgateError,
    QueryCancelled,
    QueryFailed,
    ResultTooLarge,
)
from app.domain.identifiers import Clock
from app.domain.queries import Query, QueryState, StoredResult, etag
from app.formats.chart_values import TOO_LARGE
from app.formats.charts import BARE, SHAPES, Source
from app.formats.record_lines import Misread, RecordLines
from app.formats.results import FORMATS, Page, format_of
from app.services.result_pages import NO_TOKEN, WIDE_ROW, Pages, Place, Reading, Slice, place, token
from app.settings import Settings

_LINK_SECONDS = 900
_LINK_PERIOD = _LINK_SECONDS // 2
"""How long an answer with links keeps its ETag: the links of whoever is told 304 are good for as long again."""
_LINK_BYTES = 2**25
"""Most bytes of a file behind a link that is written for it: what a Lambda of 512 MB turns into any format."""


_FAILURES: dict[str, type[HeadgateError]] = {"bad_sql": BadSql, "budget_exceeded": BudgetExceeded}


@dataclass(frozen=True)
class Wanted:
    """What a caller wants of a result. `known`: the If-None-Match header. `is_link`: a link to a file, not the rows."""

    format: str = "json"
    limit: int | None = None
    page_token: str | None = None
    is_int64_text: bool = False
    is_neutral: bool = False
    known: str = ""
    is_objects: bool = False
    is_link: bool = False

    def known_of(self, seed: str) -> "Document | None":
        """The caller has it already: the answer that grows from this seed. One with links is another matter: they may
        be dead.
        """
        tag = etag(seed, *self.parts)
        return None if self.is_link or tag not in self.known else Document(None, FORMATS[self.format].media_type, tag)

    @property
    def parts(self) -> tuple[object, ...]:
        """What tells one representation of an answer from another."""
        return (self.format, self.limit, self.page_token, self.is_int64_text, self.is_neutral, self.is_objects)


@dataclass(frozen=True)
class Document:
    """An answer, ready to send. `body` None: the caller has it already."""

    body: bytes | None
    media_type: str
    etag: str
    headers: dict[str, str] = field(default_factory=dict)
    next_page_token: str | None = None


class _Written(NamedTuple):
    """One page, written. `around`: what it says of itself beside its rows."""

    body: bytes
    page: Slice
    around: dict[str, Any]


class Results:
    """Reads stored results. A page costs the same wherever it is, in time and in memory."""

    def __init__(self, settings: Settings, objects: Objects, clock: Clock) -> None:
        self._settings = settings
        self._objects = objects
        self._pages = Pages(objects)
        self._clock = clock

    def document(self, query: Query, wanted: Wanted) -> Document:
        """One page in one format, or where it lies. Raises what the query failed with."""
        result = finished(query)
        if wanted.is_link:
            return self._linked(query, result, wanted)
        form = FORMATS[wanted.format]
        plain = etag(query.etag_seed, *wanted.parts)
        linking = etag(query.etag_seed, *wanted.parts, "links", int(self._clock().timestamp()) // _LINK_PERIOD)
        for tag in (plain, linking):  # whether there are links is only known once the page is read
            if tag in wanted.known:
                return Document(None, form.media_type, tag)
        body, _, around = self._written(query, result, wanted, self._settings.inline_result_bytes)
        tag = linking if "links" in around else plain
        return Document(body, form.media_type, tag, _said(around), around["next_page_token"])

    def _written(self, query: Query, result: StoredResult, wanted: Wanted, cap: int) -> _Written:
        """As many rows from the wanted place on as have `cap` bytes in the wanted format."""
        try:
            return self._written_as(query, result, wanted, cap, is_exact=False)
        except Misread:
            return self._written_as(query, result, wanted, cap, is_exact=True)

    def _written_as(self, query: Query, result: StoredResult, wanted: Wanted, cap: int, *, is_exact: bool) -> _Written:
        form = format_of(wanted.format, is_objects=wanted.is_objects)
        start = place(wanted.page_token, query, result)
        limit, overhead = wanted.limit or query.row_limit, form.overhead(query.columns)
        found = self._pages.take(query, result, start, limit=limit, overhead=overhead, cap=cap, is_exact=is_exact)
        if not found.lines.count and found.next is not None:
            raise ResultTooLarge(WIDE_ROW)
        while True:
            written = self._write(query, result, wanted, found)
            if len(written.body) <= cap:
                return written
            if found.lines.count <= 1:
                raise ResultTooLarge(WIDE_ROW)
            # Rare: a control character is one byte of CSV and six of JSON.
            found = found.first(max(1, found.lines.count * cap * 9 // (len(written.body) * 10)))

    def _write(self, query: Query, result: StoredResult, wanted: Wanted, found: Slice) -> _Written:
        around = self._around(query, result, wanted, found)
        page = Page(
            columns=query.columns,
            lines=found.lines,
            has_header=wanted.page_token is None,
            is_int64_text=wanted.is_int64_text,
            is_neutral=wanted.is_neutral,
            is_objects=wanted.is_objects,
            around=around,
        )
        try:
            return _Written(FORMATS[wanted.format].write(page), found, around)
        except ValueError as error:
            raise BadPageToken(NO_TOKEN) from error

    def _linked(self, query: Query, result: StoredResult, wanted: Wanted) -> Document:
        """Where the wanted page lies as a file; a page of up to 32 MB. CSV as stored is one file, however large."""
        if wanted == Wanted("csv", is_link=True, known=wanted.known) and result.end is not None:
            behind = Slice(Place(result.end, result.row_count or 0), RecordLines(), None)
            around = self._around(query, result, wanted, behind)
            links = [self._link(query, result)]
        else:
            body, page, around = self._written(query, result, wanted, _LINK_BYTES)
            links = [self._file(query, result, wanted, body, page)]
        document = {
            "columns": [col.model_dump(exclude_none=True) for col in query.columns],
            "rows": [],
            "row_count": 0,
            **around,
            "links": links,
        }
        sent = orjson.dumps(document)
        # A link ends: an answer that has one is never good for long, and this ETag is no one's.
        return Document(sent, "application/json", etag(sent.decode()), _said(around), around["next_page_token"])

    def _file(self, query: Query, result: StoredResult, wanted: Wanted, body: bytes, page: Slice) -> dict[str, Any]:
        form = FORMATS[wanted.format]
        key = f"{result.key}.{etag(query.etag_seed, *wanted.parts).strip(chr(34))}.{form.suffix}"
        if self._objects.head(result.bucket, key) is None:
            self._objects.put(result.bucket, key, body, form.media_type)
        return self._link_to(query, result.bucket, key, form.suffix, page.start.row, page.lines.count, len(body))

    def chart(self, query: Query, drawing: Drawing, meta: Mapping[str, Any], known: str) -> Document:
        """The whole result in one of the chart shapes."""
        result = finished(query)
        media_type, write = SHAPES[drawing.shape]
        tag = chart_tag(query.etag_seed, drawing, meta)
        if tag in known:
            return Document(None, media_type, tag)
        reading = Reading(self._objects, query, result)
        written = write(Source(query.columns, reading.chunks, self._settings.inline_result_bytes), drawing)
        said = {**written.found, "truncated": reading.is_cut, **meta, "dataset_versions": query.dataset_versions}
        body = written.body(said)
        if len(body) > self._settings.inline_result_bytes:
            raise ResultTooLarge(TOO_LARGE)
        headers = {"X-Chart-Meta": json.dumps(said)} if drawing.shape in BARE else {}
        return Document(body, media_type, tag, headers)

    def _around(self, query: Query, result: StoredResult, wanted: Wanted, found: Slice) -> dict[str, Any]:
        following = token(query, found.next) if found.next else None
        truncated = result.is_truncated
        if truncated is None:
            # Too large to have been counted: the last page finds out.
            end = found.end
            truncated = None if following else end.row >= query.row_limit and end.offset < result.size
        around: dict[str, Any] = {
            "truncated": truncated,
            "next_page_token": following,
            "dataset_versions": query.dataset_versions,
            "statistics": query.statistics.model_dump(include={"bytes_scanned", "cost_usd", "engine_ms", "reused"}),
        }
        is_first = wanted.limit is None and wanted.page_token is None
        is_counted = result.end is not None  # else the file may hold the row beyond row_limit, and nobody knows where
        if is_counted and following is not None and is_first and wanted.format == "json" and not wanted.is_link:
            around["links"] = [self._link(query, result)]
        return around

    def _link(self, query: Query, result: StoredResult) -> dict[str, Any]:
        """The whole result as Athena's CSV, header included. The row beyond row_limit is in no link."""
        key, size = result.key, result.size
        if result.is_truncated and result.end is not None:
            key, size = f"{result.key}.{query.row_limit}.csv", result.end
            if self._objects.head(result.bucket, key) is None:
                whole = self._objects.stream(result.bucket, result.key, byte_range=(0, result.end - 1))
                self._objects.put_stream(result.bucket, key, whole)
        return self._link_to(query, result.bucket, key, "csv", 0, result.row_count, size)

    def _link_to(
        self, query: Query, bucket: str, key: str, suffix: str, row_offset: int, row_count: int | None, size: int
    ) -> dict[str, Any]:
        expires_at: datetime = self._clock() + timedelta(seconds=_LINK_SECONDS)
        name = f"{query.id}.{suffix}"
        return {
            "url": self._objects.presign_get(bucket, key, expires=_LINK_SECONDS, file_name=name),
            "row_offset": row_offset,
            "row_count": row_count,
            "byte_count": size,
            "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        }


def _said(around: Mapping[str, Any]) -> dict[str, str]:
    """What a format that has rows only says of its page, once it is known."""
    return {} if around["truncated"] is None else {"X-Truncated": "true" if around["truncated"] else "false"}


def chart_tag(seed: str, drawing: Drawing, meta: Mapping[str, Any]) -> str:
    """The ETag of a chart: known before its query runs, if the seed is."""
    return etag(seed, "chart", drawing.model_dump_json(), json.dumps(meta, sort_keys=True))


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
