"""Parquet footers, read once per file: column names, and for each row group the bytes and bounds of its chunks."""

import os
from functools import lru_cache
from typing import Any

from local.athena.errors import QueryFailed


class Footer:
    """One file's metadata."""

    def __init__(self, path: str) -> None:
        import pyarrow.parquet as pq

        self._meta: Any = pq.read_metadata(path)
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


@lru_cache(maxsize=2048)
def _cached(path: str, stamp: tuple[int, int]) -> Footer:  # noqa: ARG001 - the stamp makes a changed file another key
    return Footer(path)


def footer(path: str, uri: str = "") -> Footer:
    """The footer of a local Parquet file. Raises QueryFailed when it is none; `uri` names the object then."""
    import pyarrow as pa

    status = os.stat(path)  # noqa: PTH116 - a hot path
    try:
        return _cached(path, (status.st_mtime_ns, status.st_size))
    except (pa.ArrowException, OSError) as broken:
        raise QueryFailed("HIVE_BAD_DATA", f"Not valid Parquet file: {uri or path} {broken}") from broken
