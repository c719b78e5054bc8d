"""Any story of clicks, crashes, events and second thoughts: no mail too many, too early, or to whom it must not go."""

from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.act import conversation as steps
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.conversing import change
from health_monitor.flows.go_live import back_to_drafts, go_live, stop
from health_monitor.flows.hear_mail_events import hear_mail_event
from health_monitor.flows.send_outreach import send_outreach
from health_monitor.flows.unsubscribe import answer_unsubscribe
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import Delivery, OutgoingMail, action_id, tag_of
from tests.builders import a_contact, a_mail, an_account
from tests.flows.crashes import Countdown, died
from tests.flows.mails import (
    CARLA,
    CHARLIE,
    EVENT_ACCOUNT,
    NAME,
    a_live_world,
    an_errand,
    an_exit,
    desk,
    ears,
    event,
    stored,
)
from tests.flows.test_send_outreach import OUTCOMES, lapse, mortal_desk

ACTIONS = (
    "errand", "errand", "errand", "follow_up errand", "approve", "edit", "cancel", "reopen", "escalate", "follow",
    "unsubscribe", "delivery", "bounce", "complaint", "lapse", "stop", "start", "live", "drafts", "move", "churn",
)  # fmt: skip
BOUNCE = {"bounce": {"bounceType": "Permanent"}}
ZONES = ("America/New_York", "Pacific/Auckland", "Africa/Casablanca", "Asia/Kathmandu")


class Watched:
    """The provider, and how everything stood when it was given a mail."""

    def __init__(self, world: MemoryWorld, zone: str) -> None:
        self.world, self.zone, self.again, self.seen = world, ZoneInfo(zone), 0, list[str]()
        self._send = world.mailer().send
        world.mailer().send = self.send  # type: ignore[method-assign]

    def send(self, mail: OutgoingMail) -> Delivery:
        world, at = self.world, self.world.clock.now()
        switch = world.outreach_switch.get()
        assert not switch.stopped
        assert world.suppressions.find(mail.to) is None
        assert mail.to in {one.email for one in world.accounts.contacts("acme")}
        account = world.accounts.read(["acme"])["acme"]
        assert account.churn_date is None
        known = stored(world)
        step: Any = mail.action_id.rpartition("/")[2]
        if known.mail(step).approved_by is None:
            local = at.astimezone(self.zone)
            assert switch.mode == "live"
            assert known.automatic
            assert (local.weekday() < 5, 9 <= local.hour < 17) == (True, True)
            queued = [one.at for one in known.log if one.what == "queued" and one.step == step]
            assert at - queued[-1] >= timedelta(hours=4)
        answer = self._send(mail)
        if answer.outcome in ("sent", "unknown"):
            self.seen.append(step)
        return answer


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.just(99) | st.integers(0, 14), st.booleans(), st.sampled_from(OUTCOMES),
                  st.integers(1, 2_000)), max_size=30,
    ),
)  # fmt: skip
def test_no_story_sends_what_must_not_go(zone: str, story: list[Any]) -> None:
    world = a_live_world()
    world.accounts.save_contacts([a_contact(email=CHARLIE, timezone=zone)])
    watched = Watched(world, zone)
    for action, die_at, done, outcome, minutes in story:
        world.clock.push(seconds=minutes * 60)
        world.mailer().outcomes = [outcome] if outcome else []
        mortal = mortal_desk(world, Countdown(die_at, done=done))
        died(lambda action=action, mortal=mortal: act(action, mortal, watched))
    for step in ("check_in", "follow_up"):
        assert watched.seen.count(step) <= 1 + watched.again
    known = stored(world)
    assert not watched.seen or any(one.what == "sending" for one in known.log)
    assert not (known.ended and any(mail.status in ("queued", "approved") for mail in known.mails))


def act(action: str, world: MemoryWorld, watched: Watched) -> None:
    now = world.clock.now()
    known = stored(world)
    step = known.current.step
    transitions: dict[str, Any] = {
        "approve": partial(steps.approve, step=step, at=now, by=CARLA),
        "edit": partial(steps.edit, step=step, at=now, by=CARLA, wording=a_mail().suggested),
        "cancel": partial(steps.cancel, step=step, at=now, by=CARLA, code="cancelled", because="no"),
        "reopen": partial(steps.reopen, step=step, at=now, by=CARLA),
        "escalate": partial(steps.escalate, at=now, reasons=("worse",), tell=("slack",), high_priority=False),
        "follow": lambda one: steps.queue(
            steps.follow(one, now, a_mail(step="follow_up")), "follow_up", now, now, "no answer"
        ),
    }
    told: dict[str, Any] = {
        "unsubscribe": lambda: [answer_unsubscribe("POST", token, now, an_exit(world)) for token in tokens(world)],
        "lapse": lambda: lapse(world),
        "stop": lambda: stop(CARLA, True, world.outreach_switch, now),
        "start": lambda: stop(CARLA, False, world.outreach_switch, now),
        "live": lambda: go_live(None, CARLA, desk(world).sources, world.outbox, now),
        "drafts": lambda: back_to_drafts(CARLA, world.outreach_switch, now),
        "move": lambda: world.accounts.save_contacts(
            [a_contact(email=f"c{now:%d%H%M}@acme.example", timezone=watched.zone.key)]
        ),
        "churn": lambda: world.accounts.save([an_account(churn_date=now.date())]),
    }
    try:
        if action in transitions:
            if action == "follow" and known.check_in.sent_at is None:
                return
            watched.again += action == "reopen"
            change(world.conversations, NAME, transitions[action])
        elif action in told:
            told[action]()
        elif action.endswith("errand"):
            send_outreach(an_errand(step="check_in" if action == "errand" else "follow_up"), desk(world), now)
        else:
            tag = tag_of(action_id(NAME, "c1", step))
            hear_mail_event(event(action.capitalize(), tag, **BOUNCE), EVENT_ACCOUNT, ears(world))
    except (AlreadyDone, TryAgain, NeedsHuman):
        pass


def tokens(world: MemoryWorld) -> list[str]:
    return [mail.unsubscribe_url.rpartition("/")[2] for mail in world.mailer().sent[:1]]
