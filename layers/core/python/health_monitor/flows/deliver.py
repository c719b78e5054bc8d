"""Hand one message to the outside world, once."""

from health_monitor.model.alert import Message
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.ports.alerts import Claim, Claims, Courier
from health_monitor.ports.clock import Clock

LEASE_SECONDS = 120
"""How long a sender may take before another tries; never longer than the queue hides the message."""


def deliver(message: Message, claims: Claims, courier: Courier, clock: Clock) -> str:
    """The receipt. Raises AlreadyDone when it went out before, TryAgain while another sender holds it."""
    claim = claims.claim(message.message_id, clock.now(), LEASE_SECONDS)
    if claim is Claim.SENT:
        raise AlreadyDone(message.message_id)
    if claim is Claim.HELD:
        raise TryAgain(f"{message.message_id} is being sent by somebody else")
    receipt = courier.deliver(message)
    claims.mark_sent(message.message_id, clock.now(), receipt)
    return receipt
