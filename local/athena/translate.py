"""Athena's SQL to DuckDB's: one syntax tree in, one out. Pure: knows nothing of tables, files or Glue.

sqlglot does most of it; what is here is what it gets wrong or leaves alone, each by a rule on one kind of node.
"""

from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

from local.athena.dateformats import strftime_of
from local.athena.errors import QueryFailed

_ISO_UNITS = {"dow": "isodow", "day_of_week": "isodow", "dayofweek": "isodow", "doy": "doy", "yow": "isoyear"}
_CASTS = {
    exp.DType.TINYINT: "tinyint",
    exp.DType.SMALLINT: "smallint",
    exp.DType.INT: "integer",
    exp.DType.BIGINT: "bigint",
}


def to_duckdb(tree: exp.Expr) -> str:
    """DuckDB SQL for a query's tree (changed in place). Raises QueryFailed for what is not supported."""
    _hide_system_columns(tree)
    done = tree.transform(_translate, copy=False)
    return done.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.IGNORE, comments=False)


def _hide_system_columns(tree: exp.Expr) -> None:
    """`$path` and its kin are only there when named: a star beside them must not show them."""
    if not any(c.name.startswith("$") for c in tree.find_all(exp.Column)):
        return
    for star in list(tree.find_all(exp.Star)):
        if isinstance(star.parent, exp.Select):
            star.replace(exp.Columns(this=exp.Literal.string("^[^$].*")))


def _translate(node: exp.Expr) -> exp.Expr:
    rule = _RULES.get(type(node))
    return rule(node) if rule else node


def _call(name: str, *arguments: exp.Expr | None) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[a for a in arguments if a is not None])


def _inside_try(node: exp.Expr) -> bool:
    return node.find_ancestor(exp.Try) is not None


def _column(node: exp.Expr) -> exp.Expr:
    """`catalog.db.table.column` loses its first two parts: tables have been renamed."""
    node.set("db", None)
    node.set("catalog", None)
    return node


def _div(node: exp.Expr) -> exp.Expr:
    right = node.expression
    if _inside_try(node) or (isinstance(right, exp.Literal) and right.name.strip("0.") != ""):
        return node
    node.set("expression", _call("athena_divisor", right.copy()))
    return node


def _cast(node: exp.Expr) -> exp.Expr:
    kind = node.args["to"]
    if not isinstance(kind, exp.DataType):
        return node
    is_try = isinstance(node, exp.TryCast) or _inside_try(node)
    if kind.this in _CASTS and not (isinstance(node.this, exp.Literal) and node.this.is_int):
        return _call(f"athena_{'try_' if is_try else ''}{_CASTS[kind.this]}", node.this)
    if kind.this == exp.DType.DECIMAL and not kind.expressions and isinstance(node.this, exp.Literal):
        digits, _, fraction = node.this.name.lstrip("+-").partition(".")
        precision = max(len((digits.lstrip("0") or "0") + fraction), 1)
        kind.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (precision, len(fraction))])
    if kind.this in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ) and kind.expressions:
        kind.set("expressions", [])
    if kind.this in (exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.TEXT):
        return _to_text(node, kind)
    if kind.this == exp.DType.JSON:
        return _call("to_json", node.this)
    return exp.TryCast(this=node.this, to=kind) if is_try else node


