"""Capacity reservations as records: kept, shown and cancelled at once; nothing here runs faster or slower for them."""

# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import athena as native

from local.athena import workgroups
from local.athena.errors import Refused
from local.athena.paging import paged

reservations: Any = AccountRegionScopedDict()
assignments: Any = AccountRegionScopedDict()


def _find(name: str) -> dict[str, Any]:
    found: dict[str, Any] | None = reservations.get(name)
    if found is None:
        raise Refused(f"Capacity reservation {name} was not found")
    return found


def _allocated(dpus: int) -> dict[str, Any]:
    now = time.time()
    return {
        "TargetDpus": dpus,
        "AllocatedDpus": dpus,
        "LastAllocation": {"Status": "SUCCEEDED", "RequestTime": now, "RequestCompletionTime": now},
        "LastSuccessfulAllocationTime": now,
    }


def create(request: dict[str, Any]) -> dict[str, Any]:
    name = request["Name"]
    if name in reservations:
        raise Refused(f"Capacity reservation {name} already exists")
    reservations[name] = {"Name": name, "Status": "ACTIVE", "CreationTime": time.time(),
                          **_allocated(request["TargetDpus"])}  # fmt: skip
    if request.get("Tags"):
        arn = native._arn_workgroup(name).replace(":workgroup/", ":capacity-reservation/")
        native._tags[arn] = {t["Key"]: t["Value"] for t in request["Tags"]}
    return {}


def get(request: dict[str, Any]) -> dict[str, Any]:
    return {"CapacityReservation": _find(request["Name"])}


def list_all(request: dict[str, Any]) -> dict[str, Any]:
    return paged(list(reservations.values()), request, "CapacityReservations", lambda r: str(r["Name"]))


def update(request: dict[str, Any]) -> dict[str, Any]:
    found = _find(request["Name"])
    if found["Status"] != "ACTIVE":
        raise Refused(f"Capacity reservation {found['Name']} is {found['Status']}")
    found.update(_allocated(request["TargetDpus"]))
    return {}


def cancel(request: dict[str, Any]) -> dict[str, Any]:
    _find(request["Name"]).update(Status="CANCELLED", AllocatedDpus=0)
    assignments.pop(request["Name"], None)
    return {}


def delete(request: dict[str, Any]) -> dict[str, Any]:
    """Only a cancelled reservation may be deleted."""
    found = _find(request["Name"])
    if found["Status"] != "CANCELLED":
        raise Refused(f"Capacity reservation {found['Name']} must be cancelled before it is deleted")
    reservations.pop(found["Name"], None)
    return {}


def assign(request: dict[str, Any]) -> dict[str, Any]:
    name = _find(request["CapacityReservationName"])["Name"]
    for assignment in request["CapacityAssignments"]:
        for group in assignment.get("WorkGroupNames") or []:
            workgroups.find(group)
    assignments[name] = request["CapacityAssignments"]
    return {}


def assigned(request: dict[str, Any]) -> dict[str, Any]:
    name = _find(request["CapacityReservationName"])["Name"]
    content = {"CapacityReservationName": name, "CapacityAssignments": assignments.get(name) or []}
    return {"CapacityAssignmentConfiguration": content}
