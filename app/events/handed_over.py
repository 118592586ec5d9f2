"""Work that a request handed over: services/handover.py."""

from collections.abc import Mapping
from contextlib import suppress

from app.bootstrap import Lake
from app.domain.errors import NotFound


def on_work(lake: Lake, message: Mapping[str, str]) -> None:
    """A run or a file is taken as far as it goes; a dataset's files are made readable."""
    with suppress(NotFound):  # deleted meanwhile: the message would fail for ever
        if message["work"] == "run":
            lake.runs.advance(message["tenant"], message["id"])
        elif message["work"] == "partitions":
            lake.file_partitions.register(message["tenant"], message["dataset"])
        else:
            lake.ingestion.take_up(message["tenant"], message["dataset"], message["id"])
