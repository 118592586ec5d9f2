"""NextToken: the key of the last item given, so that pages neither repeat nor skip while items come and go."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from local.athena.errors import Refused


def paged(
    items: Sequence[Any],
    request: dict[str, Any],
    member: str,
    key: Callable[[Any], str | int],
    *,
    most: int = 50,
    is_newest_first: bool = False,
) -> dict[str, Any]:
    """One page of a list, ordered by `key`, as `{member: [...], "NextToken": ...}`. Raises Refused for a bad token.

    `most` is the page's size when the request has no MaxResults, or 0 in it.
    """
    ordered = sorted(items, key=key, reverse=is_newest_first)
    if request.get("NextToken"):
        last = _decoded(str(request["NextToken"]), member)
        ordered = [i for i in ordered if (key(i) < last if is_newest_first else key(i) > last)]  # type: ignore[operator]
    size = int(request.get("MaxResults") or most)
    answer: dict[str, Any] = {member: ordered[:size]}
    if len(ordered) > size:
        answer["NextToken"] = encoded(member, key(ordered[size - 1]))
    return answer


def encoded(kind: str, place: str | int) -> str:
    """A token that is good for lists of this kind only."""
    return base64.urlsafe_b64encode(json.dumps([kind, place]).encode()).decode()


def _decoded(token: str, kind: str) -> str | int:
    try:
        found = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        found = None
    if isinstance(found, list) and len(found) == 2 and found[0] == kind and isinstance(found[1], (str, int)):
        return found[1]
    raise Refused("Invalid NextToken")


def place_of(token: str | None, kind: str) -> int:
    """The number a token carries; 0 without a token. Raises Refused for a token that is not one of this kind."""
    place = _decoded(token, kind) if token else 0
    if not isinstance(place, int) or place < 0:
        raise Refused("Invalid NextToken")
    return place
