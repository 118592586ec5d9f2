"""What all Hive statements share: how they are matched, how they name a table, how they answer."""

import re

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.hivetable import name_of
from local.athena.results import Column

Lines = tuple[list[Column], list[list[str]]]


_NAME = r"((?:[`\"]?[\w$-]+[`\"]?\.){0,2}[`\"]?[\w$-]+[`\"]?)"


def match(pattern: str, text: str) -> re.Match[str]:
    found = re.match(pattern.replace(" ", r"\s+").replace("NAME", _NAME), text, re.IGNORECASE | re.DOTALL)
    if found is None:
        words = " ".join(text.split()[:3]).upper()
        raise QueryFailed("", f"FAILED: ParseException line 1:0 cannot recognize input near '{words}'")
    return found


def one(column: str, rows: list[str]) -> Lines:
    return [Column(column, "string")], [[row] for row in rows]


def existing_table(text: str, database: str) -> catalog.Table:
    schema, name = name_of(text, database)
    table = catalog.find_table(schema, name)
    if table is None:
        raise QueryFailed("", f"FAILED: SemanticException [Error 10001]: Table not found {schema}.{name}")
    return table
