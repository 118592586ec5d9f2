"""The rows of a run, as SQL: what its sources become, on top of what stays of its base."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.adapters.athena import Athena
from app.adapters.dynamodb.versions import VersionStore
from app.domain.jobs import JobDefinition
from app.domain.merges import Merge
from app.domain.runs import Run
from app.services.datasets import Datasets
from app.services.run_inputs import RunInputs

if TYPE_CHECKING:
    from app.sql.ctas import PartitionValues
    from app.sql.relations import Relation
    from app.sql.select import Rows


class RunRows:
    """Made of nothing but what the run claimed, so that a statement that is started twice is the same statement."""

    def __init__(self, inputs: RunInputs, datasets: Datasets, versions: VersionStore, athena: Athena) -> None:
        self._inputs = inputs
        self._datasets = datasets
        self._versions = versions
        self._athena = athena

    def new(self, run: Run) -> "Rows":
        """What the claimed files become: in a merge the latest change per key, in a back-fill the range's."""
        from app.sql import changes
        from app.sql.select import transform_select

        definition = _definition(run)
        sources = self._inputs.relations(run.tenant, run.inputs)
        if definition.mode == "merge":
            merge = _merge(definition)
            (source,) = sources.values()
            rows = changes.latest(changes.changes_select(definition.transform, merge, source), merge)
        else:
            rows = transform_select(definition.transform, sources, dialect=self._athena.dialect)
        return changes.ranged(rows, run.scope, self.base_relation(run)) if run.scope else rows

    def written(self, run: Run, partitions: "Sequence[PartitionValues] | None") -> "Rows":
        """What the run's statements write. `partitions`: those that a merge touches, once they are known."""
        from app.sql import changes

        rows = self.new(run)
        if run.build == "merge":
            base = self.base(run)
            if partitions and len(partitions) <= changes.MOST_NAMED:
                base = changes.in_partitions(base, _definition(run).layout, partitions)
            return changes.merged(base, rows, _merge(_definition(run)))
        if run.build == "rebuild" or not run.is_whole:
            return rows
        relation = self.base_relation(run)
        stays = changes.base_rows(relation)
        if run.scope:
            stays = changes.ranged(stays, run.scope, relation, is_inside=False)
        return changes.united(stays, rows)

    def partitions_sql(self, run: Run) -> str:
        """The statement that lists the partitions to write."""
        from app.sql.changes import touched_select
        from app.sql.ctas import partitions_select

        definition, dialect = _definition(run), self._athena.dialect
        if run.build == "merge" and not run.is_whole:
            rows, merge = self.new(run), _merge(definition)
            return touched_select(self.base(run), rows, merge, definition.layout, dialect=dialect)
        return partitions_select(self.written(run, None), definition.layout, dialect=dialect)

    def base(self, run: Run) -> "Rows":
        from app.sql.changes import base_rows

        return base_rows(self.base_relation(run))

    def base_relation(self, run: Run) -> "Relation":
        """The version that the run builds on, as SQL reads it."""
        from app.sql.relations import Relation

        base = self._versions.get(run.tenant, run.target, str(run.base))
        schema = self._datasets.schema_at(run.tenant, run.target, base.schema_version)
        return Relation(base.database, str(base.table), schema.columns, hidden=base.hidden)


def _definition(run: Run) -> JobDefinition:
    if run.definition is None:
        raise ValueError(f"run {run.id} has not claimed its inputs")
    return run.definition


def _merge(definition: JobDefinition) -> Merge:
    return definition.merge or Merge()
