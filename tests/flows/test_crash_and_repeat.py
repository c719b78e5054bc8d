"""Whatever dies, wherever it dies: repeating the night from its beginning ends where an undisturbed night ends."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.simulate.workflow import deliver_all, steps
from tests.builders import A_MOMENT
from tests.flows.conftest import world_on_aws
from tests.flows.crashes import Countdown, died, mortal, requests_counted
from tests.flows.incidents import late_eve, late_yesterday, outage_eve
from tests.flows.stage import a_plan, a_world, asking, end_state, errands, furnish, run_steps

NIGHTS: dict[str, Callable[[], MemoryWorld]] = {
    "an eventful night": a_world,
    "a night with an incident": lambda: outage_eve(memory_world(A_MOMENT)),
    "a late night": lambda: late_eve(memory_world(A_MOMENT)),
    "the night after": lambda: late_yesterday(memory_world(A_MOMENT)),
}
ESCALATED = ("big/usage_drop/2026-10-30/escalated", "sinks/usage_drop/2026-10-30/escalated")
TONIGHTS_MESSAGES = {
    *(f"{alert}/email" for alert in ESCALATED),
    *(f"{alert.replace('/escalated', '')}/card/escalated" for alert in ESCALATED),
    "falls/usage_drop/2026-11-01/card/opened",
}
"""Only what became severe goes to a person's mailbox; the rest is on their card."""
TONIGHTS_ERRANDS = {
    f"{alert}/{what}"
    for alert, whats in {
        "big/usage_drop/2026-10-30": ("card/escalated", "crm/escalated"),
        "falls/usage_drop/2026-11-01": ("card/opened", "crm/opened", "outreach/check_in"),
        "sinks/usage_drop/2026-10-30": ("card/escalated", "crm/escalated"),
    }.items()
    for what in whats
}
WRITTEN_BACK = {
    f"{alert}/crm/night/2026-11-01"
    for alert in (
        "back/usage_drop/2026-10-22",
        "big/usage_drop/2026-10-30",
        "falls/usage_drop/2026-11-01",
        "new/usage_drop/2026-10-25",
        "sinks/usage_drop/2026-10-30",
    )
}
"""The CRM hears of every alert that is open or was closed tonight, also of one that began before there was outreach."""


@pytest.fixture(params=NIGHTS)
def evening(request: pytest.FixtureRequest) -> Callable[[], MemoryWorld]:
    """Makes the same evening as often as one likes."""
    return NIGHTS[request.param]


def test_an_undisturbed_night_raises_each_alert_once_and_tells_it_once(world: MemoryWorld) -> None:
    left = undisturbed(world)
    assert set(left["told"]) == TONIGHTS_MESSAGES
    assert set(left["errands"]) == TONIGHTS_ERRANDS | WRITTEN_BACK
    assert list(left["conversations"]) == sorted({name.rsplit("/", 2)[0] for name in TONIGHTS_ERRANDS})
    assert len(world.journal.runs(5)) == 2


def test_dying_after_any_step_and_starting_again_changes_nothing(evening: Callable[[], MemoryWorld]) -> None:
    expected = undisturbed(evening())
    for survived in range(number_of_steps(evening()) + 1):
        world = evening()
        for _, (_, step) in zip(range(survived), steps(world, tonight(world)), strict=False):
            step()
        assert undisturbed(world) == expected, f"dead after step {survived}"


def test_every_step_done_twice_changes_nothing(evening: Callable[[], MemoryWorld]) -> None:
    expected, world = undisturbed(evening()), evening()
    for _, step in steps(world, tonight(world)):
        step()
        step()
    assert undisturbed(world) == expected


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_dying_at_any_write_and_starting_again_changes_nothing(evening: Callable[[], MemoryWorld], done: bool) -> None:
    expected, at = undisturbed(evening()), 0
    while True:
        at += 1
        world = evening()
        if not died(partial(night, mortal(world, Countdown(at, done=done)))):
            break
        assert undisturbed(world) == expected, f"dead at write {at}"
    assert at > 10


def test_messages_that_went_out_before_the_crash_do_not_go_out_again(evening: Callable[[], MemoryWorld]) -> None:
    expected, at = undisturbed(evening()), 0
    while True:
        at += 1
        world = evening()
        dead = died(partial(night, mortal(world, Countdown(at, done=True))))
        deliver_all(world)
        assert undisturbed(world) == expected, f"dead at write {at}"
        if not dead:
            break


@pytest.mark.usefixtures("aws")
def test_on_aws_a_night_that_dies_one_request_later_each_time_ends_the_same() -> None:
    """Within a port as well: between a page and its ring, between one table's batch and the next."""
    expected = undisturbed(a_world())
    world, at = furnish(world_on_aws()), 0
    while dies_at_request(world, at := at + 1):
        assert at < 200, "it never gets through"
    assert at > 10
    assert without_bucket(undisturbed(world)) == without_bucket(expected)


def undisturbed(world: MemoryWorld) -> dict[str, Any]:
    """The night from its beginning to its end, and what it leaves behind."""
    night(world)
    return {"errands": errands(world)} | end_state(world)


def night(world: MemoryWorld) -> None:
    as_of = tonight(world).as_of
    run_steps(world, asking(as_of=as_of))


def tonight(world: MemoryWorld) -> Any:
    return a_plan(world, asking(as_of=None))


def number_of_steps(world: MemoryWorld) -> int:
    return len(list(steps(world, tonight(world))))


def dies_at_request(world: MemoryWorld, at: int) -> bool:
    with requests_counted(Countdown(at)):
        return died(partial(night, world))


def without_bucket(left: dict[str, Any]) -> dict[str, Any]:
    """Everything but the plan, which names the bucket."""
    return left | {"files": {key: data for key, data in left["files"].items() if not key.endswith("plan.json")}}
