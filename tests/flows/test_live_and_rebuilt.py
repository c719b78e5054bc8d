"""Cases at the border: what the nights have counted of them is what a rebuild from the archive counts."""

from datetime import UTC, datetime, time, timedelta

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.compact import compact
from health_monitor.flows.names import link
from health_monitor.flows.rebuild import rebuild
from health_monitor.flows.reception import Reception
from health_monitor.model.heard import OURS, HeardEvent, Ref
from health_monitor.model.usage import Series
from tests.builders import A_DAY, A_MOMENT, an_account
from tests.flows.test_take_in import a_claim, acme, an_event, took

__all__ = ["acme"]
NOON = datetime.combine(A_DAY, time(12), UTC)
DAY = timedelta(days=1)


def night(world: MemoryWorld, days: int = 0) -> Series | None:
    known = world.accounts.read(list(world.accounts.ids()))
    found = compact(known, world.rings, world.arrivals, A_DAY + days * DAY, keep=True).get("acme")
    return found.series if found else None


def rebuilt(world: MemoryWorld) -> Series | None:
    rebuild(world.blobs, world.accounts, world.names, world.rings, wiring.disk_spool(), NOON + 3 * DAY)
    ring = world.rings.read(["acme"]).get("acme")
    return ring.series if ring else None


def at(moment: datetime, user_id: str) -> HeardEvent:
    return an_event(user_id=user_id, occurred_at=moment.isoformat(), day=moment.toordinal())


def test_events_under_an_id_that_a_person_linked_to_an_account(acme: MemoryWorld) -> None:
    took(acme, [an_event("acme-before-the-merger", days_ago=1)])
    link("acme", Ref(OURS, "acme-before-the-merger"), A_MOMENT, Reception.of(acme))
    counted = night(acme)
    assert counted is not None
    assert counted.events == [1]
    assert rebuilt(acme) == counted


def test_names_with_line_breaks_of_every_kind(acme: MemoryWorld) -> None:
    for n, odd in enumerate(("a\rb", "a\nb", "a\r\nb", "a\u2028b", "a\x0bb\x1cc", '"a,b\r', "\r")):
        took(acme, [an_event(user_id=odd, event=odd, event_id=f"{n}{odd}", days_ago=1)])
    took(acme, [an_event(user_id="usual", days_ago=1)])
    counted = night(acme)
    assert counted is not None
    assert (counted.events, counted.active_users) == ([8], [8])
    assert rebuilt(acme) == counted


def test_events_under_an_id_that_two_people_linked_to_different_accounts(acme: MemoryWorld) -> None:
    acme.accounts.save([an_account("other"), an_account("third")])
    acme.names.claim([a_claim("acme", who, "person", OURS) for who in ("other", "third")])
    took(acme, [an_event()])
    assert night(acme, 1) is None
    assert rebuilt(acme) is None


def test_an_event_of_a_clock_that_is_half_a_day_ahead(acme: MemoryWorld) -> None:
    took(acme, [at(NOON + 14 * timedelta(hours=1), "u1")], at=NOON)
    night(acme)
    took(acme, [at(NOON + DAY, "u2")], at=NOON + DAY)
    counted = night(acme, 1)
    assert counted is not None
    assert (counted.events, counted.active_users) == ([2], [2])
    assert rebuilt(acme) == counted
