"""SQL's JSON functions on character strings: json_exists, json_value, json_query, json_array, json_object.

Source: https://trino.io/docs/current/functions/json.html. Paths run in Python (`jsonpath`).
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from local.trino import casts, json_casts, jsonitems, jsonpath, jsontext, literals
from local.trino.errors import SqlError
from local.trino.functions.texts import fail
from local.trino.jsonsyntax import SqlJson
from local.trino.registry import udf
from local.trino.scope import Scope
from local.trino.typed import Typed, failing_with, let
from local.trino.types import BOOLEAN, JSON, VARCHAR, Type, literal

if TYPE_CHECKING:
    from local.trino.expressions import Expressions

_EMPTY, _ERROR = "empty", "error"
_STATE = "STRUCT(state VARCHAR, item VARCHAR)"


def _items(text: str, path: str, variables: str) -> list[Any] | None:
    """What the path finds; None for an error."""
    try:
        return jsonpath.evaluate(path, jsontext.parse(text), jsontext.parse(variables) if variables != "{}" else {})
    except (jsonitems.PathError, RecursionError):
        return None
    except ValueError as error:
        if str(error).startswith("athena:"):
            raise
        return None


def _exists(text: str, path: str, variables: str) -> bool | None:
    found = _items(text, path, variables)
    return None if found is None else bool(found)


def _exists_state(text: str, path: str, variables: str) -> str:
    found = _exists(text, path, variables)
    return _ERROR if found is None else str(found).lower()


def _answer(state: str, item: str | None = None) -> dict[str, str | None]:
    return {"state": state, "item": item}


def _shown(item: Any) -> str:
    return str(item) if isinstance(item, Decimal) else jsontext.dump(item)


def _value(text: str, path: str, variables: str) -> dict[str, str | None]:
    found = _items(text, path, variables)
    if found is None or len(found) > 1 or (found and isinstance(found[0], (list, dict))):
        return _answer(_ERROR)
    return _answer("found", _shown(found[0])) if found else _answer(_EMPTY)


def _query(text: str, path: str, variables: str, wrapper: str, is_bare: bool) -> dict[str, str | None]:  # noqa: FBT001
    found = _items(text, path, variables)
    if found is None:
        return _answer(_ERROR)
    if not found:
        return _answer(_EMPTY)
    is_wrapped = wrapper == "UNCONDITIONAL" or (
        wrapper == "CONDITIONAL" and not (len(found) == 1 and isinstance(found[0], (list, dict)))
    )
    if is_wrapped:
        return _answer("found", f"[{','.join(map(_shown, found))}]")
    if len(found) > 1:
        return _answer(_ERROR)
    return _answer("found", found[0] if is_bare and isinstance(found[0], str) else _shown(found[0]))


def _input(text: str) -> str:
    try:
        return jsontext.dump(jsontext.parse(text))
    except (ValueError, RecursionError):
        fail("conversion to JSON failed", "JSON_INPUT_CONVERSION_ERROR")


udf("trino_sql_json_input", _input, ["VARCHAR"], "VARCHAR")
udf("trino_sql_json_exists", _exists_state, ["VARCHAR"] * 3, "VARCHAR")
udf("trino_sql_json_value", _value, ["VARCHAR"] * 3, _STATE)
udf("trino_sql_json_query", _query, ["VARCHAR"] * 4 + ["BOOLEAN"], _STATE)


def _operands(self: "Expressions", node: SqlJson, scope: Scope) -> str:
    """SQL of the document, the path and the named values. Raises SqlError."""
    document = self.compile(node.args["input"], scope)
    path = node.args.get("path")
    if not isinstance(path, exp.Literal) or not path.is_string:
        raise SqlError("SYNTAX_ERROR", "A JSON path must be a string literal", node)
    try:
        jsonpath.check(path.name)
    except ValueError as error:
        _, code, message = str(error).split(":", 2)
        raise SqlError(code, message.strip(), node) from error
    passed = []
    for item, is_json in zip(node.args.get("passing") or [], node.args.get("formats") or [], strict=True):
        held = self.compile(item.this, scope)
        text = f"CAST({held.sql} AS VARCHAR)" if is_json else json_casts.text(held)
        if text is None:
            raise SqlError("NOT_SUPPORTED", f"Passing a {held.type} to a JSON path is not supported", node)
        name = item.args["alias"]
        shown = name.name if name.args.get("quoted") else name.name.upper()
        passed.append(f"{literal(jsontext.quoted(shown) + ':')} || coalesce({text}, 'null')")
    pairs = " || ',' || ".join(passed)
    variables = f"('{{' || {pairs} || '}}')" if passed else "'{}'"
    return f"{_text(document, node)}, {literal(path.name)}, {variables}"


def _text(document: Typed, node: exp.Expr) -> str:
    if document.type.name == "varbinary":
        return f"trino_from_utf8({document.sql})"
    if not document.type.is_text and document.type.name not in ("json", "unknown"):
        raise SqlError("TYPE_MISMATCH", f"Cannot read input of type {document.type} as JSON", node)
    return f"CAST({document.sql} AS VARCHAR)"


def _json_exists(self: "Expressions", node: SqlJson, scope: Scope) -> Typed:
    failed = {"TRUE": "true", "UNKNOWN": "NULL", "ERROR": _failure("JSON_INPUT_CONVERSION_ERROR", BOOLEAN)}
    on_error = failed.get(node.args.get("on_error") or "FALSE", "false")
    state = f"trino_sql_json_exists({_operands(self, node, scope)})"
    return Typed(let(state, "t__s", f"CASE t__s WHEN 'error' THEN {on_error} ELSE CAST(t__s AS BOOLEAN) END"), BOOLEAN)


def _json_value(self: "Expressions", node: SqlJson, scope: Scope) -> Typed:
    kind = literals.type_of(node.args["returning"], node) if node.args.get("returning") else VARCHAR
    on_empty, on_error = (_behaviour(self, node, scope, kind, name) for name in ("on_empty", "on_error"))
    inner = json_casts.from_json(Typed("CAST(t__s.item AS JSON)", JSON), kind)
    if inner is None:
        text = json_casts.from_json(Typed("CAST(t__s.item AS JSON)", JSON), VARCHAR)
        inner = casts.cast(Typed(str(text), VARCHAR), kind, node).sql
    found = f"coalesce(TRY({inner}), CASE WHEN t__s.item <> 'null' THEN {on_error} END)"
    body = f"CASE t__s.state WHEN 'empty' THEN {on_empty} WHEN 'error' THEN {on_error} WHEN 'found' THEN {found} END"
    return Typed(let(f"trino_sql_json_value({_operands(self, node, scope)})", "t__s", body), kind)


def _behaviour(self: "Expressions", node: SqlJson, scope: Scope, kind: Type, name: str) -> str:
    """SQL of what ON EMPTY or ON ERROR gives. Raises SqlError."""
    wanted = node.args.get(name)
    if isinstance(wanted, exp.Expr):
        return casts.coerce(self.compile(wanted, scope), kind, node).sql
    if wanted == "ERROR":
        return _failure("JSON_VALUE_RESULT_ERROR", kind)
    if wanted in ("EMPTY ARRAY", "EMPTY OBJECT"):
        return "'[]'" if wanted == "EMPTY ARRAY" else "'{}'"
    return f"CAST(NULL AS {kind.duckdb})"


def _failure(code: str, kind: Type) -> str:
    return f"list_extract(CAST([NULL] AS {kind.duckdb}[]), {failing_with(code, 'cannot extract SQL value from JSON')})"


def _json_query(self: "Expressions", node: SqlJson, scope: Scope) -> Typed:
    on_empty, on_error = (_behaviour(self, node, scope, VARCHAR, name) for name in ("on_empty", "on_error"))
    bare = "true" if node.args.get("omit_quotes") else "false"
    state = f"trino_sql_json_query({_operands(self, node, scope)}, {literal(node.args.get('wrapper') or '')}, {bare})"
    body = f"CASE t__s.state WHEN 'empty' THEN {on_empty} WHEN 'error' THEN {on_error} ELSE t__s.item END"
    return _returned(Typed(let(state, "t__s", body), VARCHAR), node)


def _returned(made: Typed, node: SqlJson) -> Typed:
    wanted = node.args.get("returning")
    if not wanted:
        return made
    kind = literals.type_of(wanted, node)
    if kind.name == "varbinary":
        return Typed(f"encode({made.sql})", kind)
    return casts.cast(made, kind, node)


def _element(self: "Expressions", item: exp.Expr, is_json: bool, scope: Scope) -> str:  # noqa: FBT001
    """SQL of a value's JSON text, NULL for NULL. Raises SqlError."""
    value = self.compile(item, scope)
    if is_json:
        return f"trino_sql_json_input({_text(value, item)})"
    if isinstance(item, SqlJson) and item.this in ("json_query", "json_array", "json_object"):
        return value.sql
    text = json_casts.text(value) if not value.type.of else None
    return text or f"CAST(to_json({casts.to_varchar(value).sql}) AS VARCHAR)"


