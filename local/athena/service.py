"""The Athena API: X-Amz-Target operations to functions, refusals to AWS's error shapes. Also what MiniStack calls to
save, restore and reset a service: this module stands in its table of loaded modules.
"""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import asyncio
import json
import shutil
import sys
import uuid
from types import ModuleType
from typing import Any

from ministack.services import athena as native

from local.athena import metadata, prepared, records, workgroups
from local.athena.engine import Engine
from local.athena.errors import QueryFailed, Refused
from local.athena.executions import Executions, Operation
from local.athena.host import host
from local.athena.settings import from_environment

_running: dict[str, Executions] = {}
Answer = tuple[int, dict[str, str], bytes]


def attach(app: ModuleType) -> None:
    """Remember MiniStack's app. Deeply nested SQL needs a deep Python stack (sqlglot descends once per bracket)."""
    host.app = app
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))


def _executions() -> Executions:
    if "engine" not in _running:
        settings = from_environment()
        shutil.rmtree(settings.work_dir, ignore_errors=True)  # what a killed process left
        settings.work_dir.mkdir(parents=True, exist_ok=True)
        _running["engine"] = Executions(Engine(settings))
    return _running["engine"]


_QUICK: dict[str, Operation] = {
    "StopQueryExecution": lambda r: _executions().stop(r),
    "GetQueryExecution": records.get,
    "BatchGetQueryExecution": records.batch_get,
    "ListQueryExecutions": records.list_ids,
    "GetQueryRuntimeStatistics": lambda r: _executions().statistics(r),
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
    "CreateNamedQuery": prepared.create_named,
    "GetNamedQuery": prepared.get_named,
    "ListNamedQueries": prepared.list_named,
    "DeleteNamedQuery": prepared.delete_named,
    "BatchGetNamedQuery": prepared.batch_get_named,
    "ListDatabases": metadata.list_databases,
    "GetDatabase": metadata.get_database,
    "ListTableMetadata": metadata.list_tables,
    "GetTableMetadata": metadata.get_table,
    "ListDataCatalogs": metadata.list_catalogs,
    "GetDataCatalog": metadata.get_catalog,
    "ListEngineVersions": metadata.list_engine_versions,
    "TagResource": metadata.tag,
    "UntagResource": metadata.untag,
    "ListTagsForResource": metadata.list_tags,
}
# These parse SQL or read files, so they leave the event loop.
_SLOW: dict[str, Operation] = {
    "StartQueryExecution": lambda r: _executions().start(r),
    "GetQueryResults": lambda r: _executions().get_results(r),
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
        if name in _SLOW:
            return _answer(200, await asyncio.to_thread(_SLOW[name], request))
        if name in _QUICK:
            return _answer(200, _QUICK[name](request))
        return _refusal(_unknown(name))
    except Refused as refused:
        return _refusal(refused)
    except QueryFailed as failed:
        return _answer(
            400, {"__type": "InvalidRequestException", "Message": failed.reason, "AthenaErrorCode": failed.code}
        )
    except (json.JSONDecodeError, UnicodeDecodeError) as broken:
        return _answer(400, {"__type": "SerializationException", "Message": str(broken)})


def _unknown(name: str) -> Refused:
    return Refused(
        f"The operation {name or '(none)'} is not supported by the embedded Athena", athena_code="NOT_SUPPORTED"
    )


def _refusal(refused: Refused) -> Answer:
    content = {"__type": refused.kind, "Message": refused.detail, "message": refused.detail}
    if refused.kind == "InvalidRequestException":
        content["AthenaErrorCode"] = refused.athena_code
    return _answer(400, content)


def _answer(status: int, content: dict[str, Any]) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid.uuid4())}
    return status, headers, json.dumps(content, default=str).encode()


def get_state() -> dict[str, Any]:
    """What a snapshot saves."""
    return dict(native.get_state())


def load_persisted_state(data: dict[str, Any]) -> None:
    """Take a snapshot up again."""
    native._restore_state(data)
    records.restored()


def reset() -> None:
    """Forget everything; what runs is interrupted."""
    engine = _running.pop("engine", None)
    if engine is not None:
        engine.close()
    native.reset()
