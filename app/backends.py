"""Settings -> AWS clients -> adapters, each once: what the services are built on."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app.adapters.aws import Aws
from app.adapters.dynamodb.table import Table
from app.domain.identifiers import Clock, IdFactory, Jitter
from app.settings import Settings

if TYPE_CHECKING:
    from app.adapters.athena import Athena
    from app.adapters.catalog import Catalog
    from app.adapters.dynamodb.classifiers import ClassifierStore
    from app.adapters.dynamodb.files import FileStore
    from app.adapters.dynamodb.jobs import JobStore
    from app.adapters.dynamodb.lateness import LatenessStore
    from app.adapters.dynamodb.partitions import PartitionStore
    from app.adapters.dynamodb.queries import AnswerStore, QueryStore
    from app.adapters.dynamodb.runs import RunStore
    from app.adapters.dynamodb.triggers import TriggerStore
    from app.adapters.dynamodb.usage import UsageStore
    from app.adapters.dynamodb.versions import VersionStore
    from app.adapters.objects import Objects


@dataclass(frozen=True)
class Backends:
    """AWS, and the stores of the one table. Each is made, and its module imported, when it is first asked for."""

    settings: Settings
    clock: Clock
    new_id: IdFactory
    jitter: Jitter

    @cached_property
    def aws(self) -> Aws:
        return Aws(self.settings)

    @cached_property
    def _table(self) -> Table:
        return Table(self.aws, self.settings.table_name, self.new_id)

    @cached_property
    def athena(self) -> "Athena":
        from app.adapters.athena import Athena

        return Athena(self.aws)

    @cached_property
    def objects(self) -> "Objects":
        from app.adapters.objects import Objects

        return Objects(self.aws)

    @cached_property
    def catalog(self) -> "Catalog":
        from app.adapters.catalog import Catalog

        return Catalog(self.aws)

    @cached_property
    def _ledger(self) -> "FileStore":
        from app.adapters.dynamodb.files import FileStore

        return FileStore(self._table)

    @cached_property
    def _version_store(self) -> "VersionStore":
        from app.adapters.dynamodb.versions import VersionStore

        return VersionStore(self._table)

    @cached_property
    def _job_store(self) -> "JobStore":
        from app.adapters.dynamodb.jobs import JobStore

        return JobStore(self._table)

    @cached_property
    def _run_store(self) -> "RunStore":
        from app.adapters.dynamodb.runs import RunStore

        return RunStore(self._table)

    @cached_property
    def _trigger_store(self) -> "TriggerStore":
        from app.adapters.dynamodb.triggers import TriggerStore

        return TriggerStore(self._table)

    @cached_property
    def _answers(self) -> "AnswerStore":
        from app.adapters.dynamodb.queries import AnswerStore

        return AnswerStore(self._table)

    @cached_property
    def _classifier_store(self) -> "ClassifierStore":
        from app.adapters.dynamodb.classifiers import ClassifierStore

        return ClassifierStore(self._table)

    @cached_property
    def _lateness(self) -> "LatenessStore":
        from app.adapters.dynamodb.lateness import LatenessStore

        return LatenessStore(self._table)

    @cached_property
    def _partitions(self) -> "PartitionStore":
        from app.adapters.dynamodb.partitions import PartitionStore

        return PartitionStore(self._table)

    @cached_property
    def _query_store(self) -> "QueryStore":
        from app.adapters.dynamodb.queries import QueryStore

        return QueryStore(self._table)

    @cached_property
    def _usage_store(self) -> "UsageStore":
        from app.adapters.dynamodb.usage import UsageStore

        return UsageStore(self._table)
