"""One object to its schema: custom classifiers in their order, then the built-in ones; the first certain one wins."""

import bz2
import contextlib
import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from local.glue.crawler import binary, delimited, jsons
from local.glue.crawler.schema import Schema

SAMPLE = 1 << 20  # bytes of text, decompressed, that decide
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"PK\x03\x04", "zip"),
)
_READERS: dict[str, Callable[[Path], Schema]] = {"parquet": binary.parquet, "orc": binary.orc, "avro": binary.avro}
Classifier = Callable[[str, bool], Schema | None]  # the text, whether it was cut off -> a certain schema or None
UNKNOWN = "UNKNOWN"


def built_in(text: str, is_cut: bool) -> Schema | None:  # noqa: FBT001 - a Classifier
    """JSON, then CSV: the order of the built-in classifiers."""
    return jsons.classify(text, is_cut=is_cut) or delimited.classify(text, delimited.Options())


def classified(path: Path, size: int, custom: Sequence[Classifier]) -> Schema:
    """The schema of a file; its classification is UNKNOWN when no classifier is certain."""
    with path.open("rb") as file:
        head = file.read(16)
    if name := binary.classification(head):
        with contextlib.suppress(Exception):  # a damaged file is of no known format
            return replace(_READERS[name](path), size=size)
        return Schema(UNKNOWN, size=size)
    compression = next((name for magic, name in _MAGIC if head.startswith(magic)), "none")
    try:
        raw = _beginning(path, compression)
        text = raw.decode("utf-8-sig", errors="strict" if len(raw) < SAMPLE else "ignore")
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return Schema(UNKNOWN, compression=compression, size=size)
    is_cut = len(raw) >= SAMPLE
    if is_cut:
        text = text[: text.rfind("\n") + 1] or text
    if "\0" in text:
        return Schema(UNKNOWN, compression=compression, size=size)
    found = next((schema for one in (*custom, built_in) if (schema := one(text, is_cut)) is not None), None)
    if found is None:
        return Schema(UNKNOWN, compression=compression, size=size)
    records = found.records
    if is_cut and compression == "none":
        records = max(records, round(records * size / max(1, len(raw))))
    return replace(found, compression=compression, size=size, records=records)


def _beginning(path: Path, compression: str) -> bytes:
    """Up to SAMPLE bytes of the content."""
    with contextlib.ExitStack() as stack:
        return _opened(path, compression, stack).read(SAMPLE)


def _opened(path: Path, compression: str, stack: contextlib.ExitStack) -> IO[bytes]:
    if compression == "gzip":
        return cast("IO[bytes]", stack.enter_context(gzip.open(path, "rb")))
    if compression == "bzip2":
        return cast("IO[bytes]", stack.enter_context(bz2.open(path, "rb")))
    if compression in ("zstd", "lz4"):
        import pyarrow as pa

        return stack.enter_context(pa.CompressedInputStream(pa.OSFile(str(path)), compression))
    if compression == "snappy":
        import cramjam

        return io.BytesIO(bytes(cramjam.snappy.decompress(path.read_bytes())))
    if compression == "zip":
        archive = stack.enter_context(zipfile.ZipFile(path))
        names = archive.namelist()
        if len(names) != 1:
            raise ValueError("a zip of several files is not classified")
        return stack.enter_context(archive.open(names[0]))
    return stack.enter_context(path.open("rb"))
