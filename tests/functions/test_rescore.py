"""Wishes to score an account again: a burst is scored once, and only what failed comes back."""

from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.alert import Rescoring
from health_monitor.model.score import Standing
from tests.flows.test_rescore import p1
from tests.functions.conftest import Call


def a_record(number: int, account_id: str = "steady-1", why: str = "a P1 is open") -> dict[str, Any]:
    wish = Rescoring(account_id=account_id, critical=True, why=why)
    return {"messageId": f"m{number}", "body": wish.model_dump_json()}


def stands(product: MemoryWorld) -> Standing:
    return product.standings.read(["steady-1"])["steady-1"]


def failures(answer: Any) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_a_burst_about_one_account_is_scored_once(
    product: MemoryWorld, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    write = product.standings.write
    monkeypatch.setattr(product.standings, "write", lambda some: written.append(1) or write(some))
    product.dossiers.save("steady-1", [p1(opened_at=product.clock.now())])
    burst = [a_record(1), a_record(2, why="a bill is overdue"), a_record(3)]
    assert failures(call("rescore", {"Records": burst})) == []
    assert (len(written), stands(product).at) == (1, product.clock.now())
    assert len({one.message_id for one in product.outbox.messages}) == 1


def test_what_nobody_can_read_and_what_must_wait_come_back_alone(product: MemoryWorld, call: Call) -> None:
    product.standings.write([stands(product).model_copy(update={"version": "another"})])
    records = [{"messageId": "bad", "body": "{}"}, a_record(1), a_record(2, "nobody")]
    assert failures(call("rescore", {"Records": records})) == ["bad", "m1"]
