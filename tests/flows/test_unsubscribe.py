"""One click ends it for the person; looking changes nothing, and nobody can see which links exist."""

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows import unsubscribe as flow
from health_monitor.flows.unsubscribe import answer_unsubscribe
from health_monitor.model.outreach import Suppression
from tests.builders import an_account
from tests.flows.mails import CHARLIE, NOW, a_live_world, an_exit, begin, delivered, stored


def a_sent_world() -> tuple[MemoryWorld, str]:
    world = a_live_world()
    delivered(world)
    world.outbox.take()
    return world, world.mailer().sent[0].unsubscribe_url.rpartition("/")[2]


def test_one_click_ends_every_conversation_with_the_person_at_the_account() -> None:
    world, token = a_sent_world()
    other = begin(world, opened_on=NOW.date())
    begin(world, "beta")
    assert answer_unsubscribe("POST", token, NOW, an_exit(world)).status == 200
    found = world.suppressions.find(CHARLIE)
    assert found
    assert (found.reason, found.at) == ("unsubscribed", NOW)
    assert {stored(world).ended, stored(world, other.conversation_id).ended} == {"opted_out"}
    assert stored(world, "beta/usage_drop/2026-11-01").ended is None, "the address is suppressed there, too"
    assert stored(world).log[-1].by == "customer"
    assert len(world.outbox.take()) == 4


def test_a_second_click_changes_nothing() -> None:
    world, token = a_sent_world()
    answer_unsubscribe("POST", token, NOW, an_exit(world))
    known = stored(world)
    answer_unsubscribe("POST", token, NOW, an_exit(world))
    assert stored(world) == known


def test_looking_at_the_page_changes_nothing_and_has_a_button() -> None:
    world, token = a_sent_world()
    page = answer_unsubscribe("GET", token, NOW, an_exit(world))
    assert '<form method="post">' in page.body
    assert (world.suppressions.find(CHARLIE), stored(world).ended, world.outbox.take()) == (None, None, [])


def test_an_unknown_link_gets_the_same_answer_and_no_page_names_anybody() -> None:
    world, token = a_sent_world()
    for method in ("GET", "POST"):
        real = answer_unsubscribe(method, token, NOW, an_exit(world))
        assert real == answer_unsubscribe(method, "x" * 26, NOW, an_exit(world))
        assert not any(word in real.body for word in (token, CHARLIE, "Charlie", "acme", "Acme"))


def test_whoever_comes_back_reads_that_it_is_done() -> None:
    world, token = a_sent_world()
    answer_unsubscribe("POST", token, NOW, an_exit(world))
    back = answer_unsubscribe("GET", token, NOW, an_exit(world)).body
    assert "It is done already." in back
    assert "<form" not in back


def test_who_has_a_second_address_that_is_still_written_to_is_asked_again() -> None:
    world, token = a_sent_world()
    known = stored(world)
    world.suppressions.add(CHARLIE, Suppression(reason="bounced", at=NOW, source="test"))
    assert world.conversations.replace(
        known.model_copy(update={"contact_email": "new@acme.example", "version": known.version + 1}), known.version
    )
    assert "<form" in answer_unsubscribe("GET", token, NOW, an_exit(world)).body


def test_other_people_there_are_still_written_to() -> None:
    world, token = a_sent_world()
    begun = begin(world, opened_on=NOW.date(), contact_email="dana@acme.example")
    nobody = begin(world, "gamma", contact_email=None)
    answer_unsubscribe("POST", token, NOW, an_exit(world))
    assert stored(world, begun.conversation_id).ended is None
    world.threads.remember([f"token:{'n' * 26}"], nobody.conversation_id)
    assert not flow.unsubscribe("n" * 26, NOW, "link", an_exit(world))


def test_what_is_erased_meanwhile_is_left_alone() -> None:
    world, token = a_sent_world()
    found = world.conversations.of_account("acme")
    world.accounts.save([an_account()])
    world.conversations.of_account = lambda _: [
        *found,
        found[0].model_copy(update={"conversation_id": "gone/x/2026-11-01"}),
    ]  # type: ignore[method-assign]
    assert flow.unsubscribe(token, NOW, "link", an_exit(world))
    assert stored(world).ended == "opted_out"
