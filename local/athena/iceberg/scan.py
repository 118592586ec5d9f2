"""From a planned scan of an Iceberg table to DuckDB's relation: files pruned, deletes applied, bytes counted.

DuckDB reads all data files itself, so memory stays bounded by its setting; PyIceberg only plans.
"""

from collections.abc import Iterable
from typing import Any

from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import FileScanTask
from pyiceberg.transforms import IdentityTransform

from local.athena import planning, scanned
from local.athena.errors import QueryFailed
from local.athena.footers import footer
from local.athena.iceberg import OPENED, mapping
from local.athena.iceberg.filters import row_filter
from local.athena.iceberg.io import ObjectsIO
from local.athena.iceberg.opening import ROW_POSITION, Opened
from local.athena.serdes import DataFile as StoredFile
from local.athena.sqltypes import columns_of, literal, quoted

# What metadata says never changes, so neither do the files of a snapshot under a condition.
_planned: dict[tuple[str, int, str], list[FileScanTask]] = {}
_PLANNED_FILES = 20_000
_DELETED_PATH, _DELETED_POSITION = "file_path", "pos"  # reserved field ids 2147483546 and 2147483545


def relation(scan: planning.Scan) -> tuple[str, int]:
    """The SQL of the scan's relation, and the bytes that reading it counts for."""
    opened: Opened = scan.table[OPENED]
    chosen: dict[str, FileScanTask] = {}
    total = 0
    for columns, filters in scan.uses:
        tasks = plan_files(opened, filters)
        total += _bytes(opened, tasks, columns, filters)
        chosen.update((task.file.file_path, task) for task in tasks)
    if not chosen:
        return planning.empty_relation(scan), total
    return files_sql(opened, list(chosen.values()), scan.columns), total


def plan_files(opened: Opened, filters: list[str]) -> list[FileScanTask]:
    """The files that the conditions leave, with the delete files of each. Raises QueryFailed for unreadable ones."""
    if opened.snapshot_id is None:
        return []
    is_current = opened.schema.schema_id == opened.table.schema().schema_id
    condition = row_filter(filters if is_current else [], opened.table.schema())
    key = (opened.table.metadata_location, opened.snapshot_id, repr(condition))
    tasks = _planned.get(key)
    if tasks is not None:
        return tasks
    try:
        tasks = list(opened.table.scan(condition, snapshot_id=opened.snapshot_id).plan_files())
    except ValueError as error:
        raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena cannot read this Iceberg table: {error}") from error
    for file in (f for task in tasks for f in (task.file, *task.delete_files)):
        if file.file_format != FileFormat.PARQUET:
            raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena does not read {file.file_format} Iceberg files")
        if file.content == DataFileContent.EQUALITY_DELETES:
            raise QueryFailed("NOT_SUPPORTED", "The embedded Athena does not read Iceberg equality deletes")
    if sum(map(len, _planned.values())) + len(tasks) > _PLANNED_FILES:
        _planned.clear()
    _planned[key] = tasks
    return tasks


def files_sql(opened: Opened, tasks: list[FileScanTask], columns: Iterable[tuple[str, Any]]) -> str:
    """A subquery over the rows of the files: one SELECT for each layout of columns."""
    io = _io(opened)
    names = opened.table.name_mapping()
    groups: dict[tuple[str, ...], list[FileScanTask]] = {}
    for task in tasks:
        schema = mapping.file_schema(io.path(task.file.file_path), opened.schema, names)
        constants = _constants(opened, task.file)
        listed = [mapping.column(f, schema, constants.get(f.field_id)) for f in opened.schema.fields]
        key = (str(schema), "deletes" if task.delete_files else "", *listed)
        groups.setdefault(key, []).append(task)
    wanted = list(columns)
    return "(" + " UNION ALL ".join(_group_sql(opened, k[2:], group, wanted) for k, group in groups.items()) + ")"


def _group_sql(
    opened: Opened, listed: tuple[str, ...], group: list[FileScanTask], columns: list[tuple[str, Any]]
) -> str:
    io = _io(opened)
    own = dict(zip((f.name.lower() for f in opened.schema.fields), listed, strict=True))
    paths = [io.path(task.file.file_path) for task in group]
    uri = _by_file([literal(task.file.file_path) for task in group], "VARCHAR")
    special = {
        "$path": uri,
        "$file_size": _by_file([str(task.file.file_size_in_bytes) for task in group], "BIGINT"),
        ROW_POSITION: "file_row_number",
    }
    selected = ", ".join(f"{own[n] if n in own else special[n]} AS {quoted(n)}" for n, _ in columns)
    source = (
        f"read_parquet([{', '.join(map(literal, paths))}], file_row_number = true, union_by_name = false, "
        "hive_partitioning = false)"
    )
    deletes = {d.file_path: io.path(d.file_path) for task in group for d in task.delete_files}
    if not deletes:
        return f"SELECT {selected} FROM {source}"
    gone = (
        f"(SELECT {_DELETED_PATH} AS _path, {_DELETED_POSITION} AS _pos "
        f"FROM read_parquet([{', '.join(map(literal, deletes.values()))}]))"
    )
    rows = f"SELECT *, {uri} AS _uri, file_row_number AS _row FROM {source}"
    where = f"NOT EXISTS (FROM {gone} AS _d WHERE _d._path = _f._uri AND _d._pos = _f._row)"
    return f"SELECT {selected.replace(uri, '_uri')} FROM ({rows}) AS _f WHERE {where}"


def _by_file(values: list[str], kind: str) -> str:
    """A value of each file: a constant, or looked up by the file's place in the list."""
    if len(set(values)) == 1:
        return f"CAST({values[0]} AS {kind})"
    return f"list_extract(CAST([{', '.join(values)}] AS {kind}[]), (file_index + 1)::BIGINT)"


def _constants(opened: Opened, file: DataFile) -> dict[int, Any]:
    """Field id to value for identity partitions: files of migrated Hive tables do not hold those columns."""
    spec = opened.table.specs()[file.spec_id]
    schema = opened.table.schema()
    return {
        field.source_id: field.transform.to_human_string(schema.find_type(field.source_id), file.partition[i])
        for i, field in enumerate(spec.fields)
        if isinstance(field.transform, IdentityTransform)
        and file.partition[i] is not None
        and field.source_id in schema.field_ids
    }


def _bytes(opened: Opened, tasks: list[FileScanTask], columns: set[str], filters: list[str]) -> int:
    """Chunks of the needed columns in the files left, and the delete files whole, each once."""
    io, names = _io(opened), opened.table.name_mapping()
    read = columns.union(*(c[1] for text in filters if (c := columns_of(text)) is not None))
    total = 0
    for task in tasks:
        stored = io.stored(task.file.file_path)
        if stored is None:
            raise QueryFailed("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split {task.file.file_path}")
        held = {f.field_id: f.name.lower() for f in mapping.file_schema(stored.path, opened.schema, names).fields}
        wanted = {f.name.lower(): held.get(f.field_id) for f in opened.schema.fields if f.name.lower() in read}
        if all(name == old for name, old in wanted.items()):
            total += scanned.parquet_bytes([StoredFile(stored)], columns, filters)
        else:
            meta = footer(stored.path)
            total += sum(meta.chunk_bytes(g, old) for g in range(meta.row_groups) for old in wanted.values() if old)
    deletes = {d.file_path: d.file_size_in_bytes for task in tasks for d in task.delete_files}
    return total + sum(deletes.values())


def _io(opened: Opened) -> ObjectsIO:
    io = opened.table.io
    assert isinstance(io, ObjectsIO)
    return io
