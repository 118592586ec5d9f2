"""Items of the one table: a JSON document, a revision, and the ids of the operations that wrote it.

A botocore retry after a lost answer turns a won conditional put into ConditionalCheckFailed. So every write carries an
operation id; when a condition fails, the old item (returned with the failure) tells whether it was our own first try.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from botocore.exceptions import ClientError

from app.adapters.aws import Aws, error_code, translated
from app.adapters.dynamodb.keys import Key
from app.domain.errors import (
    AlreadyExists,
    BadPageToken,
    HeadgateError,
    PayloadTooLarge,
    PreconditionFailed,
    TooManyRequests,
)
from app.domain.opaque import packed, unpacked

T = TypeVar("T")

_OPERATIONS_KEPT = 8  # how many later writers may overtake a lost answer before it is read as a conflict
_LARGEST_DOCUMENT = 395_000  # an item has 400 KB (409,600 bytes), keys, indexes and operation ids included
_BATCH_GET = 100  # BatchGetItem's limit
_MAX_SETBACKS = 6  # about 3 s in all
_BATCH_WRITE = 25  # BatchWriteItem's limit


@dataclass(frozen=True)
class Item:
    """One item as stored. `doc` is JSON text; `revision` counts its writes from 1."""

    key: Key
    doc: str
    revision: int
    operations: tuple[str, ...] = ()
    indexes: dict[str, str] = field(default_factory=dict)
    expires_at: int | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the opaque token of the next, or None at the end."""

    items: tuple[T, ...]
    next_page_token: str | None


def every(read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """The items of all pages; `read` gets the token of each."""
    token = None
    while True:
        page = read(token)
        yield from page.items
        token = page.next_page_token
        if token is None:
            return


@dataclass(frozen=True)
class Write:
    """One conditional write. `expected` 0: the item must be new; else the revision it must have now."""

    key: Key
    doc: str | None  # None deletes
    expected: int = 0
    earlier: tuple[str, ...] = ()  # operation ids of the item as read
    indexes: dict[str, str] = field(default_factory=dict)
    expires_at: int | None = None


class Table:
    """Conditional writes, point reads and index queries. There is no scan."""

    def __init__(self, aws: Aws, name: str, new_operation_id: Callable[[], str]) -> None:
        self._aws = aws
        self._name = name
        self._new_operation_id = new_operation_id

    def get(self, key: Key) -> Item | None:
        """Strongly consistent."""
        with translated("DynamoDB"):
            answer = self._aws.dynamodb.get_item(TableName=self._name, Key=_key(key), ConsistentRead=True)
        return _item(answer["Item"]) if "Item" in answer else None

    def batch_get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """What exists of the keys; strongly consistent; unprocessed keys are asked for again."""
        found: dict[Key, Item] = {}
        pending = [_key(key) for key in dict.fromkeys(keys)]
        setbacks = 0
        while pending:
            chunk, pending = pending[:_BATCH_GET], pending[_BATCH_GET:]
            with translated("DynamoDB"):
                answer = self._aws.dynamodb.batch_get_item(
                    RequestItems={self._name: {"Keys": chunk, "ConsistentRead": True}}
                )
            for raw in answer["Responses"].get(self._name, []):
                item = _item(raw)
                found[item.key] = item
            refused = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
            pending += refused
            setbacks = self._set_back(setbacks, is_refused=bool(refused))
        return found

    def write(self, write: Write) -> int:
        """Apply one conditional write; returns the new revision. AlreadyExists or PreconditionFailed otherwise."""
        operation = self._new_operation_id()
        client = self._aws.dynamodb
        call = client.delete_item if write.doc is None else client.put_item
        with translated("DynamoDB"):
            try:
                call(**self._request(write, operation), TableName=self._name)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                _conflict_unless_ours(write, operation, error.response.get("Item"))
        return write.expected + 1

    def transact(self, writes: Sequence[Write]) -> None:
        """All or nothing, up to 100 items. AlreadyExists / PreconditionFailed name the first condition that failed."""
        operation = self._new_operation_id()
        entries = [
            {"Delete" if write.doc is None else "Put": self._request(write, operation) | {"TableName": self._name}}
            for write in writes
        ]
        with translated("DynamoDB"):
            try:
                self._aws.dynamodb.transact_write_items(
                    TransactItems=entries,
                    ClientRequestToken=hashlib.sha256(operation.encode()).hexdigest()[:36],
                )
            except ClientError as error:
                if error_code(error) != "TransactionCanceledException":
                    raise
                reasons = error.response.get("CancellationReasons", [])
                failed = [
                    (write, reason)
                    for write, reason in zip(writes, reasons, strict=False)
                    if reason.get("Code") == "ConditionalCheckFailed"
                ]
                if not failed:
                    raise
                if len(failed) < len(writes):
                    # Had our own first try been applied, every condition would fail by now: nothing is written.
                    raise _conflict(failed[0][0]) from error
                for write, reason in failed:
                    _conflict_unless_ours(write, operation, reason.get("Item"))

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        sk_prefix: str = "",
        sk_below: str = "",
        limit: int = 50,
        page_token: str | None = None,
        is_descending: bool = False,
    ) -> Page[Item]:
        """One page of a partition, one request: all of it, what has a prefix, or what sorts below a key. Through an
        index it is eventually consistent.
        """
        pk_name, sk_name = (f"{index}pk", f"{index}sk") if index else ("pk", "sk")
        condition, values = "#p = :p", {":p": {"S": pk}}
        names = {"#p": pk_name}
        if sk_prefix or sk_below:
            condition += " AND begins_with(#s, :s)" if sk_prefix else " AND #s < :s"
            values[":s"] = {"S": sk_prefix or sk_below}
            names["#s"] = sk_name
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "Limit": limit,
            "ScanIndexForward": not is_descending,
        }
        if index:
            request["IndexName"] = index
        else:
            request["ConsistentRead"] = True
        if page_token:
            request["ExclusiveStartKey"] = _start_key(page_token, pk, pk_name, sk_prefix)
        with translated("DynamoDB"):
            answer = self._aws.dynamodb.query(**request)
        last = answer.get("LastEvaluatedKey")
        token = _page_token(last, pk, pk_name, sk_prefix) if last else None
        return Page(tuple(_item(raw) for raw in answer["Items"]), token)

    def batch_write(self, puts: Iterable[Write]) -> None:
        """Unconditional puts and deletes, 25 a request, for rows that can be written any number of times."""
        entries = [
            {"DeleteRequest": {"Key": _key(write.key)}}
            if write.doc is None
            else {"PutRequest": {"Item": _raw(write, 1, "")}}
            for write in puts
        ]
        setbacks = 0
        while entries:
            chunk, entries = entries[:_BATCH_WRITE], entries[_BATCH_WRITE:]
            with translated("DynamoDB"):
                answer = self._aws.dynamodb.batch_write_item(RequestItems={self._name: chunk})
            refused = answer.get("UnprocessedItems", {}).get(self._name, [])
            entries += refused
            setbacks = self._set_back(setbacks, is_refused=bool(refused))

    @staticmethod
    def _set_back(setbacks: int, *, is_refused: bool) -> int:
        """Wait longer each time in a row that a batch was refused in part; TooManyRequests when it does not pass."""
        if not is_refused:
            return 0
        if setbacks == _MAX_SETBACKS:
            raise TooManyRequests("DynamoDB asks us to slow down; try again.", retry_after_seconds=2)
        time.sleep(0.05 * 2**setbacks)
        return setbacks + 1

    @staticmethod
    def _request(write: Write, operation: str) -> dict[str, Any]:
        request: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if write.expected:
            request["ConditionExpression"] = "rev = :rev"
            request["ExpressionAttributeValues"] = {":rev": {"N": str(write.expected)}}
        else:
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        if write.doc is None:
            return request | {"Key": _key(write.key)}
        return request | {"Item": _raw(write, write.expected + 1, operation)}


