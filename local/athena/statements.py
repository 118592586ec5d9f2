"""What kind of statement a text is, as Athena names it, and the part of its syntax that sqlglot does not read."""

import re
from dataclasses import dataclass, field

from sqlglot import exp

from local.athena import syntax, unsupported
from local.athena.errors import Refused
from local.athena.iceberg import grammar

_COMMENTS = re.compile(r"^(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_DDL: tuple[tuple[str, str, str, str], ...] = (
    (r"create\s+(?:database|schema)\b", "CREATE_DATABASE", "DDL", "CREATE_DATABASE"),
    (r"alter\s+(?:database|schema)\b", "ALTER_DATABASE", "DDL", "ALTER_DATABASE"),
    (r"drop\s+(?:database|schema)\b", "DROP_DATABASE", "DDL", "DROP_DATABASE"),
    (r"create\s+external\s+table\b", "CREATE_TABLE", "DDL", "CREATE_TABLE"),
    (r"drop\s+table\b", "DROP_TABLE", "DDL", "DROP_TABLE"),
    (r"drop\s+view\b", "DROP_VIEW", "DDL", "DROP_VIEW"),
    (r"alter\s+table\b", "ALTER_TABLE", "DDL", "ALTER_TABLE"),
    (r"msck\s+repair\s+table\b", "MSCK", "DDL", "MSCK_REPAIR_TABLE"),
    (r"show\b", "SHOW", "UTILITY", "SHOW"),
    (r"desc(?:ribe)?\b", "DESCRIBE", "UTILITY", "DESCRIBE_TABLE"),
    (r"explain\s+analyze\b", "EXPLAIN_ANALYZE", "UTILITY", "EXPLAIN"),
    (r"explain\b", "EXPLAIN", "UTILITY", "EXPLAIN"),
    (r"prepare\b", "PREPARE", "DDL", "PREPARE"),
    (r"deallocate\s+prepare\b", "DEALLOCATE", "DDL", "DEALLOCATE"),
    (r"optimize\b", "OPTIMIZE", "UTILITY", "OPTIMIZE"),
    (r"vacuum\b", "VACUUM", "UTILITY", "VACUUM"),
)
_REFUSED = ("truncate", "grant", "revoke", "call", "set", "use",
            "analyze", "refresh", "commit", "start", "rollback", "import", "export")  # fmt: skip
_EXPLAINED = re.compile(
    r"explain\s*(?:\banalyze\b\s*)?(?:\(\s*(?:type|format)\b[^)]*\)\s*)?(.*)", re.DOTALL | re.IGNORECASE
)
_UNLOAD = re.compile(r"\s*to\s+'((?:[^']|'')+)'\s*with\s*(\(.*\))\s*$", re.DOTALL | re.IGNORECASE)


@dataclass
class Statement:
    """`kind` is ours, `type` and `subtype` are StatementType and SubstatementType; `tree` is there when sqlglot
    reads it.
    """

    kind: str
    type: str
    subtype: str
    text: str
    tree: exp.Expr | None = None
    options: dict[str, str] = field(default_factory=dict)


def bare(sql: str) -> str:
    """The text without leading comments, the final semicolon, and the space around."""
    text = _COMMENTS.sub("", sql, count=1).strip()
    return text[:-1].rstrip() if text.endswith(";") else text


