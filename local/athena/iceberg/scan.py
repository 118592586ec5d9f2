"""From a planned scan of an Iceberg table to DuckDB's relation: files pruned, deletes applied, bytes counted.

DuckDB reads all data files itself, so memory stays bounded by its setting; PyIceberg only plans.
"""

from collections.abc import Iterable
from typing import Any

from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.table import FileScanTask
from pyiceberg.transforms import IdentityTransform

from local.athena import planning, scanned
from local.athena.errors import QueryFailed
from local.athena.footers import footer
from local.athena.iceberg import OPENED, mapping
from local.athena.iceberg.io import ObjectsIO
from local.athena.iceberg.opening import ROW_POSITION, Opened
from local.athena.iceberg.tasks import plan_files
from local.athena.serdes import DataFile as StoredFile
from local.athena.sqltypes import columns_of
from local.trino.types import literal, quoted

_DELETED_PATH, _DELETED_POSITION = "file_path", "pos"  # reserved field ids 2147483546 and 2147483545


def relation(scan: planning.Scan) -> tuple[str, int]:
    """The SQL of the scan's relation, and the bytes that reading it counts for."""
    opened: Opened = scan.table[OPENED]
    chosen: dict[str, FileScanTask] = {}
    total = 0
    try:
        for columns, filters in scan.uses:
            tasks = plan_files(opened, filters)
            total += _bytes(opened, tasks, columns, filters)
            chosen.update((task.file.file_path, task) for task in tasks)
        if not chosen:
            return planning.empty_relation(scan), total
        return files_sql(opened, list(chosen.values()), scan.columns), total
    except FileNotFoundError as missing:
        raise QueryFailed("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split: {missing}") from missing


def files_sql(opened: Opened, tasks: list[FileScanTask], columns: Iterable[tuple[str, Any]]) -> str:
    """A subquery over the rows of the files: one SELECT for each layout of columns."""
    io = _io(opened)
    names = opened.table.name_mapping()
    groups: dict[tuple[str, ...], list[FileScanTask]] = {}
    for task in tasks:
        schema = mapping.file_schema(io.path(task.file.file_path), opened.schema, names)
        constants = _constants(opened, task.file)
        listed = [mapping.column(f, schema, constants.get(f.field_id)) for f in opened.schema.fields]
        positions, equality = _by_content(task)
        # Position deletes say themselves which file they are of; equality deletes are those of the whole group.
        key = (str(schema), "positions" if positions else "", " ".join(d.file_path for d in equality), *listed)
        groups.setdefault(key, []).append(task)
    wanted = list(columns)
    return "(" + " UNION ALL ".join(_group_sql(opened, k[3:], group, wanted) for k, group in groups.items()) + ")"


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
    positions = {d.file_path: io.path(d.file_path) for task in group for d in _by_content(task)[0]}
    equality = _by_content(group[0])[1]
    if not positions and not equality:
        return f"SELECT {selected} FROM {source}"
    rows = f"SELECT *, {uri} AS __uri, file_row_number AS __row FROM {source}"
    conditions = [_not_among(opened, own, files) for files in _by_columns(equality)]
    if positions:
        gone = (
            f"(SELECT {_DELETED_PATH} AS _path, {_DELETED_POSITION} AS _pos "
            f"FROM read_parquet([{', '.join(map(literal, positions.values()))}]))"
        )
        conditions.append(f"NOT EXISTS (FROM {gone} AS _d WHERE _d._path = _f.__uri AND _d._pos = _f.__row)")
    return f"SELECT {selected.replace(uri, '__uri')} FROM ({rows}) AS _f WHERE {' AND '.join(conditions)}"


def _by_content(task: FileScanTask) -> tuple[list[DataFile], list[DataFile]]:
    """Its position deletes and its equality deletes, by address."""
    ordered = sorted(task.delete_files, key=lambda d: d.file_path)
    equality = [d for d in ordered if d.content == DataFileContent.EQUALITY_DELETES]
    return [d for d in ordered if d.content != DataFileContent.EQUALITY_DELETES], equality


def _by_columns(equality: list[DataFile]) -> list[list[DataFile]]:
    groups: dict[tuple[int, ...], list[DataFile]] = {}
    for file in equality:
        groups.setdefault(tuple(file.equality_ids or ()), []).append(file)
    return list(groups.values())


def _not_among(opened: Opened, own: dict[str, str], files: list[DataFile]) -> str:
    """The condition that a row equals no row of the delete files in their columns; NULL equals NULL."""
    io, names = _io(opened), opened.table.name_mapping()
    fields = [opened.table.schema().find_field(i) for i in files[0].equality_ids or ()]
    if any(f.name.lower() not in own for f in fields):
        raise QueryFailed("NOT_SUPPORTED", "The embedded Athena reads equality deletes of top-level columns only")
    parts = []
    for file in files:
        path = io.path(file.file_path)
        schema = mapping.file_schema(path, opened.schema, names)
        shown = ", ".join(f"{mapping.column(f, schema)} AS __k{f.field_id}" for f in fields)
        parts.append(f"SELECT {shown} FROM read_parquet({literal(path)})")
    equal = " AND ".join(f"_e.__k{f.field_id} IS NOT DISTINCT FROM ({own[f.name.lower()]})" for f in fields)
    return f"NOT EXISTS (FROM ({' UNION ALL '.join(parts)}) AS _e WHERE {equal})"


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
            raise FileNotFoundError(task.file.file_path)
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
