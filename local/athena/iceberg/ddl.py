"""CREATE TABLE, ALTER TABLE and DROP TABLE of Iceberg tables, in Athena's DDL.

Source: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-managing-tables.html and its neighbours.
"""

import itertools
import re
from collections.abc import Callable

from pyiceberg.exceptions import CommitFailedException, ValidationError
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import NestedField

from local.athena import catalog, objects
from local.athena.errors import QueryFailed
from local.athena.hivetable import name_of, pairs
from local.athena.iceberg import properties
from local.athena.iceberg.catalog import EmbeddedCatalog, commit_failed, load
from local.athena.iceberg.types import of_ddl
from local.athena.sqltypes import split_top
from local.athena.statements import closing

_HEAD = re.compile(r"create\s+table\s+(if\s+not\s+exists\s+)?([\w`\".$-]+)\s*\(", re.IGNORECASE)
_COLUMN = re.compile(
    r"(?:`([^`]+)`|\"([^\"]+)\"|([\w$-]+))\s+(.*?)(?:\s+comment\s+'((?:[^']|'')*)')?\s*$", re.DOTALL | re.IGNORECASE
)
_CLAUSES = {"comment": r"comment\s+'((?:[^']|'')*)'", "location": r"location\s+'([^']+)'"}
_BRACKETED = {"partitioned": r"partitioned\s+by\s*", "tblproperties": r"tblproperties\s*"}


def is_create(text: str) -> bool:
    """Whether a text is CREATE TABLE with a list of columns, and no query after it."""
    head = _HEAD.match(text)
    end = closing(text, head.end() - 1) if head else -1
    return end > 0 and not re.match(r"\s*(as|with)\b", text[end + 1 :], re.IGNORECASE)


def create_table(text: str, database: str) -> None:
    """CREATE TABLE ... TBLPROPERTIES ('table_type' = 'ICEBERG'): metadata, no rows. Raises QueryFailed."""
    head = _HEAD.match(text)
    if head is None:
        raise QueryFailed("", "FAILED: ParseException line 1:0 cannot recognize input near 'CREATE' 'TABLE'")
    end = closing(text, head.end() - 1)
    clauses = _read_clauses(text[end + 1 :])
    given = {k.lower(): v for k, v in pairs(clauses.get("tblproperties", "")).items()}
    if given.get("table_type", "").upper() != "ICEBERG":
        raise QueryFailed(
            "", "FAILED: SemanticException: CREATE TABLE without EXTERNAL needs the table property table_type = ICEBERG"
        )
    schema, name = name_of(head[2], database)
    if catalog.find_database(schema) is None:
        raise QueryFailed("", f"FAILED: SemanticException [Error 10072]: Database does not exist: {schema}")
    if catalog.find_table(schema, name) is not None:
        if head[1]:
            return
        raise QueryFailed(
            "",
            f"FAILED: Execution Error, return code 1. AlreadyExistsException(message:Table {name} already exists.)",
        )
    if "location" not in clauses:
        raise QueryFailed("", "FAILED: SemanticException: Table location is required for an ICEBERG table")
    wanted = Schema(*_columns(text[head.end() : end]))
    location = clauses["location"].rstrip("/")
    objects.split_uri(location)
    spec = properties.partition_spec(split_top(clauses.get("partitioned", "")), wanted)
    held = properties.new_table(given, location) | ({"comment": clauses["comment"]} if "comment" in clauses else {})
    EmbeddedCatalog().create_table((schema, name), wanted, location, spec, properties=held)


def _columns(text: str) -> list[NestedField]:
    listed = split_top(re.sub(r"--[^\n]*", "", text))
    ids = itertools.count(len(listed) + 1)
    found: list[NestedField] = []
    for number, item in enumerate(listed, start=1):
        name, kind, comment = _column(item)
        if name in (f.name for f in found):
            raise QueryFailed("", f"FAILED: SemanticException [Error 10036]: Duplicate column name: {name}")
        found.append(NestedField(number, name, of_ddl(kind, ids), required=False, doc=comment))
    if not found:
        raise QueryFailed("", "FAILED: SemanticException: a table needs columns")
    return found


def _column(item: str) -> tuple[str, str, str | None]:
    match = _COLUMN.match(item.strip())
    if match is None:
        raise QueryFailed("", f"FAILED: ParseException cannot recognize column near '{item[:40]}'")
    return (match[1] or match[2] or match[3]).lower(), match[4], match[5]


