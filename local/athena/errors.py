"""How Athena says no: failures of a query, refusals of a request, and DuckDB's errors in Athena's words."""

import re
from dataclasses import dataclass

import duckdb

SYSTEM, USER, OTHER = 1, 2, 3


# Trino's and Hive's error names to the numbers of https://docs.aws.amazon.com/athena/latest/ug/error-reference.html.
# The catalogue has words, not names; each name stands with the entry whose words fit it.
_TYPES: tuple[tuple[int, tuple[str, ...]], ...] = (
    (2, ("EXCEEDED_LOCAL_MEMORY_LIMIT", "EXCEEDED_MEMORY_LIMIT", "EXCEEDED_GLOBAL_MEMORY_LIMIT")),  # exhausted
    (200, ("GENERIC_INTERNAL_ERROR",)),  # internal error of the engine
    (204, ("HIVE_METASTORE_ERROR",)),  # the metastore had an error
    (210, ("EXCEEDED_TIME_LIMIT",)),  # query timed out
    (233, ("ICEBERG_COMMIT_ERROR", "ICEBERG_INVALID_METADATA", "ICEBERG_BAD_DATA", "ICEBERG_CANNOT_OPEN_SPLIT",
           "ICEBERG_FILESYSTEM_ERROR", "ICEBERG_MISSING_METADATA", "ICEBERG_TOO_MANY_OPEN_PARTITIONS")),
    (401, ("HIVE_WRITER_CLOSE_ERROR", "HIVE_WRITER_DATA_ERROR", "HIVE_WRITER_OPEN_ERROR")),  # could not write
    (1001, ("DIVISION_BY_ZERO", "NUMERIC_VALUE_OUT_OF_RANGE", "INVALID_CAST_ARGUMENT", "SUBQUERY_MULTIPLE_ROWS",
            "INVALID_LITERAL", "DATETIME_VALUE_OUT_OF_RANGE", "MERGE_TARGET_ROW_MULTIPLE_MATCHES")),  # data error
    (1002, ("HIVE_BAD_DATA", "HIVE_CURSOR_ERROR", "HIVE_CANNOT_OPEN_SPLIT", "HIVE_INVALID_PARTITION_VALUE",
            "HIVE_INVALID_BUCKET_FILES", "HIVE_FILE_NOT_FOUND")),  # data error
    (1004, ("HIVE_PARTITION_SCHEMA_MISMATCH", "HIVE_INVALID_METADATA", "HIVE_UNSUPPORTED_FORMAT",
            "HIVE_COLUMN_ORDER_MISMATCH")),  # schema error
    (1006, ("SYNTAX_ERROR", "COLUMN_NOT_FOUND", "AMBIGUOUS_NAME", "TYPE_MISMATCH", "EXPRESSION_NOT_AGGREGATE",
            "EXPRESSION_NOT_SCALAR", "EXPRESSION_NOT_CONSTANT", "EXPRESSION_NOT_IN_DISTINCT", "MISSING_GROUP_BY",
            "MISSING_COLUMN_NAME", "MISSING_COLUMN_ALIASES", "MISMATCHED_COLUMN_ALIASES", "DUPLICATE_COLUMN_NAME",
            "DUPLICATE_NAMED_QUERY", "DUPLICATE_WINDOW_NAME", "COLUMN_TYPE_UNKNOWN", "INVALID_COLUMN_REFERENCE",
            "INVALID_WINDOW_FRAME", "INVALID_WINDOW_REFERENCE", "NESTED_AGGREGATION", "NESTED_WINDOW",
            "INVALID_ORDER_BY", "INVALID_PARAMETER_USAGE", "FUNCTION_NOT_AGGREGATE", "FUNCTION_NOT_WINDOW",
            "MISSING_OVER",
            "TOO_MANY_GROUPING_SETS", "INVALID_LIMIT_CLAUSE", "TOO_MANY_ARGUMENTS")),  # syntax error
    (1008, ("CONSTRAINT_VIOLATION", "HIVE_FILTER_REQUIRED", "QUERY_REJECTED", "ADMINISTRATIVELY_KILLED")),  # rejected
    (1009, ("HIVE_PATH_ALREADY_EXISTS", "HIVE_TOO_MANY_OPEN_PARTITIONS", "HIVE_EXCEEDED_PARTITION_LIMIT",
            "HIVE_UNKNOWN_ERROR")),  # query failed
    (1100, ("INVALID_ARGUMENTS", "INVALID_ARGUMENT", "MISSING_ARGUMENT", "INVALID_SPATIAL_PARTITIONING")),
    (1101, ("INVALID_SESSION_PROPERTY", "INVALID_SCHEMA_PROPERTY", "INVALID_ANALYZE_PROPERTY",
            "INVALID_COLUMN_PROPERTY")),  # invalid property
    (1103, ("INVALID_TABLE_PROPERTY",)),
    (1106, ("INVALID_FUNCTION_ARGUMENT", "INVALID_PATH", "JSON_INPUT_CONVERSION_ERROR", "PATH_EVALUATION_ERROR")),
    (1107, ("INVALID_VIEW", "HIVE_INVALID_VIEW_DATA", "VIEW_IS_STALE", "VIEW_IS_RECURSIVE")),
    (1110, ("TABLE_NOT_FOUND",)),
    (1200, ("NOT_SUPPORTED", "UNSUPPORTED_SUBQUERY", "HIVE_UNSUPPORTED")),
    (1300, ("NOT_FOUND",)),
    (1301, ("SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND", "VIEW_NOT_FOUND", "ROLE_NOT_FOUND", "TYPE_NOT_FOUND")),
    (1303, ("FUNCTION_NOT_FOUND", "FUNCTION_IMPLEMENTATION_MISSING", "FUNCTION_IMPLEMENTATION_ERROR")),
    (1500, ("PERMISSION_DENIED",)),
)  # fmt: skip
_TYPE_OF = {name: number for number, names in _TYPES for name in names}
_RETRYABLE = ("ICEBERG_COMMIT_ERROR",)


