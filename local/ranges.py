"""Byte ranges of an object version: S3 has them, MiniStack answers with all of it (services/s3.py, `_get_object`).

Source of the behaviour: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, `Range` and `versionId`.
"""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


def install(_: ModuleType) -> None:
    """Wrap MiniStack's GetObject. Called before its server starts."""
    from ministack.services import s3

    s3._get_object = _ranged(s3, s3._get_object)  # noqa: SLF001 - see the contract test


def _ranged(s3: Any, get: Callable[..., Answer]) -> Callable[..., Answer]:
    @functools.wraps(get)
    def answered(bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> Answer:
        asked = headers.get("range", "")
        if not asked or not (query or {}).get("versionId"):
            return get(bucket, key, headers, query)
        # A checksum of the whole would not fit the slice.
        status, said, body = get(bucket, key, {**headers, "x-amz-checksum-mode": ""}, query)
        span = s3._parse_range(asked, len(body)) if status == 200 else None  # noqa: SLF001
        if span is None:
            return status, said, body
        start, end = span
        piece = body[start : end + 1]
        place = {"Content-Length": str(len(piece)), "Content-Range": f"bytes {start}-{end}/{len(body)}"}
        return 206, {**said, **place}, piece

    return answered
