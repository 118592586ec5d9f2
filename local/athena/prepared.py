"""Prepared statements and named queries: texts that are kept by name."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import re
import time
import uuid
from typing import Any

from ministack.services import athena as native

from local.athena import workgroups
from local.athena.errors import QueryFailed, Refused

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_@:]{0,255}")


def _key(request: dict[str, Any]) -> str:
    group = request.get("WorkGroup", "primary")
    workgroups.find(group)
    return f"{group}/{request.get('StatementName', '')}"


def text_of(group: str, name: str) -> str:
    """The statement's SQL. Raises QueryFailed as EXECUTE does."""
    found = native._prepared_statements.get(f"{group}/{name}")
    if found is None:
        raise QueryFailed("NOT_FOUND", f"Prepared statement not found: {name}")
    return str(found["QueryStatement"])


def create(request: dict[str, Any]) -> dict[str, Any]:
    key, name = _key(request), request.get("StatementName", "")
    if not _NAME.fullmatch(name):
        raise Refused(f"Invalid prepared statement name: {name}")
    if key in native._prepared_statements:
        raise Refused(f"Prepared statement {name} already exists in WorkGroup {request.get('WorkGroup', 'primary')}")
    _store(key, request)
    return {}


def _store(key: str, request: dict[str, Any]) -> None:
    native._prepared_statements[key] = {
        "StatementName": request["StatementName"],
        "WorkGroupName": request.get("WorkGroup", "primary"),
        "QueryStatement": request.get("QueryStatement", ""),
        "Description": request.get("Description", ""),
        "LastModifiedTime": int(time.time()),
    }


def _existing(request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    key = _key(request)
    found: dict[str, Any] | None = native._prepared_statements.get(key)
    if found is None:
        raise Refused(f"PreparedStatement {request.get('StatementName')} was not found", "ResourceNotFoundException")
    return key, found


def get(request: dict[str, Any]) -> dict[str, Any]:
    return {"PreparedStatement": _existing(request)[1]}


def update(request: dict[str, Any]) -> dict[str, Any]:
    key, found = _existing(request)
    _store(key, {"Description": found["Description"], **request})
    return {}


def delete(request: dict[str, Any]) -> dict[str, Any]:
    native._prepared_statements.pop(_existing(request)[0], None)
    return {}


def list_all(request: dict[str, Any]) -> dict[str, Any]:
    group = request.get("WorkGroup", "primary")
    shown = [
        {"StatementName": s["StatementName"], "LastModifiedTime": s["LastModifiedTime"]}
        for s in native._prepared_statements.values()
        if s["WorkGroupName"] == group
    ]
    return workgroups.paged(sorted(shown, key=lambda s: s["StatementName"]), request, "PreparedStatements")


def batch_get(request: dict[str, Any]) -> dict[str, Any]:
    group = request.get("WorkGroup", "primary")
    found, missing = [], []
    for name in request.get("PreparedStatementNames") or []:
        statement = native._prepared_statements.get(f"{group}/{name}")
        if statement:
            found.append(statement)
        else:
            missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND",
                            "ErrorMessage": f"Prepared statement {name} was not found"})  # fmt: skip
    return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}


def create_named(request: dict[str, Any]) -> dict[str, Any]:
    group = request.get("WorkGroup", "primary")
    workgroups.find(group)
    for needed in ("Name", "Database", "QueryString"):
        if not request.get(needed):
            raise Refused(f"{needed} is required")
    named = uuid.uuid4()
    token = request.get("ClientRequestToken")
    if token:
        named = uuid.uuid5(uuid.NAMESPACE_OID, token)
    identifier = str(named)
    native._named_queries[identifier] = {
        "NamedQueryId": identifier,
        "Name": request["Name"],
        "Description": request.get("Description", ""),
        "Database": request["Database"],
        "QueryString": request["QueryString"],
        "WorkGroup": group,
    }
    return {"NamedQueryId": identifier}


def _named(request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] | None = native._named_queries.get(request.get("NamedQueryId", ""))
    if found is None:
        raise Refused(f"NamedQuery {request.get('NamedQueryId')} was not found")
    return found


def get_named(request: dict[str, Any]) -> dict[str, Any]:
    return {"NamedQuery": _named(request)}


def delete_named(request: dict[str, Any]) -> dict[str, Any]:
    native._named_queries.pop(_named(request)["NamedQueryId"], None)
    return {}


def list_named(request: dict[str, Any]) -> dict[str, Any]:
    group = request.get("WorkGroup", "primary")
    found = [i for i, q in native._named_queries.items() if q.get("WorkGroup", "primary") == group]
    return workgroups.paged(sorted(found), request, "NamedQueryIds")


def batch_get_named(request: dict[str, Any]) -> dict[str, Any]:
    found, missing = [], []
    for identifier in request.get("NamedQueryIds") or []:
        query = native._named_queries.get(identifier)
        if query:
            found.append(query)
        else:
            missing.append({"NamedQueryId": identifier, "ErrorCode": "INVALID_INPUT",
                            "ErrorMessage": f"NamedQuery {identifier} was not found"})  # fmt: skip
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}