def _json_array(self: "Expressions", node: SqlJson, scope: Scope) -> Typed:
    parts = [_element(self, i, f, scope) for i, f in zip(node.expressions, node.args["formats"], strict=True)]
    shown = [f"coalesce({p}, 'null')" for p in parts] if node.args.get("on_null") == "NULL" else parts
    made = f"('[' || concat_ws(',', {', '.join(shown)}) || ']')" if shown else "'[]'"
    return _returned(Typed(made, VARCHAR), node)


def _json_object(self: "Expressions", node: SqlJson, scope: Scope) -> Typed:
    parts, keys = [], []
    for key, item, is_json in zip(node.args["keys"], node.expressions, node.args["formats"], strict=True):
        name = self.compile(key, scope)
        if not name.type.is_text:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", f"JSON object key must be of character string type: {name.type}", key
            )
        keys.append(name.sql)
        held = _element(self, item, is_json, scope)
        shown = held if node.args.get("on_null") == "ABSENT" else f"coalesce({held}, 'null')"
        parts.append(f"CAST(to_json({name.sql}) AS VARCHAR) || ':' || {shown}")
    made = f"('{{' || concat_ws(',', {', '.join(parts)}) || '}}')" if parts else "'{}'"
    if node.args.get("unique"):
        failed = failing_with("INVALID_FUNCTION_ARGUMENT", "duplicate key passed to JSON_OBJECT function", "VARCHAR")
        made = f"CASE WHEN len(list_distinct([{', '.join(keys)}])) = {len(keys)} THEN {made} ELSE {failed} END"
    return _returned(Typed(made, VARCHAR), node)


_FORMS = {
    "json_exists": _json_exists,
    "json_value": _json_value,
    "json_query": _json_query,
    "json_array": _json_array,
    "json_object": _json_object,
}


def compile_form(self: "Expressions", node: Any, scope: Scope) -> Typed:
    """A special form. Raises SqlError."""
    return _FORMS[node.this](self, node, scope)
