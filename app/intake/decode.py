"""Bytes to text, incrementally. UTF-8 and UTF-16 are strict; cp1252 reads any byte (its five holes as Latin-1)."""

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

from app.intake.models import IntakeError, Problem

_CP1252: Final = "".join(bytes([byte]).decode("cp1252", "replace").replace("�", chr(byte)) for byte in range(256))
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SPELLINGS: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "ascii": "utf-8", "us-ascii": "utf-8", "utf-8-sig": "utf-8",
    "utf-16-le": "utf-16-le", "utf-16le": "utf-16-le", "utf-16-be": "utf-16-be", "utf-16be": "utf-16-be",
    "latin-1": "cp1252", "latin1": "cp1252", "iso-8859-1": "cp1252", "cp1252": "cp1252", "windows-1252": "cp1252",
}  # fmt: skip


def encoding_named(name: str) -> str | None:
    """Our name of an encoding that a partner declares; None to find out (also for a bare "utf-16")."""
    return _SPELLINGS.get(name.strip().lower().replace("_", "-"))


def encoding_of(head: bytes) -> tuple[str, int]:
    """(encoding, length of the byte order mark) by BOM, zero bytes, and whether it is valid UTF-8."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    sample = head[:4096]
    if len(sample) >= 4:
        pairs = len(sample) // 2
        if sample[1::2].count(0) > pairs * 0.4 and sample[::2].count(0) < pairs * 0.1:
            return "utf-16-le", 0
        if sample[::2].count(0) > pairs * 0.4 and sample[1::2].count(0) < pairs * 0.1:
            return "utf-16-be", 0
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        # Text that was UTF-8 up to here is broken UTF-8: read as cp1252, its letters would quietly come out wrong.
        return ("cp1252" if head[: error.start].isascii() else "utf-8"), 0
    return "utf-8", 0


class Decoder:
    """Iterates over text. `encoding` may change once from utf-8 to cp1252: when the first byte beyond ASCII, however
    far into the file, is not UTF-8 and no encoding was declared. Raises IntakeError `bad_encoding` with the line.
    """

    def __init__(self, encoding: str, *, is_declared: bool = False, skip: int = 0) -> None:
        self.encoding = encoding
        self._may_switch = encoding == "utf-8" and not is_declared
        self._skip = skip
        self._line = 1

    def texts(self, stream: Iterable[bytes]) -> Iterator[str]:
        decoder = None if self.encoding == "cp1252" else codecs.getincrementaldecoder(self.encoding)()
        for raw in stream:
            chunk = raw
            if self._skip:
                chunk, self._skip = chunk[self._skip :], max(0, self._skip - len(chunk))
            if decoder is None:
                yield codecs.charmap_decode(chunk, "strict", _CP1252)[0]
                continue
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                if not self._may_switch or not (pending + chunk)[: error.start].isascii():
                    raise IntakeError(self._problem(pending + chunk, error)) from error
                self.encoding, decoder = "cp1252", None
                yield codecs.charmap_decode(pending + chunk, "strict", _CP1252)[0]
                continue
            self._may_switch = self._may_switch and text.isascii()
            self._line += text.count("\n")
            yield text
        if decoder is not None:
            yield self._last(decoder)

    def _last(self, decoder: codecs.IncrementalDecoder) -> str:
        pending = decoder.getstate()[0]
        try:
            return decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            if self._may_switch:
                self.encoding = "cp1252"
                return codecs.charmap_decode(pending, "strict", _CP1252)[0]
            raise IntakeError(self._problem(pending, error)) from error

    def _problem(self, data: bytes, error: UnicodeDecodeError) -> Problem:
        before = data[: error.start].decode(self.encoding, "ignore").count("\n")
        bad = data[error.start : error.start + 1].hex()
        return Problem("bad_encoding", f"text in {self.encoding}", f"byte 0x{bad}", line=self._line + before)
