"""Touchpoints and tickets of sources: kept with their account, waiting where it is unknown, and answers."""

from datetime import timedelta
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.join import join_all
from health_monitor.flows.reception import Reception
from health_monitor.flows.take_in import take_in
from health_monitor.model.heard import OURS, Heard, HeardDeletion, HeardTicket, HeardTouchpoint, NameClaim, Ref
from health_monitor.model.intake import Intake
from health_monitor.model.outreach import Conversation
from health_monitor.ports.world import World
from tests.builders import A_MOMENT, a_conversation, an_account
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.test_follow_up import ID, sent

LATER = A_MOMENT + timedelta(days=2)


def a_touch(name: str = "acme", source: str = OURS, **known: Any) -> HeardTouchpoint:
    facts = {"touchpoint_id": "t1", "touch": "call", "at": LATER}
    return HeardTouchpoint.model_validate({"ref": Ref(source, name)} | facts | known)


def a_ticket(name: str = "acme", source: str = OURS, **known: Any) -> HeardTicket:
    facts = {"ticket_id": "7", "priority": "p1", "opened_at": LATER, "changed_at": LATER}
    return HeardTicket.model_validate({"ref": Ref(source, name)} | facts | known)


def took(world: World, *heard: Heard, at: Any = LATER) -> Intake:
    return take_in("signed", heard, at, Reception.of(world))


def conversation(world: World, name: str = ID) -> Conversation:
    found = world.conversations.get(name)
    assert found
    return found


@pytest.fixture
def acme(empty: MemoryWorld) -> MemoryWorld:
    empty.accounts.save([an_account()])
    empty.conversations.start(sent(a_conversation()))
    return empty


def test_a_call_that_was_logged_is_kept_and_is_the_answer(acme: MemoryWorld) -> None:
    assert took(acme, a_touch()).touchpoints == 1
    [kept] = acme.touches.of_account("acme", A_MOMENT)
    assert (kept.kind, kept.source, kept.source_key, kept.at) == ("call", "signed", "t1", LATER)
    response = conversation(acme).response
    assert response
    assert (response.kind, response.source_key) == ("csm_contact", "t1")


def test_a_ticket_is_kept_with_its_priority_and_is_an_answer(acme: MemoryWorld) -> None:
    intake = took(acme, a_ticket())
    assert (intake.tickets, intake.touchpoints) == (1, 0)
    [kept] = acme.touches.tickets("acme")
    assert (kept.priority, kept.closed_at) == ("p1", None)
    response = conversation(acme).response
    assert response
    assert response.kind == "ticket"
    closed = LATER + timedelta(days=1)
    took(acme, a_ticket(closed_at=closed, changed_at=closed), at=closed)
    assert acme.touches.tickets("acme")[0].closed_at == closed
    assert len(acme.touches.of_account("acme", A_MOMENT)) == 1


@pytest.mark.parametrize("known", [
    {"touch": "email"}, {"touch": "email", "inbound": True, "automatic": True}, {"at": A_MOMENT - timedelta(days=1)},
])  # fmt: skip
def test_our_own_mail_what_no_person_wrote_and_what_came_before_are_no_answers(
    acme: MemoryWorld, known: dict[str, Any]
) -> None:
    took(acme, a_touch(**known))
    assert conversation(acme).response is None
    assert conversation(acme).follow_up_at


def test_it_answers_every_conversation_of_the_account_that_waits_and_only_those(acme: MemoryWorld) -> None:
    others = {name: a_conversation(rule=name) for name in ("second", "draft", "over")}
    acme.conversations.start(sent(others["second"]))
    acme.conversations.start(others["draft"])
    acme.conversations.start(sent(others["over"]).model_copy(update={"ended": "recovered"}))
    took(acme, a_touch())
    answered = [one.conversation_id for one in acme.conversations.of_account("acme") if one.response]
    assert answered == [f"acme/{name}/2026-11-01" for name in ("second", "usage_drop")]


def test_only_the_first_answer_counts(acme: MemoryWorld) -> None:
    took(acme, a_touch())
    took(acme, a_touch(touchpoint_id="t2", at=LATER + timedelta(hours=1)), at=LATER + timedelta(days=1))
    response = conversation(acme).response
    assert response
    assert response.source_key == "t1"


def test_what_a_name_that_nobody_knows_tells_waits_and_answers_when_it_joins(acme: MemoryWorld) -> None:
    intake = took(acme, a_touch("77", "hubspot"), a_ticket("77", "hubspot"))
    assert (intake.waiting, intake.touchpoints, intake.tickets) == (2, 0, 0)
    assert [one.ref for one in acme.unmatched.all()] == [Ref("hubspot", "77")]
    acme.names.claim([NameClaim(ref=Ref("hubspot", "77"), account_id="acme", by="person", since=A_MOMENT)])
    took(acme, a_touch("77", "hubspot", touchpoint_id="t9"))
    join_all(LATER, Reception.of(acme))
    assert len(acme.touches.of_account("acme", A_MOMENT)) == 3
    assert conversation(acme).ended == "answered"
    assert list(acme.blobs.keys("waiting/")) == []


def test_what_was_said_of_somebody_before_they_were_forgotten_is_not_taken(acme: MemoryWorld) -> None:
    ref = Ref(OURS, "acme")
    took(acme, HeardDeletion(source="signed", kind="contact", name="c9", ref=ref, requested_at=LATER))
    intake = took(acme, a_touch(contact_id="c9"), a_ticket(contact_id="c9"), a_touch(touchpoint_id="t2"))
    assert (intake.erased, intake.touchpoints) == (2, 1)


@pytest.mark.parametrize("done", [True, False])
def test_wherever_it_dies_it_is_told_again_and_everybody_hears_of_the_answer(done: bool) -> None:
    die_at = 1
    while True:
        world = memory_world(A_MOMENT)
        world.accounts.save([an_account()])
        world.conversations.start(sent(a_conversation()))
        dying = mortal(world, Countdown(die_at, done=done))
        crashed = died(lambda dying=dying: took(dying, a_touch()))
        took(world, a_touch())
        assert conversation(world).ended == "answered"
        assert {one.channel for one in world.outbox.take()} == {"slack", "crm"}
        if not crashed:
            break
        die_at += 1
    assert die_at > 3
