"""What is recorded of the accounts that somebody wrote to: as they were, on the day, once."""

from datetime import timedelta
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.learn_outcomes import learn_outcomes
from health_monitor.flows.runs import NIGHTLY
from health_monitor.model.run import Plan
from tests.builders import a_conversation, an_account
from tests.flows.stage import NIGHT, a_plan, asking, before, next_morning, run_night, run_steps, states_on


def _learn(plan: Plan, world: MemoryWorld) -> dict[str, Any]:
    return learn_outcomes(plan, world.blobs, world.conversations, world.accounts, world.dossiers)


def begun(world: MemoryWorld, account_id: str, days_ago: int) -> str:
    return world.conversations.start(a_conversation(account_id, before(days_ago), rule="told")).conversation_id


def index_at(world: MemoryWorld, name: str) -> dict[int, float | None]:
    found = world.conversations.get(name)
    assert found
    return found.index_at


def test_the_index_is_recorded_on_the_day_and_after_14_30_and_60_days(world: MemoryWorld) -> None:
    names = {days: begun(world, "steady-1", days) for days in (0, 1, 13, 14, 15, 30, 60, 61)}
    run_night(world)
    expected = states_on(world)["steady-1"].verdict.index
    recorded = {days: index_at(world, name) for days, name in names.items()}
    assert recorded == {days: ({days: expected} if days in (0, 14, 30, 60) else {}) for days in names}
    assert expected > 0


def test_an_account_that_was_not_judged_has_no_index_and_not_zero(memory: MemoryWorld) -> None:
    memory.accounts.save([an_account("left", churn_date=before(9)), an_account("begins", usage_start=NIGHT)])
    names = [begun(memory, account_id, 14) for account_id in ("left", "begins", "nobody knows it")]
    run_night(memory)
    assert [index_at(memory, name) for name in names] == [{14: None}] * 3


def test_the_alerts_own_night_is_recorded_with_the_alerts_own_number(memory: MemoryWorld) -> None:
    run_night(memory)
    (alert,) = memory.alerts.of_account("falls")
    assert alert.opened_on == NIGHT
    assert index_at(memory, alert.alert_id) == {0: pytest.approx(alert.index, abs=1e-6)}


def test_repeating_a_night_changes_nothing(memory: MemoryWorld) -> None:
    name = begun(memory, "steady-1", 14)
    run_steps(memory)
    once = memory.conversations.get(name)
    plan = a_plan(memory)
    assert plan.run == NIGHTLY
    assert _learn(plan, memory)["measured"] > 0
    assert memory.conversations.get(name) == once


def test_a_night_that_failed_is_measured_when_it_is_caught_up(memory: MemoryWorld) -> None:
    names = [begun(memory, "steady-1", days) for days in (14, 13)]
    night = next_morning(memory)
    assert night == NIGHT + timedelta(days=1)
    run_night(memory, night)
    assert [list(index_at(memory, name)) for name in names] == [[14], [14]]


@pytest.mark.parametrize("given", [{"dry_run": True}, {"accounts": ["steady-1"]}])
def test_a_run_that_is_no_whole_night_measures_nothing(memory: MemoryWorld, given: dict[str, object]) -> None:
    name = begun(memory, "steady-1", 14)
    run_steps(memory, asking(**given))
    assert index_at(memory, name) == {}


def test_a_conversation_that_is_erased_meanwhile_is_left_alone(memory: MemoryWorld) -> None:
    begun(memory, "steady-1", 14)
    run_steps(memory)
    plan = a_plan(memory)
    gone = begun(memory, "steady-2", 14)
    memory.conversations.get = lambda name: None  # type: ignore[method-assign]
    assert _learn(plan, memory) == {"measured": 0, "retention": 0}
    assert gone
