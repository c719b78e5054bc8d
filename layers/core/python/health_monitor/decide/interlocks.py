"""What may stop a customer mail at the moment when it would go out, in one order, each in words that say what to do.

A person's click is stopped only by what makes a mail impossible or forbidden; automatic mail by everything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from health_monitor.decide.reach import can_be_mailed, is_never_written_to
from health_monitor.decide.window import first_open, is_set, zone_of
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Alert
from health_monitor.model.outreach import Conversation, Flag, Mail, Step, Suppression, Switch
from health_monitor.model.records import Ticket, Touchpoint
from health_monitor.model.routing import Routing
from health_monitor.model.usage import Resolution


class Verdict(NamedTuple):
    """go: send it now. wait: until `until`. hand_over: a person decides. end: the conversation is over, as `code`."""

    do: Literal["go", "wait", "hand_over", "end"]
    code: str = ""
    because: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Circumstances:
    """What is so now. `not_from`: why mail cannot come from the CSM's address; `not_simple`: what makes it complex.

    doubts: why its usage alone does not say how it stands, by code.
    """

    account: Account | None
    alert: Alert | None
    contact: Contact | None
    csm_timezone: str | None = None
    in_pilot: bool = False
    suppression: Suppression | None = None
    provider_suppressed: bool = False
    not_from: str | None = None
    not_simple: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    csm_flags: tuple[Flag, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    others: tuple[Conversation, ...] = ()


class Question(NamedTuple):
    """One mail that would go out now, and everything that may stop it."""

    conversation: Conversation
    mail: Mail
    known: Circumstances
    routing: Routing
    switch: Switch
    now: datetime


Interlock = Callable[[Question], Verdict | None]
GO = Verdict("go")
NO_TALK = frozenset(("note", "ticket", "webinar", "community", "help_centre"))
"""Touchpoints in which nobody of ours and nobody of theirs spoke with each other."""
_ANYWAY = "send it yourself if it fits all the same"


def check(
    conversation: Conversation, step: Step, known: Circumstances, routing: Routing, switch: Switch, now: datetime
) -> Verdict:
    """The first thing that stops this mail; whether it is a person's or automatic, its status says."""
    mail = conversation.mail(step)
    question = Question(conversation, mail, known, routing, switch, now)
    by_person = mail.status == "approved"
    asked = (*OVER, *IMPOSSIBLE) if by_person else (*OVER, *NOT_LIVE, *IMPOSSIBLE, *UNWELCOME, _not_yet)
    found = (interlock(question) for interlock in asked)
    return next((verdict for verdict in found if verdict), GO)


def _over(asked: Question) -> Verdict | None:
    ended = asked.conversation.ended
    return Verdict("end", ended, "this conversation is over") if ended else None


def _churned(asked: Question) -> Verdict | None:
    account = asked.known.account
    if account is None:
        return Verdict("end", "churned", "the account is not known any more")
    left = account.churn_date
    if left is None or left > asked.now.date():
        return None
    return Verdict("end", "churned", f"the account left on {left}; nothing is sent to it")


def _recovered(asked: Question) -> Verdict | None:
    alert = asked.known.alert
    if asked.mail.status == "approved" or alert is None or alert.resolution is not Resolution.RECOVERED:
        return None
    return Verdict("end", "recovered", f"usage recovered on {alert.resolved_on}; there is nothing to write about")


def _not_live(asked: Question) -> Verdict | None:
    if asked.switch.mode != "draft":
        return None
    return _draft("not_live", "automatic mail is off; read it and send it, or switch it on: health-monitor go-live")


def _not_in_pilot(asked: Question) -> Verdict | None:
    if asked.switch.mode != "pilot" or asked.known.in_pilot:
        return None
    because = "the account is not in the pilot; send it yourself, or go live for all: health-monitor go-live"
    return _draft("not_in_pilot", because)


def _stopped(asked: Question) -> Verdict | None:
    if not asked.switch.stopped:
        return None
    return _draft("stopped", "all customer mail is stopped; send it after: health-monitor outreach start")


