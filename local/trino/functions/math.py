"""Mathematical functions. Source: https://trino.io/docs/current/functions/math.html and Trino's MathFunctions.

Java answers NaN or an infinity where DuckDB refuses (`ln(0)`, `sqrt(-1)`, `acos(2)`).
"""

from local.trino import types
from local.trino.registry import Call, macro, rule, scalar, udf
from local.trino.typed import Typed, failing, failing_with, once
from local.trino.types import BIGINT, INTEGER, MAX_DECIMAL, SMALLINT, TINYINT, Type

_INTS = {TINYINT: 2**7, SMALLINT: 2**15, INTEGER: 2**31, BIGINT: 2**63}
_NAN, _LESS = "CAST('NaN' AS DOUBLE)", "CAST('-Infinity' AS DOUBLE)"


def _failed(code: str, message: str, kind: str = "BIGINT") -> str:
    """A failure of any number type; `message` is SQL text."""
    return failing(code, message, kind)


def _argument(message: str, kind: str = "BIGINT") -> str:
    return failing_with("INVALID_FUNCTION_ARGUMENT", message, kind)


macro(
    f"trino_natural_log(x) AS CASE WHEN x > 0 THEN ln(x) WHEN x = 0 THEN {_LESS} WHEN x < 0 THEN {_NAN} END",
    f"trino_log10(x) AS CASE WHEN x > 0 THEN log10(x) WHEN x = 0 THEN {_LESS} WHEN x < 0 THEN {_NAN} END",
    f"trino_sqrt(x) AS CASE WHEN x < 0 THEN {_NAN} ELSE sqrt(x) END",
    f"trino_acos(x) AS CASE WHEN abs(x) > 1 THEN {_NAN} ELSE acos(x) END",
    f"trino_asin(x) AS CASE WHEN abs(x) > 1 THEN {_NAN} ELSE asin(x) END",
    *(f"trino_{f}(x) AS CASE WHEN isinf(x) THEN {_NAN} ELSE {f}(x) END" for f in ("sin", "cos", "tan")),
    # DuckDB's cbrt is a power; one step of Newton makes it exact for cubes.
    "trino_newton(r, x) AS CASE WHEN r = 0 OR NOT isfinite(r) THEN r ELSE r - (r * r * r - x) / (3 * r * r) END",
    "trino_sign(x) AS CASE WHEN isnan(x) OR x = 0 THEN x WHEN x > 0 THEN 1 WHEN x < 0 THEN -1 END",
    # Halves away from zero; ten to a power beyond a bigint is an overflow even of zero.
    "trino_round_integer(x, d) AS CASE WHEN d >= 0 THEN CAST(x AS HUGEINT) WHEN d < -18 AND x IS NOT NULL THEN "
    + _failed("NUMERIC_VALUE_OUT_OF_RANGE", "'numerical overflow: ' || x", "HUGEINT")
    + " ELSE trino_round_tens(CAST(x AS HUGEINT), CAST('1' || repeat('0', -d) AS HUGEINT)) END",
    "trino_round_tens(x, f) AS CASE WHEN x < 0 THEN -((f // 2 - x) // f) ELSE (x + f // 2) // f END * f",
    "trino_bucket(x, a, b, n) AS CASE WHEN n <= 0 THEN "
    + _argument("bucketCount must be greater than 0")
    + f" WHEN isnan(x) THEN {_argument('operand must not be NaN')}"
    + f" WHEN NOT isfinite(a) THEN {_argument('first bound must be finite')}"
    + f" WHEN NOT isfinite(b) THEN {_argument('second bound must be finite')}"
    + f" WHEN a = b THEN {_argument('bounds cannot equal each other')}"
    + " WHEN a < b THEN trino_bucket_up(x, a, b, n) ELSE n - trino_bucket_up(x, b, a, n) + 1 END",
    "trino_bucket_up(x, a, b, n) AS CASE WHEN x < a THEN 0 WHEN x >= b AND n = 9223372036854775807 THEN "
    + _failed("NUMERIC_VALUE_OUT_OF_RANGE", "'Bucket for value ' || trino_double_shown(x) || ' is out of range'")
    + " WHEN x >= b THEN n + 1 "
    "ELSE CAST(trunc(CAST(n AS DOUBLE) * (x - a) / (b - a) + 1) AS BIGINT) END",
    "trino_bins(x, bins) AS CASE WHEN len(bins) = 0 THEN "
    + _argument("Bins cannot be an empty array")
    + f" WHEN isnan(x) THEN {_argument('Operand cannot be NaN')}"
    + " WHEN len(list_filter(bins, lambda bin: NOT isfinite(bin))) > 0 THEN "
    + _failed(
        "INVALID_FUNCTION_ARGUMENT",
        "'Bin value must be finite, got ' || trino_special(list_filter(bins, lambda bin: NOT isfinite(bin))[1])",
    )
    + " WHEN bins[1] > bins[-1] THEN "
    + _argument("Bin values are not sorted in ascending order")
    + " WHEN x IS NOT NULL THEN len(list_filter(bins, lambda bin: bin <= x)) END",
    "trino_to_base(x, r) AS CASE WHEN r NOT BETWEEN 2 AND 36 THEN "
    + _argument("Radix must be between 2 and 36", "VARCHAR")
    + " WHEN x < 0 THEN '-' || lower(to_base(-x, CAST(r AS INTEGER))) ELSE lower(to_base(x, CAST(r AS INTEGER))) END",
)


