"""Workgroups: stored where MiniStack's CloudFormation also looks for them, and what they enforce."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import time
from typing import Any

from ministack.services import athena as native

from local.athena.errors import QueryFailed, Refused
from local.athena.paging import paged

_VERSION = "Athena engine version 3"
ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": _VERSION}
_REMOVALS = {"RemoveOutputLocation": "OutputLocation", "RemoveEncryptionConfiguration": "EncryptionConfiguration",
             "RemoveAclConfiguration": "AclConfiguration",
             "RemoveExpectedBucketOwner": "ExpectedBucketOwner"}  # fmt: skip
_SETTINGS = tuple(_REMOVALS.values())
# Settings that would change what a query does and that nothing here acts upon; refused so that none is swallowed.
_REFUSED = ("AdditionalConfiguration", "ExecutionRole", "MonitoringConfiguration", "EngineConfiguration",
            "CustomerContentEncryptionConfiguration")  # fmt: skip
_REFUSED_IF = {"ManagedQueryResultsConfiguration": "Enabled", "ManagedQueryResultsConfigurationUpdates": "Enabled",
               "IdentityCenterConfiguration": "EnableIdentityCenter",
               "QueryResultsS3AccessGrantsConfiguration": "EnableS3AccessGrants"}  # fmt: skip


def find(name: str) -> dict[str, Any]:
    """The workgroup. Raises Refused when there is none."""
    native._ensure_default_workgroup()
    group: dict[str, Any] | None = native._workgroups.get(name)
    if group is None:
        raise Refused(f"WorkGroup {name} is not found.")
    return group


def configuration(name: str) -> dict[str, Any]:
    return dict(find(name).get("Configuration") or {})


def result_settings(name: str, request: dict[str, Any]) -> dict[str, Any]:
    """The ResultConfiguration that holds for a query: the workgroup's alone when it enforces, else the request's, or
    the workgroup's when the request has none of its own.

    https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html
    """
    of_group = dict(configuration(name).get("ResultConfiguration") or {})
    asked = dict(request.get("ResultConfiguration") or {})
    chosen = of_group if is_enforced(name) and of_group.get("OutputLocation") else {**of_group, **asked}
    return {key: chosen[key] for key in _SETTINGS if chosen.get(key)}


def output_location(name: str, request: dict[str, Any]) -> str:
    """Where results go, ending with `/`."""
    location = result_settings(name, request).get("OutputLocation")
    if not location:
        raise Refused(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
        )
    _check_results(result_settings(name, request))
    return location if location.endswith("/") else f"{location}/"


def _check_results(settings: dict[str, Any]) -> None:
    location, encryption = settings.get("OutputLocation"), settings.get("EncryptionConfiguration") or {}
    if location and not (location.startswith("s3://") and location[5:].split("/")[0]):
        raise Refused(f"outputLocation is not a valid S3 path: {location}")
    if encryption.get("EncryptionOption") in ("SSE_KMS", "CSE_KMS") and not encryption.get("KmsKey"):
        raise Refused(f"KmsKey is required for {encryption['EncryptionOption']}")
    if encryption.get("EncryptionOption") == "CSE_KMS":
        raise Refused("EncryptionOption CSE_KMS is not supported by the embedded Athena", athena_code="NOT_SUPPORTED")


def check_owner(settings: dict[str, Any], account: str) -> None:
    """Raises QueryFailed when the results bucket is not the expected owner's. `account` owns every bucket here."""
    expected = settings.get("ExpectedBucketOwner")
    if expected and expected != account:
        raise QueryFailed(
            "",
            f"Access denied when writing output to url: {settings['OutputLocation']} . Please ensure you are allowed "
            "to access the S3 bucket. If you are encrypting query results with KMS key, please ensure you are allowed "
            "to access your KMS key",
            type=1501,
        )


def is_enforced(name: str) -> bool:
    return bool(configuration(name).get("EnforceWorkGroupConfiguration", name != "primary"))


