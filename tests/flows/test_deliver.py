"""A message goes out once; only a sender that dies with the message in its hands may send it again."""

from datetime import timedelta

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.adapters.memory_alerts import MemoryCourier
from health_monitor.flows.deliver import LEASE_SECONDS, deliver
from health_monitor.model.alert import Message
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from tests.builders import a_message
from tests.flows.crashes import Countdown, died, mortal

MAIL = a_message()


def test_a_message_goes_out_and_its_receipt_comes_back(empty: MemoryWorld) -> None:
    assert send(empty) == "email-1"
    assert mailbox(empty) == [MAIL]


def test_a_message_that_is_out_is_done(empty: MemoryWorld) -> None:
    send(empty)
    with pytest.raises(AlreadyDone, match=MAIL.message_id):
        send(empty)
    empty.clock.push(days=400)
    with pytest.raises(AlreadyDone):
        send(empty)
    assert mailbox(empty) == [MAIL]


def test_a_message_in_somebody_elses_hands_is_tried_again_later(empty: MemoryWorld) -> None:
    assert dies(empty, at=1)
    with pytest.raises(TryAgain, match="is being sent by somebody else"):
        send(empty)
    assert mailbox(empty) == []


def test_a_sender_that_died_before_sending_loses_nothing(empty: MemoryWorld) -> None:
    assert dies(empty, at=1)
    empty.clock.push(seconds=LEASE_SECONDS - 1)
    with pytest.raises(TryAgain):
        send(empty)
    empty.clock.push(seconds=1)
    assert send(empty) == "email-1"
    assert mailbox(empty) == [MAIL]


def test_a_sender_that_died_after_sending_sends_once_more_and_never_again(empty: MemoryWorld) -> None:
    """Inside the company, at least once: better told twice than not at all."""
    assert dies(empty, at=2)
    assert mailbox(empty) == [MAIL]
    empty.clock.push(seconds=LEASE_SECONDS)
    assert send(empty) == "email-2"
    with pytest.raises(AlreadyDone):
        send(empty)
    assert mailbox(empty) == [MAIL, MAIL]


def test_a_sender_that_died_after_noting_it_sends_nothing_more(empty: MemoryWorld) -> None:
    assert died(lambda: send(mortal(empty, Countdown(2, done=True))))
    with pytest.raises(AlreadyDone):
        send(empty)
    assert mailbox(empty) == [MAIL]


@pytest.mark.parametrize("failure", [TryAgain("throttled"), NeedsHuman("the address is not verified")])
def test_a_courier_that_fails_keeps_the_message_until_its_lease_is_over(empty: MemoryWorld, failure: Exception) -> None:
    courier(empty).failures.append(failure)
    with pytest.raises(type(failure)):
        send(empty)
    with pytest.raises(TryAgain):
        send(empty)
    empty.clock.push(seconds=LEASE_SECONDS)
    assert send(empty) == "email-1"


def test_two_messages_do_not_wait_for_each_other(empty: MemoryWorld) -> None:
    other = a_message("acme/usage_drop/2026-11-01/escalated/email")
    assert dies(empty, at=1)
    assert send(empty, other) == "email-1"
    assert mailbox(empty) == [other]


def test_a_sender_that_was_slower_than_its_lease_does_not_undo_the_next_ones_receipt(empty: MemoryWorld) -> None:
    slow = empty.clock.now()
    send(empty)
    empty.claims.mark_sent(MAIL.message_id, slow + timedelta(days=1), "slow")
    with pytest.raises(AlreadyDone):
        send(empty)


def send(world: MemoryWorld, message: Message = MAIL) -> str:
    return deliver(message, world.claims, world.courier(message.channel), world.clock)


def dies(world: MemoryWorld, at: int) -> bool:
    """After the first write the message is claimed; before the second it is out, and nobody knows."""
    return died(lambda: send(mortal(world, Countdown(at, done=at == 1))))


def courier(world: MemoryWorld) -> MemoryCourier:
    return world.courier("email")


def mailbox(world: MemoryWorld) -> list[Message]:
    return courier(world).delivered
