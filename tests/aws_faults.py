"""Faults of AWS, injected from outside by botocore's hooks: no code of ours knows of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_READS = ("Get", "List", "Head", "Query", "BatchGet", "Describe")
"""How the operations begin that leave nothing behind."""


def is_write(operation: str) -> bool:
    """Whether an operation leaves something behind: whatever does not say that it only reads."""
    return not operation.startswith(_READS)


class Crash(BaseException):
    """The process died here."""


def _crash() -> None:
    raise Crash


class Faults:
    """Breaks a lake's AWS clients from outside, by botocore's hooks."""

    def __init__(self, lake: Any) -> None:
        self.clients = {name: getattr(lake.aws, name) for name in ("dynamodb", "athena", "glue", "s3")}

    @contextmanager
    def dying_at(self, number: int, *, is_after: bool, die: Callable[[], None] = _crash) -> Iterator[list[str]]:
        """Dies before the numbered write is sent, or after it was done and before anyone heard; the writes seen."""
        seen: list[str] = []

        def hook(model: Any = None, **_: Any) -> None:
            if is_write(str(model.name)):
                seen.append(str(model.name))
                if len(seen) == number:
                    die()

        with self._hooked("after-call" if is_after else "before-call", hook):
            yield seen

    @contextmanager
    def noting(self, note: Callable[..., None]) -> Iterator[None]:
        """Tells of every write before it is sent."""

        def hook(model: Any = None, **_: Any) -> None:
            if is_write(str(model.name)):
                note(model=model)

        with self._hooked("before-call", hook):
            yield

    @contextmanager
    def answering(self, service: str, operation: str, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
        """Changes what AWS answers to one operation."""

        def hook(parsed: Any = None, model: Any = None, **_: Any) -> None:
            if (model.service_model.service_name, model.name) == (service, operation):
                change(parsed)

        with self._hooked("after-call", hook):
            yield

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Every execution of Athena still runs, as far as anyone can see."""

        def change(answer: dict[str, Any]) -> None:
            answer["QueryExecution"]["Status"]["State"] = "RUNNING"

        with self.answering("athena", "GetQueryExecution", change):
            yield

    @contextmanager
    def _hooked(self, event: str, hook: Callable[..., None]) -> Iterator[None]:
        for client in self.clients.values():
            client.meta.events.register(event, hook)
        try:
            yield
        finally:
            for client in self.clients.values():
                client.meta.events.unregister(event, hook)
