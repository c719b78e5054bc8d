"""One suite, two worlds: in memory, and on AWS's own interfaces as moto plays them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from health_monitor import wiring
from health_monitor.adapters.memory import PushedClock, memory_world
from health_monitor.model.alert import Message
from health_monitor.ports.world import Channel, World
from tests.builders import A_MOMENT
from tests.conftest import TABLE

Queued = Callable[[Channel], list[Message]]

_create_client = boto3.client


@cache
def _client(service: str) -> Any:
    """Making a client takes longer than most tests; moto stands behind every one of them all the same."""
    client = _create_client(service)  # type: ignore[call-overload]
    client.meta.events.register("provide-client-params.dynamodb", _no_reserved_word)
    return client


def _no_reserved_word(params: dict[str, Any], **_: Any) -> None:
    """DynamoDB refuses its reserved words as bare names everywhere; moto does so in some places only."""
    written = " ".join(str(text) for name, text in params.items() if name.endswith("Expression"))
    bare = {word.upper() for word in re.findall(r"(?<![#:\w])[a-z]\w*", written)}
    assert not bare & set(ReservedKeywords.get_reserved_keywords())


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account that holds what the deployment would have made."""
    monkeypatch.setattr(boto3, "client", lambda service, **_: _client(service))
    with mock_aws():
        boto3.client("dynamodb").create_table(TableName="health", **TABLE)
        boto3.client("s3").create_bucket(
            Bucket="health-files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        boto3.client("sesv2").create_email_identity(EmailIdentity="health@example.com")
        boto3.client("secretsmanager").create_secret(Name="slack", SecretString='{"bot_token": "xoxb-1"}')
        monkeypatch.setenv("HM_TABLE", "health")
        monkeypatch.setenv("HM_BUCKET", "health-files")
        monkeypatch.setenv("HM_MAIL_FROM", "health@example.com")
        for name in ("email", "slack", "outreach", "follow_up", "crm", "rescore"):
            url = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
            monkeypatch.setenv(f"HM_{name.upper()}_QUEUE_URL", url)
        yield


@pytest.fixture(params=["memory", "aws"])
def world(request: pytest.FixtureRequest) -> World:
    """Every port, with a clock that stands still."""
    if request.param == "memory":
        return memory_world(A_MOMENT)
    request.getfixturevalue("aws")
    return replace(wiring.aws_world(), clock=PushedClock(A_MOMENT))


@pytest.fixture
def queued(world: World) -> Queued:
    """What waits to go out through a channel."""

    def in_memory(channel: Channel) -> list[Message]:
        waiting: list[Message] = world.outbox.messages  # type: ignore[attr-defined]
        return [message for message in waiting if message.channel == channel]

    def in_queue(channel: Channel) -> list[Message]:
        sqs = boto3.client("sqs")
        found: list[Message] = []
        url = sqs.get_queue_url(QueueName=channel)["QueueUrl"]
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            found += [Message.model_validate_json(entry["Body"]) for entry in batch]
        return found

    return in_memory if world.blobs.bucket == "memory" else in_queue
