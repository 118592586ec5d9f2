"""UNNEST in every form, and table functions."""

from typing import TYPE_CHECKING

from sqlglot import exp

from local.trino import casts
from local.trino.errors import SqlError, not_supported
from local.trino.scope import Field, Scope, alias_columns
from local.trino.typed import Typed
from local.trino.types import BIGINT, Type, literal

if TYPE_CHECKING:
    from local.trino.queries import Compiler
    from local.trino.relations import Relation


def compile_unnest(compiler: "Compiler", node: exp.Expr, scope: Scope) -> "Relation":
    """Arrays side by side, shorter ones padded with NULL; a map gives two columns, an array of rows one a field."""
    from local.trino.relations import Relation

    values = compiler.expressions.every(node.expressions, scope)
    spread: list[str] = []
    columns: list[tuple[str | None, str, Type]] = []
    for value in values:
        _spread(value, spread, columns, node)
    alias = node.args.get("alias")
    names = alias_columns(alias)
    offset = node.args.get("offset")
    if offset:
        lengths = ", ".join(f"len({s})" for s in spread)
        longest = f"greatest({lengths})" if len(spread) > 1 else lengths
        columns.append((None, f"u.u{len(spread)}", BIGINT))
        spread.append(f"generate_series(1, {longest})")
        if isinstance(offset, exp.Identifier) and names:
            names.append(offset.name.lower())
    if names and len(names) != len(columns):
        raise SqlError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but relation has {len(columns)} columns",
            node,
        )
    inside = compiler.alias()
    inner = ", ".join(f"unnest({s}) AS u{i}" for i, s in enumerate(spread))
    shown = ", ".join(f"{sql} AS c{i}" for i, (_, sql, _) in enumerate(columns))
    table = alias.name.lower() if alias is not None and alias.name else None
    fields = [
        Field(names[i] if names else name, Typed(f"{inside}.c{i}", kind), table)
        for i, (name, _, kind) in enumerate(columns)
    ]
    return Relation(f"LATERAL (SELECT {shown} FROM (SELECT {inner}) AS u) AS {inside}", fields)


def _spread(value: Typed, spread: list[str], columns: list[tuple[str | None, str, Type]], node: exp.Expr) -> None:
    kind, at = value.type, len(spread)
    if kind.name == "map":
        spread += [f"map_keys({value.sql})", f"map_values({value.sql})"]
        columns += [(None, f"u.u{at}", kind.of[0]), (None, f"u.u{at + 1}", kind.of[1])]
    elif kind.name == "array" and kind.of[0].name == "row":
        spread.append(value.sql)
        held = kind.of[0]
        columns += [
            (shown, f"struct_extract(u.u{at}, {literal(n)})", t)
            for n, shown, t in zip(held.names, held.fields, held.of, strict=True)
        ]
    elif kind.name == "array":
        spread.append(value.sql)
        columns.append((None, f"u.u{at}", kind.of[0]))
    else:
        raise SqlError("TYPE_MISMATCH", f"Cannot unnest type: {kind}", node)


def table_function(compiler: "Compiler", node: exp.Table, scope: Scope) -> "Relation":
    """`TABLE(sequence(start => 1, stop => 3))`: the one table function Athena's engine has for callers."""
    from local.trino.relations import Relation

    call = node.this
    if isinstance(call, exp.JSONTable):
        raise not_supported("JSON_TABLE", node)
    inner = call.expressions[0] if call.name.lower() == "table" and call.expressions else call
    name = inner.name.lower() if isinstance(inner, exp.Anonymous) else inner.key
    if name != "sequence" or call.name.lower() != "table":
        raise SqlError("FUNCTION_NOT_FOUND", f"Table function '{name}' not registered", node)
    order = ("start", "stop", "step")
    given: dict[str, Typed] = {}
    for i, part in enumerate(inner.expressions):
        is_named = isinstance(part, (exp.Kwarg, exp.PropertyEQ))
        key = part.this.name.lower() if is_named else order[min(i, 2)]
        value = compiler.expressions.compile(part.expression if is_named else part, scope)
        given[key] = casts.coerce(value, BIGINT, node)
    if "stop" not in given:
        raise SqlError("MISSING_ARGUMENT", "Missing argument: STOP", node)
    start, step = (given[k].sql if k in given else d for k, d in (("start", "0"), ("step", "1")))
    inside = compiler.alias()
    alias = node.args.get("alias")
    table = alias.name.lower() if alias is not None and alias.name else None
    names = alias_columns(alias)
    sql = f"(SELECT unnest(generate_series({start}, {given['stop'].sql}, {step}))) AS {inside}(c0)"
    return Relation(sql, [Field(names[0] if names else "sequential_number", Typed(f"{inside}.c0", BIGINT), table)])