@dataclass
class QueryFailed(Exception):
    """A query that ends FAILED. `code` is Trino's error name, empty where Athena's text has none (Hive's DDL);
    `category` 1 system, 2 user, 3 other; `type` overrides the catalogue's number, `is_retryable` the usual answer.
    """

    code: str
    detail: str
    category: int = USER
    type: int | None = None
    is_retryable: bool | None = None

    @property
    def reason(self) -> str:
        """The text of StateChangeReason."""
        return f"{self.code}: {self.detail}" if self.code else self.detail

    def athena_error(self) -> dict[str, object]:
        """The AthenaError structure."""
        retryable = self.category == SYSTEM or self.code in _RETRYABLE
        return {
            "ErrorCategory": self.category,
            "ErrorType": self.type if self.type is not None else self._catalogued(),
            "Retryable": retryable if self.is_retryable is None else self.is_retryable,
            "ErrorMessage": self.reason,
        }

    def _catalogued(self) -> int:
        if self.code:
            return _TYPE_OF.get(self.code, 200 if self.category == SYSTEM else 1000)
        return 1003 if self.detail.startswith("FAILED:") else 1000


@dataclass
class Refused(Exception):
    """A request that is refused at once: `kind` is the exception's name on the wire."""

    detail: str
    kind: str = "InvalidRequestException"
    athena_code: str = "INVALID_INPUT"

    def as_failure(self) -> QueryFailed:
        """The same, of a query that had already been taken."""
        names = {"MALFORMED_QUERY": "SYNTAX_ERROR", "INVALID_INPUT": "INVALID_ARGUMENTS"}
        return QueryFailed(names.get(self.athena_code, self.athena_code), self.detail)


class Cancelled(Exception):
    """The query was stopped by its owner, or hit the workgroup's cut-off (then `reason` says so)."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


_OWN = re.compile(r"athena:([A-Z_]+): (.*?)(?:' to INT32.*|\n\nAt:\n.*)?$", re.DOTALL)
_INTEGERS = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint"}
_RULES: tuple[tuple[str, str, str], ...] = (
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
    (
        r"Malformed JSON in file \".*?\", at byte \d+ in line (\d+): ([^.]*)",
        "HIVE_CURSOR_ERROR",
        "Row is not a valid JSON Object - JSONException: {1} [line {0}]",
    ),
    (r"Overflow in .*(?:DECIMAL|HUGEINT|INT128)", "NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow"),
    (
        r"Overflow in (\w+) of (INT\d+) \((.*?)\)",
        "NUMERIC_VALUE_OUT_OF_RANGE",
        "{1} {0} overflow: {2}",
    ),
    (
        r"Type INT\d+ with value (\S+) can't be cast .* destination type (INT\d+)",
        "NUMERIC_VALUE_OUT_OF_RANGE",
        "Out of range for {1}: {0}",
    ),
    (
        r"Casting value \"([^\"]*)\" to type DECIMAL\((\d+),(\d+)\) failed",
        "INVALID_CAST_ARGUMENT",
        "Cannot cast DECIMAL '{0}' to DECIMAL({1}, {2})",
    ),
    (r"Overflow in|out of range", "NUMERIC_VALUE_OUT_OF_RANGE", "{text}"),
    (r"division by zero|Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (
        r"(WHERE|GROUP BY) clause cannot contain (?:aggregates|window functions)",
        "EXPRESSION_NOT_SCALAR",
        "{0} clause cannot contain aggregations, window functions or grouping operations",
    ),
    (
        r"frame starting from current row cannot have preceding rows",
        "INVALID_WINDOW_FRAME",
        "Window frame starting from CURRENT ROW cannot end with PRECEDING",
    ),
    (
        r"frame starting from following row cannot have preceding rows",
        "INVALID_WINDOW_FRAME",
        "Window frame starting from FOLLOWING cannot end with PRECEDING",
    ),
    (
        r"aggregate function calls cannot be nested",
        "NESTED_AGGREGATION",
        "Cannot nest aggregations inside aggregation",
    ),
    (
        r"window function calls cannot be nested",
        "NESTED_WINDOW",
        "Cannot nest window functions or row pattern measures inside window function",
    ),
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
            parts = (_INTEGERS.get(part, part) for part in found.groups())
            return QueryFailed(code, words.format(*parts, text=text.splitlines()[0]))
    first = text.split("\n\nLINE", maxsplit=1)[0].strip()
    if isinstance(error, duckdb.ConversionException):
        return QueryFailed("INVALID_CAST_ARGUMENT", first)
    if isinstance(error, (duckdb.BinderException, duckdb.CatalogException)):
        return QueryFailed("TYPE_MISMATCH", first)
    if isinstance(error, (duckdb.IOException, duckdb.InvalidInputException)):
        return QueryFailed("HIVE_BAD_DATA", first)
    return QueryFailed("GENERIC_USER_ERROR", first)
