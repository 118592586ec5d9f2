"""Questions: callers' SQL checked against the datasets there are, and what makes two questions the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.adapters.athena import Athena
from app.adapters.dynamodb.versions import VersionStore
from app.domain.datasets import Dataset
from app.domain.errors import BadSql
from app.domain.locations import dataset_of_rejects
from app.domain.queries import TypedValue, cost_usd, fingerprint
from app.services.datasets import Datasets
from app.settings import Settings

if TYPE_CHECKING:
    from app.sql.guard import Guarded
    from app.sql.relations import Relation


@dataclass(frozen=True)
class Sources:
    """The datasets of a question. `versions`: what readers see now; `states` changes also with a dataset's schema,
    `revisions` with anything that is known of it.
    """

    versions: dict[str, str | None]
    states: dict[str, str | None]
    revisions: dict[str, int]


@dataclass(frozen=True)
class Plan:
    """A question that may be asked. `statement` is for Athena."""

    statement: str
    canonical_sql: str
    datasets: tuple[str, ...]
    columns: tuple[str, ...] | None
    columns_used: Mapping[str, tuple[str, ...]]
    is_deterministic: bool
    versions: dict[str, str | None]
    fingerprint: str


@dataclass(frozen=True)
class DatasetEstimate:
    """What a question may read of one dataset, at most."""

    id: str
    version: str | None
    columns: tuple[str, ...]
    bytes: int
    files: int


@dataclass(frozen=True)
class Estimate:
    """Upper bounds, from the manifests; Athena is not asked."""

    datasets: tuple[DatasetEstimate, ...]
    columns: tuple[str, ...] | None
    bytes_upper_bound: int
    cost_usd_upper_bound: str
    is_reusable: bool


class Questions:
    """SQL in, plans and estimates out. Asks the register, never Athena."""

    def __init__(self, settings: Settings, datasets: Datasets, versions: VersionStore, athena: Athena) -> None:
        self._settings = settings
        self._datasets = datasets
        self._versions = versions
        self._athena = athena

    def plan(self, tenant: str, sql: str, parameters: Mapping[str, TypedValue], row_limit: int) -> Plan:
        """BadSql when it may not be asked, NotReady when a dataset has no data yet."""
        seen: dict[str, Dataset] = {}
        checked = self._guarded(tenant, sql, parameters, row_limit, seen)
        datasets = tuple({seen[one].id: seen[one] for one in checked.datasets}.values())
        sources = _sources(datasets)
        return Plan(
            statement=checked.sql,
            canonical_sql=checked.canonical_sql,
            datasets=tuple(sorted(sources.versions)),
            columns=checked.columns,
            columns_used=_columns_used(checked.columns_used, seen),
            is_deterministic=checked.is_deterministic,
            versions=sources.versions,
            fingerprint=self.fingerprint(tenant, checked.canonical_sql, parameters, row_limit, sources),
        )

    def sources(self, tenant: str, dataset_ids: tuple[str, ...]) -> Sources:
        """The present versions, in one request. BadSql when one is gone."""
        found = self._datasets.store.many(tenant, dataset_ids)
        alive = tuple(one for one in found if one.deleted_at is None)
        if len(alive) != len(dataset_ids):
            gone = sorted(set(dataset_ids) - {one.id for one in alive})
            raise BadSql(f"The query reads {', '.join(gone)[:300]}, which is deleted; change the query.")
        return _sources(alive)

    @staticmethod
    def fingerprint(
        tenant: str, canonical_sql: str, parameters: Mapping[str, TypedValue], row_limit: int, sources: Sources
    ) -> str:
        return fingerprint(
            tenant=tenant,
            canonical_sql=canonical_sql,
            parameters=parameters,
            dataset_versions=sources.states,
            row_limit=row_limit,
        )

    def estimate(self, tenant: str, sql: str, parameters: Mapping[str, TypedValue], row_limit: int) -> Estimate:
        """What it reads at most. Bytes are those of the current versions, all columns and partitions of them."""
        plan = self.plan(tenant, sql, parameters, row_limit)
        datasets = tuple(self._bounded(tenant, one, plan) for one in plan.datasets)
        total = sum(one.bytes for one in datasets)
        return Estimate(
            datasets=datasets,
            columns=plan.columns,
            bytes_upper_bound=total,
            cost_usd_upper_bound=cost_usd(
                total,
                usd_per_tb=self._settings.athena_usd_per_tb,
                minimum_bytes=self._settings.athena_minimum_bytes,
            ),
            is_reusable=plan.is_deterministic,
        )

    def sizes(self, tenant: str, plan: Plan) -> dict[str, int]:
        """Bytes of each dataset of a plan, at most; one request."""
        wanted = [(one, version) for one, version in plan.versions.items() if version is not None]
        found = {one.dataset_id: one.bytes for one in self._versions.many(tenant, wanted)}
        return {one: found.get(one, 0) for one in plan.datasets}

    def _bounded(self, tenant: str, dataset_id: str, plan: Plan) -> DatasetEstimate:
        version = plan.versions[dataset_id]
        manifest = self._versions.find(tenant, dataset_id, version) if version else None
        return DatasetEstimate(
            id=dataset_id,
            version=version,
            columns=tuple(plan.columns_used[dataset_id]),
            bytes=manifest.bytes if manifest else 0,
            files=manifest.files if manifest else 0,
        )

    def _guarded(
        self,
        tenant: str,
        sql: str,
        parameters: Mapping[str, TypedValue],
        row_limit: int,
        seen: dict[str, Dataset],
    ) -> "Guarded":
        from app.sql.guard import guard
        from app.sql.parameters import Parameter

        def resolve(dataset_id: str) -> "Relation | None":
            rejected_of = dataset_of_rejects(dataset_id)
            dataset = self._datasets.find(tenant, rejected_of or dataset_id)
            if dataset is None:
                return None
            seen[dataset_id] = dataset
            relation = self._datasets.relation(dataset)
            return relation.rejects() if rejected_of else relation

        return guard(
            sql,
            resolve=resolve,
            dialect=self._athena.dialect,
            parameters={name: Parameter(given.type, given.value) for name, given in parameters.items()},
            row_limit=row_limit,
        )


def _columns_used(used: Mapping[str, tuple[str, ...]], seen: Mapping[str, Dataset]) -> dict[str, tuple[str, ...]]:
    """By dataset: its rejects lie in the same table."""
    found: dict[str, tuple[str, ...]] = {}
    for name, columns in used.items():
        before = found.get(seen[name].id, ())
        found[seen[name].id] = (*before, *(column for column in columns if column not in before))
    return found


def _sources(datasets: tuple[Dataset, ...]) -> Sources:
    # A new schema may cast the same text to other types, so it is part of what the data is.
    return Sources(
        versions={one.id: one.current_version for one in datasets},
        states={one.id: f"{one.current_version}@{one.schema_version}" for one in datasets},
        revisions={one.id: one.revision for one in datasets},
    )
