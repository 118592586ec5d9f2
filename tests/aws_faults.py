"""Faults of AWS, injected from outside by botocore's hooks: no code of ours knows of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WRITES = frozenset(
    {
        ("dynamodb", "PutItem"),
        ("dynamodb", "TransactWriteItems"),
        ("athena", "StartQueryExecution"),
        ("glue", "CreateTable"),
        ("glue", "UpdateTable"),
        ("glue", "DeleteTable"),
        ("s3", "DeleteObjects"),
    }
)


class Crash(BaseException):
    """The process died here."""


class Faults:
    """Breaks a lake's AWS clients from outside, by botocore's hooks."""

    def __init__(self, lake: Any) -> None:
        self.clients = {name: getattr(lake.aws, name) for name in ("dynamodb", "athena", "glue", "s3")}

    @contextmanager
    def dying_at(self, number: int, *, is_after: bool) -> Iterator[list[str]]:
        """Dies before the numbered write is sent, or after it was done and before anyone heard."""
        seen: list[str] = []

        def hook(model: Any = None, **_: Any) -> None:
            name = (str(model.service_model.service_name), str(model.name))
            if name in WRITES:
                seen.append(name[1])
                if len(seen) == number:
                    raise Crash

        with self._hooked("after-call" if is_after else "before-call", hook):
            yield seen

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
