"""What each button does, and what it says when the card is older than the conversation."""

from datetime import timedelta
from typing import Any

import pytest

from health_monitor.act.cards import newer
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.conversing import change
from health_monitor.flows.deliver import show
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.outreach import Conversation, Entry, Suppression, Switch
from tests.builders import A_MOMENT, a_conversation, a_mail
from tests.flows.slack_room import (
    CHANNEL,
    ID,
    OTTO,
    counter,
    errands,
    furnished,
    last_view,
    press,
    slack_of,
    stored,
    submit,
)

DUE = A_MOMENT + timedelta(hours=4)


def said_by(what: Any, step: Any = None) -> Entry:
    return Entry(at=A_MOMENT, step=step, what=what, code=what, because="x", by="mona@example.com")


def a_world(**known: Any) -> MemoryWorld:
    return furnished(memory_world(A_MOMENT), a_conversation(**known))


def test_send_sends_the_draft_as_it_stands() -> None:
    world = a_world()
    press(world, "send")
    assert stored(world).check_in.status == "approved"
    assert errands(world) == [f"{ID}/outreach/check_in/2", f"{ID}/card/2", f"{ID}/crm/2"]


def test_send_now_does_not_wait_for_the_hour() -> None:
    world = a_world(check_in=a_mail(status="queued", due_at=DUE))
    press(world, "send")
    assert (stored(world).check_in.status, stored(world).check_in.due_at) == ("approved", A_MOMENT)


@pytest.mark.parametrize(("choice", "days"), [("1", 1), ("3", 3), ("7", 7), ("14", 14)])
def test_snooze_waits_so_many_days(choice: str, days: int) -> None:
    world = a_world()
    press(world, "snooze", choice=choice)
    assert stored(world).snoozed_until == A_MOMENT + timedelta(days=days)
    assert errands(world) == [f"{ID}/card/2", f"{ID}/crm/2"]


def test_a_time_that_was_not_offered_is_refused() -> None:
    world = a_world()
    assert press(world, "snooze", choice="9999").status == 400
    assert stored(world).version == 1


def test_not_a_risk_ends_it() -> None:
    world = a_world()
    press(world, "not_a_risk")
    assert (stored(world).ended, stored(world).check_in.status) == ("dismissed", "cancelled")


def test_cancel_stops_what_would_go_out_by_itself() -> None:
    world = a_world(check_in=a_mail(status="queued", due_at=DUE))
    press(world, "cancel")
    assert stored(world).check_in.status == "cancelled"
    assert stored(world).log[-1].by == "carla@example.com"


@pytest.mark.parametrize(("step", "next_at"), [("check_in", "follow_up_at"), ("follow_up", "task_at")])
def test_it_was_sent_settles_an_uncertain_mail_and_the_follow_up_begins_to_count(step: str, next_at: str) -> None:
    mails = {step: a_mail(step=step, status="uncertain")}
    world = a_world(**({"check_in": a_mail(status="sent")} | mails))
    press(world, "was_sent", step=step)
    assert stored(world).current.status == "sent"
    assert getattr(stored(world), next_at) == A_MOMENT + timedelta(days=7)


def test_it_was_sent_says_nothing_new_about_a_mail_that_is_settled() -> None:
    world = a_world(check_in=a_mail(status="delivered"))
    press(world, "was_sent")
    assert "Already sent by itself; nothing was done." in last_view(world)


@pytest.mark.parametrize("status", ["uncertain", "bounced"])
def test_send_again_makes_it_a_draft_that_a_person_sends(status: str) -> None:
    world = a_world(check_in=a_mail(status=status))
    press(world, "send_again")
    assert stored(world).check_in.status == "draft"
    assert not [one for one in errands(world) if "outreach" in one]


def test_edit_of_a_mail_that_goes_out_by_itself_keeps_its_hour() -> None:
    world = a_world(check_in=a_mail(status="queued", due_at=DUE))
    press(world, "edit")
    assert '"save' in last_view(world).replace('\\"', '"')
    submit(world, m="save")
    mail = stored(world).check_in
    assert (mail.status, mail.due_at, mail.final.subject) == ("queued", DUE, "A word")
    assert not [one for one in errands(world) if "outreach" in one]


