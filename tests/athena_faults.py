"""Faults of the embedded Athena, ordered at its control door (local/athena/control.py)."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local.stack import Stack

Order = Callable[..., None]


@contextmanager
def orders(stack: Stack) -> Iterator[Order]:
    """`order(query=..., hang=..., fail=..., count=...)`; all are forgotten afterwards."""

    def call(method: str, body: dict[str, Any] | None = None) -> None:
        data = json.dumps(body).encode() if body else None
        url = f"{stack.endpoint_url}/_headgate/faults"
        urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=10).close()

    yield lambda **body: call("POST", body)
    call("DELETE")
