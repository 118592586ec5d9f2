"""Databases, tables and their versions, over MiniStack's stores. Callers hold `service`'s lock."""

import re
import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id
from ministack.services import glue as ministack

from local.glue.errors import GlueError, already_there, not_found
from local.glue.pages import page

Request = dict[str, Any]
Answer = dict[str, Any]
PAGE = 100

_versions = AccountRegionScopedDict()  # "db/table" -> archived tables, oldest first
# MiniStack saves, restores and forgets whatever this registry names.
ministack._ALL_STATE["table_versions"] = _versions  # noqa: SLF001
_of_table = (
    ministack._tables,  # noqa: SLF001
    ministack._partitions,  # noqa: SLF001
    ministack._partition_indexes,  # noqa: SLF001
    ministack._table_column_statistics,  # noqa: SLF001
    ministack._partition_column_statistics,  # noqa: SLF001
    _versions,
)
_databases = ministack._databases  # noqa: SLF001
_tables = ministack._tables  # noqa: SLF001


def table_key(request: Request, field: str = "TableName") -> str:
    """The store's key of the table a request names; EntityNotFoundException if it or its database is not there."""
    _require_database(request["DatabaseName"])
    key = f"{request['DatabaseName']}/{request[field]}"
    if key not in _tables:
        raise not_found(f"Table {request[field]}")
    return key


def get_databases(request: Request) -> Answer:
    found = sorted(_databases.values(), key=_name)
    shown, rest = page(found, _name, request, PAGE)
    return {"DatabaseList": _attributes(shown, request), **rest}


def get_database(request: Request) -> Answer:
    _require_database(request["Name"])
    return {"Database": _databases[request["Name"]]}


def create_database(request: Request) -> Answer:
    """Folds the name; MiniStack does the rest."""
    given = request["DatabaseInput"]
    name = _folded(given)
    if name in _databases:
        raise already_there("Database")
    _databases[name] = {
        "Description": "",
        "Parameters": {},
        **given,
        "Name": name,
        "CreateTime": int(time.time()),
        "CatalogId": get_account_id(),
    }
    return {}


def update_database(request: Request) -> Answer:
    """Replaces the definition as a whole."""
    name = request["Name"]
    _require_database(name)
    given, before = request["DatabaseInput"], _databases[name]
    if _folded(given) != name:
        raise GlueError("InvalidInputException", "A database cannot be renamed")
    kept = {field: before[field] for field in ("CreateTime", "CatalogId") if field in before}
    _databases[name] = {"Description": "", "Parameters": {}, **given, **kept}
    return {}


def delete_database(request: Request) -> Answer:
    name = request["Name"]
    _require_database(name)
    for key in [key for key in _tables if key.startswith(f"{name}/")]:
        _forget(key)
    _databases.pop(name)
    return {}


def create_table(request: Request) -> Answer:
    _require_database(request["DatabaseName"])
    given = request["TableInput"]
    key = f"{request['DatabaseName']}/{_folded(given)}"
    if key in _tables:
        raise already_there("Table")
    now = int(time.time())
    _tables[key] = {
        **_stored(request["DatabaseName"], given, version=0),
        "CreateTime": now,
        "UpdateTime": now,
        "CatalogId": get_account_id(),
    }
    return {}


def get_table(request: Request) -> Answer:
    return {"Table": _tables[table_key(request, "Name")]}


def get_tables(request: Request) -> Answer:
    _require_database(request["DatabaseName"])
    prefix = f"{request['DatabaseName']}/"
    found = [table for key, table in _tables.items() if key.startswith(prefix)]
    if expression := request.get("Expression"):
        wanted = _name_pattern(expression)
        found = [table for table in found if wanted.fullmatch(table["Name"])]
    shown, rest = page(sorted(found, key=_name), _name, request, PAGE)
    return {"TableList": _attributes(shown, request), **rest}


def update_table(request: Request) -> Answer:
    """Replaces the definition as a whole. The version before it is archived unless SkipArchive is set."""
    name = _folded(request["TableInput"])
    key = table_key({**request, "TableName": name})
    before = _tables[key]
    expected = request.get("VersionId")
    if expected is not None and str(expected) != before["VersionId"]:
        raise GlueError(
            "ConcurrentModificationException",
            f"Update table failed due to concurrent modifications: {name} is at version {before['VersionId']}.",
        )
    if not request.get("SkipArchive"):
        _versions[key] = [*_versions.get(key, []), before]
    _tables[key] = {
        **_stored(request["DatabaseName"], request["TableInput"], version=int(before["VersionId"]) + 1),
        "CreateTime": before["CreateTime"],
        "UpdateTime": int(time.time()),
        "CatalogId": before["CatalogId"],
    }
    return {}


