"""Result reuse by age, by the rules of https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html.

Same workgroup, text, parameters, catalog, database and result settings; the latest success within the age; a SELECT
whose result is determined; the result object still there. Whether the data changed is not looked at, as on AWS.
"""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import time
from pathlib import Path
from typing import Any

from ministack.services import athena as native
from sqlglot import exp

from local.athena import objects
from local.athena.statements import Statement

_CHANGING = ("rand", "random", "shuffle", "uuid", "now", "localtime", "localtimestamp", "current_timestamp")
_CHANGING_NODES = (exp.Rand, exp.Uuid, exp.CurrentTimestamp, exp.CurrentTime, exp.CurrentDate, exp.TableSample)


def find(record: dict[str, Any], statement: Statement, work_dir: Path) -> dict[str, Any] | None:
    """The earlier record whose result may stand for this new one's."""
    wanted = record["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"]
    if not wanted["Enabled"] or not _is_determined(statement):
        return None
    oldest = time.time() - wanted["MaxAgeInMinutes"] * 60
    fits = [r for r in native._executions.values() if _key(r) == _key(record) and _is_fresh(r, oldest)]
    for earlier in sorted(fits, key=lambda r: r["_order"], reverse=True):
        bucket, key = objects.split_uri(earlier["ResultConfiguration"]["OutputLocation"])
        if objects.find(bucket, key, work_dir) is not None:
            return dict(earlier)
    return None


def _key(record: dict[str, Any]) -> tuple[Any, ...]:
    context = record["QueryExecutionContext"]
    return (
        record["WorkGroup"],
        record["Query"],
        record.get("ExecutionParameters"),
        (context.get("Catalog") or "AwsDataCatalog").lower(),
        (context.get("Database") or "default").lower(),
        record.get("_settings"),
    )


def _is_fresh(record: dict[str, Any], oldest: float) -> bool:
    status = record["Status"]
    is_own = not record["Statistics"].get("ResultReuseInformation", {}).get("ReusedPreviousResult")
    return is_own and status["State"] == "SUCCEEDED" and status["CompletionDateTime"] >= oldest


def _is_determined(statement: Statement) -> bool:
    """LIMIT without ORDER BY and functions that change from call to call make a result that is not reused."""
    tree = statement.tree
    if statement.kind != "SELECT" or tree is None:
        return False
    for node in tree.walk():
        if isinstance(node, _CHANGING_NODES) or (isinstance(node, exp.Anonymous) and node.name.lower() in _CHANGING):
            return False
        if isinstance(node, exp.Query) and node.args.get("limit") and not node.args.get("order"):
            return False
    return True
