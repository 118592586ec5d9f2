"""CREATE EXTERNAL TABLE in Hive's grammar to a Glue TableInput, and back for SHOW CREATE TABLE."""

import re
from typing import Any

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.sqltypes import split_top
from local.athena.statements import closing

_TEXT_IN = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet."
_HEAD = re.compile(r"create\s+external\s+table\s+(if\s+not\s+exists\s+)?([\w`\".$-]+)\s*", re.IGNORECASE)
_PAIR = re.compile(r"'((?:[^'\\]|\\.)*)'\s*=\s*'((?:[^'\\]|\\.)*)'|\"([^\"]*)\"\s*=\s*\"([^\"]*)\"")


def unquoted(name: str) -> str:
    """A name without quotes, in lower case."""
    return name.strip().strip('`"').lower()


def name_of(text: str, database: str) -> tuple[str, str]:
    """Database and table of a name that may be qualified."""
    parts = [unquoted(p) for p in text.split(".")]
    return (parts[-2] if len(parts) > 1 else database), parts[-1]


def pairs(text: str) -> dict[str, str]:
    """The 'key' = 'value' pairs in a text."""
    found = {}
    for match in _PAIR.finditer(text):
        key = match[1] if match[1] is not None else match[3]
        value = match[2] if match[2] is not None else match[4]
        found[key] = _unescaped(value)
    return found


def _unescaped(value: str) -> str:
    r"""Hive's string escapes: a backslash before a quote or itself goes; `\\001`, `\\t` stay as SerDes read them."""
    return value.replace("\\\\", "\\").replace("\\'", "'").replace('\\"', '"')


def columns(text: str) -> list[dict[str, str]]:
    """Glue columns of a column list."""
    found = []
    for item in split_top(_without_comments(text)):
        match = re.match(r"[`\"]?([\w$ -]+?)[`\"]?\s+(.*)$", item, re.DOTALL)
        if match is None:
            raise QueryFailed("", f"FAILED: ParseException cannot recognize column near '{item[:40]}'")
        kind, _, comment = re.split(r"(\scomment\s)", match[2], maxsplit=1, flags=re.IGNORECASE) if re.search(
            r"\scomment\s", match[2], re.IGNORECASE) else (match[2], "", "")  # fmt: skip
        column = {"Name": match[1].lower(), "Type": re.sub(r"\s+", "", kind).lower()}
        found.append(column | ({"Comment": comment.strip().strip("'")} if comment else {}))
    return found


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


def parse(sql: str, database: str) -> tuple[str, dict[str, Any], bool]:
    """Database, TableInput, and whether IF NOT EXISTS was said. Raises QueryFailed."""
    head = _HEAD.match(sql)
    if head is None:
        raise QueryFailed("", "FAILED: ParseException line 1:0 cannot recognize input near 'CREATE' 'EXTERNAL' 'TABLE'")
    schema, name = name_of(head[2], database)
    rest, listed = sql[head.end() :], []
    if rest.startswith("("):
        end = closing(rest, 0)
        listed, rest = columns(rest[1:end]), rest[end + 1 :]
    clauses = _clauses(rest)
    if "location" not in clauses:
        raise QueryFailed("", "FAILED: SemanticException: A LOCATION is required for an external table")
    inputs, outputs, library, serde = _storage(clauses)
    if not listed:
        raise QueryFailed("", "FAILED: SemanticException: a table needs columns")
    descriptor = {
        "Columns": listed,
        "Location": clauses["location"],
        "InputFormat": inputs,
        "OutputFormat": outputs,
        "Compressed": False,
        "NumberOfBuckets": int(clauses.get("buckets") or -1),
        "BucketColumns": [unquoted(c) for c in split_top(clauses.get("clustered", ""))],
        "SortColumns": [],
        "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde},
    }
    parameters = {"EXTERNAL": "TRUE"} | pairs(clauses.get("tblproperties", ""))
    table = {"Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters, "StorageDescriptor": descriptor,
             "PartitionKeys": columns(clauses["partitioned"]) if clauses.get("partitioned") else []}  # fmt: skip
    return schema, table, bool(head[1])


