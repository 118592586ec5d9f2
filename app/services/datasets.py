"""Datasets: register, find, change, delete; their schemas, and what they are for SQL."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.adapters.dynamodb.classifiers import ClassifierStore
from app.adapters.dynamodb.datasets import DatasetStore
from app.adapters.dynamodb.search import SearchStore
from app.adapters.dynamodb.table import Page
from app.domain.access import Principal
from app.domain.contracts import check_contract
from app.domain.datasets import (
    Dataset,
    DatasetPatch,
    NewDataset,
    Tier,
    check_names,
    check_stored_names,
    check_successor,
    with_stored_names,
)
from app.domain.errors import (
    AlreadyExists,
    Conflict,
    FieldError,
    InUse,
    InvalidInput,
    NotFound,
    NotReady,
    PreconditionFailed,
)
from app.domain.file_formats import FileFormat
from app.domain.identifiers import Clock
from app.domain.locations import files_table
from app.domain.schema_versions import SchemaVersion
from app.domain.schemas import Schema
from app.domain.search import Token, asked_words, owner_token, tag_token, tokens_of
from app.services.raw_tables import RawTables

if TYPE_CHECKING:
    from app.sql.relations import Relation

_SCHEMAS_KEPT = 64
Origin = Literal["declared", "inferred", "job"]


class Search(NamedTuple):
    """What a list is narrowed to; None does not narrow."""

    q: str | None = None
    namespace: str | None = None
    tier: Tier | None = None
    owner: str | None = None
    tag: str | None = None


class Datasets:
    """The register. Registration is one conditional write; tokens and tables follow and heal when touched again."""

    def __init__(
        self, store: DatasetStore, search: SearchStore, classifiers: ClassifierStore, tables: RawTables, clock: Clock
    ) -> None:
        self.store = store
        self._search = search
        self._classifiers = classifiers
        self._tables = tables
        self._clock = clock
        self._schemas: OrderedDict[tuple[str, str, int], Schema] = OrderedDict()

    def register(self, principal: Principal, new: NewDataset) -> Dataset:
        """AlreadyExists when the name is taken; that, too, repairs what a crash left undone."""
        self._check_classifier(principal.tenant, new.format)
        schema = new.schema_.safe(new.format.null_value if new.format else None) if new.schema_ else None
        if schema is not None:
            check_names(schema, primary_key=new.primary_key, order_by=_one(new.order_by))
            if new.format is not None and new.format.type == "parquet":
                check_stored_names(schema, None)
        dataset = self._new(principal.tenant, principal.id, new)
        if new.contract is not None:
            check_contract(is_raw=dataset.is_raw, partition_by=new.partition_by, counted_by=())
        try:
            return self._added(dataset, schema, "declared", principal.id)
        except AlreadyExists:
            existing = self.store.find(principal.tenant, new.id)
            if existing is not None and existing.deleted_at is None:
                self.heal(existing)
            raise AlreadyExists(
                f"{new.id} is registered already; change it with PATCH or choose another name."
                if existing is None or existing.deleted_at is None
                else f"{new.id} is deleted and its files are kept: POST /v1/datasets/{new.id}/restore, or rename."
            ) from None

    def find(self, tenant: str, dataset_id: str) -> Dataset | None:
        """None when there is none or it is deleted."""
        found = self.store.find(tenant, dataset_id)
        return found if found is not None and found.deleted_at is None else None

    def get(self, principal: Principal, dataset_id: str) -> Dataset:
        found = self.find(principal.tenant, dataset_id)
        if found is None:
            raise NotFound(f"There is no dataset {dataset_id[:260]}, or it is not yours.")
        return found

    def described(self, principal: Principal, dataset_id: str) -> tuple[Dataset, SchemaVersion | None]:
        """A dataset and its present schema; two reads."""
        dataset = self.get(principal, dataset_id)
        if dataset.schema_version == 0:
            return dataset, None
        return dataset, self.store.schemas.get(dataset.tenant, dataset.id, dataset.schema_version)

    def schema_of(self, dataset: Dataset) -> Schema | None:
        """The present schema, None before the first."""
        if dataset.schema_version == 0:
            return None
        return self.schema_at(dataset.tenant, dataset.id, dataset.schema_version)

    def schema_at(self, tenant: str, dataset_id: str, number: int) -> Schema:
        """One version of a dataset's schema. It never changes, so it is remembered."""
        key = (tenant, dataset_id, number)
        if key not in self._schemas:
            self._schemas[key] = self.store.schemas.get(*key).schema_
            while len(self._schemas) > _SCHEMAS_KEPT:
                self._schemas.popitem(last=False)
        return self._schemas[key]

    def relation(
        self, dataset: Dataset, files: Sequence[str] | None = None, schema: Schema | None = None
    ) -> "Relation":
        """What SQL reads in the dataset's place: all its files, or these, under its present schema or this one.
        NotReady while there is nothing to read.
        """
        schema = schema or self.schema_of(dataset)
        if schema is None or (not dataset.is_raw and dataset.current_table is None):
            raise NotReady(f"{dataset.id} has no data yet; wait for its first file or run.")
        relation: Relation = self._tables.relation(dataset, schema, files)
        return relation

    def list(self, principal: Principal, search: Search, limit: int, page_token: str | None) -> Page[Dataset]:
        """By id. Without facets, or by namespace alone, one request; else tokens and the datasets they lead to."""
        tokens = _tokens(search)
        if not tokens:
            return self.store.list(principal.tenant, search.namespace, limit, page_token)
        if search.namespace:
            tokens = (*tokens, Token("namespace", search.namespace))
        found = self._search.find(principal.tenant, tokens, limit, page_token)
        datasets = self.store.many(principal.tenant, found.items)
        return Page(tuple(one for one in datasets if one.deleted_at is None), found.next_page_token)

    def change(self, principal: Principal, dataset_id: str, patch: DatasetPatch, revision: int) -> Dataset:
        """PreconditionFailed when it changed since; BadSchema when committed files would not fit."""
        dataset = self._expected(principal, dataset_id, revision)
        self._check_classifier(principal.tenant, patch.format)
        before = self.schema_of(dataset)
        schema = self._changed_schema(dataset, before, patch)
        changed = self._patched(dataset, patch, schema or before)
        if schema is None:
            stored = self.store.put(changed)
        else:
            changed, version = self.evolved(changed, schema, "declared", principal.id)
            stored = self.store.put(changed, version)
        old, new = tokens_of(dataset, before), tokens_of(stored, schema or before)
        self._search.change(stored.tenant, stored.id, add=new - old, drop=old - new)
        if stored.is_raw and schema is not None:
            self._tables.ensure(stored, schema)
        return stored

    def delete(self, principal: Principal, dataset_id: str, revision: int) -> None:
        """Soft: readers and lists lose it, files stay, `Versions.restore` undoes it. InUse while a job has it."""
        dataset = self._expected(principal, dataset_id, revision)
        users = self.store.users(dataset.tenant, dataset.id)
        if users:
            raise InUse(f"Jobs read or write {dataset.id}: {', '.join(users)}. Delete them first.")
        tokens = tokens_of(dataset, self.schema_of(dataset))
        now = self._clock()
        self.store.put(dataset.model_copy(update={"deleted_at": now, "updated_at": now}))
        self._search.change(dataset.tenant, dataset.id, add=(), drop=tokens)
        self._tables.drop_view(dataset)

    def schema_versions(
        self, principal: Principal, dataset_id: str, limit: int, page_token: str | None
    ) -> Page[SchemaVersion]:
        dataset = self.get(principal, dataset_id)
        return self.store.schemas.list(dataset.tenant, dataset.id, limit, page_token)

    def ensure_target(self, tenant: str, by: str, new: NewDataset) -> Dataset:
        """The dataset a job writes, registered when it is not there. Conflict when it takes files."""
        if new.tier is Tier.RAW:
            raise InvalidInput("A job writes a curated or business dataset; choose one of these tiers.")
        found = self.store.find(tenant, new.id)
        if found is None:
            try:
                return self._added(self._new(tenant, by, new), None, "job", by)
            except AlreadyExists:
                found = self.store.find(tenant, new.id)
        if found is None or found.deleted_at is not None or found.is_raw:
            raise Conflict(f"{new.id} takes files or is deleted; a job needs another target.")
        return found

    def infer(self, dataset: Dataset, schema: Schema, changes: dict[str, object]) -> Dataset:
        """The first schema of a dataset. AlreadyExists / PreconditionFailed when another file was faster."""
        started = dataset.model_copy(update=changes)
        started, version = self.evolved(started, schema, "inferred", "headgate")
        stored = self.store.put(started, version)
        self._search.change(stored.tenant, stored.id, add=tokens_of(stored, schema))
        return stored

    def evolved(self, dataset: Dataset, schema: Schema, origin: Origin, by: str) -> tuple[Dataset, SchemaVersion]:
        """The dataset under its next schema version, and that version; to be stored together (`store.put`)."""
        now = self._clock()
        version = SchemaVersion(
            dataset_id=dataset.id,
            tenant=dataset.tenant,
            number=dataset.schema_version + 1,
            columns=schema.columns,
            origin=origin,
            created_at=now,
            created_by=by,
        )
        changes = {"schema_version": version.number, "column_count": len(schema.columns), "updated_at": now}
        return dataset.model_copy(update=changes), version

    def heal(self, dataset: Dataset) -> None:
        """Do again what registration does after its write."""
        self.index(dataset)
        schema = self.schema_of(dataset)
        if dataset.is_raw and schema is not None:
            self._tables.ensure(dataset, schema)

    def index(self, dataset: Dataset) -> None:
        """Make it found by all that describes it now, its columns too. Can be repeated."""
        self._search.change(dataset.tenant, dataset.id, add=tokens_of(dataset, self.schema_of(dataset)))

    def _new(self, tenant: str, by: str, new: NewDataset) -> Dataset:
        now: datetime = self._clock()
        return Dataset(
            id=new.id,
            tenant=tenant,
            current_table=files_table(new.name) if new.tier is Tier.RAW else None,
            created_at=now,
            created_by=by,
            updated_at=now,
            **new.model_dump(exclude={"schema_", "format"}),
            format=new.format,
        )

    def _added(self, dataset: Dataset, schema: Schema | None, origin: Origin, by: str) -> Dataset:
        if schema is None:
            stored = self.store.put(dataset)
        else:
            stored = self.store.put(*self.evolved(dataset, schema, origin, by))
        self._search.change(stored.tenant, stored.id, add=tokens_of(stored, schema))
        if stored.is_raw and schema is not None:
            self._tables.ensure(stored, schema)
        return stored

    def _check_classifier(self, tenant: str, form: FileFormat | None) -> None:
        name = form.classifier if form else None
        if name is not None and self._classifiers.find(tenant, name) is None:
            wrong = FieldError("/format/classifier", "unknown_classifier", f"PUT /v1/classifiers/{name} first.")
            raise InvalidInput("The format names a classifier that is not there.", (wrong,))

    def _expected(self, principal: Principal, dataset_id: str, revision: int) -> Dataset:
        dataset = self.get(principal, dataset_id)
        if dataset.revision != revision:
            raise PreconditionFailed("The dataset changed since you read it; read it again and repeat the change.")
        return dataset

    def _changed_schema(self, dataset: Dataset, before: Schema | None, patch: DatasetPatch) -> Schema | None:
        if patch.schema_ is None:
            return None
        if not dataset.is_raw:
            raise InvalidInput("The schema of a curated or business dataset comes from its job; change the job.")
        form = patch.format or dataset.format
        schema = patch.schema_.safe(form.null_value if form else None)
        committed = before if dataset.current_version is not None else None
        if committed is not None:
            check_successor(committed, schema)
        if form is not None and form.type == "parquet":
            schema = with_stored_names(committed, schema) if committed is not None else schema
            check_stored_names(schema, committed)
        return schema if schema != before else None

    def _patched(self, dataset: Dataset, patch: DatasetPatch, schema: Schema | None) -> Dataset:
        given = patch.model_fields_set - {"schema_"}
        changes = {name: getattr(patch, name) for name in given}
        for name in ("description", "tags", "primary_key", "partition_by"):
            if name in changes and changes[name] is None:
                changes[name] = Dataset.model_fields[name].get_default(call_default_factory=True)
        if "format" in changes and dataset.current_version is not None:
            _check_format(dataset, patch)
        changed = dataset.model_copy(update={**changes, "updated_at": self._clock()})
        if changed.contract is not None:
            counted_by = dataset.partition_by if dataset.current_version is not None else ()
            check_contract(is_raw=dataset.is_raw, partition_by=changed.partition_by, counted_by=counted_by)
        if schema is not None:
            check_names(schema, primary_key=changed.primary_key, order_by=_one(changed.order_by))
        return changed


def _check_format(dataset: Dataset, patch: DatasetPatch) -> None:
    old = dataset.format.type if dataset.format else None
    new = patch.format.type if patch.format else None
    if {old, new} & {"parquet", "json"} and old != new:
        raise Conflict("Files are committed in the present format; register another dataset for files of another type.")


def _one(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()


def _tokens(search: Search) -> tuple[Token, ...]:
    tokens: list[Token] = []
    if search.q is not None:
        words = asked_words(search.q)
        if not words:
            raise InvalidInput("q has no letter or digit; search for words.")
        tokens += words
    if search.tag is not None:
        key, colon, value = search.tag.partition(":")
        if not colon:
            raise InvalidInput("tag has the form key:value.")
        tokens.append(tag_token(key, value))
    if search.owner is not None:
        tokens.append(owner_token(search.owner))
    if search.tier is not None:
        tokens.append(Token("tier", search.tier))
    return tuple(tokens)
