"""Files in, archive, rings, stored history: one path, which may be walked again and again."""

import re
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.history import FileHistory, StoredHistory
from health_monitor.flows.replay import Reported, report_on, walk_history
from health_monitor.flows.runs import ARCHIVE
from health_monitor.model.errors import NeedsHuman
from health_monitor.ports.usage import UsageHistory
from health_monitor.simulate.workflow import arrive
from tests.builders import A_MOMENT, an_account
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.files import (
    Kept,
    accounts_csv,
    bring_accounts,
    bring_events,
    events_csv,
    from_files,
    rebuilt,
    stored,
    written,
)
from tests.flows.stage import (
    ACCOUNTS,
    CONFIG,
    EVE,
    FIRST,
    HISTORIES,
    NIGHT,
    TONIGHT,
    before,
    files,
    next_morning,
    run_night,
)

SOON = NIGHT + timedelta(days=3)


def test_importing_a_file_twice_changes_nothing(empty: MemoryWorld, tmp_path: Path) -> None:
    left = knowledge(stored(empty, tmp_path, NIGHT, first=before(20)))
    assert knowledge(stored(empty, tmp_path, NIGHT, first=before(20))) == left


def test_a_month_at_a_time_is_the_same_as_everything_at_once(empty: MemoryWorld, tmp_path: Path) -> None:
    bring_accounts(empty, accounts_csv(tmp_path / "accounts.csv"))
    for first, last in ((before(40), NIGHT), (FIRST, before(30))):
        bring_events(empty, events_csv(tmp_path / "events.csv", first=first, last=last))
    rebuilt(empty)
    assert usage_of(empty) == usage_of(stored(memory_world(A_MOMENT), tmp_path, NIGHT))


def test_rings_hold_what_the_files_said(empty: MemoryWorld, tmp_path: Path) -> None:
    stored(empty, tmp_path, NIGHT)
    sinks = empty.rings.read(["sinks"])["sinks"].series
    silent = [before(n).toordinal() for n in range(9)]
    assert sinks.first_day + len(sinks.active_users) == silent[-1]
    assert set(sinks.active_users) == {10}
    assert len(empty.rings.users("sinks")) == 10


