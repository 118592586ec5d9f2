"""Finding datasets by what describes them: one item per dataset and search token, read by Query, never by Scan.

Facets: `tier`, `owner`, `tag` (`key:value`) and `word`. The facet that finds least is not known without reading, so the
rarest kind drives (word, tag, owner, tier) and the others are asked by key for the page it gives.
"""

from collections.abc import Iterable, Sequence

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.table import Page, Table, Write
from app.domain.search import Token

_ROUNDS = 6  # most driving pages read for one page of the answer
_ORDER = ("word", "tag", "owner", "tier", "namespace")


class SearchStore:
    """Search tokens. Writes can be repeated any number of times."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def change(self, tenant: str, dataset_id: str, *, add: Iterable[Token], drop: Iterable[Token] = ()) -> None:
        """Adds first: a dataset may for a moment be found by too much, never by too little."""
        writes = [Write(keys.token(tenant, *token, dataset_id), "{}") for token in sorted(set(add))]
        writes += [Write(keys.token(tenant, *token, dataset_id), None) for token in sorted(set(drop))]
        self._table.batch_write(writes)

    def find(self, tenant: str, tokens: Sequence[Token], limit: int, page_token: str | None) -> Page[str]:
        """One page of dataset ids with all tokens. One Query for one token; at most 6 Query + 6 BatchGet else, so that
        a page may be short and still have a next one.
        """
        ordered = sorted(set(tokens), key=lambda token: (_ORDER.index(token.facet), -len(token.value), token.value))
        driver, others = ordered[0], ordered[1:]
        found: list[str] = []
        for _ in range(_ROUNDS):
            pk = keys.token(tenant, *driver, "").pk
            page = self._table.query(pk, limit=limit - len(found), page_token=page_token)
            found += self._with_all(tenant, [item.key.sk for item in page.items], others)
            page_token = page.next_page_token
            if page_token is None or len(found) >= limit:
                break
        return Page(tuple(found), page_token)

    def _with_all(self, tenant: str, ids: list[str], others: Sequence[Token]) -> list[str]:
        if not others or not ids:
            return ids
        wanted = {id_: [keys.token(tenant, *token, id_) for token in others] for id_ in ids}
        there = self._table.batch_get([key for asked in wanted.values() for key in asked])
        return [id_ for id_ in ids if all(key in there for key in wanted[id_])]
