"""What people say about names: an account that begins so is one like any other, and what was said is taken back."""

from datetime import UTC, datetime, time, timedelta

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.compact import compact
from health_monitor.flows.names import link, list_unmatched, unlink
from health_monitor.flows.rebuild import rebuild
from health_monitor.flows.reception import Reception
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.heard import OURS, Ref
from tests.builders import A_DAY, A_MOMENT, an_account
from tests.flows.test_take_in import TOOL, a_claim, acme, an_event, arrived, took, waits

__all__ = ["acme"]
SANDBOX = Ref(TOOL, "northstar-sandbox")
NOON = datetime.combine(A_DAY, time(12), UTC)


def counted(world: MemoryWorld, days: int = 0) -> dict[str, int]:
    """Events by account after a night."""
    known = world.accounts.read(list(world.accounts.ids()))
    found = compact(known, world.rings, world.arrivals, A_DAY + timedelta(days=days), keep=True)
    return {account_id: sum(history.series.events) for account_id, history in found.items()}


def rebuilt(world: MemoryWorld) -> None:
    rebuild(world.blobs, world.accounts, world.names, world.rings, wiring.disk_spool(), NOON + timedelta(days=1))


def test_an_account_that_begins_with_events_alone_is_an_account_and_is_counted(acme: MemoryWorld) -> None:
    took(acme, [an_event("northstar-sandbox", source=TOOL, days_ago=1)])
    linked = link("northstar", SANDBOX, A_MOMENT, Reception.of(acme), new=True)
    assert (linked.events, linked.known, linked.before) == (1, False, None)
    assert list(acme.accounts.ids()) == ["acme", "northstar"]
    assert counted(acme) == {"northstar": 1}
    took(acme, [an_event("solo", source=TOOL)])
    assert link("northstar", Ref(TOOL, "solo"), A_MOMENT, Reception.of(acme)).events == 1


def test_an_account_that_begins_joins_what_waits_under_its_id(acme: MemoryWorld) -> None:
    took(acme, [an_event("northstar"), an_event("northstar-sandbox", source=TOOL)])
    assert link("northstar", SANDBOX, A_MOMENT, Reception.of(acme), new=True).events == 2
    assert (arrived(acme, "northstar"), acme.unmatched.all()) == (2, [])


def test_what_is_unlinked_waits_again_and_no_night_counts_it_after_a_rebuild(acme: MemoryWorld) -> None:
    for n, days_ago in enumerate((0, 1, 6)):
        took(acme, [an_event("northstar-sandbox", f"u{n}", source=TOOL, days_ago=days_ago)])
    took(acme, [an_event("northstar-sandbox", "u9", source=TOOL, days_ago=9)])
    link("northstar", SANDBOX, A_MOMENT, Reception.of(acme), new=True)
    assert counted(acme) == {"northstar": 3}
    unlink("northstar", SANDBOX, A_MOMENT, Reception.of(acme))
    assert [(one.unmatched.ref, one.events) for one in list_unmatched(Reception.of(acme))] == [(SANDBOX, 3)]
    rebuilt(acme)
    assert counted(acme, 1) == {}
    link("acme", SANDBOX, A_MOMENT, Reception.of(acme))
    rebuilt(acme)
    assert counted(acme, 1) == {"acme": 4}


def test_only_the_events_of_the_name_go_and_another_account_of_it_has_them_at_once(acme: MemoryWorld) -> None:
    acme.accounts.save([an_account("other")])
    acme.names.claim([a_claim("northstar-sandbox", "other")])
    link("acme", SANDBOX, A_MOMENT, Reception.of(acme))
    took(acme, [an_event("northstar-sandbox", source=TOOL), an_event(user_id="u2")])
    assert arrived(acme) == 2
    unlink("acme", SANDBOX, A_MOMENT, Reception.of(acme))
    assert (arrived(acme), arrived(acme, "other"), waits(acme, f"{TOOL}|northstar-sandbox")) == (1, 1, 0)


def test_what_the_name_meant_before_loses_its_events(acme: MemoryWorld) -> None:
    acme.accounts.save([an_account("other")])
    acme.names.claim([a_claim("northstar-sandbox", "other")])
    took(acme, [an_event("northstar-sandbox", source=TOOL)])
    linked = link("acme", SANDBOX, A_MOMENT, Reception.of(acme))
    assert (linked.before, linked.events) == ("other", 1)
    assert (arrived(acme), arrived(acme, "other")) == (1, 0)


def test_a_source_that_does_not_exist_is_refused(acme: MemoryWorld) -> None:
    with pytest.raises(NeedsHuman, match="no source 'hubspt'"):
        link("acme", Ref("hubspt", "1300"), A_MOMENT, Reception.of(acme))


def test_old_events_of_an_unknown_account_are_told_and_wait(acme: MemoryWorld) -> None:
    took(acme, [an_event("globex", days_ago=9)])
    (listed,) = list_unmatched(Reception.of(acme))
    assert (listed.events, listed.late) == (0, 1)
    assert listed.next_action == "health-monitor link --new globex ours globex"
    assert link("globex", Ref(OURS, "globex"), A_MOMENT, Reception.of(acme), new=True).late == 1
