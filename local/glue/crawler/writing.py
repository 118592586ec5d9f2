"""What a crawl found, brought into the catalogue under the crawler's policies. Callers hold Glue's lock.

Source: Glue developer guide, "Setting crawler configuration options".
"""

import hashlib
import json
import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ministack.services import glue as ministack

from local.glue import partitions, tables
from local.glue.crawler.grouping import Found
from local.glue.crawler.schema import Schema
from local.glue.errors import GlueError

BY = "UPDATED_BY_CRAWLER"
DEPRECATED = "DEPRECATED_BY_CRAWLER"
_tables = ministack._tables  # noqa: SLF001
_SERIALIZER = {"CrawlerSchemaDeserializerVersion": "1.0", "CrawlerSchemaSerializerVersion": "1.0"}


@dataclass(frozen=True)
class Rules:
    """A crawler's settings. `update` is UPDATE_IN_DATABASE or LOG, `delete` may also be DEPRECATE_IN_DATABASE."""

    crawler: str
    database: str
    prefix: str
    update: str
    delete: str
    merges_columns: bool
    inherits: bool
    only_new: bool
    exclusions: tuple[str, ...]


def rules_of(crawler: dict[str, Any]) -> Rules:
    policy, configuration = crawler.get("SchemaChangePolicy") or {}, json.loads(crawler.get("Configuration") or "{}")
    output = configuration.get("CrawlerOutput") or {}
    only_new = (crawler.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == "CRAWL_NEW_FOLDERS_ONLY"
    exclusions = [one for target in crawler["Targets"].get("S3Targets", []) for one in target.get("Exclusions") or []]
    return Rules(
        crawler["Name"],
        crawler["DatabaseName"].lower(),
        crawler.get("TablePrefix") or "",
        "LOG" if only_new else policy.get("UpdateBehavior") or "UPDATE_IN_DATABASE",
        "LOG" if only_new else policy.get("DeleteBehavior") or "DEPRECATE_IN_DATABASE",
        merges_columns=(output.get("Tables") or {}).get("AddOrUpdateBehavior") == "MergeNewColumns",
        inherits=(output.get("Partitions") or {}).get("AddOrUpdateBehavior") == "InheritFromTable",
        only_new=only_new,
        exclusions=tuple(exclusions),
    )


def write(found: list[Found], rules: Rules, roots: list[str]) -> Counter[str]:
    """The changes made: TablesCreated, TablesUpdated, TablesDeleted, PartitionsCreated, ..."""
    if rules.database not in ministack._databases:  # noqa: SLF001
        tables.create_database({"DatabaseInput": {"Name": rules.database}})
    made: Counter[str] = Counter()
    kept = {_one(one, rules, made) for one in found}
    for key, table in list(_tables.items()):
        is_ours = key.startswith(f"{rules.database}/") and (table.get("Parameters") or {}).get(BY) == rules.crawler
        where = str(table["StorageDescriptor"].get("Location", ""))
        if is_ours and key not in kept and any(f"{where.rstrip('/')}/".startswith(root) for root in roots):
            _gone(table, rules, made)
    return made


def _one(found: Found, rules: Rules, made: Counter[str]) -> str:
    """Create or update one table and its partitions; its key in the store."""
    name = _name(found, rules)
    key = f"{rules.database}/{name}"
    given = _input(name, found, rules)
    if key not in _tables:
        tables.create_table({"DatabaseName": rules.database, "TableInput": given})
        made["TablesCreated"] += 1
    else:
        _update(key, given, rules, made)
    if found.keys and [one["Name"] for one in _tables[key].get("PartitionKeys") or []] == list(found.keys):
        _partitions(key, found, rules, made)
    return key


def _name(found: Found, rules: Rules) -> str:
    """The folder's name after the prefix, unless a table of another place has it: then with a hash, as AWS does."""
    name = re.sub(r"[^a-z0-9_]", "_", f"{rules.prefix}{found.name}".lower())
    held = _tables.get(f"{rules.database}/{name}")
    if held is None or held["StorageDescriptor"].get("Location", "").rstrip("/") == found.location.rstrip("/"):
        return name
    return f"{name}_{hashlib.md5(found.location.encode(), usedforsecurity=False).hexdigest()}"


def _input(name: str, found: Found, rules: Rules) -> dict[str, Any]:
    schema = found.schema
    held = _parameters(schema) | {BY: rules.crawler}
    if rules.exclusions:
        held["exclusions"] = json.dumps(list(rules.exclusions))
    if found.keys:
        held["partition_filtering.enabled"] = "true"
    return {
        "Name": name,
        "Owner": "owner",
        "TableType": "EXTERNAL_TABLE",
        "Retention": 0,
        "Parameters": held,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.keys],
        "StorageDescriptor": _storage(schema, found.location),
    }


def _parameters(schema: Schema) -> dict[str, str]:
    average = max(1, round(schema.size / schema.records)) if schema.records else schema.size
    return {
        **_SERIALIZER,
        **schema.parameters,
        "classification": schema.classification,
        "compressionType": schema.compression,
        "typeOfData": "file",
        "objectCount": str(schema.objects),
        "recordCount": str(schema.records),
        "averageRecordSize": str(average),
        "sizeKey": str(schema.size),
    }


