"""Array functions and operators: https://trino.io/docs/current/functions/array.html. Those that compare elements are in
`arraysets`, those that take lambdas in `lambdas`.

Error messages are those of Trino's `operator/scalar/Array*.java`, `SequenceFunction.java` and `RepeatFunction.java`.
"""

from local.trino.casts import to_varchar
from local.trino.errors import SqlError
from local.trino.lambdas import bad_argument
from local.trino.registry import Call, macro, rule, scalar
from local.trino.typed import Typed, failing_with, once
from local.trino.types import BIGINT, quoted

_STARTS = "SQL array indices start at 1"
_NEGATIVE = "Array subscript is negative: "
_BEYOND = "Array subscript must be less than or equal to array length: "
_MAX_COMBINED = 5
_MAX_COMBINATIONS = 100_000
_MAX_REPEATED = 10_000


@rule(scalar, "$subscript", "(array(E), bigint) -> E")
def _subscript(call: Call) -> str:
    def build(a: str, i: str) -> str:
        beyond = bad_argument(_BEYOND, BIGINT, f"{i} || ' > ' || len({a})")
        if isinstance(call.args[1].constant, int) and call.args[1].constant > 0:
            return f"list_extract({a}, CASE WHEN len({a}) < {i} THEN {beyond} ELSE {i} END)"
        zero, negative = bad_argument(_STARTS, BIGINT), bad_argument(_NEGATIVE, BIGINT, i)
        checks = f"WHEN {a} IS NULL THEN NULL WHEN {i} = 0 THEN {zero} WHEN {i} < 0 THEN {negative}"
        return f"list_extract({a}, CASE {checks} WHEN {i} > len({a}) THEN {beyond} ELSE {i} END)"

    return once(*call.sqls, build=build)


@rule(scalar, "element_at", "(array(E), bigint) -> E")
def _element_at(call: Call) -> str:
    index = call.args[1]
    if isinstance(index.constant, int) and index.constant != 0:
        return f"list_extract({call.sql(0)}, {index.sql})"
    zero = bad_argument(_STARTS, BIGINT)
    return once(
        *call.sqls,
        build=lambda a, i: f"list_extract({a}, CASE WHEN {i} = 0 AND {a} IS NOT NULL THEN {zero} ELSE {i} END)",
    )


scalar("array_first", "(array(E)) -> E", "list_extract({0}, 1)")
scalar("array_last", "(array(E)) -> E", "list_extract({0}, -1)")
scalar("cardinality", "(array(E)) -> bigint", "len({0})")
scalar("reverse", "(array(E)) -> array(E)", "list_reverse({0})")
scalar("flatten", "(array(array(E))) -> array(E)", "flatten({0})")


@rule(scalar, "concat", "(array(E)...) -> array(E)")
def _concat(call: Call) -> str:
    return f"({' || '.join(a.sql for a in call.args)})"


# After the arrays: an empty array of no type is an array, not an element.
scalar("concat", "(array(E), E) -> array(E)", "({0} || [{1}])")
scalar("concat", "(E, array(E)) -> array(E)", "([{0}] || {1})")


@rule(scalar, "array_join", "(array(T), varchar) -> varchar", "(array(T), varchar, varchar) -> varchar")
def _join(call: Call) -> str:
    """DuckDB joins only by a constant; by another text, the parts get it in front and the first loses it."""
    element = call.args[0].type.of[0]
    if element.of:
        shown = ", ".join(str(argument.type) for argument in call.args)
        raise SqlError("FUNCTION_NOT_FOUND", f"Unexpected parameters ({shown}) for function array_join", call.node)
    text = to_varchar(Typed("t__e", element)).sql

    def build(a: str, separator: str, *filler: str) -> str:
        each = text if not filler else f"coalesce({text}, {filler[0]})"
        parts = a if each == "t__e" else f"list_transform({a}, lambda t__e: {each})"
        if call.args[1].is_constant:
            whole = f"coalesce(array_to_string({parts}, {separator}), '')"
        else:
            led = f"list_transform({parts}, lambda t__p: {separator} || t__p)"
            whole = f"substr(coalesce(array_to_string({led}, ''), ''), CAST(length({separator}) AS BIGINT) + 1)"
        given = " OR ".join(f"{x} IS NULL" for x in (separator, *filler))
        return f"CASE WHEN {a} IS NOT NULL AND NOT ({given}) THEN {whole} END"

    return once(*call.sqls, build=build)


