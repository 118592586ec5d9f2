"""Hive DDL that only touches the catalogue: databases, external tables, partitions, SHOW and DESCRIBE."""

import re
from collections.abc import Callable
from typing import Any

from local.athena import catalog, hivetable, objects, showing
from local.athena.errors import QueryFailed
from local.athena.hivetable import name_of, unquoted
from local.athena.hivetext import Lines, existing_table, match, one
from local.athena.statements import Statement

_NOTHING: Lines = ([], [])


def run(statement: Statement, database: str, output: str) -> Lines:  # noqa: ARG001 - one shape for all statements
    """The columns and lines a statement answers with. Raises QueryFailed."""
    return KINDS[statement.kind](statement.text, database)


def _create_database(text: str, database: str) -> Lines:  # noqa: ARG001
    found = match(
        r"create (?:database|schema)( if not exists)? NAME(?: comment '((?:[^']|'')*)')?(?: location '([^']+)')?", text
    )
    name = unquoted(found[2])
    if catalog.find_database(name) is not None:
        if found[1]:
            return _NOTHING
        raise QueryFailed(
            "",
            "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"Database {name} already exists",
        )
    given: dict[str, Any] = {"Name": name}
    given |= {"Description": found[3]} if found[3] else {}
    given |= {"LocationUri": found[4]} if found[4] else {}
    catalog.change("CreateDatabase", {"DatabaseInput": given})
    return _NOTHING


