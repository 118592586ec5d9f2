"""S3 from inside the process: listings from MiniStack's records, bytes from its files, writes by rename.

With S3_PERSIST=1 MiniStack keeps every current object as one plain file, so DuckDB reads objects with no copy and no
HTTP. An object that is only in memory (S3_PERSIST=0) is spilled once to the work directory, named by its ETag.
"""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import bisect
import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import get_account_id, now_iso
from ministack.services import s3

from local.athena.callers import require
from local.athena.errors import QueryFailed
from local.athena.host import host

_PART = 16 * 1024 * 1024


@dataclass(frozen=True)
class StoredObject:
    """One object: `path` is the local file that holds its bytes, `size` is in bytes."""

    bucket: str
    key: str
    size: int
    etag: str
    path: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an `s3://` address. Raises QueryFailed for anything else."""
    scheme, _, rest = uri.partition("://")
    if scheme not in ("s3", "s3a", "s3n") or not rest:
        raise QueryFailed("INVALID_TABLE_PROPERTY", f"Location must be an S3 address: {uri}")
    bucket, _, key = rest.partition("/")
    return bucket, key


def _records(bucket: str) -> dict[str, dict[str, Any]]:
    record = s3._buckets.get(bucket)
    if record is None:
        raise QueryFailed("GENERIC_USER_ERROR", f"The specified bucket does not exist (Service: Amazon S3): {bucket}")
    return record["objects"]


def _is_hidden(rest: str) -> bool:
    """Hive skips files, and all below directories, whose names start with `_` or `.`; and directory markers."""
    return not rest or rest.endswith("/") or any(part[:1] in ("_", ".") for part in rest.split("/"))


class Listing:
    """One look at the buckets, shared by all partitions of a query. Sorted once when many prefixes are asked for."""

    def __init__(self, work_dir: Path) -> None:
        self.work_dir = work_dir
        self._keys: dict[str, list[str]] = {}

    def under(self, location: str) -> list[StoredObject]:
        """The visible objects below `location`, in key order."""
        bucket, prefix = split_uri(location)
        prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        _may_read(bucket, f"{prefix}*")
        records = _records(bucket)
        if bucket not in self._keys:
            self._keys[bucket] = sorted(list(records))  # noqa: C414 - list() is atomic, the loop thread may write
        keys, found = self._keys[bucket], []
        for i in range(bisect.bisect_left(keys, prefix), len(keys)):
            key = keys[i]
            if not key.startswith(prefix):
                break
            record = records.get(key)
            if record is not None and not _is_hidden(key[len(prefix) :]) and record["size"] > 0:
                found.append(stored(bucket, key, record, self.work_dir))
        return found


def _may_read(bucket: str, key: str) -> None:
    what = f"Permission denied on S3 path: s3://{bucket}/{key}"
    require("s3:ListBucket", f"s3:::{bucket}", what)
    require("s3:GetObject", f"s3:::{bucket}/{key}", what)


def _may_write(bucket: str, key: str, action: str = "s3:PutObject") -> None:
    require(action, f"s3:::{bucket}/{key}", f"Access denied when writing output to url: s3://{bucket}/{key}")


def stored(bucket: str, key: str, record: dict[str, Any], work_dir: Path) -> StoredObject:
    """The object with the file to read it from."""
    etag = str(record["etag"]).strip('"')
    body = record.get("body")
    if body is None and s3.S3_PERSIST:
        path = _plain_path(bucket, key)
    else:
        spilled = work_dir / "spill" / hashlib.sha256(f"{bucket}/{key}/{etag}".encode()).hexdigest()
        if not spilled.exists():
            spilled.parent.mkdir(parents=True, exist_ok=True)
            spilled.write_bytes(body or b"")
        path = str(spilled)
    return StoredObject(bucket, key, record["size"], etag, path)


def _plain_path(bucket: str, key: str) -> str:
    """MiniStack's own path of the object, without its many system calls where the key is a plain path."""
    base = _base(s3.DATA_DIR, get_account_id(), bucket)
    plain = f"{base}/{key}"
    if s3._plain_path_key(key) and os.path.isfile(plain):  # noqa: PTH113 - once for every object of a query
        return plain
    return str(s3._object_disk_path(bucket, key))


