"""Typed records over the table: a domain model in, a domain model out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar

from app.adapters.dynamodb.keys import Key
from app.adapters.dynamodb.table import Item, Page, Table, Write
from app.domain.errors import NotFound
from app.domain.records import Record

R = TypeVar("R", bound=Record)


def loaded(model: type[R], item: Item) -> R:
    """The record of an item, with its revision and operations."""
    record = model.model_validate_json(item.doc)
    return record.model_copy(update={"revision": item.revision, "operations": item.operations})


def writing(
    key: Key, record: Record, indexes: dict[str, str] | None = None, expires_at: datetime | None = None
) -> Write:
    """The write that stores a record over the revision it was read at (0: it must be new)."""
    return Write(
        key=key,
        doc=record.model_dump_json(),
        expected=record.revision,
        earlier=record.operations,
        indexes=indexes or {},
        expires_at=int(expires_at.timestamp()) if expires_at else None,
    )


class Records(Generic[R]):
    """One kind of record: what every store of the house can do. A store adds its keys and its lists."""

    model: type[R]
    noun: str

    def __init__(self, table: Table) -> None:
        self.table = table

    def _find(self, key: Key) -> R | None:
        item = self.table.get(key)
        return loaded(self.model, item) if item else None

    def _get(self, key: Key, name: str) -> R:
        found = self._find(key)
        if found is None:
            raise NotFound(f"There is no {self.noun} {name}, or it is not yours.")
        return found

    def _put(self, key: Key, record: R, indexes: dict[str, str] | None = None, expires_at: datetime | None = None) -> R:
        """Conditional on the record's revision; returns the record with its new one."""
        revision = self.table.write(writing(key, record, indexes, expires_at))
        return record.model_copy(update={"revision": revision})

    def _page(self, page: Page[Item]) -> Page[R]:
        return Page(tuple(loaded(self.model, item) for item in page.items), page.next_page_token)

    def _many(self, keys: Sequence[Key]) -> tuple[R, ...]:
        """What exists of the keys, in their order."""
        found = self.table.batch_get(keys)
        return tuple(loaded(self.model, found[key]) for key in keys if key in found)