_CLAUSES = (
    ("comment", r"comment\s+'((?:[^']|'')*)'"),
    ("partitioned", r"partitioned\s+by\s*"),
    ("clustered", r"clustered\s+by\s*"),
    ("buckets", r"into\s+(\d+)\s+buckets"),
    ("serde", r"row\s+format\s+serde\s+'([^']+)'"),
    ("serdeproperties", r"with\s+serdeproperties\s*"),
    ("delimited", r"row\s+format\s+delimited"),
    ("field.delim", r"fields\s+terminated\s+by\s+'((?:[^'\\]|\\.)*)'"),
    ("escape.delim", r"escaped\s+by\s+'((?:[^'\\]|\\.)*)'"),
    ("collection.delim", r"collection\s+items\s+terminated\s+by\s+'((?:[^'\\]|\\.)*)'"),
    ("mapkey.delim", r"map\s+keys\s+terminated\s+by\s+'((?:[^'\\]|\\.)*)'"),
    ("line.delim", r"lines\s+terminated\s+by\s+'((?:[^'\\]|\\.)*)'"),
    ("serialization.null.format", r"null\s+defined\s+as\s+'((?:[^'\\]|\\.)*)'"),
    ("inputformat", r"stored\s+as\s+inputformat\s+'([^']+)'"),
    ("outputformat", r"outputformat\s+'([^']+)'"),
    ("stored", r"stored\s+as\s+(\w+)"),
    ("location", r"location\s+'([^']+)'"),
    ("tblproperties", r"tblproperties\s*"),
)


def _clauses(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    text = text.strip()
    while text:
        for key, pattern in _CLAUSES:
            match = re.match(pattern, text, re.IGNORECASE)
            if match is None:
                continue
            if match.groups():
                found[key], text = match[1], text[match.end() :].strip()
            elif key == "delimited":
                found[key], text = "yes", text[match.end() :].strip()
            else:
                end = closing(text, match.end())
                found[key], text = text[match.end() + 1 : end], text[end + 1 :].strip()
            break
        else:
            raise QueryFailed("", f"FAILED: ParseException cannot recognize input near '{' '.join(text.split()[:3])}'")
    return found


def _storage(clauses: dict[str, str]) -> tuple[str, str, str, dict[str, str]]:
    stored = clauses.get("stored", "TEXTFILE").upper()
    serde = pairs(clauses.get("serdeproperties", ""))
    for key in (
        "field.delim",
        "escape.delim",
        "collection.delim",
        "mapkey.delim",
        "line.delim",
        "serialization.null.format",
    ):
        if key in clauses:
            serde[key] = _unescaped(clauses[key]) if clauses[key].startswith("\\\\") else clauses[key]
    if "field.delim" in serde:
        serde.setdefault("serialization.format", serde["field.delim"])
    if stored == "PARQUET":
        return (f"{_PARQUET}MapredParquetInputFormat", f"{_PARQUET}MapredParquetOutputFormat",
                clauses.get("serde") or f"{_PARQUET}serde.ParquetHiveSerDe",
                serde or {"serialization.format": "1"})  # fmt: skip
    if stored not in ("TEXTFILE", "INPUTFORMAT"):
        raise QueryFailed("NOT_SUPPORTED", f"STORED AS {stored} is not supported by the embedded Athena")
    inputs, outputs = clauses.get("inputformat", _TEXT_IN), clauses.get("outputformat", _TEXT_OUT)
    return inputs, outputs, clauses.get("serde", _LAZY), serde or {"serialization.format": "1"}


def show_create(table: catalog.Table) -> list[str]:
    """The lines of SHOW CREATE TABLE."""
    descriptor = table["StorageDescriptor"]
    listed = [f"  `{c['Name']}` {c['Type']}" for c in descriptor.get("Columns") or []]
    rows = [f"CREATE EXTERNAL TABLE `{table['DatabaseName']}.{table['Name']}`(", *_commas(listed, ")")]
    keys = [f"  `{c['Name']}` {c['Type']}" for c in table.get("PartitionKeys") or []]
    rows += ["PARTITIONED BY ( ", *_commas(keys, ")")] if keys else []
    if descriptor.get("BucketColumns"):
        rows += ["CLUSTERED BY ( ", *_commas([f"  {c}" for c in descriptor["BucketColumns"]], ") "),
                 f"INTO {descriptor['NumberOfBuckets']} BUCKETS"]  # fmt: skip
    serde = descriptor.get("SerdeInfo") or {}
    rows += ["ROW FORMAT SERDE ", f"  '{serde.get('SerializationLibrary', '')}' "]
    given = [f"  '{k}'='{v}'" for k, v in sorted((serde.get("Parameters") or {}).items())]
    rows += ["WITH SERDEPROPERTIES ( ", *_commas(given, ") ")] if given else []
    rows += ["STORED AS INPUTFORMAT ", f"  '{descriptor.get('InputFormat', '')}' ", "OUTPUTFORMAT ",
             f"  '{descriptor.get('OutputFormat', '')}'", "LOCATION",
             f"  '{descriptor.get('Location', '')}'"]  # fmt: skip
    held = [f"  '{k}'='{v}'" for k, v in sorted((table.get("Parameters") or {}).items())]
    return [*rows, "TBLPROPERTIES (", *_commas(held, ")")]


def _commas(items: list[str], end: str) -> list[str]:
    return [f"{item}, " for item in items[:-1]] + [items[-1] + end] if items else [end]
