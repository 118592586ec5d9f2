"""Local files made from objects: decompressed, put into a form DuckDB reads, or linked under a name without wildcards.

Kept in the work directory by what they were made from, so that the next query finds them; the oldest go when they pass
`MOST_BYTES` together, never one that was used within `REST_SECONDS`.
"""

import hashlib
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

MOST_BYTES = 8 * 1024**3
REST_SECONDS = 900
_WILDCARDS = frozenset("*?[")

_lock = threading.Lock()
_kept: OrderedDict[str, tuple[int, float]] = OrderedDict()  # path -> (bytes, last use), the longest unused first
_verdicts: OrderedDict[tuple[str, int, int, str], str] = OrderedDict()  # (path, mtime, size, purpose) -> path to read
_swept: set[Path] = set()
_MOST_VERDICTS = 100_000


def derived(path: str, purpose: str, folder: Path, make: Callable[[Path], bool]) -> str:
    """The file to read in place of `path` for a purpose (a text that tells all that decides the outcome).

    `make` writes the file at the path it is given and returns True, or returns False: then `path` will do as it is.
    """
    status = os.stat(path)  # noqa: PTH116 - a hot path
    key = (path, status.st_mtime_ns, status.st_size, purpose)
    with _lock:
        known = _verdicts.get(key)
        if known is not None and known in _kept:
            _kept[known] = (_kept[known][0], time.monotonic())
            _kept.move_to_end(known)
            return known
        if known == path:
            return path
    name = hashlib.sha256(repr(key).encode()).hexdigest()
    _sweep(folder)
    target = folder / name
    unfinished = folder / f"{name}.{threading.get_ident()}"
    try:
        found = str(target) if make(unfinished) else path
        if found != path:
            unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    with _lock:
        _verdicts[key] = found
        while len(_verdicts) > _MOST_VERDICTS:
            _verdicts.popitem(last=False)
        if found != path:
            _kept[found] = (target.stat().st_size, time.monotonic())
            _make_room()
    return found


def _sweep(folder: Path) -> None:
    """What an earlier process left is of no use: nobody knows what it was made from."""
    with _lock:
        if folder not in _swept:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _swept.add(folder)


def _make_room() -> None:
    total = sum(size for size, _ in _kept.values())
    while total > MOST_BYTES:
        path, (size, used) = next(iter(_kept.items()))
        if time.monotonic() - used < REST_SECONDS:
            return
        del _kept[path]
        Path(path).unlink(missing_ok=True)
        total -= size


def without_wildcards(path: str, folder: Path) -> str:
    """A path that DuckDB does not take for a pattern: the same, or a link to it."""
    if _WILDCARDS.isdisjoint(path):
        return path

    def link(target: Path) -> bool:
        try:
            os.link(path, target)
        except OSError:
            target.write_bytes(Path(path).read_bytes())
        return True

    return derived(path, "link", folder, link)
