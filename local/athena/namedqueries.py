"""Named queries: saved SQL texts. They belong to a workgroup; nothing is run."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import uuid
from typing import Any

from ministack.services import athena as native

from local.athena import workgroups
from local.athena.errors import Refused
from local.athena.host import current_scope
from local.athena.paging import paged


def create(request: dict[str, Any]) -> dict[str, Any]:
    """A reused ClientRequestToken returns the id it made before."""
    group = request.get("WorkGroup", "primary")
    workgroups.find(group)
    token = request.get("ClientRequestToken")
    identifier = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{current_scope()}{token}") if token else uuid.uuid4())
    query: dict[str, Any] = {
        "NamedQueryId": identifier,
        "Name": request["Name"],
        "Description": request.get("Description", ""),
        "Database": request["Database"],
        "QueryString": request["QueryString"],
        "WorkGroup": group,
    }
    if native._named_queries.get(identifier, query) != query:
        raise Refused("Idempotent parameters do not match")
    native._named_queries[identifier] = query
    return {"NamedQueryId": identifier}


def _find(request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] | None = native._named_queries.get(request["NamedQueryId"])
    if found is None:
        raise Refused(f"NamedQuery {request['NamedQueryId']} was not found")
    return found


def get(request: dict[str, Any]) -> dict[str, Any]:
    return {"NamedQuery": _find(request)}


def update(request: dict[str, Any]) -> dict[str, Any]:
    """Name and text are replaced, the description when it is given."""
    found = _find(request)
    changed: dict[str, Any] = {n: request[n] for n in ("Name", "QueryString", "Description") if n in request}
    native._named_queries[found["NamedQueryId"]] = {**found, **changed}
    return {}


def delete(request: dict[str, Any]) -> dict[str, Any]:
    native._named_queries.pop(_find(request)["NamedQueryId"], None)
    return {}


def list_ids(request: dict[str, Any]) -> dict[str, Any]:
    group = request.get("WorkGroup", "primary")
    workgroups.find(group)
    found = [i for i, q in native._named_queries.items() if q.get("WorkGroup", "primary") == group]
    return paged(found, request, "NamedQueryIds", str)


def batch_get(request: dict[str, Any]) -> dict[str, Any]:
    found, missing = [], []
    for identifier in request["NamedQueryIds"]:
        query = native._named_queries.get(identifier)
        if query:
            found.append(query)
        else:
            missing.append({"NamedQueryId": identifier, "ErrorCode": "INVALID_INPUT",
                            "ErrorMessage": f"NamedQuery {identifier} was not found"})  # fmt: skip
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}
