"""The queue of pointers to bodies, and the secrets of those who sent them."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from health_monitor import wiring
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.source import Pointer
from health_monitor.ports.world import World
from tests.builders import A_MOMENT

FIRST, SECOND = (Pointer(source="signed", key=f"inbox/signed/{n}.json.gz", received_at=A_MOMENT) for n in (1, 2))


@pytest.fixture
def waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Pointer]]:
    """The pointers in the queue."""

    def in_memory() -> list[Pointer]:
        taken: list[Pointer] = world.inbox.take()  # type: ignore[attr-defined]
        return taken

    def in_queue() -> list[Pointer]:
        answer: Any = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        return [Pointer.model_validate_json(entry["Body"]) for entry in answer.get("Messages", [])]

    if world.blobs.bucket == "memory":
        return in_memory
    url = boto3.client("sqs").create_queue(QueueName="intake")["QueueUrl"]
    monkeypatch.setenv("HM_INTAKE_QUEUE_URL", url)
    return in_queue


def test_every_pointer_that_was_put_waits_once_for_each_time(
    world: World, waiting: Callable[[], list[Pointer]]
) -> None:
    for pointer in (FIRST, SECOND, FIRST):
        world.inbox.put(pointer)
    assert sorted(pointer.key for pointer in waiting()) == [FIRST.key, FIRST.key, SECOND.key]


def test_a_missing_queue_needs_a_human(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HM_INTAKE_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/nowhere")
    with pytest.raises(NeedsHuman, match=r"queueing a body: .*deploy first"):
        wiring.inbox().put(FIRST)


@pytest.mark.parametrize(("stored", "fields"), [
    (json.dumps({"secret": "s", "previous_secret": ""}), {"secret": "s", "previous_secret": ""}),
    ("plain", {}),
    ("[1]", {}),
])  # fmt: skip
def test_a_sources_secret_has_all_its_fields_or_none(
    aws: None, monkeypatch: pytest.MonkeyPatch, stored: str, fields: dict[str, str]
) -> None:
    boto3.client("secretsmanager").create_secret(Name="health-monitor/dev/sources/signed", SecretString=stored)
    monkeypatch.setenv("HM_SOURCE_SECRETS", "health-monitor/dev/sources")
    assert wiring.source_secret("signed") == fields
    assert wiring.keyring().read("signed") == fields
    with pytest.raises(NeedsHuman, match="deploy first"):
        wiring.source_secret("segment")


def test_the_sources_that_are_on_come_with_their_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HM_SOURCES", '{"segment": {"enabled": true, "secret_header": true}}')
    (segment,) = wiring.sources().values()
    assert segment.model_dump()["secret_header"]
