"""Saved queries: kept, asked, answered from what is stored while that is good."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.adapters.dynamodb.queries import AnswerStore
from app.adapters.dynamodb.saved_queries import SavedQueryStore
from app.adapters.dynamodb.table import Page
from app.domain.access import Principal
from app.domain.errors import AlreadyExists, BadPageToken, InvalidInput, PreconditionFailed
from app.domain.identifiers import Clock
from app.domain.queries import Answer, NewQuery, Query, QueryState, TypedValue
from app.domain.records import check_revision
from app.domain.saved_queries import NewSavedQuery, SavedQuery
from app.services.queries import Queries
from app.services.questions import Questions
from app.services.result_pages import query_of
from app.settings import Settings

_FAILURE_STANDS = timedelta(seconds=10)
"""A failed refresh is not repeated at every look of every dashboard."""
TAG = "saved_query"
"""The tag of queries that answer saved ones, with the name."""


@dataclass(frozen=True)
class Asked:
    """What there is to say to a question now.

    `query` answers it, now or when it is over. `last`: the latest good answer, if `query` is not it; `age` its seconds.
    """

    saved: SavedQuery
    query: Query
    last: Query | None
    age: int


class SavedQueries:
    """SQL under a name. Equal questions wait for one query; the last good answer stays until a better one is there."""

    def __init__(
        self,
        settings: Settings,
        store: SavedQueryStore,
        answers: AnswerStore,
        queries: Queries,
        questions: Questions,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._store = store
        self._answers = answers
        self._queries = queries
        self._questions = questions
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
            name: TypedValue(type=parameter.type, value=parameter.default) for name, parameter in new.parameters.items()
        }
        plan = self._questions.plan(principal.tenant, new.sql, samples, row_limit)
        saved = SavedQuery(
            tenant=principal.tenant,
            name=name,
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
        return self._store.put(saved), before is None

    def get(self, principal: Principal, name: str) -> SavedQuery:
        return self._store.get(principal.tenant, name)

    def list(self, principal: Principal, limit: int, page_token: str | None) -> Page[SavedQuery]:
        return self._store.list(principal.tenant, limit, page_token)

    def delete(self, principal: Principal, name: str, revision: int) -> None:
        saved = self._store.get(principal.tenant, name)
        check_revision(saved, revision)
        self._store.delete(principal.tenant, name, saved.revision)

    def asker(
        self, principal: Principal, name: str, arguments: dict[str, str], page_token: str | None = None
    ) -> Callable[[], Asked]:
        """`ask`, to be called again until it is over; a page_token asks for the query that it belongs to."""
        if page_token is None:
            return lambda: self.ask(principal, name, arguments)
        return lambda: self._page(principal, name, arguments, query_of(page_token))

    def _page(self, principal: Principal, name: str, arguments: dict[str, str], query_id: str) -> Asked:
        """The answer that a page was read of. A token opens no other query: not with other arguments, not of others."""
        saved = self.get(principal, name)
        query = self._queries.get(principal, query_id)
        if query.tags.get(TAG) != name or query.parameters != saved.given(arguments):
            raise BadPageToken("This page_token belongs to another result; start again without it.")
        return Asked(saved, query, None, 0)

    def ask(self, principal: Principal, name: str, arguments: dict[str, str]) -> Asked:
        """The answer if a good one is stored, else the query that will have it. Asking again takes it further."""
        saved = self._store.get(principal.tenant, name)
        values = saved.given(arguments)
        sources = self._questions.sources(principal.tenant, saved.datasets)
        fingerprint = self._questions.fingerprint(
            principal.tenant, saved.canonical_sql, values, saved.row_limit, sources
        )
        question = _question(saved, values)
        answer = self._answers.find(principal.tenant, question) or Answer(query_id="", fingerprint="")
        last = self._queries.find(principal.tenant, answer.query_id) if answer.query_id else None
        if last is not None and self._is_good(saved, answer, fingerprint) and self._queries.is_readable(last):
            return Asked(saved, last, None, self._age(answer))
        pending = self._pending(principal, answer, _as_query(saved, values), fingerprint)
        if pending is None:
            pending = self._begin(principal, saved, values, question, answer)
            if pending is None:
                return self.ask(principal, name, arguments)
        if pending.state is QueryState.SUCCEEDED:
            self._promote(principal, question, pending)
            return Asked(saved, pending, None, 0)
        readable = last if last is not None and self._queries.is_readable(last) else None
        return Asked(saved, pending, readable, self._age(answer))

    def _is_good(self, saved: SavedQuery, answer: Answer, fingerprint: str) -> bool:
        """The data has not changed since, or the answer is young enough for its owner."""
        if saved.is_deterministic and answer.fingerprint == fingerprint:
            return True
        return self._age(answer) < saved.max_age

    def _age(self, answer: Answer) -> int:
        if answer.answered_at is None:
            return 0
        return max(0, int((self._clock() - answer.answered_at).total_seconds()))

    def _pending(self, principal: Principal, answer: Answer, asked: NewQuery, fingerprint: str) -> Query | None:
        """The query that others wait for already, if it asks what is asked now."""
        if answer.pending_id is None:
            return None
        query = self._queries.find(principal.tenant, answer.pending_id)
        if query is None:
            return self._queries.ask(principal, asked, answer.pending_id)  # noted, and not asked yet: ask it now
        if query.fingerprint != fingerprint:
            return None
        query = self._queries.get(principal, query.id)
        ended: datetime | None = query.ended_at
        is_old = ended is not None and self._clock() - ended > _FAILURE_STANDS
        return None if is_old and query.state is not QueryState.SUCCEEDED else query

    def _begin(
        self, principal: Principal, saved: SavedQuery, values: dict[str, TypedValue], question: str, answer: Answer
    ) -> Query | None:
        """Note a query's id first, then ask it under that id: whoever reads the note asks the same query. None when
        someone else wrote the note meanwhile: look again, one query answers all.
        """
        try:
            renewed = answer.model_copy(update={"pending_id": self._queries.new_id()})
            noted = self._answers.put(principal.tenant, question, renewed)
        except (AlreadyExists, PreconditionFailed):
            return None
        return self._queries.ask(principal, _as_query(saved, values), noted.pending_id)

    def _promote(self, principal: Principal, question: str, query: Query) -> None:
        """The query is the latest good answer from now on."""
        before = self._answers.find(principal.tenant, question)
        answer = Answer(
            query_id=query.id,
            fingerprint=query.fingerprint,
            answered_at=query.ended_at,
            revision=before.revision if before else 0,
            operations=before.operations if before else (),
        )
        try:
            self._answers.put(principal.tenant, question, answer)
        except (AlreadyExists, PreconditionFailed):
            return  # another caller did so in this moment


_DEFAULTED = frozenset({"row_limit", "max_bytes_scanned"})


def _as_query(saved: SavedQuery, values: dict[str, TypedValue]) -> NewQuery:
    return NewQuery(
        sql=saved.sql,
        parameters=values,
        row_limit=saved.row_limit,
        max_bytes_scanned=saved.max_bytes_scanned,
        tags={TAG: saved.name},
    )


def _question(saved: SavedQuery, values: dict[str, TypedValue]) -> str:
    """A saved query with its arguments, whatever the data is."""
    parts = [saved.name, saved.canonical_sql, saved.row_limit]
    parts += sorted((name, given.type, json.dumps(given.value)) for name, given in values.items())
    return "saved." + hashlib.sha256(json.dumps(parts).encode()).hexdigest()
