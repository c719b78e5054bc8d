"""Nobody answered: exactly one follow-up, by whoever sends it, then a task; nothing once there is no reason left."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.act import conversation as steps
from health_monitor.act import sending
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.follow_up import Desk, follow_up
from health_monitor.flows.sweep_due import sweep_due
from health_monitor.model.alert import Errand, Message
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import Card, Conversation, Mail, Suppression
from health_monitor.model.usage import Resolution
from health_monitor.ports.world import World
from tests.builders import A_MOMENT, a_conversation, a_mail, a_touch, an_account, an_alert
from tests.flows.crashes import Countdown, died, mortal

WEEK = timedelta(days=7)
DUE = A_MOMENT + WEEK
ID = "acme/usage_drop/2026-11-01"


def sent(known: Conversation, at: datetime = A_MOMENT) -> Conversation:
    """Its first mail went out."""
    queued = steps.queue(known, "check_in", at, at, "it is moderate")
    return sending.sent(sending.start_sending(queued, "check_in", at), "check_in", at, "ses-1", WEEK)


def a_world(conversation: Conversation | None = None, **account: Any) -> MemoryWorld:
    world = memory_world(A_MOMENT)
    world.accounts.save([an_account(**account)])
    world.alerts.save_absent(an_alert())
    known = conversation or sent(a_conversation())
    world.conversations.start(known.model_copy(update={"card": Card(channel="C1", ts="1.0")}))
    return world


def desk(world: World, draft: Callable[[Conversation, datetime], Mail] | None = None) -> Desk:
    def follow(conversation: Conversation, at: datetime) -> Mail:
        return a_mail(step="follow_up", template="follow_up")

    return Desk(
        world.conversations, world.alerts, world.accounts, world.dossiers, world.suppressions, world.outbox,
        draft or follow, WEEK, "ops@example.com",
    )  # fmt: skip


def sweep(world: World, at: datetime, **given: Any) -> dict[str, int]:
    return sweep_due(at, world.conversations, world.outbox, **given)


def take(world: MemoryWorld) -> list[Message | Errand]:
    return list(world.outbox.take())


def run(world: MemoryWorld, at: datetime = DUE) -> list[Message | Errand]:
    """A sweep, and whatever it put into the queue of follow-ups; what was told then."""
    sweep(world, at)
    for one in take(world):
        if isinstance(one, Errand) and one.channel == "follow_up":
            follow_up(one, desk(world), at)
    return take(world)


def stored(world: World) -> Conversation:
    found = world.conversations.get(ID)
    assert found
    return found


def channels(told: list[Message | Errand]) -> list[str]:
    return sorted(one.channel for one in told)


def test_on_day_seven_an_automatic_conversation_is_followed_up_by_another_mail() -> None:
    world = a_world()
    assert run(world, DUE - timedelta(seconds=1)) == []
    told = run(world)
    follow = stored(world).follow_up
    assert follow
    assert (follow.status, follow.template, follow.due_at) == ("queued", "follow_up", DUE)
    assert channels(told) == ["crm", "outreach", "slack"]
    assert stored(world).card == Card(channel="C1", ts="1.0")


def test_for_high_value_it_is_a_draft_on_a_new_card_and_never_a_mail() -> None:
    world = a_world(sent(a_conversation(automatic=False)))
    told = run(world)
    known = stored(world)
    assert known.follow_up
    assert (known.follow_up.status, known.card) == ("draft", None)
    assert channels(told) == ["crm", "slack"]
    assert sweep(world, DUE + timedelta(days=6)) == {"mails": 0, "follow_ups": 0, "left": 0}


def test_whom_a_person_wrote_to_is_not_followed_up_by_a_program() -> None:
    pressed = steps.approve(a_conversation(), "check_in", A_MOMENT, "carla@example.com")
    out = sending.start_sending(pressed, "check_in", A_MOMENT)
    world = a_world(sending.sent(out, "check_in", A_MOMENT, "ses-1", WEEK))
    assert channels(run(world)) == ["crm", "slack"]
    assert [one.status for one in stored(world).mails] == ["sent", "draft"]


def test_a_follow_up_that_lacks_something_is_a_draft_too() -> None:
    world = a_world()
    lacking = a_mail(step="follow_up", lacks=("first_name",))
    follow_up(Errand(errand_id="e", channel="follow_up", conversation_id=ID), desk(world, lambda *_: lacking), DUE)
    known = stored(world)
    assert known.follow_up
    assert (known.follow_up.status, known.log[-1].code) == ("draft", "missing_field")


def test_when_nobody_answers_that_either_the_csm_gets_a_task_and_it_is_over() -> None:
    world = a_world()
    run(world)
    later = DUE + timedelta(days=1)
    known = stored(world)
    world.conversations.replace(_followed_up(known, later), known.version)
    assert sweep(world, later + WEEK - timedelta(seconds=1))["follow_ups"] == 0
    told = run(world, later + WEEK)
    assert stored(world).ended == "no_response"
    [mail] = [one for one in told if isinstance(one, Message)]
    assert (mail.to, mail.message_id) == ("carla@example.com", f"{ID}/task/email")
    assert "nobody answered the follow-up" in mail.text
    assert run(world, later + WEEK * 9) == []


def _followed_up(known: Conversation, at: datetime) -> Conversation:
    begun = sending.start_sending(known, "follow_up", at)
    done = sending.sent(begun, "follow_up", at, "ses-2", WEEK)
    return done.model_copy(update={"version": known.version + 1})


def test_a_follow_up_that_the_csm_never_sent_ends_in_a_task_as_well() -> None:
    world = a_world(sent(a_conversation(automatic=False, csm_email=None)))
    run(world)
    [mail] = [one for one in run(world, DUE + WEEK) if isinstance(one, Message)]
    assert mail.to == "ops@example.com"
    assert "the follow-up was not sent" in mail.text
    known = stored(world)
    assert known.follow_up
    assert (known.ended, known.follow_up.status) == ("no_response", "cancelled")


def test_a_snoozed_follow_up_is_not_made_a_task_before_its_time_is_over() -> None:
    world = a_world(sent(a_conversation(automatic=False)))
    run(world)
    until = DUE + WEEK * 2
    known = stored(world)
    snoozed = steps.snooze(known, DUE, "carla@example.com", until).model_copy(update={"version": known.version + 1})
    world.conversations.replace(snoozed, known.version)
    run(world, DUE + WEEK)
    assert (stored(world).ended, stored(world).task_at) == (None, until)
    run(world, until)
    assert stored(world).ended == "no_response"


def test_a_snooze_that_is_over_shows_the_draft_on_a_new_card() -> None:
    world = a_world(steps.snooze(a_conversation(automatic=False), A_MOMENT, "carla@example.com", DUE))
    assert channels(run(world)) == ["crm", "slack"]
    known = stored(world)
    assert (known.snoozed_until, known.card, known.log[-1].what) == (None, None, "woken")


def test_a_mail_that_was_being_sent_for_too_long_may_have_been_sent_and_the_csm_hears_of_it() -> None:
    begun = sending.start_sending(
        steps.queue(a_conversation(), "check_in", A_MOMENT, A_MOMENT, "it is moderate"), "check_in", A_MOMENT
    )
    world = a_world(begun)
    told = run(world, A_MOMENT + sending.LEASE)
    assert stored(world).check_in.status == "uncertain"
    assert [one.message_id for one in told if isinstance(one, Message)] == [f"{ID}/check_in/uncertain/email"]
    assert run(world, DUE) == [], "nobody knows that it was sent, so nothing follows by itself"


TOUCHED = {
    "reply": {"kind": "email", "inbound": True},
    "meeting": {"kind": "meeting"},
    "ticket": {"kind": "ticket", "inbound": True},
    "csm_contact": {"kind": "call"},
}


@pytest.mark.parametrize("kind", TOUCHED)
def test_an_answer_that_nobody_acted_on_yet_cancels_it(kind: str) -> None:
    world = a_world()
    world.dossiers.save("acme", [a_touch(at=A_MOMENT + timedelta(days=3), **TOUCHED[kind])])
    run(world)
    known = stored(world)
    assert known.response
    assert (known.response.kind, known.ended, known.follow_up) == (kind, "answered", None)


NO_ANSWERS: dict[str, dict[str, Any]] = {
    "an out-of-office note": {"automatic": True, "inbound": True},
    "our own mail": {},
    "a webinar that they watched": {"kind": "webinar", "inbound": True},
    "what came before it": {"inbound": True, "at": A_MOMENT - timedelta(seconds=1)},
    "a call to come": {"kind": "call", "at": DUE + timedelta(days=1)},
}


@pytest.mark.parametrize("what", NO_ANSWERS)
def test_it_is_not_cancelled_by(what: str) -> None:
    world = a_world()
    facts = {"at": A_MOMENT + timedelta(days=1)} | NO_ANSWERS[what]
    world.dossiers.save("acme", [a_touch(**facts)])
    run(world)
    assert stored(world).follow_up


def recovered(world: MemoryWorld) -> None:
    world.alerts.resolve(ID, date(2026, 11, 5), Resolution.RECOVERED)


def new_normal(world: MemoryWorld) -> None:
    world.alerts.resolve(ID, date(2026, 11, 5), Resolution.NEW_NORMAL)


def opted_out(world: MemoryWorld) -> None:
    world.suppressions.add("Charlie@acme.example", Suppression(reason="unsubscribed", at=A_MOMENT, source="link"))


def churned(world: MemoryWorld) -> None:
    world.accounts.save([an_account(churn_date=date(2026, 11, 4))])


@pytest.mark.parametrize(
    ("happens", "ended"), [(recovered, "recovered"), (opted_out, "opted_out"), (churned, "churned"), (new_normal, None)]
)
def test_what_takes_the_reason_away_ends_it_and_a_new_normal_does_not(
    happens: Callable[[MemoryWorld], None], ended: str | None
) -> None:
    world = a_world()
    happens(world)
    run(world)
    known = stored(world)
    assert known.ended == ended
    assert (known.follow_up is None) is (ended is not None)


def test_an_account_that_is_gone_gets_none_and_an_erased_conversation_is_nothing_to_do() -> None:
    world = a_world()
    world.accounts.remove("acme")  # type: ignore[attr-defined]
    run(world)
    assert stored(world).ended == "churned"
    with pytest.raises(AlreadyDone):
        follow_up(Errand(errand_id="e", channel="follow_up", conversation_id="x/y/2026-01-01"), desk(world), DUE)


def test_what_was_never_sent_is_never_followed_up() -> None:
    world = a_world(steps.hand_over(a_conversation(), "check_in", A_MOMENT, "not_live", "before go-live"))
    assert sweep(world, DUE + WEEK * 20) == {"mails": 0, "follow_ups": 0, "left": 0}


def test_a_sweep_puts_mail_that_is_due_into_its_queue_and_can_be_cut_short() -> None:
    world = a_world(steps.queue(a_conversation(), "check_in", A_MOMENT, A_MOMENT, "it is moderate"))
    assert sweep(world, A_MOMENT) == sweep(world, A_MOMENT) == {"mails": 1, "follow_ups": 0, "left": 0}
    first, again = take(world)
    assert first == again
    assert isinstance(first, Errand)
    assert (first.channel, first.step, first.as_of) == ("outreach", "check_in", None)
    assert sweep(world, A_MOMENT, enough=lambda: True) == {"mails": 0, "follow_ups": 0, "left": 1}


def test_a_sweep_for_another_time_hands_that_time_on() -> None:
    world = a_world()
    sweep(world, DUE, as_of=DUE)
    [errand] = take(world)
    assert isinstance(errand, Errand)
    assert errand.as_of == DUE
    follow_up(errand, desk(world), A_MOMENT)
    known = stored(world)
    assert known.follow_up
    assert known.follow_up.due_at == DUE


@pytest.mark.parametrize("automatic", [True, False])
@pytest.mark.parametrize("done", [True, False])
def test_wherever_it_dies_the_next_errand_makes_it_one_follow_up_that_everybody_hears_of(
    automatic: bool, done: bool
) -> None:
    die_at = 1
    while True:
        world = a_world(sent(a_conversation(automatic=automatic)))
        dying = mortal(world, Countdown(die_at, done=done))
        errand = Errand(errand_id="e", channel="follow_up", conversation_id=ID)
        crashed = died(lambda dying=dying, errand=errand: follow_up(errand, desk(dying), DUE))
        follow_up(errand, desk(world), DUE)
        known, told = stored(world), channels(take(world))
        assert known.follow_up
        assert sum(one.what == "follow_up_due" for one in known.log) == 1
        assert set(told) == ({"crm", "outreach", "slack"} if automatic else {"crm", "slack"})
        if not crashed:
            break
        die_at += 1
    assert die_at > 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["sweep", "take", "again", "die"]), max_size=12), st.booleans(), st.randoms())
def test_in_whatever_order_and_however_often_errands_come_it_is_followed_up_once(
    story: list[str], automatic: bool, random: Any
) -> None:
    world, waiting = a_world(sent(a_conversation(automatic=automatic))), list[Errand]()
    at = DUE
    for what in [*story, "sweep", "take"]:
        if what == "sweep":
            sweep(world, at)
            waiting += [one for one in take(world) if isinstance(one, Errand) and one.channel == "follow_up"]
            random.shuffle(waiting)
        elif what == "die" and waiting:
            dying = mortal(world, Countdown(random.randint(1, 4), done=random.random() < 0.5))
            died(partial(follow_up, waiting[0], desk(dying), at))
        elif waiting:
            follow_up(waiting[0] if what == "again" else waiting.pop(), desk(world), at)
        at += timedelta(minutes=random.randint(0, 60))
    known = stored(world)
    assert sum(one.what == "follow_up_due" for one in known.log) == 1
    assert known.ended is None
