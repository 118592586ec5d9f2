"""`"table$files"` and its kin: what Iceberg's metadata says, as relations with the columns of Trino's connector.

Source: https://trino.io/docs/current/connector/iceberg.html#metadata-tables; Athena's "Query Iceberg table metadata".
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, DataFileContent, ManifestFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import ancestors_of
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import IcebergType, PrimitiveType

from local.athena import catalog
from local.athena.errors import QueryFailed
from local.athena.iceberg.catalog import load
from local.athena.iceberg.types import to_trino
from local.trino.storage import stored_type
from local.trino.types import Type, array, literal, map_of, quoted, row

Rows = list[list[Any]]
Columns = list[tuple[str, Type]]
_BIGINT, _INTEGER, _VARCHAR = Type("bigint"), Type("integer"), Type("varchar")
_INSTANT = Type("timestamp with time zone", (3,))
_IDENTITY: Any = IdentityTransform()
_COUNTS = map_of(_INTEGER, _BIGINT)
_BOUNDS = map_of(_INTEGER, _VARCHAR)


def relation(table: catalog.Table, name: str) -> tuple[list[tuple[str, Any]], str]:
    """Columns and SQL of an Iceberg table's `table$part`. Raises QueryFailed where there is no such part."""
    part = name.rpartition("$")[2]
    if part not in _PARTS:
        where = f"{catalog.CATALOG}.{table['DatabaseName']}.{name}"
        raise QueryFailed("TABLE_NOT_FOUND", f"line 1:1: Table '{where}' does not exist")
    columns, rows = _PARTS[part](load(table))
    return columns, _sql(columns, rows)


def _sql(columns: Columns, rows: Rows) -> str:
    def line(values: Iterable[Any]) -> str:
        shown = zip(values, columns, strict=True)
        return "SELECT " + ", ".join(f"CAST({_value(v, t)} AS {stored_type(t)}) AS {quoted(n)}" for v, (n, t) in shown)

    if not rows:
        return f"({line([None] * len(columns))} WHERE 1 = 0)"
    return f"({' UNION ALL '.join(map(line, rows))})"


def _value(value: Any, kind: Type) -> str:
    """A value as DuckDB's SQL."""
    if value is None:
        return "NULL"
    if kind.name == "map":
        keys = ", ".join(_value(k, kind.of[0]) for k in value)
        values = ", ".join(_value(v, kind.of[1]) for v in value.values())
        return f"MAP([{keys}], [{values}])" if value else f"CAST(MAP {{}} AS {stored_type(kind)})"
    if kind.name == "array":
        return f"[{', '.join(_value(v, kind.of[0]) for v in value)}]"
    if kind.name == "row":
        pairs = zip(kind.names, value, kind.of, strict=True)
        return "{" + ", ".join(f"{literal(n)}: {_value(v, t)}" for n, v, t in pairs) + "}"
    if kind.name == "timestamp with time zone":
        return f"CAST({literal(value.isoformat())} AS TIMESTAMPTZ)"
    if isinstance(value, bytes):
        return f"unhex({literal(value.hex())})"
    return literal(str(value))


