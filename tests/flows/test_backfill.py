"""The past is judged at once and told to nobody; the nights go on as if they had always run."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.backfill import backfill
from health_monitor.flows.configure import publish_config
from health_monitor.flows.history import StoredHistory
from health_monitor.flows.runs import read_ledger
from health_monitor.model.alert import Alert
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import RunRecord
from health_monitor.ports.usage import UsageHistory
from health_monitor.simulate.workflow import arrive
from health_monitor.usage.portfolio import Walked, replay_portfolio
from tests.builders import A_MOMENT
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.files import from_files, stored
from tests.flows.incidents import silence
from tests.flows.stage import (
    ACCOUNTS,
    CONFIG,
    EVE,
    FIRST,
    HISTORIES,
    LATER,
    NIGHT,
    STRICTER,
    GivenHistory,
    a_plan,
    alerts_of,
    asking,
    before,
    end_state,
    files,
    furnish,
    heard,
    next_morning,
    run_night,
    states_on,
    told,
)

SOON = NIGHT + timedelta(days=5)


def test_a_past_judged_at_once_and_nights_after_it_are_a_replay_of_everything(empty: MemoryWorld) -> None:
    furnish(empty)
    run_night(empty)
    while (night := next_morning(empty)) <= SOON:
        run_night(empty, night)
    walked = replayed(SOON)
    assert rows(alerts_of(empty).values()) == episodes(walked)
    last = {walk.account.account_id: walk.last for walk in walked.replay.walks}
    assert states_on(empty, SOON) == last
    ledger = read_ledger(empty.blobs, SOON)
    assert list(ledger.dump()) == [list(row) for row in walked.ledger.dump()]


def test_it_does_not_matter_on_which_day_the_nights_began(memory: MemoryWorld) -> None:
    early = furnish(memory_world(A_MOMENT - timedelta(days=9)), through=before(9), judged_through=before(10))
    for n in reversed(range(10)):
        arrive(early, HISTORIES, before(n))
        heard(early, before(n))
        run_night(early, before(n))
        early.clock.push(days=1)
    run_night(memory)
    assert states_on(early) == states_on(memory)
    assert rows(alerts_of(early).values()) == rows(alerts_of(memory).values())


def test_backfill_judges_what_import_and_rebuild_have_stored(empty: MemoryWorld, tmp_path: Path) -> None:
    stored(empty, tmp_path, EVE)
    record = fill(empty)
    assert (record.as_of, record.run, record.judged) == (EVE, "backfill", len(ACCOUNTS))
    history = from_files(tmp_path, EVE)
    walked = replay_portfolio(history.accounts(), dict(history.series()), CONFIG, EVE, FIRST)
    assert rows(alerts_of(empty).values()) == episodes(walked)


def test_nobody_is_told_about_the_past_but_it_is_there_to_be_seen(world: MemoryWorld) -> None:
    assert (told(world), world.notices.held(LATER)) == ([], [])
    assert [alert.account_id for alert in world.alerts.open_of("carla@example.com")] == ["back", "new", "sinks"]
    assert [alert.account_id for alert in world.alerts.open_of("")] == ["big"]


def test_the_past_keeps_the_reason_for_which_an_alert_would_have_waited(memory: MemoryWorld) -> None:
    world = furnish(memory_world(A_MOMENT), histories=silence(), judged_through=NIGHT)
    assert all((alert.suppressed or "").startswith("portfolio_drop") for alert in alerts_of(world).values())


def test_an_incident_that_began_in_the_past_is_the_same_incident_tonight(empty: MemoryWorld) -> None:
    furnish(empty, histories=silence())
    run_night(empty)
    assert f"incident/{before(4)}/email" in told(empty)


def test_after_a_night_was_run_the_past_is_closed(world: MemoryWorld) -> None:
    run_night(world)
    with pytest.raises(NeedsHuman, match=r"nights are judged through 2026-11-01 already"):
        fill(world, GivenHistory(ACCOUNTS, HISTORIES, NIGHT))


def test_a_day_of_the_past_is_no_night_that_could_be_run_again(world: MemoryWorld) -> None:
    left = end_state(world)
    for day in (EVE, before(30)):
        for given in ({}, {"dry_run": True}, {"accounts": ["falls"]}):
            with pytest.raises(NeedsHuman, match=f"as_of {day} lies before the first night"):
                a_plan(world, asking(as_of=day, **given))
    assert end_state(world) == left


@pytest.mark.parametrize(
    ("through", "told_so"),
    [
        (NIGHT, r"--through 2026-11-01 is after the last day with data; give 2026-10-31 or an earlier day"),
        (date(2031, 1, 1), r"--through 2031-01-01 is after the last day with data"),
        (date(2026, 6, 30), r"--through 2026-06-30 is before the first day with data; give 2026-07-01"),
    ],
)
def test_days_without_data_are_not_judged_as_silence(empty: MemoryWorld, through: date, told_so: str) -> None:
    with pytest.raises(NeedsHuman, match=told_so):
        fill(empty, GivenHistory(ACCOUNTS, HISTORIES, EVE), through=through)
    assert empty.journal.runs(5) == []
    assert files(empty) == {}


def test_today_is_not_over_and_not_judged(empty: MemoryWorld) -> None:
    today = empty.clock.now().date()
    with pytest.raises(NeedsHuman, match=r"--through 2026-11-02 is not over yet; .* 2026-11-01"):
        fill(empty, GivenHistory(ACCOUNTS, HISTORIES, today), through=today)


def test_the_past_is_judged_by_the_configuration_that_is_live(empty: MemoryWorld) -> None:
    version = publish_config(STRICTER, empty.blobs, empty.journal)
    empty.accounts.save(ACCOUNTS)
    assert fill(empty, GivenHistory(ACCOUNTS, HISTORIES, EVE)).config == version
    assert a_plan(empty).config == version


def test_dying_while_the_past_is_judged_and_repeating_it_changes_nothing() -> None:
    expected, at = end_state(furnish(memory_world(A_MOMENT))), 0
    while True:
        at += 1
        world = memory_world(A_MOMENT)
        if not died(partial(furnish, mortal(world, Countdown(at, done=at % 2 == 0)))):
            break
        done = world.journal.last_complete() is not None
        assert end_state(world if done else furnish(world)) == expected, f"dead at write {at}"
    assert at > 8


def fill(
    world: MemoryWorld,
    history: UsageHistory | None = None,
    through: date = EVE,
    config: Bundle = CONFIG,
) -> RunRecord:
    return backfill(
        history or StoredHistory(world.blobs, world.accounts), through, config, world.clock.now(),
        world,
    )  # fmt: skip


def replayed(last: date) -> Walked:
    series = {history.account_id: history.series for history in HISTORIES}
    return replay_portfolio(ACCOUNTS, series, CONFIG, last, FIRST)


def rows(alerts: object) -> set[tuple[object, ...]]:
    found: list[Alert] = list(alerts)  # type: ignore[call-overload]
    return {
        (a.account_id, a.opened_on, a.usage_drop, a.escalated_on, a.resolved_on, a.resolution, bool(a.suppressed))
        for a in found
    }


def episodes(walked: Walked) -> set[tuple[object, ...]]:
    return {
        (
            walk.account.account_id, day(e.opened_on), e.usage_drop, day(e.escalated_on), day(e.resolved_on),
            e.resolution, (walk.account.account_id, e.opened_on) in walked.replay.suppressed,
        )
        for walk in walked.replay.walks
        for e in walk.episodes
    }  # fmt: skip


def day(ordinal: int | None) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None
