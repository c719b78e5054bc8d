"""A rebuild leaves each account's use of the past week by week, as the nights of then would have seen it."""

from datetime import UTC, date, datetime
from pathlib import Path

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.rebuild import rebuild
from health_monitor.flows.runs import USE_HISTORY
from health_monitor.flows.use_history import EVERY, keep_use, read_use
from health_monitor.model.config import Bundle
from health_monitor.model.evidence import Use
from health_monitor.model.records import Person
from tests.flows.files import accounts_csv, bring_accounts, bring_events, events_csv
from tests.flows.stage import CONFIG, NIGHT, before

SPONSOR = Person(source="csv", key="1", changed_at=datetime(2026, 1, 1, tzinfo=UTC), role="champion", user_id="user-0")


def weeks(world: MemoryWorld, bundle: Bundle = CONFIG) -> dict[str, dict[int, Use]]:
    spool = wiring.disk_spool()
    now = world.clock.now()
    rebuilt = rebuild(world.blobs, world.accounts, world.names, world.rings, spool, now)
    keep_use(world.blobs, world.accounts, world.dossiers, spool, bundle, rebuilt)
    return {account_id: dict(found) for account_id, found in read_use(world.blobs)}


def brought(world: MemoryWorld, folder: Path, first: date, last: date = NIGHT) -> MemoryWorld:
    bring_accounts(world, accounts_csv(folder / "accounts.csv"))
    bring_events(world, events_csv(folder / "events.csv", first, last))
    return world


def test_every_seventh_day_of_the_past_has_its_use(empty: MemoryWorld, tmp_path: Path) -> None:
    found = weeks(brought(empty, tmp_path, before(120)))["sinks"]
    days = sorted(found)
    assert {day % EVERY for day in days} == {0}
    assert days == list(range(days[0], NIGHT.toordinal() + 1, EVERY))
    steady = found[days[4]]
    assert (steady.active_30, steady.daily, steady.index_now, steady.features) == (10, 10, 140, ("report",))
    assert steady.user_health == (10 * 10_000, 10)


def test_a_week_stands_as_it_would_have_stood_then(empty: MemoryWorld, tmp_path: Path) -> None:
    whole = weeks(brought(empty, tmp_path, before(120)))["sinks"]
    then = max(day for day in whole if day < before(30).toordinal())
    early = weeks(brought(empty, tmp_path / "..", before(120), date.fromordinal(then)))["sinks"]
    assert early[then] == whole[then]


def test_the_use_of_contacts_with_a_role_is_told_of_each(empty: MemoryWorld, tmp_path: Path) -> None:
    empty.dossiers.save("sinks", [SPONSOR])
    found = weeks(brought(empty, tmp_path, before(60)))
    (latest, *_) = sorted(found["sinks"], reverse=True)
    assert [user.user_id for user in found["sinks"][latest].key_users] == ["user-0"]


def test_the_scorecard_says_which_features_are_core_and_else_the_accounts_do(
    empty: MemoryWorld, tmp_path: Path
) -> None:
    named = CONFIG.scorecard.model_copy(update={"core_features": ("report", "never used")})
    brought(empty, tmp_path, before(60))
    assert weeks(empty, CONFIG.model_copy(update={"scorecard": named}))["sinks"] != weeks(empty)["sinks"]


def test_files_of_an_earlier_rebuild_are_gone(empty: MemoryWorld, tmp_path: Path) -> None:
    brought(empty, tmp_path, before(60))
    empty.blobs.put(f"{USE_HISTORY}00009.jsonl.gz", b"")
    first = weeks(empty)
    assert list(empty.blobs.keys(USE_HISTORY)) == [f"{USE_HISTORY}00000.jsonl.gz"]
    assert weeks(empty) == first
