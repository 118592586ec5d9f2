"""Binary encodings and hashes that DuckDB lacks, in Python. Each raises ValueError with Trino's error."""

import base64
import binascii
import hashlib
import hmac
import re

from local.trino.functions.texts import fail

_64 = (1 << 64) - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
)  # fmt: skip


def from_base64(text: str) -> bytes:
    """Strict as Java's decoder: padding may be left out, other characters may not be there."""
    return _from_base64(text, "+/")


def from_base64url(text: str) -> bytes:
    return _from_base64(text, "-_")


def _from_base64(text: str, more: str) -> bytes:
    digits = text.rstrip("=") if len(text) % 4 == 0 else text
    wrong = re.search(f"[^A-Za-z0-9{re.escape(more)}]", digits)
    if wrong:
        fail(f"Illegal base64 character {ord(wrong[0]):x}")
    if len(digits) % 4 == 1:
        fail("Last unit does not have enough valid bits")
    return base64.b64decode(digits + "=" * (-len(digits) % 4), altchars=more.encode())


def to_base32(data: bytes) -> str:
    return base64.b32encode(data).decode()


def from_base32(text: str) -> bytes:
    digits = text.rstrip("=")
    wrong = re.search(r"[^A-Z2-7]", digits)
    if wrong:
        fail(f"Unrecognized character: {wrong[0]}")
    try:
        return base64.b32decode(digits + "=" * (-len(digits) % 8))
    except binascii.Error:
        fail(f"Invalid input length {len(digits)}")


def padded_left(data: bytes, size: int, pad: bytes) -> bytes:
    return data[:size] if size <= len(data) and _checked(size, pad) else _padding(size - len(data), pad, size) + data


def padded_right(data: bytes, size: int, pad: bytes) -> bytes:
    return data[:size] if size <= len(data) and _checked(size, pad) else data + _padding(size - len(data), pad, size)


def _checked(size: int, pad: bytes) -> bool:
    if not 0 <= size < 1 << 31:
        fail("Target length must be in the range [0..2147483647]")
    if not pad:
        fail("Padding bytes must not be empty")
    return True


def _padding(missing: int, pad: bytes, size: int) -> bytes:
    _checked(size, pad)
    return (pad * (missing // len(pad) + 1))[:missing]


def sha512(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def crc32(data: bytes) -> int:
    return binascii.crc32(data)


def hmac_of(data: bytes, key: bytes, algorithm: str) -> bytes:
    return hmac.digest(key, data, algorithm)


def xxhash64(data: bytes) -> bytes:
    """XXH64 with seed 0, big-endian. Source: github.com/Cyan4973/xxHash, doc/xxhash_spec.md."""
    at, size = 0, len(data)
    if size >= 32:
        lanes = [(_P1 + _P2) & _64, _P2, 0, -_P1 & _64]
        while at + 32 <= size:
            for i in range(4):
                lanes[i] = _round(lanes[i], int.from_bytes(data[at : at + 8], "little"))
                at += 8
        held = sum(_left(lane, turn) for lane, turn in zip(lanes, (1, 7, 12, 18), strict=True)) & _64
        for lane in lanes:
            held = ((held ^ _round(0, lane)) * _P1 + _P4) & _64
    else:
        held = _P5
    held = (held + size) & _64
    for _ in range((size - at) // 8):
        held = (_left(held ^ _round(0, int.from_bytes(data[at : at + 8], "little")), 27) * _P1 + _P4) & _64
        at += 8
    if size - at >= 4:
        held = (_left(held ^ (int.from_bytes(data[at : at + 4], "little") * _P1 & _64), 23) * _P2 + _P3) & _64
        at += 4
    for byte in data[at:]:
        held = _left(held ^ (byte * _P5 & _64), 11) * _P1 & _64
    held = (held ^ held >> 33) * _P2 & _64
    held = (held ^ held >> 29) * _P3 & _64
    return (held ^ held >> 32).to_bytes(8, "big")


def _left(value: int, bits: int) -> int:
    return (value << bits | value >> 64 - bits) & _64


def _round(lane: int, word: int) -> int:
    return _left((lane + word * _P2) & _64, 31) * _P1 & _64


_C1, _C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def _mixed(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _64
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & _64
    return value ^ value >> 33


def murmur3(data: bytes) -> bytes:
    """MurmurHash3 x64 128 with seed 0, halves little-endian. Source: github.com/aappleby/smhasher, MurmurHash3.cpp."""
    a = b = 0
    whole = len(data) // 16 * 16
    for at in range(0, whole, 16):
        one, two = (int.from_bytes(data[i : i + 8], "little") for i in (at, at + 8))
        a ^= _left(one * _C1 & _64, 31) * _C2 & _64
        a = ((_left(a, 27) + b) * 5 + 0x52DCE729) & _64
        b ^= _left(two * _C2 & _64, 33) * _C1 & _64
        b = ((_left(b, 31) + a) * 5 + 0x38495AB5) & _64
    one, two = (int.from_bytes(data[i : i + 8], "little") for i in (whole, whole + 8))
    b ^= _left(two * _C2 & _64, 33) * _C1 & _64
    a ^= _left(one * _C1 & _64, 31) * _C2 & _64
    a, b = a ^ len(data), b ^ len(data)
    a = (a + b) & _64
    b = (a + b) & _64
    a, b = _mixed(a), _mixed(b)
    a = (a + b) & _64
    b = (a + b) & _64
    return a.to_bytes(8, "little") + b.to_bytes(8, "little")