@rule(scalar, "slice", "(array(E), bigint, bigint) -> array(E)")
def _slice(call: Call) -> str:
    def build(a: str, start: str, length: str) -> str:
        short, zero = (bad_argument(m, call.returns) for m in ("length must be greater than or equal to 0", _STARTS))
        begin = f"CASE WHEN {start} < 0 THEN CAST(len({a}) AS BIGINT) + {start} + 1 ELSE {start} END"
        part = (
            f"CASE WHEN {begin} < 1 THEN [] ELSE list_slice({a}, {begin}, least({begin} + {length} - 1, len({a}))) END"
        )
        nothing = f"{a} IS NULL OR {start} IS NULL OR {length} IS NULL"
        return (
            f"CASE WHEN {nothing} THEN NULL WHEN {length} < 0 THEN {short} WHEN {start} = 0 THEN {zero} "
            f"WHEN {length} = 0 THEN [] ELSE {part} END"
        )

    return once(*call.sqls, build=build)


@rule(scalar, "trim_array", "(array(E), bigint) -> array(E)")
def _trim(call: Call) -> str:
    def build(a: str, n: str) -> str:
        negative = bad_argument("size must not be negative: ", call.returns, n)
        beyond = bad_argument("size must not exceed array cardinality ", call.returns, f"len({a}) || ': ' || {n}")
        kept = f"list_slice({a}, 1, CAST(len({a}) AS BIGINT) - {n})"
        return (
            f"CASE WHEN {a} IS NULL OR {n} IS NULL THEN NULL WHEN {n} < 0 THEN {negative} "
            f"WHEN {n} > len({a}) THEN {beyond} WHEN {n} = len({a}) THEN [] ELSE {kept} END"
        )

    return once(*call.sqls, build=build)


@rule(scalar, "repeat", "(T, bigint) -> array(T)")
def _repeat(call: Call) -> str:
    def build(value: str, count: str) -> str:
        head = "count argument of repeat function must be "
        over = bad_argument(f"{head}less than or equal to {_MAX_REPEATED}", call.returns)
        under = bad_argument(f"{head}greater than or equal to 0", call.returns)
        each = f"list_transform(range({count}), lambda t__i: {value})"
        return f"CASE WHEN {count} > {_MAX_REPEATED} THEN {over} WHEN {count} < 0 THEN {under} ELSE {each} END"

    return once(*call.sqls, build=build)


scalar(
    "shuffle",
    "(array(E)) -> array(E)",
    "list_transform(list_sort(list_transform({0}, lambda t__e: struct_pack(r := random(), e := t__e))), "
    "lambda t__p: t__p.e)",
)


@rule(scalar, "ngrams", "(array(T), integer) -> array(array(T))")
def _ngrams(call: Call) -> str:
    def build(a: str, n: str) -> str:
        bad = bad_argument("N must be positive", call.returns)
        last = f"greatest(CAST(len({a}) AS BIGINT) - {n} + 1, 1) + 1"
        grams = f"list_transform(range(1, {last}), lambda t__i: list_slice({a}, t__i, t__i + {n} - 1))"
        return f"CASE WHEN {a} IS NULL OR {n} IS NULL THEN NULL WHEN {n} <= 0 THEN {bad} ELSE {grams} END"

    return once(*call.sqls, build=build)


