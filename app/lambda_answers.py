"""Lambda's answers are JSON of at most 6 MB (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""

import base64
from typing import Any, Final

_SAFE: Final = 500_000
"""Characters that fit however they are written: JSON makes at most 12 bytes of one."""


def fitting(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with a large text in Base64: a third more, always, where quotes and accents double or treble it."""
    if answer.get("isBase64Encoded") or len(answer.get("body") or "") <= _SAFE:
        return answer
    body = base64.b64encode(answer["body"].encode()).decode()
    return {**answer, "body": body, "isBase64Encoded": True}
