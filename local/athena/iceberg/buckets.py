"""Iceberg's bucket transform over whole columns: Murmur3 (x86, 32 bits, seed 0).

Source: https://iceberg.apache.org/spec/#appendix-b-32-bit-hash-requirements
"""

from collections.abc import Callable
from typing import Any

import mmh3
import numpy as np
import pyarrow as pa
from pyiceberg.transforms import BucketTransform
from pyiceberg.types import (
    DateType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
)

_LONGS = (IntegerType, LongType, DateType, TimestampType, TimestamptzType)
_C1, _C2, _STEP = np.uint32(0xCC9E2D51), np.uint32(0x1B873593), np.uint32(0xE6546B64)


def bucket_column(kind: IcebergType, count: int) -> Callable[[Any], Any]:
    """A function from an Arrow column of the type to its buckets (int32, NULL for NULL)."""
    of_value = BucketTransform(count).transform(kind)

    def longs(values: Any) -> Any:
        whole = values.cast(pa.int32()).cast(pa.int64()) if isinstance(kind, DateType) else values.cast(pa.int64())
        hashed = _hash_longs(np.asarray(whole.fill_null(0), dtype=np.int64)) & np.uint32(0x7FFFFFFF)
        return pa.array((hashed % np.uint32(count)).astype(np.int32), mask=np.asarray(values.is_null()))

    def texts(values: Any) -> Any:
        found = [None if v is None else (mmh3.hash(v) & 0x7FFFFFFF) % count for v in values.to_pylist()]
        return pa.array(found, pa.int32())

    def others(values: Any) -> Any:
        return pa.array([of_value(v) for v in values.to_pylist()], pa.int32())

    if isinstance(kind, _LONGS):
        return longs
    return texts if isinstance(kind, StringType) else others


def _hash_longs(values: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Each as its eight bytes, least first. Products wrap, as they must."""
    raw = values.view(np.uint64)
    state = np.zeros(len(values), dtype=np.uint32)
    for block in (raw & np.uint64(0xFFFFFFFF), raw >> np.uint64(32)):
        mixed = _rotated(block.astype(np.uint32) * _C1, 15) * _C2
        state = _rotated(state ^ mixed, 13) * np.uint32(5) + _STEP
    state ^= np.uint32(8)
    state = (state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    state = (state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return state ^ (state >> np.uint32(16))


def _rotated(values: np.ndarray[Any, np.dtype[np.uint32]], by: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return (values << np.uint32(by)) | (values >> np.uint32(32 - by))
