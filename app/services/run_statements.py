"""The SQL of a run: which statement comes next, as text. It is made of nothing but what the run claimed, so that a
statement that is started twice is the same statement.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from app.adapters.athena import Athena
from app.adapters.catalog import Catalog
from app.domain.checks import Check, NotNullCheck, UniqueCheck
from app.domain.errors import BadSchema
from app.domain.jobs import JobDefinition
from app.domain.locations import is_hidden
from app.domain.run_executions import Purpose
from app.domain.run_problems import RunFailed
from app.domain.runs import Run
from app.domain.schemas import Column, parse_type
from app.services.places import Places
from app.services.run_inputs import RunInputs
from app.services.run_rows import RunRows

if TYPE_CHECKING:
    from app.sql.relations import Relation

MAX_PARTITIONS = 10_000
"""Partitions of one version: a hundred statements. Finer layouts make files too small to be worth reading."""


MAX_STATEMENTS = 1_000
"""Statements of one attempt: a run keeps them all in one item, of 400 KB at most."""


class Statement(NamedTuple):
    """One statement, what it is for, and how many will have written in the end, if that is known."""

    sql: str
    purpose: Purpose
    batches: int | None = None


class RunStatements:
    """Compiles statements; starts none."""

    def __init__(
        self,
        inputs: RunInputs,
        rows: RunRows,
        places: Places,
        catalog: Catalog,
        athena: Athena,
    ) -> None:
        self._inputs = inputs
        self._rows = rows
        self._places = places
        self._catalog = catalog
        self._athena = athena

    def writing(self, run: Run) -> Statement | None:
        """The next statement of `write`, None when all are done."""
        done = run.done_in_present_step
        is_counted = run.counts_from is not None
        if is_counted and not done:
            return Statement(self._rows.partitions_sql(run), "partitions")
        partitions = self.partitions(run)
        if run.splits and run.refusals and partitions is not None and len(partitions) < 2:
            raise RunFailed("athena_timeout", "Athena ended the only partition's statement, which ran too long.")
        statements = self.write_statements(run, partitions)
        at = len(done) - is_counted
        if at == len(statements):
            return None
        return Statement(statements[at], "insert" if at else "create", len(statements))

    def partitions(self, run: Run) -> list[tuple[str | None, ...]] | None:
        """The partitions to write, once they are counted; None for a run that does not count them."""
        if run.counts_from is None:
            return None
        counted = next(
            one for one in run.executions if one.purpose == "partitions" and one.attempt == run.attempt and one.is_over
        )
        return self._partitions(counted.id, len(_definition(run).layout.partition_by))

    def write_statements(self, run: Run, partitions: Sequence[tuple[str | None, ...]] | None) -> tuple[str, ...]:
        """A CTAS, and INSERTs above 100 partitions."""
        from app.sql.ctas import ctas_statements

        place = self._places.of(run, run.attempt)
        write = ctas_statements(
            self._rows.written(run, partitions),
            database=place.database,
            table=place.written,
            location=place.location,
            layout=_definition(run).layout,
            dialect=self._athena.dialect,
            partitions=partitions,
            splits=run.splits,
        )
        return write.statements

    def can_split(self, run: Run) -> bool:
        """Whether the write that took too long can be done with fewer partitions in each statement."""
        from app.sql.ctas import partitions_each

        layout, done = _definition(run).layout, run.done_in_present_step
        if not layout.partition_by or layout.bucket_by or done[-1].purpose == "partitions":
            return False
        if run.counts_from is None:
            return True
        count = len(self._partitions(done[0].id, len(layout.partition_by)))
        return (
            partitions_each(count, run.splits) > 1 and count // partitions_each(count, run.splits + 1) <= MAX_STATEMENTS
        )

    def checking(self, run: Run) -> Statement | None:
        """The next statement of `check`: the gate over the new version, then what the door did not read."""
        done = run.done_in_present_step
        if not done:
            from app.sql.checks import gate_select

            sql = gate_select(self.checks(run), self.version(run), dialect=self._athena.dialect)
            return Statement(sql, "gate")
        relations = self.misreadable(run)
        if len(done) > len(relations):
            return None
        from app.sql.misread import misread_select

        return Statement(misread_select(relations[len(done) - 1], dialect=self._athena.dialect), "verify")

    def misreadable(self, run: Run) -> list["Relation"]:
        """Sources with files that Athena must verify."""
        unverified = self._inputs.unverified(run.tenant, run.inputs)
        if not unverified:
            return []
        from app.sql.misread import checked_columns

        return [relation for relation in unverified if checked_columns(relation)]

    def checks(self, run: Run) -> tuple[Check, ...]:
        """The job's checks, then the target's primary key: unique and not null. A merge's keys are never null: rows
        without one would be one row or several, as their files happened to fall into runs. A staged part is not judged:
        the version that readers get is, whole.
        """
        if run.is_staged:
            return ()
        definition, key = _definition(run), run.primary_key
        own: list[Check] = []
        if key:
            own += [UniqueCheck(type="unique", columns=key), NotNullCheck(type="not_null", columns=key)]
        merge_keys = definition.merge.keys if definition.mode == "merge" and definition.merge else ()
        if rest := tuple(name for name in merge_keys if name not in key):
            own.append(NotNullCheck(type="not_null", columns=rest))
        return (*definition.checks, *own)

    def version(self, run: Run) -> "Relation":
        """The table that the present attempt made, with the types that Athena gave it."""
        from app.sql.lineage import inherited
        from app.sql.relations import Relation

        place = self._places.of(run, run.attempt)
        table = self._catalog.find_table(place.database, place.table)
        if table is None:
            raise RunFailed("athena_failed", "The table that Athena wrote is gone from the catalog.")
        origins = inherited(_definition(run).transform, self._inputs.columns(run.tenant, run.inputs))
        raw = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
        shown = [one for one in raw if not is_hidden(one["Name"])]
        columns = tuple(_column(one, origins.get(one["Name"])) for one in shown)
        hidden = tuple(one["Name"] for one in raw if is_hidden(one["Name"]))
        return Relation(place.database, place.table, columns, hidden=hidden)

    def _partitions(self, execution_id: str, keys: int) -> list[tuple[str | None, ...]]:
        rows = self._athena.rows(execution_id, most=MAX_PARTITIONS + 1)
        if len(rows) > MAX_PARTITIONS:
            raise RunFailed(
                "too_many_partitions",
                f"The layout makes more than {MAX_PARTITIONS:,} partitions.",
                execution_id=execution_id,
            )
        return [row[:keys] for row in rows]


def _definition(run: Run) -> JobDefinition:
    if run.definition is None:
        raise ValueError(f"run {run.id} has not claimed its inputs")
    return run.definition


def _column(raw: Any, origin: Column | None) -> Column:
    """A column as Glue has it. What is sensitive stays so: description and classification come from the source."""
    try:
        kind = parse_type(raw["Type"])
    except BadSchema as error:
        raise RunFailed("bad_sql", f"The column {raw['Name']} has a type that Headgate does not know.") from error
    if origin is None:
        return Column(name=raw["Name"], type=kind)
    return Column(name=raw["Name"], type=kind, description=origin.description, classification=origin.classification)
