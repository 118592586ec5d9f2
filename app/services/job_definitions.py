"""Does a job fit the datasets it reads? Every mistake with its place in the request, before anything runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.domain.errors import BadSchema, BadSql, FieldError, InvalidInput, NotSupportedYet
from app.domain.jobs import JobDefinition
from app.domain.schemas import ColumnType, parse_type
from app.domain.transforms import OutputColumn
from app.services.check_definitions import refuse_unfit
from app.services.job_transforms import transform_mistakes

if TYPE_CHECKING:
    from app.sql.relations import Relation


def refuse_unsupported(definition: JobDefinition) -> None:
    """NotSupportedYet for modes that are understood but not run: they must not be swallowed."""
    errors = []
    if definition.mode != "full":
        errors.append(_unsupported("/mode", f"Only the mode `full` runs today, not `{definition.mode}`."))
    if errors:
        raise NotSupportedYet("The job uses what this version of Headgate does not run; see errors.", tuple(errors))


def check_against(definition: JobDefinition, sources: Mapping[str, "Relation"], dialect: Any) -> None:
    """InvalidInput with the place of every column, expression or SQL that does not fit the sources' schemas."""
    from app.sql.ctas import ctas_statements
    from app.sql.select import transform_select

    errors = tuple(transform_mistakes(definition.transform, sources))
    if errors:
        raise InvalidInput("The job does not fit its sources; see errors.", errors)
    try:
        rows = transform_select(definition.transform, sources, dialect=dialect)
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


def _unsupported(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer, NotSupportedYet.code, detail)
