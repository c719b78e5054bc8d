"""What handing a mail to the provider makes of a conversation, and what the provider tells of it, in any order."""

from datetime import datetime, timedelta
from typing import Any

from health_monitor.act.log import note
from health_monitor.act.mails import DONE, changing, handed_over_at, may_be_out, unsent
from health_monitor.model.account import Contact
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import OUT, Conversation, Mail, MailStatus, Step, What

LEASE = timedelta(minutes=10)
"""How long a mail may be on its way to the provider; after that nobody knows, and it is uncertain."""
_RANK: dict[MailStatus, int] = {"sending": 0, "uncertain": 0, "sent": 1, "delivered": 2, "bounced": 3, "complained": 4}
"""What a provider tells comes in any order: only the worse news replaces the better."""


def start_sending(conversation: Conversation, step: Step, at: datetime, contact: Contact | None = None) -> Conversation:
    """Written before the provider is asked: from here on it is never sent again by itself.

    contact: its person as they are now, where that was looked up.
    """
    mail = unsent(conversation, step)
    if mail.status == "draft":
        raise AlreadyDone("it is a draft; nobody has sent it")
    who = (contact.name, contact.email) if contact else (conversation.contact_name, conversation.contact_email)
    changed = changing(conversation, step, status="sending", sending_until=at + LEASE, to=who[1])
    return note(
        conversation, at, "sending", "sending", "handed to the provider", step=step, by=_sender(mail),
        contact_name=who[0], contact_email=who[1], **changed,
    )  # fmt: skip


def put_back(conversation: Conversation, step: Step, at: datetime, due_at: datetime, because: str) -> Conversation:
    """The provider was busy and certainly did not take it: it waits again."""
    mail = _on_its_way(conversation, step)
    if conversation.ended:
        return _called_off(conversation, step, at)
    status: MailStatus = "approved" if mail.approved_by else "queued"
    changed = changing(conversation, step, status=status, sending_until=None, due_at=due_at)
    return note(conversation, at, "waits", "provider_busy", because, step=step, **changed)


def refused(conversation: Conversation, step: Step, at: datetime, because: str) -> Conversation:
    """The provider certainly did not take it, and will not: the CSM decides."""
    _on_its_way(conversation, step)
    if conversation.ended:
        return _called_off(conversation, step, at)
    changed = changing(conversation, step, status="draft", sending_until=None, due_at=None, approved_by=None)
    return note(conversation, at, "not_sent", "provider_refused", because, step=step, **changed)


def sent(conversation: Conversation, step: Step, at: datetime, receipt: str, follow_up: timedelta) -> Conversation:
    """The provider took it; `follow_up`: after how long without an answer something else happens."""
    mail = conversation.mail(step)
    if mail.status not in ("sending", "uncertain"):
        raise AlreadyDone(DONE.get(mail.status, mail.status))
    changed = changing(
        conversation, step, status="sent", sending_until=None, due_at=None, sent_at=mail.sent_at or at, receipt=receipt
    )
    return note(
        conversation, at, "sent", "sent", "the provider took it", step=step, by=_sender(mail), **changed,
        **_what_follows(conversation, step, at, follow_up),
    )  # fmt: skip


def unknown(conversation: Conversation, step: Step, at: datetime, because: str) -> Conversation:
    """Nobody can say whether it was sent; it is not sent again until somebody knows."""
    _on_its_way(conversation, step)
    changed = changing(conversation, step, status="uncertain", sending_until=None, due_at=None)
    return note(conversation, at, "uncertain", "uncertain", because, step=step, **changed)


def settle(
    conversation: Conversation, step: Step, at: datetime, status: MailStatus, because: str, follow_up: timedelta,
    *, receipt: str = "", by: str = "provider",
) -> Conversation:  # fmt: skip
    """What the provider tells of a mail: sent, delivered, bounced or complained; old news changes nothing."""
    mail = conversation.mail(step)
    rank = 0 if may_be_out(conversation, mail) else _RANK.get(mail.status)
    if rank is None or _RANK[status] <= rank:
        return conversation
    changed = changing(
        conversation, step, status=status, sending_until=None, due_at=None,
        sent_at=mail.sent_at or handed_over_at(conversation, step) or at, receipt=mail.receipt or receipt or None,
    )  # fmt: skip
    follows: dict[str, Any] = {}
    if status in OUT and mail.status not in OUT:
        follows = _what_follows(conversation, step, mail.sent_at or at, follow_up)
    if status not in OUT:
        follows = {"follow_up_at": None, "task_at": None}
    what: What = status  # type: ignore[assignment]  # every status of _RANK that can be settled is a word of the log
    return note(conversation, at, what, status, because, step=step, by=by, **changed, **follows)


def _on_its_way(conversation: Conversation, step: Step) -> Mail:
    mail = conversation.mail(step)
    if mail.status != "sending":
        raise AlreadyDone(DONE.get(mail.status, f"it is {mail.status}"))
    return mail


def _called_off(conversation: Conversation, step: Step, at: datetime) -> Conversation:
    """It ended while the mail was on its way, and the provider did not take it: nobody wants it any more."""
    changed = changing(conversation, step, status="cancelled", sending_until=None, due_at=None)
    because = "the provider did not take it, and by then it was over"
    return note(conversation, at, "cancelled", conversation.ended or "", because, step=step, **changed)


def _sender(mail: Mail) -> str:
    return mail.approved_by or "automatic"


def _what_follows(conversation: Conversation, step: Step, at: datetime, after: timedelta) -> dict[str, Any]:
    if conversation.ended:
        return {}
    # A first mail that is sent anew after its follow-up is not followed up twice.
    followed = step == "follow_up" or conversation.follow_up is not None
    return {"task_at": at + after} if followed else {"follow_up_at": at + after}
