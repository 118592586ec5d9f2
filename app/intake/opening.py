"""A stream of bytes opened for reading: compression, encoding and dialect known, text ready to be taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from app.intake.decode import Decoder
from app.intake.decompress import Decompressor, compression_of
from app.intake.models import Compression, Declared, Dialect, IntakeError, JsonLayout, Limits, Problem
from app.intake.sniff import HEAD_BYTES, Sniffed, looks_like_json, sniff_encoding, sniff_lines, sniff_text

_PIECE_CHARS = 1 << 20


@dataclass(frozen=True)
class Opened:
    """`texts` starts behind the preamble and the header; `decoder.encoding` is final once `texts` is used up."""

    sniffed: Sniffed
    head: str
    texts: Iterator[str]
    decompressor: Decompressor
    decoder: Decoder


def is_parquet(head: bytes, declared: Declared) -> bool:
    return head.startswith(b"PAR1") or declared.format == "parquet"


def peeked(stream: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """At least the first `size` bytes if there are so many, and a stream that still has them."""
    source = iter(stream)
    taken: list[bytes] = []
    length = 0
    while length < size:
        chunk = next(source, None)
        if chunk is None:
            break
        taken.append(chunk)
        length += len(chunk)
    return b"".join(taken), chain(taken, source)


def open_text(stream: Iterable[bytes], declared: Declared, limits: Limits) -> Opened:
    """Sniffs and opens. Raises IntakeError: empty_file, not_text, unknown_classifier, unsupported_compression,
    wrong_compression, or what decompression raises within the head.
    """
    head, whole = peeked(stream, 8)
    compression = compression_of(head)
    decompressor = Decompressor(whole, compression, limits)
    plain_head, plain = _forgiving_peek(iter(decompressor))
    if not plain_head:
        next(plain, None)  # says why, if the stream is broken
        raise IntakeError(Problem("empty_file", "a header or rows", "nothing"))
    encoding, bom = sniff_encoding(plain_head, declared)
    is_declared = declared.encoding is not None or bom > 0
    dialect = Dialect(compression=compression, encoding=encoding, has_bom=bom > 0)
    is_whole = len(plain_head) < HEAD_BYTES
    text = _head_text(plain_head, encoding, bom, is_declared=is_declared)
    sniffed = _sniff(text, dialect, declared, is_whole=is_whole)
    decoder = Decoder(encoding, is_declared=is_declared, skip=bom)
    texts = _skipping(_sized(decoder.texts(plain)), sniffed.start)
    return Opened(replace(sniffed, bom_bytes=bom), text, texts, decompressor, decoder)


def check_compression(declared: Compression | None, found: Compression) -> Problem | None:
    if declared is None or declared == found:
        return None
    return Problem("wrong_compression", declared, found)


def _forgiving_peek(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The head, and the stream; a break within the head comes up where the stream is read."""
    taken: list[bytes] = []
    length = 0
    failure: IntakeError | None = None
    try:
        while length < HEAD_BYTES:
            piece = next(pieces, None)
            if piece is None:
                break
            taken.append(piece)
            length += len(piece)
    except IntakeError as error:
        failure = error

    def again() -> Iterator[bytes]:
        yield from taken
        if failure is not None:
            raise failure
        yield from pieces

    return b"".join(taken), again()


def _head_text(head: bytes, encoding: str, bom: int, *, is_declared: bool) -> str:
    decoder = Decoder(encoding, is_declared=is_declared, skip=bom)
    whole = head[: HEAD_BYTES + bom]
    parts: list[str] = []
    try:
        for text in decoder.texts([whole]):
            parts.append(text)  # noqa: PERF402  # a list of what came before the break
    except IntakeError:
        # The head ends within a character, or has a broken one; then the reader of the whole file says where.
        return whole[bom:].decode(encoding, "replace")
    return "".join(parts)


def _sniff(text: str, dialect: Dialect, declared: Declared, *, is_whole: bool) -> Sniffed:
    if declared.format == "text" or declared.classifiers:
        by_lines = sniff_lines(text, dialect, declared, is_whole=is_whole)
        if by_lines.classifier is not None:
            return by_lines
        return replace(_built_in(text, dialect, declared, is_whole=is_whole), tried=by_lines.tried)
    return _built_in(text, dialect, declared, is_whole=is_whole)


def _built_in(text: str, dialect: Dialect, declared: Declared, *, is_whole: bool) -> Sniffed:
    if declared.format == "json" or (declared.format is None and looks_like_json(text)):
        return Sniffed(replace(dialect, format="json", json_layout=_json_layout(text), has_header=False))
    return sniff_text(text, dialect, declared, is_whole=is_whole)


def _json_layout(text: str) -> JsonLayout:
    start = text.lstrip()
    if start.startswith("["):
        return "array"
    first = start.split("\n", 1)[0].strip()
    return "lines" if first.endswith("}") or not start.startswith("{") else "array"


def _sized(texts: Iterable[str]) -> Iterator[str]:
    """Pieces small enough to be split into fields in little memory."""
    for text in texts:
        for at in range(0, len(text), _PIECE_CHARS):
            yield text[at : at + _PIECE_CHARS]


def _skipping(texts: Iterator[str], count: int) -> Iterator[str]:
    left = count
    for text in texts:
        if left >= len(text):
            left -= len(text)
            continue
        yield text[left:] if left else text
        left = 0