def _to_text(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    text: exp.Expr = type(node)(this=node.this, to=exp.DataType.build("text"))
    if kind.expressions:
        return _call("left", text, exp.Literal.number(kind.expressions[0].name))
    return text


def _extract(node: exp.Expr) -> exp.Expr:
    unit = node.this.name.lower()
    node.set("this", exp.var(_ISO_UNITS.get(unit, unit)))
    return node


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Trino counts whole units passed (DuckDB's date_sub), DuckDB's date_diff counts borders crossed."""
    unit = node.args.get("unit")
    return _call("date_sub", exp.Literal.string((unit.name if unit else "day").lower()), node.expression, node.this)


def _unit(node: exp.Expr) -> exp.Expr:
    unit = node.args.get("unit")
    return exp.Literal.string((unit.name if unit else "day").lower())


def _date_trunc(node: exp.Expr) -> exp.Expr:
    return _call("athena_date_trunc", _unit(node), node.this)


def _date_add(node: exp.Expr) -> exp.Expr:
    return _call("athena_date_add", _unit(node), node.expression, node.this)


def _element_at(node: exp.Expr) -> exp.Expr:
    """`a[i]` and element_at(a, i): both keep Trino's one-based index, and maps their keys."""
    if node.args.get("offset") == 1 and node.args.get("safe"):
        return _call("athena_element_at", node.this, node.expressions[0])
    return node


def _json_scalar(node: exp.Expr) -> exp.Expr:
    path = node.expression
    return _call("athena_json_scalar", node.this, exp.Literal.string(_json_path(path)))


def _json_extract(node: exp.Expr) -> exp.Expr:
    return _call("json_extract", _call("json", node.this), exp.Literal.string(_json_path(node.expression)))


def _json_path(path: exp.Expr) -> str:
    return path.name if isinstance(path, exp.Literal) else path.sql(dialect="duckdb").strip("'")


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    """NULL where nothing matches, as Trino; DuckDB would say ''."""
    group = node.args.get("group") or exp.Literal.number(0)
    matched = _call("regexp_extract", node.this, node.expression, group)
    is_match = _call("regexp_matches", node.this.copy(), node.expression.copy())
    return exp.Case(ifs=[exp.If(this=is_match, true=matched)])


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    r"""`$1` becomes `\\1`, and every match is replaced."""
    new = node.args.get("replacement") or exp.Literal.string("")
    if isinstance(new, exp.Literal):
        text = new.name.replace("\\$", "\0")
        for n in range(10):
            text = text.replace(f"${n}", f"\\{n}")
        new = exp.Literal.string(text.replace("\0", "$"))
    return _call("regexp_replace", node.this, node.expression, new, exp.Literal.string("g"))


def _reduce(node: exp.Expr) -> exp.Expr:
    merge, finish = node.args["merge"], node.args.get("finish")
    folded = _call("list_reduce", node.this, merge, node.args["initial"])
    if not isinstance(finish, exp.Lambda):
        return folded
    name = finish.expressions[0].name
    body = finish.this.transform(
        lambda n: folded.copy() if isinstance(n, (exp.Column, exp.Identifier)) and n.name == name else n,
    )
    return exp.Paren(this=body)


def _unnest(node: exp.Expr) -> exp.Expr:
    """UNNEST of several arrays, of a map, or with ordinality: one lateral subquery that pads with NULL, as Trino."""
    alias: Any = node.args.get("alias")
    names = [c.name for c in alias.columns] if alias and alias.columns else []
    arrays, offset = node.expressions, node.args.get("offset")
    if isinstance(offset, exp.Identifier):
        names.append(offset.name)
    width = len(names) - (1 if offset else 0)
    if not names or (len(arrays) == 1 and width <= 1 and not offset):
        return node
    if len(arrays) == 1 and width == 2:
        arrays = [_call("map_keys", arrays[0]), _call("map_values", arrays[0].copy())]
    if offset:
        longest = [_call("len", a.copy()) for a in arrays]
        count = _call("greatest", *longest) if len(longest) > 1 else longest[0]
        arrays = [*arrays, _call("generate_series", exp.Literal.number(1), count)]
    if len(arrays) != len(names):
        raise QueryFailed(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but relation has {len(arrays)} columns",
        )
    shown = [exp.alias_(_call("unnest", a), n, quoted=True) for a, n in zip(arrays, names, strict=True)]
    return exp.Subquery(this=exp.Select(expressions=shown), alias=exp.TableAlias(this=exp.to_identifier(alias.name)))


def _plus(node: exp.Expr) -> exp.Expr:
    """A date and an interval of days make a date, not a timestamp."""
    name = "athena_plus" if isinstance(node, exp.Add) else "athena_minus"
    if isinstance(node.expression, exp.Interval):
        return _call(name, node.this, node.expression)
    if isinstance(node.this, exp.Interval) and isinstance(node, exp.Add):
        return _call(name, node.expression, node.this)
    return node


def _sequence(node: exp.Expr) -> exp.Expr:
    step = node.args.get("step")
    if isinstance(step, exp.Interval):
        return _call("athena_sequence", node.args["start"], node.args["end"], step)
    return node


def _slice(node: exp.Expr) -> exp.Expr:
    return _call("athena_slice", node.this, node.args["start"], node.args["end"])


def _match(node: exp.Expr) -> exp.Expr:
    """any_match, all_match, none_match over an array."""
    array, condition = node.expressions
    held = _call("list_transform", array, condition)
    if node.name.lower() == "all_match":
        return _call("coalesce", _call("list_bool_and", held), exp.true())
    some = _call("coalesce", _call("list_bool_or", held), exp.false())
    return some if node.name.lower() == "any_match" else exp.Not(this=some)


def _map_lambda(node: exp.Expr) -> exp.Expr:
    """map_filter, transform_keys, transform_values: over the entries of the map, as an entry has both names."""
    source, function = node.expressions
    key, value = (p.name for p in function.expressions)
    entry = {key: "e.key", value: "e.value"}

    def renamed(inner: exp.Expr) -> exp.Expr:
        if isinstance(inner, exp.Column) and not inner.table and inner.name in entry:
            return exp.column(entry[inner.name].split(".")[1], table="e")
        return exp.column(entry[inner.name].split(".")[1], table="e") if _is_bare(inner, entry) else inner

    body = function.this.transform(renamed)
    entries = _call("map_entries", source)
    name = node.name.lower()
    if name == "map_filter":
        made = _call("list_filter", entries, _lambda(body))
    else:
        parts = (
            (body, exp.column("value", table="e")) if name == "transform_keys" else (exp.column("key", table="e"), body)
        )
        made = _call("list_transform", entries, _lambda(_struct(*parts)))
    return _call("map_from_entries", made)


def _is_bare(node: exp.Expr, names: dict[str, str]) -> bool:
    return (
        isinstance(node, exp.Identifier) and node.name in names and not isinstance(node.parent, (exp.Column, exp.Dot))
    )


def _lambda(body: exp.Expr) -> exp.Expr:
    return exp.Lambda(this=body, expressions=[exp.to_identifier("e")])


def _struct(key: exp.Expr, value: exp.Expr) -> exp.Expr:
    return _call("struct_pack", exp.PropertyEQ(this=exp.to_identifier("k"), expression=key),
                 exp.PropertyEQ(this=exp.to_identifier("v"), expression=value))  # fmt: skip


def _format_datetime(node: exp.Expr) -> exp.Expr:
    value, form = node.expressions
    return _call("strftime", value, exp.Literal.string(strftime_of(form.name)))


def _parse_datetime(node: exp.Expr) -> exp.Expr:
    text, form = node.expressions[0], exp.Literal.string(strftime_of(node.expressions[1].name))
    return exp.Cast(this=_call("strptime", text, form), to=exp.DataType.build("timestamptz", dialect="duckdb"))


_ANONYMOUS: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "format_datetime": _format_datetime,
    "parse_datetime": _parse_datetime,
    "map_agg": lambda n: _call("map_from_entries", _call("list", _pair(n))),
    "repeat": lambda n: _call("athena_repeat", *n.expressions),
    "slice": lambda n: _call("athena_slice", *n.expressions),
    "day_of_month": lambda n: _call("day", *n.expressions),
    "regexp_count": lambda n: _call("len", _call("regexp_extract_all", *n.expressions)),
    "regexp_split": lambda n: _call("regexp_split_to_array", *n.expressions),
    "concat_ws": lambda n: _call("concat_ws", *n.expressions),
    "bitwise_xor": lambda n: _call("xor", *n.expressions),
    **dict.fromkeys(("any_match", "all_match", "none_match"), _match),
    **dict.fromkeys(("map_filter", "transform_keys", "transform_values"), _map_lambda),
    "checksum": lambda _: _refuse("checksum"),
}


def _pair(node: exp.Expr) -> exp.Expr:
    return _struct(*node.expressions)


def _refuse(name: str) -> exp.Expr:
    raise QueryFailed("FUNCTION_NOT_FOUND", f"Function '{name}' not registered")


def _anonymous(node: exp.Expr) -> exp.Expr:
    rule = _ANONYMOUS.get(node.name.lower())
    return rule(node) if rule else node


_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Column: _column,
    exp.Div: _div,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Extract: _extract,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.DateAdd: _date_add,
    exp.Bracket: _element_at,
    exp.JSONExtractScalar: _json_scalar,
    exp.JSONExtract: _json_extract,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.Reduce: _reduce,
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.GenerateSeries: _sequence,
    exp.ArraySlice: _slice,
    exp.ArraySize: lambda n: _call("athena_cardinality", n.this),
    exp.Typeof: lambda n: _call("lower", _call("typeof", n.this)),
    exp.Unnest: _unnest,
    exp.Anonymous: _anonymous,
}
