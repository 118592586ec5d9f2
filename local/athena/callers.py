"""In whose name a query works: Athena asks S3 and Glue as whoever started it, whose policies decide
(docs.aws.amazon.com/athena/latest/ug/s3-permissions.html). Where nobody judges, everything is allowed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from local.athena.errors import QueryFailed

Judge = Callable[[str, str, str], str | None]
"""Access key, action, ARN -> why not, or None."""

_caller: ContextVar[str] = ContextVar("athena_caller", default="")


class Callers:
    """The judge of all callers, once there is one (local/account.py)."""

    def __init__(self) -> None:
        self.judge: Judge | None = None


callers = Callers()


def current() -> str:
    """The access key of whoever this request, or query, comes from."""
    return _caller.get()


@contextmanager
def calling(access_key: str) -> Iterator[None]:
    """Whatever the block does is done in this caller's name."""
    token = _caller.set(access_key)
    try:
        yield
    finally:
        _caller.reset(token)


def require(action: str, resource: str, what: str) -> None:
    """QueryFailed unless the caller may. `resource` is its ARN from the service on; `what` is for people."""
    if callers.judge is None:
        return
    if why := callers.judge(_caller.get(), action, f"arn:aws:{resource}"):
        raise QueryFailed("PERMISSION_DENIED", f"{what}: {why}")
