"""SQS: the queue that feeds the events function."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from app.adapters.aws import Aws, translated

SOURCE: Final = "headgate"
"""What messages of our own say they come from, as AWS's say it."""


class EventQueue:
    """Sends; receiving is Lambda's."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self._name = name

    def send(self, message: Mapping[str, str]) -> None:
        """At least once, in no order."""
        with translated("SQS"):
            self._aws.sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(message))

    @cached_property
    def _url(self) -> str:
        return str(self._aws.sqs.get_queue_url(QueueName=self._name)["QueueUrl"])
