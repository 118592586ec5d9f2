"""Reading request bodies: JSON that has one meaning, or a clear refusal.

FastAPI alone answers 500 to some odd JSON (lone surrogates, absurd depth) and keeps the last of duplicate keys.
"""

import json
import math
from typing import Any, NoReturn

from starlette.requests import Request

from app.domain.errors import MalformedBody, PayloadTooLarge

_MAX_DEPTH = 64


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedBody("The JSON has the same key twice in one object; send each once.")
    return found


def _constant(_: str) -> NoReturn:
    raise MalformedBody("NaN and Infinity are not JSON; send null or a finite number.")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedBody("A number is too large; send a finite one.")
    return value


def parse_json(body: bytes) -> Any:
    """The value, or MalformedBody. Refuses duplicate keys, NaN, overflow, lone surrogates, NUL and deep nesting."""
    try:
        text = body.decode("utf-8")
        if max(text.count("["), text.count("{")) > _MAX_DEPTH and _depth(text) > _MAX_DEPTH:
            raise MalformedBody(f"The JSON is nested deeper than {_MAX_DEPTH} levels.")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise MalformedBody("The body is not valid UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        raise MalformedBody("The body is not valid JSON; check quotes, commas and brackets.") from error
    return value


def _depth(text: str) -> int:
    """Deepest nesting of brackets outside strings."""
    depth = deepest = 0
    is_string = is_escaped = False
    for char in text:
        if is_escaped:
            is_escaped = False
        elif is_string:
            is_escaped = char == "\\"
            is_string = char != '"'
        elif char == '"':
            is_string = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


class StrictRequest(Request):
    """A request whose JSON has one meaning and whose size has a bound."""

    max_bytes = 1_000_000

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > self.max_bytes:
                    raise PayloadTooLarge(f"The body may have {self.max_bytes:,} bytes; upload data as files.")
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_json(await self.body())
        return self._json