def _doubles(names: dict[str, str]) -> None:
    """Functions of one double; `{x}` may stand more than once in what is computed."""
    for name, template in names.items():
        rule(scalar, name, "(double) -> double")(
            lambda call, made=template: once(call.sql(0), build=lambda x: made.format(x=x))  # type: ignore[misc]
        )


_doubles({
    "ln": "trino_natural_log({x})", "log10": "trino_log10({x})", "log2": "(trino_natural_log({x}) / ln(2))",
    "sqrt": "trino_sqrt({x})",
    "acos": "trino_acos({x})", "asin": "trino_asin({x})", "atan": "atan({x})", "sin": "trino_sin({x})",
    "cos": "trino_cos({x})", "tan": "trino_tan({x})", "sinh": "sinh({x})", "cosh": "cosh({x})", "tanh": "tanh({x})",
    "exp": "exp({x})", "degrees": "degrees({x})", "radians": "radians({x})",
})  # fmt: skip
for _name, _sql in {"is_nan": "isnan({0})", "is_finite": "isfinite({0})", "is_infinite": "isinf({0})"}.items():
    scalar(_name, "(double) -> boolean", _sql)
scalar("is_nan", "(real) -> boolean", "isnan({0})")
scalar("nan", "() -> double", _NAN)
scalar("infinity", "() -> double", "CAST('Infinity' AS DOUBLE)")
scalar("e", "() -> double", "CAST(2.718281828459045 AS DOUBLE)")
scalar("pi", "() -> double", "pi()")
scalar("atan2", "(double, double) -> double", "atan2({0}, {1})")
for _name in ("pow", "power"):
    scalar(_name, "(double, double) -> double", "pow({0}, {1})")


@rule(scalar, "cbrt", "(double) -> double")
def _cbrt(call: Call) -> str:
    def build(x: str) -> str:
        return once(f"cbrt({x})", build=lambda r: f"trino_newton({r}, {x})")

    return once(call.sql(0), build=build)


@rule(scalar, "log", "(double, double) -> double")
def _log(call: Call) -> str:
    return once(*(a.sql for a in call.args), build=lambda b, x: f"(trino_natural_log({x}) / trino_natural_log({b}))")


@rule(scalar, "abs", *(f"({t}) -> {t}" for t in ("tinyint", "smallint", "integer", "bigint")))
def _abs(call: Call) -> str:
    kind = call.returns
    least = _INTS[kind]
    failed = failing_with("NUMERIC_VALUE_OUT_OF_RANGE", f"Value -{least} is out of range for abs({kind})", kind.duckdb)
    return once(call.sql(0), build=lambda x: f"CASE WHEN {x} = -{least} THEN {failed} ELSE abs({x}) END")


for _kind in ("double", "real", "decimal(p,s)"):
    scalar("abs", f"({_kind}) -> {_kind}", "abs({0})")


