"""The Athena API: X-Amz-Target operations to functions, refusals to AWS's error shapes. Also what MiniStack calls to
save, restore and reset a service: this module stands in its table of loaded modules.
"""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import asyncio
import copy
import json
import logging
import shutil
import sys
import uuid
from types import ModuleType
from typing import Any

from ministack.core.router import extract_access_key_id
from ministack.services import athena as native

from local.athena import capacity, datacatalogs, metadata, namedqueries, prepared, records, shapes, workgroups
from local.athena.callers import calling
from local.athena.engine import Engine
from local.athena.errors import QueryFailed, Refused
from local.athena.executions import Executions, Operation
from local.athena.faults import faults
from local.athena.host import host
from local.athena.settings import from_environment

_log = logging.getLogger("athena")
_running: dict[str, Executions] = {}
Answer = tuple[int, dict[str, str], bytes]


def attach(app: ModuleType) -> None:
    """Remember MiniStack's app. Deeply nested SQL needs a deep Python stack (sqlglot descends once per bracket).

    Raises ValueError when a setting is wrong: at the start, not with the first query.
    """
    from_environment()
    host.app = app
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))


def executions() -> Executions:
    """The running engine, made when it is first asked for."""
    if "engine" not in _running:
        settings = from_environment()
        shutil.rmtree(settings.work_dir, ignore_errors=True)  # what a killed process left
        settings.work_dir.mkdir(parents=True, exist_ok=True)
        _running["engine"] = Executions(Engine(settings))
    return _running["engine"]


_QUICK: dict[str, Operation] = {
    "StopQueryExecution": lambda r: executions().stop(r),
    "GetQueryExecution": records.get,
    "BatchGetQueryExecution": records.batch_get,
    "ListQueryExecutions": records.list_ids,
    "GetQueryRuntimeStatistics": lambda r: executions().statistics(r),
    "CreateWorkGroup": workgroups.create,
    "GetWorkGroup": workgroups.get,
    "ListWorkGroups": workgroups.list_all,
    "UpdateWorkGroup": workgroups.update,
    "DeleteWorkGroup": workgroups.delete,
    "CreatePreparedStatement": prepared.create,
    "GetPreparedStatement": prepared.get,
    "ListPreparedStatements": prepared.list_all,
    "UpdatePreparedStatement": prepared.update,
    "DeletePreparedStatement": prepared.delete,
    "BatchGetPreparedStatement": prepared.batch_get,
    "CreateNamedQuery": namedqueries.create,
    "GetNamedQuery": namedqueries.get,
    "ListNamedQueries": namedqueries.list_ids,
    "UpdateNamedQuery": namedqueries.update,
    "DeleteNamedQuery": namedqueries.delete,
    "BatchGetNamedQuery": namedqueries.batch_get,
    "ListDatabases": metadata.list_databases,
    "GetDatabase": metadata.get_database,
    "ListTableMetadata": metadata.list_tables,
    "GetTableMetadata": metadata.get_table,
    "CreateDataCatalog": datacatalogs.create,
    "GetDataCatalog": datacatalogs.get,
    "ListDataCatalogs": datacatalogs.list_all,
    "UpdateDataCatalog": datacatalogs.update,
    "DeleteDataCatalog": datacatalogs.delete,
    "CreateCapacityReservation": capacity.create,
    "GetCapacityReservation": capacity.get,
    "ListCapacityReservations": capacity.list_all,
    "UpdateCapacityReservation": capacity.update,
    "CancelCapacityReservation": capacity.cancel,
    "DeleteCapacityReservation": capacity.delete,
    "PutCapacityAssignmentConfiguration": capacity.assign,
    "GetCapacityAssignmentConfiguration": capacity.assigned,
    "ListEngineVersions": metadata.list_engine_versions,
    "TagResource": metadata.tag,
    "UntagResource": metadata.untag,
    "ListTagsForResource": metadata.list_tags,
}
# These parse SQL or read files, so they leave the event loop.
_SLOW: dict[str, Operation] = {
    "StartQueryExecution": lambda r: executions().start(r),
    "GetQueryResults": lambda r: executions().get_results(r),
}


async def handle_request(
    method: str,  # noqa: ARG001 - MiniStack's signature
    path: str,  # noqa: ARG001
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],  # noqa: ARG001
) -> Answer:
    """One request of the JSON protocol."""
    name = headers.get("x-amz-target", "").rsplit(".", maxsplit=1)[-1]
    try:
        request = json.loads(body or b"{}")
        if refused := faults.of_call(name):
            return _refusal(refused)
        if name not in _SLOW and name not in _QUICK:
            return _refusal(_unknown(name))
        shapes.check(name, request)
        with calling(extract_access_key_id(headers, {})):
            if name in _SLOW:
                return _answer(200, await asyncio.to_thread(_SLOW[name], request))
            return _answer(200, _QUICK[name](request))
    except Refused as refused:
        return _refusal(refused)
    except QueryFailed as failed:
        return _answer(
            400, {"__type": "InvalidRequestException", "Message": failed.reason, "AthenaErrorCode": failed.code}
        )
    except (json.JSONDecodeError, UnicodeError) as broken:
        return _answer(400, {"__type": "SerializationException", "Message": str(broken)})
    except Exception:  # noqa: BLE001 - a defect must answer as the API does
        _log.exception("%s failed by a defect of the embedded Athena", name)
        return _refusal(Refused("The embedded Athena failed; its log says how", "InternalServerException"))


def _unknown(name: str) -> Refused:
    """Athena for Spark (notebooks, sessions, calculations) is known by name; anything else is no operation at all."""
    if not shapes.is_operation(name):
        return Refused(f"Unknown operation {name or '(none)'}", "UnknownOperationException")
    return Refused(
        f"The operation {name or '(none)'} is not supported by the embedded Athena", athena_code="NOT_SUPPORTED"
    )


def _refusal(refused: Refused) -> Answer:
    content = {"__type": refused.kind, "Message": refused.detail, "message": refused.detail}
    if refused.kind == "InvalidRequestException":
        content["AthenaErrorCode"] = refused.athena_code
    if refused.kind == "TooManyRequestsException":
        content["Reason"] = "CONCURRENT_QUERY_LIMIT_EXCEEDED"
    return _answer(500 if refused.kind == "InternalServerException" else 400, content)


def _answer(status: int, content: dict[str, Any]) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid.uuid4())}
    return status, headers, json.dumps(content, default=str).encode()


def get_state() -> dict[str, Any]:
    """What a snapshot saves."""
    kept = {"_reservations": capacity.reservations, "_assignments": capacity.assignments}
    return {**native.get_state(), **copy.deepcopy(kept)}


def load_persisted_state(data: dict[str, Any]) -> None:
    """Take a snapshot up again."""
    native._restore_state(data)
    for store, name in ((capacity.reservations, "_reservations"), (capacity.assignments, "_assignments")):
        store.clear()
        store.update(data.get(name) or {})
    records.restored()


def reset() -> None:
    """Forget everything; what runs is interrupted."""
    engine = _running.pop("engine", None)
    if engine is not None:
        engine.close()
    native.reset()
    capacity.reservations.clear()
    capacity.assignments.clear()
    faults.clear()
