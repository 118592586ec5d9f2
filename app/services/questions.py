"""Questions: callers' SQL checked against the datasets there are, and what makes two questions the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.adapters.athena import Athena
from app.domain.datasets import Dataset
from app.domain.errors import BadSql
from app.domain.locations import dataset_of_rejects
from app.domain.queries import TypedValue, fingerprint
from app.services.datasets import Datasets

if TYPE_CHECKING:
    from app.sql.guard import Guarded
    from app.sql.relations import Relation
    from app.sql.scans import Scan


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
    scans: "tuple[Scan, ...]"


class Questions:
    """SQL in, plans out. Asks the register, never Athena."""

    def __init__(self, datasets: Datasets, athena: Athena) -> None:
        self._datasets = datasets
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
            scans=tuple(replace(scan, dataset=seen[scan.dataset].id) for scan in checked.scans),
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
