"""Answers in S3: measured when they come in, remembered by question, found again while they last."""

from contextlib import suppress
from datetime import datetime, timedelta

from app.adapters.athena import Execution
from app.adapters.dynamodb.queries import AnswerStore, QueryStore
from app.adapters.objects import Objects
from app.domain.errors import AlreadyExists, PreconditionFailed
from app.domain.queries import Answer, Query, StoredResult
from app.formats.athena_csv import count
from app.services.questions import Plan
from app.settings import Settings

_TRIES = 5
_NOTED = timedelta(seconds=20)  # between this note and the query lie some milliseconds, unless its caller died


class StoredAnswers:
    """Which query answered a question last, and what it left."""

    def __init__(self, settings: Settings, store: QueryStore, answers: AnswerStore, objects: Objects) -> None:
        self._counted_bytes = settings.counted_result_bytes
        self._store = store
        self._answers = answers
        self._objects = objects

    def measured(self, query: Query, execution: Execution) -> StoredResult:
        """The result of an execution that succeeded. A large one tells its end to whoever reads that far."""
        bucket, _, key = (execution.output_location or "").removeprefix("s3://").partition("/")
        head = self._objects.head(bucket, key)
        size = head.size if head else 0
        if size > self._counted_bytes:
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

    def find(self, plan: Plan, tenant: str) -> Query | None:
        """A query that answers the question over the same data."""
        if not plan.is_deterministic:
            return None
        answer = self._answers.find(tenant, plan.fingerprint)
        return self.remembered(tenant, answer) if answer else None

    def leader(self, query: Query) -> str | None:
        """The query that asks the same and is being answered, or has been since `find` looked; None: from now on it is
        this one, as far as anyone else asks. Who dies between this note and the query holds nobody up for long.
        """
        if not query.is_deterministic:
            return None
        for _ in range(_TRIES):
            answer = self._answers.find(query.tenant, query.fingerprint)
            answer = answer or Answer(query_id="", fingerprint=query.fingerprint)
            if answer.pending_id is not None and answer.pending_id != query.id and self._is_open(query, answer):
                return answer.pending_id
            if (remembered := self.remembered(query.tenant, answer)) is not None:
                return remembered.id
            note = answer.model_copy(update={"pending_id": query.id, "pending_at": query.created_at})
            try:
                self._answers.put(query.tenant, query.fingerprint, note)
            except (AlreadyExists, PreconditionFailed):
                continue
            return None
        return None  # there are answers in plenty; one more costs little

    def is_noted(self, query: Query, leader_id: str, now: datetime) -> bool:
        """Whether that one, which is not stored yet, may still come to answer the question of this one."""
        answer = self._answers.find(query.tenant, query.fingerprint)
        return answer is not None and answer.pending_id == leader_id and _is_fresh(answer, now)

    def withdraw(self, query: Query) -> None:
        """It will not be asked: others need not wait for it."""
        answer = self._answers.find(query.tenant, query.fingerprint)
        if answer is None or answer.pending_id != query.id:
            return
        with suppress(AlreadyExists, PreconditionFailed):  # another noted itself in this moment
            self._answers.put(query.tenant, query.fingerprint, answer.model_copy(update={"pending_id": None}))

    def _is_open(self, query: Query, answer: Answer) -> bool:
        pending = self._store.find(query.tenant, str(answer.pending_id))
        if pending is not None:
            return not pending.is_over or self.is_readable(pending)  # it ended, and is not remembered yet
        return _is_fresh(answer, query.created_at)

    def remembered(self, tenant: str, answer: Answer) -> Query | None:
        """The query that answered it last, while its result lasts."""
        found = self._store.find(tenant, answer.query_id) if answer.query_id else None
        return found if found is not None and self.is_readable(found) else None

    def is_readable(self, query: Query) -> bool:
        """It succeeded, and its result has not expired since."""
        result = query.result
        return result is not None and self._objects.head(result.bucket, result.key) is not None

    def remember(self, query: Query) -> None:
        """For whoever asks the same; no matter if another query has just answered it as well."""
        self._answers.promote(query.fingerprint, query)


def _is_fresh(answer: Answer, now: datetime) -> bool:
    return answer.pending_at is not None and now - answer.pending_at < _NOTED
