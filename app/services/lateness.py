"""Says in the log when a partition did not come by its contract's time: an alarm counts these lines."""

import json
import logging

from app.adapters.dynamodb.datasets import DatasetStore
from app.adapters.dynamodb.lateness import LatenessStore
from app.adapters.dynamodb.table import every
from app.domain.contracts import Wholeness, partition_path
from app.domain.datasets import Dataset
from app.domain.errors import AlreadyExists, HeadgateError, PreconditionFailed
from app.domain.identifiers import Clock
from app.domain.lateness import Lateness, last_due
from app.services.completeness import CompletenessOf

log = logging.getLogger("headgate.lateness")

_EVERY_MINUTES = 15
_PAGE = 100


class LateFiles:
    """Looks, at each quarter of an hour, at the partition of each contract whose cut-off was the last to pass. It is
    judged once; a crash between the line and the note of it says it again.
    """

    def __init__(
        self, datasets: DatasetStore, store: LatenessStore, completeness: CompletenessOf, clock: Clock
    ) -> None:
        self._datasets = datasets
        self._store = store
        self._completeness = completeness
        self._clock = clock

    def look(self) -> None:
        """The tick's part: one request for a hundred datasets with a cut-off, and one read each."""
        if self._clock().minute % _EVERY_MINUTES:
            return
        for dataset in every(lambda token: self._datasets.with_cut_off(_PAGE, token)):
            try:
                self._look_at(dataset)
            except HeadgateError as error:  # the others are looked at; this one comes again
                log.warning(json.dumps({"event": "not_judged", "dataset": dataset.id, "code": error.code}))

    def _look_at(self, dataset: Dataset) -> None:
        contract = dataset.contract
        due = last_due(contract, dataset.partition_by, self._clock()) if contract is not None else None
        if contract is None or due is None or due.at < dataset.created_at:
            return
        path = partition_path(due.partition, dataset.partition_by)
        known = self._store.find(dataset.tenant, dataset.id) or Lateness()
        if known.judged == path:
            return
        found = self._completeness.of(dataset, contract, due.partition)
        if found.state is Wholeness.LATE:
            told = {"tenant": dataset.tenant, "dataset": dataset.id, "partition": path, "reasons": found.reasons}
            log.warning(json.dumps({"event": "files_late", **told}))
        try:
            self._store.put(dataset.tenant, dataset.id, known.model_copy(update={"judged": path}))
        except (AlreadyExists, PreconditionFailed):
            return  # another tick was there
