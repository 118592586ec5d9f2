"""The one place that holds MiniStack's application module, and the scope (account, region) work is done in."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from ministack.core import responses

T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """Whose data a query sees: MiniStack keys every store by account and region."""

    account: str
    region: str

    def enter(self) -> AbstractContextManager[None]:
        """Pin the scope around work that is done outside a request."""
        return responses.request_scope(self.account, self.region)


def current_scope() -> Scope:
    return Scope(responses.get_account_id(), responses.get_region())


class Host:
    """MiniStack's app, once attached."""

    def __init__(self) -> None:
        self.app: ModuleType | None = None

    def on_loop(self, work: Callable[[], T]) -> T:
        """Run `work` on the server's event loop, where MiniStack changes its stores; at once if none is running.

        Must be called from a worker thread: the loop cannot wait for itself.
        """
        loop = getattr(self.app, "_MAIN_LOOP", None)
        if loop is None or loop.is_closed():
            return work()

        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), loop).result()

    def call(self, service: str, target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Call another service's handler as a client would, from a worker thread."""
        if self.app is None:
            raise RuntimeError("local.athena is not attached to MiniStack")
        handler = self.app.SERVICE_HANDLERS[service]
        answer: Any = self.app.call_service_handler_sync(handler, "POST", "/", {"x-amz-target": target}, body, {})
        return answer


host = Host()
