"""SHOW and DESCRIBE."""

import re

from local.athena import catalog, hivetable
from local.athena.errors import QueryFailed
from local.athena.hivetable import unquoted
from local.athena.hivetext import Lines, existing_table, match, one
from local.athena.results import Column


def show(text: str, database: str) -> Lines:
    low = " ".join(text.lower().split())
    if re.match(r"show (databases|schemas)", low):
        return one("database_name", _like(catalog.database_names(), text))
    if re.match(r"show (tables|views)", low):
        found = match(r"show (tables|views)(?: (?:in|from) NAME)?(?: '([^']*)')?", text)
        schema = unquoted(found[2]) if found[2] else database
        if catalog.find_database(schema) is None:
            raise QueryFailed("", f"FAILED: SemanticException [Error 10072]: Database does not exist: {schema}")
        wants_views = found[1].lower() == "views"
        names = [t["Name"] for t in catalog.tables_in(schema) if not wants_views or catalog.is_view(t)]
        return one("views" if wants_views else "tab_name", _like(names, text))
    if low.startswith("show partitions"):
        table = existing_table(match(r"show partitions NAME", text)[1], database)
        names = [n for n, _ in catalog.partition_keys(table)]
        rows = [
            "/".join(f"{n}={v}" for n, v in zip(names, p["Values"], strict=True)) for p in catalog.partitions_of(table)
        ]
        return one("partition", sorted(rows))
    if low.startswith("show columns"):
        found = match(r"show columns (?:in|from) NAME(?: (?:in|from) NAME)?", text)
        table = existing_table(found[1], unquoted(found[2]) if found[2] else database)
        return one("field", [n.ljust(20) for n, _ in catalog.columns(table) + catalog.partition_keys(table)])
    if low.startswith("show tblproperties"):
        table = existing_table(match(r"show tblproperties NAME", text)[1], database)
        return one("prpt_name", [f"{k}\t{v}" for k, v in sorted((table.get("Parameters") or {}).items())])
    if low.startswith("show create view"):
        table = existing_table(match(r"show create view NAME", text)[1], database)
        definition = catalog.view_definition(table)
        return one(
            "Create View", [f"CREATE VIEW {database}.{table['Name']} AS", *definition["originalSql"].splitlines()]
        )
    if low.startswith("show create table"):
        table = existing_table(match(r"show create table NAME", text)[1], database)
        return one("createtab_stmt", hivetable.show_create(table))
    raise QueryFailed("NOT_SUPPORTED", f"{' '.join(text.split()[:2]).upper()} is not supported by the embedded Athena")


def _like(names: list[str], text: str) -> list[str]:
    found = re.search(r"(?:like\s+)?'([^']*)'\s*$", text, re.IGNORECASE)
    if found is None:
        return names
    pattern = re.compile(found[1].replace(".*", "*").replace("*", ".*").replace("%", ".*"), re.IGNORECASE)
    return [n for n in names if pattern.fullmatch(n)]


def describe(text: str, database: str) -> Lines:
    found = match(r"desc(?:ribe)?( extended| formatted)? NAME(?: partition\s*\(.*\))?\s*$", text)
    table = existing_table(found[2], database)
    rows = [
        f"{n.ljust(20)}\t{t.ljust(20)}\t".ljust(62) for n, t in catalog.columns(table) + catalog.partition_keys(table)
    ]
    keys = catalog.partition_keys(table)
    if keys:
        rows += [
            "",
            "# Partition Information",
            "# col_name            \tdata_type           \tcomment             ",
            "",
        ]
        rows += [f"{n.ljust(20)}\t{t.ljust(20)}\t" for n, t in keys]
    if found[1]:
        rows += ["", "# Detailed Table Information", f"Location:\t{table['StorageDescriptor'].get('Location', '')}"]
    columns = [Column(n, "string") for n in ("col_name", "data_type", "comment")]
    return columns, [[*([*row.split("\t"), "", ""])[:3]] for row in rows]
