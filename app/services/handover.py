"""Work that a request asks for and may not do itself, since its role cannot write data: docs/decisions/0014."""

import json
import logging

from app.adapters.queue import SOURCE, EventQueue
from app.domain.datasets import Dataset
from app.domain.errors import BackendTimeout, BackendUnavailable, TooManyRequests
from app.domain.files import File
from app.domain.runs import Run

log = logging.getLogger("headgate.handover")


class Handover:
    """Tells the events function what to go on with. What it is not told of, the tick and the sweeper find: a run within
    a minute, a file once its lease is over; partitions wait for whoever asks again. So a request does not fail for a
    message.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue

    def run(self, run: Run) -> None:
        self._send({"work": "run", "tenant": run.tenant, "id": run.id})

    def file(self, file: File) -> None:
        self._send({"work": "file", "tenant": file.tenant, "dataset": file.dataset_id, "id": file.id})

    def partitions(self, dataset: Dataset) -> None:
        self._send({"work": "partitions", "tenant": dataset.tenant, "dataset": dataset.id})

    def _send(self, work: dict[str, str]) -> None:
        try:
            self._queue.send({"source": SOURCE, **work})
        except (BackendUnavailable, BackendTimeout, TooManyRequests) as error:
            log.warning(json.dumps({"event": "not_handed_over", **work, "code": error.code}))
