"""Parquet footers, read once per file: column names, and for each row group the bytes and bounds of its chunks."""

import os
import threading
from collections import OrderedDict
from typing import Any

from local.athena.errors import QueryFailed


class Footer:
    """One file's metadata."""

    def __init__(self, path: str) -> None:
        import pyarrow.parquet as pq

        self._meta: Any = pq.read_metadata(path)
        self.weight = int(self._meta.serialized_size)
        """Bytes of the footer in the file: about what it takes in memory."""
        self.names: tuple[str, ...] = tuple(self._meta.schema.to_arrow_schema().names)
        """Top-level columns, as the file spells them."""
        self._chunks: dict[str, list[int]] = {}
        self._physical: dict[str, str | None] = {}
        for i in range(self._meta.num_columns):
            column = self._meta.schema.column(i)
            path = column.path
            top = path.split(".")[0]
            if top not in self.names:  # a name may have dots itself
                top = next(n for n in self.names if path == n or path.startswith(f"{n}."))
            self._physical[top.lower()] = column.physical_type if path == top else None
            while len(path) > len(top):  # a field counts for every struct it is in
                self._chunks.setdefault(path.lower(), []).append(i)
                path = path.rpartition(".")[0]
            self._chunks.setdefault(top.lower(), []).append(i)

    @property
    def row_groups(self) -> int:
        return int(self._meta.num_row_groups)

    @property
    def rows(self) -> int:
        return int(self._meta.num_rows)

    def column_names(self) -> frozenset[str]:
        """Top-level columns, lower case."""
        return frozenset(n.lower() for n in self.names)

    def physical(self, column: str | int) -> str | None:
        """Parquet's physical type of a column by name (lower case) or place; None for a nested or absent one."""
        if isinstance(column, int):
            if column >= len(self.names):
                return None
            column = self.names[column].lower()
        return self._physical.get(column)

    def chunk_bytes(self, group: int, column: str) -> int:
        """Compressed bytes of a column, or of a struct's field (`a.b`), in a row group, nested leaves together."""
        row_group = self._meta.row_group(group)
        return sum(int(row_group.column(i).total_compressed_size) for i in self._chunks.get(column, ()))

    def is_all_null(self, group: int, column: str) -> bool:
        """Whether the file says that the column has no value in the row group."""
        leaves = self._chunks.get(column, [])
        row_group = self._meta.row_group(group)
        statistics = row_group.column(leaves[0]).statistics if len(leaves) == 1 else None
        return bool(statistics and statistics.has_null_count and statistics.null_count == row_group.num_rows)

    def bounds(self, group: int, column: str) -> tuple[Any, Any, int | None] | None:
        """Least and greatest value and the count of nulls; None when the file does not say."""
        leaves = self._chunks.get(column, [])
        if len(leaves) != 1:
            return None
        statistics = self._meta.row_group(group).column(leaves[0]).statistics
        if statistics is None or not statistics.has_min_max:
            return None
        return statistics.min, statistics.max, statistics.null_count if statistics.has_null_count else None


_MOST_BYTES = 128 * 1024 * 1024
_lock = threading.Lock()
_kept: OrderedDict[tuple[str, int, int], Footer] = OrderedDict()
_weight = 0


def _cached(path: str) -> Footer:
    """Kept by path, time and size; those longest unused go when all together weigh too much."""
    global _weight  # noqa: PLW0603 - what the footers in _kept weigh, under the same lock
    status = os.stat(path)  # noqa: PTH116 - a hot path
    key = (path, status.st_mtime_ns, status.st_size)
    with _lock:
        known = _kept.get(key)
        if known is not None:
            _kept.move_to_end(key)
            return known
    found = Footer(path)
    with _lock:
        if key not in _kept:
            _kept[key] = found
            _weight += found.weight
        while _weight > _MOST_BYTES and len(_kept) > 1:
            _weight -= _kept.popitem(last=False)[1].weight
    return found


def footer(path: str, uri: str = "") -> Footer:
    """The footer of a local Parquet file. Raises QueryFailed when it is none; `uri` names the object then."""
    import pyarrow as pa

    try:
        return _cached(path)
    except (pa.ArrowException, OSError) as broken:
        raise QueryFailed("HIVE_BAD_DATA", f"Not valid Parquet file: {uri or path} {broken}") from broken