def _instant(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _history(table: Table) -> tuple[Columns, Rows]:
    columns = [("made_current_at", _INSTANT), ("snapshot_id", _BIGINT), ("parent_id", _BIGINT),
               ("is_current_ancestor", Type("boolean"))]  # fmt: skip
    ancestors = {s.snapshot_id for s in ancestors_of(table.current_snapshot(), table.metadata)}
    rows = []
    for entry in table.history():
        snapshot = table.snapshot_by_id(entry.snapshot_id)
        parent = snapshot.parent_snapshot_id if snapshot else None
        rows.append([_instant(entry.timestamp_ms), entry.snapshot_id, parent, entry.snapshot_id in ancestors])
    return columns, rows


def _snapshots(table: Table) -> tuple[Columns, Rows]:
    columns = [("committed_at", _INSTANT), ("snapshot_id", _BIGINT), ("parent_id", _BIGINT), ("operation", _VARCHAR),
               ("manifest_list", _VARCHAR), ("summary", map_of(_VARCHAR, _VARCHAR))]  # fmt: skip
    rows: Rows = [
        [
            _instant(s.timestamp_ms),
            s.snapshot_id,
            s.parent_snapshot_id,
            s.summary.operation.value if s.summary else None,
            s.manifest_list,
            dict(s.summary.additional_properties) if s.summary else {},
        ]
        for s in table.snapshots()
    ]
    return columns, rows


def _refs(table: Table) -> tuple[Columns, Rows]:
    columns = [("name", _VARCHAR), ("type", _VARCHAR), ("snapshot_id", _BIGINT), ("max_reference_age_in_ms", _BIGINT),
               ("min_snapshots_to_keep", _INTEGER), ("max_snapshot_age_in_ms", _BIGINT)]  # fmt: skip
    rows: Rows = [
        [n, r.snapshot_ref_type.upper(), r.snapshot_id, r.max_ref_age_ms, r.min_snapshots_to_keep,
         r.max_snapshot_age_ms]
        for n, r in table.metadata.refs.items()
    ]  # fmt: skip
    return columns, rows


def _manifests_of(table: Table) -> list[ManifestFile]:
    snapshot = table.current_snapshot()
    return list(snapshot.manifests(table.io)) if snapshot else []


def _files_of(table: Table) -> list[DataFile]:
    found = []
    for manifest in _manifests_of(table):
        found += [e.data_file for e in manifest.fetch_manifest_entry(table.io, discard_deleted=True)]
    return found


def _manifests(table: Table) -> tuple[Columns, Rows]:
    summary = row(
        [("contains_null", Type("boolean")), ("contains_nan", Type("boolean")), ("lower_bound", _VARCHAR),
         ("upper_bound", _VARCHAR)]
    )  # fmt: skip
    columns = [
        ("path", _VARCHAR), ("length", _BIGINT), ("partition_spec_id", _INTEGER), ("added_snapshot_id", _BIGINT),
        ("added_data_files_count", _INTEGER), ("added_rows_count", _BIGINT), ("existing_data_files_count", _INTEGER),
        ("existing_rows_count", _BIGINT), ("deleted_data_files_count", _INTEGER), ("deleted_rows_count", _BIGINT),
        ("partition_summaries", array(summary)),
    ]  # fmt: skip
    rows: Rows = []
    for m in _manifests_of(table):
        spec = table.specs()[m.partition_spec_id]
        kinds = [f.field_type for f in spec.partition_type(table.schema()).fields]
        summaries = [
            [p.contains_null, p.contains_nan, _bound(k, p.lower_bound, f), _bound(k, p.upper_bound, f)]
            for p, k, f in zip(m.partitions or [], kinds, spec.fields, strict=False)
        ]
        rows.append([
            m.manifest_path, m.manifest_length, m.partition_spec_id, m.added_snapshot_id, m.added_files_count,
            m.added_rows_count, m.existing_files_count, m.existing_rows_count, m.deleted_files_count,
            m.deleted_rows_count, summaries,
        ])  # fmt: skip
    return columns, rows


def _bound(kind: IcebergType, raw: bytes | None, field: Any) -> str | None:
    if raw is None or not isinstance(kind, PrimitiveType):
        return None
    return str(field.transform.to_human_string(kind, from_bytes(kind, raw)))


def _files(table: Table) -> tuple[Columns, Rows]:
    columns = [
        ("content", _INTEGER), ("file_path", _VARCHAR), ("file_format", _VARCHAR), ("record_count", _BIGINT),
        ("file_size_in_bytes", _BIGINT), ("column_sizes", _COUNTS), ("value_counts", _COUNTS),
        ("null_value_counts", _COUNTS), ("nan_value_counts", _COUNTS), ("lower_bounds", _BOUNDS),
        ("upper_bounds", _BOUNDS), ("key_metadata", Type("varbinary")), ("split_offsets", array(_BIGINT)),
        ("equality_ids", array(_INTEGER)),
    ]  # fmt: skip
    rows: Rows = [
        [
            int(f.content), f.file_path, f.file_format.value, f.record_count, f.file_size_in_bytes, f.column_sizes,
            f.value_counts, f.null_value_counts, f.nan_value_counts, _shown(f.lower_bounds, table.schema()),
            _shown(f.upper_bounds, table.schema()), f.key_metadata, f.split_offsets, f.equality_ids,
        ]
        for f in _files_of(table)
    ]  # fmt: skip
    return columns, rows


def _shown(bounds: dict[int, bytes] | None, schema: Schema) -> dict[int, str]:
    """Bounds of the table's own columns as text."""
    return {
        i: text
        for i, raw in (bounds or {}).items()
        if i in schema.field_ids and (text := _plain(schema.find_type(i), raw)) is not None
    }


def _plain(kind: IcebergType, raw: bytes) -> str | None:
    if not isinstance(kind, PrimitiveType):
        return None
    return str(_IDENTITY.to_human_string(kind, from_bytes(kind, raw)))


def _partitions(table: Table) -> tuple[Columns, Rows]:
    """One row for each partition that has data files; `data` has the bounds of columns that are no partition."""
    schema, spec = table.schema(), table.spec()
    kind = row([(f.name, to_trino(f.field_type)) for f in spec.partition_type(schema).fields])
    plain = [f for f in schema.fields if f.field_type.is_primitive and f.field_id not in _identities(spec)]
    each = [row([("min", t), ("max", t), ("null_count", _BIGINT), ("nan_count", _BIGINT)])
            for t in (to_trino(f.field_type) for f in plain)]  # fmt: skip
    data = row([(f.name.lower(), t) for f, t in zip(plain, each, strict=True)])
    columns: Columns = [("partition", kind)] if spec.fields else []
    columns += [("record_count", _BIGINT), ("file_count", _BIGINT), ("total_size", _BIGINT)]
    columns += [("data", data)] if plain else []
    groups: dict[tuple[Any, ...], list[DataFile]] = {}
    for file in _files_of(table):
        if file.content == DataFileContent.DATA and file.spec_id == spec.spec_id:
            key = tuple(file.partition[i] for i in range(len(spec.fields)))
            groups.setdefault(key, []).append(file)
    rows: Rows = []
    for key, files in groups.items():
        total = [sum(f.record_count for f in files), len(files), sum(f.file_size_in_bytes for f in files)]
        shown = [_typed(v, f.field_type) for v, f in zip(key, spec.partition_type(schema).fields, strict=True)]
        extremes = [[_extremes(files, f.field_id, f.field_type) for f in plain]] if plain else []
        rows.append([*([shown] if spec.fields else []), *total, *extremes])
    return columns, rows


def _identities(spec: PartitionSpec) -> set[int]:
    return {f.source_id for f in spec.fields if isinstance(f.transform, IdentityTransform)}


def _extremes(files: list[DataFile], field_id: int, kind: Any) -> list[Any]:
    lows = [from_bytes(kind, b) for f in files if (b := (f.lower_bounds or {}).get(field_id)) is not None]
    highs = [from_bytes(kind, b) for f in files if (b := (f.upper_bounds or {}).get(field_id)) is not None]
    nulls = [(f.null_value_counts or {}).get(field_id) for f in files]
    nans = [n for f in files if (n := (f.nan_value_counts or {}).get(field_id)) is not None]
    low, high = min(lows, default=None), max(highs, default=None)
    null_count = None if None in nulls else sum(n for n in nulls if n is not None)
    return [_typed(low, kind), _typed(high, kind), null_count, sum(nans) if nans else None]


def _typed(value: Any, kind: Any) -> Any:
    """Iceberg's internal value as one that DuckDB's text reads."""
    if value is None or isinstance(value, bytes):
        return value
    shown = _IDENTITY.to_human_string(kind, value)
    return dt.datetime.fromisoformat(shown) if str(kind) == "timestamptz" else shown


_PARTS: dict[str, Callable[[Table], tuple[Columns, Rows]]] = {
    "history": _history,
    "snapshots": _snapshots,
    "refs": _refs,
    "manifests": _manifests,
    "files": _files,
    "partitions": _partitions,
}
