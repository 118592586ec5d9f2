"""Why Athena failed, said without data values. Pure.

Athena's messages quote values (`Cannot cast 'abc' to INT`). Only those of errors that are found before any data is
read are passed on; of the others only the code is.
"""

import re
from typing import Final

from app.domain.queries import QueryError

_CODE: Final = re.compile(r"\A\s*([A-Z][A-Z0-9_]{2,60})\b:?\s*")
_PLACE: Final = re.compile(r"\bline \d+:\d+:?\s*")
_PHYSICAL: Final = re.compile(r"__(?:files|v[0-9a-z]{26}[0-9a-z_]*)\b")
_ANALYSIS: Final = frozenset(
    (
        "SYNTAX_ERROR",
        "COLUMN_NOT_FOUND",
        "TABLE_NOT_FOUND",
        "SCHEMA_NOT_FOUND",
        "TYPE_MISMATCH",
        "TYPE_NOT_FOUND",
        "FUNCTION_NOT_FOUND",
        "AMBIGUOUS_NAME",
        "MISSING_COLUMN_NAME",
        "MISSING_GROUP_BY",
        "EXPRESSION_NOT_AGGREGATE",
        "EXPRESSION_NOT_SCALAR",
        "DUPLICATE_COLUMN_NAME",
        "NESTED_AGGREGATION",
        "NESTED_WINDOW",
        "MISMATCHED_COLUMN_ALIASES",
    )
)
_REMEDIES: Final = {
    "INVALID_CAST_ARGUMENT": "Some value cannot be cast; use TRY_CAST, which gives NULL instead.",
    "INVALID_FUNCTION_ARGUMENT": "Some value is none that a function takes; guard it with TRY(...) or a WHERE.",
    "DIVISION_BY_ZERO": "Divide by NULLIF(x, 0).",
    "NUMERIC_VALUE_OUT_OF_RANGE": "A number does not fit its type; cast to a wider one first.",
    "SUBQUERY_MULTIPLE_ROWS": "A subquery used as a value gives several rows; aggregate it or add LIMIT 1.",
    "EXCEEDED_LOCAL_MEMORY_LIMIT": "The query needs too much memory; filter or aggregate earlier.",
    "EXCEEDED_MEMORY_LIMIT": "The query needs too much memory; filter or aggregate earlier.",
    "EXCEEDED_TIME_LIMIT": "The query runs too long; read fewer partitions or columns.",
}
_OURS: Final = ("HIVE_", "ICEBERG_", "GENERIC_INTERNAL", "INTERNAL_", "NO_NODES", "CLUSTER_", "REMOTE_", "PAGE_")
_TOO_WIDE: Final = re.compile(r"\A\s*HIVE_TOO_MANY_OPEN_PARTITIONS\b")
_TOO_SLOW: Final = re.compile(
    r"\A\s*(?:EXCEEDED_TIME_LIMIT\b|query timeout\b|query timed out\b|query exhausted [^:]*\btime limit\b"
    r"|query exceeded (?:the )?maximum (?:execution |run )?time\b)",
    re.IGNORECASE,
)
_LIMIT: Final = re.compile(r"bytes scanned limit", re.IGNORECASE)


def has_too_many_partitions(reason: str | None) -> bool:
    """Whether a statement failed because it would have written more partitions (x buckets) than Athena opens."""
    return bool(_TOO_WIDE.match(reason or ""))


def has_timed_out(reason: str | None) -> bool:
    """Whether a statement was ended for running longer than the account's DML timeout (30 min, 240 on request)."""
    return bool(_TOO_SLOW.match(reason or ""))


def failure(reason: str | None, *, execution_id: str, is_retryable: bool) -> QueryError:
    """The problem behind Athena's state change reason."""
    text = reason or ""
    found = _CODE.match(text)
    athena_code = found[1] if found else ""
    if _LIMIT.search(text):
        return over_budget(execution_id)
    if athena_code in _ANALYSIS:
        shown = _PHYSICAL.sub("", _PLACE.sub("", text[found.end() if found else 0 :])).strip()[:500]
        return QueryError(
            code="bad_sql",
            title="The SQL is not accepted",
            detail=f"{athena_code}: {shown}",
            remedy="Correct the SQL; GET /v1/datasets/{id} shows a dataset's columns and their types.",
            athena_execution_id=execution_id,
        )
    is_ours = not athena_code or athena_code.startswith(_OURS)
    return QueryError(
        code="query_failed",
        title="Athena could not finish the query",
        detail=f"Athena failed with {athena_code}." if athena_code else "Athena failed without a code.",
        remedy=_REMEDIES.get(athena_code)
        or (
            "Ask again; if it stays so, give the execution id to whoever runs Headgate."
            if is_ours or is_retryable
            else "Look the code up in Athena's documentation; a value that the query computes is not valid."
        ),
        athena_execution_id=execution_id,
        is_retryable=is_retryable,
    )


def over_budget(execution_id: str) -> QueryError:
    """The query scanned, or would have scanned, more than it may."""
    return QueryError(
        code="budget_exceeded",
        title="The query would scan more than allowed",
        detail="The query was stopped: it scans more bytes than max_bytes_scanned allows.",
        remedy="Read fewer columns or partitions, or allow more bytes with max_bytes_scanned.",
        athena_execution_id=execution_id,
    )