@pytest.mark.parametrize("action", ["send", "edit"])
@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"ended": "recovered"}, "This is over: recovered; nothing was done."),
        (
            {"check_in": a_mail(status="sent", approved_by="mona@example.com", sent_at=A_MOMENT)},
            "Already sent by mona@example.com, <!date^",
        ),
        ({"check_in": a_mail(status="sent"), "follow_up": a_mail(step="follow_up")}, "Already sent by itself; nothing"),
        ({"check_in": a_mail(status="cancelled")}, "Nothing was done: it was cancelled."),
        ({"check_in": a_mail(status="sending")}, "Nothing was done: it is being sent."),
        (
            {"check_in": a_mail(status="cancelled"), "log": (said_by("cancelled", "check_in"),)},
            "Already cancelled by mona@example.com, <!date^",
        ),
        (
            {"ended": "dismissed", "log": (said_by("dismissed"), said_by("ended"))},
            "Not a risk, says mona@example.com already, <!date^",
        ),
    ],
)
def test_an_expired_card_says_so_and_catches_up(action: str, known: dict[str, Any], said: str) -> None:
    world = a_world(**known)
    press(world, action)
    assert "othing was done" in last_view(world)
    assert said in last_view(world)
    assert errands(world) == [f"{ID}/card/1", f"{ID}/crm/1"]
    assert stored(world).version == 1


@pytest.mark.parametrize("action", ["send", "edit", "not_a_risk"])
@pytest.mark.parametrize("posted", [True, False])
def test_a_click_on_a_card_that_a_newer_one_follows_does_nothing_and_the_card_says_so(
    action: str, posted: bool
) -> None:
    world = a_world()
    show(ID, counter(world))
    change(world.conversations, ID, lambda one: one.model_copy(update={"card": None}))
    if posted:
        show(ID, counter(world))
    press(world, action, OTTO)
    assert "There is a newer card" not in last_view(world), "who may not act learns nothing"
    before = stored(world)
    press(world, action)
    assert "There is a newer card about this account. Nothing was done." in last_view(world)
    assert stored(world) == before
    assert slack_of(world).cards[CHANNEL, "1.000000"] == newer()
    if posted and action != "edit":
        press(world, action, ts="2.000000")
        assert stored(world) != before, "the newer one works"


def test_a_submission_that_comes_too_late_says_by_whom_it_was_sent_and_when() -> None:
    world = a_world(check_in=a_mail(status="delivered", approved_by="mona@example.com", sent_at=A_MOMENT))
    answer = submit(world)
    assert answer.body["response_action"] == "update"
    assert "by mona@example.com, <!date^" in str(answer.body["view"])
    assert "|Mon 2 Nov, 07:00 (Europe/Berlin)>" in str(answer.body["view"])


@pytest.mark.parametrize("by", ["button", "modal"])
@pytest.mark.parametrize("reason", ["unsubscribed", "bounced", "complained"])
def test_who_wants_no_mail_gets_none(by: str, reason: Any) -> None:
    world = a_world()
    suppression = Suppression(reason=reason, at=A_MOMENT, source="ses")
    world.suppressions.add("charlie@acme.example", suppression)
    told = sent_by(world, by)
    assert "on 2026-11-02: nothing is sent to this address." in told
    assert stored(world).version == 1


@pytest.mark.parametrize("by", ["button", "modal"])
def test_while_all_customer_mail_is_stopped_nobody_can_send(by: str) -> None:
    world = a_world()
    world.outreach_switch.put(Switch(mode="live", stopped=True))
    assert "All customer mail is stopped" in sent_by(world, by)
    assert stored(world).version == 1


@pytest.mark.parametrize("by", ["button", "modal"])
def test_without_a_recipient_nothing_can_be_sent(by: str) -> None:
    world = a_world(contact_id=None, contact_name=None, contact_email=None)
    assert "There is nobody to write to" in sent_by(world, by)
    submit(world, to="c2")
    assert stored(world).check_in.status == "approved"


