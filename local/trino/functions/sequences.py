"""`sequence`: https://trino.io/docs/current/functions/array.html#sequence.

Checks and messages are those of Trino's SequenceFunction.java.
"""

from local.trino.lambdas import bad_argument
from local.trino.registry import Call, rule, scalar
from local.trino.typed import Typed, once
from local.trino.types import BIGINT, DATE, DAY_SECOND, Type

_LIMIT = 10_000
_TOO_MANY = f"result of sequence function must not have more than {_LIMIT} entries"
_WRONG_WAY = (
    "sequence stop value should be greater than or equal to start value if step is greater than zero "
    "otherwise stop should be less than or equal to start"
)
_DAY = 86_400_000_000


def _checked(count: str, step: str, span: str, made: str, kind: Type) -> str:
    """`made` if a step of `step` over `span` (whole numbers, as SQL) leads to at most 10,000 entries."""
    zero, wrong, many = (bad_argument(m, kind) for m in ("step must not be zero", _WRONG_WAY, _TOO_MANY))
    return (
        f"CASE WHEN {step} = 0 THEN {zero} "
        f"WHEN ({step} > 0 AND {span} < 0) OR ({step} < 0 AND {span} > 0) THEN {wrong} "
        f"WHEN {count} >= {_LIMIT} THEN {many} ELSE {made} END"
    )


def _integers(start: str, stop: str, step: str, kind: Type, each: str) -> str:
    """The list of `each`, SQL with a hole for an offset, for the offsets from 0 to stop - start by `step`."""
    span = f"(CAST({stop} AS HUGEINT) - {start})"
    places = f"range(CAST({span} // {step} + 1 AS BIGINT))"
    made = f"list_transform({places}, lambda t__n: {each.format(f't__n * {step}')})"
    return _checked(f"{span} // {step}", step, span, made, kind)


@rule(scalar, "sequence", "(bigint, bigint) -> array(bigint)", "(bigint, bigint, bigint) -> array(bigint)")
def _bigint(call: Call) -> str:
    args = call.args if len(call.args) > 2 else [*call.args, Typed(_default(call), BIGINT)]
    return once(
        *(a.sql for a in args), build=lambda a, b, s: _integers(a, b, s, call.returns, f"CAST({a} + {{}} AS BIGINT)")
    )


def _default(call: Call) -> str:
    return f"CASE WHEN {call.sql(1)} >= {call.sql(0)} THEN 1 WHEN {call.sql(1)} < {call.sql(0)} THEN -1 END"


@rule(
    scalar,
    "sequence",
    "(date, date) -> array(date)",
    "(date, date, interval day to second) -> array(date)",
    "(date, date, interval year to month) -> array(date)",
    "(timestamp(p), timestamp(p), interval day to second) -> array(timestamp(p))",
    "(timestamp(p), timestamp(p), interval year to month) -> array(timestamp(p))",
)
def _times(call: Call) -> str:
    is_date = call.args[0].type == DATE
    args = [*call.args]
    if len(args) == 2:
        args.append(Typed(f"to_days(CAST({_default(call)} AS INTEGER))", DAY_SECOND))
    kind = call.returns

    def months(a: str, b: str, i: str) -> str:
        step = f"trino_span_months({i})"
        each = f"CAST({a} + to_months(CAST(t__n * {step} AS INTEGER)) AS {kind.of[0].duckdb})"
        count = f"datesub('month', {a}, {b}) // {step}"
        return _checked(
            count,
            step,
            f"epoch_us({b}) - epoch_us({a})",
            f"list_transform(range({count} + 1), lambda t__n: {each})",
            kind,
        )

    def instants(a: str, b: str, i: str) -> str:
        step, span = f"epoch_us({i})", f"(epoch_us({b}) - epoch_us({a}))"
        each = f"CAST({a} + to_microseconds(t__n * {step}) AS {kind.of[0].duckdb})"
        count = f"{span} // {step}"
        made = _checked(count, step, span, f"list_transform(range({count} + 1), lambda t__n: {each})", kind)
        if not is_date:
            return made
        part = bad_argument("sequence step must be a day interval if start and end values are dates", kind)
        return f"CASE WHEN {step} % {_DAY} <> 0 THEN {part} ELSE {made} END"

    return once(*(a.sql for a in args), build=months if args[2].type.name.endswith("month") else instants)
