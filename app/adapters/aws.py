"""AWS sessions, retry settings, and the one place where AWS's errors become ours."""

import contextlib
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

from app.adapters.sessions import fast_session
from app.domain.errors import BackendTimeout, BackendUnavailable, HeadgateError, TooManyRequests
from app.settings import Settings

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

    def _client(self, service: str, **config: Any) -> Any:
        return self._session.create_client(
            service,
            region_name=self._settings.aws_region,
            config=Config(
                retries={"mode": "standard", "max_attempts": 4},
                connect_timeout=2,
                read_timeout=20,
                max_pool_connections=32,
                **config,
            ),
        )

    @cached_property
    def dynamodb(self) -> Any:
        return self._client("dynamodb")

    @cached_property
    def s3(self) -> Any:
        # s3v4 and path style: presigned URLs sign length and checksum, and the same URL form works on a laptop.
        return self._client("s3", signature_version="s3v4", s3={"addressing_style": "path"})

    @cached_property
    def glue(self) -> Any:
        return self._client("glue")

    @cached_property
    def athena(self) -> Any:
        return self._client("athena")


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
        raise BackendUnavailable(
            f"{service} refused a request of Headgate ({error_code(error)}).", retry_after_seconds=5
        ) from error
    except (AwsConnectionError, HTTPClientError, BotoCoreError) as error:
        raise BackendUnavailable(f"{service} cannot be reached; try again.", retry_after_seconds=5) from error
