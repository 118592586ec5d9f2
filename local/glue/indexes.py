"""Partition indexes: kept and shown. Partitions are found by values at once without them."""

from typing import Any

from ministack.services import glue as ministack

from local.glue import tables
from local.glue.errors import GlueError, not_found
from local.glue.pages import page
from local.glue.tables import Answer, Request, table_key

PAGE = 100
MOST = 3  # of a table: "Working with partition indexes"
_indexes = ministack._partition_indexes  # noqa: SLF001
_tables = ministack._tables  # noqa: SLF001


def create_table(request: Request) -> Answer:
    """CreateTable with the indexes it may bring along."""
    answer = tables.create_table(request)
    add(f"{request['DatabaseName']}/{request['TableInput']['Name']}", request.get("PartitionIndexes") or [])
    return answer


def create(request: Request) -> Answer:
    key = table_key(request)
    given = request["PartitionIndex"]
    add(key, [given])
    return {}


def add(key: str, every: list[dict[str, Any]]) -> None:
    """Register indexes on the table stored under `key`. Raises GlueError."""
    kinds = {one["Name"]: one.get("Type", "string") for one in _tables[key].get("PartitionKeys") or []}
    for given in every:
        held = _indexes.get(key, [])
        name, names = given["IndexName"], [one.lower() for one in given["Keys"]]
        if any(one["IndexName"] == name for one in held):
            raise GlueError("AlreadyExistsException", f"Index with the given indexName : {name} already exists")
        if len(held) >= MOST:
            raise GlueError("ResourceNumberLimitExceededException", f"A table has at most {MOST} partition indexes")
        if not names or not set(names) <= set(kinds):
            raise GlueError("InvalidInputException", "Partition index keys must be partition keys of the table")
        shown = [{"Name": one, "Type": kinds[one]} for one in names]
        _indexes[key] = [*held, {"IndexName": name, "Keys": shown, "IndexStatus": "ACTIVE"}]


def get_all(request: Request) -> Answer:
    shown, rest = page(sorted(_indexes.get(table_key(request), []), key=_name), _name, request, PAGE)
    return {"PartitionIndexDescriptorList": shown, **rest}


def delete(request: Request) -> Answer:
    key = table_key(request)
    held = _indexes.get(key, [])
    kept = [one for one in held if one["IndexName"] != request["IndexName"]]
    if len(kept) == len(held):
        raise not_found(f"Index with the given indexName : {request['IndexName']}")
    _indexes[key] = kept
    return {}


def _name(index: dict[str, Any]) -> str:
    return str(index["IndexName"])
