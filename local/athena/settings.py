"""Settings of the embedded Athena, read from the environment when the engine starts."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

MOST_AT_ONCE = 64
"""Threads that may run queries; the running quota cannot go beyond."""


@dataclass(frozen=True)
class AthenaSettings:
    """`memory_limit` is DuckDB's text (`2GB`); `threads` serve all queries; `concurrency` run at once, of
    `active_queries` that may be queued or running before TooManyRequestsException (Athena: 20-200 DML by region).
    `work_dir` holds files before they become objects: best on the file system of S3_DATA_DIR (a rename, no copy).
    """

    memory_limit: str
    threads: int
    concurrency: int
    active_queries: int
    work_dir: Path
    data_dir: Path


def from_environment() -> AthenaSettings:
    """ATHENA_MEMORY_LIMIT, ATHENA_THREADS, ATHENA_CONCURRENCY, ATHENA_ACTIVE_QUERIES, ATHENA_WORK_DIR, S3_DATA_DIR.

    Raises ValueError that names the one that is wrong.
    """
    data_dir = Path(os.environ.get("S3_DATA_DIR", Path(tempfile.gettempdir()) / "ministack-data" / "s3"))
    work_dir = os.environ.get("ATHENA_WORK_DIR", f"{data_dir}-athena")
    return AthenaSettings(
        memory_limit=os.environ.get("ATHENA_MEMORY_LIMIT", "2GB"),
        threads=_whole("ATHENA_THREADS", os.cpu_count() or 2),
        concurrency=min(MOST_AT_ONCE, _whole("ATHENA_CONCURRENCY", 8)),
        active_queries=_whole("ATHENA_ACTIVE_QUERIES", 200),
        work_dir=Path(work_dir),
        data_dir=data_dir.absolute(),
    )


def _whole(name: str, usual: int) -> int:
    text = os.environ.get(name) or str(usual)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {text!r}")
    return int(text)
