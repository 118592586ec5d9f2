"""How Athena says no: failures of a query, refusals of a request, and DuckDB's errors in Athena's words."""

import re
from dataclasses import dataclass

import duckdb

SYSTEM, USER, OTHER = 1, 2, 3


@dataclass
class QueryFailed(Exception):
    """A query that ends FAILED. `code` is Trino's error name; `category` 1 system, 2 user, 3 other."""

    code: str
    detail: str
    category: int = USER

    @property
    def reason(self) -> str:
        """The text of StateChangeReason."""
        return f"{self.code}: {self.detail}" if self.code else self.detail

    def athena_error(self) -> dict[str, object]:
        """The AthenaError structure. The type numbers are 1006 for Hive errors, 1003 for other user errors."""
        kind = {SYSTEM: 200, USER: 1006 if self.code.startswith("HIVE_") else 1003}.get(self.category, 1)
        return {
            "ErrorCategory": self.category,
            "ErrorType": kind,
            "Retryable": self.category == SYSTEM,
            "ErrorMessage": self.reason,
        }


@dataclass
class Refused(Exception):
    """A request that is refused at once: `kind` is the exception's name on the wire."""

    detail: str
    kind: str = "InvalidRequestException"
    athena_code: str = "INVALID_INPUT"


class Cancelled(Exception):
    """The query was stopped by its owner, or hit the workgroup's cut-off (then `reason` says so)."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


_OWN = re.compile(r"athena:([A-Z_]+): (.*)", re.DOTALL)
_RULES: tuple[tuple[str, str, str], ...] = (
    (
        r"Referenced column \"([^\"]+)\" (?:not found|was not found)",
        "COLUMN_NOT_FOUND",
        "Column '{0}' cannot be resolved",
    ),
    (r"does not have a column named \"([^\"]+)\"", "COLUMN_NOT_FOUND", "Column '{0}' cannot be resolved"),
    (r"Referenced table \"([^\"]+)\" not found", "COLUMN_NOT_FOUND", "Column '{0}' cannot be resolved"),
    (r"Ambiguous reference to column name \"([^\"]+)\"", "AMBIGUOUS_NAME", "Column '{0}' is ambiguous"),
    (
        r"(?:Scalar |Aggregate |Table |Macro )*Function with name \"?([\w.]+)\"? does not exist",
        "FUNCTION_NOT_FOUND",
        "Function '{0}' not registered",
    ),
    (
        r"column \"([^\"]+)\" must appear in the GROUP BY",
        "EXPRESSION_NOT_AGGREGATE",
        "'{0}' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (
        r"No function matches the given name and argument types '([^']+)'",
        "TYPE_MISMATCH",
        "Unexpected parameters for function {0}",
    ),
    (r"[Cc]ould not convert string '([^']*)' to (\w+)", "INVALID_CAST_ARGUMENT", "Cannot cast '{0}' to {1}"),
    (r"Cannot compare values of type (\S+) and type (\S+)", "TYPE_MISMATCH", "Cannot apply operator: {0} = {1}"),
    (r"Overflow in|out of range", "NUMERIC_VALUE_OUT_OF_RANGE", "{text}"),
    (r"division by zero|Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (
        r"subquery .*(?:more than one|multiple) row|More than one row returned",
        "SUBQUERY_MULTIPLE_ROWS",
        "Scalar sub-query has returned multiple rows",
    ),
)


def from_duckdb(error: duckdb.Error) -> QueryFailed:
    """Athena's words for what DuckDB said. The place (`line 1:8`) is added by whoever has the text."""
    text = str(error)
    if own := _OWN.search(text):
        return QueryFailed(own[1], own[2].split("\n\nLINE")[0].strip())
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryFailed("EXCEEDED_LOCAL_MEMORY_LIMIT", f"Query exhausted resources: {text.splitlines()[0]}", SYSTEM)
    for pattern, code, words in _RULES:
        if found := re.search(pattern, text):
            return QueryFailed(code, words.format(*found.groups(), text=text.splitlines()[0]))
    first = text.split("\n\nLINE", maxsplit=1)[0].strip()
    if isinstance(error, duckdb.ConversionException):
        return QueryFailed("INVALID_CAST_ARGUMENT", first)
    if isinstance(error, (duckdb.BinderException, duckdb.CatalogException)):
        return QueryFailed("TYPE_MISMATCH", first)
    if isinstance(error, (duckdb.IOException, duckdb.InvalidInputException)):
        return QueryFailed("HIVE_BAD_DATA", first)
    return QueryFailed("GENERIC_USER_ERROR", first)
