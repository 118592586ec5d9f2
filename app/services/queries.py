"""Queries: asked, watched, cancelled. Whoever looks at a query takes its next step; nothing here waits."""

import hashlib

from app.adapters.athena import Athena, Execution
from app.adapters.dynamodb.queries import AnswerStore, QueryStore
from app.adapters.objects import Objects
from app.domain.access import Principal
from app.domain.errors import AlreadyExists, BadSql, InvalidInput, PreconditionFailed, TooManyRequests
from app.domain.executions import Label
from app.domain.identifiers import Clock, IdFactory
from app.domain.queries import (
    Answer,
    NewQuery,
    Query,
    QueryError,
    QueryState,
    Statistics,
    StoredResult,
    cost_usd,
)
from app.domain.query_failures import failure, over_budget
from app.formats.athena_csv import count
from app.formats.values import column
from app.services.questions import Estimate, Plan, Questions
from app.settings import Settings

_GIGABYTE = 10**9
_COUNTED_BYTES = 256 * 2**20  # a quarter of a second's work; larger results tell their end to whoever reads that far


class Queries:
    """The life of a query. Every transition is one conditional write."""

    def __init__(
        self,
        settings: Settings,
        store: QueryStore,
        answers: AnswerStore,
        questions: Questions,
        athena: Athena,
        objects: Objects,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._settings = settings
        self._store = store
        self._answers = answers
        self._questions = questions
        self._athena = athena
        self._objects = objects
        self._clock = clock
        self._new_id = new_id

    def new_id(self) -> str:
        """The id of a query to be, for callers that must note it first."""
        return self._new_id()

    def ask(self, principal: Principal, new: NewQuery, query_id: str | None = None) -> Query:
        """Start it, or answer it from a stored result of the same question over the same data.

        Of callers that give the same id one asks, and all get the same query.
        """
        row_limit = self._row_limit(new.row_limit)
        plan = self._questions.plan(principal.tenant, new.sql, new.parameters, row_limit)
        query = Query(
            id=query_id or self._new_id(),
            tenant=principal.tenant,
            created_by=principal.id,
            created_at=self._clock(),
            sql=new.sql,
            parameters=new.parameters,
            row_limit=row_limit,
            max_bytes_scanned=new.max_bytes_scanned or self._settings.default_max_bytes_scanned,
            tags=new.tags,
            is_deterministic=plan.is_deterministic,
            fingerprint=plan.fingerprint,
            dataset_versions=plan.versions,
        )
        earlier = self._reusable(plan, principal.tenant)
        try:
            if earlier is not None:
                return self._store.put(_reusing(query, earlier))
            return self._begun(self._store.put(query.model_copy(update={"statement": plan.statement})))
        except AlreadyExists:
            return self.advance(query.tenant, query.id)

    def estimate(self, principal: Principal, new: NewQuery) -> Estimate:
        limit = self._row_limit(new.row_limit)
        return self._questions.estimate(principal.tenant, new.sql, new.parameters, limit)

    def get(self, principal: Principal, query_id: str) -> Query:
        """As it is now, by Athena's own word; as it was last seen while Athena asks us to slow down."""
        try:
            return self.advance(principal.tenant, query_id)
        except TooManyRequests:
            return self._store.get(principal.tenant, query_id)

    def find(self, tenant: str, query_id: str) -> Query | None:
        """As it was last seen."""
        return self._store.find(tenant, query_id)

    def cancel(self, principal: Principal, query_id: str) -> Query:
        """Stop it; one that is over stays as it is, one that has not begun never begins."""
        query = self._store.get(principal.tenant, query_id)
        if query.is_over:
            return query
        try:
            query = self._store.put(query.model_copy(update={"is_cancelled": True}))
        except PreconditionFailed:
            return self.cancel(principal, query_id)
        if query.execution_id:
            self._athena.stop(query.execution_id)
        return self.get(principal, query_id)

    def advance(self, tenant: str, query_id: str) -> Query:
        """Take the next step if there is one. Any number of callers may, at once."""
        query = self._store.get(tenant, query_id)
        if query.is_over:
            return query
        try:
            return self._step(query)
        except PreconditionFailed:
            return self._store.get(tenant, query_id)  # another caller took this step

    def _begun(self, query: Query) -> Query:
        try:
            return self._step(query)
        except TooManyRequests:
            return query  # queued here instead of at Athena; the next look starts it
        except PreconditionFailed:
            return self._store.get(query.tenant, query.id)

    def _step(self, query: Query) -> Query:
        if query.execution_id is None:
            if query.is_cancelled:
                return self._ended(query, QueryState.CANCELLED)
            return self._started(query)
        execution = self._athena.get(query.execution_id)
        if execution.state == "SUCCEEDED":
            return self._succeeded(query, execution)
        if execution.is_over:
            return self._stopped(query, execution)
        if execution.bytes_scanned > query.max_bytes_scanned:
            self._athena.stop(execution.id)
        state = QueryState.RUNNING if execution.state == "RUNNING" else QueryState.QUEUED
        return query if state is query.state else self._store.put(query.model_copy(update={"state": state}))

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
        query = query.model_copy(update={"columns": columns, "result": self._stored(query, execution)})
        ended = self._ended(query, QueryState.SUCCEEDED, execution)
        if ended.is_deterministic:
            self._remember(ended)
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
        statistics = Statistics()
        if execution is not None:
            is_billed = execution.state != "FAILED"
            statistics = Statistics(
                bytes_scanned=execution.bytes_scanned,
                cost_usd=self._cost(execution.bytes_scanned if is_billed else 0),
                queue_ms=execution.queue_ms,
                engine_ms=execution.engine_ms,
            )
        update = {
            "state": state,
            "statement": None,
            "ended_at": self._clock(),
            "statistics": statistics,
            "error": error,
        }
        return self._store.put(query.model_copy(update=update))

    def _stored(self, query: Query, execution: Execution) -> StoredResult:
        bucket, _, key = (execution.output_location or "").removeprefix("s3://").partition("/")
        head = self._objects.head(bucket, key)
        size = head.size if head else 0
        if size > _COUNTED_BYTES:
            header = self._objects.read(bucket, key, byte_range=(0, min(size, 2**20) - 1))
            _, start, _ = count([header], up_to=0)
            return StoredResult(
                bucket=bucket, key=key, size=size, start=start, end=None, row_count=None, is_truncated=None
            )
        chunks = self._objects.stream(bucket, key) if size else ()
        rows, start, end = count(chunks, up_to=query.row_limit)
        return StoredResult(
            bucket=bucket,
            key=key,
            size=size,
            start=start,
            end=end,
            row_count=min(rows, query.row_limit),
            is_truncated=rows > query.row_limit,
        )

    def _reusable(self, plan: Plan, tenant: str) -> Query | None:
        if not plan.is_deterministic:
            return None
        answer = self._answers.find(tenant, plan.fingerprint)
        found = self._store.find(tenant, answer.query_id) if answer else None
        return found if found is not None and self.is_readable(found) else None

    def is_readable(self, query: Query) -> bool:
        """It succeeded, and its result has not expired since."""
        result = query.result
        return result is not None and self._objects.head(result.bucket, result.key) is not None

    def _remember(self, query: Query) -> None:
        before = self._answers.find(query.tenant, query.fingerprint)
        answer = Answer(
            query_id=query.id,
            fingerprint=query.fingerprint,
            answered_at=query.ended_at,
            revision=before.revision if before else 0,
            operations=before.operations if before else (),
        )
        try:
            self._answers.put(query.tenant, query.fingerprint, answer)
        except (AlreadyExists, PreconditionFailed):
            return  # another query has just answered the same question as well

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

    def _cost(self, bytes_scanned: int) -> str:
        return cost_usd(
            bytes_scanned,
            usd_per_tb=self._settings.athena_usd_per_tb,
            minimum_bytes=self._settings.athena_minimum_bytes,
        )


def _reusing(query: Query, earlier: Query) -> Query:
    return query.model_copy(
        update={
            "state": QueryState.SUCCEEDED,
            "ended_at": query.created_at,
            "execution_id": earlier.execution_id,
            "columns": earlier.columns,
            "result": earlier.result,
            "statistics": Statistics(reused=True),
        }
    )
