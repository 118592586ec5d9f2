"""The records of query executions: found, shown, listed, and taken up again after a restart."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import time
from typing import Any

from ministack.services import athena as native

from local.athena import workgroups
from local.athena.errors import SYSTEM, QueryFailed, Refused
from local.athena.host import Scope, current_scope
from local.athena.paging import paged

FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


_by_scope: dict[Scope, dict[str, str]] = {}


def tokens() -> dict[str, str]:
    """ClientRequestTokens of the present scope."""
    return _by_scope.setdefault(current_scope(), {})


def find(request: dict[str, Any]) -> dict[str, Any]:
    """The record. Raises Refused when there is none."""
    identifier = request.get("QueryExecutionId", "")
    record: dict[str, Any] | None = native._executions.get(identifier)
    if record is None:
        raise Refused(f"QueryExecution {identifier} was not found")
    return record


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """The record as the API gives it."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def get(request: dict[str, Any]) -> dict[str, Any]:
    return {"QueryExecution": shown(find(request))}


def batch_get(request: dict[str, Any]) -> dict[str, Any]:
    found, missing = [], []
    for identifier in request["QueryExecutionIds"]:
        record = native._executions.get(identifier)
        if record is not None:
            found.append(shown(record))
        else:
            missing.append({"QueryExecutionId": identifier, "ErrorCode": "INVALID_INPUT",
                            "ErrorMessage": f"QueryExecution {identifier} was not found"})  # fmt: skip
    return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}


def list_ids(request: dict[str, Any]) -> dict[str, Any]:
    """ListQueryExecutions: newest first."""
    group = request.get("WorkGroup") or "primary"
    workgroups.find(group)
    found = [r for r in native._executions.values() if r["WorkGroup"] == group]
    page = paged(found, request, "QueryExecutionIds", lambda r: int(r["_order"]), is_newest_first=True)
    return {**page, "QueryExecutionIds": [r["QueryExecutionId"] for r in page["QueryExecutionIds"]]}


def restored() -> None:
    """After a restart: what had not ended has failed, and tokens are known again."""
    for (account, region, identifier), record in native._executions.all_items():
        token = record.get("_token")
        if token:
            _by_scope.setdefault(Scope(account, region), {})[token] = identifier
        status = record["Status"]
        if status["State"] not in FINAL:
            failure = QueryFailed("GENERIC_INTERNAL_ERROR", "The server was restarted while the query ran", SYSTEM)
            status.update(State="FAILED", CompletionDateTime=time.time(), StateChangeReason=failure.reason,
                          AthenaError=failure.athena_error())  # fmt: skip
