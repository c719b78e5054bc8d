"""Nobody answered, or a time is over: look again at what is so now, and do the one thing that follows.

A conversation without an answer is followed up once: by another mail where mail goes out by itself, else by a draft on
the CSM's card. When that is not answered either, or not sent, the CSM gets a task. Whatever is told is told again when
an errand comes again, because who did it before may have died before telling.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from health_monitor.act import conversation as steps
from health_monitor.act import sending
from health_monitor.flows.conversing import TASK, change, tell
from health_monitor.flows.respond import first_answer, response_of
from health_monitor.flows.send_outreach import tell_uncertain
from health_monitor.model.alert import Errand, Message
from health_monitor.model.dossier import EMPTY
from health_monitor.model.outreach import Conversation, Ending, Mail
from health_monitor.model.usage import Resolution
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts, Outbox
from health_monitor.ports.dossiers import Dossiers
from health_monitor.ports.outreach import Conversations, Suppressions

NO_ANSWER = "nobody answered the follow-up"
NOT_FOLLOWED_UP = "nobody answered, and the follow-up was not sent"
_LEASE_OVER = "whoever sent it did not say what became of it"


@dataclass(frozen=True)
class Desk:
    """What following up works with. `draft` words the follow-up of a conversation as of a moment."""

    conversations: Conversations
    alerts: Alerts
    accounts: Accounts
    dossiers: Dossiers
    suppressions: Suppressions
    outbox: Outbox
    draft: Callable[[Conversation, datetime], Mail]
    task_after: timedelta
    operations_email: str


def follow_up(errand: Errand, desk: Desk, now: datetime) -> str:
    """Do what is due for the conversation; what happened, for the log. Raises AlreadyDone when it was erased."""
    at = errand.as_of or now
    before = desk.conversations.get(errand.conversation_id)
    changed = change(desk.conversations, errand.conversation_id, lambda known: _advance(known, at, desk))
    _tell(changed, desk)
    return "nothing was due" if changed == before else changed.log[-1].what


def _advance(known: Conversation, at: datetime, desk: Desk) -> Conversation:
    now = _expired(known, at)
    if now.ended:
        return now
    if now.snoozed_until and now.snoozed_until <= at:
        now = _anew(steps.wake(now, at))
    if not _is_due(now.follow_up_at, at) and not _is_due(now.task_at, at):
        return now
    ended = _over(now, at, desk)
    if ended is not None:
        return ended
    if _is_due(now.follow_up_at, at):
        return _followed(now, at, desk)
    if now.snoozed_until:
        return now.model_copy(update={"task_at": now.snoozed_until})
    return steps.ask_csm(now, at, NO_ANSWER if now.current.sent_at else NOT_FOLLOWED_UP)


def _expired(known: Conversation, at: datetime) -> Conversation:
    """A mail that was on its way for too long may have been sent."""
    for mail in known.mails:
        if mail.status == "sending" and _is_due(mail.sending_until, at):
            known = sending.unknown(known, mail.step, at, _LEASE_OVER)
    return known


def _over(known: Conversation, at: datetime, desk: Desk) -> Conversation | None:
    """The conversation as it ends when there is no reason left to go on; None when there still is."""
    dossier = desk.dossiers.read([known.account_id], consistent=True).get(known.account_id, EMPTY)
    if touch := first_answer(known, dossier.touchpoints, at):
        return steps.answer(known, at, response_of(touch))
    alert = desk.alerts.get(known.alert_id)
    account = desk.accounts.read([known.account_id]).get(known.account_id)
    ending: tuple[Ending, str] | None = None
    if alert and alert.resolution is Resolution.RECOVERED:
        ending = ("recovered", "usage came back")
    elif account is None or account.last_day(at.date()) < at.date():
        ending = ("churned", "the account is no customer any more")
    elif known.contact_email and desk.suppressions.find(known.contact_email):
        ending = ("opted_out", "the contact gets no mail any more")
    return steps.end(known, at, *ending) if ending else None


def _followed(known: Conversation, at: datetime, desk: Desk) -> Conversation:
    """The one follow-up: it goes out by itself, if nothing is against it then, or waits for the CSM on a new card."""
    mail = desk.draft(known, at)
    begun = steps.follow(known, at, mail).model_copy(update={"task_at": at + desk.task_after})
    if not known.automatic or known.check_in.approved_by:
        return _anew(begun)  # whom a person wrote to hears from that person again
    if mail.lacks:
        because = f"nobody knows: {', '.join(mail.lacks)}"
        return _anew(steps.hand_over(begun, "follow_up", at, "missing_field", because))
    return steps.queue(begun, "follow_up", at, at, "no answer since the first mail")


def _anew(conversation: Conversation) -> Conversation:
    """A card that is rewritten is not noticed: the next one is posted as a new one."""
    return conversation.model_copy(update={"card": None})


def _tell(known: Conversation, desk: Desk) -> None:
    for mail in known.mails:
        if mail.status == "uncertain":
            tell_uncertain(known, mail.step, desk.outbox, desk.operations_email)
    current = known.current
    if current.step == "follow_up" and current.status == "queued":
        name = known.conversation_id
        errand_id = f"{name}/outreach/follow_up"
        desk.outbox.put([Errand(errand_id=errand_id, channel="outreach", conversation_id=name, step="follow_up")])
    if known.ended == "no_response":
        desk.outbox.put([_task(known, desk.operations_email)])
    tell(desk.outbox, known)


def _task(known: Conversation, operations_email: str) -> Message:
    name = known.contact_name or "the contact"
    because = next(one.because for one in reversed(known.log) if one.what == "task")
    text = (
        f"Please get in touch with {name} at {known.account_id} yourself: {because}.\n"
        "No more mail goes out by itself about this alert.\n\n"
        f"What was sent and why: health-monitor why {known.account_id}\n"
    )
    return Message(
        message_id=f"{known.conversation_id}/{TASK}", channel="email", to=known.csm_email or operations_email,
        subject=f"{known.account_id}: no answer; please get in touch", text=text,
    )  # fmt: skip


def _is_due(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment <= at
