"""How a conversation stands, in words: on its card, in App Home, in the email that stands in for Slack."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from health_monitor.act.blocks import fit, stamp
from health_monitor.model.outreach import UNSENT, Conversation, Entry, Mail, Step, Switch
from health_monitor.model.routing import Team

Said = tuple[str | datetime, ...]
"""A sentence in pieces: its words, and the moments among them, which every reader sees in their own time."""

STEPS: dict[Step, str] = {"check_in": "The check-in", "follow_up": "The follow-up"}
GO_LIVE = "health-monitor go-live"
DRAFTS_ONLY = f"before go-live nothing goes out by itself; {GO_LIVE} changes that."
STOPPED = "All customer mail is stopped; health-monitor outreach start lets it go out again."
NOT_LIVE = ("not_live", "not_in_pilot")
_SENT = ("sent", "delivered", "bounced", "complained")
_BY_CSM = ("severe", "high_value", "complex", "by_csm")
_HEARD = {
    "reply": "replied",
    "meeting": "booked a meeting",
    "ticket": "opened a ticket",
    "csm_contact": "is in contact with the CSM",
}


class Reader(NamedTuple):
    """For whom it is told: the CSM's zone, the recipient's where it is known, and who is who in the team."""

    zone: str = "UTC"
    theirs: str | None = None
    team: Team = Team()

    def calls(self, email: str | None) -> str:
        """A colleague's name, else their address, else somebody."""
        member = self.team.find(email)
        return (member.name if member else None) or email or "somebody"


def moment(at: datetime, zone: str) -> str:
    """Such as Mon 2 Nov, 09:12 (Europe/Berlin)."""
    there = at.astimezone(ZoneInfo(zone))
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M} ({zone})"


def day(on: date) -> str:
    """Such as 14 Oct 2026."""
    return f"{on.day} {on:%b %Y}"


def spoken(said: Said, zone: str) -> str:
    """As plain text, its moments in this zone."""
    return "".join(one if isinstance(one, str) else moment(one, zone) for one in said)


def marked(said: Said, zone: str) -> str:
    """For Slack, on one line: each reader sees moments in their own time, and in this zone where Slack cannot."""
    return "".join(
        fit(re.sub(r"\s+", " ", one), 400) if isinstance(one, str) else stamp(one, moment(one, zone)) for one in said
    )


def standing(conversation: Conversation, now: datetime, reader: Reader, switch: Switch) -> list[Said]:
    """One sentence a line, the most important first."""
    lines = [_mail_line(_Told(conversation, mail, now, reader, switch)) for mail in reversed(conversation.mails)]
    if conversation.ended:
        return [_ending(conversation, reader), *lines]
    if conversation.snoozed_until and conversation.snoozed_until > now:
        lines.insert(0, ("Snoozed until ", conversation.snoozed_until, "."))
    if due := conversation.follow_up_at:
        lines.append(("If nobody answers until ", due, ", it is followed up."))
    if due := conversation.task_at:
        unless = "it is not sent" if conversation.current.status in UNSENT else "nobody answers"
        lines.append((f"If {unless} until ", due, ", the CSM gets a task."))
    if conversation.current.status in UNSENT:
        lines += _held_up(conversation.current, switch)
    return lines


def settled(conversation: Conversation, step: Step, reader: Reader) -> Said | None:
    """What was done before to the mail that was clicked, by whom and when, in a few words; None where nothing was."""
    if conversation.ended:
        return _over(conversation, reader)
    mail, by = conversation.mail(step), last(conversation, step, "cancelled")
    if mail.status in _SENT:
        how = f"by {reader.calls(mail.approved_by)}" if mail.approved_by else "by itself"
        return f"Already sent {how}", *((", ", mail.sent_at) if mail.sent_at else ())
    if mail.status == "approved":
        return (f"{reader.calls(mail.approved_by)} pressed send already",)
    if mail.status == "cancelled" and by:
        return f"Already cancelled by {reader.calls(by.by)}, ", by.at
    return None


def _over(conversation: Conversation, reader: Reader) -> Said:
    said = last(conversation, None, "dismissed")
    if conversation.ended == "dismissed" and said:
        return f"Not a risk, says {reader.calls(said.by)} already, ", said.at
    entry = last(conversation, None, "ended")
    return (f"This is over: {entry.because if entry else conversation.ended}",)


def needs_a_person(conversation: Conversation, now: datetime) -> bool:
    """Whether nothing goes on until somebody decides."""
    asleep = conversation.snoozed_until is not None and conversation.snoozed_until > now
    waits = conversation.current.status in ("draft", "uncertain", "bounced")
    return conversation.ended is None and waits and not asleep


