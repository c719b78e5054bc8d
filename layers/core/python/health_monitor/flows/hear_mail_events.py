"""What the mail provider tells of a customer mail: that it was taken, delivered, came back, or was reported as spam."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from pydantic import AwareDatetime, BaseModel, Field

from health_monitor.act import sending
from health_monitor.flows.conversing import change, tell
from health_monitor.flows.people import tell_unreachable
from health_monitor.flows.unsubscribe import opt_out
from health_monitor.flows.want_rescoring import want_rescoring
from health_monitor.model.errors import AlreadyDone, BadRecord
from health_monitor.model.outreach import Conversation, MailStatus, Step, Suppression, action_id, tag_of, thread_key
from health_monitor.model.routing import Routing
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.dossiers import Dossiers
from health_monitor.ports.outreach import Conversations, Suppressions, Threads

SOURCE = "aws.ses"
STATUS: dict[str, tuple[MailStatus, str]] = {
    "Send": ("sent", "SES took it"),
    "Delivery": ("delivered", "the recipient's mail server took it"),
    "Bounce": ("bounced", "it came back"),
    "Complaint": ("complained", "the recipient reported it as spam"),
    "Reject": ("bounced", "SES did not send it on, because of what it contains"),
}
"""SES's word for it, ours, and a sentence; every other event of SES changes nothing."""


class Ears(NamedTuple):
    """What hearing works with."""

    conversations: Conversations
    threads: Threads
    suppressions: Suppressions
    outbox: Outbox
    accounts: Accounts
    dossiers: Dossiers
    routing: Routing


class _Mail(BaseModel):
    messageId: str  # noqa: N815  (SES's word)
    timestamp: AwareDatetime
    tags: dict[str, list[str]] = Field(default_factory=dict)


class _Bounce(BaseModel):
    bounceType: str = ""  # noqa: N815  (SES's word)


class _Detail(BaseModel):
    eventType: str  # noqa: N815  (SES's word)
    mail: _Mail
    bounce: _Bounce = _Bounce()


class _Event(BaseModel):
    """An EventBridge event; what we do not read is ignored."""

    source: str
    account: str
    time: AwareDatetime
    detail: _Detail


def hear_mail_event(event: Mapping[str, Any], account: str, ears: Ears) -> str:
    """What was heard, for the log: the new status, or why nothing changed. Any order, and twice, comes to the same.

    `account`: our own AWS account. Raises BadRecord for an event that SES cannot have sent to us.
    """
    heard = _read(event, account)
    known = STATUS.get(heard.detail.eventType)
    if known is None:
        return f"ignored: {heard.detail.eventType[:40]}"
    found = _find(heard.detail.mail, ears)
    if found is None:
        return "ignored: not about one of our mails"
    try:
        changed = _settle(*found, heard, ears)
    except AlreadyDone:
        return "ignored: erased meanwhile"
    _suppress(changed, found[1], heard, ears)
    tell(ears.outbox, changed)
    return known[0]


def _settle(conversation: Conversation, step: Step, heard: _Event, ears: Ears) -> Conversation:
    status, because = STATUS[heard.detail.eventType]
    days = ears.routing.follow_up_days if step == "check_in" else ears.routing.task_after_days
    settled = partial(
        sending.settle, step=step, at=heard.time, status=status, because=because, follow_up=timedelta(days=days),
        receipt=heard.detail.mail.messageId,
    )  # fmt: skip
    return change(ears.conversations, conversation.conversation_id, settled)


def _read(event: Mapping[str, Any], account: str) -> _Event:
    try:
        heard = _Event.model_validate(event)
    except ValueError as error:
        raise BadRecord("event", "it is no event of SES", "see which rule sends it here") from error
    if heard.source != SOURCE or heard.account != account:
        raise BadRecord("source", "it is not from SES in this AWS account", "see which rule sends it here")
    return heard


def _find(mail: _Mail, ears: Ears) -> tuple[Conversation, Step] | None:
    for tag in mail.tags.get("action", []):
        name = ears.threads.find(thread_key("tag", tag))
        conversation = ears.conversations.get(name) if name else None
        if conversation:
            return next(
                (
                    (conversation, one.step)
                    for one in conversation.mails
                    if tag_of(action_id(conversation.conversation_id, conversation.contact_id, one.step)) == tag
                ),
                None,
            )
    return None


def _suppress(conversation: Conversation, step: Step, heard: _Event, ears: Ears) -> None:
    """A full mailbox is no reason; an address that does not exist, and a person who complained, are."""
    address, at = conversation.mail(step).to or conversation.contact_email, heard.time
    if not address:
        return
    if heard.detail.eventType == "Complaint":
        ears.suppressions.add(address, Suppression(reason="complained", at=at, source="ses"))
        opt_out(conversation.account_id, address, at, "the contact reported a mail as spam", ears)
    if heard.detail.eventType == "Bounce" and heard.detail.bounce.bounceType == "Permanent":
        ears.suppressions.add(address, Suppression(reason="bounced", at=at, source="ses"))
        news = tell_unreachable(conversation.account_id, address, at, ears.accounts, ears.dossiers)
        want_rescoring(news, at.date(), ears.outbox)
