"""A night as Step Functions runs it: each answer is the next state's whole input."""

import json
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.errors import NeedsHuman
from health_monitor.simulate.workflow import deliver_all
from tests.flows.stage import EVE, NIGHT, alerts_of, deliver_again, next_morning, states_on, told
from tests.functions.conftest import Call

SCHEDULED = {"scheduled_time": "2026-11-02T05:00:00Z"}


def test_the_schedules_input_becomes_a_night(product: MemoryWorld, call: Call) -> None:
    plan = call("plan_scoring", SCHEDULED)
    assert (plan["as_of"], plan["run"], plan["planned"], plan["batches"]) == (str(NIGHT), "nightly", 11, 1)
    assert product.blobs.get(plan["batches_key"])


def test_a_map_item_is_judged_and_answers_with_counts_only(product: MemoryWorld, call: Call) -> None:
    plan = call("plan_scoring", SCHEDULED)
    batch = {"batch": "00001", "account_ids": ["falls", "sinks"]}
    assert call("score_accounts", {"run": plan, "batch": batch}) == {
        "batch": "00001",
        "judged": 2,
        "outside_tenure": 0,
    }
    assert sorted(states_on(product)) == ["falls", "sinks"]


def test_a_whole_night_raises_and_tells_what_the_flows_do(product: MemoryWorld, call: Call) -> None:
    result = a_night(product, call, SCHEDULED)
    counts = {name: result[name] for name in ("status", "planned", "judged", "opened", "escalated", "resolved")}
    assert counts == {"status": "complete", "planned": 11, "judged": 11, "opened": 1, "escalated": 2, "resolved": 1}
    assert "falls/usage_drop/2026-11-01" in alerts_of(product)
    assert len(deliver_again(product)) == 5


def test_a_night_by_hand_is_the_same_night(product: MemoryWorld, call: Call) -> None:
    by_schedule = a_night(product, call, SCHEDULED)
    deliver_all(product)
    by_hand = {"as_of": str(NIGHT), "accounts": None, "dry_run": None, "config": None}
    assert a_night(product, call, by_hand) == by_schedule
    assert deliver_again(product) == []
    assert len(told(product)) == 5


def test_the_middle_states_hand_the_plan_on_as_it_came(product: MemoryWorld, call: Call) -> None:
    plan = call("plan_scoring", SCHEDULED)
    score(product, call, plan)
    assert call("summarise", plan) == plan
    assert call("decide_alerts", plan) == plan
    assert call("learn_outcomes", plan) == plan
    (begun,) = product.conversations.of_account("falls")
    assert list(begun.index_at) == [0]


def test_a_missed_night_names_the_one_after_it(product: MemoryWorld, call: Call) -> None:
    night = next_morning(product)
    result = a_night(product, call, {"scheduled_time": "2026-11-03T05:00:00Z"})
    assert (result["as_of"], result["next"]) == (str(NIGHT), {"as_of": str(night), "config": result["config"]})
    following = a_night(product, call, result["next"])
    assert (following["as_of"], "next" in following) == (str(night), False)


def test_a_mistake_in_the_input_is_a_matter_for_a_person(product: MemoryWorld, call: Call) -> None:
    with pytest.raises(NeedsHuman, match=r"input\.as_off"):
        call("plan_scoring", {"as_off": "2026-11-01"})


def test_an_input_that_is_no_object_is_a_matter_for_a_person(product: MemoryWorld, call: Call) -> None:
    with pytest.raises(NeedsHuman, match="the input is not an object; give"):
        call("plan_scoring", ["2026-11-01"])


def test_a_night_that_lacks_a_batch_stops_at_the_barrier(product: MemoryWorld, call: Call) -> None:
    plan = call("plan_scoring", SCHEDULED)
    with pytest.raises(NeedsHuman, match=r"1 of 1 batches are missing \(00001\)"):
        call("summarise", plan)


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_that_ended_badly_is_recorded_and_told(product: MemoryWorld, call: Call, status: str) -> None:
    call("plan_scoring", SCHEDULED)
    result = call("report_run", ended_badly(status, '{"scheduled_time": "2026-11-02T05:00:00Z"}'))
    assert (result["status"], result["as_of"], result["missing_batches"]) == ("failed", str(NIGHT), ["00001"])
    assert deliver_again(product) == [f"run_failed/{NIGHT}/nightly-7/{channel}" for channel in ("email", "slack")]
    (mail,) = product.courier("email").delivered
    assert f"nightly-7 ended with: {status}" in mail.text
    assert mail.to == "ops@example.com"


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (
            '{"errorMessage": "slack.com refused the token", "stackTrace": ["…"]}',
            "NeedsHuman: slack.com refused the token",
        ),
        ("one of the batches failed", "NeedsHuman: one of the batches failed"),
        ("[]", "NeedsHuman: []"),
    ],
)
def test_operations_read_why_it_failed(product: MemoryWorld, call: Call, cause: str, told: str) -> None:
    event = ended_badly("FAILED", "{}")
    event["detail"] |= {"error": "NeedsHuman", "cause": cause}
    call("report_run", event)
    deliver_again(product)
    (mail,) = product.courier("email").delivered
    assert f"nightly-7 ended with: FAILED: {told}\n" in mail.text


@pytest.mark.parametrize("given", [None, "", "{}"])
def test_a_run_whose_input_aws_left_out_is_about_yesterday(product: MemoryWorld, call: Call, given: str) -> None:
    assert call("report_run", ended_badly("FAILED", given))["as_of"] == str(NIGHT)


def test_a_run_that_could_not_start_is_told_too(product: MemoryWorld, call: Call) -> None:
    assert call("report_run", ended_badly("FAILED", '{"as_of": "soon"}')) == {}
    assert product.journal.last_complete() == EVE
    assert len(deliver_again(product)) == 2


def a_night(product: MemoryWorld, call: Call, given: dict[str, Any]) -> Any:
    plan = call("plan_scoring", given)
    score(product, call, plan)
    return call("report_run", call("learn_outcomes", call("decide_alerts", call("summarise", plan))))


def score(product: MemoryWorld, call: Call, plan: dict[str, Any]) -> None:
    """The Map: one child for every line the plan wrote."""
    for line in (product.blobs.get(plan["batches_key"]) or b"").splitlines():
        call("score_accounts", {"run": plan, "batch": json.loads(line)})


def ended_badly(status: str, given: str | None) -> dict[str, Any]:
    """What EventBridge says when an execution ends; AWS leaves large inputs out."""
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:health-dev-nightly"
    return {
        "version": "0",
        "id": "315c1398-40ff-a850-213b-158f73e60175",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": "123456789012",
        "time": "2026-11-02T05:01:00Z",
        "region": "eu-west-1",
        "resources": [machine.replace("stateMachine", "execution") + ":nightly-7"],
        "detail": {
            "executionArn": machine.replace("stateMachine", "execution") + ":nightly-7",
            "stateMachineArn": machine,
            "name": "nightly-7",
            "status": status,
            "startDate": 1793595600000,
            "stopDate": 1793595660000,
            "input": given,
            "output": None,
            "inputDetails": {"included": bool(given)},
            "outputDetails": None,
        },
    }
