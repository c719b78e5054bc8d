"""How a conversation stands, in words: on its card, in App Home, in the email that stands in for Slack."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from health_monitor.model.outreach import UNSENT, Conversation, Entry, Mail, Step, Switch

STEPS: dict[Step, str] = {"check_in": "The check-in", "follow_up": "The follow-up"}
GO_LIVE = "health-monitor go-live"
DRAFTS_ONLY = f"Before go-live nothing goes out by itself; {GO_LIVE} changes that."
STOPPED = "All customer mail is stopped; health-monitor outreach start lets it go out again."
_HEARD = {
    "reply": "replied",
    "meeting": "booked a meeting",
    "ticket": "opened a ticket",
    "csm_contact": "is in contact with the CSM",
}


def moment(at: datetime, zone: str) -> str:
    """Such as Mon 2 Nov, 09:12 (Europe/Berlin)."""
    there = at.astimezone(ZoneInfo(zone))
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M} ({zone})"


def standing(conversation: Conversation, now: datetime, zone: str, switch: Switch) -> list[str]:
    """One sentence a line, the most important first."""
    lines = [_mail_line(conversation, mail, now, zone) for mail in reversed(conversation.mails)]
    if conversation.ended:
        return [_ending(conversation, zone), *lines]
    if conversation.snoozed_until and conversation.snoozed_until > now:
        lines.insert(0, f"Snoozed until {moment(conversation.snoozed_until, zone)}.")
    if due := conversation.follow_up_at:
        lines.append(f"If nobody answers, it is followed up on {moment(due, zone)}.")
    if due := conversation.task_at:
        lines.append(f"If nobody answers, the CSM gets a task on {moment(due, zone)}.")
    if conversation.current.status in UNSENT:
        lines += _held_up(switch)
    return lines


def needs_a_person(conversation: Conversation, now: datetime) -> bool:
    """Whether nothing goes on until somebody decides."""
    asleep = conversation.snoozed_until is not None and conversation.snoozed_until > now
    waits = conversation.current.status in ("draft", "uncertain", "bounced")
    return conversation.ended is None and waits and not asleep


def last(conversation: Conversation, step: Step | None, *whats: str) -> Entry | None:
    """The latest decision of these kinds."""
    found = (one for one in reversed(conversation.log) if one.what in whats and one.step == step)
    return next(found, None)


def _held_up(switch: Switch) -> list[str]:
    if switch.stopped:
        return [STOPPED]
    return [DRAFTS_ONLY] if switch.mode == "draft" else []


def _ending(conversation: Conversation, zone: str) -> str:
    entry = last(conversation, None, "ended")
    when = f" on {moment(entry.at, zone)}" if entry else ""
    if conversation.response:
        told = conversation.response
        who = conversation.contact_name or "The customer"
        return f"Answered: {who} {_HEARD[told.kind]} on {moment(told.at, zone)}, told by {told.source}."
    if conversation.ended == "dismissed":
        said = last(conversation, None, "dismissed")
        return f"Not a risk, says {said.by if said else 'somebody'}{when}."
    if conversation.ended == "no_response":
        return f"Nobody answered. The CSM has a task{when}: call them."
    return f"Over{when}: {entry.because if entry else conversation.ended}."


def _mail_line(conversation: Conversation, mail: Mail, now: datetime, zone: str) -> str:
    said = _SAID[mail.status]
    words = said if isinstance(said, str) else said(_Told(conversation, mail, now, zone))
    return f"{STEPS[mail.step]} {words}"


class _Told(NamedTuple):
    """One mail of a conversation, told at some moment to somebody in some zone."""

    conversation: Conversation
    mail: Mail
    now: datetime
    zone: str

    def when(self, at: datetime | None) -> str:
        return f" on {moment(at, self.zone)}" if at else ""


def _draft(one: _Told) -> str:
    if one.mail.lacks:
        return f"is a draft that lacks {', '.join(one.mail.lacks)}; fill it in before sending."
    entry = last(one.conversation, one.mail.step, "not_sent")
    return f"is a draft: {entry.because}." if entry else "is a draft; nobody has sent it."


def _queued(one: _Told) -> str:
    due = one.mail.due_at
    when = one.when(due) if due and due > one.now else " within the hour"
    return f"goes out by itself{when}, unless somebody stops it."


def _approved(one: _Told) -> str:
    return f"is being sent; {one.mail.approved_by} pressed send."


def _sent(one: _Told) -> str:
    mail = one.mail
    how = f"by {mail.approved_by}" if mail.approved_by else "by itself"
    words = ", with changed words" if mail.wording and mail.wording != mail.suggested else ""
    return f"was sent {how}{one.when(mail.sent_at)}{words}.{_FATE.get(mail.status, '')}"


def _cancelled(one: _Told) -> str:
    entry = last(one.conversation, one.mail.step, "cancelled")
    return f"was cancelled by {entry.by}: {entry.because}." if entry else "was cancelled."


_FATE = {
    "delivered": " It was delivered.",
    "bounced": " It bounced: nobody got it.",
    "complained": " The recipient marked it as spam.",
}
_SAID: dict[str, str | Callable[[_Told], str]] = {
    "draft": _draft,
    "queued": _queued,
    "approved": _approved,
    "sending": "is on its way to the mail provider.",
    "sent": _sent,
    "delivered": _sent,
    "bounced": _sent,
    "complained": _sent,
    "uncertain": "may have been sent, and nobody can say: look for it in the recipient's history, or ask them.",
    "cancelled": _cancelled,
    "withheld": "is withheld: the account is held out, to measure what mail is worth.",
}
