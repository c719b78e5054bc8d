"""Answers that come by mail: whose they are, what they end, and that they reach the CSM once and whole."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from health_monitor.act import conversation as steps
from health_monitor.act import sending
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.receive_mail import LARGEST, Desk, receive_mail
from health_monitor.model.alert import Errand, Message
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.outreach import Conversation, action_id, tag_of
from health_monitor.ports.alerts import Claim
from health_monitor.ports.world import World
from tests.builders import A_MOMENT, a_conversation, an_account
from tests.flows.crashes import Countdown, died, mortal
from tests.flows.test_follow_up import ID, sent

TOKEN, SES = "abcdefghijklmnopqrstuvwxyz", "0102-ses"
TAG = tag_of(action_id(ID, "c1", "check_in"))
KEY = "mail/one"
LATER = A_MOMENT + timedelta(days=2)


def a_world(conversation: Conversation | None = None) -> MemoryWorld:
    world = memory_world(A_MOMENT)
    world.accounts.save([an_account()])
    world.conversations.start(conversation or sent(a_conversation()))
    world.threads.remember((f"token:{TOKEN}", f"mail:{SES}"), ID)
    return world


def a_mail(
    *headers: str, to: str = f"reply+{TOKEN}@a.example", sender: str = "Charlie <charlie@acme.example>"
) -> bytes:
    lines = (*headers, f"From: {sender}", f"To: {to}", "Subject: Re: A quick check-in", "", "Thanks, call me.", "")
    return "\r\n".join(lines).encode()


def desk(world: World) -> Desk:
    return Desk(
        world.blobs, world.conversations, world.threads, world.dossiers, world.suppressions, world.claims, world.outbox,
        world.forwarder(), "us@example.com", "ops@example.com",
    )  # fmt: skip


def receive(world: MemoryWorld, raw: bytes, key: str = KEY) -> str:
    world.blobs.put(key, raw)
    return receive_mail(key, LATER, desk(world), LATER)


def stored(world: World) -> Conversation:
    found = world.conversations.get(ID)
    assert found
    return found


def passed_on(world: MemoryWorld) -> list[str]:
    return [to for to, _ in world.forwarder().forwarded]


def test_a_reply_is_the_answer_and_goes_on_to_the_csm_and_nothing_of_it_stays() -> None:
    world = a_world()
    assert receive(world, a_mail()) == "answer"
    known = stored(world)
    assert known.response
    assert (known.response.kind, known.ended, known.follow_up_at) == ("reply", "answered", None)
    assert passed_on(world) == ["carla@example.com"]
    assert list(world.blobs.keys("mail/")) == []
    [touch] = world.dossiers.read(["acme"])["acme"].touchpoints
    assert (touch.inbound, touch.contact_id, touch.at) == (True, "c1", LATER)
    assert {one.channel for one in world.outbox.take()} == {"slack", "crm"}


def test_it_is_found_by_the_mail_that_it_answers_where_the_address_says_nothing() -> None:
    world = a_world()
    in_thread = a_mail(f"References: <x@y> <{SES}@eu-west-1.amazonses.com>", to="us@example.com")
    assert receive(world, in_thread) == "answer"
    assert stored(world).ended == "answered"


def test_a_colleague_who_answers_has_answered_too() -> None:
    world = a_world()
    receive(world, a_mail(sender="boss@acme.example"))
    assert stored(world).ended == "answered"
    [touch] = world.dossiers.read(["acme"])["acme"].touchpoints
    assert touch.contact_id is None


def test_an_answer_also_tells_that_the_mail_was_sent_of_which_nobody_knew() -> None:
    begun = sending.start_sending(
        steps.queue(a_conversation(), "check_in", A_MOMENT, A_MOMENT, "it is moderate"), "check_in", A_MOMENT
    )
    world = a_world(sending.unknown(begun, "check_in", A_MOMENT, "no word"))
    receive(world, a_mail())
    assert stored(world).ended == "answered"


def test_an_out_of_office_note_goes_on_to_the_csm_and_is_no_answer() -> None:
    world = a_world()
    assert receive(world, a_mail("Auto-Submitted: auto-replied")) == "automatic"
    assert (stored(world).response, passed_on(world)) == (None, ["carla@example.com"])
    [touch] = world.dossiers.read(["acme"])["acme"].touchpoints
    assert touch.automatic


@pytest.mark.parametrize("raw", [a_mail(to="info@a.example"), a_mail(to=f"reply+{TOKEN[::-1]}@a.example")])
def test_what_belongs_to_no_conversation_goes_to_operations(raw: bytes) -> None:
    world = a_world()
    assert receive(world, raw) == "unmatched"
    assert (passed_on(world), stored(world).response) == (["ops@example.com"], None)


def test_what_belongs_to_an_erased_conversation_goes_to_operations() -> None:
    world = memory_world(A_MOMENT)
    world.threads.remember((f"token:{TOKEN}",), ID)
    assert receive(world, a_mail()) == "unmatched"


@pytest.mark.parametrize("what", ["Spam", "Virus"])
def test_spam_and_viruses_are_no_answer_and_not_passed_on_but_the_csm_hears_of_them(what: str) -> None:
    world = a_world()
    assert receive(world, a_mail(f"X-SES-{what}-Verdict: FAIL")) == what.lower()
    assert (stored(world).response, passed_on(world)) == (None, [])
    [told] = world.outbox.take()
    assert isinstance(told, Message)
    assert told.to == "carla@example.com"
    assert KEY in told.text
    assert world.blobs.get(KEY)


def test_a_sender_who_may_be_forged_is_passed_on_with_a_mark() -> None:
    world = a_world()
    assert receive(world, a_mail("X-SES-DMARC-Verdict: FAIL")) == "answer"
    [(_, data)] = world.forwarder().forwarded
    assert b"not verified" in data.replace(b"\r\n", b"")


@pytest.mark.parametrize("headers", [(), ("Auto-Submitted: auto-replied",)])
def test_what_the_csm_or_their_mailbox_says_is_no_customers_answer_and_does_not_come_back_to_them(
    headers: tuple[str, ...],
) -> None:
    world = a_world()
    assert receive(world, a_mail(*headers, sender="Carla <CARLA@example.com>")) == "from_us"
    assert receive(world, a_mail(*headers, to="info@a.example", sender="ops@example.com")) == "from_us"
    assert (stored(world).response, passed_on(world), list(world.blobs.keys("mail/"))) == (None, [], [])


def test_who_writes_in_the_csms_name_answers_nothing_and_they_hear_of_it() -> None:
    world = a_world()
    assert receive(world, a_mail("X-SES-DMARC-Verdict: FAIL", sender="carla@example.com")) == "forged"
    assert (stored(world).response, passed_on(world)) == (None, [])
    [told] = world.outbox.take()
    assert "does not believe it" in told.text
    assert world.blobs.get(KEY)


@pytest.mark.parametrize("named", [f"<tag:{TAG}@x>", f"<{TAG}@x>", f"<token:{TOKEN}@x>", f"<{TOKEN}@x>"])
def test_only_the_id_of_our_mail_makes_it_an_answer(named: str) -> None:
    world = a_world()
    world.threads.remember((f"tag:{TAG}",), ID)
    assert receive(world, a_mail(f"In-Reply-To: {named}", f"References: {named}", to="us@example.com")) == "unmatched"
    assert stored(world).response is None


def test_a_mail_that_refers_to_thousands_is_looked_up_a_few_times() -> None:
    world, asked = a_world(), []
    world.threads.find = asked.append  # type: ignore[method-assign]
    flood = " ".join(f"<{n}@x>" for n in range(10_000))
    to = ", ".join(f"reply+{'a' * 14}{n:012b}@a.example".replace("0", "b").replace("1", "c") for n in range(3_000))
    receive(world, a_mail(f"References: {flood}", to=to))
    assert 0 < len(asked) <= 60


def test_what_is_too_large_is_an_answer_all_the_same() -> None:
    world = a_world()
    assert receive(world, a_mail() + b"x" * LARGEST) == "too_large"
    assert (stored(world).ended, passed_on(world)) == ("answered", [])
    assert "too large" in next(one.text for one in world.outbox.take() if isinstance(one, Message))
    assert world.blobs.get(KEY)


def test_what_is_no_mail_is_in_the_quarantine() -> None:
    world = a_world()
    assert receive(world, b"\0\0") == "unreadable"
    assert len(list(world.blobs.keys("quarantine/mail/"))) == 1
    assert world.blobs.get(KEY)


def test_what_we_passed_on_ourselves_is_not_passed_on_for_ever() -> None:
    world = a_world()
    assert receive(world, a_mail("X-Health-Monitor-Forwarded: x")) == "ours"
    assert (passed_on(world), list(world.blobs.keys("mail/"))) == ([], [])


def test_the_providers_own_note_is_thrown_away() -> None:
    world = a_world()
    assert receive(world, b"hello", "mail/AMAZON_SES_SETUP_NOTIFICATION") == "setup"


def test_a_mail_program_that_unsubscribes_by_mail_is_obeyed() -> None:
    world = a_world()
    assert receive(world, a_mail("X-SES-Spam-Verdict: FAIL", to=f"unsubscribe+{TOKEN}@a.example")) == "unsubscribed"
    assert stored(world).ended == "opted_out"
    assert world.suppressions.find("charlie@acme.example")
    assert passed_on(world) == []


def test_who_unsubscribes_from_nothing_is_passed_to_operations() -> None:
    world = a_world()
    assert receive(world, a_mail(to=f"unsubscribe+{TOKEN[::-1]}@a.example")) == "unmatched"


def test_without_a_csm_operations_get_it() -> None:
    world = a_world(sent(a_conversation(csm_email=None)))
    receive(world, a_mail())
    assert passed_on(world) == ["ops@example.com"]


def test_while_somebody_else_passes_it_on_it_comes_again() -> None:
    world = a_world()
    assert world.claims.claim(f"{KEY}/forwarded", LATER, 90) is Claim.WON
    with pytest.raises(TryAgain):
        receive(world, a_mail())
    assert world.blobs.get(KEY)


@pytest.mark.parametrize("done", [True, False])
def test_wherever_it_dies_the_mail_is_passed_on_and_answers(done: bool) -> None:
    die_at = 1
    while True:
        world = a_world()
        world.blobs.put(KEY, a_mail())
        dying = desk(mortal(world, Countdown(die_at, done=done)))
        crashed = died(lambda dying=dying: receive_mail(KEY, LATER, dying, LATER))
        again: dict[str, Any] = {"now": LATER + timedelta(minutes=2)}
        try:
            receive_mail(KEY, LATER, replace(desk(world)), **again)
        except AlreadyDone:
            assert done or not crashed
        told = world.outbox.take()
        assert stored(world).ended == "answered"
        assert {one.channel for one in told if isinstance(one, Errand)} == {"slack", "crm"}
        assert set(passed_on(world)) == {"carla@example.com"}
        assert len(world.dossiers.read(["acme"])["acme"].touchpoints) == 1
        assert list(world.blobs.keys("mail/")) == []
        if not crashed:
            break
        die_at += 1
    assert die_at > 5
