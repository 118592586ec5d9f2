"""What DuckDB measured of a query: the plan nodes of GetQueryRuntimeStatistics and the text of EXPLAIN ANALYZE."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb


def of_last(cursor: duckdb.DuckDBPyConnection, verb: str = "COPY") -> dict[str, Any] | None:
    """The profile of the cursor's last statement if it began with `verb`: a tree of operators under `children`."""
    try:
        found: dict[str, Any] = json.loads(cursor.get_profiling_information(format="json"))
    except (duckdb.Error, ValueError):  # nothing was run, or nothing that is profiled
        return None
    return found if str(found.get("query_name", "")).lstrip().upper().startswith(verb) else None


def stage(profile: dict[str, Any]) -> dict[str, Any]:
    """`{InputRows, QueryStagePlan}`; InputRows counts what the scans gave on, after filters pushed into them."""
    tops = _tops(profile)
    numbers = iter(range(1_000_000))
    return {
        "InputRows": sum(int(leaf.get("operator_cardinality", 0)) for top in tops for leaf in _leaves(top)),
        "QueryStagePlan": _node(tops[0], numbers) if tops else {"Name": "EMPTY", "Identifier": "0", "Children": []},
    }


def _leaves(operator: dict[str, Any]) -> Iterator[dict[str, Any]]:
    children = operator.get("children") or []
    for child in children:
        yield from _leaves(child)
    if not children and "SCAN" in str(operator.get("operator_type", "")):
        yield operator


def _node(operator: dict[str, Any], numbers: Iterator[int]) -> dict[str, Any]:
    name = str(operator.get("operator_name", "")).strip()
    identifier = str(next(numbers))
    children = [_node(child, numbers) for child in operator.get("children") or []]
    return {"Name": name, "Identifier": identifier, "Children": children, "RemoteSources": []}


def text(profile: dict[str, Any], queued_ms: float, planning_ms: float) -> list[str]:
    """EXPLAIN ANALYZE's lines: a head like Athena's, then the operators, the outermost first, with rows and time."""
    took = float(profile.get("latency", 0.0))
    lines = [f"Queued: {queued_ms:.2f}ms, Planning: {planning_ms:.2f}ms, Execution: {took * 1000:.2f}ms"]
    for top in _tops(profile):
        lines.extend(_lines(top, 1))
    return lines


def _tops(profile: dict[str, Any]) -> list[dict[str, Any]]:
    """The query's own outermost operators: below the COPY that its rows went through."""
    tops: list[dict[str, Any]] = profile.get("children") or []
    return [below for top in tops if _is_copy(top) for below in top.get("children") or []] or tops


def _is_copy(operator: dict[str, Any]) -> bool:
    return "COPY_TO_FILE" in str(operator.get("operator_type", ""))


def _lines(operator: dict[str, Any], depth: int) -> Iterator[str]:
    pad = "    " * (depth - 1)
    took, rows = float(operator.get("operator_timing", 0.0)) * 1000, int(operator.get("operator_cardinality", 0))
    yield f"{pad}- {str(operator.get('operator_name', '')).strip()}"
    yield f"{pad}  CPU: {took:.2f}ms, Output: {rows} row{'' if rows == 1 else 's'}"
    for name, value in (operator.get("extra_info") or {}).items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if shown:
            yield f"{pad}  {name}: {' '.join(shown.split())[:200]}"
    for child in operator.get("children") or []:
        yield from _lines(child, depth + 1)
