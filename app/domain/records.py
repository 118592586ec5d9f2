"""What every stored resource has in common."""

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """A stored resource. `revision` counts its writes from 1 (0: never stored) and becomes its ETag; `operations` are
    the ids of the latest writes, by which a retried write recognises its own first try. Neither is in the document.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: int = Field(0, exclude=True, repr=False)
    operations: tuple[str, ...] = Field((), exclude=True, repr=False)
