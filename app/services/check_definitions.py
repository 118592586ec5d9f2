"""Do a job's checks fit the columns that it makes? Every mistake with its place in the request."""

from collections.abc import Iterator, Mapping, Sequence

from app.domain.checks import (
    HAS_AGE,
    AcceptedValuesCheck,
    Check,
    FreshnessCheck,
    NotNullCheck,
    RangeCheck,
    SqlCheck,
    UniqueCheck,
)
from app.domain.errors import BadSql, FieldError, InvalidInput
from app.domain.schemas import ColumnType


def refuse_unfit(checks: Sequence[Check], columns: Mapping[str, ColumnType | None]) -> None:
    """InvalidInput. `columns`: what the job makes, with the types that are known before it runs."""
    errors = tuple(error for at, check in enumerate(checks) for error in _unfit(check, f"/checks/{at}", columns))
    if errors:
        raise InvalidInput("The checks do not fit the columns that the job makes; see errors.", errors)


def _unfit(check: Check, place: str, columns: Mapping[str, ColumnType | None]) -> Iterator[FieldError]:
    match check:
        case UniqueCheck() | NotNullCheck():
            for at, name in enumerate(check.columns):
                if name not in columns:
                    yield _unknown(f"{place}/columns/{at}", name)
        case AcceptedValuesCheck() | RangeCheck() | FreshnessCheck():
            if check.column not in columns:
                yield _unknown(f"{place}/column", check.column)
            elif isinstance(check, FreshnessCheck):
                yield from _ageless(check, place, columns[check.column])
        case SqlCheck():
            yield from _refused(check, place, columns)
        case _:
            pass


def _ageless(check: FreshnessCheck, place: str, kind: ColumnType | None) -> Iterator[FieldError]:
    if kind is not None and kind.name not in HAS_AGE:
        detail = f"{check.column} has type {kind}; only a date or a timestamp has an age. Cast it in the transform."
        yield FieldError(f"{place}/column", "wrong_type", detail)


def _refused(check: SqlCheck, place: str, columns: Mapping[str, ColumnType | None]) -> Iterator[FieldError]:
    from app.sql.expressions import expression

    try:
        expression(check.expression, tuple(columns))
    except BadSql as error:
        yield FieldError(f"{place}/expression", error.code, error.detail)


def _unknown(pointer: str, name: str) -> FieldError:
    return FieldError(pointer, "unknown_column", f"There is no column {name} among those that the job makes.")
