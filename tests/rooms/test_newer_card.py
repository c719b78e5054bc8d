"""A conversation that is told on a newer card: the older one is remembered, and what a late click hears is short."""

from typing import Any

import pytest

from health_monitor.act.cards import NEWER, newer
from health_monitor.act.conversation import OLD_CARDS, carded, outdated, redraft, replaced
from health_monitor.act.standing import Reader, settled, spoken
from health_monitor.model.alert import Fall
from health_monitor.model.outreach import Card, Conversation, Entry, Wording
from health_monitor.model.usage import Basis
from tests.builders import A_MOMENT, a_conversation, a_mail, an_alert
from tests.rooms import slack_limits

AT = "Mon 2 Nov, 06:00 (UTC)"


def a_card(n: int) -> Card:
    return Card(channel="C1", ts=f"{n}.0")


def test_each_card_that_a_newer_one_follows_is_kept_until_it_says_so() -> None:
    one = a_conversation()
    for n in range(OLD_CARDS + 2):
        shown = carded(one, a_card(n))
        assert outdated(shown, one) == shown, "posting one outdates none"
        one = outdated(shown.model_copy(update={"card": None}), shown)
    assert [old.ts for old in one.old_cards] == [f"{n}.0" for n in range(2, OLD_CARDS + 2)]
    assert replaced(one, a_card(5)).old_cards == (*one.old_cards[:3], *one.old_cards[4:])


def test_what_is_left_of_an_older_card_is_one_line_without_buttons() -> None:
    slack_limits.a_message(newer())
    assert newer()["text"] == NEWER == "There is a newer card about this account."
    assert [block["type"] for block in newer()["blocks"]] == ["section"]


def test_a_draft_that_nobody_changed_is_drafted_anew() -> None:
    severe = a_mail(template="check_in_severe", suggested=Wording(subject="Can we talk?", text="Hi"), lacks=("tip",))
    anew = redraft(a_conversation(), A_MOMENT, severe, "worded by the template check_in_severe")
    assert anew.check_in == severe
    assert (anew.log[-1].what, anew.log[-1].because) == ("drafted", "worded by the template check_in_severe")


def test_an_alert_is_told_with_another_days_numbers_where_there_are_any() -> None:
    fall = Fall(index=2.0, baseline=5.25, ratio=0.39, basis=Basis.OWN)
    assert an_alert().told_of(fall).percent == "39%"
    assert an_alert().told_of(fall).fall == fall
    assert an_alert().told_of(None) == an_alert()


SENDING = Entry(at=A_MOMENT, step="check_in", what="sent", code="sent", because="x")


@pytest.mark.parametrize(
    "known",
    [
        {"ended": "recovered"},
        {"check_in": a_mail(status="sent")},
        {"check_in": a_mail(wording=Wording(subject="Mine", text="Hi"))},
        {"log": (SENDING,)},
    ],
)
def test_what_a_person_changed_or_what_may_have_left_keeps_its_words(known: Any) -> None:
    one = a_conversation(**known)
    assert redraft(one, A_MOMENT, a_mail(template="check_in_severe"), "x") is one


def by_mona(what: Any, step: Any = None) -> Entry:
    return Entry(at=A_MOMENT, step=step, what=what, code="x", because="usage recovered", by="mona@example.com")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, None),
        ({"check_in": a_mail(status="cancelled")}, None),
        ({"check_in": a_mail(status="approved", approved_by="mona@x.example")}, "mona@x.example pressed send already"),
        (
            {"check_in": a_mail(status="delivered", approved_by="mona@example.com", sent_at=A_MOMENT)},
            f"Already sent by mona@example.com, {AT}",
        ),
        ({"check_in": a_mail(status="sent")}, "Already sent by itself"),
        (
            {"check_in": a_mail(status="cancelled"), "log": (by_mona("cancelled", "check_in"),)},
            f"Already cancelled by mona@example.com, {AT}",
        ),
        ({"ended": "dismissed", "log": (by_mona("dismissed"),)}, f"Not a risk, says mona@example.com already, {AT}"),
        ({"ended": "dismissed"}, "This is over: dismissed"),
        ({"ended": "recovered", "log": (by_mona("ended"),)}, "This is over: usage recovered"),
    ],
)  # fmt: skip
def test_a_late_click_hears_in_a_few_words_who_did_what(known: Any, said: str | None) -> None:
    one: Conversation = a_conversation(**known)
    told = settled(one, "check_in", Reader())
    assert (spoken(told, "UTC") if told else None) == said
