"""The bytes of an ORC file's columns, from its footer and stripe footers (PyArrow tells only the whole).

Source: orc.apache.org/specification/ORCv1: the tail of the file, the protobuf messages Footer and StripeFooter.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_NONE, _ZLIB, _SNAPPY, _LZO, _LZ4, _ZSTD = range(6)
_INDEX_STREAMS = (6, 7, 8)  # row index and bloom filters


def column_bytes(path: str) -> list[tuple[str, int]]:
    """Each top-level column, as the file spells it, with the bytes of its data streams in all stripes, nested included.

    Raises ValueError for what is no ORC file.
    """
    with Path(path).open("rb") as file:
        footer, codec = _footer(file)
        types = [list(_fields(t)) for n, t in footer if n == 4]
        children = [[c for n, v in t if n == 2 for c in _packed(v)] for t in types]
        names = [bytes(v).decode() for n, v in types[0] if n == 3]
        tops: dict[int, int] = {}
        for top, column in enumerate(children[0]):
            for each in _family(column, children):
                tops[each] = top
        sizes = [0] * len(names)
        for number, stripe in footer:
            if number == 3:
                for column, length in _streams(file, dict(_fields(stripe)), codec):
                    if column in tops:
                        sizes[tops[column]] += length
    return list(zip(names, sizes, strict=True))


def _family(column: int, children: list[list[int]]) -> Iterator[int]:
    yield column
    for child in children[column]:
        yield from _family(child, children)


def _footer(file: BinaryIO) -> tuple[list[tuple[int, Any]], int]:
    end = file.seek(0, 2)
    file.seek(max(0, end - 256))
    tail = file.read()
    if len(tail) < 2 or b"ORC" not in tail[-tail[-1] - 1 :]:
        raise ValueError("not an ORC file")
    postscript = dict(_fields(tail[-1 - tail[-1] : -1]))
    length, codec = int(postscript[1]), int(postscript.get(2, _NONE))
    file.seek(end - 1 - tail[-1] - length)
    return list(_fields(_plain(file.read(length), codec))), codec


def _streams(file: BinaryIO, stripe: dict[int, Any], codec: int) -> Iterator[tuple[int, int]]:
    """Column and length of each data stream of a stripe."""
    file.seek(int(stripe[1]) + int(stripe.get(2, 0)) + int(stripe[3]))
    for number, message in _fields(_plain(file.read(int(stripe[4])), codec)):
        if number == 1:
            stream = dict(_fields(message))
            if stream.get(1, 0) not in _INDEX_STREAMS:
                yield int(stream.get(2, 0)), int(stream.get(3, 0))


def _plain(data: bytes, codec: int) -> bytes:
    """Chunks of [3 bytes: length and whether it is as it was][data]."""
    if codec == _NONE:
        return data
    found, at = [], 0
    while at < len(data):
        header = int.from_bytes(data[at : at + 3], "little")
        chunk = data[at + 3 : at + 3 + (header >> 1)]
        found.append(chunk if header & 1 else _decoded(chunk, codec))
        at += 3 + (header >> 1)
    return b"".join(found)


def _decoded(chunk: bytes, codec: int) -> bytes:
    if codec == _ZLIB:
        return zlib.decompress(chunk, -15)
    import cramjam

    if codec == _SNAPPY:
        return bytes(cramjam.snappy.decompress_raw(chunk))
    if codec == _ZSTD:
        return bytes(cramjam.zstd.decompress(chunk))
    if codec == _LZ4:
        return bytes(cramjam.lz4.decompress_block(chunk, output_len=4 * 1024 * 1024))
    raise ValueError(f"ORC compression {codec} is not known")


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a protobuf message: whole numbers, or bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        elif key & 7 == 2:
            length, at = _varint(data, at)
            yield key >> 3, data[at : at + length]
            at += length
        else:
            at += 8 if key & 7 == 1 else 4


def _packed(value: Any) -> list[int]:
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(number)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