def cutoff(name: str) -> int | None:
    """BytesScannedCutoffPerQuery, in bytes."""
    limit = configuration(name).get("BytesScannedCutoffPerQuery")
    return int(limit) if limit else None


def _check(config: dict[str, Any]) -> None:
    """Raises Refused for what is unsupported or does not fit together."""
    for name in _REFUSED:
        if config.get(name):
            raise Refused(f"{name} is not supported by the embedded Athena", athena_code="NOT_SUPPORTED")
    for name, switch in _REFUSED_IF.items():
        if (config.get(name) or {}).get(switch):
            raise Refused(f"{name} is not supported by the embedded Athena", athena_code="NOT_SUPPORTED")
    version = (config.get("EngineVersion") or {}).get("SelectedEngineVersion")
    if version not in (None, "AUTO", _VERSION):
        raise Refused(f"Engine version {version} is not supported; choose AUTO or {_VERSION}")
    _check_results(config.get("ResultConfiguration") or config.get("ResultConfigurationUpdates") or {})


def _engine(version: dict[str, Any] | None) -> dict[str, Any]:
    return {**ENGINE, "SelectedEngineVersion": (version or {}).get("SelectedEngineVersion") or "AUTO"}


def create(request: dict[str, Any]) -> dict[str, Any]:
    name = request["Name"]
    native._ensure_default_workgroup()
    if name in native._workgroups:
        raise Refused("WorkGroup is already created.")
    config = dict(request.get("Configuration") or {})
    _check(config)
    config.setdefault("EnforceWorkGroupConfiguration", True)
    config.setdefault("PublishCloudWatchMetricsEnabled", True)
    config.setdefault("RequesterPaysEnabled", False)
    config["EngineVersion"] = _engine(config.get("EngineVersion"))
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
    found = find(request["WorkGroup"])
    defaults = {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": is_enforced(found["Name"]),
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "EngineVersion": ENGINE,
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
            "EngineVersion": (g.get("Configuration") or {}).get("EngineVersion", ENGINE),
        }
        for g in native._workgroups.values()
    ]
    return paged(shown, request, "WorkGroups", lambda g: str(g["Name"]))


def update(request: dict[str, Any]) -> dict[str, Any]:
    group = find(request["WorkGroup"])
    changes = dict(request.get("ConfigurationUpdates") or {})
    _check(changes)
    if "Description" in request:
        group["Description"] = request["Description"]
    if request.get("State"):
        group["State"] = request["State"]
    config = group.setdefault("Configuration", {})
    results = dict(changes.pop("ResultConfigurationUpdates", None) or {})
    changes.pop("ManagedQueryResultsConfigurationUpdates", None)
    changes.pop("RemoveCustomerContentEncryptionConfiguration", None)
    if changes.pop("RemoveBytesScannedCutoffPerQuery", False):
        config.pop("BytesScannedCutoffPerQuery", None)
    held = dict(config.get("ResultConfiguration") or {})
    for flag, removed in _REMOVALS.items():
        if results.pop(flag, False):
            held.pop(removed, None)
    held.update(results)
    if "EngineVersion" in changes:
        changes["EngineVersion"] = _engine(changes["EngineVersion"])
    config.update({**changes, "ResultConfiguration": held})
    return {}


def delete(request: dict[str, Any]) -> dict[str, Any]:
    """With RecursiveDeleteOption also what it holds: named queries, prepared statements, query executions."""
    name = request["WorkGroup"]
    find(name)
    if name == "primary":
        raise Refused("WorkGroup primary can't be deleted.")
    held = [
        (store, [key for key, entry in list(store.items()) if entry.get(member) == name])
        for store, member in (
            (native._prepared_statements, "WorkGroupName"),
            (native._named_queries, "WorkGroup"),
            (native._executions, "WorkGroup"),
        )
    ]
    if any(keys for _, keys in held) and not request.get("RecursiveDeleteOption"):
        raise Refused(f"WorkGroup {name} is not empty")
    for store, keys in held:
        for key in keys:
            store.pop(key, None)
    native._workgroups.pop(name, None)
    native._tags.pop(native._arn_workgroup(name), None)
    return {}
