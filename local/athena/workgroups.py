"""Workgroups: stored where MiniStack's CloudFormation also looks for them, and what they enforce."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import time
from typing import Any

from ministack.services import athena as native

from local.athena.errors import Refused

_ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
_REMOVALS = {"RemoveOutputLocation": "OutputLocation", "RemoveEncryptionConfiguration": "EncryptionConfiguration",
             "RemoveAclConfiguration": "AclConfiguration",
             "RemoveExpectedBucketOwner": "ExpectedBucketOwner"}  # fmt: skip


def find(name: str) -> dict[str, Any]:
    """The workgroup. Raises Refused when there is none."""
    native._ensure_default_workgroup()
    group: dict[str, Any] | None = native._workgroups.get(name)
    if group is None:
        raise Refused(f"WorkGroup {name} is not found.")
    return group


def configuration(name: str) -> dict[str, Any]:
    return dict(find(name).get("Configuration") or {})


def output_location(name: str, request: dict[str, Any]) -> str:
    """Where results go: the workgroup's place when it enforces or the request names none. Ends with `/`."""
    config = configuration(name)
    of_group = (config.get("ResultConfiguration") or {}).get("OutputLocation")
    asked = (request.get("ResultConfiguration") or {}).get("OutputLocation")
    location = of_group if (is_enforced(name) and of_group) or not asked else asked
    if not location:
        raise Refused(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
        )
    if not str(location).startswith("s3://"):
        raise Refused(f"outputLocation is not a valid S3 path: {location}")
    return location if location.endswith("/") else f"{location}/"


def is_enforced(name: str) -> bool:
    return bool(configuration(name).get("EnforceWorkGroupConfiguration", name != "primary"))


def cutoff(name: str) -> int | None:
    """BytesScannedCutoffPerQuery, in bytes."""
    limit = configuration(name).get("BytesScannedCutoffPerQuery")
    return int(limit) if limit else None


def create(request: dict[str, Any]) -> dict[str, Any]:
    name = request.get("Name") or ""
    native._ensure_default_workgroup()
    if not name:
        raise Refused("WorkGroup name is required.")
    if name in native._workgroups:
        raise Refused("WorkGroup is already created.")
    config = dict(request.get("Configuration") or {})
    config.setdefault("EnforceWorkGroupConfiguration", True)
    config.setdefault("PublishCloudWatchMetricsEnabled", True)
    config.setdefault("RequesterPaysEnabled", False)
    config["EngineVersion"] = {**_ENGINE, **(config.get("EngineVersion") or {})}
    native._workgroups[name] = {
        "Name": name,
        "State": "ENABLED",
        "Description": request.get("Description", ""),
        "CreationTime": int(time.time()),
        "Configuration": config,
    }
    if request.get("Tags"):
        native._tags[native._arn_workgroup(name)] = {t["Key"]: t["Value"] for t in request["Tags"]}
    return {}


def get(request: dict[str, Any]) -> dict[str, Any]:
    """GetWorkGroup; clients (awswrangler) rely on the settings that nobody made being there as well."""
    found = find(request.get("WorkGroup", "primary"))
    defaults = {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": is_enforced(found["Name"]),
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "EngineVersion": _ENGINE,
    }
    return {"WorkGroup": {**found, "Configuration": defaults | (found.get("Configuration") or {})}}


def list_all(request: dict[str, Any]) -> dict[str, Any]:
    native._ensure_default_workgroup()
    shown = [
        {
            "Name": g["Name"],
            "State": g["State"],
            "Description": g.get("Description", ""),
            "CreationTime": g["CreationTime"],
            "EngineVersion": (g.get("Configuration") or {}).get("EngineVersion", _ENGINE),
        }
        for g in sorted(native._workgroups.values(), key=lambda g: g["Name"])
    ]
    return paged(shown, request, "WorkGroups")


def paged(items: list[Any], request: dict[str, Any], key: str, most: int = 50) -> dict[str, Any]:
    """One page of a list; the token is the place to go on from."""
    token = str(request.get("NextToken") or "0")
    if not token.isdigit():
        raise Refused("Invalid NextToken")
    start, size = int(token), int(request.get("MaxResults") or most)
    answer: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        answer["NextToken"] = str(start + size)
    return answer


def update(request: dict[str, Any]) -> dict[str, Any]:
    group = find(request.get("WorkGroup", ""))
    if "Description" in request:
        group["Description"] = request["Description"]
    if request.get("State"):
        group["State"] = request["State"]
    changes = dict(request.get("ConfigurationUpdates") or {})
    config = group.setdefault("Configuration", {})
    results = changes.pop("ResultConfigurationUpdates", None)
    if changes.pop("RemoveBytesScannedCutoffPerQuery", False):
        config.pop("BytesScannedCutoffPerQuery", None)
    if results is not None:
        held = config.setdefault("ResultConfiguration", {})
        for flag, removed in _REMOVALS.items():
            if results.pop(flag, False):
                held.pop(removed, None)
        held.update(results)
    if "EngineVersion" in changes:
        changes["EngineVersion"] = {**_ENGINE, **changes["EngineVersion"]}
    config.update(changes)
    return {}


def delete(request: dict[str, Any]) -> dict[str, Any]:
    name = request.get("WorkGroup", "")
    find(name)
    if name == "primary":
        raise Refused("WorkGroup primary can't be deleted.")
    held = [k for k, s in native._prepared_statements.items() if s.get("WorkGroupName") == name]
    queries = [k for k, q in native._named_queries.items() if q.get("WorkGroup") == name]
    if (held or queries) and not request.get("RecursiveDeleteOption"):
        raise Refused(f"WorkGroup {name} is not empty")
    for key in held:
        native._prepared_statements.pop(key, None)
    for key in queries:
        native._named_queries.pop(key, None)
    native._workgroups.pop(name, None)
    native._tags.pop(native._arn_workgroup(name), None)
    return {}