def test_an_account_whose_events_are_no_longer_archived_has_no_ring_after_a_rebuild(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    stored(empty, tmp_path, NIGHT)
    before_it = empty.rings.read(list(TONIGHT))
    bring_accounts(empty, accounts_csv(tmp_path / "accounts.csv", [an_account("sinks", usage_start=SOON)]))
    assert rebuilt(empty).accounts == len(before_it) - 1
    del before_it["sinks"]
    assert empty.rings.read(list(TONIGHT)) == before_it


def test_a_night_so_long_past_that_its_baseline_left_the_rings_is_refused_until_they_are_rebuilt_for_it(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    long_ago = before(30)
    extra = [("steady-1", "u", "report", str(FIRST - timedelta(days=30)), 1)]
    accounts = [an_account("steady-1", usage_start=FIRST - timedelta(days=60))]
    bring_accounts(empty, accounts_csv(tmp_path / "accounts.csv", accounts))
    bring_events(empty, events_csv(tmp_path / "events.csv", last=NIGHT, extra=extra))
    rebuilt(empty)
    with pytest.raises(NeedsHuman, match=f"health-monitor rebuild --through {long_ago}"):
        run_night(empty, long_ago)
    rebuilt(empty, long_ago)
    assert run_night(empty, long_ago)[0]["status"] == "complete"
    assert StoredHistory(empty.blobs, empty.accounts).last_day == NIGHT


def test_an_import_says_from_when_to_when_the_data_reach(empty: MemoryWorld, tmp_path: Path) -> None:
    stored(empty, tmp_path, NIGHT)
    (fresh,) = empty.journal.freshness()
    assert (fresh.source, fresh.complete_from, fresh.complete_through) == ("import", FIRST, NIGHT)


def test_a_last_day_without_events_is_late_unless_the_import_says_that_it_was_quiet(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    stored(empty, tmp_path, EVE)
    assert run_night(empty, dry_run=True)[0]["incident"] == "source_late: import"
    bring_events(empty, tmp_path / "events.csv", through=NIGHT)
    (fresh,) = empty.journal.freshness()
    assert (fresh.complete_from, fresh.complete_through) == (FIRST, NIGHT)
    assert "source_late" not in str(run_night(empty)[0]["incident"])


@pytest.mark.parametrize(
    ("through", "sentence"),
    [
        (EVE, f"--through {EVE} is before the last event of events.csv, on {NIGHT}; give that day or a later one"),
        (SOON, f"--through {SOON} is not over yet (UTC); the last day that is over is {NIGHT}"),
    ],
)
def test_an_import_cannot_be_complete_through_a_day_before_its_last_or_one_that_is_not_over(
    empty: MemoryWorld, tmp_path: Path, through: date, sentence: str
) -> None:
    bring_accounts(empty, accounts_csv(tmp_path / "accounts.csv"))
    left = files(empty)
    with pytest.raises(NeedsHuman, match=re.escape(sentence)):
        bring_events(empty, events_csv(tmp_path / "events.csv", last=NIGHT), through=through)
    assert (files(empty), empty.journal.freshness()) == (left, [])


def test_dying_in_an_import_or_a_rebuild_and_repeating_both_changes_nothing(tmp_path: Path) -> None:
    bring = partial(stored, folder=tmp_path, first=before(8), last=NIGHT)
    expected, at = knowledge(bring(memory_world(A_MOMENT))), 0
    while True:
        at += 1
        world = memory_world(A_MOMENT)
        if not died(partial(bring, mortal(world, Countdown(at, done=at % 2 == 0)))):
            break
        assert knowledge(bring(world)) == expected, f"dead at write {at}"
    assert at > 12


def test_csv_and_stored_history_give_the_same_replay(empty: MemoryWorld, tmp_path: Path) -> None:
    stored(empty, tmp_path, NIGHT)
    assert replayed(StoredHistory(empty.blobs, empty.accounts)) == replayed(from_files(tmp_path, NIGHT))


def test_they_do_so_after_nights_that_came_after_the_last_rebuild(empty: MemoryWorld, tmp_path: Path) -> None:
    stored(empty, tmp_path, EVE)
    arrive(empty, HISTORIES, NIGHT)
    run_night(empty)
    while (night := next_morning(empty)) <= SOON:
        run_night(empty, night)
    history = StoredHistory(empty.blobs, empty.accounts)
    assert (history.data_from, history.last_day) == (FIRST, SOON)
    assert replayed(history) == replayed(from_files(tmp_path, SOON))


def test_a_rebuild_after_those_nights_changes_nothing_in_the_replay(empty: MemoryWorld, tmp_path: Path) -> None:
    stored(empty, tmp_path, EVE)
    run_night(empty)
    night = next_morning(empty)
    run_night(empty, night)
    bring_events(empty, events_csv(tmp_path / "events.csv", first=NIGHT, last=night))
    rebuilt(empty)
    assert replayed(StoredHistory(empty.blobs, empty.accounts)) == replayed(from_files(tmp_path, night))


def test_an_account_whose_first_events_come_after_the_last_rebuild_is_replayed(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    stored(empty, tmp_path, before(45))
    assert "young" not in dict(StoredHistory(empty.blobs, empty.accounts).series())
    for n in (44, 43, 42, 41, 40, 39):
        next_morning_of(empty, n)
    series = dict(StoredHistory(empty.blobs, empty.accounts).series())["young"]
    assert (sum(series.active_users), sum(series.new_users)) == (20, 10)


def test_rows_that_cannot_be_used_are_set_aside_and_counted(empty: MemoryWorld, tmp_path: Path) -> None:
    bring_accounts(empty, accounts_csv(tmp_path / "accounts.csv"))
    bad = [
        ("nobody", "u", "report", "2026-10-01", 1),
        ("falls", "", "report", "2026-10-01", 1),
        ("falls", "u", "report", "2027-10-01", 1),
        ("falls", "u", "report", "1.10.2026", 1),
        ("falls", "u", "report", "2026-10-01T10:00:00", 1),
        ("falls", "u", "report", "2026-10-01", -1),
    ]
    kept = Kept()
    intake = bring_events(empty, events_csv(tmp_path / "events.csv", extra=bad, last=NIGHT), kept)
    assert intake.quarantined == len(kept.rejects) == len(bad)
    assert [reject.field for reject in kept.rejects] == [
        "account_id", "user_id", "occurred_at", "occurred_at", "occurred_at", "n",
    ]  # fmt: skip
    assert all(reject.remedy and reject.line > 100 for reject in kept.rejects)


def test_a_bad_row_costs_one_account_and_a_bad_cell_only_its_field(empty: MemoryWorld, tmp_path: Path) -> None:
    rows = [("good", "2026-01-01"), ("bad", "yesterday"), ("good", "2026-01-02"), ("", "2026-01-01")]
    kept = Kept()
    intake = bring_accounts(empty, written(tmp_path / "a.csv", ("account_id", "usage_start"), rows), kept)
    assert (intake.accounts, intake.emptied, intake.refused) == (2, 1, 2)
    assert [reject.line for reject in kept.rejects] == [3, 4, 5]
    assert list(empty.accounts.ids()) == ["bad", "good"]
    assert empty.accounts.read(["bad"])["bad"].usage_start is None


def test_events_need_accounts_first(empty: MemoryWorld, tmp_path: Path) -> None:
    with pytest.raises(NeedsHuman, match="health-monitor import accounts"):
        bring_events(empty, events_csv(tmp_path / "events.csv"))


def test_without_events_nothing_can_be_rebuilt_or_replayed(empty: MemoryWorld, tmp_path: Path) -> None:
    bring_accounts(empty, accounts_csv(tmp_path / "accounts.csv"))
    with pytest.raises(NeedsHuman, match="health-monitor import events"):
        rebuilt(empty)
    with pytest.raises(NeedsHuman, match="health-monitor import events"):
        StoredHistory(empty.blobs, empty.accounts)


def test_a_day_on_which_only_a_forgotten_account_was_active_stops_no_rebuild(tmp_path: Path) -> None:
    everybody, after = memory_world(A_MOMENT), memory_world(A_MOMENT)
    gone = an_account("gone", usage_start=before(200))
    bring_accounts(everybody, accounts_csv(tmp_path / "accounts.csv", [*ACCOUNTS, gone]))
    lonely = [("gone", "u", "report", FIRST - timedelta(days=3), 1)]
    bring_events(everybody, events_csv(tmp_path / "events.csv", last=NIGHT, extra=lonely))
    bring_accounts(after, accounts_csv(tmp_path / "accounts.csv"))
    for key, data in files(everybody, ARCHIVE).items():
        after.blobs.put(key, data)
    assert rebuilt(after).accounts == len(TONIGHT) - 1


def test_no_usable_account_and_no_usable_event_are_said_before_anything_is_judged(tmp_path: Path) -> None:
    nobody = written(tmp_path / "nobody.csv", ("account_id",), [("",)])
    nothing = written(tmp_path / "nothing.csv", ("account_id", "user_id", "event", "occurred_at"), [])
    with pytest.raises(NeedsHuman, match=r"nobody\.csv has no usable account"):
        from_paths(nobody, nothing)
    with pytest.raises(NeedsHuman, match=r"nothing\.csv has no usable event"):
        from_paths(accounts_csv(tmp_path / "accounts.csv"), nothing)


def from_paths(accounts: Path, events: Path) -> FileHistory:
    return FileHistory(
        wiring.text_file(accounts), wiring.text_file(events), wiring.disk_spool(), Kept(), A_MOMENT.date()
    )


def next_morning_of(world: MemoryWorld, days_ago: int) -> None:
    arrive(world, HISTORIES, before(days_ago))
    run_night(world, before(days_ago))


def usage_of(world: MemoryWorld) -> dict[str, Any]:
    ids = list(world.accounts.ids())
    return {
        "rings": world.rings.read(ids),
        "users": {account_id: world.rings.users(account_id) for account_id in ids},
        "history": dict(StoredHistory(world.blobs, world.accounts).series()),
    }


def knowledge(world: MemoryWorld) -> dict[str, Any]:
    return usage_of(world) | {"files": files(world), "accounts": world.accounts.read(list(TONIGHT))}


def replayed(history: UsageHistory) -> Reported:
    """The whole report of a replay, but for its source."""
    return report_on(walk_history(history, CONFIG, history.last_day).replay, CONFIG, {}, None, None)