def _no_recipient(asked: Question) -> Verdict | None:
    contact = asked.known.contact
    if contact is None:
        return _draft("no_recipient", "the account has nobody to write to; add a contact in the CRM, or call")
    if contact.departed_on and contact.departed_on <= asked.now.date():
        return _draft("no_recipient", "the contact has left; choose another contact, or call")
    if is_never_written_to(contact, asked.routing):
        return _draft("no_recipient", f"nothing is sent to a contact in the role of {contact.role}; talk to them")
    return None


def _no_address(asked: Question) -> Verdict | None:
    contact = asked.known.contact
    address = contact.email if contact else None
    if not address:
        return _draft("no_address", "the contact has no email address; add it in the CRM, or call")
    if not can_be_mailed(address):
        return _draft("no_address", "the contact's email address is none that mail can go to; correct it in the CRM")
    return None


def _missing_field(asked: Question) -> Verdict | None:
    final = asked.mail.final
    lacking = [*asked.mail.lacks, *(name for name in ("subject", "text") if not getattr(final, name).strip())]
    if not lacking:
        return None
    lacks = ", ".join(lacking)
    return _draft("missing_field", f"nobody told us {lacks}; edit the text so that it says nothing wrong, then send")


def _suppressed(asked: Question) -> Verdict | None:
    suppression = asked.known.suppression
    if suppression is None:
        return None
    said = {
        "unsubscribed": "the contact does not want mail like this; call, or choose another contact",
        "bounced": "mail to this address came back; correct the address in the CRM, or call",
        "complained": "the contact reported our mail as spam; never mail them again, call if you must",
    }
    return _draft(suppression.reason, f"{said[suppression.reason]} (since {suppression.at:%Y-%m-%d})")


def _provider_suppressed(asked: Question) -> Verdict | None:
    if not asked.known.provider_suppressed:
        return None
    because = "the mail provider refuses this address after a bounce or complaint; correct it in the CRM, or call"
    return _draft("provider_suppressed", because)


def _no_csm(asked: Question) -> Verdict | None:
    if asked.conversation.csm_email:
        return None
    return _draft("no_csm", "the account has no CSM whose address it could come from; assign one in the CRM")


def _sender_not_verified(asked: Question) -> Verdict | None:
    because = asked.known.not_from
    return _draft("sender_not_verified", because) if because else None


def is_open_p1(ticket: Ticket) -> bool:
    """Whether it is of the highest severity, and nobody has solved it."""
    return ticket.severity == "p1" and ticket.solved_at is None


def _open_p1(asked: Question) -> Verdict | None:
    opened = [one for one in asked.known.tickets if is_open_p1(one)]
    if not opened:
        return None
    because = f"a P1 ticket is open since {opened[0].opened_at:%Y-%m-%d}; see to that first, then decide about the mail"
    return _draft("open_p1", because)


def _flagged(kind: str, code: str, said: str, instead: str = _ANYWAY) -> Interlock:
    def interlock(asked: Question) -> Verdict | None:
        flags = asked.known.csm_flags if kind == "away" else asked.known.flags
        found = next((one for one in flags if one.kind == kind and is_set(one, asked.now)), None)
        if found is None:
            return None
        until = f" until {found.until}" if found.until else ""
        return _draft(code, f"{said}{until} ({found.because}); {instead}")

    return interlock


def _live_conversation(asked: Question) -> Verdict | None:
    since = asked.now - timedelta(days=asked.routing.live_conversation_days)
    talks = [one.at for one in asked.known.touchpoints if one.at >= since and _is_talk(one, asked.mail.step)]
    talks += [at for one in asked.known.others if (at := _written_by_a_person(one)) and at >= since]
    if not talks:
        return None
    because = f"you are in contact with the account, last on {max(talks):%Y-%m-%d}; add this to it if it fits"
    return _draft("live_conversation", because)


def _is_talk(one: Touchpoint, step: Step) -> bool:
    """Our own first mail may be in the CRM's log, too: it is no reason against the one that follows it."""
    if one.automatic or one.kind in NO_TALK:
        return False
    return step == "check_in" or one.inbound or one.kind != "email"


def _written_by_a_person(other: Conversation) -> datetime | None:
    moments = [mail.sent_at for mail in other.mails if mail.sent_at and mail.approved_by]
    if other.response:
        moments.append(other.response.at)
    return max(moments, default=None)