def _drop_database(text: str, database: str) -> Lines:  # noqa: ARG001
    found = match(r"drop (?:database|schema)( if exists)? NAME( cascade| restrict)?\s*$", text)
    name = unquoted(found[2])
    if catalog.find_database(name) is None:
        if found[1]:
            return _NOTHING
        raise QueryFailed("", f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")
    if catalog.tables_in(name) and (found[3] or "").strip().lower() != "cascade":
        raise QueryFailed(
            "",
            "FAILED: Execution Error, return code 1. InvalidOperationException("
            f"message:Database {name} is not empty. One or more tables exist.)",
        )
    catalog.change("DeleteDatabase", {"Name": name})
    return _NOTHING


def _create_table(text: str, database: str) -> Lines:
    schema, table, is_lenient = hivetable.parse(text, database)
    if catalog.find_database(schema) is None:
        raise QueryFailed("", f"FAILED: SemanticException [Error 10072]: Database does not exist: {schema}")
    if catalog.find_table(schema, table["Name"]) is not None:
        if is_lenient:
            return _NOTHING
        raise QueryFailed(
            "",
            "FAILED: Execution Error, return code 1. AlreadyExistsException("
            f"message:Table {table['Name']} already exists.)",
        )
    catalog.change("CreateTable", {"DatabaseName": schema, "TableInput": table})
    return _NOTHING


def _drop_table(text: str, database: str) -> Lines:
    found = match(r"drop (?:table|view)( if exists)? NAME\s*$", text)
    schema, name = name_of(found[2], database)
    table = catalog.find_table(schema, name)
    wants_view = bool(re.match(r"drop\s+view", text, re.IGNORECASE))
    if table is None or (wants_view and not catalog.is_view(table)):
        if found[1]:
            return _NOTHING
        if wants_view:
            raise QueryFailed("TABLE_NOT_FOUND", f"line 1:1: View '{catalog.CATALOG}.{schema}.{name}' does not exist")
        raise QueryFailed("", f"FAILED: SemanticException [Error 10001]: Table not found {schema}.{name}")
    catalog.change("DeleteTable", {"DatabaseName": schema, "Name": table["Name"]})
    return _NOTHING


def _alter_table(text: str, database: str) -> Lines:
    found = match(r"alter table NAME (.*)$", text)
    table, action = existing_table(found[1], database), found[2].strip()
    for pattern, work in _ALTERATIONS:
        if re.match(pattern, action, re.IGNORECASE):
            work(table, action)
            return _NOTHING
    raise QueryFailed(
        "NOT_SUPPORTED", f"ALTER TABLE {' '.join(action.split()[:2]).upper()} is not supported by the embedded Athena"
    )


_SPEC = re.compile(r"partition\s*\(([^)]*)\)(?:\s*location\s*'([^']+)')?", re.IGNORECASE)


def _values(table: catalog.Table, spec: str) -> list[str]:
    given = {}
    for pair in re.findall(r"[`\"]?(\w+)[`\"]?\s*=\s*('(?:[^']|'')*'|[^,\s]+)", spec):
        given[pair[0].lower()] = pair[1].strip("'").replace("''", "'")
    names = [n for n, _ in catalog.partition_keys(table)]
    if sorted(given) != sorted(names):
        raise QueryFailed(
            "", f"FAILED: SemanticException partition spec {{{spec}}} does not name the partition columns {names}"
        )
    return [given[n] for n in names]


def _add_partitions(table: catalog.Table, action: str) -> None:
    is_lenient = bool(re.match(r"add\s+if\s+not\s+exists", action, re.IGNORECASE))
    known = {tuple(p["Values"]) for p in catalog.partitions_of(table)}
    additions = []
    for found in _SPEC.finditer(action):
        values = _values(table, found[1])
        if tuple(values) in known:
            if is_lenient:
                continue
            raise QueryFailed(
                "",
                "FAILED: Execution Error, return code 1. AlreadyExistsException("
                f"message:Partition already exists: {values})",
            )
        additions.append((values, found[2] or _default_location(table, values)))
    catalog.add_partitions(table, additions)


def _default_location(table: catalog.Table, values: list[str]) -> str:
    names = [n for n, _ in catalog.partition_keys(table)]
    return f"{table['StorageDescriptor']['Location'].rstrip('/')}/" + "/".join(
        f"{n}={v}" for n, v in zip(names, values, strict=True)
    )


def _drop_partitions(table: catalog.Table, action: str) -> None:
    is_lenient = bool(re.match(r"drop\s+if\s+exists", action, re.IGNORECASE))
    known = {tuple(p["Values"]) for p in catalog.partitions_of(table)}
    for found in _SPEC.finditer(action):
        values = _values(table, found[1])
        if tuple(values) not in known:
            if is_lenient:
                continue
            raise QueryFailed("", f"FAILED: SemanticException [Error 10006]: Partition not found ({found[1]})")
        catalog.change(
            "DeletePartition",
            {"DatabaseName": table["DatabaseName"], "TableName": table["Name"], "PartitionValues": values},
        )


def _set_location(table: catalog.Table, action: str) -> None:
    found = match(r"(?:partition\s*\(([^)]*)\)\s*)?set location '([^']+)'", action)
    if found[1]:
        values = _values(table, found[1])
        old = next((p for p in catalog.partitions_of(table) if p["Values"] == values), None)
        if old is None:
            raise QueryFailed("", f"FAILED: SemanticException [Error 10006]: Partition not found ({found[1]})")
        descriptor = {**old["StorageDescriptor"], "Location": found[2]}
        entry = {"PartitionValueList": values, "PartitionInput": {"Values": values, "StorageDescriptor": descriptor}}
        catalog.change(
            "BatchUpdatePartition",
            {"DatabaseName": table["DatabaseName"], "TableName": table["Name"], "Entries": [entry]},
        )
        return
    _update(table, StorageDescriptor={**table["StorageDescriptor"], "Location": found[2]})


def _set_properties(table: catalog.Table, action: str) -> None:
    _update(table, Parameters={**(table.get("Parameters") or {}), **hivetable.pairs(action)})


def _add_columns(table: catalog.Table, action: str) -> None:
    added = hivetable.columns(action[action.index("(") + 1 : action.rindex(")")])
    every = added if action.lower().startswith("replace") else table["StorageDescriptor"]["Columns"] + added
    _update(table, StorageDescriptor={**table["StorageDescriptor"], "Columns": every})


def _update(table: catalog.Table, **changes: Any) -> None:
    kept = ("Name", "Description", "Owner", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters",
            "ViewOriginalText", "ViewExpandedText")  # fmt: skip
    given = {k: table[k] for k in kept if table.get(k) is not None} | changes
    catalog.change("UpdateTable", {"DatabaseName": table["DatabaseName"], "TableInput": given})


_ALTERATIONS: tuple[tuple[str, Callable[[catalog.Table, str], None]], ...] = (
    (r"add\s+(if\s+not\s+exists\s+)?partition", _add_partitions),
    (r"drop\s+(if\s+exists\s+)?partition", _drop_partitions),
    (r"(partition\s*\([^)]*\)\s*)?set\s+location", _set_location),
    (r"set\s+tblproperties", _set_properties),
    (r"(add|replace)\s+columns", _add_columns),
)


def _msck(text: str, database: str) -> Lines:
    """Registers the Hive-style folders below the table's location that are not yet partitions."""
    found = match(r"msck repair table NAME\s*$", text)
    table = existing_table(found[1], database)
    names = [n for n, _ in catalog.partition_keys(table)]
    if not names:
        return _NOTHING
    location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
    known = {tuple(p["Values"]) for p in catalog.partitions_of(table)}
    additions: dict[tuple[str, ...], str] = {}
    for item in objects.keys_under(location):
        parts = item.split("/")[: len(names)]
        if len(parts) == len(names) and all(p.lower().startswith(f"{n}=") for p, n in zip(parts, names, strict=True)):
            values = tuple(objects.unescaped(p.split("=", 1)[1]) for p in parts)
            if values not in known:
                additions[values] = location + "/".join(parts)
    catalog.add_partitions(table, [(list(v), where) for v, where in additions.items()])
    added = ["Repair: Added partition to metastore " + f"{table['Name']}:{'/'.join(v)}" for v in additions]
    missing = (
        [f"Partitions not in metastore: {' '.join(table['Name'] + ':' + '/'.join(v) for v in additions)}"]
        if additions
        else []
    )
    return one("result", missing + added)


def _no_prepare(text: str, database: str) -> Lines:  # noqa: ARG001
    raise QueryFailed(
        "NOT_SUPPORTED", "PREPARE and DEALLOCATE: use CreatePreparedStatement and DeletePreparedStatement"
    )


KINDS: dict[str, Callable[[str, str], Lines]] = {
    "CREATE_DATABASE": _create_database,
    "DROP_DATABASE": _drop_database,
    "CREATE_TABLE": _create_table,
    "DROP_TABLE": _drop_table,
    "DROP_VIEW": _drop_table,
    "ALTER_TABLE": _alter_table,
    "MSCK": _msck,
    "SHOW": showing.show,
    "DESCRIBE": showing.describe,
    "PREPARE": _no_prepare,
    "DEALLOCATE": _no_prepare,
}
