"""How a conversation changes: every step is a function from what is stored to what will be, with its reason on record.

A change that no longer applies raises AlreadyDone, in words for whoever asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from health_monitor.act.log import note
from health_monitor.act.templates import still_lacks
from health_monitor.model.account import Contact
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import (
    OUT,
    UNSENT,
    Card,
    Conversation,
    Ending,
    Mail,
    MailStatus,
    Response,
    Step,
    What,
    Wording,
)

LEASE = timedelta(minutes=10)
"""How long a mail may be on its way to the provider; after that nobody knows, and it is uncertain."""
_RANK: dict[MailStatus, int] = {"sending": 0, "uncertain": 0, "sent": 1, "delivered": 2, "bounced": 3, "complained": 4}
"""What a provider tells comes in any order: only the worse news replaces the better."""
_FATES = frozenset({"sending", "uncertain", "sent", "delivered", "bounced", "complained"})
_SEVERE = "usage fell below the severe line"
_DONE: dict[MailStatus, str] = {
    "sending": "it is being sent", "sent": "it was sent", "delivered": "it was delivered", "bounced": "it bounced",
    "complained": "it was sent, and the recipient complained", "uncertain": "it may have been sent",
    "cancelled": "it was cancelled", "withheld": "it is withheld, because the account is held out",
}  # fmt: skip


def queue(conversation: Conversation, step: Step, at: datetime, due_at: datetime, because: str) -> Conversation:
    """It goes out by itself from that moment on, unless somebody stops it before."""
    mail = _unsent(conversation, step)
    said: What = "waits" if mail.status == "queued" else "queued"
    code = f"due {due_at:%Y-%m-%dT%H:%M}Z"
    return note(
        conversation, at, said, code, because, step=step, **_mail(conversation, step, status="queued", due_at=due_at)
    )


def hand_over(conversation: Conversation, step: Step, at: datetime, code: str, because: str) -> Conversation:
    """It does not go out by itself: it is a draft that the CSM decides about."""
    _unsent(conversation, step)
    changed = _mail(conversation, step, status="draft", due_at=None, approved_by=None)
    return note(conversation, at, "not_sent", code, because, step=step, **changed)


def wait(
    conversation: Conversation, step: Step, at: datetime, due_at: datetime, code: str, because: str
) -> Conversation:
    """Not now, but at that moment."""
    _unsent(conversation, step)
    return note(conversation, at, "waits", code, because, step=step, **_mail(conversation, step, due_at=due_at))


def edit(conversation: Conversation, step: Step, at: datetime, by: str, wording: Wording) -> Conversation:
    """Other words, by a person; when it goes out does not change. Not once somebody has pressed send on it."""
    mail = _undecided(conversation, step)
    changed = _mail(conversation, step, wording=wording, lacks=still_lacks(mail, wording))
    return note(conversation, at, "edited", "edited", "the text was changed", step=step, by=by, **changed)


def address(conversation: Conversation, at: datetime, by: str, contact: Contact) -> Conversation:
    """To somebody else, as long as nobody has pressed send and nothing was sent."""
    _undecided(conversation, "check_in")
    if contact.contact_id == conversation.contact_id:
        return conversation
    if _may_be_out(conversation, conversation.check_in):
        raise AlreadyDone("it may have been sent to the person it was for; write to somebody else yourself")
    return note(
        conversation, at, "edited", "recipient", "another recipient was chosen", step="check_in", by=by,
        contact_id=contact.contact_id, contact_name=contact.name, contact_email=contact.email,
    )  # fmt: skip


def approve(
    conversation: Conversation, step: Step, at: datetime, by: str, wording: Wording | None = None
) -> Conversation:
    """A person sends it, now. Raises AlreadyDone when it is out, on its way, or no longer wanted."""
    mail = _undecided(conversation, step)
    _alive(conversation)
    changed: dict[str, Any] = {
        "status": "approved",
        "approved_by": by,
        "due_at": at,
        "wording": wording or mail.wording,
    }
    if wording:
        changed["lacks"] = still_lacks(mail, wording)
    return note(
        conversation, at, "approved", "approved", "a person pressed send", step=step, by=by, snoozed_until=None,
        **_mail(conversation, step, **changed),
    )  # fmt: skip


def cancel(conversation: Conversation, step: Step, at: datetime, by: str, code: str, because: str) -> Conversation:
    """It is never sent."""
    _unsent(conversation, step)
    changed = _mail(conversation, step, status="cancelled", due_at=None)
    return note(conversation, at, "cancelled", code, because, step=step, by=by, **changed)


def withhold(conversation: Conversation, step: Step, at: datetime, because: str) -> Conversation:
    """Everything allowed it, and it is left out, to see how the account fares without."""
    _unsent(conversation, step)
    changed = _mail(conversation, step, status="withheld", due_at=None)
    return note(conversation, at, "withheld", "holdout", because, step=step, **changed)


def start_sending(conversation: Conversation, step: Step, at: datetime, contact: Contact | None = None) -> Conversation:
    """Written before the provider is asked: from here on it is never sent again by itself.

    contact: its person as they are now, where that was looked up.
    """
    mail = _unsent(conversation, step)
    if mail.status == "draft":
        raise AlreadyDone("it is a draft; nobody has sent it")
    who = (contact.name, contact.email) if contact else (conversation.contact_name, conversation.contact_email)
    changed = _mail(conversation, step, status="sending", sending_until=at + LEASE, to=who[1])
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
    changed = _mail(conversation, step, status=status, sending_until=None, due_at=due_at)
    return note(conversation, at, "waits", "provider_busy", because, step=step, **changed)


def refused(conversation: Conversation, step: Step, at: datetime, because: str) -> Conversation:
    """The provider certainly did not take it, and will not: the CSM decides."""
    _on_its_way(conversation, step)
    if conversation.ended:
        return _called_off(conversation, step, at)
    changed = _mail(conversation, step, status="draft", sending_until=None, due_at=None, approved_by=None)
    return note(conversation, at, "not_sent", "provider_refused", because, step=step, **changed)


def sent(conversation: Conversation, step: Step, at: datetime, receipt: str, follow_up: timedelta) -> Conversation:
    """The provider took it; `follow_up`: after how long without an answer something else happens."""
    mail = conversation.mail(step)
    if mail.status not in ("sending", "uncertain"):
        raise AlreadyDone(_DONE.get(mail.status, mail.status))
    changed = _mail(
        conversation, step, status="sent", sending_until=None, due_at=None, sent_at=mail.sent_at or at, receipt=receipt
    )
    return note(
        conversation, at, "sent", "sent", "the provider took it", step=step, by=_sender(mail), **changed,
        **_what_follows(conversation, step, at, follow_up),
    )  # fmt: skip


def unknown(conversation: Conversation, step: Step, at: datetime, because: str) -> Conversation:
    """Nobody can say whether it was sent; it is not sent again until somebody knows."""
    _on_its_way(conversation, step)
    changed = _mail(conversation, step, status="uncertain", sending_until=None, due_at=None)
    return note(conversation, at, "uncertain", "uncertain", because, step=step, **changed)


def settle(
    conversation: Conversation, step: Step, at: datetime, status: MailStatus, because: str, follow_up: timedelta,
    *, receipt: str = "", by: str = "provider",
) -> Conversation:  # fmt: skip
    """What the provider tells of a mail: sent, delivered, bounced or complained; old news changes nothing."""
    mail = conversation.mail(step)
    rank = 0 if _may_be_out(conversation, mail) else _RANK.get(mail.status)
    if rank is None or _RANK[status] <= rank:
        return conversation
    changed = _mail(
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


def reopen(conversation: Conversation, step: Step, at: datetime, by: str) -> Conversation:
    """A person knows that it was not sent after all: it is a draft again."""
    mail = conversation.mail(step)
    if mail.status not in ("uncertain", "bounced"):
        raise AlreadyDone(_DONE.get(mail.status, f"it is {mail.status}"))
    changed = _mail(conversation, step, status="draft", due_at=None, approved_by=None, sent_at=None, receipt=None)
    return note(
        conversation, at, "not_sent", "reopened", "a person says that it did not arrive", step=step, by=by, **changed
    )


def answer(
    conversation: Conversation, at: datetime, response: Response, *, because: str = "", by: str = "customer"
) -> Conversation:
    """The customer answered: what was to follow does not. Only the first answer counts."""
    if conversation.response:
        return conversation
    said = because or f"{response.kind}, told by {response.source}"
    answered = note(conversation, at, "answered", response.kind, said, by=by, response=response)
    return end(answered, at, "answered", "the customer answered")


def end(conversation: Conversation, at: datetime, ending: Ending, because: str, by: str = "automatic") -> Conversation:
    """Nothing more happens by itself: what is unsent is cancelled."""
    if conversation.ended:
        return conversation
    ended = conversation
    for mail in conversation.mails:
        if mail.status in UNSENT:
            ended = cancel(ended, mail.step, at, by, ending, because)
    gone: dict[str, Any] = {"follow_up_at": None, "task_at": None, "snoozed_until": None}
    return note(ended, at, "ended", ending, because, by=by, ended=ending, **gone)


def snooze(conversation: Conversation, at: datetime, by: str, until: datetime) -> Conversation:
    """Not now: a draft waits until then, and then shows again."""
    _alive(conversation)
    if conversation.current.status != "draft":
        raise AlreadyDone(_DONE.get(conversation.current.status, "it goes out by itself; cancel it instead"))
    because = f"until {until:%Y-%m-%d}"
    return note(conversation, at, "snoozed", because, because, by=by, snoozed_until=until)


def wake(conversation: Conversation, at: datetime) -> Conversation:
    """The time is over."""
    if conversation.snoozed_until is None:
        return conversation
    return note(conversation, at, "woken", "woken", "the time is over", snoozed_until=None)


def dismiss(conversation: Conversation, at: datetime, by: str, because: str) -> Conversation:
    """A person says that there is no risk."""
    _alive(conversation)
    said = note(conversation, at, "dismissed", "not_a_risk", because or "not a risk", by=by)
    return end(said, at, "dismissed", "a person says that there is no risk", by)


def follow(conversation: Conversation, at: datetime, mail: Mail) -> Conversation:
    """The follow-up begins, once, as a draft."""
    if conversation.follow_up:
        raise AlreadyDone("its follow-up has begun")
    _alive(conversation)
    because = "no answer since the first mail"
    return note(
        conversation, at, "follow_up_due", "no_answer", because, step="follow_up", follow_up=mail, follow_up_at=None
    )


def ask_csm(conversation: Conversation, at: datetime, because: str) -> Conversation:
    """Nobody answered the follow-up either: the CSM gets a task, and nothing more happens by itself."""
    if conversation.ended:
        return conversation
    asked = note(conversation, at, "task", "no_response", because, task_at=None)
    return end(asked, at, "no_response", because)


def escalate(
    conversation: Conversation, at: datetime, reasons: Sequence[str], tell: Sequence[Any], high_priority: bool
) -> Conversation:
    """The drop became severe: no mail goes out by itself any more, and its CSM decides anew about a first mail.

    What was put off, cancelled, withheld or called no risk before was so of a moderate drop. It happens once.
    """
    if conversation.severity != "moderate":
        return conversation
    now = conversation
    for mail in conversation.mails:
        if mail.status == "queued" or _may_be_decided_anew(conversation, mail):
            changed = _mail(now, mail.step, status="draft", due_at=None, approved_by=None)
            now = note(now, at, "not_sent", "severe", _SEVERE, step=mail.step, **changed)
    changes: dict[str, Any] = {
        "severity": "high",
        "automatic": False,
        "reasons": tuple(reasons),
        "tell": tuple(tell),
        "high_priority": high_priority,
        "snoozed_until": None,
        "ended": None if conversation.ended == "dismissed" else conversation.ended,
    }
    return note(now, at, "escalated", "severe", _SEVERE, **changes)


def handed_over_at(conversation: Conversation, step: Step) -> datetime | None:
    """When its mail was last handed to the provider; None when it never was."""
    return max((one.at for one in conversation.log if one.what == "sending" and one.step == step), default=None)


def never_left(conversation: Conversation, mail: Mail) -> bool:
    """Whether it is given up for now, and the provider has certainly never taken it."""
    told = {one.what for one in conversation.log if one.step == mail.step}
    return mail.status in ("draft", "cancelled") and told.isdisjoint(_FATES - {"sending"})


def carded(conversation: Conversation, card: Card) -> Conversation:
    """Where its card stands in Slack."""
    return conversation.model_copy(update={"card": card, "cards": conversation.cards + 1})


def measured(conversation: Conversation, day: int, index: float | None) -> Conversation:
    """The usage index so many days after it began; what was recorded before stands."""
    if day in conversation.index_at:
        return conversation
    return conversation.model_copy(update={"index_at": conversation.index_at | {day: index}})


def _mail(conversation: Conversation, step: Step, **changes: Any) -> dict[str, Any]:
    return {step: conversation.mail(step).model_copy(update=changes)}


def _unsent(conversation: Conversation, step: Step) -> Mail:
    mail = conversation.mail(step)
    if mail.status not in UNSENT:
        raise AlreadyDone(_DONE[mail.status])
    return mail


def _undecided(conversation: Conversation, step: Step) -> Mail:
    mail = _unsent(conversation, step)
    if mail.status == "approved":
        raise AlreadyDone(f"it is being sent; {mail.approved_by} pressed send")
    return mail


def _on_its_way(conversation: Conversation, step: Step) -> Mail:
    mail = conversation.mail(step)
    if mail.status != "sending":
        raise AlreadyDone(_DONE.get(mail.status, f"it is {mail.status}"))
    return mail


def _may_be_out(conversation: Conversation, mail: Mail) -> bool:
    """Whether a person made it a draft again that the provider may have taken: its word still counts."""
    told = (one.what for one in reversed(conversation.log) if one.step == mail.step and one.what in _FATES)
    return mail.status in UNSENT | {"cancelled"} and next(told, None) == "uncertain"


def _may_be_decided_anew(conversation: Conversation, mail: Mail) -> bool:
    given_up = mail.step == "check_in" and mail.status in ("cancelled", "withheld") and not conversation.follow_up
    return given_up and conversation.ended in (None, "dismissed")


def _called_off(conversation: Conversation, step: Step, at: datetime) -> Conversation:
    """It ended while the mail was on its way, and the provider did not take it: nobody wants it any more."""
    changed = _mail(conversation, step, status="cancelled", sending_until=None, due_at=None)
    because = "the provider did not take it, and by then it was over"
    return note(conversation, at, "cancelled", conversation.ended or "", because, step=step, **changed)


def _alive(conversation: Conversation) -> None:
    if conversation.ended:
        said = next((one.because for one in reversed(conversation.log) if one.what == "ended"), conversation.ended)
        raise AlreadyDone(f"this is over: {said}")


def _sender(mail: Mail) -> str:
    return mail.approved_by or "automatic"


def _what_follows(conversation: Conversation, step: Step, at: datetime, after: timedelta) -> dict[str, Any]:
    if conversation.ended:
        return {}
    # A first mail that is sent anew after its follow-up is not followed up twice.
    followed = step == "follow_up" or conversation.follow_up is not None
    return {"task_at": at + after} if followed else {"follow_up_at": at + after}
