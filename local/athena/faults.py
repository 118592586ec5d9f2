"""Faults on demand: what the control door (local/athena/control.py) ordered, and for how long. Nothing unless asked."""

import random
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from local.athena import shapes
from local.athena.errors import QueryFailed, Refused

_ERRORS = {
    "ThrottlingException": "Rate exceeded",
    "TooManyRequestsException": "You have exceeded the limit for the number of queries you can run concurrently.",
    "InternalServerException": "An internal error occurred",
    "InvalidRequestException": "The request was refused as ordered",
    "MetadataException": "The metastore did not answer",
}
_FAILURE = {"category": 1, "type": 200, "retryable": True, "message": "GENERIC_INTERNAL_ERROR: ordered failure"}


@dataclass
class CallFault:
    """Calls of `operation` (`*`: every one) are refused: the next `count`, or each with probability `rate`."""

    operation: str
    error: str
    message: str
    count: int | None
    rate: float
    seed: int | None
    luck: random.Random = field(repr=False)


@dataclass
class QueryFault:
    """Queries whose text holds `contains`, in `workgroup` if given, wait and then end as ordered: the next `count`.

    `queued_ms` and `running_ms` are added to the time in that state; `hangs` keeps it RUNNING until it is stopped.
    """

    contains: str
    workgroup: str | None
    count: int | None
    queued_ms: int
    running_ms: int
    hangs: bool
    fail: dict[str, Any] | None

    def failure(self) -> QueryFailed | None:
        """How the query shall end; None: as it would anyway."""
        if self.fail is None:
            return None
        given = {**_FAILURE, **self.fail}
        return QueryFailed("", given["message"], given["category"], given["type"], is_retryable=given["retryable"])


class Faults:
    """The orders in force, first come first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[CallFault | QueryFault] = []

    def of_call(self, operation: str) -> Refused | None:
        """The refusal that one call of the operation shall get."""
        with self._lock:
            for order in self._orders:
                if isinstance(order, CallFault) and order.operation in ("*", operation):
                    if order.count is None and order.luck.random() >= order.rate:
                        continue
                    self._spend(order)
                    return Refused(order.message, order.error)
        return None

    def of_query(self, sql: str, workgroup: str) -> QueryFault | None:
        """What shall happen to one query."""
        with self._lock:
            for order in self._orders:
                if (
                    isinstance(order, QueryFault)
                    and order.contains in sql
                    and order.workgroup in (None, workgroup)
                ):  # fmt: skip
                    self._spend(order)
                    return order
        return None

    def _spend(self, order: CallFault | QueryFault) -> None:
        if order.count is not None:
            order.count -= 1
            if order.count <= 0:
                self._orders.remove(order)

    def order(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add one order. Raises ValueError that says what is wrong with it."""
        order = _query_fault(body) if "query" in body else _call_fault(body)
        with self._lock:
            self._orders.append(order)
        return _shown(order)

    def listed(self) -> list[dict[str, Any]]:
        """The orders in force; `count` is what is left."""
        with self._lock:
            return [_shown(order) for order in self._orders]

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()


def _shown(order: CallFault | QueryFault) -> dict[str, Any]:
    return {name: value for name, value in asdict(order).items() if name != "luck"}


def _known(body: dict[str, Any], *names: str) -> None:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise ValueError(f"unknown member {', '.join(unknown)}; known are {', '.join(names)}")


def _call_fault(body: dict[str, Any]) -> CallFault:
    _known(body, "operation", "error", "message", "count", "rate", "seed")
    operation, error = body.get("operation"), body.get("error")
    if operation != "*" and not (isinstance(operation, str) and shapes.is_operation(operation)):
        raise ValueError(f"operation must be '*' or an operation of Athena, not {operation!r}")
    if error not in _ERRORS:
        raise ValueError(f"error must be one of {', '.join(_ERRORS)}, not {error!r}")
    rate = body.get("rate")
    if rate is not None and "count" in body:
        raise ValueError("give count or rate, not both")
    if rate is not None and not (isinstance(rate, (int, float)) and 0 <= rate <= 1):
        raise ValueError(f"rate must be from 0 to 1, not {rate!r}")
    seed = body.get("seed")
    count = _number(body, "count", 1) if rate is None else None
    luck = random.Random(seed)
    return CallFault(operation, error, str(body.get("message") or _ERRORS[error]), count, rate or 0.0, seed, luck)


def _query_fault(body: dict[str, Any]) -> QueryFault:
    _known(body, "query", "count", "queued_ms", "running_ms", "hang", "fail")
    which, fail = body["query"], body.get("fail")
    if not isinstance(which, dict):
        raise ValueError("query must be an object with contains, workgroup or both (empty: every query)")  # noqa: TRY004 - the door answers 400
    _known(which, "contains", "workgroup")
    if fail is not None:
        _known(fail, *_FAILURE)
    count = None if body.get("count", 1) == "always" else _number(body, "count", 1)
    return QueryFault(str(which.get("contains", "")), which.get("workgroup"), count, _number(body, "queued_ms", 0),
                      _number(body, "running_ms", 0), bool(body.get("hang")), fail)  # fmt: skip


def _number(body: dict[str, Any], name: str, usual: int) -> int:
    value = body.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or value < usual:
        raise ValueError(f"{name} must be a whole number of at least {usual}, not {value!r}")
    return value


faults = Faults()
