"""What a caller's SQL may consist of: kinds of nodes, their clauses, types and functions. All else is refused.

The lists name what is known to be read-only and harmless, so a construct that a new version of the parser learns is
refused until someone adds it here.
"""

import re
from collections.abc import Iterator
from typing import Final, NoReturn

from sqlglot import expressions as exp

from app.domain.errors import BadSql
from app.sql import hints
from app.sql.functions import FUNCTIONS, VOLATILE_FUNCTIONS

_NODES_TEXT: Final = """
    Select From Join Where Group Having Order Ordered Limit Fetch LimitOptions Offset Union Except Intersect Subquery
    With CTE Table TableAlias TableSample Alias Column Identifier Star Literal Boolean Null Paren Tuple Values Unnest
    Lateral Window WindowSpec Distinct Filter WithinGroup IgnoreNulls RespectNulls Case If Cast TryCast DataType
    DataTypeParam ColumnDef Interval IntervalSpan Var Extract Trim StrPosition Substring Normalize
    JsonCall JsonArgument GroupConcat OverflowTruncateBehavior Lambda
    Bracket Array Dot Anonymous In Between Like ILike Escape Is Not And Or EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ
    Exists Any All Add Sub Mul Div Mod Neg DPipe AtTimeZone HexString UnicodeString Cube Rollup GroupingSets
    CurrentDate CurrentTime CurrentTimestamp Localtime Localtimestamp Placeholder
"""
_NODES: Final = frozenset(_NODES_TEXT.split())
_CLAUSES: Final[dict[str, frozenset[str]]] = {
    kind: frozenset(clauses.split())
    for kind, clauses in {
        "Select": "with_ expressions from_ joins where group having order limit offset distinct windows",
        "Table": "this db alias joins sample",
        "Subquery": "this alias with_ joins order limit offset sample",
        "CTE": "this alias",
        "With": "expressions recursive",
        "Join": "this on using kind side",
        "Lateral": "this alias",
        "Limit": "expression",
        "Star": "",
        "Union": "this expression distinct with_ order limit offset",
        "Except": "this expression distinct with_ order limit offset",
        "Intersect": "this expression distinct with_ order limit offset",
        "Column": "this table db catalog",
        "Values": "expressions alias",
        "Distinct": "expressions",
        "Ordered": "this desc nulls_first",
        "Placeholder": "this",
        "TableSample": "percent method",
    }.items()
}
_TYPES_TEXT: Final = """
    BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL VARCHAR CHAR TEXT VARBINARY DATE TIME TIMETZ TIMESTAMP
    TIMESTAMPTZ TIMESTAMPNTZ INTERVAL JSON ARRAY MAP STRUCT IPADDRESS UUID HLLSKETCH TDIGEST
"""
_TYPES: Final = frozenset(_TYPES_TEXT.split())
_VOLATILE_NODES: Final = (
    exp.CurrentDate,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.Localtime,
    exp.Localtimestamp,
    exp.TableSample,
)
_PARAMETER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_SPELLINGS: Final[dict[type[exp.Expr], re.Pattern[str]]] = {
    exp.Literal: re.compile(r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    exp.Var: re.compile(r"[A-Za-z0-9_ ]{1,60}"),
    exp.HexString: re.compile(r"[0-9A-Fa-f]*"),
}
_NAME_PLACES: Final = frozenset(("alias", "db", "catalog", "table", "unit"))
_SESSION_TEXT: Final = (
    "current_catalog current_groups current_path current_role current_schema current_user session_user"
)
_SESSION: Final = frozenset(_SESSION_TEXT.split())
_HINTS: Final = {
    "Command": "Only SELECT (or WITH ... SELECT) is accepted.",
    "Parameter": "Write parameters as :name.",
    "CurrentUser": "current_user is not available; the service runs all queries as one user.",
}


def refuse_unknown(tree: exp.Expr) -> None:
    """Raises BadSql for the first node, clause, type, function or literal that the lists do not allow."""
    for node in nodes(tree):
        kind = type(node).__name__
        if kind not in _NODES:
            refuse(node, _HINTS.get(kind, f"This is not accepted in a query: {_spaced(kind)}."))
        allowed = _CLAUSES.get(kind)
        if allowed is not None:
            for clause, value in node.args.items():
                if value and clause not in allowed:
                    refuse(node, _clause_refused(kind, clause))
        _refuse_leaf(node)


def _clause_refused(kind: str, clause: str) -> str:
    said = f"{_spaced(kind)} with {clause.strip('_').replace('_', ' ')} is not accepted."
    return f"{said} {hints.CLAUSES[kind, clause]}" if (kind, clause) in hints.CLAUSES else said


def _refuse_leaf(node: exp.Expr) -> None:
    match node:
        case exp.Anonymous():
            _refuse_function(node)
        case exp.DataType() if not isinstance(node, exp.IntervalSpan):  # YEAR TO MONTH is a DataType to sqlglot
            if not isinstance(node.this, exp.DType) or node.this.name not in _TYPES:
                refuse(node, "A type in a CAST is not one that Athena's queries know.")
        case exp.Identifier():
            _refuse_name(node)
        case exp.Literal() | exp.Var() | exp.HexString():
            pattern = None if isinstance(node, exp.Literal) and node.is_string else _SPELLINGS[type(node)]
            if pattern is not None and not pattern.fullmatch(str(node.this)):
                refuse(node, "A number, keyword or hexadecimal literal is not spelled as one.")
        case exp.Placeholder():
            if not node.this or not _PARAMETER.fullmatch(str(node.this)) or node.arg_key in _NAME_PLACES:
                refuse(node, "Write parameters as :name, where a value may stand (? has no name).")
        case exp.Dot():
            if not isinstance(node.expression, exp.Identifier):
                refuse(node, "Functions are called by their plain name.")
        case _:
            pass


def _refuse_name(node: exp.Identifier) -> None:
    name = node.this
    if not isinstance(name, str) or not name or name.startswith("$") or not name.isprintable():
        refuse(node, 'Hidden columns and tables ("$path", "t$partitions") are not readable.')
    if not node.args.get("quoted") and name.lower() in _SESSION:
        refuse(node, f"{name.lower()} is not available; the service runs all queries as one user.")


def _refuse_function(node: exp.Anonymous) -> None:
    name = node.name.lower()
    if name not in FUNCTIONS:
        shown = name if re.fullmatch(r"[a-z0-9_]{1,60}", name) else "this"
        instead = f" Write {hints.FUNCTIONS[name]}." if name in hints.FUNCTIONS else ""
        refuse(node, f"The function {shown} is not one that queries may use.{instead}")


def is_volatile(tree: exp.Expr) -> bool:
    """The query may answer differently over the same data: it asks for the time, for chance or for a sample."""
    return any(
        isinstance(node, _VOLATILE_NODES)
        or (isinstance(node, exp.Anonymous) and node.name.lower() in VOLATILE_FUNCTIONS)
        for node in nodes(tree)
    )


def nodes(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Every node of the tree, without recursion."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        for value in node.args.values():
            items = value if isinstance(value, list) else (value,)
            stack.extend(item for item in items if isinstance(item, exp.Expr))


def refuse(node: exp.Expr, detail: str) -> NoReturn:
    """BadSql with the place in the caller's text, as far as the parser kept it."""
    for inner in nodes(node):
        line, column = inner.meta.get("line"), inner.meta.get("col")
        if line is not None:
            raise BadSql(f"{detail} (line {line}, column {column})")
    raise BadSql(detail)


def _spaced(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
