"""Hand one message to the outside world, once; a card to Slack, as it is now; and when Slack is down, an email."""

import json
from dataclasses import dataclass
from functools import partial

from health_monitor.act.cards import newer
from health_monitor.act.conversation import carded, replaced
from health_monitor.act.standing import needs_a_person
from health_monitor.flows.conversing import INSTEAD, change
from health_monitor.flows.slack_cards import Backstage, card_of, text_of
from health_monitor.model.alert import Errand, Message
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import Card, Conversation
from health_monitor.ports.alerts import Claim, Claims, Courier, Outbox
from health_monitor.ports.clock import Clock

LEASE_SECONDS = 120
"""How long a sender may take before another tries; never longer than the queue hides the message."""
PATIENCE = 5
"""With how many failed attempts Slack counts as down, and an email says the same meanwhile."""
_LOOKS = 5


@dataclass(frozen=True)
class Counter:
    """What Slack's copy of `deliver` works with; `outbox` takes the email that stands in."""

    claims: Claims
    courier: Courier
    outbox: Outbox
    ports: Backstage
    channel: str
    operations_email: str


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


def read_queued(body: str) -> Message | Errand:
    """What a queue hands over: a message with its text, or an errand that names a conversation."""
    kind = Errand if "errand_id" in json.loads(body) else Message
    return kind.model_validate_json(body)


def deliver_to_slack(taken: Message | Errand, receives: int, counter: Counter) -> str:
    """The receipt; `receives` counts the attempts. Where it fails for long or for good, an email goes out as well."""
    try:
        if isinstance(taken, Message):
            return deliver(taken, counter.claims, counter.courier, counter.ports.clock)
        return show(taken.conversation_id, counter)
    except (TryAgain, NeedsHuman) as error:
        if isinstance(error, NeedsHuman) or receives >= PATIENCE:
            counter.outbox.put(_instead(taken, counter))
        raise


def show(conversation_id: str, counter: Counter) -> str:
    """Post the conversation's card, or rewrite it, until it shows what is so; the receipt is where it stands."""
    for _ in range(_LOOKS):
        before = _known(conversation_id, counter)
        place = _put(before, counter)
        after = _known(conversation_id, counter)
        # Another may have shown an older state in between: whoever was last looks again.
        if place and _content(before) == _content(after):
            _put_away(after, counter)
            return f"{place.channel} {place.ts}"
    raise TryAgain("the conversation changes faster than its card")


def _put(conversation: Conversation, counter: Counter) -> Card | None:
    """Where the card stands now; None when somebody has just posted it. Raises AlreadyDone while somebody does."""
    content, slack = card_of(conversation, counter.ports), counter.ports.slack
    place = conversation.card
    if place and slack.rewrite(place.channel, place.ts, content):
        return place
    # Two that find no card must not post two. Who posts it looks again afterwards, and so shows what we would have
    # shown; if they die, their own errand comes again.
    claim = f"{conversation.conversation_id}/card/{conversation.cards + 1}"
    clock = counter.ports.clock
    claimed = counter.claims.claim(claim, clock.now(), LEASE_SECONDS)
    if claimed is Claim.HELD:
        raise AlreadyDone("somebody else is posting this card")
    if claimed is Claim.SENT:
        return None
    posted = slack.post(counter.channel, content)
    change(counter.ports.conversations, conversation.conversation_id, lambda one: carded(one, posted))
    counter.claims.mark_sent(claim, clock.now(), posted.ts)
    return posted


def _put_away(conversation: Conversation, counter: Counter) -> None:
    """What a newer card follows says so and offers nothing; one that somebody deleted has nothing to say."""
    for old in conversation.old_cards:
        counter.ports.slack.rewrite(old.channel, old.ts, newer())
        change(counter.ports.conversations, conversation.conversation_id, partial(replaced, card=old))


def _known(conversation_id: str, counter: Counter) -> Conversation:
    found = counter.ports.conversations.get(conversation_id)
    if found is None:
        raise AlreadyDone("this conversation was erased")
    return found


def _content(conversation: Conversation) -> Conversation:
    return conversation.model_copy(update={"card": None, "cards": 0, "old_cards": (), "version": 0})


def _instead(taken: Message | Errand, counter: Counter) -> list[Message]:
    """The email that stands in; one for each state in which somebody has to decide, however often it is asked for."""
    if isinstance(taken, Message):
        subject = f"[Slack cannot be reached] {taken.subject}"
        copy = {"message_id": f"{taken.message_id}/email", "channel": "email", "to": counter.operations_email}
        return [taken.model_copy(update={**copy, "subject": subject})]
    conversation, now = _known(taken.conversation_id, counter), counter.ports.clock.now()
    mail = conversation.current
    if not needs_a_person(conversation, now) and mail.status != "queued":
        return []
    subject, text = text_of(conversation, counter.ports)
    name = f"{conversation.conversation_id}/{mail.step}/{mail.status}/{INSTEAD}"
    to = conversation.csm_email or counter.operations_email
    return [Message(message_id=name, channel="email", to=to, subject=subject, text=text)]