def _read_clauses(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    text = text.strip()
    while text:
        for key, pattern in (*_CLAUSES.items(), *_BRACKETED.items()):
            match = re.match(pattern, text, re.IGNORECASE)
            if match is None:
                continue
            end = closing(text, match.end()) if key in _BRACKETED else match.end() - 1
            found[key] = text[match.end() + 1 : end] if key in _BRACKETED else match[1]
            text = text[end + 1 :].strip()
            break
        else:
            raise QueryFailed("", f"FAILED: ParseException cannot recognize input near '{' '.join(text.split()[:3])}'")
    return found


def drop_table(table: catalog.Table) -> None:
    """Athena's Iceberg tables are managed: their data goes with them."""
    location = str(table["StorageDescriptor"].get("Location") or "")
    catalog.change("DeleteTable", {"DatabaseName": table["DatabaseName"], "Name": table["Name"]})
    if location:
        bucket, prefix = objects.split_uri(location.rstrip("/") + "/")
        if objects.bucket_exists(bucket):
            objects.delete([(bucket, prefix + key) for key in objects.keys_under(location.rstrip("/") + "/")])


def alter_table(table: catalog.Table, action: str) -> None:
    """One ALTER TABLE action (the text after the table's name). Raises QueryFailed."""
    iceberg = load(table)
    for pattern, work in _ALTERATIONS:
        match = re.match(pattern, action.strip(), re.IGNORECASE | re.DOTALL)
        if match is not None:
            try:
                work(iceberg, match)
            except CommitFailedException as error:
                raise commit_failed(iceberg, error) from error
            except (ValueError, ValidationError) as error:
                raise QueryFailed("", f"FAILED: SemanticException: {error}") from error
            return
    words = " ".join(action.split()[:2]).upper()
    raise QueryFailed("NOT_SUPPORTED", f"ALTER TABLE {words} is not supported for Iceberg tables")


def _add_columns(table: Table, match: re.Match[str]) -> None:
    ids = itertools.count(1_000_000)  # PyIceberg numbers them anew
    with table.update_schema(case_sensitive=False) as update:
        for item in split_top(match[1]):
            name, kind, comment = _column(item)
            update.add_column(name, of_ddl(kind, ids), doc=comment)


def _drop_column(table: Table, match: re.Match[str]) -> None:
    with table.update_schema(case_sensitive=False) as update:
        update.delete_column(match[1].strip('`"').lower())


def _change_column(table: Table, match: re.Match[str]) -> None:
    """CHANGE [COLUMN] old new type [COMMENT] [FIRST | AFTER other]: rename, widen, describe, move."""
    old, rest = match[1].strip('`"').lower(), match[2]
    place = re.search(r"\s+(first|after\s+([`\"\w$-]+))\s*$", rest, re.IGNORECASE)
    name, kind, comment = _column(rest[: place.start()] if place else rest)
    present = table.schema().find_field(old, case_sensitive=False)
    wanted = of_ddl(kind, itertools.count(1_000_000))
    with table.update_schema(case_sensitive=False) as update:
        if str(wanted) != str(present.field_type):
            if not wanted.is_primitive:
                raise ValueError(f"Cannot change column type: {old}: {present.field_type} -> {wanted}")
            update.update_column(old, field_type=wanted)  # type: ignore[arg-type]
        if comment is not None:
            update.update_column(old, doc=comment)
        if place is not None:
            update.move_after(old, place[2].strip('`"').lower()) if place[2] else update.move_first(old)
        if name != old:
            update.rename_column(old, name)


def _set_properties(table: Table, match: re.Match[str]) -> None:
    with table.transaction() as change:
        change.set_properties(properties.to_iceberg(pairs(match[1])))


def _unset_properties(table: Table, match: re.Match[str]) -> None:
    names = [properties.iceberg_name(n.strip().strip("'\"")) for n in match[1].split(",")]
    with table.transaction() as change:
        change.remove_properties(*[n for n in names if n in table.properties])


def _rename(table: Table, match: re.Match[str]) -> None:
    schema, name = name_of(match[1], table.name()[0])
    if catalog.find_table(schema, name) is not None:
        raise QueryFailed("", f"FAILED: Table {schema}.{name} already exists")
    EmbeddedCatalog().rename_table(table.name(), (schema, name))


_ALTERATIONS: tuple[tuple[str, Callable[[Table, re.Match[str]], None]], ...] = (
    (r"add\s+columns\s*\((.*)\)\s*$", _add_columns),
    (r"drop\s+column\s+([`\"\w$-]+)\s*$", _drop_column),
    (r"change\s+(?:column\s+)?([`\"\w$-]+)\s+(.*)$", _change_column),
    (r"set\s+tblproperties\s*\((.*)\)\s*$", _set_properties),
    (r"unset\s+tblproperties\s*\((.*)\)\s*$", _unset_properties),
    (r"rename\s+to\s+([`\"\w.$-]+)\s*$", _rename),
)
