"""How a conversation changes: what each step does, what no longer applies, and what no order of steps can break."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.act import conversation as steps
from health_monitor.act import sending
from health_monitor.act.mails import never_left
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import Card, Conversation, Mail, Response, Step, Wording
from tests.builders import A_MOMENT, a_contact, a_conversation, a_mail

NOW, LATER = A_MOMENT, A_MOMENT + timedelta(days=1)
WEEK = timedelta(days=7)
CARLA = "carla@example.com"
OTHER = Wording(subject="Other", text="Other words")
REPLY = Response(kind="reply", at=LATER, source="inbound", source_key="m1")


def queued(**known: Any) -> Conversation:
    return steps.queue(a_conversation(**known), "check_in", NOW, LATER, "a standard account")


def on_its_way() -> Conversation:
    return sending.start_sending(queued(), "check_in", LATER)


def sent() -> Conversation:
    return sending.sent(on_its_way(), "check_in", LATER, "ses-1", WEEK)


def uncertain() -> Conversation:
    return sending.unknown(on_its_way(), "check_in", LATER, "no answer")


def test_what_is_queued_waits_until_it_is_due_and_again_when_it_is_moved() -> None:
    first = queued()
    assert (first.check_in.status, first.next_at, first.log[-1].what) == ("queued", LATER, "queued")
    moved = steps.wait(first, "check_in", NOW, LATER + WEEK, "outside_window", "it is night there")
    assert (moved.next_at, moved.log[-1].code) == (LATER + WEEK, "outside_window")
    again = steps.queue(moved, "check_in", NOW, LATER, "sooner")
    assert again.log[-1].what == "waits"


def test_the_same_decision_twice_is_one_entry_and_no_change() -> None:
    waits = steps.wait(queued(), "check_in", NOW, LATER, "outside_window", "it is night there")
    assert steps.wait(waits, "check_in", LATER, LATER, "outside_window", "it is night there") is waits


def test_a_sent_mail_is_followed_up_a_week_later_and_a_follow_up_becomes_a_task() -> None:
    first = sent()
    assert (first.check_in.status, first.check_in.receipt, first.follow_up_at) == ("sent", "ses-1", LATER + WEEK)
    following = steps.follow(first, LATER, a_mail(step="follow_up"))
    assert (following.follow_up_at, following.current.step) == (None, "follow_up")
    out = sending.start_sending(steps.approve(following, "follow_up", LATER, CARLA), "follow_up", LATER)
    done = sending.sent(out, "follow_up", LATER, "ses-2", WEEK)
    assert (done.task_at, done.log[-1].by) == (LATER + WEEK, CARLA)
    asked = steps.ask_csm(done, LATER + WEEK, "no answer")
    assert (asked.ended, asked.next_at) == ("no_response", None)
    assert steps.ask_csm(asked, LATER + WEEK, "no answer") is asked


def test_a_follow_up_begins_once_and_not_after_the_end() -> None:
    following = steps.follow(sent(), LATER, a_mail(step="follow_up"))
    with pytest.raises(AlreadyDone, match="has begun"):
        steps.follow(following, LATER, a_mail(step="follow_up"))
    with pytest.raises(AlreadyDone, match="the customer answered"):
        steps.follow(steps.answer(sent(), LATER, REPLY), LATER, a_mail(step="follow_up"))


def test_only_what_is_queued_or_approved_is_sent_and_once() -> None:
    with pytest.raises(AlreadyDone, match="it is a draft"):
        sending.start_sending(a_conversation(), "check_in", NOW)
    for gone in (on_its_way(), sent(), uncertain()):
        with pytest.raises(AlreadyDone):
            sending.start_sending(gone, "check_in", LATER)


def test_a_person_sends_with_or_without_other_words() -> None:
    lacking = a_conversation(check_in=a_mail(lacks=("contact name",)))
    plain = steps.approve(lacking, "check_in", NOW, CARLA)
    assert (plain.check_in.lacks, plain.check_in.due_at) == (("contact name",), NOW)
    other = steps.approve(lacking, "check_in", NOW, CARLA, OTHER)
    assert (other.check_in.final, other.check_in.lacks) == (OTHER, ())
    with pytest.raises(AlreadyDone, match=r"carla@example\.com pressed send"):
        steps.approve(other, "check_in", NOW, "max@example.com")


def test_a_persons_send_wakes_what_was_snoozed() -> None:
    asleep = steps.snooze(a_conversation(), NOW, CARLA, LATER)
    assert asleep.next_at == LATER
    assert steps.approve(asleep, "check_in", NOW, CARLA).snoozed_until is None


def test_other_words_change_nothing_about_when_it_goes() -> None:
    edited = steps.edit(queued(), "check_in", NOW, CARLA, OTHER)
    assert (edited.check_in.final, edited.next_at) == (OTHER, LATER)


def test_a_busy_provider_puts_it_back_as_it_was() -> None:
    back = sending.put_back(on_its_way(), "check_in", LATER, LATER + WEEK, "throttled")
    assert (back.check_in.status, back.next_at) == ("queued", LATER + WEEK)
    approved = sending.start_sending(steps.approve(a_conversation(), "check_in", NOW, CARLA), "check_in", NOW)
    assert sending.put_back(approved, "check_in", NOW, LATER, "throttled").check_in.status == "approved"


def test_a_refusal_makes_it_a_draft() -> None:
    back = sending.refused(on_its_way(), "check_in", LATER, "not verified")
    assert (back.check_in.status, back.next_at, back.log[-1].because) == ("draft", None, "not verified")


@pytest.mark.parametrize("outcome", [sending.put_back, sending.refused, sending.unknown, sending.sent])
def test_an_outcome_that_comes_after_another_says_so(outcome: Callable[..., Conversation]) -> None:
    more: dict[Any, tuple[Any, ...]] = {sending.put_back: (LATER, "late"), sending.sent: ("ses-1", WEEK)}
    with pytest.raises(AlreadyDone):
        outcome(sent(), "check_in", LATER, *more.get(outcome, ("late",)))
    with pytest.raises(AlreadyDone):
        outcome(a_conversation(), "check_in", LATER, *more.get(outcome, ("late",)))


def test_an_expired_sending_is_uncertain_until_the_provider_or_a_person_tells() -> None:
    told = sending.settle(uncertain(), "check_in", LATER, "delivered", "SES", WEEK, receipt="ses-1")
    assert (told.check_in.status, told.check_in.receipt, told.follow_up_at) == ("delivered", "ses-1", LATER + WEEK)
    again = steps.reopen(uncertain(), "check_in", LATER, CARLA)
    assert (again.check_in.status, again.log[-1].by) == ("draft", CARLA)
    with pytest.raises(AlreadyDone, match="it was sent"):
        steps.reopen(sent(), "check_in", LATER, CARLA)
    with pytest.raises(AlreadyDone, match="it is draft"):
        steps.reopen(again, "check_in", LATER, CARLA)


def test_the_providers_word_counts_more_than_a_persons_that_it_was_not_sent() -> None:
    again = steps.reopen(uncertain(), "check_in", LATER, CARLA)
    assert sending.settle(again, "check_in", LATER, "delivered", "SES", WEEK).check_in.status == "delivered"
    bounced = sending.settle(sent(), "check_in", LATER, "bounced", "SES", WEEK)
    draft = steps.reopen(bounced, "check_in", LATER, CARLA)
    assert sending.settle(draft, "check_in", LATER, "complained", "SES", WEEK) is draft


def test_old_news_from_the_provider_changes_nothing_and_bad_news_ends_the_waiting() -> None:
    delivered = sending.settle(sent(), "check_in", LATER, "delivered", "SES", WEEK)
    assert delivered.follow_up_at == LATER + WEEK
    assert sending.settle(delivered, "check_in", LATER, "sent", "SES", WEEK) is delivered
    bounced = sending.settle(delivered, "check_in", LATER, "bounced", "SES", WEEK)
    assert (bounced.check_in.status, bounced.follow_up_at) == ("bounced", None)
    draft = a_conversation()
    assert sending.settle(draft, "check_in", LATER, "delivered", "SES", WEEK) is draft


def test_what_is_cancelled_or_withheld_is_never_sent() -> None:
    cancelled = steps.cancel(queued(), "check_in", NOW, CARLA, "cancelled", "not now")
    withheld = steps.withhold(queued(), "check_in", NOW, "held out")
    assert (cancelled.check_in.status, withheld.check_in.status) == ("cancelled", "withheld")
    for gone in (cancelled, withheld):
        with pytest.raises(AlreadyDone):
            steps.approve(gone, "check_in", NOW, CARLA)


def test_the_first_answer_counts_and_ends_it() -> None:
    answered = steps.answer(sent(), LATER, REPLY)
    assert (answered.response, answered.ended, answered.next_at) == (REPLY, "answered", None)
    other = REPLY.model_copy(update={"source_key": "m2"})
    assert steps.answer(answered, LATER, other) is answered


def test_the_end_cancels_what_is_unsent_and_comes_once() -> None:
    over = steps.end(queued(), NOW, "recovered", "usage is back")
    assert (over.check_in.status, over.ended, over.next_at) == ("cancelled", "recovered", None)
    assert steps.end(over, LATER, "churned", "gone") is over
    assert steps.end(sent(), LATER, "churned", "gone").check_in.status == "sent"
    late = sending.sent(steps.end(on_its_way(), LATER, "churned", "gone"), "check_in", LATER, "ses-1", WEEK)
    assert (late.check_in.status, late.next_at) == ("sent", None)
    with pytest.raises(AlreadyDone, match="over: usage is back"):
        steps.snooze(over, LATER, CARLA, LATER)


def test_an_end_without_its_entry_still_says_how_it_ended() -> None:
    with pytest.raises(AlreadyDone, match="this is over: erased"):
        steps.dismiss(a_conversation(ended="erased"), NOW, CARLA, "")


def test_only_a_draft_can_be_snoozed_and_it_wakes_once() -> None:
    with pytest.raises(AlreadyDone, match="cancel it instead"):
        steps.snooze(queued(), NOW, CARLA, LATER)
    with pytest.raises(AlreadyDone, match="it was sent"):
        steps.snooze(sent(), NOW, CARLA, LATER)
    awake = steps.wake(steps.snooze(a_conversation(), NOW, CARLA, LATER), LATER)
    assert (awake.snoozed_until, awake.log[-1].what) == (None, "woken")
    assert steps.wake(awake, LATER) is awake


def test_not_a_risk_ends_it_with_the_persons_reason() -> None:
    over = steps.dismiss(a_conversation(), NOW, CARLA, "on holiday")
    assert (over.ended, over.log[0].because) == ("dismissed", "on holiday")
    assert steps.dismiss(a_conversation(), NOW, CARLA, "").log[0].because == "not a risk"


def test_a_severe_drop_takes_back_what_would_go_by_itself_and_nothing_else() -> None:
    worse = steps.escalate(queued(), NOW, ["severe"], ["slack"], True)
    assert (worse.check_in.status, worse.automatic, worse.severity, worse.high_priority) == (
        "draft",
        False,
        "high",
        True,
    )
    assert steps.escalate(sent(), LATER, ["severe"], ["slack"], False).check_in.status == "sent"


@pytest.mark.parametrize(
    "before",
    [
        steps.snooze(a_conversation(), NOW, CARLA, LATER),
        steps.cancel(queued(), "check_in", NOW, CARLA, "cancelled", ""),
        steps.withhold(queued(), "check_in", NOW, ""),
        steps.dismiss(a_conversation(), NOW, CARLA, ""),
    ],
)
def test_what_was_given_up_when_it_was_moderate_is_decided_anew_when_it_is_severe(before: Conversation) -> None:
    worse = steps.escalate(before, LATER, ["severe"], ["slack"], False)
    assert (worse.check_in.status, worse.ended, worse.snoozed_until) == ("draft", None, None)
    assert steps.approve(worse, "check_in", LATER, CARLA).check_in.status == "approved"


def test_a_severe_drop_begins_nothing_anew_that_is_over() -> None:
    for over in (
        steps.end(queued(), NOW, "opted_out", "unsubscribed"),
        steps.answer(queued(), NOW, REPLY),
        steps.dismiss(steps.follow(sent(), LATER, a_mail(step="follow_up")), LATER, CARLA, ""),
    ):
        worse = steps.escalate(over, LATER, ["severe"], ["slack"], False)
        assert [one.status for one in worse.mails] == [one.status for one in over.mails]


@pytest.mark.parametrize(
    ("lacks", "left", "still"),
    [
        (("feature", "first_name"), "Hi [first name], a word?", ("first_name",)),
        (("feature", "first_name"), "Hi Charlie, a word?", ()),
        (("template",), "[The template check_in cannot be used; write", ("template",)),
    ],
)
def test_a_draft_lacks_what_a_person_left_open(lacks: tuple[str, ...], left: str, still: tuple[str, ...]) -> None:
    known, words = a_conversation(check_in=a_mail(lacks=lacks)), Wording(subject="A word", text=left)
    assert steps.edit(known, "check_in", NOW, CARLA, words).check_in.lacks == still
    assert steps.approve(known, "check_in", NOW, CARLA, words).check_in.lacks == still
    assert steps.edit(known, "check_in", NOW, CARLA, known.check_in.suggested).check_in.lacks == lacks


def test_nobody_changes_a_mail_that_another_has_pressed_send_on() -> None:
    pressed, dana = steps.approve(queued(), "check_in", NOW, CARLA), a_contact("c2", email="dana@acme.example")
    with pytest.raises(AlreadyDone, match="pressed send"):
        steps.edit(pressed, "check_in", NOW, "mona@example.com", OTHER)
    with pytest.raises(AlreadyDone, match="pressed send"):
        steps.address(pressed, NOW, "mona@example.com", dana)


def test_a_card_and_an_index_are_kept_once() -> None:
    card = Card(channel="C1", ts="1.0")
    known = steps.measured(steps.carded(a_conversation(), card), 14, 0.5)
    assert (known.card, known.index_at) == (card, {14: 0.5})
    assert steps.measured(known, 14, 0.9) is known


def test_a_conversation_without_a_follow_up_says_so() -> None:
    with pytest.raises(LookupError, match="no follow-up yet"):
        a_conversation().mail("follow_up")


STEP: st.SearchStrategy[Step] = st.sampled_from(["check_in", "follow_up"])
Change = Callable[[Conversation], Conversation]
STATUS = st.sampled_from(["sent", "delivered", "bounced", "complained"])
CHANGES: st.SearchStrategy[Change] = st.one_of(
    STEP.map(lambda s: lambda c: steps.queue(c, s, NOW, LATER, "")),
    STEP.map(lambda s: lambda c: steps.hand_over(c, s, NOW, "not_live", "")),
    STEP.map(lambda s: lambda c: steps.edit(c, s, NOW, CARLA, OTHER)),
    STEP.map(lambda s: lambda c: steps.approve(c, s, NOW, CARLA)),
    STEP.map(lambda s: lambda c: steps.cancel(c, s, NOW, CARLA, "cancelled", "")),
    STEP.map(lambda s: lambda c: steps.withhold(c, s, NOW, "")),
    STEP.map(lambda s: lambda c: sending.start_sending(c, s, NOW)),
    STEP.map(lambda s: lambda c: sending.put_back(c, s, NOW, LATER, "")),
    STEP.map(lambda s: lambda c: sending.refused(c, s, NOW, "")),
    STEP.map(lambda s: lambda c: sending.sent(c, s, NOW, "r", WEEK)),
    STEP.map(lambda s: lambda c: sending.unknown(c, s, NOW, "")),
    STEP.map(lambda s: lambda c: steps.reopen(c, s, NOW, CARLA)),
    st.tuples(STEP, STATUS).map(lambda two: lambda c: sending.settle(c, two[0], NOW, two[1], "", WEEK)),
    st.just(lambda c: steps.follow(c, NOW, a_mail(step="follow_up"))),
    st.just(lambda c: steps.answer(c, NOW, REPLY)),
    st.just(lambda c: steps.end(c, NOW, "recovered", "")),
    st.just(lambda c: steps.ask_csm(c, NOW, "")),
    st.just(lambda c: steps.snooze(c, NOW, CARLA, LATER)),
    st.just(lambda c: steps.wake(c, NOW)),
    st.just(lambda c: steps.dismiss(c, NOW, CARLA, "")),
    st.just(lambda c: steps.escalate(c, NOW, [], [], False)),
)  # fmt: skip
FINAL = ("cancelled", "withheld", "complained")
MAY_BEGIN_AGAIN = ("provider_busy", "provider_refused", "reopened")


@given(st.lists(CHANGES, max_size=40))
def test_no_order_of_changes_sends_twice_or_undoes_what_is_final(changes: list[Change]) -> None:
    now = a_conversation()
    for fn in changes:
        try:
            after = fn(now)
        except (AlreadyDone, LookupError):
            continue
        assert after.log[: len(now.log)] == now.log, "a log only grows"
        assert after.version == now.version, "who stores it counts, nobody else"
        assert now.ended in (None, "dismissed", after.ended), "an end stays, unless it was said of a smaller drop"
        assert now.response in (None, after.response), "the first answer stays"
        for before, mail in zip(now.mails, after.mails, strict=False):
            anew = len(after.log) > len(now.log) and after.log[-1].what == "escalated"
            assert before.status not in FINAL or mail.status == before.status or (anew and mail.status == "draft")
            assert before.sent_at in (None, mail.sent_at), "when it was sent is known once"
        assert not (after.ended and any(mail.status == "queued" for mail in after.mails) and not now.ended)
        now = after
    for mail in now.mails:
        assert sends_without_a_reason(now, mail) == 0


def sends_without_a_reason(conversation: Conversation, mail: Mail) -> int:
    """How often it was handed over again although nobody knew that it had not gone out."""
    free, wrong = True, 0
    for entry in conversation.log:
        if entry.step != mail.step:
            continue
        if entry.what == "sending":
            wrong, free = wrong + (not free), False
        free = free or entry.code in MAY_BEGIN_AGAIN
    return wrong


def test_another_recipient_can_be_chosen_until_something_was_sent() -> None:
    dana = a_contact("c2", name="Dana", email="dana@acme.example")
    chosen = steps.address(queued(), NOW, CARLA, dana)
    assert (chosen.contact_id, chosen.contact_email, chosen.log[-1].code) == ("c2", "dana@acme.example", "recipient")
    assert steps.address(chosen, NOW, CARLA, dana) is chosen
    with pytest.raises(AlreadyDone, match="it was sent"):
        steps.address(sent(), NOW, CARLA, dana)


@pytest.mark.parametrize("tell", [partial(sending.put_back, due_at=LATER), sending.refused])
def test_what_was_on_its_way_when_it_ended_is_not_wanted_any_more(tell: Any) -> None:
    answered = steps.answer(on_its_way(), LATER, REPLY)
    over = tell(answered, "check_in", LATER, because="the provider did not take it")
    assert (over.check_in.status, over.next_at, over.log[-1].code) == ("cancelled", None, "answered")


def test_what_may_be_with_one_person_is_not_addressed_to_another() -> None:
    again = steps.reopen(uncertain(), "check_in", LATER, CARLA)
    with pytest.raises(AlreadyDone, match="may have been sent"):
        steps.address(again, LATER, CARLA, a_contact("c2"))


def test_a_mail_that_the_provider_may_have_has_not_stayed_with_us() -> None:
    again = steps.reopen(uncertain(), "check_in", LATER, CARLA)
    back = sending.refused(on_its_way(), "check_in", LATER, "not verified")
    assert [never_left(one, one.check_in) for one in (again, back, sent(), queued())] == [False, True, False, False]


def test_a_first_mail_sent_anew_after_its_follow_up_is_not_followed_up_twice() -> None:
    following = steps.follow(sent(), LATER, a_mail(step="follow_up"))
    bounced = sending.settle(following, "check_in", LATER, "bounced", "SES", WEEK)
    anew = steps.approve(steps.reopen(bounced, "check_in", LATER, CARLA), "check_in", LATER, CARLA)
    moved = sending.start_sending(anew, "check_in", LATER, a_contact(email="new@acme.example"))
    out = sending.sent(moved, "check_in", LATER, "ses-9", WEEK)
    assert (out.follow_up_at, out.task_at, out.check_in.to) == (None, LATER + WEEK, "new@acme.example")
    assert out.addresses == {"new@acme.example"}
