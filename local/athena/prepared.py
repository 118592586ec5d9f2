"""Prepared statements: SQL with parameters that is kept by name in a workgroup, through the API or through SQL."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import re
import time
from typing import Any

from ministack.services import athena as native

from local.athena import workgroups
from local.athena.errors import QueryFailed, Refused
from local.athena.paging import paged
from local.athena.statements import Statement, classify

KINDS = ("PREPARE", "DEALLOCATE")
_PREPARE = re.compile(r"prepare\s+(\S+)\s+from\s+(.*)", re.IGNORECASE | re.DOTALL)
_DEALLOCATE = re.compile(r"deallocate\s+prepare\s+(\S+)", re.IGNORECASE)
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_@:]{0,255}")


def _key(request: dict[str, Any]) -> str:
    group = request["WorkGroup"]
    workgroups.find(group)
    return f"{group}/{request.get('StatementName', '')}"


def text_of(group: str, name: str) -> str:
    """The statement's SQL. Raises QueryFailed as EXECUTE does."""
    found = native._prepared_statements.get(f"{group}/{name}")
    if found is None:
        raise QueryFailed("NOT_FOUND", f"Prepared statement not found: {name}")
    return str(found["QueryStatement"])


def run(statement: Statement, group: str) -> None:
    """PREPARE name FROM statement, or DEALLOCATE PREPARE name. Raises QueryFailed."""
    if statement.kind == "DEALLOCATE":
        name = _named(_DEALLOCATE.fullmatch(statement.text), "DEALLOCATE PREPARE statement_name")[0]
        text_of(group, name)
        native._prepared_statements.pop(f"{group}/{name}", None)
        return
    name, text = _named(_PREPARE.fullmatch(statement.text), "PREPARE statement_name FROM statement")
    try:
        kind = classify(text).kind
    except Refused as refused:
        raise QueryFailed("SYNTAX_ERROR", refused.detail) from refused
    if kind not in ("SELECT", "CTAS", "INSERT", "UNLOAD"):
        raise QueryFailed("NOT_SUPPORTED", "A prepared statement is a SELECT, CTAS, INSERT INTO or UNLOAD query")
    if f"{group}/{name}" in native._prepared_statements:
        raise QueryFailed("ALREADY_EXISTS", f"Prepared statement {name} already exists in WorkGroup {group}")
    _store(f"{group}/{name}", {"StatementName": name, "WorkGroup": group, "QueryStatement": text})


def _named(found: re.Match[str] | None, form: str) -> tuple[str, str]:
    """The name and, with PREPARE, the text."""
    if found is None or not _NAME.fullmatch(found[1]):
        raise QueryFailed("SYNTAX_ERROR", f"line 1:1: expected {form}")
    return found[1], (found[2] if found.re.groups > 1 else "")


def create(request: dict[str, Any]) -> dict[str, Any]:
    key, name = _key(request), request["StatementName"]
    if key in native._prepared_statements:
        raise Refused(f"Prepared statement {name} already exists in WorkGroup {request['WorkGroup']}")
    _store(key, request)
    return {}


def _store(key: str, request: dict[str, Any]) -> None:
    native._prepared_statements[key] = {
        "StatementName": request["StatementName"],
        "WorkGroupName": request["WorkGroup"],
        "QueryStatement": request["QueryStatement"],
        "Description": request.get("Description", ""),
        "LastModifiedTime": int(time.time()),
    }


def _existing(request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    key = _key(request)
    found: dict[str, Any] | None = native._prepared_statements.get(key)
    if found is None:
        raise Refused(f"PreparedStatement {request['StatementName']} was not found", "ResourceNotFoundException")
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
    group = request["WorkGroup"]
    workgroups.find(group)
    shown = [
        {"StatementName": s["StatementName"], "LastModifiedTime": s["LastModifiedTime"]}
        for s in native._prepared_statements.values()
        if s["WorkGroupName"] == group
    ]
    return paged(shown, request, "PreparedStatements", lambda s: str(s["StatementName"]))


def batch_get(request: dict[str, Any]) -> dict[str, Any]:
    group = request["WorkGroup"]
    workgroups.find(group)
    names = request["PreparedStatementNames"]
    if len(names) > 256:
        raise Refused("preparedStatementNames has more than the maximum allowed length of 256")
    found, missing = [], []
    for name in names:
        statement = native._prepared_statements.get(f"{group}/{name}")
        if statement:
            found.append(statement)
        else:
            missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND",
                            "ErrorMessage": f"Prepared statement {name} was not found"})  # fmt: skip
    return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}
