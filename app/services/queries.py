"""Queries: asked, watched, cancelled. Whoever looks at a query takes its next step; nothing here waits."""

import hashlib
import json
import logging
from datetime import timedelta

from app.adapters.athena import Athena, Execution
from app.adapters.dynamodb.queries import QueryStore
from app.domain.access import Principal
from app.domain.errors import (
    AlreadyExists,
    BadSql,
    HeadgateError,
    InvalidInput,
    PreconditionFailed,
    TooManyRequests,
)
from app.domain.executions import Label
from app.domain.identifiers import Clock, IdFactory
from app.domain.queries import (
    Answer,
    NewQuery,
    Query,
    QueryError,
    QueryState,
)
from app.domain.query_failures import failure, over_budget
from app.formats.values import column
from app.services.allowances import Allowances
from app.services.estimates import Estimate, Estimates
from app.services.query_ends import QueryEnds
from app.services.questions import Questions
from app.services.stored_answers import StoredAnswers
from app.settings import Settings

log = logging.getLogger("headgate.queries")

_GIGABYTE = 10**9
_LOOKS_PER_LEASE = 4  # writing down every look would cost more than the looks


class Queries:
    """The life of a query. Every transition is one conditional write."""

    def __init__(
        self,
        settings: Settings,
        store: QueryStore,
        answers: StoredAnswers,
        questions: Questions,
        estimates: Estimates,
        allowances: Allowances,
        ends: QueryEnds,
        athena: Athena,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._settings = settings
        self._lease = timedelta(seconds=settings.query_lease_seconds)
        self._store = store
        self._answers = answers
        self._questions = questions
        self._estimates = estimates
        self._allowances = allowances
        self._ends = ends
        self._athena = athena
        self._clock = clock
        self._new_id = new_id

    def new_id(self) -> str:
        """The id of a query to be, for callers that must note it first."""
        return self._new_id()

    def ask(self, principal: Principal, new: NewQuery, query_id: str | None = None) -> Query:
        """Start it, or answer it from a stored result of the same question over the same data.

        Of callers that give the same id one asks, and all get the same query; it is not given up when nobody looks.
        TooManyRequests, DailyBudgetExceeded or BudgetExceeded: nothing was started.
        """
        row_limit = self._row_limit(new.row_limit)
        plan = self._questions.plan(principal.tenant, new.sql, new.parameters, row_limit)
        earlier = self._answers.find(plan, principal.tenant)
        limit = new.max_bytes_scanned or self._settings.default_max_bytes_scanned
        estimate = self._estimates.of(principal.tenant, plan)
        if earlier is None:
            estimate.check(limit)
        now = self._clock()
        query = Query(
            id=query_id or self._new_id(),
            tenant=principal.tenant,
            created_by=principal.id,
            created_at=now,
            sql=new.sql,
            parameters=new.parameters,
            row_limit=row_limit,
            max_bytes_scanned=limit,
            tags=new.tags,
            is_deterministic=plan.is_deterministic,
            fingerprint=plan.fingerprint,
            dataset_versions=plan.versions,
            dataset_bytes={one.id: one.bytes for one in estimate.datasets},
            estimated_bytes=estimate.bytes_upper_bound,
            looked_at=None if query_id else now,
        )
        try:
            if earlier is not None:
                return self._ends.answered(query, earlier)
            leader = self._answers.leader(query)
            may_start = leader is None and self._admitted(query)
            query = self._store.put(query.model_copy(update={"statement": plan.statement, "leader": leader}))
        except AlreadyExists:
            return self._joined(query)
        return self._begun(query) if may_start else query

    def _joined(self, query: Query) -> Query:
        """The one that was asked under the same id. A place that was taken for it here is one too many, unless it is
        that one's own.
        """
        found = self.advance(query.tenant, query.id)
        if found.is_over or found.created_by != query.created_by:
            self._allowances.forget(query.tenant, query.created_by, query.id)
        return found

    def _admitted(self, query: Query) -> bool:
        """Whether it may start. One that is refused leads nobody."""
        try:
            return self._allowances.ask(query)
        except TooManyRequests:
            self._answers.withdraw(query)
            raise

    def estimate(self, principal: Principal, new: NewQuery) -> Estimate:
        """What it may read, without asking it. BadSql when it may not be asked."""
        plan = self._questions.plan(principal.tenant, new.sql, new.parameters, self._row_limit(new.row_limit))
        return self._estimates.of(principal.tenant, plan)

    def get(self, principal: Principal, query_id: str) -> Query:
        """As it is now, by Athena's own word; as it was last seen while Athena asks us to slow down."""
        try:
            return self._looked_at(self.advance(principal.tenant, query_id))
        except TooManyRequests:
            return self._store.get(principal.tenant, query_id)

    def _looked_at(self, query: Query) -> Query:
        """Somebody waits for it: it goes on for another lease."""
        if query.is_over or query.looked_at is None:
            return query
        now = self._clock()
        if now - query.looked_at < self._lease / _LOOKS_PER_LEASE:
            return query
        try:
            return self._store.put(query.model_copy(update={"looked_at": now}))
        except PreconditionFailed:
            return self._store.get(query.tenant, query.id)

    def find(self, tenant: str, query_id: str) -> Query | None:
        """As it was last seen."""
        return self._store.find(tenant, query_id)

    def cancel(self, principal: Principal, query_id: str) -> Query:
        """Stop it; one that is over stays as it is, one that has not begun never begins."""
        self.stop(principal.tenant, query_id)
        return self.get(principal, query_id)

    def stop(self, tenant: str, query_id: str, *, is_abandoned: bool = False) -> None:
        """It ends with its next step. `is_abandoned`: because nobody looked at it any more."""
        query = self._store.get(tenant, query_id)
        if query.is_over:
            return
        try:
            query = self._store.put(query.model_copy(update={"is_cancelled": True, "is_abandoned": is_abandoned}))
        except PreconditionFailed:
            self.stop(tenant, query_id, is_abandoned=is_abandoned)
            return
        if query.execution_id:
            self._athena.stop(query.execution_id)

    def advance(self, tenant: str, query_id: str) -> Query:
        """Take the next step if there is one. Any number of callers may, at once."""
        query = self._store.get(tenant, query_id)
        if query.is_over:
            return query
        try:
            return self._step(query)
        except (AlreadyExists, PreconditionFailed):
            return self._store.get(tenant, query_id)  # another caller took this step

    def _begun(self, query: Query) -> Query:
        """One that was just admitted, so that nothing need be looked at before its start."""
        try:
            return self._started(query)
        except TooManyRequests:
            return query  # queued here instead of at Athena; the next look starts it
        except (AlreadyExists, PreconditionFailed):
            return self._store.get(query.tenant, query.id)

    def _step(self, query: Query) -> Query:
        if query.execution_id is None:
            if query.is_cancelled:
                return self._ended(query, QueryState.CANCELLED)
            if query.leader is not None:
                return self._followed(query, query.leader)
            return self._started(query) if self._allowances.may_start(query) else query
        execution = self._athena.get(query.execution_id)
        if execution.state == "SUCCEEDED":
            return self._succeeded(query, execution)
        if execution.is_over:
            return self._stopped(query, execution)
        if execution.bytes_scanned > query.max_bytes_scanned:
            self._athena.stop(execution.id)
        state = QueryState.RUNNING if execution.state == "RUNNING" else QueryState.QUEUED
        return query if state is query.state else self._store.put(query.model_copy(update={"state": state}))

    def _followed(self, query: Query, leader_id: str) -> Query:
        """Who asks what another asks at this moment waits for that one; Athena is asked once."""
        leader = self._store.find(query.tenant, leader_id)
        if leader is not None and not leader.is_over:
            leader = self._looked_at(self.advance(query.tenant, leader_id))
        if leader is None:
            is_late = not self._answers.is_noted(query, leader_id, self._clock())
        elif leader.state is QueryState.SUCCEEDED:
            return self._ends.answered(query, leader)
        elif leader.state is QueryState.FAILED:
            return self._ends.ended(query, QueryState.FAILED, error=leader.error)
        else:
            is_late = leader.is_over
        if not is_late:
            return query
        self._allowances.ask(query)  # the other was cancelled, or its caller died before it was asked
        return self._store.put(query.model_copy(update={"leader": None}))

    def _started(self, query: Query) -> Query:
        label = Label(query.tenant, "query", query.id)
        token = hashlib.sha256(f"{query.tenant}:query:{query.id}".encode()).hexdigest()
        try:
            execution_id = self._athena.start(
                label.on(query.statement or ""), workgroup=self._workgroup(query.max_bytes_scanned), token=token
            )
        except BadSql as error:
            refused = QueryError(code=error.code, title=error.title, detail=error.detail, remedy="Correct the SQL.")
            return self._ended(query, QueryState.FAILED, error=refused)
        try:
            return self._store.put(query.model_copy(update={"execution_id": execution_id, "statement": None}))
        except PreconditionFailed:
            self._stop_if_cancelled(query, execution_id)
            raise

    def _stop_if_cancelled(self, query: Query, execution_id: str) -> None:
        """A cancellation came between reading the query and noting its execution, which nobody else knows of."""
        now = self._store.get(query.tenant, query.id)
        if now.is_cancelled and now.execution_id is None:
            self._athena.stop(execution_id)

    def _succeeded(self, query: Query, execution: Execution) -> Query:
        if execution.bytes_scanned > query.max_bytes_scanned:
            return self._ended(query, QueryState.FAILED, execution, error=over_budget(execution.id))
        columns = tuple(column(info) for info in self._athena.columns(execution.id))
        query = query.model_copy(update={"columns": columns, "result": self._answers.measured(query, execution)})
        ended = self._ended(query, QueryState.SUCCEEDED, execution)
        if ended.is_deterministic:
            self._answers.remember(ended)
        return ended

    def _stopped(self, query: Query, execution: Execution) -> Query:
        error = failure(execution.reason, execution_id=execution.id, is_retryable=execution.is_retryable)
        if execution.bytes_scanned > query.max_bytes_scanned:
            error = over_budget(execution.id)
        if execution.state == "CANCELLED" and error.code != "budget_exceeded":
            return self._ended(query, QueryState.CANCELLED, execution)
        return self._ended(query, QueryState.FAILED, execution, error=error)

    def _ended(
        self, query: Query, state: QueryState, execution: Execution | None = None, error: QueryError | None = None
    ) -> Query:
        ended = self._ends.ended(query, state, execution, error)
        self.go_on_after(ended)
        return ended

    def go_on_after(self, query: Query) -> None:
        """Its place is free: whoever waited for it begins."""
        for waiting in self._allowances.leave(query):
            try:
                self.advance(query.tenant, waiting)
            except HeadgateError as error:  # its own next look or the tick begins it
                log.warning(json.dumps({"event": "not_begun", "query": waiting, "code": error.code}))

    def remembered(self, tenant: str, answer: Answer) -> Query | None:
        """The query that gave an answer, while its result lasts."""
        return self._answers.remembered(tenant, answer)

    def _workgroup(self, max_bytes_scanned: int) -> str:
        """The one with the lowest cut-off that does not cut the query short."""
        if max_bytes_scanned <= _GIGABYTE:
            return self._settings.workgroup_small
        if max_bytes_scanned <= 100 * _GIGABYTE:
            return self._settings.workgroup_medium
        return self._settings.workgroup_large

    def _row_limit(self, asked: int | None) -> int:
        limit = asked or self._settings.default_row_limit
        if limit > self._settings.max_row_limit:
            raise InvalidInput(f"row_limit may be {self._settings.max_row_limit:,} at most.")
        return limit