def delete_table(request: Request) -> Answer:
    _forget(table_key(request, "Name"))
    return {}


def batch_delete_table(request: Request) -> Answer:
    names = limited(request["TablesToDelete"], 100, "tablesToDelete")
    errors = []
    for name in names:
        try:
            delete_table({**request, "Name": name.lower()})
        except GlueError as error:
            errors.append({"TableName": name, "ErrorDetail": detail(error)})
    return {"Errors": errors}


def get_table_versions(request: Request) -> Answer:
    """The present version first, then the archived ones, newest first."""
    key = table_key(request)
    newest_first = [_tables[key], *reversed(_versions.get(key, []))]
    shown, rest = page(newest_first, lambda table: -int(table["VersionId"]), request, PAGE)
    return {"TableVersions": [{"Table": table, "VersionId": table["VersionId"]} for table in shown], **rest}


def get_table_version(request: Request) -> Answer:
    key = table_key(request)
    wanted = str(request.get("VersionId") or _tables[key]["VersionId"])
    for table in (_tables[key], *_versions.get(key, [])):
        if table["VersionId"] == wanted:
            return {"TableVersion": {"Table": table, "VersionId": wanted}}
    raise not_found(f"Version {wanted} of table {request['TableName']}")


def delete_table_version(request: Request) -> Answer:
    """An archived version; the present one cannot go without its table."""
    key = table_key(request)
    wanted, held = str(request["VersionId"]), _versions.get(key, [])
    if wanted == _tables[key]["VersionId"]:
        raise GlueError("InvalidInputException", f"Version {wanted} is the current version of the table")
    kept = [table for table in held if table["VersionId"] != wanted]
    if len(kept) == len(held):
        raise not_found(f"Version {wanted} of table {request['TableName']}")
    _versions[key] = kept
    return {}


def batch_delete_table_version(request: Request) -> Answer:
    errors = []
    for version in limited(request["VersionIds"], 100, "versionIds"):
        try:
            delete_table_version({**request, "VersionId": version})
        except GlueError as error:
            told = {"TableName": request["TableName"], "VersionId": version, "ErrorDetail": detail(error)}
            errors.append(told)
    return {"Errors": errors}


def limited(items: list[Any], most: int, name: str) -> list[Any]:
    """The items of a batch, or Glue's refusal of one that is too long."""
    if len(items) > most:
        raise GlueError(
            "ValidationException",
            f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {most}",
        )
    return items


def detail(error: GlueError) -> dict[str, str]:
    """A batch's `ErrorDetail`."""
    return {"ErrorCode": error.code, "ErrorMessage": str(error)}


def _stored(database: str, given: dict[str, Any], *, version: int) -> dict[str, Any]:
    return {
        "StorageDescriptor": {},
        "PartitionKeys": [],
        "Parameters": {},
        "TableType": "EXTERNAL_TABLE",
        **given,
        "DatabaseName": database,
        "IsRegisteredWithLakeFormation": False,
        "VersionId": str(version),
    }


def _folded(given: dict[str, Any]) -> str:
    """The name in lower case, as Glue stores it "for Hive compatibility" (TableInput, DatabaseInput)."""
    given["Name"] = str(given["Name"]).lower()
    return str(given["Name"])


def _require_database(name: str) -> None:
    if name not in _databases:
        raise not_found(f"Database {name}")


def _forget(key: str) -> None:
    for store in _of_table:
        store.pop(key, None)


def _attributes(items: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    """`AttributesToGet` of lists: names alone, on request."""
    if request.get("AttributesToGet") != ["NAME"]:
        return items
    return [{name: item[name] for name in ("Name", "DatabaseName") if name in item} for item in items]


def _name(item: dict[str, Any]) -> str:
    return str(item["Name"])


def _name_pattern(expression: str) -> re.Pattern[str]:
    """A regular expression, in which people also write a bare `*` for anything, as Hive lets them."""
    try:
        return re.compile(re.sub(r"(?<![.\])])\*", ".*", expression))
    except re.error as error:
        raise GlueError("InvalidInputException", f"Expression '{expression}' is not a pattern: {error}") from error
