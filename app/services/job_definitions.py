"""Does a job fit the datasets it reads? Every mistake with its place in the request, before anything runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.domain.errors import BadSchema, BadSql, FieldError, InvalidInput
from app.domain.jobs import JobDefinition
from app.domain.schemas import ColumnType, parse_type
from app.domain.transforms import OutputColumn
from app.services.check_definitions import refuse_unfit
from app.services.job_transforms import transform_mistakes
from app.services.modes import merge_mistakes

if TYPE_CHECKING:
    from app.sql.relations import Relation
    from app.sql.select import Rows


def check_against(definition: JobDefinition, sources: Mapping[str, "Relation"], dialect: Any) -> None:
    """InvalidInput with the place of every column, expression or SQL that does not fit the sources' schemas."""
    from app.sql.ctas import ctas_statements

    errors = (*transform_mistakes(definition.transform, sources), *merge_mistakes(definition, sources))
    if errors:
        raise InvalidInput("The job does not fit its sources; see errors.", errors)
    try:
        rows = _rows(definition, sources, dialect)
        ctas_statements(
            rows,
            database="preview",
            table="preview",
            location="s3://preview/",
            layout=definition.layout,
            dialect=dialect,
        )
    except BadSql as error:
        place = "/transform/sql" if definition.transform.sql is not None else "/transform"
        raise BadSql(error.detail, (FieldError(place, error.code, error.detail),)) from error
    refuse_unfit(definition.checks, {name: rows.types.get(name) for name in rows.visible})


def check_alone(definition: JobDefinition) -> None:
    """InvalidInput with the place of what is wrong whatever the sources' columns are, which are not known yet."""
    if definition.transform.columns is not None:
        refuse_unfit(definition.checks, {column.name: _declared(column) for column in definition.transform.columns})


def _declared(column: OutputColumn) -> ColumnType | None:
    try:
        return parse_type(column.type) if column.type is not None else None
    except BadSchema:
        return None


def _rows(definition: JobDefinition, sources: Mapping[str, "Relation"], dialect: Any) -> "Rows":
    from app.sql.changes import changes_select, latest
    from app.sql.select import transform_select

    if definition.merge is None:
        return transform_select(definition.transform, sources, dialect=dialect)
    rows = changes_select(definition.transform, definition.merge, *sources.values())
    return latest(rows, definition.merge)