def _whole(kind: Type, *, may_carry: bool) -> Type:
    """The decimal type of a decimal rounded to a whole number; `may_carry`: it can become one digit longer."""
    precision, scale = kind.args
    return types.decimal(max(1, min(MAX_DECIMAL, precision - scale + (min(scale, 1) if may_carry else 0))), 0)


def _to_whole(name: str, duckdb: str) -> None:
    for kind in ("tinyint", "smallint", "integer", "bigint"):
        scalar(name, f"({kind}) -> {kind}", "{0}")
    scalar(name, "(double) -> double", f"{duckdb}({{0}})")
    scalar(name, "(real) -> real", f"{duckdb}({{0}})")

    @rule(scalar, name, "(decimal(p,s)) -> decimal(p,s)")
    def _decimal(call: Call) -> Typed:
        kind = _whole(call.args[0].type, may_carry=True)
        return Typed(f"CAST({duckdb}({call.sql(0)}) AS {kind.duckdb})", kind)


_to_whole("ceil", "ceil")
_to_whole("ceiling", "ceil")
_to_whole("floor", "floor")
_to_whole("round", "round")


@rule(scalar, "round", *(f"({t}, integer) -> {t}" for t in ("tinyint", "smallint", "integer", "bigint")))
def _round_integer(call: Call) -> str:
    digits, kind = call.args[1].constant, call.returns
    if isinstance(digits, int) and digits >= 0:
        return call.sql(0)
    rounded = "trino_round_integer({x}, {d})"
    if isinstance(digits, int) and digits > -19:
        rounded = f"trino_round_tens(CAST({{x}} AS HUGEINT), {10**-digits})"
    message = "'numerical overflow: ' || x" if kind == BIGINT else f"'Out of range for {kind}: ' || r"
    failed = failing("NUMERIC_VALUE_OUT_OF_RANGE", message, kind.duckdb)

    def build(x: str, d: str) -> str:
        value = rounded.format(x=x, d=d)
        shown = failed.replace("|| r", f"|| {value}").replace("|| x", f"|| {x}")
        is_known = f"{x} IS NOT NULL AND {d} IS NOT NULL"
        return f"coalesce(TRY_CAST({value} AS {kind.duckdb}), CASE WHEN {is_known} THEN {shown} END)"

    return once(call.sql(0), call.sql(1), build=build)


@rule(scalar, "round", "(double, integer) -> double")
def _round_double(call: Call) -> str:
    return f"round({call.sql(0)}, {call.sql(1)})"


@rule(scalar, "round", "(real, integer) -> real")
def _round_real(call: Call) -> str:
    return f"CAST(round(CAST({call.sql(0)} AS DOUBLE), {call.sql(1)}) AS FLOAT)"


def _by_digits(call: Call, kind: Type, function: str) -> str:
    """`round` or `trunc` of a decimal to a number of digits. DuckDB takes literal digits only, so that a column of
    digits becomes a branch for each that makes a difference.
    """
    precision, scale = call.args[0].type.args
    value, digits = call.sql(0), call.args[1].constant
    wide = f"CAST({value} AS {kind.duckdb})"

    def made(n: int) -> str:
        if n >= scale:
            return wide
        if precision - scale + n < (0 if function == "round" else 1):
            return f"CASE WHEN {value} IS NOT NULL THEN CAST(0 AS {kind.duckdb}) END"
        if n >= 0 or function == "round":
            return f"CAST({function}({wide}, {n}) AS {kind.duckdb})"
        return f"CAST({value} - {value} % CAST({10**-n} AS {types.decimal(MAX_DECIMAL, 0).duckdb}) AS {kind.duckdb})"

    if isinstance(digits, int):
        return made(digits)
    branches = " ".join(f"WHEN {call.sql(1)} = {n} THEN {made(n)}" for n in range(scale - precision, scale))
    return (
        f"CASE WHEN {call.sql(1)} >= {scale} THEN {wide} {branches} WHEN {call.sql(1)} IS NOT NULL THEN {made(-39)} END"
    )


@rule(scalar, "round", "(decimal(p,s), integer) -> decimal(p,s)")
def _round_decimal(call: Call) -> Typed:
    precision, scale = call.args[0].type.args
    kind = types.decimal(min(MAX_DECIMAL, precision + 1), scale)
    return Typed(_by_digits(call, kind, "round"), kind)


