"""What the modes of a job ask of its sources, before anything runs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from app.domain.datasets import Dataset
from app.domain.errors import FieldError, InvalidInput
from app.domain.jobs import JobDefinition
from app.domain.merges import Merge
from app.services.job_transforms import refused

if TYPE_CHECKING:
    from app.sql.relations import Relation


def completed(definition: JobDefinition, sources: Sequence[Dataset]) -> JobDefinition:
    """The definition, its merge with the keys and the order that the source declares where it names none itself.

    InvalidInput when files cannot be loaded once each, or when nothing tells the rows of a merge apart.
    """
    if definition.mode == "full":
        return definition
    if len([one for one in sources if one.is_raw]) != 1:
        detail = f"The mode `{definition.mode}` loads the files of one raw dataset; the other sources are none."
        raise InvalidInput("The mode does not fit the sources; see errors.", (_place("/sources", detail),))
    if definition.layout.bucket_by and definition.mode == "incremental":
        detail = "A bucketed table cannot grow: leave bucket_by out, or use the mode `full` or `merge`."
        raise InvalidInput("The mode does not fit the layout; see errors.", (_place("/layout/bucket_by", detail),))
    return definition if definition.mode == "incremental" else _merging(definition, sources[0])


def merge_mistakes(definition: JobDefinition, sources: Mapping[str, "Relation"]) -> Iterator[FieldError]:
    """Columns that the target does not have, and what is no expression over the source."""
    merge, transform = definition.merge, definition.transform
    if merge is None:
        return
    from app.sql.expressions import expression

    (relation,) = sources.values()
    made = {column.name for column in transform.columns} if transform.columns is not None else set(relation.names)
    named = [("keys", at, name) for at, name in enumerate(merge.keys)]
    named += [("order_by", at, key.column) for at, key in enumerate(merge.order)]
    for field, at, name in named:
        if name not in made:
            detail = f"The target has no column {name}; a merge compares rows by columns that it keeps."
            yield FieldError(f"/merge/{field}/{at}", "unknown_column", detail)
    if merge.deleted is not None:
        yield from refused("/merge/deleted", expression, merge.deleted, relation.names)


def _merging(definition: JobDefinition, source: Dataset) -> JobDefinition:
    given = definition.merge or Merge()
    order = given.order_by or ((f"{source.order_by} desc",) if source.order_by else ())
    merge = given.model_copy(update={"keys": given.keys or source.primary_key, "order_by": order})
    if not merge.keys:
        detail = "Name the columns that tell rows apart here, or give the source a primary_key."
        raise InvalidInput("A merge needs keys; see errors.", (_place("/merge/keys", detail),))
    return JobDefinition.model_validate(
        {**definition.model_dump(mode="json", by_alias=True), "merge": merge.model_dump(mode="json")}
    )


def _place(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer, "mode", detail)
