"""One call of AWS goes wrong: which one is named by the place in the code, how by the kind. Injected below botocore's
retries, at `before-send`, so that botocore's own handling of the fault is part of what is tested.
"""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError
from botocore.retries.bucket import TokenBucket

from app.adapters import aws

SERVICES = ("dynamodb", "athena", "glue", "s3")
MODES = ("legacy", "standard", "adaptive")
KINDS = ("throttle", "server_error", "timeout_before", "answer_lost", "truncated", "slow")
_NOT_CALLERS = ("app/adapters/aws.py", "app/adapters/sessions.py")


def retrying(lake: Any, mode: str) -> None:
    """Makes the lake's clients, as it makes them itself but for the mode in which they retry."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            aws, "Config", lambda **options: Config(**options | {"retries": options["retries"] | {"mode": mode}})
        )
        for name in SERVICES:
            getattr(lake.aws, name)


@contextmanager
def no_waits_of_botocore() -> Iterator[None]:
    """It waits up to 20 s before it tries again, and after a throttle the adaptive mode lets a request pass every two
    seconds for minutes; here it does not.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
        patch.setattr(TokenBucket, "acquire", lambda *_, **__: True)
        yield


def call_site(operation: str) -> str:
    """`PutItem table.py:write < runs.py:put < runs.py:_stored`: the operation and our innermost frames."""
    frames, frame = [], sys._getframe(1)
    while frame is not None and len(frames) < 4:
        path = frame.f_code.co_filename
        if "/app/" in path and not path.endswith(_NOT_CALLERS):
            frames.append(f"{path.rpartition('/')[2]}:{frame.f_code.co_name}")
        frame = frame.f_back
    return f"{operation} {' < '.join(frames)}"


class CallFaults:
    """Watches every call that a lake sends, and breaks those of one site."""

    def __init__(self, lake: Any, meanwhile: Callable[[], None] | None = None) -> None:
        self.lake = lake
        self.sites: dict[str, int] = {}
        self.struck = 0
        self._meanwhile = meanwhile or (lambda: None)
        self._fault: tuple[str, str, int] | None = None
        self._in_fault = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Counts the calls of each site."""
        hooks = []
        for name in SERVICES:
            client = getattr(self.lake.aws, name)

            def hook(request: Any, event_name: str, client: Any = client, **_: Any) -> Any:
                return self._seen(client, request, event_name.rpartition(".")[2])

            client.meta.events.register_first("before-send", hook)
            hooks.append((client, hook))
        try:
            yield
        finally:
            for client, hook in hooks:
                client.meta.events.unregister("before-send", hook)

    @contextmanager
    def breaking(self, site: str, kind: str, times: int) -> Iterator[None]:
        """The site's next `times` requests, retries of botocore's included, go wrong."""
        self._fault, self.struck = (site, kind, times), 0
        try:
            yield
        finally:
            self._fault = None

    def _seen(self, client: Any, request: Any, operation: str) -> Any:
        if self._in_fault:
            return None
        site = call_site(operation)
        self.sites[site] = self.sites.get(site, 0) + 1
        if self._fault is None or self._fault[0] != site or self.struck >= self._fault[2]:
            return None
        self.struck += 1
        self._in_fault = True
        try:
            return getattr(self, f"_{self._fault[1]}")(client, request)
        finally:
            self._in_fault = False

    def _throttle(self, client: Any, request: Any) -> AWSResponse:
        code = "SlowDown" if _is_s3(client) else "ThrottlingException"
        return _refusal(client, request, 503 if _is_s3(client) else 400, code)

    def _server_error(self, client: Any, request: Any) -> AWSResponse:
        return _refusal(client, request, 500, "InternalError" if _is_s3(client) else "InternalServerError")

    def _timeout_before(self, client: Any, request: Any) -> None:
        raise ConnectTimeoutError(endpoint_url=request.url)

    def _answer_lost(self, client: Any, request: Any) -> None:
        client._endpoint.http_session.send(request)
        raise ReadTimeoutError(endpoint_url=request.url)

    def _truncated(self, client: Any, request: Any) -> AWSResponse:
        """A connection that breaks in the middle of the body: urllib3 finds too few bytes."""
        answer = client._endpoint.http_session.send(request)
        if not request.stream_output:
            raise ConnectionClosedError(endpoint_url=request.url, request=request)
        body = answer.raw.read()
        return AWSResponse(answer.url, answer.status_code, answer.headers, _Raw(body[: len(body) // 2]))

    def _slow(self, client: Any, request: Any) -> AWSResponse:
        """The request waits on its way; another worker does all that can be done before it arrives."""
        self._meanwhile()
        answer: AWSResponse = client._endpoint.http_session.send(request)
        return answer


class _Raw(io.BytesIO):
    """What AWSResponse reads from."""

    def stream(self, amount: int = 65536, **_: Any) -> Iterator[bytes]:
        while part := self.read(amount):
            yield part


def _is_s3(client: Any) -> bool:
    return str(client.meta.service_model.service_name) == "s3"


def _refusal(client: Any, request: Any, status: int, code: str) -> AWSResponse:
    if _is_s3(client):
        body, kind = f"<Error><Code>{code}</Code><Message>no</Message></Error>", "application/xml"
    else:
        body, kind = f'{{"__type": "{code}", "message": "no"}}', "application/x-amz-json-1.1"
    if request.method == "HEAD":
        body = ""
    raw = _Raw(body.encode())
    return AWSResponse(request.url, status, {"content-type": kind, "content-length": str(len(body))}, raw)