@rule(scalar, "truncate", "(decimal(p,s)) -> decimal(p,s)")
def _truncate(call: Call) -> Typed:
    kind = _whole(call.args[0].type, may_carry=False)
    return Typed(f"CAST(trunc({call.sql(0)}) AS {kind.duckdb})", kind)


@rule(scalar, "truncate", "(decimal(p,s), integer) -> decimal(p,s)")
def _truncate_digits(call: Call) -> Typed:
    return Typed(_by_digits(call, call.args[0].type, "trunc"), call.args[0].type)


scalar("truncate", "(double) -> double", "trunc({0})")
scalar("truncate", "(real) -> real", "trunc({0})")
for _kind in ("tinyint", "smallint", "integer", "bigint"):
    scalar("sign", f"({_kind}) -> {_kind}", f"CAST(sign({{0}}) AS {_kind})")
scalar("sign", "(decimal(p,s)) -> decimal(1,0)", "CAST(sign({0}) AS DECIMAL(1,0))")


@rule(scalar, "sign", "(double) -> double", "(real) -> real")
def _sign(call: Call) -> str:
    return f"CAST({once(call.sql(0), build=lambda x: f'trino_sign({x})')} AS {call.returns.duckdb})"


@rule(
    scalar,
    "mod",
    *(f"({t}, {t}) -> {t}" for t in ("tinyint", "smallint", "integer", "bigint")),
    "(decimal(p,s), decimal(q,r)) -> decimal(p,s)",
    "(double, double) -> double",
    "(real, real) -> real",
)
def _mod(call: Call) -> Typed:
    from local.trino.operators import arithmetic

    return arithmetic("%", call.args[0], call.args[1], call.node)


for _name in ("random", "rand"):
    scalar(_name, "() -> double", "random()")


def _random(call: Call) -> str:
    kind = call.returns.duckdb
    low, high = (call.sql(0), call.sql(1)) if len(call.args) == 2 else ("0", call.sql(0))
    wrong = "start value must be less than stop value" if len(call.args) == 2 else "bound must be positive"
    drawn = f"CAST(floor(random() * (CAST({high} AS DOUBLE) - {low})) AS {kind})"
    return f"CASE WHEN {low} < {high} THEN {low} + {drawn} WHEN {low} >= {high} THEN {_argument(wrong, kind)} END"


for _name in ("random", "rand"):
    for _kind in ("tinyint", "smallint", "integer", "bigint"):
        rule(scalar, _name, f"({_kind}) -> {_kind}", f"({_kind}, {_kind}) -> {_kind}")(_random)


@rule(scalar, "width_bucket", "(double, double, double, bigint) -> bigint")
def _width_bucket(call: Call) -> str:
    return once(*(a.sql for a in call.args), build=lambda x, a, b, n: f"trino_bucket({x}, {a}, {b}, {n})")


@rule(scalar, "width_bucket", "(double, array(double)) -> bigint")
def _width_bucket_bins(call: Call) -> str:
    return once(call.sql(0), call.sql(1), build=lambda x, bins: f"trino_bins({x}, {bins})")


def _from_base(text: str, radix: int) -> int:
    if not 2 <= radix <= 36:
        raise ValueError("athena:INVALID_FUNCTION_ARGUMENT: Radix must be between 2 and 36")
    try:
        found = int(text, radix) if text.isascii() and not set(text) & set(" _\t\n") else 2**63
    except ValueError:
        found = 2**63
    if not -(2**63) <= found < 2**63:
        raise ValueError(f"athena:INVALID_FUNCTION_ARGUMENT: Not a valid base-{radix} number: {text}")
    return found


udf("trino_from_base", _from_base, ["VARCHAR", "BIGINT"], "BIGINT")
scalar("from_base", "(varchar, bigint) -> bigint", "trino_from_base({0}, {1})")


@rule(scalar, "to_base", "(bigint, bigint) -> varchar(64)")
def _to_base(call: Call) -> str:
    return once(call.sql(0), call.sql(1), build=lambda x, r: f"trino_to_base({x}, {r})")