def _conflict_unless_ours(write: Write, operation: str, old: dict[str, Any] | None) -> None:
    if old is None and write.doc is None:
        return  # deleted already, by our own first try or by someone who wanted the same
    if old is not None and operation in _item(old).operations:
        return
    raise _conflict(write)


def _conflict(write: Write) -> HeadgateError:
    if write.expected:
        return PreconditionFailed("It changed since you read it; read it again and repeat the change.")
    return AlreadyExists("It exists already; choose another name or change the existing one.")


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _raw(write: Write, revision: int, operation: str) -> dict[str, Any]:
    """PayloadTooLarge for what no item can hold."""
    if len(write.doc or "") * 4 > _LARGEST_DOCUMENT and len((write.doc or "").encode()) > _LARGEST_DOCUMENT:
        raise PayloadTooLarge(f"What is to be kept has more than {_LARGEST_DOCUMENT:,} bytes; make it smaller.")
    raw: dict[str, Any] = {
        **_key(write.key),
        "doc": {"S": write.doc},
        "rev": {"N": str(revision)},
        "ops": {"L": [{"S": op} for op in (*write.earlier[-_OPERATIONS_KEPT + 1 :], operation) if op]},
    }
    raw.update({name: {"S": value} for name, value in write.indexes.items()})
    if write.expires_at is not None:
        raw["expires_at"] = {"N": str(write.expires_at)}
    return raw


def _item(raw: dict[str, Any]) -> Item:
    return Item(
        key=Key(raw["pk"]["S"], raw["sk"]["S"]),
        doc=raw["doc"]["S"],
        revision=int(raw["rev"]["N"]),
        operations=tuple(op["S"] for op in raw.get("ops", {}).get("L", [])),
        indexes={name: raw[name]["S"] for name in ("gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk") if name in raw},
        expires_at=int(raw["expires_at"]["N"]) if "expires_at" in raw else None,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:12]


def _page_token(last: dict[str, Any], pk: str, pk_name: str, sk_prefix: str) -> str:
    body = {"q": _digest(pk, pk_name, sk_prefix), "k": {n: v["S"] for n, v in last.items() if n != pk_name}}
    return packed(body)


def _start_key(token: str, pk: str, pk_name: str, sk_prefix: str) -> dict[str, Any]:
    """The partition comes from the caller's own query, never from the token: a token opens no other tenant."""
    try:
        body = unpacked(token)
        if body["q"] != _digest(pk, pk_name, sk_prefix):
            raise BadPageToken("This page_token belongs to another list; start again without it.")
        return {pk_name: {"S": pk}, **{str(n): {"S": str(v)} for n, v in body["k"].items()}}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadPageToken("page_token is not one that this API gave; start again without it.") from error
