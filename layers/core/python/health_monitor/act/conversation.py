"""How a conversation changes: every step is a function from what is stored to what will be, with its reason on record.

A change that no longer applies raises AlreadyDone, in words for whoever asked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from health_monitor.act.log import note
from health_monitor.act.mails import DONE, changing, may_be_out, never_left, unsent
from health_monitor.act.templates import still_lacks
from health_monitor.model.account import Contact
from health_monitor.model.alert import Fall
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import (
    UNSENT,
    Card,
    Conversation,
    Ending,
    Mail,
    Response,
    Step,
    What,
    Wording,
)

OLD_CARDS = 10
"""So many older cards are remembered while Slack cannot be reached."""
_SEVERE = "usage fell below the severe line"


def queue(conversation: Conversation, step: Step, at: datetime, due_at: datetime, because: str) -> Conversation:
    """It goes out by itself from that moment on, unless somebody stops it before."""
    mail = unsent(conversation, step)
    said: What = "waits" if mail.status == "queued" else "queued"
    code = f"due {due_at:%Y-%m-%dT%H:%M}Z"
    return note(
        conversation, at, said, code, because, step=step, **changing(conversation, step, status="queued", due_at=due_at)
    )


def hand_over(conversation: Conversation, step: Step, at: datetime, code: str, because: str) -> Conversation:
    """It does not go out by itself: it is a draft that the CSM decides about."""
    unsent(conversation, step)
    changed = changing(conversation, step, status="draft", due_at=None, approved_by=None)
    return note(conversation, at, "not_sent", code, because, step=step, **changed)


def wait(
    conversation: Conversation, step: Step, at: datetime, due_at: datetime, code: str, because: str
) -> Conversation:
    """Not now, but at that moment."""
    unsent(conversation, step)
    return note(conversation, at, "waits", code, because, step=step, **changing(conversation, step, due_at=due_at))


def edit(conversation: Conversation, step: Step, at: datetime, by: str, wording: Wording) -> Conversation:
    """Other words, by a person; when it goes out does not change. Not once somebody has pressed send on it."""
    mail = _undecided(conversation, step)
    changed = changing(conversation, step, wording=wording, lacks=still_lacks(mail, wording))
    return note(conversation, at, "edited", "edited", "the text was changed", step=step, by=by, **changed)


def address(conversation: Conversation, at: datetime, by: str, contact: Contact) -> Conversation:
    """To somebody else, as long as nobody has pressed send and nothing was sent."""
    _undecided(conversation, "check_in")
    if contact.contact_id == conversation.contact_id:
        return conversation
    if may_be_out(conversation, conversation.check_in):
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
        **changing(conversation, step, **changed),
    )  # fmt: skip


def cancel(conversation: Conversation, step: Step, at: datetime, by: str, code: str, because: str) -> Conversation:
    """It is never sent."""
    unsent(conversation, step)
    changed = changing(conversation, step, status="cancelled", due_at=None)
    return note(conversation, at, "cancelled", code, because, step=step, by=by, **changed)


def withhold(conversation: Conversation, step: Step, at: datetime, because: str) -> Conversation:
    """Everything allowed it, and it is left out, to see how the account fares without."""
    unsent(conversation, step)
    changed = changing(conversation, step, status="withheld", due_at=None)
    return note(conversation, at, "withheld", "holdout", because, step=step, **changed)


def reopen(conversation: Conversation, step: Step, at: datetime, by: str) -> Conversation:
    """A person knows that it was not sent after all: it is a draft again."""
    mail = conversation.mail(step)
    if mail.status not in ("uncertain", "bounced"):
        raise AlreadyDone(DONE.get(mail.status, f"it is {mail.status}"))
    changed = changing(conversation, step, status="draft", due_at=None, approved_by=None, sent_at=None, receipt=None)
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
        raise AlreadyDone(DONE.get(conversation.current.status, "it goes out by itself; cancel it instead"))
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
    conversation: Conversation, at: datetime, reasons: Sequence[str], tell: Sequence[Any], high_priority: bool,
    fall: Fall | None = None,
) -> Conversation:  # fmt: skip
    """The drop became severe: no mail goes out by itself any more, and its CSM decides anew about a first mail.

    What was put off, cancelled, withheld or called no risk before was so of a moderate drop. It happens once.
    """
    if conversation.severity != "moderate":
        return conversation
    now = conversation
    for mail in conversation.mails:
        if mail.status == "queued" or _may_be_decided_anew(conversation, mail):
            changed = changing(now, mail.step, status="draft", due_at=None, approved_by=None)
            now = note(now, at, "not_sent", "severe", _SEVERE, step=mail.step, **changed)
    changes: dict[str, Any] = {
        "severity": "high",
        "automatic": False,
        "reasons": tuple(reasons),
        "tell": tuple(tell),
        "high_priority": high_priority,
        "snoozed_until": None,
        "severe_fall": fall,
        "ended": None if conversation.ended == "dismissed" else conversation.ended,
    }
    because = f"{_SEVERE}, to {fall.percent} of usual" if fall else _SEVERE
    return note(now, at, "escalated", "severe", because, **changes)


def redraft(conversation: Conversation, at: datetime, mail: Mail, because: str) -> Conversation:
    """The first mail in other words of ours, as long as nobody has changed them and it is a draft that never left."""
    known = conversation.check_in
    if conversation.ended or known.status != "draft" or known.wording or not never_left(conversation, known):
        return conversation
    worded = mail.model_dump(include={"template", "suggested", "worded_by", "lacks"})
    changed = changing(conversation, "check_in", **(worded | {"suggested": mail.suggested}))
    return note(conversation, at, "drafted", mail.worded_by, because, step="check_in", **changed)


def carded(conversation: Conversation, card: Card) -> Conversation:
    """Where its card stands in Slack."""
    return conversation.model_copy(update={"card": card, "cards": conversation.cards + 1})


def outdated(conversation: Conversation, before: Conversation) -> Conversation:
    """Where its card stood before this change, if that asks for a newer one: the older one has to say so."""
    if before.card is None or conversation.card is not None:
        return conversation
    kept = (*conversation.old_cards, before.card)[-OLD_CARDS:]
    return conversation.model_copy(update={"old_cards": kept})


def replaced(conversation: Conversation, card: Card) -> Conversation:
    """An older card says by now that there is a newer one."""
    left = tuple(one for one in conversation.old_cards if one != card)
    return conversation.model_copy(update={"old_cards": left})


def measured(conversation: Conversation, day: int, index: float | None) -> Conversation:
    """The usage index so many days after it began; what was recorded before stands."""
    if day in conversation.index_at:
        return conversation
    return conversation.model_copy(update={"index_at": conversation.index_at | {day: index}})


def _undecided(conversation: Conversation, step: Step) -> Mail:
    mail = unsent(conversation, step)
    if mail.status == "approved":
        raise AlreadyDone(f"it is being sent; {mail.approved_by} pressed send")
    return mail


def _may_be_decided_anew(conversation: Conversation, mail: Mail) -> bool:
    given_up = mail.step == "check_in" and mail.status in ("cancelled", "withheld") and not conversation.follow_up
    return given_up and conversation.ended in (None, "dismissed")


def _alive(conversation: Conversation) -> None:
    if conversation.ended:
        said = next((one.because for one in reversed(conversation.log) if one.what == "ended"), conversation.ended)
        raise AlreadyDone(f"this is over: {said}")
