"""Does a transform fit its source? Every mistake with its place in the request, before anything runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from app.domain.errors import BadSchema, BadSql, FieldError
from app.domain.schemas import parse_type
from app.domain.transforms import Deduplicate, OutputColumn, Transform, Unnest

if TYPE_CHECKING:
    from app.sql.relations import Relation


def transform_mistakes(transform: Transform, sources: Mapping[str, "Relation"]) -> Iterator[FieldError]:
    """Of `sql` none: the guard reads it as a whole."""
    if transform.sql is not None:
        return
    from app.sql.expressions import expression
    from app.sql.unnest import known_columns

    (relation,) = sources.values()
    if transform.unnest is not None:
        wrong = tuple(_in_unnest(transform, transform.unnest, relation))
        yield from wrong
        if wrong:
            return  # the others name what it would have made
    names = tuple(column.name for column in known_columns(transform, relation))
    for at, column in enumerate(transform.columns or ()):
        yield from _in_column(f"/transform/columns/{at}", column, names)
    if transform.where is not None:
        yield from refused("/transform/where", expression, transform.where, names)
    if transform.deduplicate is not None:
        known = {*names, *(column.name for column in transform.columns or ())}
        yield from _in_deduplicate(transform.deduplicate, known)


def _in_unnest(transform: Transform, rule: Unnest, relation: "Relation") -> Iterator[FieldError]:
    from app.sql.unnest import collection_type, known_columns

    source = relation.find(rule.column)
    if source is None:
        yield unknown("/transform/unnest/column", rule.column)
        return
    place = "type" if rule.type or source.type.is_text else "column"
    wrong = tuple(refused(f"/transform/unnest/{place}", collection_type, rule, source))
    yield from wrong or refused("/transform/unnest/as", known_columns, transform, relation)


def _in_column(place: str, column: OutputColumn, names: Sequence[str]) -> Iterator[FieldError]:
    from app.sql.literals import typed_literal
    from app.sql.mapping import computed

    if column.expression is not None:
        yield from refused(f"{place}/expression", computed, column, names)
    elif (column.from_ or column.name) not in names:
        yield unknown(f"{place}/{'from' if column.from_ else 'name'}", column.from_ or column.name)
    if column.type is None:
        return
    wrong = tuple(refused(f"{place}/type", parse_type, column.type))
    yield from wrong
    if column.default is not None and not wrong:
        yield from refused(f"{place}/default", typed_literal, column.default, parse_type(column.type))


def _in_deduplicate(rule: Deduplicate, known: set[str]) -> Iterator[FieldError]:
    for at, name in enumerate(rule.keys):
        if name not in known:
            yield unknown(f"/transform/deduplicate/keys/{at}", name)
    for at, key in enumerate(rule.order):
        if key.column not in known:
            yield unknown(f"/transform/deduplicate/order_by/{at}", key.column)


def refused(pointer: str, read: Callable[..., object], *args: object) -> Iterator[FieldError]:
    try:
        read(*args)
    except (BadSql, BadSchema) as error:
        yield FieldError(pointer, error.code, error.detail)


def unknown(pointer: str, name: str) -> FieldError:
    return FieldError(pointer, "unknown_column", f"There is no column {name}; the dataset's schema lists them.")