def last(conversation: Conversation, step: Step | None, *whats: str) -> Entry | None:
    """The latest decision of these kinds."""
    found = (one for one in reversed(conversation.log) if one.what in whats and one.step == step)
    return next(found, None)


def _held_up(mail: Mail, switch: Switch) -> list[Said]:
    if switch.stopped:
        return [(STOPPED,)]
    went_back = switch.mode == "draft" and mail.status == "queued"
    return [(f"It becomes a draft then: {DRAFTS_ONLY}",)] if went_back else []


def _ending(conversation: Conversation, reader: Reader) -> Said:
    entry = last(conversation, None, "ended")
    since: Said = (" since ", entry.at) if entry else ()
    if conversation.response:
        told = conversation.response
        who = conversation.contact_name or "The customer"
        return f"Answered: {who} {_HEARD[told.kind]}, ", told.at, f", told by {told.source}."
    if conversation.ended == "dismissed":
        said = last(conversation, None, "dismissed")
        when: Said = (", ", entry.at) if entry else ()
        return f"Not a risk, says {reader.calls(said.by if said else None)}", *when, "."
    if conversation.ended == "no_response":
        return "Nobody answered. The CSM has a task", *since, ": call them."
    return "Over", *since, f": {entry.because if entry else conversation.ended}."


def _mail_line(one: "_Told") -> Said:
    said = _SAID[one.mail.status]
    words = (said,) if isinstance(said, str) else said(one)
    return f"{STEPS[one.mail.step]} ", *words


class _Told(NamedTuple):
    """One mail of a conversation, told at some moment to somebody."""

    conversation: Conversation
    mail: Mail
    now: datetime
    reader: Reader
    switch: Switch


def _draft(one: _Told) -> Said:
    if one.mail.lacks:
        return (f"is a draft that lacks {', '.join(one.mail.lacks)}; fill it in before sending.",)
    entry = last(one.conversation, one.mail.step, "not_sent")
    if entry is None:
        return ("is a draft; nobody has sent it.",)
    if entry.code in NOT_LIVE:
        return (f"is a draft: {_why_not_live(one.switch)}",)
    return (f"is a draft: {'a person sends it' if entry.code in _BY_CSM else entry.because}.",)


def _why_not_live(switch: Switch) -> str:
    """As the switch stands now, whatever it was when the mail became a draft."""
    return {
        "draft": DRAFTS_ONLY,
        "pilot": f"the account is not in the pilot; send it yourself, or go live for all: {GO_LIVE}.",
        "live": "it is from before go-live; send it yourself.",
    }[switch.mode]


def _queued(one: _Told) -> Said:
    due = one.mail.due_at
    if due is None or due <= one.now:
        return ("goes out by itself within the hour, unless somebody stops it.",)
    return "goes out by itself, ", due, f"{_for_them(due, one.reader)}, unless somebody stops it."


def _for_them(at: datetime, reader: Reader) -> str:
    """What the recipient's clock says then, where it says something else than the CSM's."""
    if (
        reader.theirs is None
        or at.astimezone(ZoneInfo(reader.theirs)).utcoffset() == at.astimezone(ZoneInfo(reader.zone)).utcoffset()
    ):
        return ""
    return f", which is {moment(at, reader.theirs)} for the recipient"


def _approved(one: _Told) -> Said:
    return (f"is being sent; {one.reader.calls(one.mail.approved_by)} pressed send.",)


def _sent(one: _Told) -> Said:
    mail = one.mail
    how = f"by {one.reader.calls(mail.approved_by)}" if mail.approved_by else "by itself"
    when: Said = (", ", mail.sent_at) if mail.sent_at else ()
    words = ", with changed words" if mail.wording and mail.wording != mail.suggested else ""
    return f"was sent {how}", *when, f"{words}.{_FATE.get(mail.status, '')}"


def _cancelled(one: _Told) -> Said:
    entry = last(one.conversation, one.mail.step, "cancelled")
    if entry is None:
        return ("was cancelled.",)
    who = "" if entry.by == "automatic" else f" by {one.reader.calls(entry.by)}"
    return (f"was cancelled{who}: {entry.because}.",)


_FATE = {
    "delivered": " It was delivered.",
    "bounced": " It bounced: nobody got it.",
    "complained": " The recipient marked it as spam.",
}
_SAID: dict[str, str | Callable[[_Told], Said]] = {
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
