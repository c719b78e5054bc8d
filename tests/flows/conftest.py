"""Every flow runs in two worlds: in memory, and on AWS's own interfaces as moto plays them."""

from collections.abc import Iterable

import boto3
import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, PushedClock, memory_world
from health_monitor.adapters.memory_alerts import MemoryCourier, MemoryOutbox
from health_monitor.flows import plan_scoring
from health_monitor.flows.deliver import read_queued
from health_monitor.model.alert import Errand, Message
from health_monitor.ports.alerts import Outbox
from tests.builders import A_MOMENT
from tests.contracts.conftest import aws  # noqa: F401  (the fixture that `world` asks for)
from tests.flows.stage import furnish, ports_of

ACCOUNTS_A_BATCH = 4


class DrainedQueues(MemoryOutbox):
    """The real outbox, and a consumer that takes from its queues."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self._outbox = outbox

    def put(self, messages: Iterable[Message | Errand]) -> None:
        self._outbox.put(messages)

    def take(self) -> list[Message | Errand]:
        waiting = [message for name in ("email", "slack", "outreach", "crm") for message in _drained(name)]
        self.taken += waiting
        return waiting


def _drained(queue: str) -> list[Message | Errand]:
    sqs, found = boto3.client("sqs"), list[Message | Errand]()
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        found += [read_queued(entry["Body"]) for entry in batch]
        gone = [{"Id": str(n), "ReceiptHandle": entry["ReceiptHandle"]} for n, entry in enumerate(batch)]
        sqs.delete_message_batch(QueueUrl=url, Entries=gone)
    return found


def world_on_aws() -> MemoryWorld:
    """The deployed product's own adapters; only the clock and the couriers are pushed and read by the test."""
    couriers = {"email": MemoryCourier("email"), "slack": MemoryCourier("slack")}
    real = wiring.aws_world()
    ports = ports_of(real) | {
        "clock": PushedClock(A_MOMENT),
        "outbox": DrainedQueues(real.outbox),
        "courier": couriers.__getitem__,
    }
    return MemoryWorld(**ports)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a dozen accounts are three batches."""
    monkeypatch.setattr(plan_scoring, "BATCH", ACCOUNTS_A_BATCH)


@pytest.fixture(params=["memory", "aws"])
def empty(request: pytest.FixtureRequest) -> MemoryWorld:
    """A product that knows nothing yet."""
    if request.param == "memory":
        return memory_world(A_MOMENT)
    request.getfixturevalue("aws")
    return world_on_aws()


@pytest.fixture
def world(empty: MemoryWorld) -> MemoryWorld:
    """A dozen accounts, judged through yesterday: the evening of the eventful night."""
    return furnish(empty)


@pytest.fixture
def memory() -> MemoryWorld:
    """The same evening, for what would say nothing more on AWS."""
    return furnish(memory_world(A_MOMENT))
