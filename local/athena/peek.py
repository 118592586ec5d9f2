"""A look into text files before DuckDB reads them."""

import gzip
import mmap
import os
from functools import lru_cache
from typing import Any, BinaryIO

_SAMPLE = 4 * 1024 * 1024


@lru_cache(maxsize=4096)
def _shows_cached(path: str, compression: str, needle: str, stamp: tuple[int, int]) -> bool:  # noqa: ARG001 - the key
    if compression == "gzip":
        with gzip.open(path, "rb") as file:
            return needle.encode() in file.read(_SAMPLE)
    if compression == "zstd":
        import zstandard

        with open(path, "rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as file:  # noqa: PTH123 - a hot path
            return needle.encode() in file.read(_SAMPLE)
    with open(path, "rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as whole:  # noqa: PTH123
        return whole.find(needle.encode()) >= 0


def shows(path: str, compression: str, needle: str) -> bool:
    """Whether the escape character occurs: all of a plain file is looked at, the first 4 MB of a compressed one."""
    status = os.stat(path)  # noqa: PTH116 - a hot path
    if status.st_size == 0:
        return False
    return _shows_cached(path, compression, needle, (status.st_mtime_ns, status.st_size))


def head(path: str, compression: str) -> bytes:
    with open(path, "rb") as raw:  # noqa: PTH123
        file: BinaryIO | Any = raw
        if compression == "gzip":
            file = gzip.GzipFile(fileobj=raw)
        elif compression == "zstd":
            import zstandard

            file = zstandard.ZstdDecompressor().stream_reader(raw)
        return bytes(file.read(_SAMPLE // 4))
