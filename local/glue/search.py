"""SearchTables: tables of every database, by text and by properties. Source: the Glue API reference, SearchTables."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from ministack.services import glue as ministack

from local.glue.errors import GlueError
from local.glue.pages import page

Table = dict[str, Any]
PAGE = 1000
_tables = ministack._tables  # noqa: SLF001
_TIMES = frozenset({"CreateTime", "UpdateTime", "LastAccessTime"})
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUALS": lambda left, right: left == right,
    "GREATER_THAN": lambda left, right: left > right,
    "LESS_THAN": lambda left, right: left < right,
    "GREATER_THAN_EQUALS": lambda left, right: left >= right,
    "LESS_THAN_EQUALS": lambda left, right: left <= right,
}


def search_tables(request: dict[str, Any]) -> dict[str, Any]:
    """A page of the tables that hold `SearchText` and pass every filter."""
    found = [table for table in _tables.values() if _has_text(table, request.get("SearchText") or "")]
    for one in request.get("Filters") or []:
        found = [table for table in found if _passes(table, one)]
    found.sort(key=_place)
    shown, rest = page(found, _place, request, PAGE)
    for order in reversed(request.get("SortCriteria") or []):
        field = order["FieldName"]
        shown.sort(key=lambda table: str(table.get(field, "")), reverse=order.get("Sort") == "DESC")
    return {"TableList": shown, **rest}


def _has_text(table: Table, text: str) -> bool:
    """Words may stand anywhere in names, descriptions, column names, comments or parameters; "quoted" means exactly."""
    storage = table.get("StorageDescriptor") or {}
    columns = [*(storage.get("Columns") or []), *(table.get("PartitionKeys") or [])]
    held = [table["Name"], table["DatabaseName"], table.get("Description") or "", storage.get("Location") or ""]
    held += [str(column.get(field) or "") for column in columns for field in ("Name", "Comment")]
    held += [part for pair in (table.get("Parameters") or {}).items() for part in pair]
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1] in held
    return any(text.lower() in one.lower() for one in held)


def _passes(table: Table, one: dict[str, Any]) -> bool:
    key, wanted = str(one.get("Key") or ""), str(one.get("Value") or "")
    comparator = one.get("Comparator") or "EQUALS"
    if comparator not in _COMPARISONS:
        raise GlueError("InvalidInputException", f"Unknown comparator: {comparator}")
    if key in _TIMES:
        moment = dt.datetime.fromisoformat(wanted)
        given = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return _COMPARISONS[comparator](float(table.get(key) or 0), given.timestamp())
    if key in table or key[:1].isupper():
        return _COMPARISONS[comparator](str(table.get(key, "")).lower(), wanted.lower())
    return _COMPARISONS[comparator]((table.get("Parameters") or {}).get(key, ""), wanted)


def _place(table: Table) -> list[str]:
    return [table["DatabaseName"], table["Name"]]
