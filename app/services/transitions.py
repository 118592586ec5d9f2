"""What a step of a run answers with."""

from typing import NamedTuple

from app.adapters.dynamodb.table import Write
from app.domain.runs import Run


class Transition(NamedTuple):
    """The run as it becomes, and what is stored together with it."""

    run: Run
    writes: tuple[Write, ...] = ()
