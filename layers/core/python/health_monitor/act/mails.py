"""A conversation's mails: what has become of each, as far as its log and its state tell."""

from datetime import datetime
from typing import Any

from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import UNSENT, Conversation, Mail, MailStatus, Step

FATES = frozenset({"sending", "uncertain", "sent", "delivered", "bounced", "complained"})
"""What the log says of a mail that was handed over."""
DONE: dict[MailStatus, str] = {
    "sending": "it is being sent", "sent": "it was sent", "delivered": "it was delivered", "bounced": "it bounced",
    "complained": "it was sent, and the recipient complained", "uncertain": "it may have been sent",
    "cancelled": "it was cancelled", "withheld": "it is withheld, because the account is held out",
}  # fmt: skip


def changing(conversation: Conversation, step: Step, **changes: Any) -> dict[str, Any]:
    """The one mail with these changes, for whoever writes the conversation."""
    return {step: conversation.mail(step).model_copy(update=changes)}


def unsent(conversation: Conversation, step: Step) -> Mail:
    """The mail, as long as nobody has handed it over. Raises AlreadyDone in words, LookupError when there is none."""
    mail = conversation.mail(step)
    if mail.status not in UNSENT:
        raise AlreadyDone(DONE[mail.status])
    return mail


def may_be_out(conversation: Conversation, mail: Mail) -> bool:
    """Whether a person made it a draft again that the provider may have taken: its word still counts."""
    told = (one.what for one in reversed(conversation.log) if one.step == mail.step and one.what in FATES)
    return mail.status in UNSENT | {"cancelled"} and next(told, None) == "uncertain"


def handed_over_at(conversation: Conversation, step: Step) -> datetime | None:
    """When its mail was last handed to the provider; None when it never was."""
    return max((one.at for one in conversation.log if one.what == "sending" and one.step == step), default=None)


def never_left(conversation: Conversation, mail: Mail) -> bool:
    """Whether it is given up for now, and the provider has certainly never taken it."""
    told = {one.what for one in conversation.log if one.step == mail.step}
    return mail.status in ("draft", "cancelled") and told.isdisjoint(FATES - {"sending"})
