"""Raw datasets in Glue: a table of files with text columns, one partition per committed file, and a typed view.

Every file is a partition with a SerDe of its own, so that files of one dataset may differ in delimiter, header and
compression, and a file that OpenCSVSerDe cannot carry lies next to the others as JSON lines. The header line is skipped
by the partition's SerDe parameters, too; a table property would overrule them for all files (Trino's
MetastoreUtil.getHiveSchema puts the table's parameters last).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.adapters.athena import Athena
from app.adapters.catalog import OPEN_CSV, OPENX_JSON, PARQUET, Catalog, Partition, Storage, glue_type
from app.domain.datasets import Dataset
from app.domain.locations import FILE_PARTITION, dataset_prefix, files_table, folder_of, glue_database
from app.domain.schemas import Column, Schema
from app.intake.models import Dialect
from app.settings import Settings

_MARK = "headgate.schema_version"


class CommittedFile(NamedTuple):
    """What a partition says of a file. `data_key` is the object that the table reads, `dialect` how it is written."""

    id: str
    schema: Schema
    dialect: Dialect
    data_key: str


class RawTables:
    """What Athena knows of raw datasets. Every call can be repeated."""

    def __init__(self, settings: Settings, catalog: Catalog, athena: Athena) -> None:
        self._settings = settings
        self._catalog = catalog
        self._athena = athena

    def database(self, dataset: Dataset) -> str:
        return glue_database(dataset.tenant, dataset.namespace, home_tenant=self._settings.home_tenant)

    def ensure(self, dataset: Dataset, schema: Schema) -> None:
        """Table and view of this schema version. One read when they are there; the view is written last and says so."""
        view = self._catalog.find_table(self.database(dataset), dataset.name)
        if view is None or view.get("Parameters", {}).get(_MARK) != str(dataset.schema_version):
            self.make(dataset, schema)

    def make(self, dataset: Dataset, schema: Schema) -> None:
        """As `ensure`, whatever is there: a view does not show that its table is lost."""
        database, version = self.database(dataset), str(dataset.schema_version)
        self._catalog.ensure_database(database)
        kind = dataset.format.type if dataset.format else None
        self._catalog.put_table(
            database,
            files_table(dataset.name),
            Storage(
                columns=_physical(dataset, schema.columns),
                location=f"s3://{self._settings.pristine_bucket}/{dataset_prefix(dataset.tenant, dataset.id)}data/",
                serde={"json": OPENX_JSON, "parquet": PARQUET}.get(kind or "csv", OPEN_CSV),
            ),
            partition_keys=[(FILE_PARTITION, "string")],
            parameters={_MARK: version},
        )
        self._put_view(dataset, schema, version)

    def drop_view(self, dataset: Dataset) -> None:
        """Readers see the dataset no more; its files and their partitions stay."""
        self._catalog.drop_table(self.database(dataset), dataset.name)

    def add_files(self, dataset: Dataset, files: Sequence[CommittedFile]) -> None:
        """The partitions of files; those that are there stay as they are."""
        partitions = [self._partition(dataset, file) for file in files]
        self._catalog.add_partitions(self.database(dataset), files_table(dataset.name), partitions)

    def put_file(self, dataset: Dataset, file: CommittedFile) -> None:
        """The partition of a file that was placed before, in place of what it is now."""
        partition = self._partition(dataset, file)
        self._catalog.put_partition(self.database(dataset), files_table(dataset.name), partition)

    def drop_file(self, dataset: Dataset, file_id: str) -> None:
        """Readers see it no more."""
        self._catalog.drop_partition(self.database(dataset), files_table(dataset.name), (file_id,))

    def relation(self, dataset: Dataset, schema: Schema, files: Sequence[str] | None = None) -> Any:
        """The dataset as `app.sql` reads it: all files, or these."""
        from app.sql.relations import Relation

        return Relation(
            database=self.database(dataset),
            table=files_table(dataset.name) if dataset.is_raw else str(dataset.current_table),
            columns=schema.columns,
            files=None if files is None else tuple(files),
            is_text=dataset.is_raw and not dataset.is_parquet,
            is_json=dataset.is_raw and dataset.is_json,
            is_parquet=dataset.is_raw and dataset.is_parquet,
            hidden=dataset.current_hidden,
        )

    def _partition(self, dataset: Dataset, file: CommittedFile) -> Partition:
        serde, parameters = _serde(file.dialect)
        storage = Storage(
            columns=_physical(dataset, file.schema.columns),
            location=f"s3://{self._settings.pristine_bucket}/{folder_of(file.data_key)}",
            serde=serde,
            serde_parameters=parameters,
        )
        return Partition((file.id,), storage.descriptor())

    def _put_view(self, dataset: Dataset, schema: Schema, version: str) -> None:
        from app.sql.compile import compiled
        from app.sql.views import presto_view

        database = self.database(dataset)
        sql = compiled(self.relation(dataset, schema).rows(), self._athena.dialect)
        text = presto_view(sql, database, schema.columns)
        columns = [(column.name, glue_type(column.type)) for column in schema.columns]
        self._catalog.put_view(database, dataset.name, text, columns, {_MARK: version})


def _physical(dataset: Dataset, columns: Sequence[Column]) -> tuple[tuple[str, str], ...]:
    if dataset.is_parquet:
        return tuple((column.stored_name, glue_type(column.type)) for column in columns)
    return tuple((column.name, "string") for column in columns)


def _serde(dialect: Dialect) -> tuple[str, dict[str, str]]:
    if dialect.format == "parquet":
        return PARQUET, {"serialization.format": "1"}
    if dialect.format == "json":  # keys are the columns' names but for case: files of other keys are normalised
        return OPENX_JSON, {"serialization.format": "1"}
    parameters = {"separatorChar": dialect.delimiter, "quoteChar": dialect.quote, "escapeChar": "\\"}
    if dialect.has_header:
        parameters["skip.header.line.count"] = "1"
    return OPEN_CSV, parameters