@rule(scalar, "combinations", "(array(T), integer) -> array(array(T))")
def _combinations(call: Call) -> str:
    """In Trino's order: the first element changes fastest."""

    def build(a: str, n: str) -> str:
        negative = bad_argument("combination size must not be negative: ", call.returns, n)
        over = bad_argument(f"combination size must not exceed {_MAX_COMBINED}: ", call.returns, n)
        many = bad_argument("combinations exceed max size", call.returns)
        count = " ".join(
            f"WHEN {k} THEN {' * '.join(f'(CAST(len({a}) AS DOUBLE) - {i}) / {i + 1}' for i in range(k))} * {k}"
            for k in range(1, _MAX_COMBINED + 1)
        )
        given = range(1, _MAX_COMBINED + 1) if call.args[1].constant not in range(6) else [call.args[1].constant]
        each = " ".join(f"WHEN {n} = {k} THEN {_chosen(a, k)}" for k in given if k)
        return (
            f"CASE WHEN {a} IS NULL OR {n} IS NULL THEN NULL WHEN {n} < 0 THEN {negative} "
            f"WHEN {n} > {_MAX_COMBINED} THEN {over} WHEN {n} > len({a}) THEN [] WHEN {n} = 0 THEN [[]] "
            f"WHEN CASE {n} {count} END > {_MAX_COMBINATIONS} THEN {many} {each} END"
        )

    return once(*call.sqls, build=build)


def _chosen(a: str, size: int) -> str:
    """Every sublist of `size` elements: the last index is chosen in the outermost loop."""
    made = f"[{', '.join(f'{a}[t__i{k}]' for k in range(size))}]"
    for k in range(size):
        end = f"t__i{k + 1}" if k + 1 < size else f"len({a}) + 1"
        made = f"list_transform(range({k + 1}, CAST({end} AS BIGINT)), lambda t__i{k}: {made})"
        made = f"flatten({made})" if k else made
    return made


@rule(
    scalar,
    "zip",
    *(
        f"({', '.join(f'array({c})' for c in 'ABCDE'[:n])}) -> array(row({', '.join('ABCDE'[:n])}))"
        for n in range(2, 6)
    ),
)
def _zip(call: Call) -> str:
    def build(*lists: str) -> str:
        row = call.returns.of[0]
        fields = ", ".join(
            f"{quoted(name)} := list_extract({a}, t__i)" for name, a in zip(row.names, lists, strict=True)
        )
        longest = f"greatest({', '.join(f'len({a})' for a in lists)})"
        missing = " OR ".join(f"{a} IS NULL" for a in lists)
        each = f"list_transform(range(1, CAST({longest} AS BIGINT) + 1), lambda t__i: struct_pack({fields}))"
        return f"CASE WHEN {missing} THEN NULL ELSE {each} END"

    return once(*call.sqls, build=build)


_SAME_LENGTH = "The arguments must have the same length"
macro(
    "trino_same_length(a, b) AS CASE WHEN len(a) <> len(b) THEN "
    + failing_with("INVALID_FUNCTION_ARGUMENT", _SAME_LENGTH)
    + " ELSE 1 END",
    "trino_squares(a) AS list_aggregate(list_transform(a, lambda t__x: t__x * t__x), 'sum')",
    "trino_dot(a, b) AS trino_same_length(a, b) * coalesce(list_aggregate("
    "list_transform(list_zip(a, b), lambda t__p: t__p[1] * t__p[2]), 'sum'), 0)",
    "trino_cosine(a, b) AS CASE WHEN trino_same_length(a, b) IS NULL THEN NULL "
    "WHEN coalesce(trino_squares(a), 0) = 0 OR coalesce(trino_squares(b), 0) = 0 THEN "
    + failing_with("INVALID_FUNCTION_ARGUMENT", "Vector magnitude cannot be zero", "DOUBLE")
    + " ELSE trino_dot(a, b) / sqrt(trino_squares(a) * trino_squares(b)) END",
    "trino_euclidean(a, b) AS trino_same_length(a, b) * sqrt(coalesce(list_aggregate("
    "list_transform(list_zip(a, b), lambda t__p: (t__p[1] - t__p[2]) * (t__p[1] - t__p[2])), 'sum'), 0))",
)
for _name, _macro in (("dot_product", "dot"), ("euclidean_distance", "euclidean"), ("cosine_similarity", "cosine")):
    scalar(_name, "(array(double), array(double)) -> double", f"trino_{_macro}({{0}}, {{1}})")
scalar("cosine_distance", "(array(double), array(double)) -> double", "(1 - trino_cosine({0}, {1}))")