def _severe(asked: Question) -> Verdict | None:
    alert = asked.known.alert
    if asked.conversation.automatic and (alert is None or alert.severity == "moderate"):
        return None
    return _draft("severe", "usage fell so far that a person decides; read it, edit it and send it, or call")


def _complex_now(asked: Question) -> Verdict | None:
    if not asked.known.not_simple:
        return None
    return _draft("complex_now", f"{'; '.join(asked.known.not_simple)}: a person decides about mail to this account")


def _doubt(code: str) -> Interlock:
    def interlock(asked: Question) -> Verdict | None:
        because = asked.known.doubts.get(code)
        return _draft(code, f"{because}: a person decides about mail to this account") if because else None

    return interlock


def _not_yet(asked: Question) -> Verdict | None:
    """The hold counts from when it stopped being a draft, so that waiting for another reason never lengthens it."""
    conversation, mail, now = asked.conversation, asked.mail, asked.now
    log = reversed(conversation.log)
    queued_at = next((one.at for one in log if one.what == "queued" and one.step == mail.step), now)
    held_until = queued_at + timedelta(hours=asked.routing.hold(conversation.segment))
    contact = asked.known.contact
    zone = zone_of(contact.timezone if contact else None, asked.known.csm_timezone, asked.routing.window.timezone)
    at = first_open(max(now, held_until), asked.routing.window, zone)
    if at <= now:
        return None
    when = f"{at.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
    if held_until > now:
        return Verdict("wait", "review_hold", f"it goes out on {when}; until then edit, cancel or send it now", at)
    return Verdict(
        "wait", "outside_window", f"it is too early or too late for the recipient; it goes out on {when}", at
    )


def _csm_changed(asked: Question) -> Verdict | None:
    account, csm = asked.known.account, asked.conversation.csm_email
    if account is None or (account.csm_email or "").lower() == (csm or "").lower():
        return None
    because = (
        "the account has another CSM by now, and this would come from the one before; "
        "from the next night on it is theirs to send"
    )
    return _draft("csm_changed", because)


def _negotiation(asked: Question) -> Verdict | None:
    account = asked.known.account
    stage = ((account.renewal_stage if account else None) or "").strip().lower()
    if stage not in {name.lower() for name in asked.routing.negotiation_stages}:
        return None
    because = f"the renewal is being negotiated (its stage is {stage}); send it yourself if it fits all the same"
    return _draft("renewal_negotiation", because)


def _draft(code: str, because: str) -> Verdict:
    return Verdict("hand_over", code, because)


OVER: tuple[Interlock, ...] = (_over, _churned, _recovered)
"""What ends the conversation, whoever sends."""
NOT_LIVE: tuple[Interlock, ...] = (_not_live, _not_in_pilot)
"""Nothing goes out by itself yet."""
IMPOSSIBLE: tuple[Interlock, ...] = (
    _stopped, _no_recipient, _no_address, _missing_field, _suppressed, _provider_suppressed, _no_csm,
    _sender_not_verified,
)  # fmt: skip
"""Nor can a person send it."""
UNWELCOME: tuple[Interlock, ...] = (
    _open_p1,
    _flagged("escalation", "escalation", "the account has an open escalation"),
    _flagged("live_conversation", "live_conversation", "a conversation with the account is under way"),
    _live_conversation,
    _flagged("away", "csm_away", "the CSM is away", "nobody would read the answer; their manager or an admin decides"),
    _csm_changed,
    _flagged("renewal_negotiation", "renewal_negotiation", "the renewal is being negotiated"),
    _negotiation,
    _flagged("no_outreach", "no_outreach_flag", "somebody asked for no automatic mail to this account"),
    _severe,
    _doubt("override"),
    _doubt("provisional"),
    _complex_now,
)
"""A person may judge otherwise."""

CAP_CONTACT = "the contact got an automatic mail in the last {days} days; wait, or send this yourself"
CAP_ACCOUNT = "the account got {most} automatic mails in the last {days} days; wait, or send this yourself"
HELD_OUT = "the account is held out, to see how accounts fare without automatic mail (config/routing.yaml, holdout)"