def _storage(schema: Schema, location: str) -> dict[str, Any]:
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in schema.columns],
        "Location": location,
        "InputFormat": schema.input_format,
        "OutputFormat": schema.output_format,
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": schema.serde, "Parameters": dict(schema.serde_parameters)},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": _parameters(schema),
        "StoredAsSubDirectories": False,
    }


def _update(key: str, given: dict[str, Any], rules: Rules, made: Counter[str]) -> None:
    if rules.update == "LOG" and not rules.merges_columns:
        return
    held = _tables[key]
    before = {name: held.get(name) for name in ("StorageDescriptor", "PartitionKeys", "Parameters")}
    if rules.merges_columns:
        given = _merged_input(held, given)
    if {name: given.get(name) for name in before} != before:
        tables.update_table({"DatabaseName": rules.database, "TableInput": given})
        made["TablesUpdated"] += 1


def _merged_input(held: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """MergeNewColumns: what is there stays, new columns follow; another classification deprecates the table."""
    storage, parameters = held["StorageDescriptor"], dict(held.get("Parameters") or {})
    if parameters.get("classification") != given["Parameters"]["classification"]:
        parameters[DEPRECATED] = str(int(time.time() * 1000))
        return {**given, **_kept(held), "Parameters": parameters}
    names = {column["Name"] for column in storage["Columns"]}
    new = [column for column in given["StorageDescriptor"]["Columns"] if column["Name"] not in names]
    serde = {**storage["SerdeInfo"], "Parameters": {**storage["SerdeInfo"].get("Parameters", {}),
             **given["StorageDescriptor"]["SerdeInfo"]["Parameters"]}}  # fmt: skip
    merged = {**storage, "Columns": [*storage["Columns"], *new], "SerdeInfo": serde}
    return {**given, **_kept(held), "Parameters": parameters | given["Parameters"], "StorageDescriptor": merged}


def _kept(held: dict[str, Any]) -> dict[str, Any]:
    names = ("Description", "Owner", "StorageDescriptor", "PartitionKeys", "TableType", "Retention")
    return {name: held[name] for name in names if held.get(name) is not None}


def _partitions(key: str, found: Found, rules: Rules, made: Counter[str]) -> None:
    table = _tables[key]
    request = {"DatabaseName": rules.database, "TableName": table["Name"]}
    held = {tuple(one["Values"]): one for one in partitions.selected(key, None)}
    for values, location, schema in found.partitions:
        storage = _storage(schema, location)
        if rules.inherits:
            storage = {**table["StorageDescriptor"], "Location": location}
        given = {"Values": list(values), "StorageDescriptor": storage, "Parameters": _parameters(schema)}
        if values not in held:
            partitions.create_partition({**request, "PartitionInput": given})
            made["PartitionsCreated"] += 1
        elif held[values]["StorageDescriptor"] != storage and (rules.update != "LOG" or rules.inherits):
            partitions.update_partition({**request, "PartitionValueList": list(values), "PartitionInput": given})
            made["PartitionsUpdated"] += 1
    present = {values for values, _, _ in found.partitions}
    for values in [values for values in held if values not in present]:
        if rules.delete == "DELETE_FROM_DATABASE":
            partitions.delete_partition({**request, "PartitionValues": list(values)})
            made["PartitionsDeleted"] += 1


def _gone(table: dict[str, Any], rules: Rules, made: Counter[str]) -> None:
    """A table whose objects are no more."""
    if rules.delete == "DELETE_FROM_DATABASE":
        tables.delete_table({"DatabaseName": rules.database, "Name": table["Name"]})
        made["TablesDeleted"] += 1
    elif rules.delete == "DEPRECATE_IN_DATABASE" and DEPRECATED not in (table.get("Parameters") or {}):
        parameters = {**table["Parameters"], DEPRECATED: str(int(time.time() * 1000))}
        given = {**_kept(table), "Name": table["Name"], "Parameters": parameters}
        tables.update_table({"DatabaseName": rules.database, "TableInput": given})
        made["TablesUpdated"] += 1


def check(crawler: dict[str, Any]) -> None:
    """Refuse, by name, what this crawler cannot do. Raises GlueError."""
    others = [kind for kind, given in (crawler.get("Targets") or {}).items() if given and kind != "S3Targets"]
    if others:
        raise GlueError(
            "InvalidInputException", f"{others[0]} are not supported by the embedded crawler: S3Targets are"
        )
    if not (crawler.get("Targets") or {}).get("S3Targets"):
        raise GlueError("InvalidInputException", "A crawler needs at least one target")
    if (crawler.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == "CRAWL_EVENT_MODE":
        raise GlueError("InvalidInputException", "CRAWL_EVENT_MODE is not supported by the embedded crawler")
    try:
        configuration = json.loads(crawler.get("Configuration") or "{}")
    except ValueError as error:
        raise GlueError("InvalidInputException", f"Configuration is not valid JSON: {error}") from error
    if not isinstance(configuration, dict):
        raise GlueError("InvalidInputException", "Configuration must be a JSON object")
