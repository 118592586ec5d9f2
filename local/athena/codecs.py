"""Compressed text objects as a stream of plain bytes; which codec, the key's ending says, as in Hive.

Sources: Hadoop's CompressionCodecFactory (codec by file name) and BlockCompressorStream (`.snappy` and `.lz4`),
docs.aws.amazon.com/athena/latest/ug/compression-formats.html.
"""

import bz2
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from local.athena.errors import QueryFailed

CHUNK = 8 * 1024 * 1024
_CODECS = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd", ".snappy": "snappy", ".lz4": "lz4", ".deflate": "deflate",
           ".lzo": "lzo", ".lzo_deflate": "lzo"}  # fmt: skip
_SNAPPY_FRAMED = b"\xff\x06\x00\x00sNaPpY"
_LZ4_FRAMED = b"\x04\x22\x4d\x18"


def codec_of(key: str) -> str:
    """`gzip`, `bzip2`, `zstd`, `snappy`, `lz4`, `deflate` or `none`. Raises QueryFailed for LZO: no reader here."""
    name = key.rsplit("/", maxsplit=1)[-1].lower()
    codec = next((codec for suffix, codec in _CODECS.items() if name.endswith(suffix)), "none")
    if codec == "lzo":
        raise QueryFailed("NOT_SUPPORTED", "The embedded Athena cannot read LZO text files")
    return codec


def plain_chunks(path: str, codec: str, uri: str) -> Iterator[bytes]:
    """The plain bytes of a file in pieces of some megabytes. Raises QueryFailed for a damaged file."""
    try:
        with Path(path).open("rb") as file:
            yield from _STREAMS[codec](file)
    except QueryFailed:
        raise
    except (OSError, EOFError, ValueError, zlib.error, struct.error, RuntimeError) as broken:
        raise QueryFailed("HIVE_CURSOR_ERROR", f"Failed to read file: {uri}: {broken}") from broken


def _plain(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _zlib(bits: int) -> Callable[[BinaryIO], Iterator[bytes]]:
    def stream(file: BinaryIO) -> Iterator[bytes]:
        decoder, has_data = zlib.decompressobj(bits), False
        while chunk := file.read(1 << 20):
            while chunk:
                if decoder.eof:  # a file may hold several members one after the other
                    decoder = zlib.decompressobj(bits)
                has_data = True
                plain = decoder.decompress(chunk, CHUNK)
                chunk = decoder.unconsumed_tail or (decoder.unused_data if decoder.eof else b"")
                if plain:
                    yield plain
        if has_data and not decoder.eof:
            raise EOFError("unexpected end of the compressed stream")

    return stream


def _bzip2(file: BinaryIO) -> Iterator[bytes]:
    with bz2.BZ2File(file) as plain:
        while chunk := plain.read(CHUNK):
            yield chunk


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as plain:
            while chunk := plain.read(CHUNK):
                yield chunk
    except zstandard.ZstdError as broken:
        raise ValueError(str(broken)) from broken


def _hadoop_blocks(file: BinaryIO, decode: Callable[[bytes, int], bytes]) -> Iterator[bytes]:
    """Blocks of [plain length] and then, until that is reached, [compressed length][data]."""
    while header := file.read(4):
        (left,) = struct.unpack(">I", header)
        while left > 0:
            (size,) = struct.unpack(">I", file.read(4))
            data = file.read(size)
            if len(data) != size:
                raise EOFError("unexpected end of the compressed stream")
            plain = decode(data, left)
            left -= len(plain)
            yield plain


def _snappy(file: BinaryIO) -> Iterator[bytes]:
    import cramjam

    head = file.read(len(_SNAPPY_FRAMED))
    file.seek(0)
    if head == _SNAPPY_FRAMED:
        yield from _snappy_frames(file, cramjam)
        return
    yield from _hadoop_blocks(file, lambda data, _: bytes(cramjam.snappy.decompress_raw(data)))


def _snappy_frames(file: BinaryIO, cramjam: Any) -> Iterator[bytes]:
    """Chunks of [kind][length, 3 bytes][CRC, 4 bytes][data]; kind 0 is compressed, 1 plain, others are padding."""
    while header := file.read(4):
        data = file.read(int.from_bytes(header[1:], "little"))
        if header[0] == 0:
            yield bytes(cramjam.snappy.decompress_raw(data[4:]))
        elif header[0] == 1:
            yield data[4:]


def _lz4(file: BinaryIO) -> Iterator[bytes]:
    import cramjam

    head = file.read(4)
    file.seek(0)
    if head != _LZ4_FRAMED:
        yield from _hadoop_blocks(file, lambda data, left: bytes(cramjam.lz4.decompress_block(data, output_len=left)))
        return
    with tempfile.NamedTemporaryFile() as plain:  # the decoder of frames writes files; a stream it does not give
        cramjam.lz4.decompress_into(cramjam.File(file.name), cramjam.File(plain.name))
        yield from _plain(plain)  # type: ignore[arg-type]


_STREAMS: dict[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    "none": _plain, "gzip": _zlib(31), "deflate": _zlib(15), "bzip2": _bzip2, "zstd": _zstd, "snappy": _snappy,
    "lz4": _lz4,
}  # fmt: skip
