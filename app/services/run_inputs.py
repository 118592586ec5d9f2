"""What a run reads: claimed once, then the same however often it is asked."""

from typing import TYPE_CHECKING, NamedTuple

from app.adapters.dynamodb.files import FileStore
from app.adapters.dynamodb.versions import VersionStore
from app.domain.datasets import Dataset, is_read_otherwise
from app.domain.files import File, FileState
from app.domain.jobs import JobDefinition
from app.domain.run_problems import RunFailed
from app.domain.schemas import Column, Schema
from app.domain.versions import Input
from app.services.datasets import Datasets

if TYPE_CHECKING:
    from app.sql.relations import Relation


class Wanted(NamedTuple):
    """Which committed files: those numbered `after` < n <= `until`, the first `most` of them."""

    after: int = 0
    until: int | None = None
    most: int | None = None

    def of(self, files: list[File]) -> list[File]:
        found = [one for one in files if self.after < one.sequence <= (self.until or one.sequence)]
        return sorted(found, key=lambda one: one.sequence)[: self.most]


ALL = Wanted()


class RunInputs:
    """Claims inputs and says what they are for SQL. Nothing here writes."""

    def __init__(self, datasets: Datasets, files: FileStore, versions: VersionStore) -> None:
        self._datasets = datasets
        self._files = files
        self._versions = versions

    def claim(self, tenant: str, definition: JobDefinition, wanted: Wanted = ALL) -> tuple[Input, ...]:
        """What there is of each source now, of a raw one the wanted files. RunFailed (source_gone, no_input) when one
        has nothing; an input without files says that a raw source has nothing new.
        """
        return tuple(self._claimed(tenant, source, wanted) for source in definition.sources)

    def feed(self, tenant: str, definition: JobDefinition) -> str | None:
        """The raw source whose files are loaded once each; None when there is no single one."""
        found = [self._datasets.find(tenant, source) for source in definition.sources]
        raw = [one.id for one in found if one is not None and one.is_raw]
        return raw[0] if len(raw) == 1 else None

    def schema_versions(self, tenant: str, definition: JobDefinition) -> dict[str, int]:
        """Of the raw sources: what their files are read as."""
        found = [self._datasets.find(tenant, source) for source in definition.sources]
        return {one.id: one.schema_version for one in found if one is not None and one.is_raw}

    def batches(self, tenant: str, target: str) -> int:
        """Statements that wrote the target's present version; 1 while there is none."""
        dataset = self._datasets.find(tenant, target)
        if dataset is None or dataset.current_version is None:
            return 1
        return self._versions.get(tenant, target, dataset.current_version).batches

    def scanned_bytes(
        self, tenant: str, definition: JobDefinition, inputs: tuple[Input, ...], batches: int
    ) -> tuple[int, int]:
        """(least, most) bytes that writing from these inputs scans, if it takes no more than `batches` statements.
        Text is read whole, Parquet by its columns; counting partitions is a pass, and so is every statement.
        """
        is_counted = definition.layout.is_counted(batches)
        passes = 1 + batches if is_counted else 1
        whole = sum(one.bytes for one in inputs if self._is_text(tenant, one))
        return whole * (1 + is_counted), sum(one.bytes for one in inputs) * passes

    def relations(self, tenant: str, inputs: tuple[Input, ...]) -> dict[str, "Relation"]:
        """The sources as the run pinned them: these files, that version, that schema."""
        return {one.dataset: self._relation(tenant, one) for one in inputs}

    def unverified(self, tenant: str, inputs: tuple[Input, ...]) -> list["Relation"]:
        """The text that Athena must verify, since the door did not read it to its end, or as other types."""
        narrowed = [one.model_copy(update={"files": one.unverified}) for one in inputs if one.unverified]
        return [relation for one in narrowed if (relation := self._relation(tenant, one)).is_text]

    def columns(self, tenant: str, inputs: tuple[Input, ...]) -> dict[str, Column]:
        """The sources' columns by name; of two with one name, the first source's."""
        found: dict[str, Column] = {}
        for one in inputs:
            for column in self._schema(tenant, one).columns:
                found.setdefault(column.name, column)
        return found

    def _claimed(self, tenant: str, source: str, wanted: Wanted) -> Input:
        dataset = self._datasets.find(tenant, source)
        if dataset is None:
            raise RunFailed("source_gone", f"The source {source} is deleted.")
        found = self._files_of(dataset, wanted) if dataset.is_raw else self._version_of(dataset)
        if found is None or dataset.schema_version == 0:
            what = "committed file" if dataset.is_raw else "published version"
            raise RunFailed("no_input", f"The source {source} has no {what} yet.")
        return found

    def _files_of(self, dataset: Dataset, wanted: Wanted) -> Input | None:
        """Consistent: all files up to the number that the dataset had when it was read, and none above. The list comes
        in pages and is no snapshot: of those committed meanwhile it may show a later one and not an earlier.
        """
        files = self._files.every(dataset.tenant, dataset.id)
        last = dataset.last_sequence
        committed = [file for file in files if file.state is FileState.COMMITTED and file.sequence <= last]
        if not committed:
            return None
        committed = wanted.of(committed)
        return Input(
            dataset=dataset.id,
            version=dataset.current_version,
            sequence=max((file.sequence for file in committed), default=wanted.after),
            files=tuple(sorted(file.id for file in committed)),
            bytes=sum(_stored_bytes(file) for file in committed),
            schema_version=dataset.schema_version,
            unverified=self._unverified(dataset, committed),
        )

    def _unverified(self, dataset: Dataset, files: list[File]) -> tuple[str, ...]:
        """Ids of those that the door did not read to their end, or read otherwise than the present schema does."""

        def schema(number: int) -> Schema:
            return self._datasets.schema_at(dataset.tenant, dataset.id, number)

        present = dataset.schema_version
        numbers = {file.schema_version for file in files if file.schema_version not in {None, present}}
        otherwise = {number for number in numbers if number and is_read_otherwise(schema(number), schema(present))}
        return tuple(
            sorted(
                file.id
                for file in files
                if file.schema_version in otherwise or (file.report is not None and not file.report.is_complete)
            )
        )

    def _version_of(self, dataset: Dataset) -> Input | None:
        if dataset.current_version is None:
            return None
        version = self._versions.get(dataset.tenant, dataset.id, dataset.current_version)
        return Input(dataset=dataset.id, version=version.id, bytes=version.bytes, schema_version=version.schema_version)

    def _relation(self, tenant: str, claimed: Input) -> "Relation":
        from app.sql.relations import Relation

        schema = self._schema(tenant, claimed)
        if claimed.files:
            dataset = self._datasets.store.find(tenant, claimed.dataset)
            if dataset is None:
                raise RunFailed("source_gone", f"The source {claimed.dataset} is gone.")
            return self._datasets.relation(dataset, claimed.files, schema)
        version = self._versions.get(tenant, claimed.dataset, str(claimed.version))
        return Relation(version.database, str(version.table), schema.columns, hidden=version.hidden)

    def _schema(self, tenant: str, claimed: Input) -> Schema:
        return self._datasets.schema_at(tenant, claimed.dataset, claimed.schema_version)

    def _is_text(self, tenant: str, claimed: Input) -> bool:
        dataset = self._datasets.store.find(tenant, claimed.dataset) if claimed.files else None
        return dataset is not None and not dataset.is_parquet


def _stored_bytes(file: File) -> int:
    """At most: a normalised copy may be larger than what was dropped."""
    inflated = file.report.bytes_out if file.report is not None and file.report.normalised else 0
    return max(file.size_bytes, inflated)
