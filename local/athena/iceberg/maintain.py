"""OPTIMIZE and VACUUM.

Sources: https://docs.aws.amazon.com/athena/latest/ug/optimize-statement.html and vacuum-statement.html, with the
defaults of the table properties that they name.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import FileScanTask, Table
from sqlglot import exp

from local.athena import catalog, objects, planning, syntax
from local.athena.errors import QueryFailed
from local.athena.hivelex import Cursor
from local.athena.hivetext import NOTHING, Lines
from local.athena.iceberg import OPENED, is_iceberg
from local.athena.iceberg.catalog import EmbeddedCatalog, commit_failed, writable
from local.athena.iceberg.commit import Changes, commit
from local.athena.iceberg.files import target_bytes, write_rows
from local.athena.iceberg.io import ObjectsIO
from local.athena.iceberg.opening import Opened, rows_of
from local.athena.iceberg.scan import files_sql
from local.athena.iceberg.tasks import plan_files
from local.athena.iceberg.types import stored
from local.athena.statements import Statement

if TYPE_CHECKING:
    from local.athena.runner import Run

_OPTIMIZE = re.compile(
    r"optimize\s+([\w`\".$-]+)\s+rewrite\s+data\s+using\s+bin_pack(?:\s+where\s+(.*))?$", re.IGNORECASE | re.DOTALL
)
_DAYS_5 = 5 * 24 * 3600 * 1000  # vacuum_max_snapshot_age_seconds is 432000


def _table(name: str, database: str) -> Table:
    schema, table_name = Cursor(name).table(database, trino=True)
    table = catalog.find_table(schema, table_name)
    if table is None:
        shown = f"{catalog.CATALOG}.{schema}.{table_name}"
        raise QueryFailed("TABLE_NOT_FOUND", f"line 1:1: Table '{shown}' does not exist")
    if not is_iceberg(table):
        raise QueryFailed("NOT_SUPPORTED", f"Only supported for Iceberg tables: {schema}.{table_name}")
    return writable(table, is_change=True)


def run(job: "Run", statement: Statement) -> Lines:
    """One OPTIMIZE or VACUUM. Raises QueryFailed."""
    _RUN[statement.kind](job, statement)
    return NOTHING


def _optimize(job: "Run", statement: Statement) -> None:
    """OPTIMIZE t REWRITE DATA USING BIN_PACK [WHERE condition]: small files and those with deletes are written anew."""
    match = _OPTIMIZE.match(statement.text)
    if match is None:
        raise QueryFailed(
            "SYNTAX_ERROR", "line 1:1: Expecting: OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE predicate]"
        )
    table = _table(match[1], job.database)
    snapshot = table.current_snapshot()
    if snapshot is None:
        return
    opened = Opened(table, table.schema(), snapshot.snapshot_id)
    tasks = _selected(job, opened, match[2]) if match[2] else plan_files(opened, [])
    groups = _worth(table, tasks)
    chosen = [task for group in groups for task in group]
    io = EmbeddedCatalog().io
    columns = [(f.name.lower(), stored(f.field_type)) for f in table.schema().fields]
    job.on_scan(sum(t.file.file_size_in_bytes for t in chosen))
    added = []
    for group in groups:
        rows = f"SELECT * FROM {files_sql(opened, group, columns)}"
        is_one = group[0].file.spec_id == table.spec().spec_id  # an older layout falls into many partitions of today's
        added += write_rows(job.cursor, rows, table, io, job.query_id, is_one_partition=is_one)[0]
    removed = [t.file for t in chosen]
    paths = {file.file_path for file in removed}
    others = (t for t in plan_files(opened, []) if t.file.file_path not in paths)
    kept = {d.file_path for t in others for d in t.delete_files}
    deletes = {d.file_path: d for t in chosen for d in t.delete_files if d.file_path not in kept}
    changes = Changes(added=added, removed=removed, removed_deletes=list(deletes.values()), is_rewrite=True)
    commit(table, changes, lambda: job.on_scan(0))


def _selected(job: "Run", opened: Opened, condition: str) -> list[FileScanTask]:
    """The files of the partitions that a WHERE leaves; it may name partition columns only: files are not split."""
    query = syntax.parse(f"SELECT 1 FROM t WHERE {condition}")
    sources = {opened.schema.find_field(f.source_id).name.lower() for f in opened.table.spec().fields}
    for column in query.find_all(exp.Column):
        if column.name.lower() not in sources:
            raise QueryFailed(
                "NOT_SUPPORTED",
                "Unexpected FilterNode found in plan; probably connector was not able to handle provided WHERE "
                f"expression: {column.name}",
            )
    schema, name = opened.table.name()
    node = exp.Table(this=exp.to_identifier(name, quoted=True), db=exp.to_identifier(schema, quoted=True))
    places = exp.select(exp.column("$path", quoted=True)).from_(rows_of(node, opened.table)).distinct()
    places.set("where", query.args["where"])
    planned = planning.plan(places, job.database, job.planner, condition)
    scan = next(s for s in planned.scans if OPENED in s.table)
    filters = [text for _, given in scan.uses for text in given]
    return plan_files(opened, filters)


def _worth(table: Table, tasks: list[FileScanTask]) -> list[list[FileScanTask]]:
    """The files to write anew, by partition: small and large ones, those with deletes, and those of an older layout.

    By default two small files are joined and any delete file is applied; Athena waits for five and for two.
    """
    held, target, spec = table.properties, target_bytes(table), table.spec().spec_id
    least = int(held.get("athena.optimize.rewrite.min-data-file-size-bytes", target * 3 // 4))
    most = int(held.get("athena.optimize.rewrite.max-data-file-size-bytes", target * 9 // 5))
    enough = int(held.get("athena.optimize.rewrite.data-file-threshold", 2))
    deletes = int(held.get("athena.optimize.rewrite.delete-file-threshold", 1))
    groups: dict[Any, list[FileScanTask]] = {}
    for task in tasks:
        groups.setdefault((task.file.spec_id, repr(task.file.partition)), []).append(task)
    found = []
    for (spec_id, _), group in groups.items():
        small = [t for t in group if t.file.file_size_in_bytes < least]
        joined = {t.file.file_path for t in small} if len(small) >= enough else set()
        chosen = [
            t
            for t in group
            if spec_id != spec
            or len(t.delete_files) >= deletes
            or t.file.file_size_in_bytes > most
            or t.file.file_path in joined
        ]
        found += [chosen] if chosen else []
    return found


def _vacuum(job: "Run", statement: Statement) -> None:
    """VACUUM t: snapshots that are too old expire, and what no snapshot names any more is removed."""
    match = re.match(r"vacuum\s+([\w`\".$-]+)\s*$", statement.text, re.IGNORECASE)
    if match is None:
        raise QueryFailed("SYNTAX_ERROR", "line 1:1: Expecting: VACUUM table")
    table = _table(match[1], job.database)
    if not objects.split_uri(table.location().rstrip("/"))[1]:
        where = table.location().rstrip("/")
        raise QueryFailed("GENERIC_INTERNAL_ERROR", f"Path missing in file system location: {where}")
    before = _referenced(table)
    doomed = _expired(table)
    if doomed:
        try:
            table.maintenance.expire_snapshots().by_ids(doomed).commit()
        except CommitFailedException as error:
            raise commit_failed(table, error) from error
        table = table.refresh()
    gone = before - _referenced(table)
    gone |= _orphans(table)
    objects.delete([objects.split_uri(uri) for uri in sorted(gone)])


def _expired(table: Table) -> list[int]:
    """Snapshots older than the table keeps, but for the newest ones and those that a branch or tag names."""
    held = table.properties
    oldest = int(time.time() * 1000) - int(held.get("history.expire.max-snapshot-age-ms", _DAYS_5))
    keep = int(held.get("history.expire.min-snapshots-to-keep", 1))
    ordered = sorted(table.snapshots(), key=lambda s: s.timestamp_ms, reverse=True)
    named = {ref.snapshot_id for ref in table.metadata.refs.values()}
    return [s.snapshot_id for s in ordered[keep:] if s.timestamp_ms < oldest and s.snapshot_id not in named]


def _referenced(table: Table) -> set[str]:
    """Every file that a snapshot of the table needs."""
    found: set[str] = set()
    for snapshot in table.snapshots():
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in found:
                found.add(manifest.manifest_path)
                entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
                found.update(entry.data_file.file_path for entry in entries)
    return found


def _orphans(table: Table) -> set[str]:
    """Objects below the table's location that nothing names, and that are too old to belong to a running statement."""
    needed = _referenced(table) | {entry.metadata_file for entry in table.metadata.metadata_log}
    needed.add(table.metadata_location)
    location = table.location().rstrip("/") + "/"
    newest = time.time() - int(table.properties.get("history.expire.max-snapshot-age-ms", _DAYS_5)) / 1000
    io = table.io
    assert isinstance(io, ObjectsIO)
    found = set()
    for key in objects.keys_under(location):
        held = io.stored(location + key)
        if location + key not in needed and held is not None and Path(held.path).stat().st_mtime < newest:
            found.add(location + key)
    return found


_RUN: dict[str, Callable[["Run", Statement], None]] = {"OPTIMIZE": _optimize, "VACUUM": _vacuum}
