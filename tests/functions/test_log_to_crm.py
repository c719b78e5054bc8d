"""Errands for the CRMs: what a person has to mend first is not asked for again and again, all else comes back."""

from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.log_to_crm import Desk, Told
from health_monitor.model.alert import Errand
from health_monitor.model.crm import HubspotCrm
from health_monitor.model.errors import NeedsHuman, TryAgain
from tests.builders import a_conversation
from tests.flows.test_log_to_crm import claim, logged, sent
from tests.functions.conftest import Call

NAME = a_conversation().conversation_id
EVENT = {
    "Records": [
        {
            "messageId": "id",
            "body": Errand(errand_id="e", channel="crm", conversation_id=NAME).model_dump_json(),
            "eventSource": "aws:sqs",
        }
    ]
}


@pytest.fixture(name="world")
def _world(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    product.conversations.start(sent())
    claim(product, "77")
    desk = Desk(
        product.conversations, product.alerts, product.states, product.journal, product.names, product.crm_ledger,
        {"hubspot": Told(product.crm("hubspot"), HubspotCrm(enabled=True))},
    )  # fmt: skip
    monkeypatch.setattr(wiring, "crm_desk", lambda: desk)
    return product


def failures(answer: Any) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_an_errand_tells_the_crm(world: MemoryWorld, call: Call) -> None:
    assert failures(call("log_to_crm", EVENT)) == []
    assert logged(world) == [("A quick check-in", "77", None)]


def test_an_outage_brings_the_errand_back(world: MemoryWorld, call: Call) -> None:
    world.crm("hubspot").failures.append(TryAgain("HubSpot: status 503"))
    assert failures(call("log_to_crm", EVENT)) == ["id"]


def test_what_needs_a_person_is_listed_and_does_not_come_back(world: MemoryWorld, call: Call) -> None:
    world.crm("hubspot").failures.append(NeedsHuman("HubSpot: status 401; renew the key or token"))
    assert failures(call("log_to_crm", EVENT)) == []
    assert len(world.crm_ledger.failures()) == 1


@pytest.mark.parametrize("body", ["{}", "nonsense"])
def test_what_is_no_errand_comes_back(world: MemoryWorld, call: Call, body: str) -> None:
    assert failures(call("log_to_crm", {"Records": [{"messageId": "id", "body": body}]})) == ["id"]
    assert logged(world) == []


def test_a_bug_comes_back_and_its_text_stays_out_of_the_log(
    world: MemoryWorld, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    world.crm("hubspot").failures.append(ValueError("about charlie@acme.example"))
    assert failures(call("log_to_crm", EVENT)) == ["id"]
    assert "charlie@acme.example" not in caplog.text + str([record.__dict__ for record in caplog.records])
