"""How much waits in the dead-letter queues."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from health_monitor.adapters.aws import patience, sorting_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsDeadLetters:
    """Queues of one deployment that pass nothing on: where what could not be handled waits for a person."""

    def __init__(self, prefix_of: Callable[[], str]) -> None:
        self._prefix_of = prefix_of

    @cached_property
    def client(self) -> "SQSClient":
        return boto3.client("sqs", config=patience())

    def depths(self) -> dict[str, int]:
        with sorting_errors("counting dead letters"):
            return dict(sorted(self._depths(self._prefix_of())))

    def _depths(self, prefix: str) -> Iterator[tuple[str, int]]:
        for page in self.client.get_paginator("list_queues").paginate(QueueNamePrefix=prefix):
            for url in page.get("QueueUrls", []):
                asked = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
                if "RedrivePolicy" not in asked:
                    yield url.rpartition("/")[2].removeprefix(prefix), int(asked["ApproximateNumberOfMessages"])