def classify(sql: str) -> Statement:
    """The statement. Raises Refused, as StartQueryExecution does, for a syntax error or an unsupported kind."""
    text = bare(sql)
    if not text:
        raise Refused("Query string is empty", athena_code="MALFORMED_QUERY")
    if name := unsupported.refused_name(text):
        raise Refused(f"Queries of this type are not supported: {name}", athena_code="NOT_SUPPORTED")
    low = text.lower()
    for pattern, kind, type_, subtype in _DDL:
        if re.match(pattern, low):
            if explained := _EXPLAINED.match(text):
                classify(explained[1])  # Athena's parser reads it, too
            return Statement(kind, type_, subtype, text)
    word = re.match(r"[(\s]*(\w*)", text)
    written = word[1] if word else ""
    first = written.lower()
    if first in _REFUSED:
        raise Refused(f"Queries of this type are not supported: {first.upper()}", athena_code="NOT_SUPPORTED")
    if first == "unload":
        return _unload(text)
    if first == "execute":
        return Statement("EXECUTE", "DML", "EXECUTE", text)
    if first == "create" and _defines_columns(text):
        return Statement("CREATE_ICEBERG_TABLE", "DDL", "CREATE_TABLE", text)
    if first not in ("select", "with", "values", "table", "create", "insert", "update", "delete", "merge"):
        raise Refused(
            f"line 1:1: mismatched input '{written or text[0]}'. Expecting: 'ALTER', 'CREATE', 'DESCRIBE', 'DROP', "
            "'EXPLAIN', 'INSERT', 'MSCK', 'PREPARE', 'SELECT', 'SHOW', 'UNLOAD', 'VALUES', 'WITH', <query>",
            athena_code="MALFORMED_QUERY",
        )
    return _parsed(text)


def _parsed(text: str) -> Statement:
    tree = syntax.parse(text)
    if isinstance(tree, exp.Create):
        return _create(tree, text)
    if isinstance(tree, exp.Insert):
        return Statement("INSERT", "DML", "INSERT", text, tree)
    for kind, name in ((exp.Update, "UPDATE"), (exp.Delete, "DELETE"), (exp.Merge, "MERGE")):
        if isinstance(tree, kind):
            grammar.check(tree)
            return Statement(name, "DML", name, text, tree)
    if isinstance(tree, exp.Values):
        tree = exp.Select(expressions=[exp.Star()]).from_(tree)
    if isinstance(tree, exp.Query):
        return Statement("SELECT", "DML", "SELECT", text, tree)
    raise Refused(
        f"Queries of this type are not supported: {text.split(maxsplit=1)[0].upper()}", athena_code="NOT_SUPPORTED"
    )


_COLUMNS = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?[\w`\".$-]+\s*(?=\()", re.IGNORECASE)


def _defines_columns(text: str) -> bool:
    """Whether a text is CREATE TABLE with a list of columns and no query after it."""
    head = _COLUMNS.match(text)
    end = closing(text, head.end()) if head else -1
    return end > 0 and not re.match(r"\s*(as|with)\b", text[end + 1 :], re.IGNORECASE)


def _create(tree: exp.Create, text: str) -> Statement:
    if tree.kind == "VIEW":
        return Statement("CREATE_VIEW", "DDL", "CREATE_VIEW", text, tree)
    if tree.kind == "TABLE" and isinstance(tree.expression, exp.Query):
        return Statement("CTAS", "DDL", "CREATE_TABLE_AS_SELECT", text, tree)
    if tree.kind == "TABLE":
        raise Refused(
            "Queries of this type are not supported: CREATE TABLE without EXTERNAL needs table_type ICEBERG",
            athena_code="NOT_SUPPORTED",
        )
    raise Refused(f"Queries of this type are not supported: CREATE {tree.kind}", athena_code="NOT_SUPPORTED")


def _unload(text: str) -> Statement:
    """UNLOAD (query) TO 'location' WITH (properties)."""
    start = text.find("(")
    end = closing(text, start)
    tail = _UNLOAD.match(text[end + 1 :]) if end > 0 else None
    if tail is None:
        raise Refused("line 1:1: mismatched input 'UNLOAD'. Expecting: UNLOAD (query) TO 'location' WITH (...)",
                      athena_code="MALFORMED_QUERY")  # fmt: skip
    tree = syntax.parse(text[start + 1 : end])
    options = {"location": tail[1].replace("''", "'"), "properties": tail[2]}
    return Statement("UNLOAD", "DML", "UNLOAD", text, tree, options)


def closing(text: str, start: int) -> int:
    """Where the bracket opened at `start` closes, quotes respected; -1 if nowhere."""
    depth, i = 0, start
    while 0 <= i < len(text):
        ch = text[i]
        if ch in "'\"`":
            i = text.find(ch, i + 1)
            if i < 0:
                return -1
        elif ch == "(":
            depth += 1
        elif ch == ")":
            depth -= 1
            if depth == 0:
                return i
        i += 1
    return -1