def test_a_draft_that_lacks_something_is_not_sent_before_somebody_wrote_it() -> None:
    mail = a_mail(lacks=("last_feature",))
    world = a_world(check_in=mail)
    assert "The draft lacks last_feature" in sent_by(world, "button")
    unchanged = submit(world, mail.suggested.text, mail.suggested.subject)
    assert unchanged.body["errors"] == {"text": "The draft lacks last_feature: write it so that it reads well without."}
    left_open = submit(world, "Hi Charlie, you used [last feature]. A word?")
    assert left_open.body["errors"] == unchanged.body["errors"]
    submit(world)
    assert stored(world).check_in.status == "approved"


@pytest.mark.parametrize("text", ["Hi ,\n\na word?", "Dear  ,\n\na word?"])
def test_nobody_is_greeted_without_a_name(text: str) -> None:
    world = a_world()
    assert "greets nobody" in submit(world, text).body["errors"]["text"]
    assert stored(world).check_in.status == "draft"
    submit(world, "A word?\n\nCarla")
    assert stored(world).check_in.status == "approved"


def test_another_recipient_is_not_greeted_with_the_first_ones_name() -> None:
    world = a_world()
    assert "Charlie" in submit(world, "Hi Charlie,\n\na word?", to="c2").body["errors"]["text"]
    submit(world, "Hi Dana,\n\na word?", to="c2")
    assert (stored(world).contact_email, stored(world).check_in.status) == ("dana@acme.example", "approved")


def test_a_follow_up_stays_with_its_recipient() -> None:
    world = a_world(check_in=a_mail(status="sent"), follow_up=a_mail(step="follow_up"))
    press(world, "edit", step="follow_up")
    assert "dana@acme.example" not in last_view(world)
    submit(world, to="c1", s="follow_up")
    assert stored(world).current.status == "approved"


@pytest.mark.parametrize("action", ["send", "edit"])
def test_a_conversation_that_does_not_exist_says_so(action: str) -> None:
    world = a_world()
    press(world, action, name="nobody/usage_drop/2026-01-01")
    assert "This conversation is not here any more." in last_view(world)


@pytest.mark.parametrize("action", ["send", "edit", "cancel", "was_sent", "send_again", "submit"])
def test_a_mail_that_the_conversation_does_not_have_says_so(action: str) -> None:
    world = a_world()
    before = stored(world)
    answer = submit(world, s="follow_up") if action == "submit" else press(world, action, step="follow_up")
    assert answer.status == 200
    told = str(answer.body) if action == "submit" else last_view(world)
    assert "not here any more" in told
    assert stored(world) == before


@pytest.mark.parametrize("error", [TryAgain("DynamoDB: busy"), NeedsHuman("no such table")])
def test_a_modal_that_cannot_be_filled_says_so_instead_of_loading_for_ever(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world = a_world()

    def fails(_: str) -> Conversation:
        raise error

    monkeypatch.setattr(world.conversations, "get", fails)
    assert press(world, "edit").status == 503
    assert "Nothing was done" in last_view(world)
    assert "table" not in last_view(world)


def test_one_that_is_erased_while_somebody_decides_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()

    def erased(*_: Any) -> Conversation:
        world.conversations.remove("acme")  # type: ignore[attr-defined]
        return change(world.conversations, ID, lambda one: one)

    monkeypatch.setattr("health_monitor.flows.person_acts.change", erased)
    press(world, "not_a_risk")
    assert "this conversation was erased" in last_view(world)


def test_sending_ends_a_snooze() -> None:
    world = a_world()
    press(world, "snooze", choice="1")
    press(world, "send")
    assert stored(world).snoozed_until is None
    assert [entry.what for entry in stored(world).log] == ["snoozed", "approved"]


def sent_by(world: MemoryWorld, how: str) -> str:
    """What a person is told who tries to send it."""
    if how == "modal":
        return str(submit(world).body)
    press(world, "send")
    assert slack_of(world).calls.count("update_view") == 0
    return last_view(world)
