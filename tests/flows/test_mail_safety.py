"""What somebody might try, and what might happen at the worst moment: no mail too many, none to the wrong person."""

from functools import partial
from typing import Any

import pytest

from health_monitor.act import conversation as steps
from health_monitor.act import sending
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.conversing import change
from health_monitor.flows.go_live import back_to_drafts, go_live, stop
from health_monitor.flows.hear_mail_events import hear_mail_event
from health_monitor.flows.sweep_due import sweep_due
from health_monitor.flows.unsubscribe import answer_unsubscribe
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.outreach import Delivery, Flag, Response, Switch, Wording, action_id, tag_of
from tests.builders import a_contact, a_mail, an_account
from tests.flows.mails import (
    BUNDLE,
    CARLA,
    CHARLIE,
    EVENT_ACCOUNT,
    NAME,
    NOW,
    a_live_world,
    an_errand,
    an_exit,
    begin,
    delivered,
    desk,
    ears,
    event,
    stored,
)

TAG = tag_of(action_id(NAME, "c1", "check_in"))
MOVED = "charlie@new.example"
UNKNOWN = Delivery("unknown", why="no answer")
PERMANENT = {"bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []}}
REPLY = Response(kind="reply", at=NOW, source="mail", source_key="m1")


def during(world: MemoryWorld, what: Any, delivery: Delivery | None = None) -> None:
    """Something that happens while the provider has the mail."""
    mailer = world.mailer()
    send = mailer.send

    def sends(mail: Any) -> Delivery:
        mailer.send = send  # type: ignore[method-assign]
        what()
        return delivery or send(mail)

    mailer.send = sends  # type: ignore[method-assign]


def heard(world: MemoryWorld, kind: str, tag: str = TAG, **more: Any) -> str:
    return hear_mail_event(event(kind, tag, **more), EVENT_ACCOUNT, ears(world))


def reopened(world: MemoryWorld) -> None:
    """Nobody knows whether it was sent, and a person says that it was not."""
    world.mailer().outcomes.append(UNKNOWN)
    delivered(world)
    change(world.conversations, NAME, partial(steps.reopen, step="check_in", at=NOW, by=CARLA))


def moved(world: MemoryWorld) -> None:
    world.accounts.save_contacts([a_contact(email=MOVED)])


def followed_up(world: MemoryWorld) -> None:
    """The follow-up goes out, a week later."""
    world.clock.push(days=7)
    now = world.clock.now()
    change(world.conversations, NAME, partial(steps.follow, at=now, mail=a_mail(step="follow_up")))
    change(world.conversations, NAME, partial(steps.approve, step="follow_up", at=now, by=CARLA))
    assert delivered(world, an_errand(step="follow_up")) == "sent"


@pytest.mark.parametrize("turn", [partial(go_live, None), partial(back_to_drafts)])
def test_whoever_turns_the_switch_never_undoes_a_stop_that_came_meanwhile(turn: Any) -> None:
    world = a_live_world()
    switch, get = world.outreach_switch, world.outreach_switch.get

    def stopped_after_the_last_look() -> Switch:
        known = get()
        switch.get = get  # type: ignore[method-assign]
        stop("boss@example.com", True, switch, NOW)
        return known

    def look_again() -> Switch:
        switch.get = stopped_after_the_last_look  # type: ignore[method-assign]
        return get()

    going = turn.func is go_live
    switch.get = look_again if going else stopped_after_the_last_look  # type: ignore[method-assign]
    given = (desk(world).sources, world.outbox, NOW) if going else (switch, NOW)
    turn(CARLA, *given)
    assert switch.get().stopped


def test_who_cannot_turn_the_switch_because_of_others_says_so() -> None:
    world = a_live_world()
    world.outreach_switch.put = lambda *_: False  # type: ignore[method-assign]
    with pytest.raises(TryAgain, match="turning the switch"):
        stop(CARLA, True, world.outreach_switch, NOW)


@pytest.mark.parametrize("forged", [TAG, "mail-1", f"tag:{TAG}", f"mail:{'m' * 26}", "x" * 5_000, ""])
def test_only_the_secret_token_unsubscribes(forged: str) -> None:
    world = a_live_world()
    delivered(world)
    answer_unsubscribe("POST", forged, NOW, an_exit(world))
    assert (world.suppressions.find(CHARLIE), stored(world).ended) == (None, None)


def test_what_may_have_been_sent_keeps_its_places() -> None:
    world = a_live_world()
    reopened(world)
    delivered(world)  # the queue hands its message out again
    second = begin(world, opened_on=NOW.date())
    assert delivered(world, an_errand(second.conversation_id)) == "not_sent: cap_contact"


def test_a_contact_with_a_new_address_has_had_their_mail() -> None:
    world = a_live_world()
    delivered(world)
    second = begin(world, opened_on=NOW.date())
    moved(world)
    assert delivered(world, an_errand(second.conversation_id)) == "not_sent: cap_contact"


def test_a_person_at_two_accounts_gets_one() -> None:
    world = a_live_world()
    second = begin(world, "beta")
    assert delivered(world) == "sent"
    assert delivered(world, an_errand(second.conversation_id)) == "not_sent: cap_contact"


@pytest.mark.parametrize("outcome", [Delivery("busy", why="b"), Delivery("refused", why="r")])
def test_an_answer_during_sending_leaves_nothing_waiting_when_the_provider_did_not_take_it(outcome: Delivery) -> None:
    world = a_live_world()
    during(world, lambda: change(world.conversations, NAME, partial(steps.answer, at=NOW, response=REPLY)), outcome)
    delivered(world)
    known = stored(world)
    assert (known.check_in.status, known.ended, known.next_at) == ("cancelled", "answered", None)
    assert known.log[-1].code == "answered"
    assert sweep_due(NOW, world.conversations, world.outbox)["mails"] == 0


def test_a_drop_that_becomes_severe_during_sending_is_not_tried_again_by_itself() -> None:
    world = a_live_world()
    worse = partial(steps.escalate, at=NOW, reasons=["severe"], tell=["slack"], high_priority=False)
    during(world, lambda: change(world.conversations, NAME, worse), Delivery("busy", why="b"))
    assert delivered(world) == "busy"
    world.clock.push(seconds=400)
    assert delivered(world) == "not_sent: severe"


def test_another_recipient_chosen_while_it_is_judged_is_judged_too() -> None:
    world = a_live_world()
    dana = a_contact("c2", email="dana@acme.example")
    world.accounts.save_contacts([dana])
    take = world.quotas.take

    def chosen_meanwhile(*given: Any) -> bool:
        world.quotas.take = take  # type: ignore[method-assign]
        change(world.conversations, NAME, partial(steps.address, at=NOW, by=CARLA, contact=dana))
        return take(*given)

    world.quotas.take = chosen_meanwhile  # type: ignore[method-assign]
    assert delivered(world).startswith("TryAgain")
    assert delivered(world) == "sent"
    (mail,) = world.mailer().sent
    assert (mail.to, stored(world).contact_email) == ("dana@acme.example", "dana@acme.example")


def test_what_may_have_gone_to_one_person_is_not_sent_to_another() -> None:
    world = a_live_world()
    reopened(world)
    dana = a_contact("c2", email="dana@acme.example")
    with pytest.raises(AlreadyDone, match="may have been sent to the person"):
        change(world.conversations, NAME, partial(steps.address, at=NOW, by=CARLA, contact=dana))


def test_the_providers_word_counts_also_when_a_person_has_given_it_up() -> None:
    world = a_live_world()
    reopened(world)
    gone = partial(steps.cancel, step="check_in", at=NOW, by=CARLA, code="by_person", because="no")
    change(world.conversations, NAME, gone)
    assert heard(world, "Delivery") == "delivered"
    assert stored(world).check_in.status == "delivered"


def test_news_of_a_mail_is_about_the_address_that_it_went_to() -> None:
    world = a_live_world()
    delivered(world)
    moved(world)
    followed_up(world)
    assert [mail.to for mail in world.mailer().sent] == [CHARLIE, MOVED]
    heard(world, "Bounce", **PERMANENT)
    assert (world.suppressions.find(CHARLIE) is None, world.suppressions.find(MOVED)) == (False, None)


@pytest.mark.parametrize("step", ["check_in", "follow_up"])
def test_who_complains_or_unsubscribes_gets_nothing_at_either_address(step: Any) -> None:
    for by_link in (True, False):
        world = a_live_world()
        delivered(world)
        token = world.mailer().sent[0].unsubscribe_url.rpartition("/")[2]
        moved(world)
        followed_up(world)
        if by_link:
            answer_unsubscribe("POST", token, NOW, an_exit(world))
            assert None not in {world.suppressions.find(CHARLIE), world.suppressions.find(MOVED)}
        else:
            heard(world, "Complaint", tag_of(action_id(NAME, "c1", step)))
            assert world.suppressions.find(CHARLIE if step == "check_in" else MOVED)
        assert stored(world).ended == "opted_out"


@pytest.mark.parametrize("role", ["Executive Sponsor", "EXECUTIVE-SPONSOR", "executive_sponsor"])
def test_who_became_the_executive_sponsor_during_the_hold_gets_nothing(role: str) -> None:
    world = a_live_world()
    world.accounts.save_contacts([a_contact(email=CHARLIE, role=role)])
    assert delivered(world) == "not_sent: no_recipient"


@pytest.mark.parametrize(
    "became", [{"tier": "enterprise"}, {"arr": 10_000_000}, {"child_accounts": 2}, {"sentiment": "Unhappy"}]
)
def test_an_account_that_became_one_for_a_person_during_the_hold_gets_no_automatic_mail(became: Any) -> None:
    world = a_live_world()
    world.accounts.save([an_account(**became)])
    tiers = BUNDLE.high_value.model_copy(update={"tiers": ("enterprise",), "arr_at_least": 50_000})
    assert delivered(world, bundle=BUNDLE.model_copy(update={"high_value": tiers})) == "not_sent: complex_now"


@pytest.mark.parametrize("wording", [Wording(subject="Hello", text=" \n"), Wording(subject="\u2028", text="Hi")])
def test_a_mail_that_says_nothing_is_not_sent_whoever_emptied_it(wording: Wording) -> None:
    world = a_live_world()
    change(world.conversations, NAME, partial(steps.approve, step="check_in", at=NOW, by=CARLA, wording=wording))
    assert delivered(world) == "not_sent: missing_field"


def test_a_mail_sent_again_after_a_bounce_counts_from_then_and_is_followed_up_once() -> None:
    world = a_live_world()
    delivered(world)
    followed_up(world)
    heard(world, "Bounce", bounce={"bounceType": "Transient"})
    change(world.conversations, NAME, partial(steps.reopen, step="check_in", at=NOW, by=CARLA))
    now = world.clock.now()
    change(world.conversations, NAME, partial(steps.approve, step="check_in", at=now, by=CARLA))
    assert delivered(world) == "sent"
    known = stored(world)
    assert (known.check_in.sent_at, known.check_in.receipt, known.follow_up_at) == (now, "mail-3", None)
    assert known.task_at


def test_a_mail_of_which_nobody_knew_was_sent_when_it_was_handed_over() -> None:
    world = a_live_world()
    world.mailer().outcomes.append(UNKNOWN)
    delivered(world)
    world.clock.push(days=3)
    settled = partial(sending.settle, step="check_in", at=world.clock.now(), status="sent", because="a person says so",
                      follow_up=world.clock.now() - NOW, by=CARLA)  # fmt: skip
    assert change(world.conversations, NAME, settled).check_in.sent_at == NOW


def test_a_flag_that_is_set_while_it_waits_stops_it() -> None:
    world = a_live_world()
    world.flags.put("acme", Flag(kind="playbook", because="renewal play", by=CARLA, at=NOW))
    assert delivered(world) == "not_sent: complex_now"
