"""String functions that DuckDB's SQL cannot say, in Python. Each raises ValueError with Trino's error."""

import unicodedata
from typing import NoReturn

_SOUNDEX = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "01230120022455012623010202", strict=True))
_LAST_CODE_POINT, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)


def fail(message: str, code: str = "INVALID_FUNCTION_ARGUMENT") -> NoReturn:
    """End the query with Trino's error `code` and its message."""
    raise ValueError(f"athena:{code}: {message}")


def levenshtein(a: str, b: str) -> int:
    """Edits (insert, delete, replace) between two texts, by code points."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (one != other))
    return row[-1]


def hamming(a: str, b: str) -> int:
    """Positions where two texts of one length differ."""
    if len(a) != len(b):
        fail("The input strings to hamming_distance function must have the same length")
    return sum(x != y for x, y in zip(a, b, strict=True))


def luhn(text: str) -> bool:
    """Whether the digits have a valid check digit."""
    if not all("0" <= c <= "9" for c in text):
        fail("Input contains non-digit characters")
    doubled = (int(c) * (1 + i % 2) for i, c in enumerate(reversed(text)))
    return bool(text) and sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def soundex(text: str) -> str:
    """American Soundex as commons-codec computes it: H and W do not part letters of one code."""
    letters = "".join(c for c in text if c.isalpha()).upper()
    for c in letters:
        if c not in _SOUNDEX:
            fail(f"The character is not mapped: {c} (index={ord(c) - ord('A')})")
    if not letters:
        return ""
    found, last = letters[0], _SOUNDEX[letters[0]]
    for c in letters[1:]:
        if c in "HW":
            continue
        code = _SOUNDEX[c]
        if code not in ("0", last):
            found += code
        last = code
    return found[:4].ljust(4, "0")


def normalized(text: str, form: str) -> str:
    if form not in ("NFD", "NFC", "NFKD", "NFKC"):
        fail("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]  # one of the four


def decoded(data: bytes, replacement: str) -> str:
    """UTF-8 with each invalid sequence replaced."""
    if len(replacement) > 1:
        fail("Replacement character string must empty or a single character")
    parts = []
    at = 0
    while at < len(data):
        try:
            parts.append(data[at:].decode())
        except UnicodeDecodeError as error:
            parts += [data[at : at + error.start].decode(), replacement]
            at += error.end
        else:
            break
    return "".join(parts)


def decoded_with_code(data: bytes, code: int) -> str:
    if not 0 <= code <= _LAST_CODE_POINT or code in _SURROGATES:
        fail("Invalid replacement character")
    return decoded(data, chr(code))


def position(text: str, part: str, instance: int) -> int:
    """Where the nth occurrence starts, from 1; from the end when negative; 0 when there is none. They may overlap."""
    if instance == 0:
        fail("'instance' must be a positive or negative number.")
    if not part:
        return 1
    at = -1 if instance > 0 else len(text)
    for _ in range(abs(instance)):
        at = text.find(part, at + 1) if instance > 0 else text.rfind(part, 0, max(at - 1 + len(part), 0))
        if at < 0:
            return 0
    return at + 1


def _pairs(text: str, entry: str, key_value: str, shown: str) -> list[tuple[str, str]]:
    if not entry:
        fail("entryDelimiter is empty")
    if not key_value:
        fail("keyValueDelimiter is empty")
    if entry == key_value:
        fail("entryDelimiter and keyValueDelimiter must not be the same")
    found = []
    parts = text.split(entry)
    for pair in parts[:-1] if parts[-1] == "" else parts:
        split = pair.split(key_value)
        if len(split) != 2:
            fail(f"Key-value delimiter must appear exactly once in each entry. Bad input: {shown.format(pair)}")
        found.append((split[0], split[1]))
    return found


def split_to_map(text: str, entry: str, key_value: str) -> dict[str, list[str]]:
    """A map as DuckDB takes it: its keys and its values."""
    pairs = _pairs(text, entry, key_value, "'{}'")
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            fail(f"Duplicate keys ({key}) are not allowed")
        seen.add(key)
    return {"key": [k for k, _ in pairs], "value": [v for _, v in pairs]}


def split_to_multimap(text: str, entry: str, key_value: str) -> dict[str, list[str] | list[list[str]]]:
    """A map of lists as DuckDB takes it."""
    held: dict[str, list[str]] = {}
    for key, value in _pairs(text, entry, key_value, "{}"):
        held.setdefault(key, []).append(value)
    return {"key": list(held), "value": list(held.values())}
