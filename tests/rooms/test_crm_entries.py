"""What a CRM is told of a conversation: what happened to the customer, and neither waiting nor thinking."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given

from health_monitor.act import conversation as act
from health_monitor.act import sending
from health_monitor.act.crm_entries import changed, crm_entries, crm_facts
from health_monitor.model.crm import CrmEntry, CrmFacts, NotLogged, is_ours
from health_monitor.model.outreach import Conversation, Response, Wording
from health_monitor.model.usage import Drop, Resolution
from tests.builders import A_MOMENT, a_conversation, a_mail, an_alert
from tests.rooms.conversations import conversations

CARLA = "carla@example.com"
WEEK = timedelta(days=7)
LINK = "Health Monitor: health-monitor why acme"


def later(**given: float) -> datetime:
    return A_MOMENT + timedelta(**given)


def entries(conversation: Conversation) -> list[CrmEntry]:
    return crm_entries(conversation, LINK)


def kinds(conversation: Conversation) -> list[tuple[str, str]]:
    return [(one.kind, one.key.split("|")[1]) for one in entries(conversation)]


def queued() -> Conversation:
    return act.queue(a_conversation(), "check_in", A_MOMENT, later(hours=4), "everything allows it")


def sent(conversation: Conversation, step: Any = "check_in", at: datetime | None = None) -> Conversation:
    at = at or later(hours=4)
    handed = sending.start_sending(conversation, step, at)
    return sending.sent(handed, step, at + timedelta(seconds=2), "ses-1", WEEK)


def test_waiting_is_not_logged() -> None:
    waiting = act.wait(queued(), "check_in", A_MOMENT, later(hours=9), "outside_window", "it is night there")
    assert entries(act.hand_over(waiting, "check_in", A_MOMENT, "open_p1", "a P1 is open")) == []


def test_a_mail_that_went_out_is_an_email_with_its_final_text() -> None:
    conversation = act.edit(queued(), "check_in", A_MOMENT, CARLA, Wording(subject="Hello", text="Hi Charlie,\n"))
    (entry,) = entries(sent(conversation))
    assert (entry.kind, entry.subject, entry.contact_email) == ("email", "Hello", "charlie@acme.example")
    assert entry.text == "Hi Charlie,\n\nSent automatically as check-in after the usage alert of 2026-11-01."
    assert entry.at == later(hours=4, seconds=2)
    assert entry.owner_email == CARLA
    assert entry.body.endswith(f"{LINK}\n{entry.reference}")
    assert is_ours(entry.body)


def test_a_mail_that_a_person_sent_says_who() -> None:
    conversation = act.approve(a_conversation(), "check_in", A_MOMENT, CARLA)
    (entry,) = entries(sent(conversation))
    assert f"Sent by {CARLA} as check-in" in entry.text


def test_that_it_was_delivered_as_well_is_the_same_email() -> None:
    conversation = sent(queued())
    told = sending.settle(conversation, "check_in", later(hours=5), "delivered", "told by SES", WEEK)
    assert entries(told) == entries(conversation)


def test_a_mail_of_which_only_its_delivery_is_known_is_an_email() -> None:
    handed = sending.start_sending(queued(), "check_in", later(hours=4))
    unsure = sending.unknown(handed, "check_in", A_MOMENT, "no answer")
    assert entries(unsure) == []
    told = sending.settle(unsure, "check_in", later(hours=5), "delivered", "told by SES", WEEK)
    assert kinds(told) == [("email", "sent")]


def test_a_mail_that_came_back_and_was_sent_anew_is_two_mails_and_a_note() -> None:
    first = sending.settle(sent(queued()), "check_in", later(hours=5), "bounced", "no such mailbox", WEEK)
    again = act.approve(act.reopen(first, "check_in", later(hours=6), CARLA), "check_in", later(hours=7), CARLA)
    again = sent(again, at=later(hours=8))
    assert kinds(again) == [("email", "sent"), ("note", "bounced"), ("email", "sent")]
    bounced = entries(again)[1]
    assert bounced.text == (
        "The mail to charlie@acme.example could not be delivered: no such mailbox.\n"
        "It is about the usage alert of 2026-11-01."
    )


def test_a_complaint_and_that_the_customer_wants_no_mail_are_notes() -> None:
    told = sending.settle(sent(queued()), "check_in", later(hours=5), "complained", "told by SES", WEEK)
    ended = act.end(told, later(hours=5), "opted_out", "complained")
    assert [one.subject for one in entries(ended)[1:]] == ["Marked as spam", "Unsubscribed"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("reply", "The customer replied by mail."),
        ("meeting", "A meeting with the customer was booked."),
        ("ticket", "The customer opened a support request."),
        ("csm_contact", "The CSM logged a contact with the customer."),
    ],
)
def test_an_answer_is_a_note_and_its_end_is_not_another(kind: Any, said: str) -> None:
    response = Response(kind=kind, at=later(days=1), source="ses", source_key="m-1")
    answered = act.answer(sent(queued()), later(days=1), response)
    assert [one.text.split("\n")[0] for one in entries(answered)[1:]] == [said]


def test_what_the_csm_decided_is_a_note() -> None:
    snoozed = act.snooze(a_conversation(), A_MOMENT, CARLA, later(days=7))
    twice = act.snooze(act.wake(snoozed, later(days=7)), later(days=7), CARLA, later(days=14))
    dismissed = act.dismiss(twice, later(days=15), CARLA, "they are on holiday")
    assert [one.text.split("\n")[0] for one in entries(dismissed)] == [
        f"{CARLA} put the usage alert off until 2026-11-09.",
        f"{CARLA} put the usage alert off until 2026-11-16.",
        f"{CARLA} sees no risk: they are on holiday.",
    ]


def test_what_nobody_decided_is_health_monitors() -> None:
    snoozed = act.note(a_conversation(), A_MOMENT, "snoozed", "until", "until 2026-11-09")
    assert entries(snoozed)[0].text.startswith("Health Monitor put")


def test_nobody_answering_is_a_task_for_the_csm_and_an_outcome() -> None:
    followed = act.follow(sent(queued()), later(days=7), a_mail(step="follow_up", template="follow_up"))
    followed = act.queue(followed, "follow_up", later(days=7), later(days=7), "nobody answered")
    asked = act.ask_csm(sent(followed, "follow_up", later(days=7)), later(days=14), "no answer in 14 days")
    assert kinds(asked) == [("email", "sent"), ("email", "sent"), ("task", "task"), ("note", "no_response")]
    assert "as follow-up" in entries(asked)[1].text
    task = entries(asked)[2]
    assert task.due_on == date(2026, 11, 18)
    assert task.text.startswith('Written:\n2026-11-02: "A quick check-in"\n2026-11-09: "A quick check-in"\n')
    assert "Please call or write to Charlie yourself" in task.text


def test_a_task_is_due_on_a_working_day_even_if_nothing_was_sent() -> None:
    friday = later(days=4)
    (task, _) = entries(act.ask_csm(a_conversation(contact_name=None), friday, "no answer"))
    assert task.due_on == date(2026, 11, 9)
    assert task.text.startswith("Nothing was sent.\n")
    assert "write to charlie@acme.example yourself" in task.text


@pytest.mark.parametrize(("ending", "subject"), [("recovered", "Usage recovered"), ("churned", "Account left")])
def test_an_outcome_is_a_note(ending: Any, subject: str) -> None:
    conversation = act.end(sent(queued()), later(days=3), ending, "as the night found")
    assert entries(conversation)[-1].subject == subject


def test_a_conversation_with_nobody_says_the_customer() -> None:
    nobody = act.end(a_conversation(contact_email=None), A_MOMENT, "opted_out", "so they said")
    assert entries(nobody)[0].text.startswith("the customer wants no such mail")


@given(conversations())
def test_whatever_happened_each_key_is_there_once_and_the_same_again(conversation: Conversation) -> None:
    assume(conversation.follow_up or all(one.step != "follow_up" for one in conversation.log))
    found = crm_entries(conversation, LINK)
    assert len({one.key for one in found}) == len(found)
    assert crm_entries(conversation, LINK) == found
    for one in found:
        listed = NotLogged(vendor="hubspot", key=one.key, why="so", since=A_MOMENT)
        assert listed.conversation_id == conversation.conversation_id
        assert listed.account_id == conversation.account_id


def test_what_could_not_be_logged_is_told_in_a_few_words() -> None:
    keys = [one.key for one in entries(act.dismiss(sent(queued()), later(days=1), CARLA, "all is well"))]
    told = [NotLogged(vendor="hubspot", key=key, why="so", since=A_MOMENT).what for key in keys]
    assert told == ["sent, check_in", "dismissed"]


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ({}, "open_moderate"),
        ({"highest_usage_drop": Drop.SEVERE}, "open_severe"),
        ({"resolved_on": date(2026, 11, 9), "resolution": Resolution.NEW_NORMAL}, "new_normal"),
    ],
)
def test_the_facts_are_those_of_the_latest_alert(known: dict[str, Any], status: str) -> None:
    followed = act.follow(sent(queued()), later(days=7), a_mail(step="follow_up", template="follow_up"))
    facts = crm_facts(an_alert(**known), 4.2857, [followed, a_conversation()])
    assert facts == CrmFacts(
        account_id="acme", index=4.29, alert_status=status, last_outreach_at=later(hours=4, seconds=2)
    )


def test_without_a_verdict_or_a_mail_those_facts_are_unknown() -> None:
    assert crm_facts(an_alert(), None, []) == CrmFacts(account_id="acme", alert_status="open_moderate")


def test_only_what_differs_is_written() -> None:
    before = CrmFacts(account_id="acme", index=4.2, alert_status="open_moderate")
    assert changed(None, before) == before
    assert changed(before, before) is None
    assert changed(before, CrmFacts(account_id="acme", alert_status="open_moderate")) is None
    now = before.model_copy(update={"alert_status": "recovered"})
    assert changed(before, now) == CrmFacts(account_id="acme", alert_status="recovered")
