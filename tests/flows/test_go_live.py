"""Going live while others act, and a customer mail on the deployed product's own stores."""

from functools import partial
from typing import Any

import pytest

from health_monitor.act import conversation as steps
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.adapters.memory_outreach import MemoryMailer
from health_monitor.flows.conversing import change
from health_monitor.flows.go_live import YOUNG, go_live, preview
from health_monitor.flows.hear_mail_events import hear_mail_event
from health_monitor.model.alert import Errand
from health_monitor.model.outreach import Flag, Switch, action_id, tag_of
from tests.flows.mails import (
    CARLA,
    EVENT_ACCOUNT,
    NAME,
    NOW,
    a_live_world,
    an_errand,
    begin,
    delivered,
    desk,
    ears,
    event,
    stored,
)
from tests.flows.stage import like

LIVE = Switch(mode="live")


def a_draft_world() -> MemoryWorld:
    world = a_live_world()
    world.outreach_switch.put(Switch())
    delivered(world)
    return world


def test_what_somebody_cancels_while_we_go_live_stays_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_draft_world()
    put = world.outreach_switch.put

    def cancelled_meanwhile(switch: Switch, before: Switch | None) -> bool:
        set_now = put(switch, before)
        gone = partial(steps.cancel, step="check_in", at=NOW, by=CARLA, code="cancelled", because="no")
        change(world.conversations, NAME, gone)
        return set_now

    monkeypatch.setattr(world.outreach_switch, "put", cancelled_meanwhile)
    assert go_live(None, CARLA, desk(world).sources, world.outbox, NOW) == 0
    assert stored(world).check_in.status == "cancelled"


def test_the_card_of_a_draft_that_is_too_old_to_go_is_told_that_the_switch_changed() -> None:
    world = a_draft_world()
    world.outbox.take()
    later = NOW + YOUNG
    assert go_live(None, CARLA, desk(world).sources, world.outbox, later) == 0
    assert stored(world).check_in.status == "draft"
    name = f"{NAME}/card/{stored(world).version}"
    assert name in [one.errand_id for one in world.outbox.take() if isinstance(one, Errand)]


def test_a_draft_for_another_reason_or_a_snoozed_one_does_not_wait_for_it() -> None:
    world = a_live_world()
    world.flags.put("acme", Flag(kind="no_outreach", because="asked", by=CARLA, at=NOW))
    assert delivered(world) == "not_sent: no_outreach_flag"
    assert preview(LIVE, desk(world).sources, NOW) == []
    other = a_draft_world()
    change(other.conversations, NAME, partial(steps.snooze, at=NOW, by=CARLA, until=NOW))
    assert preview(LIVE, desk(other).sources, NOW) == []


def test_a_kill_switch_survives_going_live() -> None:
    world = a_draft_world()
    world.outreach_switch.put(Switch(stopped=True))
    go_live(None, CARLA, desk(world).sources, world.outbox, NOW)
    assert world.outreach_switch.get().stopped


def test_a_mail_goes_out_once_in_both_worlds(empty: Any) -> None:
    mailer = MemoryMailer()
    world = like(empty, mailer=lambda: mailer)
    world.clock.push(seconds=(NOW - world.clock.now()).total_seconds())
    world.outreach_switch.put(LIVE)
    begin(world)
    assert delivered(world) == "sent"
    assert delivered(world, an_errand()).startswith("AlreadyDone")
    tag = tag_of(action_id(NAME, "c1", "check_in"))
    assert hear_mail_event(event("Delivery", tag), EVENT_ACCOUNT, ears(world)) == "delivered"
    assert (stored(world).check_in.status, len(mailer.sent)) == ("delivered", 1)
