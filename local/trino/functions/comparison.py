"""greatest and least: NULL when an argument is, NaN only when every argument is.

Source: https://trino.io/docs/current/functions/comparison.html and Trino's AbstractGreatestLeast.
"""

from local.trino.errors import SqlError
from local.trino.registry import Call, rule, scalar
from local.trino.typed import once
from local.trino.types import DAY_SECOND

_NAN_LAST = {"greatest": "-Infinity", "least": "Infinity"}


@rule(scalar, "greatest", "(E...) -> E")
@rule(scalar, "least", "(E...) -> E")
def _extreme(call: Call) -> str:
    kind = call.returns
    if not kind.is_orderable:
        given = ", ".join(str(a.type) for a in call.args)
        raise SqlError(
            "FUNCTION_NOT_FOUND",
            f"Unexpected parameters ({given}) for function {call.name}. Expected: {call.name}(E) E:orderable",
            call.node,
        )
    if len(call.args) > 127:
        raise SqlError("TOO_MANY_ARGUMENTS", f"Too many arguments for function call {call.name}()", call.node)

    def build(*values: str) -> str:
        known = {v for v, a in zip(values, call.args, strict=True) if a.is_constant and a.constant is not None}
        missing = " OR ".join(f"{v} IS NULL" for v in values if v not in known)
        made = f"{call.name}({', '.join(values)})"
        if kind.name in ("double", "real"):
            other = f"CAST('{_NAN_LAST[call.name]}' AS {kind.duckdb})"
            numbers = ", ".join(f"CASE WHEN isnan({v}) THEN {other} ELSE {v} END" for v in values)
            every = " AND ".join(f"isnan({v})" for v in values)
            made = f"CASE WHEN {every} THEN CAST('NaN' AS {kind.duckdb}) ELSE {call.name}({numbers}) END"
        if kind == DAY_SECOND:  # DuckDB compares the days of two intervals before their hours here
            millis = ", ".join(f"trino_millis({v})" for v in values)
            made = f"trino_from_millis({call.name}({millis}))"
        return f"CASE WHEN {missing} THEN NULL ELSE {made} END" if missing else f"({made})"

    return once(*(a.sql for a in call.args), build=build)
