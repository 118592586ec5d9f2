"""Glue's wire protocol: our operations here, all others to MiniStack's module, which this one stands in for."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue as ministack

from local.glue import indexes, partitions, search, tables
from local.glue.crawler import api as crawlers
from local.glue.crawler import classifiers, runs
from local.glue.errors import GlueError

Response = tuple[int, dict[str, str], bytes]

_lock = threading.RLock()  # Athena's threads come in beside the event loop's
OPERATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "CreateDatabase": tables.create_database,
    "GetDatabase": tables.get_database,
    "UpdateDatabase": tables.update_database,
    "DeleteDatabase": tables.delete_database,
    "GetDatabases": tables.get_databases,
    "CreateTable": indexes.create_table,
    "GetTable": tables.get_table,
    "GetTables": tables.get_tables,
    "UpdateTable": tables.update_table,
    "DeleteTable": tables.delete_table,
    "BatchDeleteTable": tables.batch_delete_table,
    "GetTableVersion": tables.get_table_version,
    "GetTableVersions": tables.get_table_versions,
    "DeleteTableVersion": tables.delete_table_version,
    "BatchDeleteTableVersion": tables.batch_delete_table_version,
    "SearchTables": search.search_tables,
    "CreatePartitionIndex": indexes.create,
    "GetPartitionIndexes": indexes.get_all,
    "DeletePartitionIndex": indexes.delete,
    "CreatePartition": partitions.create_partition,
    "BatchCreatePartition": partitions.batch_create_partition,
    "GetPartition": partitions.get_partition,
    "BatchGetPartition": partitions.batch_get_partition,
    "GetPartitions": partitions.get_partitions,
    "UpdatePartition": partitions.update_partition,
    "BatchUpdatePartition": partitions.batch_update_partition,
    "DeletePartition": partitions.delete_partition,
    "BatchDeletePartition": partitions.batch_delete_partition,
    "CreateClassifier": classifiers.create,
    "UpdateClassifier": classifiers.update,
    "GetClassifier": classifiers.get,
    "GetClassifiers": classifiers.get_all,
    "DeleteClassifier": classifiers.delete,
    "CreateCrawler": crawlers.create,
    "UpdateCrawler": crawlers.update,
    "DeleteCrawler": crawlers.delete,
    "GetCrawler": crawlers.get,
    "GetCrawlers": crawlers.get_all,
    "ListCrawlers": crawlers.list_names,
    "BatchGetCrawlers": crawlers.batch_get,
    "GetCrawlerMetrics": crawlers.get_metrics,
    "ListCrawls": crawlers.list_crawls,
    "StartCrawler": lambda request: crawlers.start(request, _lock),
    "StopCrawler": crawlers.stop,
    "UpdateCrawlerSchedule": crawlers.update_schedule,
    "StartCrawlerSchedule": crawlers.start_schedule,
    "StopCrawlerSchedule": crawlers.stop_schedule,
}
_NAMES = ("DatabaseName", "TableName", "Name")
_FOLDED = ("Database", "Table", "Partition")  # the nouns whose names Glue keeps in lower case


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
) -> Response:
    """MiniStack's handler signature."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if operation not in OPERATIONS or path.startswith("/iceberg"):
        return await ministack.handle_request(method, path, headers, _folded_body(headers, body), query_params)
    if operation == "GetPartitions":  # the one that may take a while
        return await asyncio.to_thread(call, operation, body)
    return call(operation, body)


def call(operation: str, body: bytes) -> Response:
    """One of OPERATIONS, from any thread of the process whose context carries the account."""
    try:
        request = json.loads(body or b"{}")
        if any(noun in operation for noun in _FOLDED):
            _fold(request)
        with _lock:
            return json_response(OPERATIONS[operation](request))
    except GlueError as error:
        return error_response_json(error.code, str(error), 400)
    except json.JSONDecodeError:
        return error_response_json("SerializationException", "Invalid JSON", 400)
    except KeyError as error:
        return error_response_json("InvalidInputException", f"{error.args[0]} is required", 400)


def _folded_body(headers: dict[str, str], body: bytes) -> bytes:
    """MiniStack's own operations on databases and tables find them under the folded names, too."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    if not body or not any(noun in operation for noun in _FOLDED):
        return body
    try:
        request = json.loads(body)
    except json.JSONDecodeError:
        return body
    _fold(request)
    return json.dumps(request).encode()


def _fold(request: dict[str, Any]) -> None:
    for name in _NAMES:
        if isinstance(request.get(name), str):
            request[name] = request[name].lower()


def get_state() -> Any:
    """What a snapshot keeps."""
    return ministack.get_state()


def load_persisted_state(data: Any) -> None:
    ministack.load_persisted_state(data)
    runs.rest()


def reset() -> None:
    ministack.reset()
    tables._versions.clear()  # noqa: SLF001 - the store belongs to this package
    runs.history.clear()


def __getattr__(name: str) -> Any:
    """MiniStack reaches into its Glue module for Iceberg's REST catalog."""
    return getattr(ministack, name)
