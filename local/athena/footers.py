"""Parquet footers, read once per file: column names, and for each row group the bytes and bounds of its chunks."""

import os
from functools import lru_cache
from typing import Any


class Footer:
    """One file's metadata."""

    def __init__(self, path: str) -> None:
        import pyarrow.parquet as pq

        self._meta: Any = pq.read_metadata(path)
        first: Any = self._meta.row_group(0) if self._meta.num_row_groups else None
        names = self._meta.schema.to_arrow_schema().names
        self._chunks: dict[str, list[int]] = {}
        for i in range(first.num_columns if first else 0):
            path = first.column(i).path_in_schema
            top = path.split(".")[0]
            if top not in names:  # a name may have dots itself
                top = next(n for n in names if path == n or path.startswith(f"{n}."))
            self._chunks.setdefault(top.lower(), []).append(i)
        self._names = frozenset(n.lower() for n in names)

    @property
    def row_groups(self) -> int:
        return int(self._meta.num_row_groups)

    @property
    def rows(self) -> int:
        return int(self._meta.num_rows)

    def column_names(self) -> frozenset[str]:
        """Top-level columns, lower case."""
        return self._names

    def chunk_bytes(self, group: int, column: str) -> int:
        """Compressed bytes of a column in a row group, nested leaves together."""
        row_group = self._meta.row_group(group)
        return sum(int(row_group.column(i).total_compressed_size) for i in self._chunks.get(column, ()))

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


def footer(path: str) -> Footer:
    """The footer of a local Parquet file. Raises pyarrow's error when it is none."""
    status = os.stat(path)  # noqa: PTH116 - a hot path
    return _cached(path, (status.st_mtime_ns, status.st_size))
