"""The queue of webhook bodies that wait in the bucket; a message is a pointer to one."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from health_monitor.adapters.aws import patience, sorting_errors
from health_monitor.model.source import Pointer

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsInbox:
    """One queue; a message's body is the pointer as JSON."""

    def __init__(self, queue_url: Callable[[], str]) -> None:
        self._queue_url = queue_url

    @cached_property
    def client(self) -> "SQSClient":
        # Somebody waits for the answer: better to say "try again" soon than to keep trying for a minute.
        return boto3.client("sqs", config=patience(read_timeout=3, attempts=3))

    def put(self, pointer: Pointer) -> None:
        with sorting_errors("queueing a body"):
            self.client.send_message(QueueUrl=self._queue_url(), MessageBody=pointer.model_dump_json())
