"""An account's new CSM takes over what is not sent yet, in their own name."""

import pytest

from health_monitor.act import conversation as steps
from health_monitor.act.reassign import reassign
from health_monitor.act.sending import start_sending
from health_monitor.model.outreach import Card, Conversation, Wording
from health_monitor.model.routing import Member, Team
from tests.builders import A_MOMENT, a_conversation, a_mail

CARLA, DANA = "carla@example.com", "dana@example.com"
TEAM = Team(members=(Member(email=CARLA, name="Carla Diaz"), Member(email=DANA, name="Dana Kim")))
TEXT = "Hi Charlie,\n\nCarla Diaz here.\n\nBest wishes,\nCarla Diaz"


def carlas(**known: object) -> Conversation:
    mail = a_mail(suggested=Wording(subject="Hello", text=TEXT))
    return a_conversation(**({"check_in": mail, "card": Card(channel="C1", ts="1.0")} | known))


def test_a_draft_becomes_the_new_csm_s_and_is_signed_by_them_on_a_new_card() -> None:
    moved = reassign(carlas(), A_MOMENT, DANA, TEAM)
    assert (moved.csm_email, moved.card, moved.log[-1].what) == (DANA, None, "reassigned")
    assert moved.check_in.final.text == "Hi Charlie,\n\nCarla Diaz here.\n\nBest wishes,\nDana Kim"
    assert reassign(moved, A_MOMENT, DANA.upper(), TEAM) is moved


def test_the_words_of_a_person_are_signed_anew_too() -> None:
    edited = steps.edit(carlas(), "check_in", A_MOMENT, CARLA, Wording(subject="Hello", text="Hi!\nCarla Diaz"))
    assert reassign(edited, A_MOMENT, DANA, TEAM).check_in.final.text == "Hi!\nDana Kim"


@pytest.mark.parametrize("text", ["Hi Charlie,\n\nsee you.", "Carla Diaz and I wrote you a rather long mail."])
def test_a_text_that_the_old_csm_did_not_sign_stays_as_it_is(text: str) -> None:
    known = carlas(check_in=a_mail(suggested=Wording(subject="Hello", text=text)))
    assert reassign(known, A_MOMENT, DANA, TEAM).check_in.final.text == text


def test_what_would_go_out_by_itself_waits_for_the_new_csm() -> None:
    queued = steps.queue(carlas(), "check_in", A_MOMENT, A_MOMENT, "a standard account")
    moved = reassign(queued, A_MOMENT, DANA, TEAM)
    assert (moved.check_in.status, [one.code for one in moved.log[-2:]]) == ("draft", ["csm_changed", "csm_changed"])


def test_without_names_nothing_is_signed_and_nobody_may_be_the_csm() -> None:
    for email in (None, "x@example.com"):
        moved = reassign(carlas(), A_MOMENT, email, TEAM)
        assert (moved.csm_email, moved.check_in.final.text) == (email, TEXT)


def test_what_is_over_or_being_sent_in_the_old_name_stays() -> None:
    ended = steps.end(carlas(), A_MOMENT, "recovered", "usage recovered")
    approved = steps.approve(carlas(), "check_in", A_MOMENT, CARLA)
    for known in (ended, approved, start_sending(approved, "check_in", A_MOMENT)):
        assert reassign(known, A_MOMENT, DANA, TEAM) is known


def test_what_was_sent_keeps_its_words_and_its_follow_up_is_the_new_csm_s() -> None:
    known = carlas(check_in=a_mail(status="sent", suggested=Wording(subject="Hello", text=TEXT), sent_at=A_MOMENT))
    moved = reassign(known, A_MOMENT, DANA, TEAM)
    assert (moved.csm_email, moved.check_in.final.text) == (DANA, TEXT)
