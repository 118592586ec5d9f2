"""Saved queries: kept, asked, answered from what is stored while that is good."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.adapters.dynamodb.queries import AnswerStore
from app.adapters.dynamodb.saved_queries import SavedColumnsStore, SavedQueryStore
from app.adapters.dynamodb.table import Page
from app.domain.access import Principal
from app.domain.errors import (
    AlreadyExists,
    BadPageToken,
    HeadgateError,
    InvalidInput,
    NotFound,
    PreconditionFailed,
)
from app.domain.identifiers import Clock
from app.domain.queries import Answer, NewQuery, Query, QueryState, ResultColumn, TypedValue
from app.domain.records import check_revision
from app.domain.saved_queries import NewSavedQuery, SavedColumns, SavedQuery
from app.services.cache_hits import CacheHits
from app.services.queries import Queries
from app.services.questions import Questions
from app.services.result_pages import query_of
from app.services.results import Document, Wanted
from app.settings import Settings

_FAILURE_STANDS = timedelta(seconds=10)
"""A failed refresh is not repeated at every look of every dashboard."""
TAG = "saved_query"
"""The tag of queries that answer saved ones, with the name."""


@dataclass(frozen=True)
class Question:
    """A saved query with its arguments, over the data as they are now. While the `revisions` of the saved query and of
    its datasets stay, so does the fingerprint.
    """

    saved: SavedQuery
    values: dict[str, TypedValue]
    fingerprint: str
    revisions: tuple[int, ...]

    @property
    def key(self) -> str:
        """The same whatever the data is."""
        parts = [self.saved.name, self.saved.canonical_sql, self.saved.row_limit]
        parts += sorted((name, given.type, json.dumps(given.value)) for name, given in self.values.items())
        return "saved." + hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def as_query(self) -> NewQuery:
        return NewQuery(
            sql=self.saved.sql,
            parameters=self.values,
            row_limit=self.saved.row_limit,
            max_bytes_scanned=self.saved.max_bytes_scanned,
            tags={TAG: self.saved.name},
        )


@dataclass(frozen=True)
class Asked:
    """What there is to say to a question now.

    `query` answers it, now or when it is over; None when it was `refused`. `last`: the latest good answer, if `query`
    is not it; `age` its seconds. `is_stored`: `query` answered it before, and somebody has read that already. `known`:
    the caller has the answer, and nothing was looked for.
    """

    query: Query | None
    last: Query | None = None
    age: int = 0
    refused: HeadgateError | None = None
    is_stored: bool = False
    known: Document | None = None

    @property
    def is_good(self) -> bool:
        return self.query is not None and self.query.state is QueryState.SUCCEEDED

    @property
    def is_over(self) -> bool:
        return self.query is None or self.query.is_over

    @property
    def error_code(self) -> str | None:
        """Why there is no new answer, if that is so."""
        if self.query is None:
            return self.refused.code if self.refused else None
        return self.query.error.code if self.query.error else None

    def answer(self) -> Query:
        """The query; raises what it was refused with."""
        if self.query is None:
            raise self.refused or NotFound("The query is gone; ask again.")
        return self.query


class SavedQueries:
    """SQL under a name. Equal questions wait for one query; the last good answer stays until a better one is there."""

    def __init__(
        self,
        settings: Settings,
        store: SavedQueryStore,
        columns: SavedColumnsStore,
        answers: AnswerStore,
        queries: Queries,
        questions: Questions,
        changed: Callable[[str, str], None],
        hits: CacheHits,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._store = store
        self._columns = columns
        self._answers = answers
        self._queries = queries
        self._questions = questions
        self._changed = changed
        self._hits = hits
        self._clock = clock

    def put(self, principal: Principal, name: str, new: NewSavedQuery, revision: int | None) -> tuple[SavedQuery, bool]:
        """Create it, or replace it at the revision read; whether it is new. BadSql when it may not be asked."""
        before = self._store.find(principal.tenant, name)
        check_revision(before, revision)
        now = self._clock()
        row_limit = new.row_limit or self._settings.default_row_limit
        if row_limit > self._settings.max_row_limit:
            raise InvalidInput(f"row_limit may be {self._settings.max_row_limit:,} at most.")
        samples = {
            name: TypedValue(type=parameter.type, value=parameter.sample) for name, parameter in new.parameters.items()
        }
        plan = self._questions.plan(principal.tenant, new.sql, samples, row_limit)
        saved = SavedQuery(
            tenant=principal.tenant,
            name=name,
            version=self._queries.new_id(),
            **{field: getattr(new, field) for field in NewSavedQuery.model_fields if field not in _DEFAULTED},
            row_limit=row_limit,
            max_bytes_scanned=new.max_bytes_scanned or self._settings.default_max_bytes_scanned,
            canonical_sql=plan.canonical_sql,
            datasets=plan.datasets,
            is_deterministic=plan.is_deterministic,
            created_at=before.created_at if before else now,
            created_by=before.created_by if before else principal.id,
            updated_at=now,
            updated_by=principal.id,
            revision=before.revision if before else 0,
            operations=before.operations if before else (),
        )
        stored = self._store.put(saved)
        self._changed(principal.tenant, name)
        return stored, before is None

    def get(self, principal: Principal, name: str) -> SavedQuery:
        return self._store.get(principal.tenant, name)

    def list(self, principal: Principal, limit: int, page_token: str | None) -> Page[SavedQuery]:
        return self._store.list(principal.tenant, limit, page_token)

    def version(self, principal: Principal, name: str, version: str) -> SavedQuery:
        """As it was put then; NotFound also for versions of one that is deleted."""
        self._store.get(principal.tenant, name)
        return self._store.version(principal.tenant, name, version)

    def versions(self, principal: Principal, name: str, limit: int, page_token: str | None) -> Page[SavedQuery]:
        self._store.get(principal.tenant, name)
        return self._store.versions(principal.tenant, name, limit, page_token)

    def described(self, principal: Principal) -> Sequence[tuple[SavedQuery, tuple[ResultColumn, ...]]]:
        """All of them by name, each with the columns of its present version once one was answered."""
        page = self._store.list(principal.tenant, _MOST, None)
        found = page.items
        while page.next_page_token is not None:
            page = self._store.list(principal.tenant, _MOST, page.next_page_token)
            found += page.items
        known = self._columns.of(found)
        return [(one, known[one.name].columns if _is_of(known.get(one.name), one) else ()) for one in found]

    def delete(self, principal: Principal, name: str, revision: int) -> None:
        saved = self._store.get(principal.tenant, name)
        check_revision(saved, revision)
        self._store.delete(principal.tenant, name, saved.revision)
        self._changed(principal.tenant, name)

    def asker(self, principal: Principal, name: str, arguments: dict[str, str], wanted: Wanted) -> Callable[[], Asked]:
        """`ask`, to be called again until it is over, unless the caller is known to have the answer; a page_token asks
        for the query that it belongs to.
        """
        if (page_token := wanted.page_token) is not None:
            return lambda: self._page(principal, name, arguments, query_of(page_token))

        def ask() -> Asked:
            question = self.question(principal, name, arguments)
            known = wanted.known_of(question.fingerprint) if question.saved.is_deterministic else None
            asked = Asked(None, known=known) if known else self.ask(principal, question)
            if asked.is_stored or known:
                self._hits.count(principal, question.saved.datasets)
            return asked

        return ask

    def _page(self, principal: Principal, name: str, arguments: dict[str, str], query_id: str) -> Asked:
        """The answer that a page was read of. A token opens no other query: not with other arguments, not of others."""
        saved = self.get(principal, name)
        query = self._queries.get(principal, query_id)
        if query.tags.get(TAG) != name or query.parameters != saved.given(arguments):
            raise BadPageToken("This page_token belongs to another result; start again without it.")
        return Asked(query)

    def question(self, principal: Principal, name: str, arguments: dict[str, str]) -> Question:
        """InvalidInput names each argument that is wrong, BadSql a dataset that is gone."""
        saved = self._store.get(principal.tenant, name)
        values = saved.given(arguments)
        sources = self._questions.sources(principal.tenant, saved.datasets)
        fingerprint = self._questions.fingerprint(
            principal.tenant, saved.canonical_sql, values, saved.row_limit, sources
        )
        revisions = (saved.revision, *(sources.revisions[one] for one in saved.datasets))
        return Question(saved, values, fingerprint, revisions)

    def revisions(self, tenant: str, name: str, datasets: tuple[str, ...]) -> tuple[int, ...]:
        """Of the saved query and those datasets now, in one read; 0 for what is gone."""
        return self._store.revisions(tenant, name, datasets)

    def ask(self, principal: Principal, question: Question) -> Asked:
        """The answer if a good one is stored, else the query that will have it. Asking again takes it further."""
        answer = self._answers.find(principal.tenant, question.key) or Answer(query_id="", fingerprint="")
        last = self._queries.remembered(principal.tenant, answer)
        if last is not None and self._is_good(question, answer):
            return Asked(last, age=self._age(answer), is_stored=True)
        try:
            pending = self._pending(principal, question, answer) or self._begin(principal, question, answer)
        except HeadgateError as error:
            if last is None:
                raise
            return Asked(None, last, self._age(answer), error)
        if pending is None:
            return self.ask(principal, question)
        if pending.state is QueryState.SUCCEEDED:
            self._promote(question, pending)
            return Asked(pending)
        return Asked(pending, last, self._age(answer))

    def _is_good(self, question: Question, answer: Answer) -> bool:
        """The data has not changed since, or the answer is young enough for its owner."""
        if question.saved.is_deterministic and answer.fingerprint == question.fingerprint:
            return True
        return self._age(answer) < question.saved.max_age

    def _age(self, answer: Answer) -> int:
        if answer.answered_at is None:
            return 0
        return max(0, int((self._clock() - answer.answered_at).total_seconds()))

    def _pending(self, principal: Principal, question: Question, answer: Answer) -> Query | None:
        """The query that others wait for already, if it asks what is asked now."""
        if answer.pending_id is None:
            return None
        query = self._queries.find(principal.tenant, answer.pending_id)
        if query is None:  # noted, and not asked yet: ask it now
            return self._queries.ask(principal, question.as_query(), answer.pending_id)
        if query.fingerprint != question.fingerprint:
            return None
        query = self._queries.get(principal, query.id)
        ended: datetime | None = query.ended_at
        is_old = ended is not None and self._clock() - ended > _FAILURE_STANDS
        return None if is_old and query.state is not QueryState.SUCCEEDED else query

    def _begin(self, principal: Principal, question: Question, answer: Answer) -> Query | None:
        """Note a query's id first, then ask it under that id: whoever reads the note asks the same query. None when
        someone else wrote the note meanwhile: look again, one query answers all.
        """
        try:
            renewed = answer.model_copy(update={"pending_id": self._queries.new_id()})
            noted = self._answers.put(principal.tenant, question.key, renewed)
        except (AlreadyExists, PreconditionFailed):
            return None
        return self._queries.ask(principal, question.as_query(), noted.pending_id)

    def _promote(self, question: Question, query: Query) -> None:
        """The query is the latest good answer from now on, unless another caller is faster."""
        if self._answers.promote(question.key, query):
            with suppress(AlreadyExists, PreconditionFailed):  # its answer has the same columns
                self._columns.learn(question.saved, SavedColumns(version=question.saved.version, columns=query.columns))


def _is_of(known: SavedColumns | None, saved: SavedQuery) -> bool:
    return known is not None and known.version == saved.version


_MOST = 1000
_DEFAULTED = frozenset({"row_limit", "max_bytes_scanned"})
