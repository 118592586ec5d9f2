"""What every stored resource has in common."""

from pydantic import BaseModel, ConfigDict, Field

from app.domain.errors import PreconditionFailed, PreconditionRequired


class Record(BaseModel):
    """A stored resource. `revision` counts its writes from 1 (0: never stored) and becomes its ETag; `operations` are
    the ids of the latest writes, by which a retried write recognises its own first try. Neither is in the document.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: int = Field(0, exclude=True, repr=False)
    operations: tuple[str, ...] = Field((), exclude=True, repr=False)


def check_revision(before: Record | None, revision: int | None) -> None:
    """For a PUT that creates or replaces: PreconditionRequired / PreconditionFailed unless what is there was read."""
    if before is not None and revision is None:
        raise PreconditionRequired("It exists already: read it and send its ETag as If-Match to replace it.")
    if (before.revision if before else None) != revision:
        raise PreconditionFailed("It changed since you read it; read it again and repeat the change.")
