"""Backends -> services, each once. The container is the whole house."""

import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from app.backends import Backends
from app.domain.identifiers import Clock, IdFactory, Jitter, new_ulid, utc_now
from app.settings import Settings

if TYPE_CHECKING:
    from app.services.allowances import Allowances
    from app.services.assembly import Assembly
    from app.services.athena_permits import AthenaPermits
    from app.services.cache_hits import CacheHits
    from app.services.chart_memory import ChartMemory
    from app.services.charts import Charts
    from app.services.classifiers import Classifiers
    from app.services.commits import Commits
    from app.services.completeness import CompletenessOf
    from app.services.datasets import Datasets
    from app.services.file_partitions import FilePartitions
    from app.services.files import Files
    from app.services.handover import Handover
    from app.services.header_samples import HeaderSamples
    from app.services.idempotency import Idempotency
    from app.services.identity import Identity
    from app.services.inference import Inference
    from app.services.ingestion import Ingestion
    from app.services.jobs import Jobs
    from app.services.lateness import LateFiles
    from app.services.links import Links
    from app.services.open_queries import OpenQueries
    from app.services.places import Places
    from app.services.previews import Previews
    from app.services.queries import Queries
    from app.services.questions import Questions
    from app.services.raw_tables import RawTables
    from app.services.results import Results
    from app.services.run_inputs import RunInputs
    from app.services.run_plans import RunPlans
    from app.services.run_queues import RunQueues
    from app.services.run_statements import RunStatements
    from app.services.run_steps import RunSteps
    from app.services.runs import Runs
    from app.services.saved_queries import SavedQueries
    from app.services.schedules import Schedules
    from app.services.sweeper import Sweeper
    from app.services.uploads import Uploads
    from app.services.usage import Usage
    from app.services.verification import Verification
    from app.services.version_sizes import Sizes
    from app.services.versions import Versions


