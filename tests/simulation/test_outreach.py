"""Sixty days of 500 accounts with crashes, repeats, disorder and outages: what must hold whatever happens."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from health_monitor.act.crm_entries import crm_entries
from health_monitor.model.outreach import OUT, Conversation, Entry
from tests.simulation.outreach import Life, Luck

TOLD = OUT | {"bounced", "complained"}
Promise = Callable[[Life], None]


@pytest.fixture(scope="module")
def life() -> Life:
    return Life(seed=4, accounts=500, days=60).run()


def no_internal_message_is_lost(life: Life) -> None:
    """Every alert has its conversation, and its CSM has seen a card of it as it is now, or at least an email."""
    known = {one.alert_id: one for one in life.conversations()}
    mailed = [message.message_id for message in life.world.courier("email").delivered]
    for account in life.accounts:
        for alert in life.world.alerts.of_account(account.account_id):
            if alert.suppressed:
                continue
            one = known[alert.alert_id]
            card = one.card and (one.card.channel, one.card.ts) in life.slack.cards
            assert card or any(name.startswith(one.conversation_id) for name in mailed), one.conversation_id
    assert not life.queue + life.hidden
    assert not life.dead
    assert not life.world.outbox.messages


def no_customer_mail_is_sent_twice(life: Life) -> None:
    """Whatever died, repeated or stayed unsaid."""
    sent = Counter((one.conversation.conversation_id, one.step) for one in life.post.taken)
    assert [action for action, times in sent.items() if times > 1] == []


def every_possibly_sent_mail_is_accounted_for(life: Life) -> None:
    """What the provider took is known as sent, or as uncertain and told to a person."""
    now = {one.conversation_id: one for one in life.conversations()}
    mailed = {message.message_id for message in life.world.courier("email").delivered}
    for sent in life.post.taken:
        name = sent.conversation.conversation_id
        status = now[name].mail(sent.step).status  # type: ignore[arg-type]
        assert status in TOLD | {"uncertain"}, (name, sent.step, status)
    taken = {(sent.conversation.conversation_id, sent.step) for sent in life.post.taken}
    said = {(one.conversation_id, mail.step) for one in now.values() for mail in one.mails if mail.status in TOLD}
    assert said <= taken
    doubts = {(name, entry.step) for name, one in now.items() for entry in one.log if entry.what == "uncertain"}
    assert [doubt for doubt in doubts if f"{doubt[0]}/{doubt[1]}/uncertain/email" not in mailed] == []


def nothing_leaves_that_should_not(life: Life) -> None:
    """None to a suppressed contact; what nobody pressed: none outside the window, severe, of high value, or over."""
    assert [(sent.mail.action_id, sent.problems) for sent in life.post.taken if sent.problems] == []


def no_cap_is_broken(life: Life) -> None:
    """One automatic conversation a contact in 14 days, two an account in 30; follow-ups belong to theirs."""
    begun = [sent for sent in life.post.taken if sent.automatic and sent.step == "check_in"]
    contacts: dict[str, list[datetime]] = {}
    accounts: dict[str, list[datetime]] = {}
    for sent in begun:
        contacts.setdefault(sent.mail.to, []).append(sent.at)
        accounts.setdefault(sent.conversation.account_id, []).append(sent.at)
    assert max((_most_within(times, 14) for times in contacts.values()), default=0) <= 1
    assert max((_most_within(times, 30) for times in accounts.values()), default=0) <= 2


def every_unanswered_conversation_is_followed_up_once(life: Life) -> None:
    """Seven days after the first mail, unless somebody answered, or it was over by then."""
    over = life.world.clock.now() - timedelta(days=10)
    for one in life.conversations():
        begun = [entry for entry in one.log if entry.what == "follow_up_due"]
        assert len(begun) == (1 if one.follow_up else 0), one.conversation_id
        sent_at, ended_at = one.check_in.sent_at, _ended_at(one)
        if one.check_in.status not in OUT or sent_at is None or sent_at > over:
            continue
        if ended_at is None or ended_at > sent_at + timedelta(days=8):
            assert one.follow_up, one.conversation_id
            assert begun[0].at >= sent_at + timedelta(days=7)


def every_send_and_non_send_has_its_decision(life: Life) -> None:
    """Nothing is sent, held or dropped without a line that says why."""
    now = {one.conversation_id: one for one in life.conversations()}
    for sent in life.post.taken:
        steps = _entries(now[sent.conversation.conversation_id], sent.step)
        assert "sending" in {entry.what for entry in steps}
    for one in now.values():
        for mail in one.mails:
            if mail.status in ("draft", "queued", "approved", "cancelled", "withheld"):
                assert _entries(one, mail.step), (one.conversation_id, mail.step)
        assert all(entry.because and entry.code for entry in one.log)


def the_crm_knows_everything_once(life: Life) -> None:
    """Each thing that happened is logged, or listed as what could not be; nothing stands there twice."""
    ledger = life.world.crm_ledger
    listed = {failure.key for failure in ledger.failures()}
    for one in life.conversations():
        for entry in crm_entries(one, ""):
            assert ledger.is_logged("hubspot", entry.key) or entry.key in listed, entry.key
    keys = Counter(entry.key for entry, _, _ in life.crm.entries)
    assert [key for key, times in keys.items() if times > 1] == []


PROMISES: tuple[Promise, ...] = (
    no_internal_message_is_lost,
    no_customer_mail_is_sent_twice,
    every_possibly_sent_mail_is_accounted_for,
    nothing_leaves_that_should_not,
    no_cap_is_broken,
    every_unanswered_conversation_is_followed_up_once,
    every_send_and_non_send_has_its_decision,
    the_crm_knows_everything_once,
)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_in_sixty_days_of_five_hundred_accounts(promise: Promise, life: Life) -> None:
    promise(life)


def test_enough_happened_to_mean_something(life: Life) -> None:
    found = life.conversations()
    assert len(life.post.taken) > 150
    assert sum(sent.automatic for sent in life.post.taken) > 50
    assert sum(sent.step == "follow_up" for sent in life.post.taken) > 20
    assert {one.ended for one in found} >= {"answered", "recovered", "opted_out", "dismissed", "no_response"}
    assert life.troubles["Died"] > 100
    assert life.troubles["TryAgain"] > 50
    assert sum(mail.wording is not None for one in found for mail in one.mails) > 20


@given(
    seed=st.integers(0, 10_000),
    luck=st.builds(
        Luck,
        die=st.sampled_from((0.0, 0.003, 0.02)),
        twice=st.sampled_from((0.0, 0.3)),
        down=st.sampled_from((0.0, 0.4)),
        send=st.sampled_from((0.0, 0.4)),
    ),
)
@settings(max_examples=12, deadline=None, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
def test_in_any_month_of_a_few_accounts(seed: int, luck: Luck) -> None:
    lived = Life(seed, accounts=15, days=30, luck=luck).run()
    for promise in PROMISES:
        promise(lived)


def _most_within(times: list[datetime], days: int) -> int:
    """How many of the moments lie within so many days at the most."""
    window = timedelta(days=days)
    return max(sum(first <= at < first + window for at in times) for first in times)


def _ended_at(one: Conversation) -> datetime | None:
    return next((entry.at for entry in one.log if entry.what == "ended"), None)


def _entries(one: Conversation, step: str) -> list[Entry]:
    return [entry for entry in one.log if entry.step == step or entry.what == "drafted"]
