"""Time and ids come in from outside, so that a test can replay any history from a seed."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, aware, in UTC."""

IdFactory = Callable[[], str]
"""Returns a new id: 26 characters, unique, sorting by time of creation."""

Jitter = Callable[[], float]
"""Returns a random share, from 0 to below 1: those who were refused together must not come back together."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: ids go into table names


def utc_now() -> datetime:
    return datetime.now(UTC)


def ulid(at: datetime, randomness: int) -> str:
    """A lower-case ULID: 48 bits of milliseconds, 80 bits of randomness (github.com/ulid/spec)."""
    value = (int(at.timestamp() * 1000) << 80) | (randomness & ((1 << 80) - 1))
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def time_of(identifier: str) -> datetime:
    """When an id was made."""
    milliseconds = 0
    for letter in identifier[:10]:
        milliseconds = milliseconds * 32 + _ALPHABET.index(letter)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def new_ulid() -> str:
    return ulid(utc_now(), secrets.randbits(80))
