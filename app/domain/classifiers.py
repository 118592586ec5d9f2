"""Classifiers: patterns under names that take lines of odd text formats apart, one named group a column. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.datasets import NewColumn, column_of
from app.domain.records import Record
from app.domain.schemas import Column, safe_names

MAX_PATTERN: Final = 4_096
MAX_GROUPS: Final = 200
MAX_AUTOMATIC: Final = 20  # each is tried on every file of unknown format
Pattern = Annotated[str, Field(min_length=1, max_length=MAX_PATTERN)]

_EXAMPLE: Final[dict[str, Any]] = {
    "description": "The access log of our web servers",
    "pattern": r'(?P<ip>\S+) \S+ \S+ \[(?P<at>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<bytes>\d+|-)',
    "columns": [{"name": "bytes", "type": "bigint", "null_tokens": ["-"]}],
    "skip": "^#",
    "min_certainty": 0.95,
    "automatic": False,
}


class NewClassifier(BaseModel):
    """What a caller puts under a name. Patterns are RE2's: no look-around, no back-references, and no way to hang."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    description: str = Field("", max_length=4_096)
    pattern: Pattern = Field(
        description="RE2; it must match a whole line. One named group a column: `(?P<name>...)`; others are `(?:...)`."
    )
    columns: tuple[NewColumn, ...] = Field(
        (), max_length=MAX_GROUPS, description="Types of groups, by name; those left out are inferred."
    )
    skip: Annotated[str, Field(min_length=1, max_length=1_024)] | None = Field(
        None, description="RE2; lines in which it is found are no rows: comments, headings."
    )
    min_certainty: float = Field(
        0.95, gt=0, le=1, description="The least share of lines that must match; a file below it is quarantined."
    )
    automatic: bool = Field(
        default=False, description="Try it on files of datasets that declare no format, before the built-in formats."
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("two columns have the same name")
        if any(column.original_name is not None for column in self.columns):
            raise ValueError("a column is called as its group; it has no other original_name")
        return self


class Classifier(Record):
    """A stored classifier. `groups`: the pattern's named groups in their order."""

    tenant: str
    name: str
    description: str = ""
    pattern: str
    groups: tuple[str, ...]
    columns: tuple[NewColumn, ...] = ()
    skip: str | None = None
    min_certainty: float = 0.95
    automatic: bool = False
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    def typed(self, null_value: str | None) -> tuple[Column | None, ...]:
        """The declared column of each group; None where the type is to be inferred."""
        declared = {column.name: column for column in self.columns}
        named = zip(self.groups, safe_names(self.groups), strict=True)
        return tuple(
            column_of(declared[group], name, group, null_value) if group in declared else None for group, name in named
        )

    def is_met_by(self, matched: int, total: int) -> bool:
        """Whether so many of so many lines are enough."""
        return bool(total) and matched >= self.min_certainty * total - 1e-9


class Tried(BaseModel):
    """What one classifier made of a sample."""

    model_config = ConfigDict(frozen=True)

    name: str
    certainty: float = Field(description="The share of the sampled lines that match, skipped and blank ones aside.")
    min_certainty: float
    is_chosen: bool = False


def best(tried: Sequence[tuple[Classifier, float]]) -> Classifier | None:
    """The one of the best certainty among those that are certain enough; of equals the first by name."""
    enough = [(-certainty, one.name, one) for one, certainty in tried if certainty >= one.min_certainty - 1e-9]
    return min(enough, key=lambda found: found[:2])[2] if enough else None
