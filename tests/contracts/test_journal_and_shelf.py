"""Runs, the live configuration, freshness, and looking into the store: the same in memory and on AWS."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from health_monitor.model.usage import Drop, Resolution
from health_monitor.ports.world import World
from tests.builders import (
    A_DAY,
    A_MOMENT,
    a_contact,
    a_history,
    a_run,
    a_series,
    a_state,
    a_user,
    an_account,
    an_alert,
    an_episode,
    freshness,
)

YESTERDAY, TOMORROW = A_DAY - timedelta(days=1), A_DAY + timedelta(days=1)


def test_a_night_comes_back_as_it_was_recorded(world: World) -> None:
    record = a_run(no_verdict={"too_new": 2}, missing_batches=("0001",), finished_at=A_MOMENT, incident="all fell")
    world.journal.save_run(record)
    assert world.journal.run(A_DAY) == record
    assert world.journal.run(YESTERDAY) is None


def test_a_complete_night_is_never_replaced_by_a_failed_one(world: World) -> None:
    world.journal.save_run(a_run(status="failed", judged=1))
    world.journal.save_run(a_run(status="failed", judged=2))
    assert world.journal.run(A_DAY) == a_run(status="failed", judged=2)
    world.journal.save_run(a_run())
    world.journal.save_run(a_run(status="failed", judged=1))
    assert world.journal.run(A_DAY) == a_run()
    world.journal.save_run(a_run(run="again"))
    assert world.journal.run(A_DAY) == a_run(run="again")


def test_the_latest_nights_come_first(world: World) -> None:
    for days in (3, 1, 2):
        world.journal.save_run(a_run(A_DAY - timedelta(days=days)))
    assert [record.as_of for record in world.journal.runs(2)] == [YESTERDAY, A_DAY - timedelta(days=2)]


def test_the_last_complete_night_looks_past_failed_ones(world: World) -> None:
    assert world.journal.last_complete() is None
    world.journal.save_run(a_run(status="failed"))
    assert world.journal.last_complete() is None
    world.journal.save_run(a_run(YESTERDAY))
    world.journal.save_run(a_run(date(2026, 1, 1)))
    assert world.journal.last_complete() == YESTERDAY


def test_a_deploy_seeds_the_configuration_and_never_overrides_what_is_live(world: World) -> None:
    assert world.journal.live_config() is None
    world.journal.point_config("one", only_if_none=True)
    world.journal.point_config("two", only_if_none=True)
    assert world.journal.live_config() == "one"
    world.journal.point_config("two")
    assert world.journal.live_config() == "two"


def test_freshness_never_moves_back(world: World) -> None:
    world.journal.save_freshness(freshness())
    world.journal.save_freshness(freshness(complete_from=date(2026, 6, 1), complete_through=YESTERDAY))
    assert world.journal.freshness() == [freshness()]
    world.journal.save_freshness(freshness(complete_from=A_DAY, complete_through=TOMORROW))
    assert world.journal.freshness() == [freshness(complete_through=TOMORROW)]


def test_older_history_makes_a_source_complete_from_an_earlier_day(world: World) -> None:
    world.journal.save_freshness(freshness())
    world.journal.save_freshness(freshness(complete_from=date(2025, 1, 1), complete_through=date(2025, 12, 31)))
    assert world.journal.freshness() == [freshness(complete_from=date(2025, 1, 1))]


def test_the_latest_receipt_counts_in_any_time_zone(world: World) -> None:
    noon_in_tokyo = datetime(2026, 11, 2, 12, tzinfo=timezone(timedelta(hours=9)))
    world.journal.save_freshness(freshness(received_at=A_MOMENT))
    world.journal.save_freshness(freshness(received_at=noon_in_tokyo))
    assert world.journal.freshness()[0].received_at == A_MOMENT


def test_sources_come_by_name(world: World) -> None:
    world.journal.save_freshness(freshness("zendesk"))
    world.journal.save_freshness(freshness("amplitude"))
    assert [source.source for source in world.journal.freshness()] == ["amplitude", "zendesk"]


def _furnish(world: World) -> None:
    alert = an_alert(opened_on=YESTERDAY)
    world.accounts.save([an_account(), an_account("other")])
    world.accounts.save_contacts([a_contact()])
    world.rings.write([a_history("acme", a_series([2, 0], events=[7, 0]), [a_user("u1")])])
    world.states.write_absent({"acme": a_state(episode=an_episode(YESTERDAY))})
    world.alerts.save_absent(alert)
    world.alerts.escalate(alert.alert_id, A_DAY)


def test_everything_about_an_account_can_be_read_by_a_person(world: World) -> None:
    _furnish(world)
    shown: dict[str, Any] = {item["item"]: item for item in world.shelf.items_of("acme")}
    assert list(shown) == [
        "ALERT#usage_drop#2026-10-31",
        "CONTACT#c1",
        "PROFILE",
        "RING",
        "STATE#2026-11-01",
    ]
    assert shown["PROFILE"]["arr"] == "12000.50"
    assert shown["RING"]["days"] == [
        {"day": "2026-08-01", "events": 7, "active_users": 2, "new_users": 0},
        {"day": "2026-08-02", "events": 0, "active_users": 0, "new_users": 0},
    ]
    assert shown["STATE#2026-11-01"]["episode"]["opened_on"] == "2026-10-31"
    assert shown["RING"]["users"][0] == {
        "user_id": "u1",
        "first_day": "2026-08-03",
        "last_day": "2026-11-01",
        "last_feature": "report",
        "fortnight": "00000000000101",
        "last_seen": "2026-11-01T09:30:00+00:00",
        "session_seconds": None,
        "session_at": "",
        "features": {},
    }
    assert shown["ALERT#usage_drop#2026-10-31"]["escalated_on"] == "2026-11-01"
    assert world.shelf.items_of("unknown") == []


def test_a_closed_alert_leaves_the_index_of_open_ones(world: World) -> None:
    alert = an_alert(usage_drop=Drop.SEVERE)
    world.alerts.save_absent(alert)
    assert world.shelf.items_of("acme")[0]["csm"] == "carla@example.com"
    world.alerts.resolve(alert.alert_id, A_DAY, Resolution.RECOVERED)
    [shown] = world.shelf.items_of("acme")
    assert not {"csm", "opened_at"} & set(shown)
