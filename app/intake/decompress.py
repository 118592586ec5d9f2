"""Compressed bytes in, plain bytes out, with caps against bombs. Never more than some 32 MB in the hands."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import zstandard

from app.intake.models import Compression, IntakeError, Limits, Problem

_PIECE: Final = 1 << 20
_ZSTD_INPUT: Final = 1 << 10  # a zstd block of 4 bytes may stand for 128 KB: feed little at a time
_ZSTD_WINDOW: Final = 1 << 27
_OTHERS: Final = (
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"\x04\x22\x4d\x18", "lz4"),
)


def compression_of(head: bytes) -> Compression:
    """By the first bytes. Raises IntakeError `unsupported_compression` for the kinds that we refuse by name."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    for magic, name in _OTHERS:
        if head.startswith(magic):
            raise IntakeError(
                Problem("unsupported_compression", "gzip, zstd or no compression", f"{name} archive or stream"),
            )
    return "none"


class Decompressor:
    """Iterates over plain bytes; counts both sides. Raises IntakeError: bomb, truncated, trailing_garbage."""

    def __init__(self, stream: Iterable[bytes], compression: Compression, limits: Limits) -> None:
        self.bytes_in = 0
        self.bytes_out = 0
        self._stream = stream
        self._compression = compression
        self._limits = limits

    def __iter__(self) -> Iterator[bytes]:
        source = {"none": self._plain, "gzip": self._gzip, "zstd": self._zstd}[self._compression]()
        for piece in source:
            if piece:
                self.bytes_out += len(piece)
                self._refuse_bombs()
                yield piece

    def _arriving(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self.bytes_in += len(chunk)
            yield chunk

    def _refuse_bombs(self) -> None:
        limits = self._limits
        if self.bytes_out > limits.max_out_bytes:
            raise IntakeError(Problem("bomb", f"at most {limits.max_out_bytes:,} bytes", "more when decompressed"))
        if self._compression == "none" or self.bytes_out < limits.ratio_floor_bytes:
            return
        if self.bytes_out > limits.max_ratio * max(self.bytes_in, 1):
            raise IntakeError(
                Problem("bomb", f"at most {limits.max_ratio} times its size when decompressed", "a higher ratio"),
            )

    def _plain(self) -> Iterator[bytes]:
        for chunk in self._arriving():
            for at in range(0, len(chunk), _PIECE):
                yield chunk[at : at + _PIECE]

    def _gzip(self) -> Iterator[bytes]:
        member = zlib.decompressobj(31)
        members = 0
        for chunk in self._arriving():
            data = chunk
            while data:
                if member.eof:
                    data = data.lstrip(b"\0")  # tape padding, which gzip(1) ignores as well
                    if not data:
                        break
                    member = zlib.decompressobj(31)
                try:
                    yield member.decompress(data, _PIECE)
                except zlib.error as error:
                    raise IntakeError(_damaged("gzip", members)) from error
                if member.eof:
                    members += 1
                    data = member.unused_data
                else:
                    data = member.unconsumed_tail
        while not member.eof:  # output may be left although all input is taken
            rest = member.decompress(b"", _PIECE)
            if not rest:
                raise IntakeError(Problem("truncated", "a complete gzip stream", "it ends in the middle"))
            yield rest

    def _zstd(self) -> Iterator[bytes]:
        context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        frame = context.decompressobj()
        frames = 0
        for chunk in self._arriving():
            for at in range(0, len(chunk), _ZSTD_INPUT):
                data = chunk[at : at + _ZSTD_INPUT]
                while data:
                    if frame.eof:
                        frame = context.decompressobj()
                    try:
                        yield frame.decompress(data)
                    except zstandard.ZstdError as error:
                        raise IntakeError(_damaged("zstd", frames)) from error
                    frames += frame.eof
                    data = frame.unused_data if frame.eof else b""
        if not frame.eof:
            raise IntakeError(Problem("truncated", "a complete zstd stream", "it ends in the middle"))


def _damaged(kind: str, whole_parts: int) -> Problem:
    if whole_parts:
        return Problem("trailing_garbage", f"nothing after the {kind} data", "bytes that are not compressed data")
    return Problem("truncated", f"an undamaged {kind} stream", "damaged compressed data")
