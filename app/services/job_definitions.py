"""Does a job fit the datasets it reads? Every mistake with its place in the request, before anything runs."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.domain.checks import AcceptedValuesCheck, NotNullCheck, RangeCheck, SqlCheck, UniqueCheck
from app.domain.errors import BadSql, FieldError, InvalidInput, NotSupportedYet
from app.domain.jobs import JobDefinition
from app.services.job_transforms import refused, transform_mistakes, unknown

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
    unknown = tuple(_unknown_in_checks(definition, rows.visible))
    if unknown:
        raise InvalidInput("A check names a column that the target does not have; see errors.", unknown)


def _unknown_in_checks(definition: JobDefinition, names: tuple[str, ...]) -> Iterator[FieldError]:
    from app.sql.expressions import expression

    for at, check in enumerate(definition.checks):
        match check:
            case UniqueCheck() | NotNullCheck():
                for place, name in enumerate(check.columns):
                    if name not in names:
                        yield unknown(f"/checks/{at}/columns/{place}", name)
            case AcceptedValuesCheck() | RangeCheck():
                if check.column not in names:
                    yield unknown(f"/checks/{at}/column", check.column)
            case SqlCheck():
                yield from refused(f"/checks/{at}/expression", expression, check.expression, names)
            case _:
                pass


def _unsupported(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer, NotSupportedYet.code, detail)
