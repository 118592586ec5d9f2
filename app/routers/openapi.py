"""The OpenAPI document of a tenant: the public one, and each of its saved queries as an operation of its own."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response

from app.domain.access import Scope
from app.domain.queries import ResultColumn, Value
from app.domain.saved_queries import SavedParameter, SavedQuery, kind, read
from app.routers.deps import LakeDep, PrincipalDep
from app.routers.docs import PROBLEMS, document
from app.routers.door import DoorRoute, call, needs

router = APIRouter(prefix="/v1", tags=["Saved queries"], route_class=DoorRoute)
Schema = dict[str, Any]
_BASE = "/v1/saved-queries/{name}/results"
_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_TEXTS: dict[str, Schema] = {"date": {"type": "string", "format": "date"}}


@router.get(
    "/openapi.json",
    operation_id="get_openapi",
    response_class=Response,
    responses={
        **PROBLEMS,
        200: {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
        304: {"description": "You have this document already"},
    },
    openapi_extra=needs(Scope.QUERIES_READ),
)
async def get_openapi(lake: LakeDep, principal: PrincipalDep) -> Response:
    """The document with each of your saved queries as an operation: parameters, description, columns once known."""
    import orjson

    described = await call(lake.saved_queries.described, principal)
    body = orjson.dumps(with_saved_queries(document(), described))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Response(body, media_type="application/json", headers={"ETag": etag, "Cache-Control": "private, no-cache"})


def with_saved_queries(
    document: Mapping[str, Any], described: Sequence[tuple[SavedQuery, tuple[ResultColumn, ...]]]
) -> dict[str, Any]:
    """A new document; the one given stays as it is."""
    base = document["paths"][_BASE]["get"]
    own = {
        _BASE.replace("{name}", saved.name): {"get": operation(base, saved, columns)} for saved, columns in described
    }
    return {**document, "paths": {**document["paths"], **own}}


def operation(base: Mapping[str, Any], saved: SavedQuery, columns: tuple[ResultColumn, ...]) -> Schema:
    """The operation of all saved queries, with what is known of this one in place of what is left open there."""
    general = [one for one in base["parameters"] if one["name"] not in {"name", "arguments"}]
    answer = base["responses"]["200"]
    content = {**answer["content"], "application/json": {"schema": _page(columns)}}
    return {
        **base,
        "operationId": f"saved_query_{saved.name}",
        "summary": saved.name,
        "description": saved.description or f"The saved query {saved.name}.",
        "parameters": [*(_parameter(name, one) for name, one in saved.parameters.items()), *general],
        "responses": {**base["responses"], "200": {**answer, "content": content}},
        "x-saved-query": {"name": saved.name, "version": saved.version, "datasets": list(saved.datasets)},
    }


def _parameter(name: str, parameter: SavedParameter) -> Schema:
    of = kind(parameter.type)
    schema = {**_input(of), **_bounds(of, parameter)}
    if parameter.enum is not None:
        schema["enum"] = [_sample(parameter, one) for one in parameter.enum if one is not None]
    if parameter.default is not None:
        schema["default"] = _sample(parameter, parameter.default)
    bounds = [f"{word} {one}" for word, one in (("from", parameter.min), ("to", parameter.max)) if one is not None]
    shown = [parameter.description, f"A {parameter.type}{', ' if bounds else ''}{' '.join(bounds)}."]
    return {
        "name": name,
        "in": "query",
        "required": parameter.default is None,
        "description": " ".join(one for one in shown if one),
        "schema": schema,
    }


def _input(of: str) -> Schema:
    if of in _INTEGERS:
        return {"type": "integer", "format": f"int{_INTEGERS[of]}"}
    if of in {"float", "double", "decimal"}:
        return {"type": "number"}
    return {"type": "boolean"} if of == "boolean" else dict(_TEXTS.get(of, {"type": "string"}))


def _bounds(of: str, parameter: SavedParameter) -> Schema:
    """JSON Schema has bounds for numbers only."""
    if _input(of)["type"] not in {"integer", "number"}:
        return {}
    named = {"minimum": parameter.min, "maximum": parameter.max}
    return {name: _sample(parameter, value) for name, value in named.items() if value is not None}


def _sample(parameter: SavedParameter, value: Value) -> Any:
    """A value as its schema has it: it may be kept as text, and decimals always are."""
    found = read(parameter.type, value)
    return float(found or 0) if kind(parameter.type) == "decimal" else found


def _page(columns: tuple[ResultColumn, ...]) -> Schema:
    page: Schema = {"$ref": "#/components/schemas/ResultView"}
    if not columns:
        return page
    cells = [_output(column) for column in columns]
    array = {"type": "array", "prefixItems": cells, "minItems": len(cells), "maxItems": len(cells)}
    record = {"type": "object", "properties": {c.name: cell for c, cell in zip(columns, cells, strict=True) if c.name}}
    rows = {"type": "array", "items": {"anyOf": [array, record]}}
    return {"allOf": [page, {"type": "object", "properties": {"rows": rows}}]}


def _output(column: ResultColumn) -> Schema:
    """Any cell may be NULL; a bigint is text if that is asked for, a decimal always."""
    if column.type == "bigint":
        return {"title": column.name, "type": ["integer", "string", "null"]}
    if column.type == "decimal":
        return {"title": column.name, "type": ["string", "null"]}
    schema = _input(column.type)
    return {"title": column.name, **schema, "type": [schema["type"], "null"]}
