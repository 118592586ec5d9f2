"""Partitions of tables, over MiniStack's stores. Callers hold `service`'s lock.

A table of Headgate has a partition for each committed file, so thousands of them: finding one by its values
must not walk the list.
"""

import time
import zlib
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import glue as ministack

from local.glue.errors import GlueError, already_there, not_found
from local.glue.pages import page
from local.glue.predicates import BadExpressionError, compiled
from local.glue.tables import Answer, Request, detail, limited, table_key

PAGE = 1000
CREATE_BATCH, UPDATE_BATCH, DELETE_BATCH, GET_BATCH = 100, 100, 25, 1000
EXPRESSION_CHARACTERS = 2048

Partition = dict[str, Any]
_partitions = ministack._partitions  # noqa: SLF001
_tables = ministack._tables  # noqa: SLF001
_positions: dict[int, tuple[list[Partition], dict[tuple[str, ...], int]]] = {}  # id(list) -> list, values -> index
_KEPT_INDEXES = 256


def create_partition(request: Request) -> Answer:
    _create(table_key(request), request["PartitionInput"])
    return {}


def batch_create_partition(request: Request) -> Answer:
    key = table_key(request)
    errors = []
    for given in limited(request["PartitionInputList"], CREATE_BATCH, "partitionInputList"):
        try:
            _create(key, given)
        except GlueError as error:
            errors.append({"PartitionValues": given["Values"], "ErrorDetail": detail(error)})
    return {"Errors": errors}


def get_partition(request: Request) -> Answer:
    partitions, index = _indexed(table_key(request))
    return {"Partition": partitions[_position(index, request["PartitionValues"])]}


def batch_get_partition(request: Request) -> Answer:
    partitions, index = _indexed(table_key(request))
    asked = limited(request["PartitionsToGet"], GET_BATCH, "partitionsToGet")
    found = [partitions[index[tuple(one["Values"])]] for one in asked if tuple(one["Values"]) in index]
    missing = [one for one in asked if tuple(one["Values"]) not in index]
    return {"Partitions": found, "UnprocessedKeys": missing}


def get_partitions(request: Request) -> Answer:
    """A page of those that satisfy `Expression`, ordered by values."""
    found = selected(table_key(request), request.get("Expression"))
    if segment := request.get("Segment"):
        found = [
            partition
            for partition in found
            if _segment(partition, segment["TotalSegments"]) == segment["SegmentNumber"]
        ]
    ordered = sorted(found, key=_values)
    shown, rest = page(ordered, _values, request, PAGE)
    if request.get("ExcludeColumnSchema"):
        shown = [_without_columns(partition) for partition in shown]
    return {"Partitions": shown, **rest}


def selected(key: str, expression: str | None) -> list[Partition]:
    """The partitions of the table stored under `key` ("db/table") that satisfy the expression."""
    partitions, _ = _indexed(key)
    if not expression:
        return partitions
    if len(expression) > EXPRESSION_CHARACTERS:
        limited(list(expression), EXPRESSION_CHARACTERS, "expression")
    keys = tuple((one["Name"], one.get("Type", "string")) for one in _tables[key].get("PartitionKeys", []))
    try:
        test = compiled(expression, keys)
        return [partition for partition in partitions if test(partition["Values"])]
    except BadExpressionError as error:
        raise GlueError("InvalidInputException", str(error)) from error


def update_partition(request: Request) -> Answer:
    _update(table_key(request), request["PartitionValueList"], request["PartitionInput"])
    return {}


def batch_update_partition(request: Request) -> Answer:
    key = table_key(request)
    errors = []
    for entry in limited(request["Entries"], UPDATE_BATCH, "entries"):
        try:
            _update(key, entry["PartitionValueList"], entry["PartitionInput"])
        except GlueError as error:
            errors.append({"PartitionValueList": entry["PartitionValueList"], "ErrorDetail": detail(error)})
    return {"Errors": errors}


def delete_partition(request: Request) -> Answer:
    _delete(table_key(request), [request["PartitionValues"]])
    return {}


def batch_delete_partition(request: Request) -> Answer:
    key = table_key(request)
    _, index = _indexed(key)
    asked = [one["Values"] for one in limited(request["PartitionsToDelete"], DELETE_BATCH, "partitionsToDelete")]
    missing = [values for values in asked if tuple(values) not in index]
    _delete(key, [values for values in asked if tuple(values) in index])
    error = not_found("Partition")
    return {"Errors": [{"PartitionValues": values, "ErrorDetail": detail(error)} for values in missing]}


def _create(key: str, given: Partition) -> None:
    _check(key, given)
    partitions, index = _indexed(key)
    values = tuple(given["Values"])
    if values in index:
        raise already_there("Partition")
    index[values] = len(partitions)
    partitions.append(_stored(key, given))


def _update(key: str, values: list[str], given: Partition) -> None:
    _check(key, given)
    partitions, index = _indexed(key)
    position = _position(index, values)
    changed = tuple(given["Values"])
    if changed != tuple(values) and changed in index:
        raise already_there("Partition")
    del index[tuple(values)]
    index[changed] = position
    created = partitions[position].get("CreationTime")
    partitions[position] = {**_stored(key, given), "CreationTime": created}


def _delete(key: str, asked: list[list[str]]) -> None:
    partitions, index = _indexed(key)
    gone = {_position(index, values) for values in asked}
    kept = [partition for position, partition in enumerate(partitions) if position not in gone]
    _positions.pop(id(partitions), None)
    _partitions[key] = kept
    statistics = ministack._partition_column_statistics  # noqa: SLF001
    if key in statistics:
        statistics[key] = [one for one in statistics[key] if one.get("Values") not in asked]


def _check(key: str, given: Partition) -> None:
    if len(given["Values"]) != len(_tables[key].get("PartitionKeys", [])):
        raise GlueError(
            "InvalidInputException", "The number of partition keys do not match the number of partition values"
        )


def _stored(key: str, given: Partition) -> Partition:
    database, table = key.split("/", 1)
    now = int(time.time())
    own = {"DatabaseName": database, "TableName": table, "CreationTime": now, "CatalogId": get_account_id()}
    return {"Parameters": {}, **given, **own}


def _indexed(key: str) -> tuple[list[Partition], dict[tuple[str, ...], int]]:
    """The table's list and where in it each partition is; made anew when someone else changed the list."""
    partitions: list[Partition] = _partitions.setdefault(key, [])
    listed, index = _positions.get(id(partitions), ([], {}))
    if listed is not partitions or len(index) != len(partitions):
        index = {tuple(partition["Values"]): position for position, partition in enumerate(partitions)}
        if len(_positions) >= _KEPT_INDEXES:
            _positions.clear()
        _positions[id(partitions)] = (partitions, index)
    return partitions, index


def _position(index: dict[tuple[str, ...], int], values: list[str]) -> int:
    position = index.get(tuple(values))
    if position is None:
        raise not_found("Partition")
    return position


def _segment(partition: Partition, total: int) -> int:
    """Which of `total` non-overlapping parts of the table a partition is in."""
    return zlib.crc32("/".join(partition["Values"]).encode()) % total


def _values(partition: Partition) -> list[str]:
    return list(partition["Values"])


def _without_columns(partition: Partition) -> Partition:
    storage = {name: value for name, value in partition.get("StorageDescriptor", {}).items() if name != "Columns"}
    return {**partition, "StorageDescriptor": storage}
