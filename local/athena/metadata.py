"""The catalogue's part of the API: databases, table metadata, data catalogs, engine versions, tags."""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import uuid
from typing import Any

from ministack.services import athena as native

from local.athena import catalog
from local.athena.errors import Refused
from local.athena.workgroups import paged


def _checked(request: dict[str, Any]) -> None:
    native._ensure_default_data_catalog()
    name = request.get("CatalogName", "AwsDataCatalog")
    if name.lower() != catalog.CATALOG:
        raise Refused(f"Catalog {name} was not found", "MetadataException")


def _database(found: dict[str, Any]) -> dict[str, Any]:
    shown = {"Name": found["Name"], "Parameters": found.get("Parameters") or {}}
    return shown | ({"Description": found["Description"]} if found.get("Description") else {})


def list_databases(request: dict[str, Any]) -> dict[str, Any]:
    _checked(request)
    found = [_database(d) for n in catalog.database_names() if (d := catalog.find_database(n))]
    return paged(found, request, "DatabaseList")


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
        "Columns": [_column(c) for c in descriptor.get("Columns") or []],
        "PartitionKeys": [_column(c) for c in table.get("PartitionKeys") or []],
        "Parameters": {k: v for k, v in parameters.items() if v},
    }


def list_tables(request: dict[str, Any]) -> dict[str, Any]:
    """ListTableMetadata; Expression is a regular expression over names."""
    import re

    _checked(request)
    database = _existing_database(request)
    found = catalog.tables_in(database["Name"])
    if request.get("Expression"):
        pattern = re.compile(request["Expression"].replace(".*", "*").replace("*", ".*"), re.IGNORECASE)
        found = [t for t in found if pattern.fullmatch(t["Name"])]
    return paged([_table(t) for t in found], request, "TableMetadataList")


def get_table(request: dict[str, Any]) -> dict[str, Any]:
    _checked(request)
    database, name = _existing_database(request), request.get("TableName", "")
    found = catalog.find_table(database["Name"], name)
    if found is None:
        raise _not_found("Entity Not Found")
    return {"TableMetadata": _table(found)}


def list_catalogs(request: dict[str, Any]) -> dict[str, Any]:
    native._ensure_default_data_catalog()
    found = [{"CatalogName": c["Name"], "Type": c["Type"]} for c in native._data_catalogs.values()]
    return paged(found, request, "DataCatalogsSummary")


def get_catalog(request: dict[str, Any]) -> dict[str, Any]:
    native._ensure_default_data_catalog()
    for found in native._data_catalogs.values():
        if found["Name"].lower() == request.get("Name", "").lower():
            return {"DataCatalog": found}
    raise Refused(f"Catalog {request.get('Name')} was not found")


def list_engine_versions(request: dict[str, Any]) -> dict[str, Any]:
    effective = "Athena engine version 3"
    found = [{"SelectedEngineVersion": s, "EffectiveEngineVersion": effective} for s in ("AUTO", effective)]
    return paged(found, request, "EngineVersions")


def _tags(request: dict[str, Any]) -> tuple[str, dict[str, str]]:
    arn = request.get("ResourceARN", "")
    if native._validate_tag_resource_arn(arn) is not None:
        raise Refused(f"Invalid ResourceARN: {arn}")
    return arn, dict(native._tags.get(arn) or {})


def tag(request: dict[str, Any]) -> dict[str, Any]:
    arn, held = _tags(request)
    native._tags[arn] = held | {t["Key"]: t["Value"] for t in request.get("Tags") or []}
    return {}


def untag(request: dict[str, Any]) -> dict[str, Any]:
    arn, held = _tags(request)
    native._tags[arn] = {k: v for k, v in held.items() if k not in (request.get("TagKeys") or [])}
    return {}


def list_tags(request: dict[str, Any]) -> dict[str, Any]:
    _, held = _tags(request)
    return paged([{"Key": k, "Value": v} for k, v in held.items()], request, "Tags", most=75)
