"""Does a job fit the datasets it reads? Every mistake with its place in the request, before anything runs."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.domain.checks import AcceptedValuesCheck, NotNullCheck, RangeCheck, SqlCheck, UniqueCheck
from app.domain.errors import BadSchema, BadSql, FieldError, InvalidInput, NotSupportedYet
from app.domain.jobs import JobDefinition
from app.domain.schemas import parse_type

if TYPE_CHECKING:
    from app.sql.relations import Relation


def refuse_unsupported(definition: JobDefinition) -> None:
    """NotSupportedYet for modes and triggers that are understood but not run: they must not be swallowed."""
    errors = []
    if definition.mode != "full":
        errors.append(_unsupported("/mode", f"Only the mode `full` runs today, not `{definition.mode}`."))
    for at, trigger in enumerate(definition.triggers):
        if trigger.type not in {"manual", "arrival"}:
            detail = f"Only `manual` and `arrival` triggers run today, not `{trigger.type}`."
            errors.append(_unsupported(f"/triggers/{at}", detail))
    if errors:
        raise NotSupportedYet("The job uses what this version of Headgate does not run; see errors.", tuple(errors))


def check_against(definition: JobDefinition, sources: Mapping[str, "Relation"], dialect: Any) -> None:
    """InvalidInput with the place of every column, expression or SQL that does not fit the sources' schemas."""
    from app.sql.ctas import ctas_statements
    from app.sql.select import transform_select

    errors = tuple(_mistakes(definition, sources))
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
    unknown = tuple(_unknown_in_checks(definition, rows.names))
    if unknown:
        raise InvalidInput("A check names a column that the target does not have; see errors.", unknown)


def _mistakes(definition: JobDefinition, sources: Mapping[str, "Relation"]) -> Iterator[FieldError]:
    transform = definition.transform
    if transform.sql is not None:
        return
    from app.sql.expressions import expression

    (relation,) = sources.values()
    for at, column in enumerate(transform.columns or ()):
        place = f"/transform/columns/{at}"
        if column.expression is not None:
            yield from _refused(f"{place}/expression", expression, column.expression, relation.names)
        elif relation.find(column.from_ or column.name) is None:
            yield _unknown(f"{place}/{'from' if column.from_ else 'name'}", column.from_ or column.name)
        if column.type is not None:
            yield from _refused(f"{place}/type", parse_type, column.type)
    if transform.where is not None:
        yield from _refused("/transform/where", expression, transform.where, relation.names)
    if transform.deduplicate is not None:
        known = {*relation.names, *(column.name for column in transform.columns or ())}
        for at, name in enumerate(transform.deduplicate.keys):
            if name not in known:
                yield _unknown(f"/transform/deduplicate/keys/{at}", name)
        for at, key in enumerate(transform.deduplicate.order):
            if key.column not in known:
                yield _unknown(f"/transform/deduplicate/order_by/{at}", key.column)


def _unknown_in_checks(definition: JobDefinition, names: tuple[str, ...]) -> Iterator[FieldError]:
    from app.sql.expressions import expression

    for at, check in enumerate(definition.checks):
        match check:
            case UniqueCheck() | NotNullCheck():
                for place, name in enumerate(check.columns):
                    if name not in names:
                        yield _unknown(f"/checks/{at}/columns/{place}", name)
            case AcceptedValuesCheck() | RangeCheck():
                if check.column not in names:
                    yield _unknown(f"/checks/{at}/column", check.column)
            case SqlCheck():
                yield from _refused(f"/checks/{at}/expression", expression, check.expression, names)
            case _:
                pass


def _refused(pointer: str, read: Callable[..., object], *args: object) -> Iterator[FieldError]:
    try:
        read(*args)
    except (BadSql, BadSchema) as error:
        yield FieldError(pointer, error.code, error.detail)


def _unknown(pointer: str, name: str) -> FieldError:
    return FieldError(pointer, "unknown_column", f"There is no column {name}; the dataset's schema lists them.")


def _unsupported(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer, NotSupportedYet.code, detail)
