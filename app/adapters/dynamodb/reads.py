"""DynamoDB's reads over kept connections, signed and parsed here: a third of the CPU that botocore takes for it.

It hangs on botocore's own hook `before-call`, behind all others. Where the answer is not a plain success, or there is
none, botocore asks again with its retries and its errors, as if nobody had asked: these are reads.
"""

import hashlib
import hmac
import os
import ssl
import time
from collections import deque
from collections.abc import Mapping
from functools import cached_property, lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from select import POLLIN, poll
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

import orjson
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import HTTPClientError
from botocore.httpsession import get_cert_path

_OPERATIONS: Final = frozenset({"GetItem", "BatchGetItem", "Query"})
_PATIENCE: Final = 2  # seconds; botocore waits longer
_IDLE: Final = 32
_ALGORITHM: Final = "AWS4-HMAC-SHA256"


class _Answer(NamedTuple):
    """What botocore looks at of an answer that a hook gave."""

    status_code: int


class KeptReads:
    """Answers the reads of one client."""

    def __init__(self, client: Any, credentials: Any) -> None:
        self._events = client.meta.events
        self._region = client.meta.region_name
        self._endpoint = urlsplit(client.meta.endpoint_url)
        self._credentials = credentials
        self._idle: deque[HTTPConnection] = deque(maxlen=_IDLE)

    def install(self) -> None:
        """Not where a proxy stands between: that is botocore's business."""
        if self._endpoint.scheme not in getproxies():
            self._events.register_last("before-call", self.answered)

    def answered(self, model: Any, params: Mapping[str, Any], **_: Any) -> tuple[_Answer, Any] | None:
        """None: botocore shall ask."""
        if model.name not in _OPERATIONS or urlsplit(params["url"]).netloc != self._endpoint.netloc:
            return None
        frozen = self._credentials.get_frozen_credentials()
        headers = signed(params["headers"], params["body"], self._endpoint.netloc, self._region, frozen, time.time())
        request = AWSPreparedRequest("POST", params["url"], headers, params["body"], stream_output=False)
        try:
            _, given = self._events.emit_until_response(f"before-send.dynamodb.{model.name}", request=request)
            status, body = (given.status_code, given.content) if given is not None else self._sent(request)
        except (OSError, HTTPException, HTTPClientError):
            return None
        return (_Answer(status), orjson.loads(body)) if status == 200 else None

    def _sent(self, request: Any) -> tuple[int, bytes]:
        connection = self._connection()
        try:
            connection.request("POST", "/", request.body, request.headers)
            answer = connection.getresponse()
            body = answer.read()
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        return answer.status, body

    def _connection(self) -> HTTPConnection:
        """The one used last, unless the other end has closed it meanwhile."""
        while self._idle:
            try:
                kept = self._idle.pop()
            except IndexError:  # another thread took it
                break
            waiting = poll()
            waiting.register(kept.sock, POLLIN)
            if not waiting.poll(0):
                return kept
            kept.close()
        if self._endpoint.scheme == "http":
            return HTTPConnection(self._endpoint.netloc, timeout=_PATIENCE)
        return HTTPSConnection(self._endpoint.netloc, timeout=_PATIENCE, context=self._tls)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or get_cert_path(True))


def signed(
    headers: Mapping[str, str], body: bytes, host: str, region: str, credentials: Any, now: float
) -> dict[str, str]:
    """The headers of a POST to `/`, signed (Signature Version 4, docs.aws.amazon.com/IAM/latest/UserGuide/
    reference_sigv-create-signed-request.html).
    """
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    said = {"host": host, "x-amz-date": at, "x-amz-target": headers["X-Amz-Target"]}
    if credentials.token:
        said["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(said))
    lines = "".join(f"{name}:{said[name]}\n" for name in sorted(said))
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{at[:8]}/{region}/dynamodb/aws4_request"
    text = f"{_ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(_key(credentials.secret_key, at[:8], region), text.encode(), "sha256").hex()
    credential = f"{credentials.access_key}/{scope}"
    authorization = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return {**headers, **said, "authorization": authorization}


@lru_cache(maxsize=8)
def _key(secret: str, day: str, region: str) -> bytes:
    """Good for a day."""
    key = b"AWS4" + secret.encode()
    for part in (day, region, "dynamodb", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
