"""What everything that is done in Slack has in common: who may, one change, and how a refusal is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from health_monitor.act import modals
from health_monitor.act.standing import STOPPED, standing
from health_monitor.flows.conversing import change, tell
from health_monitor.flows.slack_cards import Backstage, facts_of, publish_home
from health_monitor.model.alert import Errand
from health_monitor.model.config import Bundle
from health_monitor.model.errors import AlreadyDone, NeedsHuman, TryAgain
from health_monitor.model.outreach import Conversation, Step
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Suppressions

NOT_YOURS = "Only the account's CSM, their manager or an admin may decide here (config/team.yaml)."
UNKNOWN = f"Slack does not tell us your address, so nobody knows who you are here. {NOT_YOURS}"
GONE = "This conversation is not here any more."
NOBODY = "There is nobody to write to: add a contact with an address to the account, or call."
_SUPPRESSED = {
    "unsubscribed": "unsubscribed",
    "bounced": "could not be reached: the address bounced",
    "complained": "marked a mail as spam",
}


@dataclass(frozen=True)
class Stage:
    """What answering Slack works with."""

    ports: Backstage
    outbox: Outbox
    suppressions: Suppressions


class Refused(Exception):  # noqa: N818  (it is an answer to a person, in words)
    """It is not done, and why."""


class Actor(NamedTuple):
    """Who acts, on what, when, under which configuration."""

    email: str
    conversation: Conversation
    bundle: Bundle
    now: datetime


def actor_of(user_id: str, conversation_id: str, step: Step, stage: Stage) -> Actor:
    """Who it is, and that they may act; nothing about the conversation is told before. Raises Refused."""
    email = stage.ports.slack.email_of(user_id)
    if not email:
        raise Refused(UNKNOWN)
    conversation, bundle = stage.ports.conversations.get(conversation_id), stage.ports.bundle()
    if conversation is None:
        raise Refused(GONE)
    if not bundle.team.may_act(email, conversation.csm_email):
        raise Refused(NOT_YOURS)
    if all(mail.step != step for mail in conversation.mails):
        raise Refused(GONE)
    return Actor(email, conversation, bundle, stage.ports.clock.now())


def may_be_sent(email: str | None, stage: Stage) -> None:
    """What can be said at once; everything else is asked when the mail goes out. Raises Refused."""
    if stage.ports.switch.get().stopped:
        raise Refused(STOPPED)
    if not email:
        raise Refused(NOBODY)
    if found := stage.suppressions.find(email):
        why = _SUPPRESSED[found.reason]
        raise Refused(f"This recipient {why} on {found.at:%Y-%m-%d}: nothing is sent to this address.")


def carry_out(actor: Actor, step: Step, fn: Callable[[Conversation], Conversation], stage: Stage) -> None:
    """The change, then the mail if it is to be sent, the card and the CRM; a crash in between is swept up."""
    name = actor.conversation.conversation_id
    changed = change(stage.ports.conversations, name, fn)
    if changed.mail(step).status == "approved":
        errand_id = f"{name}/outreach/{step}/{changed.version}"
        stage.outbox.put([Errand(errand_id=errand_id, channel="outreach", conversation_id=name, step=step)])
    tell(stage.outbox, changed)


def refusal(error: Refused | AlreadyDone, conversation_id: str, stage: Stage) -> dict[str, Any]:
    """A modal that says why not; when somebody was faster, also how it stands by now, and the card catches up."""
    conversation = stage.ports.conversations.get(conversation_id)
    if isinstance(error, Refused) or conversation is None:
        return modals.told("Not done", str(error))
    tell(stage.outbox, conversation)
    facts = facts_of(conversation, stage.ports, mention=False)
    now = " ".join(standing(conversation, stage.ports.clock.now(), facts.zone, facts.switch))
    return modals.told("Not done", f"Nothing was done: {error}. {now}")


def refresh(user_id: str, stage: Stage) -> None:
    """App Home shows the change at once; when Slack is too busy for that, it shows it when it is opened again."""
    try:
        publish_home(user_id, stage.ports.slack.email_of(user_id), stage.ports)
    except (TryAgain, NeedsHuman):
        return
