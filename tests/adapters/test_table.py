"""Conditional writes: conflicts are real conflicts, and a write whose answer was lost is not one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from app.adapters.dynamodb.keys import Key
from app.adapters.dynamodb.table import Item, Table, Write
from app.domain.errors import AlreadyExists, BadPageToken, PreconditionFailed
from app.domain.identifiers import new_ulid


@pytest.fixture
def table(lake: Any) -> Table:
    return Table(lake.aws, lake.settings.table_name, new_ulid)


@pytest.fixture
def key() -> Key:
    return Key(f"T#test#THING#{new_ulid()}", "#")


@pytest.fixture
def lose_answers(lake: Any) -> Iterator[Callable[[str, int], None]]:
    """Let DynamoDB do the work and lose its answer, for the next `times` calls of an operation."""
    client = lake.aws.dynamodb
    registered = []

    def lose(operation: str, times: int) -> None:
        left = [times]

        def handler(request: Any, **_: Any) -> None:
            if left[0]:
                left[0] -= 1
                client._endpoint.http_session.send(request)
                raise ReadTimeoutError(endpoint_url=request.url)

        name = f"before-send.dynamodb.{operation}"
        client.meta.events.register_first(name, handler)
        registered.append((name, handler))

    yield lose
    for name, handler in registered:
        client.meta.events.unregister(name, handler)


def stored(table: Table, key: Key) -> Item:
    item = table.get(key)
    assert item is not None
    return item


def test_a_new_item_must_be_new(table: Table, key: Key) -> None:
    assert table.write(Write(key, "1")) == 1
    with pytest.raises(AlreadyExists):
        table.write(Write(key, "2"))
    assert stored(table, key).doc == "1"


def test_a_query_ends_below_a_key(table: Table, key: Key) -> None:
    for day in (1, 2, 3):
        table.write(Write(Key(key.pk, f"DAY#{day}#x"), str(day)))
    found = table.query(key.pk, sk_below="DAY#2$", limit=1)
    assert [item.doc for item in found.items] == ["1"]
    rest = table.query(key.pk, sk_below="DAY#2$", page_token=found.next_page_token)
    assert [item.doc for item in rest.items] == ["2"]


def test_a_stale_revision_is_refused(table: Table, key: Key) -> None:
    table.write(Write(key, "1"))
    assert table.write(Write(key, "2", expected=1)) == 2
    with pytest.raises(PreconditionFailed):
        table.write(Write(key, "3", expected=1))
    assert stored(table, key).doc == "2"


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_answer_is_not_a_conflict(
    table: Table, key: Key, lose_answers: Callable[[str, int], None], lost: int
) -> None:
    lose_answers("PutItem", lost)
    assert table.write(Write(key, "1")) == 1
    lose_answers("PutItem", lost)
    assert table.write(Write(key, "2", expected=1)) == 2
    lose_answers("DeleteItem", lost)
    table.write(Write(key, None, expected=2))
    assert table.get(key) is None


def test_a_lost_answer_that_another_writer_overtook_still_counts(table: Table, key: Key, lake: Any) -> None:
    table.write(Write(key, "1"))
    client = lake.aws.dynamodb
    done = []

    def overtake(request: Any, **_: Any) -> None:
        if not done:
            done.append(1)
            client._endpoint.http_session.send(request)
            first = stored(table, key)
            table.write(Write(key, "theirs", expected=2, earlier=first.operations))
            raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register_first("before-send.dynamodb.PutItem", overtake)
    try:
        assert table.write(Write(key, "ours", expected=1)) == 2
    finally:
        client.meta.events.unregister("before-send.dynamodb.PutItem", overtake)
    assert stored(table, key).doc == "theirs"


def test_a_lost_answer_of_a_transaction_is_not_a_conflict(
    table: Table, key: Key, lose_answers: Callable[[str, int], None]
) -> None:
    other = Key(key.pk, "other")
    lose_answers("TransactWriteItems", 1)
    table.transact([Write(key, "1"), Write(other, "2")])
    assert (stored(table, key).doc, stored(table, other).doc) == ("1", "2")


def test_a_transaction_is_all_or_nothing(table: Table, key: Key) -> None:
    other = Key(key.pk, "other")
    table.write(Write(other, "there"))
    with pytest.raises(AlreadyExists):
        table.transact([Write(key, "1"), Write(other, "2")])
    assert table.get(key) is None


def test_a_transaction_that_deletes_what_is_gone_says_that_nothing_was_written(table: Table, key: Key) -> None:
    gone = Key(key.pk, "gone")
    with pytest.raises(PreconditionFailed):
        table.transact([Write(key, "1"), Write(gone, None, 1)])
    assert table.get(key) is None


def test_a_deletion_by_transaction_can_be_repeated(table: Table, key: Key) -> None:
    table.write(Write(key, "1"))
    for _ in range(2):
        table.transact([Write(key, None, 1)])
    assert table.get(key) is None


def test_of_many_writers_of_one_revision_one_wins(table: Table, key: Key) -> None:
    table.write(Write(key, "0"))

    def attempt(number: int) -> bool:
        try:
            table.write(Write(key, str(number), expected=1))
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = [n for n, ok in enumerate(pool.map(attempt, range(64))) if ok]
    assert len(won) == 1
    assert stored(table, key).doc == str(won[0])


def test_pages_walk_a_partition_once_and_in_order(table: Table) -> None:
    pk = f"T#test#LIST#{new_ulid()}"
    table.batch_write([Write(Key(pk, f"{n:03d}"), str(n)) for n in range(57)])
    seen: list[str] = []
    token = None
    while True:
        page = table.query(pk, limit=10, page_token=token)
        seen += [item.doc for item in page.items]
        token = page.next_page_token
        if token is None:
            break
    assert seen == [str(n) for n in range(57)]


@pytest.mark.parametrize("token", ["", "!!!", "e30", "bnVsbA", "eyJxIjoiIiwiayI6e319"])
def test_a_foreign_page_token_is_refused(table: Table, token: str) -> None:
    if token:
        with pytest.raises(BadPageToken):
            table.query("T#test#LIST#x", page_token=token)


def test_a_page_token_does_not_open_another_partition(table: Table) -> None:
    pk = f"T#test#LIST#{new_ulid()}"
    table.batch_write([Write(Key(pk, f"{n:03d}"), str(n)) for n in range(3)])
    token = table.query(pk, limit=1).next_page_token
    with pytest.raises(BadPageToken):
        table.query("T#other#LIST#x", page_token=token)
