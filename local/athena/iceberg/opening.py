"""An Iceberg table as a statement sees it: one snapshot, chosen when the statement is planned."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pyiceberg.schema import Schema
from pyiceberg.table import Table
from sqlglot import exp

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.iceberg import OPENED
from local.athena.iceberg.catalog import load
from local.athena.iceberg.types import to_trino
from local.trino.types import BIGINT, Type

ROW_POSITION = "$row_position"
_META = "iceberg_rows"
Evaluate = Callable[[exp.Expr], object]


class _Held:
    """A table in the margin of a syntax node: copies of the node keep the very same."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __deepcopy__(self, memo: object) -> "_Held":
        return self


@dataclass(frozen=True)
class Opened:
    """`snapshot_id` is None for a table without rows; `schema` is the snapshot's own when it is an old one."""

    table: Table
    schema: Schema
    snapshot_id: int | None


def rows_of(node: exp.Table, table: Table) -> exp.Table:
    """The reference to a table that is to be changed: it shows `$row_position`, and reads the very state given."""
    node.meta[_META] = _Held(table)
    return node


def opened(table: catalog.Table, node: exp.Table, evaluate: Evaluate) -> tuple[catalog.Table, list[tuple[str, Type]]]:
    """What planning needs of an Iceberg table: the Glue table that carries what was opened, and its columns.

    `evaluate` computes a constant expression (of FOR TIMESTAMP AS OF). Raises QueryFailed.
    """
    given = node.meta.get(_META)
    iceberg = given.table if isinstance(given, _Held) else load(table)
    current = iceberg.metadata.current_snapshot()
    found = Opened(iceberg, iceberg.schema(), current.snapshot_id if current else None)
    version = node.args.get("version")
    if version is not None:
        found = _travelled(iceberg, version, evaluate)
    columns = [(f.name.lower(), to_trino(f.field_type)) for f in found.schema.fields]
    if given is not None:
        columns.append((ROW_POSITION, BIGINT))
    return {**table, OPENED: found}, columns


def _travelled(table: Table, version: exp.Expr, evaluate: Evaluate) -> Opened:
    at = version.expression
    if str(version.name).upper() == "TIMESTAMP":
        return _as_of(table, _instant(at, evaluate))
    if isinstance(at, exp.Literal) and at.is_string:
        ref = table.metadata.refs.get(at.name)
        if ref is None:
            raise QueryFailed("INVALID_ARGUMENTS", f"Cannot find snapshot with reference name: {at.name}")
        return _at(table, ref.snapshot_id)
    value = int(at.name) if isinstance(at, exp.Literal) else int(str(evaluate(at)))
    return _at(table, value)


def _instant(at: exp.Expr, evaluate: Evaluate) -> datetime:
    zoned = exp.cast(at, exp.DataType.build("timestamp with time zone", dialect="trino"))
    seconds = evaluate(exp.Anonymous(this="to_unixtime", expressions=[zoned]))
    if seconds is None:
        raise QueryFailed("INVALID_ARGUMENTS", "Pointer value cannot be NULL")
    return datetime.fromtimestamp(float(str(seconds)), UTC)


def _as_of(table: Table, instant: datetime) -> Opened:
    """The snapshot that was current then. The log of the table says, so a rollback is respected."""
    wanted = int(instant.timestamp() * 1000)
    entry = next((e for e in reversed(table.history()) if e.timestamp_ms <= wanted), None)
    if entry is None:
        shown = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        name = ".".join(f'"{n}"' for n in table.name())
        raise QueryFailed("INVALID_ARGUMENTS", f"No version history table {name} at or before {shown}")
    return _at(table, entry.snapshot_id)


def _at(table: Table, snapshot_id: int) -> Opened:
    snapshot = table.snapshot_by_id(snapshot_id)
    if snapshot is None:
        raise QueryFailed("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {snapshot_id}")
    schema = table.schemas().get(snapshot.schema_id) if snapshot.schema_id is not None else None
    return Opened(table, schema or table.schema(), snapshot_id)
