"""Settings -> AWS clients -> adapters -> services, once. The container is the whole house."""

from dataclasses import dataclass

from app.adapters.athena import Athena
from app.adapters.aws import Aws
from app.adapters.catalog import Catalog
from app.adapters.dynamodb.api_keys import ApiKeyStore
from app.adapters.dynamodb.datasets import DatasetStore
from app.adapters.dynamodb.files import FileStore
from app.adapters.dynamodb.idempotency import IdempotencyStore
from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.queries import AnswerStore, QueryStore
from app.adapters.dynamodb.runs import RunStore
from app.adapters.dynamodb.saved_queries import SavedQueryStore
from app.adapters.dynamodb.search import SearchStore
from app.adapters.dynamodb.table import Table
from app.adapters.dynamodb.versions import VersionStore
from app.adapters.objects import Objects
from app.adapters.tokens import JwksVerifier
from app.domain.identifiers import Clock, IdFactory, new_ulid, utc_now
from app.services.charts import Charts
from app.services.datasets import Datasets
from app.services.files import Files
from app.services.idempotency import Idempotency
from app.services.identity import Identity
from app.services.inference import Inference
from app.services.ingestion import Ingestion
from app.services.jobs import Jobs
from app.services.previews import Previews
from app.services.queries import Queries
from app.services.questions import Questions
from app.services.raw_tables import RawTables
from app.services.results import Results
from app.services.run_cleaning import RunCleaning
from app.services.run_inputs import RunInputs
from app.services.run_statements import RunStatements
from app.services.run_steps import RunSteps
from app.services.runs import Runs
from app.services.saved_queries import SavedQueries
from app.services.uploads import Uploads
from app.services.verification import Verification
from app.services.versions import Versions
from app.settings import Settings


@dataclass(frozen=True)
class Lake:
    """Every service of the product. Build one per process."""

    settings: Settings
    aws: Aws
    clock: Clock
    identity: Identity
    idempotency: Idempotency
    athena: Athena
    objects: Objects
    catalog: Catalog
    datasets: Datasets
    inference: Inference
    files: Files
    uploads: Uploads
    ingestion: Ingestion
    jobs: Jobs
    previews: Previews
    runs: Runs
    versions: Versions
    queries: Queries
    saved_queries: SavedQueries
    results: Results
    charts: Charts


def build_lake(settings: Settings, *, clock: Clock = utc_now, new_id: IdFactory = new_ulid) -> Lake:
    """Build it. Opens no connection: clients are made when first used."""
    aws = Aws(settings)
    table = Table(aws, settings.table_name, new_id)
    tokens = JwksVerifier(settings) if settings.jwt_jwks_url else None
    athena, objects, catalog = Athena(aws), Objects(aws), Catalog(aws)
    versions, ledger = VersionStore(table), FileStore(table)
    tables = RawTables(settings, catalog, athena)
    datasets = Datasets(DatasetStore(table), SearchStore(table), tables, clock)
    verification = Verification(settings, objects)
    jobs, open_runs = JobStore(table), RunStore(table)
    inputs = RunInputs(settings, datasets, ledger, versions)
    statements = RunStatements(settings, inputs, datasets.store, catalog, athena)
    pointers = Versions(settings, versions, datasets, catalog, objects, athena, clock)
    steps = RunSteps(settings, jobs, datasets, inputs, statements, pointers, catalog, objects, athena, clock, new_id)
    cleaning = RunCleaning(datasets, statements, steps, pointers, athena)
    runs = Runs(settings, open_runs, jobs, steps, cleaning, athena, clock, new_id)
    questions, answers = Questions(settings, datasets, versions, athena), AnswerStore(table)
    queries = Queries(settings, QueryStore(table), answers, questions, athena, objects, clock, new_id)
    results = Results(settings, objects, clock)
    return Lake(
        settings=settings,
        aws=aws,
        clock=clock,
        identity=Identity(settings, ApiKeyStore(table), tokens, clock, new_id),
        idempotency=Idempotency(settings, IdempotencyStore(table), clock),
        athena=athena,
        objects=objects,
        catalog=catalog,
        datasets=datasets,
        inference=Inference(datasets, verification),
        files=Files(datasets, ledger),
        uploads=Uploads(settings, datasets, ledger, objects, clock, new_id),
        ingestion=Ingestion(
            settings,
            datasets,
            ledger,
            versions,
            tables,
            objects,
            verification,
            runs.on_arrival_of_file,
            clock,
            new_id,
        ),
        jobs=Jobs(jobs, open_runs, datasets, athena, clock),
        previews=Previews(settings, jobs, inputs, statements, clock),
        runs=runs,
        versions=pointers,
        queries=queries,
        saved_queries=SavedQueries(settings, SavedQueryStore(table), answers, queries, questions, clock),
        results=results,
        charts=Charts(results),
    )
