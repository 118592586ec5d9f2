"""Data catalogs: entries of every type are kept; only those over the Glue Data Catalog can be read from here."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

from typing import Any

from ministack.services import athena as native

from local.athena import catalog
from local.athena.errors import Refused
from local.athena.paging import paged

DEFAULT = "AwsDataCatalog"
_NEEDED = {"LAMBDA": ("function", "metadata-function"), "HIVE": ("metadata-function",), "GLUE": ("catalog-id",)}


def _all() -> dict[str, dict[str, Any]]:
    native._ensure_default_data_catalog()
    return {entry["Name"].lower(): entry for entry in native._data_catalogs.values()}


def find(name: str) -> dict[str, Any]:
    """The entry, its name in any case. Raises Refused when there is none."""
    found = _all().get(name.lower())
    if found is None:
        raise Refused(f"Data catalog {name} was not found")
    return found


def check_queryable(name: str | None) -> None:
    """Raises Refused, by the catalog's type, when its tables cannot be read from here."""
    if name is None or name.lower() == catalog.CATALOG:
        return
    kind = find(name)["Type"]
    if kind != "GLUE":
        raise Refused(
            f"Data catalog {name} is of type {kind}: the embedded Athena reads catalogs of type GLUE only",
            athena_code="NOT_SUPPORTED",
        )


def create(request: dict[str, Any]) -> dict[str, Any]:
    name, kind = request["Name"], request["Type"]
    if kind == "FEDERATED":
        raise Refused("Data catalogs of type FEDERATED are not supported by the embedded Athena",
                      athena_code="NOT_SUPPORTED")  # fmt: skip
    if name.lower() in _all():
        raise Refused(f"Data catalog {name} already exists")
    _check_parameters(kind, request.get("Parameters") or {})
    entry = {"Name": name, "Type": kind, "Parameters": dict(request.get("Parameters") or {})}
    if request.get("Description"):
        entry["Description"] = request["Description"]
    native._data_catalogs[name] = entry
    if request.get("Tags"):
        native._tags[native._arn_datacatalog(name)] = {t["Key"]: t["Value"] for t in request["Tags"]}
    return {"DataCatalog": entry}


def _check_parameters(kind: str, parameters: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateDataCatalog.html, Parameters."""
    if not any(name in parameters for name in _NEEDED.get(kind, ())):
        wanted = " or ".join(_NEEDED.get(kind, ()))
        raise Refused(f"Parameters of a data catalog of type {kind} need {wanted}")


def update(request: dict[str, Any]) -> dict[str, Any]:
    entry = find(request["Name"])
    if entry["Name"] == DEFAULT:
        raise Refused(f"Data catalog {DEFAULT} cannot be changed")
    _check_parameters(request["Type"], request.get("Parameters") or entry["Parameters"])
    entry.update({name: request[name] for name in ("Type", "Description", "Parameters") if request.get(name)})
    return {}


def delete(request: dict[str, Any]) -> dict[str, Any]:
    entry = find(request["Name"])
    if entry["Name"] == DEFAULT:
        raise Refused(f"Data catalog {DEFAULT} cannot be deleted")
    native._data_catalogs.pop(entry["Name"], None)
    native._tags.pop(native._arn_datacatalog(entry["Name"]), None)
    return {"DataCatalog": entry}


def get(request: dict[str, Any]) -> dict[str, Any]:
    return {"DataCatalog": find(request["Name"])}


def list_all(request: dict[str, Any]) -> dict[str, Any]:
    found = [{"CatalogName": entry["Name"], "Type": entry["Type"]} for entry in _all().values()]
    return paged(found, request, "DataCatalogsSummary", lambda c: str(c["CatalogName"]))
