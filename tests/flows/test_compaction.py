"""Events that arrive by themselves: however they come, the nights end where a rebuild from the archive ends."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor import wiring
from health_monitor.adapters import codec
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.archive import archive_events
from health_monitor.flows.compact import compact
from health_monitor.flows.history import StoredHistory
from health_monitor.flows.rebuild import rebuild
from health_monitor.flows.replay import report_on, walk_history
from health_monitor.flows.runs import LATE
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import NameClaim, Ref
from health_monitor.model.usage import History, UsageEvent
from tests.builders import A_DAY, A_MOMENT, an_account
from tests.flows.conftest import world_on_aws
from tests.flows.crashes import Countdown, died, mortal, requests_counted
from tests.flows.files import from_files, rebuilt, stored
from tests.flows.stage import (
    CONFIG,
    EVE,
    HISTORIES,
    NIGHT,
    a_plan,
    a_world,
    asking,
    before,
    end_state,
    furnish,
    heard,
    run_night,
    run_steps,
)  # fmt: skip

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
Arrival = tuple[datetime, UsageEvent]


def use(account_id: str, user: str, day: date, hour: int = 9, **known: Any) -> UsageEvent:
    moment = datetime.combine(day, time(hour), UTC).isoformat()
    return UsageEvent(account_id, user, "report", moment, day.toordinal(), 1)._replace(**known)


def come(world: MemoryWorld, at: datetime, events: Iterable[UsageEvent], source: str = "import") -> None:
    """What taking in does: the archive first, then the arrivals."""
    days: dict[int, list[UsageEvent]] = defaultdict(list)
    for event in events:
        days[event.day].append(event)
    for day, some in days.items():
        archive_events(world.blobs, source, day, some)
    world.arrivals.add(at, [event for some in days.values() for event in some])


def night(world: MemoryWorld, at: datetime) -> None:
    known = world.accounts.read(list(world.accounts.ids()))
    compact(known, world.rings, world.arrivals, at.date() - timedelta(days=1), keep=True)


def usage_in(world: MemoryWorld) -> dict[str, Any]:
    """Rings and users as the bytes that are stored."""
    found = {}
    for key, ring in world.rings.read(list(world.accounts.ids())).items():
        found[key] = codec.ring_items(History(key, ring.series, tuple(world.rings.users(key))))
    return found


def from_archive(world: MemoryWorld, now: datetime) -> dict[str, Any]:
    rebuild(world.blobs, world.accounts, world.names, world.rings, wiring.disk_spool(), now)
    return usage_in(world)


arrivals = st.lists(
    st.builds(
        lambda account, user, day, hour, late, n, event_id: (
            BEGIN + timedelta(days=day, hours=hour + late),
            use(account, user, BEGIN.date() + timedelta(days=day), hour, n=n, event_id=event_id),
        ),
        st.sampled_from(["acme", "bolt"]), st.sampled_from(["ann", "bob", "cid"]), st.integers(0, 12),
        st.integers(0, 23), st.integers(0, 7 * 24) | st.integers(0, 2), st.integers(1, 2), st.sampled_from(["", "x"]),
    ),
    min_size=1, max_size=60,
)  # fmt: skip


@given(arrivals, st.integers(0, 10_000))
def test_shuffled_repeated_and_late_events_give_the_bytes_that_a_rebuild_gives(
    events: list[Arrival], seed: int
) -> None:
    chance, world = Random(seed), memory_world(BEGIN)
    world.accounts.save([an_account("acme"), an_account("bolt", usage_start=BEGIN.date() + timedelta(days=3))])
    last = max(at for at, _ in events) + timedelta(hours=40)
    again = [(at + timedelta(hours=chance.randrange(40)), event) for at, event in events if chance.random() < 0.1]
    batches: dict[datetime, list[UsageEvent]] = defaultdict(list)
    for at, event in chance.sample(events + again, len(events + again)):
        batches[at].append(event)
    for at, batch in sorted(batches.items()):
        cut = chance.randrange(len(batch) + 1)
        come(world, at, batch[cut:])
        come(world, at, batch[:cut])
        if chance.random() < 0.2:
            night(world, at)
    night(world, last)
    nights = usage_in(world)
    assert nights == from_archive(world, last + timedelta(hours=3))
    night(world, last + timedelta(days=1))
    assert usage_in(world) == nights


def test_nights_on_arrivals_alone_judge_as_a_replay_of_the_files_does(empty: MemoryWorld, tmp_path: Path) -> None:
    empty.clock.push(days=-1)
    stored(empty, tmp_path, EVE)
    for ahead in range(10):
        day = before(-ahead)
        come(empty, datetime.combine(day, time(22), UTC), _of_the_stage(day))
        empty.clock.push(days=1)
        heard(empty, day)
        run_night(empty, day)
    history = StoredHistory(empty.blobs, empty.accounts)
    assert history.last_day == before(-9)
    expected = from_files(tmp_path, before(-9))
    assert report_on(walk_history(history, CONFIG, history.last_day).replay, CONFIG, {}, None, None) == report_on(
        walk_history(expected, CONFIG, expected.last_day).replay, CONFIG, {}, None, None
    )


def _of_the_stage(day: date) -> list[UsageEvent]:
    found = []
    for account_id, series, *_ in HISTORIES:
        at = day.toordinal() - series.first_day
        found += [use(account_id, f"user-{n}", day) for n in range(series.active_users[at] if at >= 0 else 0)]
    return found


def test_a_dry_run_sees_what_arrived_and_stores_nothing(memory: MemoryWorld) -> None:
    come(memory, A_MOMENT, [use("falls", "somebody", NIGHT)])
    left = usage_in(memory)
    run_night(memory, dry_run=True)
    assert usage_in(memory) == left
    run_night(memory)
    assert usage_in(memory) != left


def with_arrivals(world: MemoryWorld) -> MemoryWorld:
    """The eventful night, with events that came in today: of the night, of the day before, and of somebody new."""
    come(world, A_MOMENT - timedelta(hours=2), [use("sinks", "ann", EVE), use("falls", "bob", NIGHT)])
    come(world, A_MOMENT, [use("steady-1", f"user-{n}", NIGHT) for n in range(12)])
    return world


def left_by(world: MemoryWorld) -> dict[str, Any]:
    run_steps(world, asking())
    return end_state(world) | {"usage": usage_in(world)}


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_dying_at_any_write_of_a_night_with_arrivals_and_starting_again_changes_nothing(done: bool) -> None:
    expected, at = left_by(with_arrivals(a_world())), 0
    while True:
        at += 1
        world = with_arrivals(a_world())
        if not died(partial(run_steps, mortal(world, Countdown(at, done=done)), asking())):
            break
        assert left_by(world) == expected, f"dead at write {at}"
    assert at > 10


@pytest.mark.usefixtures("aws")
def test_on_aws_it_may_also_die_between_a_page_of_users_and_its_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "INLINE_BYTES", 0)
    expected = left_by(with_arrivals(a_world()))["usage"]
    world, at = with_arrivals(furnish(world_on_aws())), 0
    while _dies_at_request(world, at := at + 1):
        assert at < 200, "it never gets through"
    assert at > 10
    assert usage_in(world) == expected
    pages = [item["item"] for item in world.shelf.items_of("steady-1") if item["item"].startswith("USERS#")]
    assert len(pages) == 1


def _dies_at_request(world: MemoryWorld, at: int) -> bool:
    with requests_counted(Countdown(at)):
        return died(partial(run_steps, world, asking()))


def test_what_is_imported_counts_as_arrived_so_that_a_late_event_finds_the_others_of_its_day(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    stored(empty, tmp_path, NIGHT, first=before(20))
    late = use("steady-1", "late", before(6))
    come(empty, A_MOMENT + timedelta(hours=1), [late])
    night(empty, A_MOMENT + timedelta(days=1))
    nights = usage_in(empty)
    assert nights == from_archive(empty, A_MOMENT)
    ring = empty.rings.read(["steady-1"])["steady-1"].series
    assert ring.active_users[before(6).toordinal() - ring.first_day] == 11


def test_a_rebuild_joins_the_history_of_a_name_that_was_linked_and_counts_those_that_are_not(
    empty: MemoryWorld,
) -> None:
    empty.accounts.save([an_account("acme")])
    for name in ("Acme Inc", "Nobody Inc"):
        archive_events(empty.blobs, "feed", A_DAY.toordinal(), [use(name, "ann", A_DAY), use(name, "bob", A_DAY)])
    assert _rebuilt_events(empty) == (0, {"account_id is unknown": 4})
    empty.names.claim([NameClaim(ref=Ref("feed", "Acme Inc"), account_id="acme", by="person", since=A_MOMENT)])
    assert _rebuilt_events(empty) == (2, {"account_id is unknown": 2})
    assert len(empty.rings.users("acme")) == 2


def _rebuilt_events(world: MemoryWorld) -> tuple[int, dict[str, int]]:
    intake = rebuilt(world).intake
    return intake.events, dict(intake.rejected)


def test_a_rebuild_counts_what_came_too_late_and_takes_its_markers_away(memory: MemoryWorld) -> None:
    archive_events(memory.blobs, "import", before(30).toordinal(), [use("falls", "ann", before(30))])
    memory.blobs.put(f"{LATE}0123-1", b"")
    rebuilt(memory)
    assert list(memory.blobs.keys(LATE)) == []
    assert [user.user_id for user in memory.rings.users("falls")] == ["ann"]


def test_after_nine_days_without_a_night_arrivals_may_be_gone_and_a_rebuild_is_asked_for(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    stored(empty, tmp_path, NIGHT)
    run_night(empty)
    empty.clock.push(days=9)
    heard(empty, before(-9))
    with pytest.raises(NeedsHuman, match="arrivals may have expired; run health-monitor rebuild"):
        run_night(empty, before(-9))
    rebuilt(empty)
    assert [result["status"] for result in run_night(empty, before(-9))] == ["complete"] * 9


def test_nights_that_are_caught_up_and_fail_again_do_not_make_old_arrivals_younger(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    stored(empty, tmp_path, NIGHT)
    run_night(empty)
    empty.clock.push(days=6)
    heard(empty, before(-6))
    assert run_night(empty, before(-1))[0]["status"] == "complete"
    empty.clock.push(days=4)
    with pytest.raises(NeedsHuman, match="arrivals may have expired; run health-monitor rebuild"):
        run_night(empty, before(-2))


def test_rings_that_were_rebuilt_for_a_night_long_past_serve_that_night_and_none_after_it(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    stored(empty, tmp_path, NIGHT)
    rebuilt(empty, EVE)
    come(empty, A_MOMENT + timedelta(hours=3), [use("steady-1", "new", NIGHT)])
    left = usage_in(empty)
    with pytest.raises(NeedsHuman, match=f"the rings end on {EVE}"):
        a_plan(empty)
    run_night(empty, EVE)
    assert usage_in(empty) == left
    rebuilt(empty)
    assert run_night(empty)[0]["status"] == "complete"


def test_the_archive_says_which_source_used_a_name_and_imports_use_our_own(memory: MemoryWorld) -> None:
    archive_events(memory.blobs, "feed", A_DAY.toordinal(), [use("x", "ann", A_DAY)])
    [key] = memory.blobs.keys("archive/events/")
    assert key.startswith(f"archive/events/{A_DAY}/feed-")