@lru_cache(maxsize=256)
def _base(data_dir: str, account: str, bucket: str) -> str:
    return os.path.realpath(os.path.join(data_dir, account, bucket))  # noqa: PTH118 - as MiniStack builds it


def is_empty(location: str) -> bool:
    """Whether no object at all, hidden ones included, lies under the location."""
    bucket, prefix = split_uri(location)
    prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    return not any(key.startswith(prefix) and key != prefix for key in list(_records(bucket)))


def find(bucket: str, key: str, work_dir: Path) -> StoredObject | None:
    """The object, or None."""
    _may_read(bucket, key)
    records = s3._buckets.get(bucket)
    record = records["objects"].get(key) if records else None
    return stored(bucket, key, record, work_dir) if record else None


def bucket_exists(bucket: str) -> bool:
    return s3._buckets.get(bucket) is not None


def _etag(path: Path) -> str:
    """MD5 up to 16 MB, else the multipart form S3 gives (MD5 of the parts' MD5s, dash, their count)."""
    parts = []
    with path.open("rb") as file:
        while chunk := file.read(_PART):
            parts.append(hashlib.md5(chunk, usedforsecurity=False))
    if len(parts) == 1:
        return f'"{parts[0].hexdigest()}"'
    whole = hashlib.md5(b"".join(p.digest() for p in parts), usedforsecurity=False)
    return f'"{whole.hexdigest()}-{len(parts)}"' if parts else f'"{whole.hexdigest()}"'


def put_files(bucket: str, files: Sequence[tuple[str, Path]], content_type: str = "application/octet-stream") -> None:
    """Turn local files into objects (key, file), with versions, events and sidecars as a PUT would; files are moved."""
    records = _records(bucket)
    for key, _ in files:
        _may_write(bucket, key)
    prepared = [(key, path, path.stat().st_size, _etag(path)) for key, path in files]

    def commit() -> None:
        for key, path, size, etag in prepared:
            _commit_one(bucket, records, key, path, size, etag, content_type)

    host.on_loop(commit)


def _commit_one(
    bucket: str,
    records: dict[str, dict[str, Any]],
    key: str,
    path: Path,
    size: int,
    etag: str,
    content_type: str,
) -> None:
    """MiniStack's own `_put_object` without its bytes in memory: the same steps in the same order."""
    if not s3.S3_PERSIST:
        s3._put_object(bucket, key, path.read_bytes(), {"content-type": content_type})
        path.unlink()
        return
    record = s3._build_object_record(b"", {"content-type": content_type}, etag=etag)
    record.update(body=None, size=size, last_modified=now_iso())
    prior = records.get(key)
    version = s3._record_object_version(bucket, key, prior, record, None)
    target = Path(s3._object_disk_path(bucket, key))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path.replace(target)
    except OSError:  # another file system
        shutil.move(path, target)
    records[key] = record
    s3._persist_object(bucket, key, record)
    s3._fire_s3_event_async(bucket, key, "s3:ObjectCreated:Put", size=size, etag=etag, version_id=version)


def put_bytes(bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
    """A small object, through MiniStack's own PutObject."""
    _may_write(bucket, key)
    host.on_loop(lambda: s3._put_object(bucket, key, body, {"content-type": content_type}))


def delete(objects: Iterable[tuple[str, str]]) -> None:
    """Delete objects (bucket, key)."""
    doomed = list(objects)
    for bucket, key in doomed:
        _may_write(bucket, key, "s3:DeleteObject")
    host.on_loop(lambda: [s3._delete_object(bucket, key) for bucket, key in doomed])


def keys_under(location: str) -> list[str]:
    """All keys below a location, relative to it."""
    bucket, prefix = split_uri(location)
    return sorted(key[len(prefix) :] for key in list(_records(bucket)) if key.startswith(prefix) and key != prefix)


def unescaped(text: str) -> str:
    """A Hive path segment as the value it stands for."""
    return unquote(text)
