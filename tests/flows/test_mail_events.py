"""What SES tells: in any order, twice, forged or about somebody else's mail, it comes to the same."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.conversing import change
from health_monitor.flows.hear_mail_events import hear_mail_event
from health_monitor.flows.reception import Reception
from health_monitor.flows.take_in import take_in
from health_monitor.model.errors import BadRecord
from health_monitor.model.heard import OURS, HeardContact, Ref
from health_monitor.model.outreach import action_id, tag_of
from health_monitor.model.records import Person
from tests.flows.mails import CHARLIE, EVENT_ACCOUNT, NAME, a_live_world, begin, delivered, ears, event, stored

TAG = tag_of(action_id(NAME, "c1", "check_in"))
BOUNCE = {"bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []}}
FULL = {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": []}}
EVENTS = {
    "Send": event("Send", TAG, send={}),
    "Delivery": event("Delivery", TAG, delivery={"recipients": [CHARLIE]}),
    "Bounce": event("Bounce", TAG, **BOUNCE),
    "Complaint": event("Complaint", TAG, complaint={"complaintFeedbackType": "abuse"}),
}


def a_sent_world() -> MemoryWorld:
    world = a_live_world()
    delivered(world)
    world.outbox.take()
    return world


def heard(world: MemoryWorld, one: dict[str, Any]) -> str:
    return hear_mail_event(one, EVENT_ACCOUNT, ears(world))


def test_a_delivery_is_told_and_the_follow_up_stays_due() -> None:
    world = a_sent_world()
    assert heard(world, EVENTS["Delivery"]) == "delivered"
    assert stored(world).check_in.status == "delivered"
    assert stored(world).follow_up_at
    assert [one.channel for one in world.outbox.take()] == ["slack", "crm"]


def test_an_address_that_does_not_exist_is_never_mailed_again_and_a_full_mailbox_may() -> None:
    for told, reason in ((EVENTS["Bounce"], "bounced"), (event("Bounce", TAG, **FULL), None)):
        world = a_sent_world()
        assert heard(world, told) == "bounced"
        found = world.suppressions.find(CHARLIE)
        assert (found.reason if found else None) == reason
        assert stored(world).follow_up_at is None
        [person] = world.accounts.contacts(stored(world).account_id)
        assert person.departure == reason


def test_whose_address_does_not_exist_has_left_until_there_is_another() -> None:
    world = a_sent_world()
    heard(world, EVENTS["Bounce"])
    account_id, at = stored(world).account_id, world.clock.now() + timedelta(days=1)

    def person(**facts: Any) -> Person:
        ref = Ref(OURS, account_id)
        told = HeardContact(ref=ref, contact_id="c1", facts=facts, changed_at=at) if facts else None
        take_in("signed", [told] if told else [], at, Reception.of(world))
        [found] = world.dossiers.read([account_id], consistent=True)[account_id].persons
        return found

    assert person().departure == "bounced"
    assert person(email=CHARLIE, title="CFO").departure == "bounced"
    assert person(email="charlie.new@falls.com").departed_on is None


def test_what_ses_rejects_did_not_arrive_and_says_nothing_of_the_address() -> None:
    world = a_sent_world()
    assert heard(world, event("Reject", TAG, reject={"reason": "Bad content"})) == "bounced"
    assert world.suppressions.find(CHARLIE) is None


def test_a_complaint_ends_every_conversation_with_the_person_there() -> None:
    world = a_sent_world()
    other = begin(world, opened_on=stored(world).opened_on + timedelta(days=2))
    assert heard(world, EVENTS["Complaint"]) == "complained"
    assert {stored(world).ended, stored(world, other.conversation_id).ended} == {"opted_out"}
    found = world.suppressions.find(CHARLIE)
    assert found
    assert found.reason == "complained"


def test_an_event_settles_what_nobody_knew() -> None:
    world = a_live_world()
    world.mailer().outcomes.append(RuntimeError("the process died"))
    with pytest.raises(RuntimeError):
        delivered(world)
    assert stored(world).check_in.status == "sending"
    heard(world, EVENTS["Send"])
    assert (stored(world).check_in.status, stored(world).check_in.receipt) == ("sent", "010201-ses")


@pytest.mark.parametrize("order", list(permutations(EVENTS)))
def test_the_order_of_events_does_not_matter(order: tuple[str, ...]) -> None:
    world = a_sent_world()
    for name in (*order, order[0]):
        heard(world, EVENTS[name])
    assert (stored(world).check_in.status, stored(world).ended, stored(world).next_at) == (
        "complained",
        "opted_out",
        None,
    )


@given(st.lists(st.sampled_from(["Send", "Delivery", "Bounce"]), max_size=8))
def test_the_worst_news_stands_however_often_any_is_told(names: list[str]) -> None:
    world = a_sent_world()
    for name in names:
        heard(world, EVENTS[name])
    worst = "bounced" if "Bounce" in names else "delivered" if "Delivery" in names else "sent"
    assert stored(world).check_in.status == worst
    assert len(stored(world).log) <= 6


def test_what_is_not_about_our_mail_is_ignored() -> None:
    world = a_sent_world()
    before = stored(world)
    assert heard(world, event("Open", TAG)) == "ignored: Open"
    assert heard(world, event("Delivery", "somebody-elses")).startswith("ignored: not about")
    untagged = event("Delivery", TAG)
    del untagged["detail"]["mail"]["tags"]
    assert heard(world, untagged).startswith("ignored: not about")
    world.threads.remember(["tag:stray"], NAME)
    assert heard(world, event("Delivery", "stray")).startswith("ignored: not about")
    world.threads.remember(["tag:gone"], "gone/usage_drop/2026-11-01")
    assert heard(world, event("Delivery", "gone")).startswith("ignored: not about")
    assert stored(world) == before


def test_one_that_is_erased_while_it_is_heard_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_sent_world()

    def erased(conversations: Any, name: str, fn: Any) -> Any:
        conversations.remove("acme")
        return change(conversations, name, fn)

    monkeypatch.setattr("health_monitor.flows.hear_mail_events.change", erased)
    assert heard(world, EVENTS["Delivery"]) == "ignored: erased meanwhile"


@pytest.mark.parametrize(
    "forged",
    [
        {"source": "com.evil"},
        {"account": "999999999999"},
        {"detail": {"eventType": "Delivery"}},
        {"detail": "Delivery"},
        {"time": "yesterday"},
    ],
)
def test_an_event_that_ses_cannot_have_sent_us_is_refused(forged: dict[str, Any]) -> None:
    world = a_sent_world()
    with pytest.raises(BadRecord, match="see which rule sends it here"):
        heard(world, EVENTS["Bounce"] | forged)
    assert world.suppressions.find(CHARLIE) is None
