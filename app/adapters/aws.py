"""AWS sessions, retry settings, and the one place where AWS's errors become ours."""

import contextlib
import json
import logging
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)

from app.adapters.dynamodb.reads import KeptReads
from app.adapters.sessions import fast_session
from app.domain.errors import BackendTimeout, BackendUnavailable, HeadgateError, TooManyRequests
from app.settings import Settings

log = logging.getLogger("headgate.aws")

THROTTLES = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "503 Slow Down",
    }
)


class Aws:
    """Clients, made when first used: a cold start pays only for the services its request needs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = fast_session()

    def _client(self, service: str, *, retries: int = 4, read_timeout: int = 20, **config: Any) -> Any:
        return self._session.create_client(
            service,
            region_name=self._settings.aws_region,
            config=Config(
                retries={"mode": "standard", "max_attempts": retries},
                connect_timeout=2,
                read_timeout=read_timeout,
                max_pool_connections=32,
                user_agent="headgate",  # botocore makes its own anew for each request, from a dozen parts
                **config,
            ),
        )

    @cached_property
    def dynamodb(self) -> Any:
        # Its requests are all made in dynamodb/table.py; DynamoDB checks them itself.
        client = self._client("dynamodb", parameter_validation=False)
        KeptReads(client, self._session.get_credentials()).install()
        return client

    @cached_property
    def s3(self) -> Any:
        # s3v4 and path style: presigned URLs sign length and checksum, and the same URL form works on a laptop.
        return self._client("s3", signature_version="s3v4", s3={"addressing_style": "path"})

    @cached_property
    def glue(self) -> Any:
        return self._client("glue")

    @cached_property
    def sqs(self) -> Any:
        return self._client("sqs")

    @cached_property
    def athena(self) -> Any:
        """Gives up soon: runs and queries wait by themselves, and whoever asked should not wait 14 s for a refusal."""
        client = self._client("athena", retries=1, read_timeout=10)
        client.meta.events.register_first("needs-retry.athena.*", _refuse_retry_of_throttles)
        return client


def _refuse_retry_of_throttles(response: Any = None, **_: Any) -> bool | None:
    """Asked by botocore before each retry: False ends it, None leaves it to botocore's own rules."""
    if response is None:
        return None
    return False if response[1].get("Error", {}).get("Code") in THROTTLES else None


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def translated(service: str) -> Iterator[None]:
    """Turn what boto3 raises into the domain's errors. Callers handle the codes that mean something to them inside."""
    try:
        yield
    except HeadgateError:
        raise
    except ReadTimeoutError as error:
        raise BackendTimeout(f"{service} did not answer in time; try again.", retry_after_seconds=2) from error
    except ClientError as error:
        if error_code(error) in THROTTLES:
            raise TooManyRequests(f"{service} asks us to slow down; try again.", retry_after_seconds=2) from error
        # A missing permission, most often: the log names the operation that the role must be allowed.
        log.warning(json.dumps({"event": "aws_refused", "operation": error.operation_name, "code": error_code(error)}))
        raise BackendUnavailable(
            f"{service} refused a request of Headgate ({error_code(error)}).", retry_after_seconds=5
        ) from error
    except (AwsConnectionError, HTTPClientError, BotoCoreError) as error:
        raise BackendUnavailable(f"{service} cannot be reached; try again.", retry_after_seconds=5) from error
