"""What everything that is done in Slack has in common: who it is, and how a refusal is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from health_monitor.act import modals
from health_monitor.act.cards import NEWER, newer
from health_monitor.act.standing import marked, settled
from health_monitor.flows.conversing import tell
from health_monitor.flows.person_acts import NOT_YOURS, Means, Refused, allow
from health_monitor.flows.slack_cards import Backstage, facts_of, publish_home
from health_monitor.model.config import Bundle
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import Card, Conversation, Step
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Suppressions

UNKNOWN = f"Slack does not tell us your address, so nobody knows who you are here. {NOT_YOURS}"
GONE = "This conversation is not here any more."


@dataclass(frozen=True)
class Stage:
    """What answering Slack works with."""

    ports: Backstage
    outbox: Outbox
    suppressions: Suppressions

    @property
    def means(self) -> Means:
        return Means(self.ports.conversations, self.outbox, self.ports.switch, self.suppressions)


class Actor(NamedTuple):
    """Who acts, on what, when, under which configuration."""

    email: str
    conversation: Conversation
    bundle: Bundle
    now: datetime


class Outdated(Refused):
    """It was clicked on a card that a newer one follows."""

    def __init__(self, card: Card) -> None:
        super().__init__(f"{NEWER} Nothing was done.")
        self.card = card


def actor_of(user_id: str, conversation_id: str, step: Step, stage: Stage, card: Card | None = None) -> Actor:
    """Who it is, and that they may act; nothing about the conversation is told before. Raises Refused.

    card: on which one they clicked, if on one.
    """
    email = stage.ports.slack.email_of(user_id)
    if not email:
        raise Refused(UNKNOWN)
    conversation, bundle = stage.ports.conversations.get(conversation_id), stage.ports.bundle()
    if conversation is None:
        raise Refused(GONE)
    allow(conversation, email, bundle.team)
    if card and _is_old(card, conversation):
        raise Outdated(card)
    if all(mail.step != step for mail in conversation.mails):
        raise Refused(GONE)
    return Actor(email, conversation, bundle, stage.ports.clock.now())


def _is_old(card: Card, conversation: Conversation) -> bool:
    """Whether a newer one follows it, be it that the newer one is still to be posted."""
    if any(one.ts == card.ts for one in conversation.old_cards):
        return True
    return conversation.card is not None and conversation.card.ts != card.ts


def refusal(error: Refused | AlreadyDone, conversation_id: str, step: Step, stage: Stage) -> dict[str, Any]:
    """A modal that says why not; when somebody was faster, who and when, and the card catches up."""
    if isinstance(error, Outdated):
        stage.ports.slack.rewrite(error.card.channel, error.card.ts, newer())
    conversation = stage.ports.conversations.get(conversation_id)
    if isinstance(error, Refused) or conversation is None:
        return modals.told("Not done", str(error))
    tell(stage.outbox, conversation)
    reader = facts_of(conversation, stage.ports, mention=False).reader
    if said := settled(conversation, step, reader):
        return modals.marked("Not done", f"{marked(said, reader.zone)}; nothing was done.")
    return modals.told("Not done", f"Nothing was done: {error}.")


def refresh(user_id: str, stage: Stage) -> None:
    """App Home shows the change at once; when Slack is too busy for that, it shows it when it is opened again."""
    try:
        publish_home(user_id, stage.ports.slack.email_of(user_id), stage.ports)
    except (TryAgain, NeedsHuman):
        return
