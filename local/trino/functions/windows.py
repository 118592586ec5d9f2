"""Window functions: https://trino.io/docs/current/functions/window.html. Aggregates work over windows too."""

from local.trino.lambdas import bad_argument
from local.trino.registry import Call, rule, window
from local.trino.types import BIGINT

for _name in ("rank", "dense_rank", "row_number"):
    window(_name, "() -> bigint", f"@{_name}()")
for _name in ("percent_rank", "cume_dist"):
    window(_name, "() -> double", f"@{_name}()")
for _name in ("first_value", "last_value"):
    window(_name, "(T) -> T", f"@{_name}({{0}})")


def _at_least(call: Call, index: int, least: int, message: str) -> str:
    """A whole number that the function needs; checked row by row when it is not a constant."""
    n, given = call.sql(index), call.args[index].constant
    if isinstance(given, int) and given >= least:
        return n
    return f"CASE WHEN {n} < {least} THEN {bad_argument(message, BIGINT)} ELSE {n} END"


@rule(window, "ntile", "(bigint) -> bigint")
def _ntile(call: Call) -> str:
    return f"@ntile({_at_least(call, 0, 1, 'Buckets must be greater than 0')})"


@rule(window, "nth_value", "(T, bigint) -> T")
def _nth(call: Call) -> str:
    return f"@nth_value({call.sql(0)}, {_at_least(call, 1, 1, 'Offset must be at least 1')})"


@rule(window, "lag", "(T) -> T", "(T, bigint) -> T", "(T, bigint, T) -> T")
@rule(window, "lead", "(T) -> T", "(T, bigint) -> T", "(T, bigint, T) -> T")
def _shifted(call: Call) -> str:
    args = [a.sql for a in call.args]
    if len(args) > 1:
        args[1] = _at_least(call, 1, 0, "Offset must be at least 0")
    return f"@{call.name}({', '.join(args)})"
