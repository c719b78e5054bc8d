"""One customer mail, at most once: whatever stops it is on record, and whatever dies never makes it two."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.act import conversation as steps
from health_monitor.act import sending
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.conversing import change
from health_monitor.flows.hear_mail_events import hear_mail_event
from health_monitor.flows.send_outreach import BUSY_FOR, send_outreach
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.outreach import Delivery, Flag, Suppression, Switch, action_id, tag_of
from tests.builders import a_contact, a_conversation, a_mail, an_account
from tests.flows.crashes import WRITES, Countdown, MortalPort, died
from tests.flows.mails import (
    BUNDLE,
    CARLA,
    CHARLIE,
    EVENT_ACCOUNT,
    HELD_OUT,
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

TAG = tag_of(action_id(NAME, "c1", "check_in"))


def test_a_csm_who_is_not_in_the_teams_file_sends_under_the_name_that_signs() -> None:
    ines = "ines.castillo@example.com"
    world = a_live_world(csm_email=ines)
    world.accounts.save([an_account(csm_email=ines)])
    assert delivered(world) == "sent"
    (mail,) = world.mailer().sent
    assert (mail.mail_from, mail.from_name) == (ines, "Ines Castillo")


def test_a_due_mail_goes_out_from_the_csm_and_everybody_hears_of_it() -> None:
    world = a_live_world()
    assert delivered(world) == "sent"
    (mail,) = world.mailer().sent
    assert (mail.mail_from, mail.from_name, mail.to) == (CARLA, "Carla C", CHARLIE)
    known = stored(world)
    assert (known.check_in.status, known.check_in.receipt) == ("sent", "mail-1")
    assert known.follow_up_at == NOW + timedelta(days=7)
    assert [one.channel for one in world.outbox.take()] == ["slack", "crm"]
    keys = (f"tag:{TAG}", "mail:mail-1", f"token:{mail.unsubscribe_url.rpartition('/')[2]}")
    assert {world.threads.find(key) for key in keys} == {NAME}


def test_a_message_that_comes_again_sends_nothing_and_tells_again() -> None:
    world = a_live_world()
    delivered(world)
    world.outbox.take()
    with pytest.raises(AlreadyDone, match="it is sent"):
        send_outreach(an_errand(), desk(world), NOW)
    assert len(world.mailer().sent) == 1
    assert len(world.outbox.take()) == 2


def test_what_is_not_there_or_not_due_is_left_alone() -> None:
    world = a_live_world()
    for errand in (an_errand("gone/usage_drop/2026-11-01"), an_errand(step="follow_up")):
        assert delivered(world, errand).startswith("AlreadyDone")
    early = an_errand(as_of=NOW - timedelta(days=3))
    assert delivered(world, early).startswith("not due before 2026-11-02")
    assert world.mailer().sent == []


def test_before_go_live_it_becomes_a_draft_that_a_person_can_send() -> None:
    world = a_live_world()
    world.outreach_switch.put(Switch())
    assert delivered(world) == "not_sent: not_live"
    assert (stored(world).check_in.status, world.mailer().sent) == ("draft", [])
    change(world.conversations, NAME, partial(steps.approve, step="check_in", at=NOW, by=CARLA))
    assert delivered(world) == "sent"


def test_a_pilots_accounts_get_mail_and_others_do_not() -> None:
    world = a_live_world()
    begin(world, "beta")
    world.blobs.put("config/pilot-1.csv", b"account_id\nacme\n")
    world.outreach_switch.put(Switch(mode="pilot", pilot="config/pilot-1.csv"))
    assert delivered(world) == "sent"
    assert delivered(world, an_errand("beta/usage_drop/2026-11-01")) == "not_sent: not_in_pilot"


def test_what_waits_is_not_a_draft_and_goes_later() -> None:
    world = a_live_world()
    night = an_errand(as_of=NOW + timedelta(hours=12))
    assert delivered(world, night) == "waits: outside_window"
    known = stored(world)
    assert (known.check_in.status, known.next_at) == ("queued", NOW + timedelta(hours=23))
    assert delivered(world, an_errand(as_of=known.next_at)) == "sent"


def test_an_account_that_left_ends_the_conversation() -> None:
    world = a_live_world()
    world.accounts.save([an_account(churn_date=NOW.date())])
    assert delivered(world) == "ended: churned"
    assert (stored(world).ended, stored(world).check_in.status) == ("churned", "cancelled")


def test_a_suppressed_contact_gets_nothing_not_even_from_a_person() -> None:
    world = a_live_world()
    world.suppressions.add(CHARLIE.upper(), Suppression(reason="unsubscribed", at=NOW, source="link"))
    assert delivered(world) == "not_sent: unsubscribed"
    change(world.conversations, NAME, partial(steps.approve, step="check_in", at=NOW, by=CARLA))
    assert delivered(world) == "not_sent: unsubscribed"
    other = a_live_world()
    other.mailer().suppressed.add(CHARLIE)
    assert delivered(other) == "not_sent: provider_suppressed"
    assert world.mailer().sent == other.mailer().sent == []


def test_the_provider_is_not_asked_about_what_is_no_address() -> None:
    world = a_live_world()
    world.accounts.save_contacts([a_contact(email="not an address")])
    world.mailer().is_suppressed = pytest.fail  # type: ignore[method-assign]
    assert delivered(world) == "not_sent: no_address"


def test_one_contact_gets_one_automatic_mail_in_a_fortnight_but_a_person_may_write() -> None:
    world = a_live_world()
    second = begin(world, opened_on=NOW.date())
    assert delivered(world) == "sent"
    world.clock.push(days=13)
    assert delivered(world, an_errand(second.conversation_id)) == "not_sent: cap_contact"
    change(world.conversations, second.conversation_id,
           partial(steps.approve, step="check_in", at=world.clock.now(), by=CARLA))  # fmt: skip
    assert delivered(world, an_errand(second.conversation_id)) == "sent"


def test_an_account_gets_two_automatic_mails_in_thirty_days() -> None:
    world = a_live_world()
    done = [delivered(world)]
    for days in (15, 14):
        world.clock.push(days=days)
        begun = begin(world, opened_on=world.clock.now().date())
        done.append(delivered(world, an_errand(begun.conversation_id)))
    assert done == ["sent", "sent", "not_sent: cap_account"]
    world.clock.push(days=4)
    begun = begin(world, opened_on=world.clock.now().date())
    assert delivered(world, an_errand(begun.conversation_id)) == "sent", "what was not sent took no place"


def test_a_follow_up_belongs_to_its_conversation_and_asks_for_no_place() -> None:
    world = a_live_world()
    delivered(world)
    world.clock.push(days=7)
    now = world.clock.now()
    change(world.conversations, NAME, partial(steps.follow, at=now, mail=a_mail(step="follow_up")))
    change(world.conversations, NAME, partial(steps.queue, step="follow_up", at=now, due_at=now, because="no answer"))
    world.clock.push(seconds=5 * 3600)
    assert delivered(world, an_errand(step="follow_up")) == "sent"
    assert world.mailer().sent[1].in_reply_to == "mail-1"
    assert stored(world).task_at == world.clock.now() + timedelta(days=7)


def test_a_held_out_account_is_withheld_after_everything_else_passed_and_counts_like_others() -> None:
    world = a_live_world()
    out = next(name for name in ("acme", "beta", "gamma", "delta") if _withheld(name))
    world = a_live_world(out)
    name = f"{out}/usage_drop/2026-11-01"
    assert delivered(world, an_errand(name), HELD_OUT) == "withheld"
    assert (stored(world, name).check_in.status, world.mailer().sent) == ("withheld", [])
    assert not world.quotas.take(f"account:{out}", "another", NOW, 1, timedelta(days=30))


def _withheld(account_id: str) -> bool:
    world = a_live_world(account_id)
    return delivered(world, an_errand(f"{account_id}/usage_drop/2026-11-01"), HELD_OUT) == "withheld"


def test_a_busy_provider_is_asked_again_later() -> None:
    world = a_live_world()
    world.mailer().outcomes.append(Delivery("busy", why="throttled"))
    assert delivered(world) == "busy"
    assert stored(world).next_at == NOW + BUSY_FOR
    world.clock.push(seconds=BUSY_FOR.total_seconds())
    assert delivered(world) == "sent"


def test_a_refusal_makes_a_draft_and_gives_the_places_back() -> None:
    world = a_live_world()
    world.mailer().outcomes.append(Delivery("refused", why="verify the address"))
    assert delivered(world) == "refused"
    assert (stored(world).check_in.status, stored(world).log[-1].because) == ("draft", "verify the address")
    assert world.quotas.take("account:acme", "another", NOW, 1, timedelta(days=30))


def test_nobody_knows_whether_it_was_sent_so_the_csm_is_asked_and_it_is_never_sent_by_itself() -> None:
    world = a_live_world()
    world.mailer().outcomes.append(Delivery("unknown", why="no answer"))
    assert delivered(world) == "unknown"
    waiting = world.outbox.take()
    assert [one.channel for one in waiting] == ["email", "slack", "crm"]
    assert waiting[0].to == CARLA
    assert "may have been sent" in waiting[0].text
    world.clock.push(days=30)
    assert delivered(world).startswith("AlreadyDone")
    hear_mail_event(event("Delivery", TAG), EVENT_ACCOUNT, ears(world))
    assert stored(world).check_in.status == "delivered"
    assert len(world.mailer().sent) == 1


def test_the_providers_event_may_come_before_our_own_note() -> None:
    world = a_live_world()
    mailer = world.mailer()
    send = mailer.send

    def heard_meanwhile(mail: Any) -> Delivery:
        answer = send(mail)
        hear_mail_event(event("Delivery", TAG), EVENT_ACCOUNT, ears(world))
        return answer

    mailer.send = heard_meanwhile  # type: ignore[method-assign]
    assert delivered(world) == "AlreadyDone: it was delivered"
    assert (stored(world).check_in.status, stored(world).check_in.receipt) == ("delivered", "010201-ses")
    assert world.threads.find("mail:mail-1") == NAME


def test_a_click_that_comes_while_it_is_judged_is_not_lost() -> None:
    world = a_live_world()
    world.flags.put("acme", Flag(kind="no_outreach", because="asked", by=CARLA, at=NOW))
    read = world.dossiers.read

    def pressed_meanwhile(account_ids: Sequence[str], *, consistent: bool = False) -> Any:
        change(world.conversations, NAME, partial(steps.approve, step="check_in", at=NOW, by=CARLA))
        world.dossiers.read = read  # type: ignore[method-assign]
        return read(account_ids, consistent=consistent)

    world.dossiers.read = pressed_meanwhile  # type: ignore[method-assign]
    with pytest.raises(TryAgain, match="somebody acted"):
        send_outreach(an_errand(), desk(world), NOW)
    assert delivered(world) == "sent"


def test_an_edit_while_it_is_judged_is_what_goes_out_and_a_cancel_stops_it() -> None:
    for last, told in (
        ("edit", "sent"),
        ("cancel", "AlreadyDone: it was cancelled"),
        ("draft", "AlreadyDone: it is a draft again"),
    ):
        world = a_live_world()
        take = world.quotas.take

        def meanwhile(*given: Any, last: str = last, world: MemoryWorld = world, take: Any = take) -> bool:
            fn = {
                "edit": partial(steps.edit, step="check_in", at=NOW, by=CARLA, wording=OTHER),
                "cancel": partial(steps.cancel, step="check_in", at=NOW, by=CARLA, code="cancelled", because="no"),
                "draft": partial(steps.hand_over, step="check_in", at=NOW, code="severe", because="worse"),
            }[last]
            change(world.conversations, NAME, fn)
            return bool(take(*given))

        world.quotas.take = meanwhile  # type: ignore[method-assign]
        assert delivered(world) == told
        assert [mail.subject for mail in world.mailer().sent] == (["Other"] if last == "edit" else [])


OTHER = a_mail().suggested.model_copy(update={"subject": "Other"})
MAIL = ("send",)
PORTS = ("conversations", "threads", "outbox")
OUTCOMES: tuple[Delivery | None, ...] = (
    None, Delivery("busy", why="b"), Delivery("refused", why="r"), Delivery("unknown", why="u"),
)  # fmt: skip


def mortal_desk(world: MemoryWorld, countdown: Countdown) -> MemoryWorld:
    """The same world for a process that dies at a write, or at the call to the provider."""
    ports: dict[str, Any] = {name: MortalPort(getattr(world, name), WRITES[name], countdown) for name in PORTS}
    ports["quotas"] = MortalPort(world.quotas, ("take", "release"), countdown)
    mailer = MortalPort(world.mailer(), MAIL, countdown)
    return like(world, mailer=lambda: mailer, **ports)


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("done", [False, True])
def test_wherever_it_dies_and_however_often_it_comes_again_there_is_one_mail(
    outcome: Delivery | None, done: bool
) -> None:
    for at in range(1, 40):
        world = a_live_world()
        world.mailer().outcomes += [outcome] if outcome else []
        countdown = Countdown(at, done=done)
        dead = died(lambda world=world, countdown=countdown: delivered(mortal_desk(world, countdown)))
        before = len(world.mailer().sent)
        for _ in range(3):
            world.clock.push(seconds=400)
            delivered(world)
            lapse(world)
        known = stored(world)
        assert len(world.mailer().sent) <= 1
        assert before == 0 or known.check_in.status in ("sent", "uncertain")
        assert known.check_in.status in ("sent", "uncertain", "draft")
        refused = outcome is not None and outcome.outcome == "refused"
        assert known.check_in.status != "draft" or (refused and not world.mailer().sent)
        if not dead:
            return
    raise AssertionError("it never came to its end")


def lapse(world: MemoryWorld) -> None:
    """As the sweep does: who has been on the way too long is uncertain."""
    known = stored(world)
    until = known.check_in.sending_until
    if until and until <= world.clock.now():
        change(world.conversations, NAME,
               partial(sending.unknown, step="check_in", at=world.clock.now(), because="no word"))  # fmt: skip


ACTIONS = ("errand", "follow_up errand", "approve", "cancel", "edit", "answer", "delivery", "bounce", "lapse", "wait")


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 14), st.booleans(), st.sampled_from(OUTCOMES))))
def test_no_order_of_deliveries_crashes_clicks_and_events_sends_a_mail_twice(story: list[Any]) -> None:
    world = a_live_world()
    for action, die_at, done, outcome in story:
        world.clock.push(seconds=700)
        world.mailer().outcomes = [outcome] if outcome else []
        died(
            lambda action=action, die_at=die_at, done=done: act(
                action, mortal_desk(world, Countdown(die_at, done=done))
            )
        )
    assert len([mail for mail in world.mailer().sent if mail.action_id.endswith("check_in")]) <= 1
    known = stored(world)
    if world.mailer().sent:
        assert known.check_in.status in ("sending", "sent", "uncertain", "delivered", "bounced")


def act(action: str, world: MemoryWorld) -> None:
    now, by = world.clock.now(), CARLA
    transitions: dict[str, Any] = {
        "approve": partial(steps.approve, step="check_in", at=now, by=by),
        "cancel": partial(steps.cancel, step="check_in", at=now, by=by, code="cancelled", because="no"),
        "edit": partial(steps.edit, step="check_in", at=now, by=by, wording=OTHER),
    }
    try:
        if action in transitions:
            change(world.conversations, NAME, transitions[action])
        elif action == "lapse":
            lapse(world)
        elif action in ("delivery", "bounce"):
            hear_mail_event(event(action.capitalize(), TAG), EVENT_ACCOUNT, ears(world))
        elif action.endswith("errand"):
            send_outreach(an_errand(step="check_in" if action == "errand" else "follow_up"), desk(world), now)
    except (AlreadyDone, TryAgain):
        pass


def test_a_change_gives_up_when_too_many_change_it_at_once_and_an_erased_one_is_done() -> None:
    world = a_live_world()
    versions: list[int] = []

    def replace(conversation: Any, version: int) -> bool:
        versions.append(version)
        return False

    world.conversations.replace = replace  # type: ignore[method-assign]
    with pytest.raises(TryAgain, match="too many"):
        change(world.conversations, NAME, partial(steps.approve, step="check_in", at=NOW, by=CARLA))
    assert len(versions) == 10
    with pytest.raises(AlreadyDone, match="erased"):
        change(world.conversations, "gone/usage_drop/2026-11-01", lambda one: one)


def test_each_change_is_one_version_and_no_change_is_none() -> None:
    world = a_live_world()
    assert stored(world).version == 1
    edit = partial(steps.edit, step="check_in", at=NOW, by=CARLA, wording=OTHER)
    assert change(world.conversations, NAME, edit).version == 2
    assert change(world.conversations, NAME, edit).version == 2
    assert a_conversation().version == 1
    assert BUNDLE.routing.caps.contact_days == 14
