"""Pages of Glue's lists: `MaxResults` and an opaque `NextToken` that holds the place by key, not by number."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from local.glue.errors import GlueError


def page(
    items: Sequence[Any], key: Callable[[Any], Any], request: dict[str, Any], most: int
) -> tuple[list[Any], dict[str, str]]:
    """The page of `items` (ascending by `key`) that the request asks for, and {"NextToken": ...} if more follow.

    What is added or removed between two pages moves no other item out of its turn.
    """
    size = request.get("MaxResults", most)
    if not isinstance(size, int) or not 1 <= size <= most:
        raise GlueError("InvalidInputException", f"MaxResults must be between 1 and {most}")
    token = request.get("NextToken")
    after = _place(token) if token else None
    rest = [item for item in items if after is None or key(item) > after]
    shown = rest[:size]
    return shown, {"NextToken": _token(key(shown[-1]))} if len(rest) > size else {}


def _token(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(token: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError) as error:
        raise GlueError("InvalidInputException", "NextToken is not one that was handed out") from error
