"""Texts that callers carry and hand back unread: JSON in Base64 for addresses, without padding."""

import base64
import json
from typing import Any


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def unpacked(text: str) -> Any:
    """ValueError when it was never packed, however odd it is."""
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except RecursionError as error:  # json recurses into brackets
        raise ValueError("nested too deeply") from error
