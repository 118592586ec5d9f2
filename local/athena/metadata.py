"""The catalogue's part of the API: databases, table metadata, engine versions, tags."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import re
import uuid
from typing import Any

from ministack.services import athena as native

from local.athena import capacity, catalog, datacatalogs
from local.athena.errors import Refused
from local.athena.paging import paged


def _checked(request: dict[str, Any]) -> None:
    try:
        datacatalogs.check_queryable(request["CatalogName"])
    except Refused as refused:
        raise Refused(refused.detail, "MetadataException") from refused


def _database(found: dict[str, Any]) -> dict[str, Any]:
    shown = {"Name": found["Name"], "Parameters": found.get("Parameters") or {}}
    return shown | ({"Description": found["Description"]} if found.get("Description") else {})


def list_databases(request: dict[str, Any]) -> dict[str, Any]:
    _checked(request)
    found = [_database(d) for n in catalog.database_names() if (d := catalog.find_database(n))]
    return paged(found, request, "DatabaseList", lambda d: str(d["Name"]))


def get_database(request: dict[str, Any]) -> dict[str, Any]:
    _checked(request)
    return {"Database": _database(_existing_database(request))}


def _existing_database(request: dict[str, Any]) -> dict[str, Any]:
    name = request.get("DatabaseName", "")
    found = catalog.find_database(name)
    if found is None:
        raise _not_found(f"Database {name} not found.")
    return found


def _not_found(what: str) -> Refused:
    """Glue's refusal in Athena's envelope, which PyAthena and noctua parse (DyfanJones/noctua#205)."""
    code = "Status Code: 400; Error Code: EntityNotFoundException"
    return Refused(
        f"{what} (Service: AmazonDataCatalog; {code}; Request ID: {uuid.uuid4()}; Proxy: null)", "MetadataException"
    )


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {key: column[key] for key in ("Name", "Type", "Comment") if column.get(key)}


def _table(table: catalog.Table) -> dict[str, Any]:
    descriptor = table.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    parameters = {k: str(v) for k, v in (table.get("Parameters") or {}).items()}
    parameters |= {
        "location": descriptor.get("Location") or "",
        "inputformat": descriptor.get("InputFormat") or "",
        "outputformat": descriptor.get("OutputFormat") or "",
        "serde.serialization.lib": serde.get("SerializationLibrary") or "",
    }
    parameters |= {f"serde.param.{k}": str(v) for k, v in (serde.get("Parameters") or {}).items()}
    return {
        "Name": table["Name"],
        "CreateTime": table.get("CreateTime", 0),
        "LastAccessTime": table.get("LastAccessTime", 0),
        "TableType": table.get("TableType", "EXTERNAL_TABLE"),
        "Columns": [_column(c) for c in descriptor.get("Columns") or [] if catalog.is_current(c)],
        "PartitionKeys": [_column(c) for c in table.get("PartitionKeys") or []],
        "Parameters": {k: v for k, v in parameters.items() if v},
    }


def list_tables(request: dict[str, Any]) -> dict[str, Any]:
    """ListTableMetadata; Expression is a regular expression over names."""
    _checked(request)
    database = _existing_database(request)
    found = catalog.tables_in(database["Name"])
    if request.get("Expression"):
        pattern = _pattern(request["Expression"])
        found = [t for t in found if pattern.fullmatch(t["Name"])]
    return paged([_table(t) for t in found], request, "TableMetadataList", lambda t: str(t["Name"]))


def _pattern(expression: str) -> re.Pattern[str]:
    """Glue's expressions: a `*` without a dot before it stands for any text, too."""
    try:
        return re.compile(expression.replace(".*", "*").replace("*", ".*"), re.IGNORECASE)
    except re.error as error:
        raise Refused(f"Invalid regular expression: {expression}", "MetadataException") from error


def get_table(request: dict[str, Any]) -> dict[str, Any]:
    _checked(request)
    database, name = _existing_database(request), request.get("TableName", "")
    found = catalog.find_table(database["Name"], name)
    if found is None:
        raise _not_found("Entity Not Found")
    return {"TableMetadata": _table(found)}


def list_engine_versions(request: dict[str, Any]) -> dict[str, Any]:
    effective = "Athena engine version 3"
    found = [{"SelectedEngineVersion": s, "EffectiveEngineVersion": effective} for s in (effective, "AUTO")]
    return paged(found, request, "EngineVersions", lambda v: str(v["SelectedEngineVersion"]), most=10)


def _tags(request: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The resource and its tags. Raises Refused for an ARN of another form, or of what does not exist."""
    arn = request["ResourceARN"]
    kind, _, name = arn.rsplit(":", maxsplit=1)[-1].partition("/")
    is_reservation = kind == "capacity-reservation"
    checked = arn.replace(":capacity-reservation/", ":workgroup/") if is_reservation else arn
    if native._validate_tag_resource_arn(checked) is not None:
        raise Refused(f"Invalid ResourceARN: {arn}")
    native._ensure_default_workgroup()
    native._ensure_default_data_catalog()
    stores = {"workgroup": native._workgroups, "datacatalog": native._data_catalogs}
    if name not in stores.get(kind, capacity.reservations):
        raise Refused(f"Resource {arn} was not found", "ResourceNotFoundException")
    return arn, dict(native._tags.get(arn) or {})


def tag(request: dict[str, Any]) -> dict[str, Any]:
    arn, held = _tags(request)
    tagged = held | {t["Key"]: t.get("Value", "") for t in request["Tags"]}
    if len(tagged) > 50:
        raise Refused("A resource can have up to 50 tags")
    native._tags[arn] = tagged
    return {}


def untag(request: dict[str, Any]) -> dict[str, Any]:
    arn, held = _tags(request)
    native._tags[arn] = {k: v for k, v in held.items() if k not in request["TagKeys"]}
    return {}


def list_tags(request: dict[str, Any]) -> dict[str, Any]:
    _, held = _tags(request)
    shown = [{"Key": k, "Value": v} for k, v in held.items()]
    return paged(shown, request, "Tags", lambda t: str(t["Key"]), most=75)
