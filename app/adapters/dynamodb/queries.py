"""Queries, and which of them answered a question last."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records, writing
from app.adapters.dynamodb.table import Write
from app.domain.errors import AlreadyExists, PreconditionFailed
from app.domain.queries import Answer, Query


class QueryStore(Records[Query]):
    model = Query
    noun = "query"

    def find(self, tenant: str, query_id: str) -> Query | None:
        return self._find(keys.query(tenant, query_id))

    def get(self, tenant: str, query_id: str) -> Query:
        return self._get(keys.query(tenant, query_id), query_id[:64])

    def put(self, query: Query, *others: Write) -> Query:
        """Conditional on the revision; with other writes, all or nothing."""
        write = writing(keys.query(query.tenant, query.id), query)
        if others:
            self.table.transact([write, *others])
        else:
            self.table.write(write)
        return query.model_copy(update={"revision": query.revision + 1})


class AnswerStore(Records[Answer]):
    """By question: a query's fingerprint, or a saved query with its arguments."""

    model = Answer
    noun = "stored answer"

    def find(self, tenant: str, question: str) -> Answer | None:
        return self._find(keys.answer(tenant, question))

    def put(self, tenant: str, question: str, answer: Answer) -> Answer:
        return self._put(keys.answer(tenant, question), answer)

    def promote(self, question: str, query: Query) -> bool:
        """The query is the latest good answer from now on; False when another has just become it."""
        before = self.find(query.tenant, question)
        answer = Answer(
            query_id=query.id,
            fingerprint=query.fingerprint,
            answered_at=query.ended_at,
            revision=before.revision if before else 0,
            operations=before.operations if before else (),
        )
        try:
            self.put(query.tenant, question, answer)
        except (AlreadyExists, PreconditionFailed):
            return False
        return True