@dataclass(frozen=True)
class Lake(Backends):
    """Every service of the product. Make one per process.

    A part is built, and its modules imported, when it is first asked for: a Lambda's first request for a list of
    datasets need not load runs, queries and charts (a fifth of a cold start).
    """

    def build(self) -> None:
        """Build all of it now, for a server that will need it and has threads that must not build parts twice."""
        for name in dir(type(self)):
            if isinstance(getattr(type(self), name), cached_property):
                getattr(self, name)

    @cached_property
    def identity(self) -> "Identity":
        from app.adapters.dynamodb.api_keys import ApiKeyStore
        from app.adapters.tokens import JwksVerifier
        from app.services.identity import Identity

        tokens = JwksVerifier(self.settings) if self.settings.jwt_jwks_url else None
        return Identity(self.settings, ApiKeyStore(self._table), tokens, self.clock, self.new_id)

    @cached_property
    def idempotency(self) -> "Idempotency":
        from app.adapters.dynamodb.idempotency import IdempotencyStore
        from app.services.idempotency import Idempotency

        return Idempotency(self.settings, IdempotencyStore(self._table), self.clock)

    @cached_property
    def _raw_tables(self) -> "RawTables":
        from app.services.raw_tables import RawTables

        return RawTables(self.settings, self.catalog, self.athena)

    @cached_property
    def datasets(self) -> "Datasets":
        from app.adapters.dynamodb.datasets import DatasetStore
        from app.adapters.dynamodb.search import SearchStore
        from app.services.datasets import Datasets

        search = SearchStore(self._table)
        return Datasets(DatasetStore(self._table), search, self._classifier_store, self._raw_tables, self.clock)

    @cached_property
    def classifiers(self) -> "Classifiers":
        from app.services.classifiers import Classifiers

        return Classifiers(self._classifier_store, self.clock)

    @cached_property
    def _verification(self) -> "Verification":
        from app.services.verification import Verification

        return Verification(self.settings, self.objects, self._classifier_store)

    @cached_property
    def inference(self) -> "Inference":
        from app.services.inference import Inference

        return Inference(self.datasets, self._verification)

    @cached_property
    def header_samples(self) -> "HeaderSamples":
        from app.services.header_samples import HeaderSamples

        return HeaderSamples(self.datasets, self._verification)

    @cached_property
    def files(self) -> "Files":
        from app.services.files import Files

        return Files(self.datasets, self._ledger)

    @cached_property
    def file_partitions(self) -> "FilePartitions":
        from app.services.file_partitions import FilePartitions

        return FilePartitions(self.datasets, self._ledger, self._raw_tables, self._handover)

    @cached_property
    def completeness(self) -> "CompletenessOf":
        from app.services.completeness import CompletenessOf

        return CompletenessOf(self.datasets, self._partitions, self._ledger, self.clock)

    @cached_property
    def uploads(self) -> "Uploads":
        from app.services.uploads import Uploads

        return Uploads(self.settings, self.datasets, self._ledger, self.objects, self.clock, self.new_id)

    @cached_property
    def _commits(self) -> "Commits":
        from app.services.commits import Commits

        return Commits(
            self.settings,
            self.datasets,
            self._ledger,
            self._version_store,
            self._partitions,
            self._raw_tables,
            self.clock,
            self.new_id,
        )

    @cached_property
    def ingestion(self) -> "Ingestion":
        from app.services.ingestion import Ingestion

        return Ingestion(
            self.settings,
            self.datasets,
            self._ledger,
            self._commits,
            self._raw_tables,
            self.objects,
            self._verification,
            self.runs.on_arrival_of_file,
            self._handover,
            self.clock,
        )

    @cached_property
    def late_files(self) -> "LateFiles":
        from app.services.lateness import LateFiles

        return LateFiles(self.datasets.store, self._lateness, self.completeness, self.clock)

    @cached_property
    def sweeper(self) -> "Sweeper":
        from app.adapters.dynamodb.sweeps import SweepStore
        from app.services.sweeper import Sweeper

        return Sweeper(self.settings, SweepStore(self._table), self._ledger, self.objects, self.ingestion, self.clock)

    @cached_property
    def jobs(self) -> "Jobs":
        from app.services.job_triggers import JobTriggers
        from app.services.jobs import Jobs

        triggers = JobTriggers(self._trigger_store, self._job_store, self.clock)
        return Jobs(self._job_store, self._run_store, triggers, self.datasets, self.athena, self.clock)

    @cached_property
    def _run_inputs(self) -> "RunInputs":
        from app.services.run_inputs import RunInputs

        return RunInputs(self.datasets, self._ledger, self._version_store)

    @cached_property
    def _places(self) -> "Places":
        from app.services.places import Places

        return Places(self.settings)

    @cached_property
    def _run_statements(self) -> "RunStatements":
        from app.services.run_rows import RunRows
        from app.services.run_statements import RunStatements

        rows = RunRows(self._run_inputs, self.datasets, self._version_store, self.athena)
        return RunStatements(self._run_inputs, rows, self._places, self.catalog, self.athena)

    @cached_property
    def _run_plans(self) -> "RunPlans":
        from app.services.run_plans import RunPlans

        return RunPlans(self.settings, self._job_store, self.datasets, self._run_inputs, self.versions, self.new_id)

    @cached_property
    def _assembly(self) -> "Assembly":
        from app.services.assembly import Assembly

        return Assembly(self._version_store, self.catalog, self.objects, self._places)

    @cached_property
    def previews(self) -> "Previews":
        from app.services.previews import Previews

        return Previews(
            self.settings,
            self._job_store,
            self.datasets,
            self.versions,
            self._run_inputs,
            self._run_plans,
            self._run_statements,
            self.clock,
        )

    @cached_property
    def versions(self) -> "Versions":
        from app.services.versions import Versions

        return Versions(
            self.settings,
            self._version_store,
            self.datasets,
            self.file_partitions,
            self.catalog,
            self.athena,
            self.clock,
        )

    @cached_property
    def _permits(self) -> "AthenaPermits":
        from app.adapters.dynamodb.permits import PermitStore
        from app.services.athena_permits import AthenaPermits

        return AthenaPermits(self.settings, PermitStore(self._table), self._run_store, self.athena, self.clock)

    @cached_property
    def _run_steps(self) -> "RunSteps":
        from app.services.run_gate import RunGate
        from app.services.run_steps import RunSteps

        return RunSteps(
            self.settings,
            self.datasets,
            self._run_statements,
            RunGate(self._run_statements, self.datasets, self.versions, self.athena, self.clock),
            self._assembly,
            self._places,
            self.versions,
            self.catalog,
            self.athena,
            self._permits,
            self.clock,
        )

    @cached_property
    def _handover(self) -> "Handover | None":
        if self.settings.work_in_requests:
            return None
        from app.adapters.queue import EventQueue
        from app.services.handover import Handover

        return Handover(EventQueue(self.aws, self.settings.events_queue))

    @cached_property
    def _run_queues(self) -> "RunQueues":
        from app.services.run_queues import RunQueues

        return RunQueues(self._run_store, self._job_store, self.clock, self.new_id)

    @cached_property
    def schedules(self) -> "Schedules":
        from app.services.schedules import Schedules

        return Schedules(self._trigger_store, self._job_store, self._run_queues, self.runs.advance, self.clock)

    @cached_property
    def runs(self) -> "Runs":
        from app.services.retention import Retention
        from app.services.run_cleaning import RunCleaning
        from app.services.run_engine import RunEngine
        from app.services.run_triggers import RunTriggers
        from app.services.runs import Runs

        triggers = RunTriggers(
            self._trigger_store, self._job_store, self._run_queues, self.datasets, self._version_store, self.clock
        )
        cleaning = RunCleaning(
            self.datasets,
            self._places,
            self._run_steps,
            self._assembly,
            self.versions,
            Retention(self.settings, self._version_store, self.datasets, self.catalog, self.objects, self.clock),
            self._sizes,
            self.athena,
        )
        engine = RunEngine(
            self.settings,
            self._run_store,
            self._run_queues,
            triggers,
            self._run_plans,
            self._run_steps,
            cleaning,
            self.athena,
            self._permits,
            self.usage,
            self.clock,
            self.new_id,
            self.jitter,
        )
        return Runs(self._run_store, self._job_store, self.datasets, self._run_queues, triggers, engine, self._handover)

    @cached_property
    def _questions(self) -> "Questions":
        from app.services.questions import Questions

        return Questions(self.datasets, self.athena)

    @cached_property
    def _sizes(self) -> "Sizes":
        from app.services.version_sizes import Sizes

        return Sizes(self.objects, self.catalog, self._version_store)

    @cached_property
    def _allowances(self) -> "Allowances":
        from app.adapters.dynamodb.allowances import AllowanceStore
        from app.services.allowances import Allowances

        return Allowances(self.settings, AllowanceStore(self._table), self.clock)

    @cached_property
    def queries(self) -> "Queries":
        from app.services.estimates import Estimates
        from app.services.queries import Queries
        from app.services.query_ends import QueryEnds
        from app.services.stored_answers import StoredAnswers

        return Queries(
            self.settings,
            self._query_store,
            StoredAnswers(self.settings, self._query_store, self._answers, self.objects),
            self._questions,
            Estimates(self.settings, self._version_store, self._sizes),
            self._allowances,
            QueryEnds(self.settings, self._query_store, self.usage, self.clock),
            self.athena,
            self.clock,
            self.new_id,
        )

    @cached_property
    def open_queries(self) -> "OpenQueries":
        from app.services.open_queries import OpenQueries

        return OpenQueries(self.settings, self._query_store, self.queries, self._allowances, self.clock)

    @cached_property
    def cache_hits(self) -> "CacheHits":
        from app.services.cache_hits import CacheHits

        return CacheHits(self.settings, self._usage_store, self.clock, self.new_id)

    @cached_property
    def usage(self) -> "Usage":
        from app.services.usage import Usage

        return Usage(self.settings, self._usage_store, self.cache_hits, self.clock)

    @cached_property
    def results(self) -> "Results":
        from app.services.results import Results

        return Results(self.settings, self.objects, self.clock)

    @cached_property
    def saved_queries(self) -> "SavedQueries":
        from app.adapters.dynamodb.saved_queries import SavedColumnsStore, SavedQueryStore
        from app.services.saved_queries import SavedQueries

        return SavedQueries(
            self.settings,
            SavedQueryStore(self._table),
            SavedColumnsStore(self._table),
            self._answers,
            self.queries,
            self._questions,
            self._chart_memory.forget,
            self.cache_hits,
            self.clock,
        )

    @cached_property
    def links(self) -> "Links":
        from app.services.links import Links

        return Links(self.settings, self.identity, self.saved_queries, self.clock)

    @cached_property
    def _chart_memory(self) -> "ChartMemory":
        from app.services.chart_memory import ChartMemory

        return ChartMemory(self.settings.chart_memory_bytes)

    @cached_property
    def charts(self) -> "Charts":
        from app.services.charts import Charts

        return Charts(self.settings, self.saved_queries, self.results, self._chart_memory, self.cache_hits, self.clock)


def build_lake(
    settings: Settings, *, clock: Clock = utc_now, new_id: IdFactory = new_ulid, jitter: Jitter = random.random
) -> Lake:
    """The container. Opens no connection: clients are made when first used."""
    return Lake(settings, clock, new_id, jitter)
