"""What a night is, is fixed before anything is judged, and stays fixed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.adapters.memory_store import MemoryAccounts
from health_monitor.flows.archive import IMPORTED
from health_monitor.flows.configure import publish_config
from health_monitor.flows.plan_scoring import plan_scoring, through_of
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import Plan, RunInput, SourceFreshness
from health_monitor.simulate.workflow import batches
from tests.builders import A_MOMENT, an_account
from tests.flows.stage import (
    ACCOUNTS,
    CONFIG,
    EVE,
    FIRST,
    NIGHT,
    STRICTER,
    a_plan,
    asking,
    before,
    files,
    like,
    next_morning,
    run_night,
    states_on,
)


def test_a_night_planned_again_is_the_same_night_even_when_accounts_came_in_between(world: MemoryWorld) -> None:
    first, lines = a_plan(world), batches(world, a_plan(world))
    world.accounts.save([an_account("afterwards")])
    assert a_plan(world) == first
    assert batches(world, first) == lines
    assert sum(len(batch.account_ids) for batch in lines) == first.planned == len(ACCOUNTS)


def test_two_who_plan_the_same_night_at_once_get_one_plan(world: MemoryWorld) -> None:
    other: list[Plan] = []

    class Overtaken(MemoryAccounts):
        """Between reading the accounts and keeping the plan, somebody else plans, with one account more."""

        def ids(self) -> Iterator[str]:
            mine = list(world.accounts.ids())
            world.accounts.save([an_account("afterwards")])
            other.append(a_plan(world))
            yield from mine

    plan = a_plan(like(world, accounts=Overtaken()))
    assert plan == other[0]
    assert sum(len(batch.account_ids) for batch in batches(world, plan)) == plan.planned == len(ACCOUNTS) + 1


@pytest.mark.parametrize(
    ("sources", "late"),
    [
        ({IMPORTED: EVE}, (IMPORTED,)),
        ({IMPORTED: EVE, "signed": NIGHT}, ()),
        ({IMPORTED: EVE, "signed": NIGHT, "mixpanel": EVE}, ("mixpanel",)),
    ],
    ids=["only files", "files, then a source", "a source that is late"],
)
def test_files_are_waited_for_only_where_no_source_delivers_by_itself(
    world: MemoryWorld, sources: dict[str, date], late: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered = [
        SourceFreshness(source=name, complete_from=FIRST, complete_through=through, received_at=A_MOMENT)
        for name, through in sources.items()
    ]
    monkeypatch.setattr(world.journal, "freshness", lambda: delivered)
    assert a_plan(world).late == late


def test_nights_that_are_caught_up_keep_the_configuration_that_was_asked_for(world: MemoryWorld) -> None:
    run_night(world)
    other = publish_config(STRICTER, world.blobs, world.journal)
    publish_config(CONFIG, world.blobs, world.journal)
    next_morning(world)
    done = run_night(world, next_morning(world), config=other)
    assert [night["config"] for night in done] == [other, other]


def test_an_account_that_came_after_the_plan_is_judged_on_the_next_night(world: MemoryWorld) -> None:
    a_plan(world)
    world.accounts.save([an_account("afterwards")])
    run_night(world)
    night = next_morning(world)
    assert run_night(world, night)[0]["planned"] == len(ACCOUNTS) + 1
    assert "afterwards" in states_on(world, night)


def test_missed_nights_are_judged_in_order(world: MemoryWorld) -> None:
    for _ in range(3):
        night = next_morning(world)
    assert [done["as_of"] for done in run_night(world, night)] == [str(before(n, night)) for n in (3, 2, 1, 0)]


def test_a_night_that_is_not_over_is_not_judged(memory: MemoryWorld) -> None:
    with pytest.raises(NeedsHuman, match=r"as_of 2026-11-02 is not over yet; the last complete day is 2026-11-01"):
        a_plan(memory, asking(as_of=NIGHT + timedelta(days=1)))


@pytest.mark.parametrize("at", ["2026-11-02T05:00:00Z", "2026-11-02T06:00:00+01:00", "2026-11-01T23:00:00-06:00"])
def test_a_scheduled_night_judges_the_day_before_in_utc(at: str) -> None:
    assert through_of(RunInput.asked({"scheduled_time": at}), A_MOMENT) == NIGHT


def test_a_schedule_that_is_ahead_of_the_clock_judges_nothing() -> None:
    ahead = RunInput(scheduled_time=datetime.fromisoformat("2026-11-09T05:00:00Z"))
    with pytest.raises(NeedsHuman, match=r"2026-11-08 is not over yet"):
        through_of(ahead, A_MOMENT)


def test_without_any_input_yesterday_is_judged() -> None:
    assert through_of(RunInput(), A_MOMENT) == NIGHT


def test_as_of_wins_over_the_schedule() -> None:
    asked = RunInput.asked({"as_of": str(EVE), "scheduled_time": "2026-11-02T05:00:00Z"})
    assert through_of(asked, A_MOMENT) == EVE


def test_without_accounts_the_next_command_is_named(empty: MemoryWorld) -> None:
    with pytest.raises(NeedsHuman, match="health-monitor import accounts"):
        a_plan(empty)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"as_of": "yesterday"}, r"input\.as_of: .*'yesterday'"),
        ({"as_of": "2026-13-99"}, r"input\.as_of: '2026-13-99' is not a day such as 2026-01-31;"),
        ({"as_of": 5}, r"input\.as_of"),
        ({"asof": "2026-11-01"}, r"input\.asof: there is no such field;"),
        ({"accounts": "acme"}, r"input\.accounts: .*'acme'"),
        ({"accounts": [1]}, r"input\.accounts\.0"),
        ({"dry_run": "maybe"}, r"input\.dry_run"),
        ({"config": 12}, r"input\.config"),
        ({"scheduled_time": "soon"}, r"input\.scheduled_time"),
    ],
)
def test_a_mistake_in_the_input_is_named_with_what_may_stand_there(given: dict[str, Any], field: str) -> None:
    with pytest.raises(NeedsHuman, match=field) as told:
        RunInput.asked(given)
    assert '"as_of": "2026-01-31"' in str(told.value)


@pytest.mark.parametrize("given", [{}, {"as_of": None, "accounts": None, "dry_run": None, "config": None}])
def test_nothing_has_to_be_given(given: dict[str, Any]) -> None:
    assert RunInput.asked(given) == RunInput()


def test_an_unknown_configuration_is_refused_by_name(world: MemoryWorld) -> None:
    with pytest.raises(NeedsHuman, match="configuration 0123456789ab is not stored; publish it"):
        a_plan(world, asking(config="0123456789ab"))


def test_a_planned_night_keeps_its_configuration_and_says_how_to_try_another(world: MemoryWorld) -> None:
    plan = a_plan(world)
    other = publish_config(STRICTER, world.blobs, world.journal)
    assert a_plan(world) == plan
    with pytest.raises(NeedsHuman, match=f"planned with configuration {CONFIG.version}.*dry_run"):
        a_plan(world, asking(config=other))
    assert a_plan(world, asking(config=other, dry_run=True)).config == other


def test_a_published_configuration_is_used_by_the_next_night(world: MemoryWorld) -> None:
    run_night(world)
    other = publish_config(STRICTER, world.blobs, world.journal)
    assert run_night(world, next_morning(world))[0]["config"] == other


def test_the_first_plan_of_all_stores_the_configuration_that_came_with_the_product(empty: MemoryWorld) -> None:
    empty.accounts.save(ACCOUNTS)
    assert a_plan(empty).config == CONFIG.version == empty.journal.live_config()
    assert list(files(empty, "config/")) == [f"config/{CONFIG.version}.json"]


def test_a_part_of_the_portfolio_is_planned_once_in_whatever_order_it_is_named(world: MemoryWorld) -> None:
    plan = a_plan(world, asking(accounts=["sinks", "falls", "sinks"]))
    assert plan.planned == 2
    assert a_plan(world, asking(accounts=["falls", "sinks"])) == plan


def test_an_account_that_nobody_knows_is_named(world: MemoryWorld) -> None:
    with pytest.raises(NeedsHuman, match=r"input\.accounts: .*'fals'.*health-monitor import accounts"):
        a_plan(world, asking(accounts=["falls", "fals"]))


def test_a_part_of_the_portfolio_cannot_run_ahead_of_the_nights(world: MemoryWorld) -> None:
    next_morning(world)
    night = next_morning(world)
    with pytest.raises(NeedsHuman, match=f"as_of {night} is too early: the next night is {NIGHT}"):
        a_plan(world, asking(as_of=night, accounts=["falls"]))


def test_a_crash_between_the_batches_and_the_plan_is_healed_by_planning_again(memory: MemoryWorld) -> None:
    class Full(type(memory.blobs)):  # type: ignore[misc]
        def put_absent(self, key: str, data: bytes) -> bool:
            raise RuntimeError("no more room")

    blobs = Full()
    for key, data in files(memory).items():
        blobs.put(key, data)
    with pytest.raises(RuntimeError):
        plan_scoring(asking(), memory.clock.now(), CONFIG, blobs, memory.accounts, memory.journal)
    assert a_plan(memory).planned == len(ACCOUNTS)


def test_the_plan_says_from_when_on_the_data_are_complete(world: MemoryWorld) -> None:
    assert a_plan(world).data_from == date(2026, 7, 1)
