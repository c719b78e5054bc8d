"""The queues from which messages go out."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3

from health_monitor.adapters.aws import patience, sorting_errors
from health_monitor.adapters.lots import lots
from health_monitor.model.alert import Errand, Message, Rescoring
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.ports.world import Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SEND_AT_ONCE = 10
"""SQS's own limit for one batch."""


class SqsOutbox:
    """One queue a channel; a message's body is the message or errand as JSON."""

    def __init__(self, queue_url_of: Callable[[Queue], str]) -> None:
        self._queue_url_of = queue_url_of

    @cached_property
    def client(self) -> "SQSClient":
        return boto3.client("sqs", config=patience())

    def put(self, messages: Iterable[Message | Errand | Rescoring]) -> None:
        by_channel: dict[Queue, list[Message | Errand | Rescoring]] = {}
        for message in messages:
            by_channel.setdefault(message.channel, []).append(message)
        for channel, waiting in by_channel.items():
            for some in lots(waiting, SEND_AT_ONCE):
                self._send(self._queue_url_of(channel), some)

    def _send(self, queue_url: str, messages: Sequence[Message | Errand | Rescoring]) -> None:
        entries: Any = [{"Id": str(n), "MessageBody": m.model_dump_json()} for n, m in enumerate(messages)]
        with sorting_errors("queueing messages"):
            failed = self.client.send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed", [])
        if not failed:
            return
        # The answer is a success even when single messages were refused; swallowing that would lose them.
        codes = ", ".join(sorted({entry["Code"] for entry in failed}))
        if any(entry["SenderFault"] for entry in failed):
            raise NeedsHuman(f"queueing messages: {len(failed)} refused ({codes}); see the message's size and text")
        raise TryAgain(f"queueing messages: {len(failed)} not taken ({codes})")
