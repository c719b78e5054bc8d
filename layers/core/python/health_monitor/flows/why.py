"""Why was this (not) sent? Every decision about an account's mail, in the order in which it was made."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from health_monitor.act.difference import edited
from health_monitor.decide.routing import LINES
from health_monitor.decide.window import zone_of
from health_monitor.flows.go_live import standing
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import UNSENT, Conversation, Ending, Entry, Mail, MailStatus, What
from health_monitor.model.routing import Team
from health_monitor.ports.world import World

WORDS: dict[What, str] = {
    "drafted": "a draft was written", "queued": "it was queued to go out by itself", "waits": "it waits",
    "not_sent": "it was not sent", "edited": "the text was changed", "approved": "send was pressed",
    "sending": "it was handed to the mail provider", "sent": "the mail provider took it",
    "delivered": "it was delivered", "bounced": "it came back", "complained": "the recipient complained",
    "uncertain": "it may have been sent", "cancelled": "it was cancelled", "withheld": "it was withheld",
    "answered": "the customer answered", "snoozed": "it was put off", "woken": "it is shown again",
    "dismissed": "it is not a risk", "follow_up_due": "it was begun", "task": "the CSM got a task",
    "escalated": "the drop became severe", "reassigned": "it is another CSM's now", "ended": "nothing more is sent",
}  # fmt: skip
DID: dict[What, str] = {
    "edited": "changed the text", "approved": "pressed send", "cancelled": "cancelled it", "snoozed": "put it off",
    "dismissed": "says that it is not a risk",
}  # fmt: skip
"""What a person did, after their name."""
ENOUGH = frozenset({
    "handed to the provider", "the provider took it", "the recipient's mail server took it", "a person pressed send",
    "the text was changed", "the time is over", "not a risk", "cancelled",
})  # fmt: skip
"""Reasons that only say once more what was done."""
ANSWERS = {
    "reply": "the customer answered", "meeting": "the customer booked a meeting",
    "ticket": "the customer opened a ticket", "csm_contact": "the CSM is in contact with the customer",
}  # fmt: skip
STATUS: dict[MailStatus, str] = {
    "draft": "is a draft", "queued": "waits to go out by itself", "approved": "is being sent",
    "sending": "is on its way to the mail provider", "sent": "was sent", "delivered": "was delivered",
    "bounced": "came back", "complained": "was sent, and the recipient complained", "uncertain": "may have been sent",
    "cancelled": "was cancelled", "withheld": "is withheld",
}  # fmt: skip
ENDED: dict[Ending, str] = {
    "answered": "the customer answered", "recovered": "usage recovered", "churned": "the account left",
    "opted_out": "the contact wants no mail", "dismissed": "it is not a risk", "no_response": "nobody answered",
    "erased": "the contact was erased",
}  # fmt: skip
STEPS = {"check_in": "first mail", "follow_up": "follow-up", None: "conversation"}


class People(NamedTuple):
    """Who is who: the account's contacts by id, and our colleagues. The log itself names nobody."""

    contacts: Mapping[str, str]
    team: Team

    def colleague(self, email: str) -> str:
        """Their name, else their address."""
        member = self.team.find(email)
        return (member.name if member else None) or email


class Told(NamedTuple):
    """A conversation as people read it: what it is, and each decision as (when, about what, what and why)."""

    title: str
    standing: str
    decisions: list[tuple[str, str, str]]
    next: str | None


def why(account_id: str, world: World, bundle: Bundle) -> tuple[str, list[Told]]:
    """A sentence about the whole, and every conversation of the account, the latest first.

    Raises NeedsHuman when there is no such account.
    """
    account = world.accounts.read([account_id]).get(account_id)
    if account is None:
        raise NeedsHuman(
            f"there is no account {account_id!r}; health-monitor show {account_id} looks for its other names"
        )
    contacts = {one.contact_id: one.name for one in world.accounts.contacts(account_id) if one.name}
    found = reversed(world.conversations.of_account(account_id))
    told = [_told(one, _zone(one, bundle), _people(one, contacts, bundle)) for one in found]
    rule = standing(world.outreach_switch.get())
    if told:
        return rule, told
    alerts = world.alerts.of_account(account_id)
    if not alerts:
        return f"{account.label} never had an alert, so there was nothing to write about. {rule}", []
    last = alerts[-1]
    held = f", which is held back ({last.suppressed})" if last.suppressed else ""
    text = f"{account.label} had its last alert on {last.opened_on}{held}; no conversation was begun about it. {rule}"
    return text, []


def last_decision(one: Conversation, bundle: Bundle) -> str:
    """What was decided last about it, and why; empty when nothing was."""
    whole = one.model_copy(update={"reasons": ()})  # alone, it says the reasons that `why` says once above all
    return _said(one.log[-1], whole, _people(one, {}, bundle)) if one.log else ""


def mail_status(one: Conversation, bundle: Bundle) -> str:
    """How its latest mail stands, such as: follow-up is a draft, snoozed until 25 Nov."""
    until = one.snoozed_until.astimezone(_zone(one, bundle)) if one.snoozed_until else None
    asleep = f", snoozed until {until.day} {until:%b}" if until else ""
    return f"{STEPS[one.current.step]} {STATUS[one.current.status]}{asleep}"


def _zone(conversation: Conversation, bundle: Bundle) -> ZoneInfo:
    """The CSM's time, because the CSM reads it."""
    member = bundle.team.find(conversation.csm_email)
    return zone_of(member.timezone if member else None, bundle.routing.window.timezone)


def _people(one: Conversation, contacts: Mapping[str, str], bundle: Bundle) -> People:
    own = {one.contact_id: one.contact_name} if one.contact_id and one.contact_name else {}
    return People({**contacts, **own}, bundle.team)


def _told(one: Conversation, zone: ZoneInfo, people: People) -> Told:
    whom = one.contact_name or one.contact_email or "nobody"
    kind = "automatic" if one.automatic else "sent by a person"
    return Told(
        title=f"{one.conversation_id}: {one.severity} alert, to {whom}, {kind}",
        standing=_standing(one),
        decisions=list(_decisions(one, zone, people)),
        next=_next(one, zone),
    )


def _standing(one: Conversation) -> str:
    mails = ", ".join(f"{STEPS[mail.step]} {_status(mail)}" for mail in one.mails)
    ended = f"; it is over: {ENDED[one.ended]}" if one.ended else ""
    return mails + ended


def _status(mail: Mail) -> str:
    words, changed = STATUS[mail.status], edited(mail)
    return f"{words} (changed by a person: {changed})" if changed else words


def _decisions(one: Conversation, zone: ZoneInfo, people: People) -> Iterator[tuple[str, str, str]]:
    yield _at(one.log[0].at, zone) if one.log else str(one.opened_on), "alert", _at_first(one)
    # What a provider tells may come late; within a minute, the order in which it was written is the true one.
    moments = [(_moment(entry, one), entry) for entry in one.log if (entry.what, entry.code) != ("ended", "answered")]
    for at, entry in sorted(moments, key=lambda told: told[0].replace(second=0, microsecond=0)):
        yield _at(at, zone), STEPS[entry.step], _said(entry, one, people)


def _at_first(one: Conversation) -> str:
    """Why it was routed as it was on the day it opened; that it became severe is told where it did."""
    reasons = "; ".join(one.reasons)
    worse = any(entry.what == "escalated" for entry in one.log)
    return reasons.replace(LINES["high"], LINES["moderate"], 1) if worse else reasons


def _moment(entry: Entry, one: Conversation) -> datetime:
    """An answer is told with the moment at which the customer gave it, not when we heard of it."""
    return one.response.at if entry.what == "answered" and one.response else entry.at


def _said(entry: Entry, one: Conversation, people: People) -> str:
    because = _because(entry, one, people)
    if entry.what == "drafted" and because.startswith("to "):
        return f"{WORDS[entry.what]} {because}"
    words = _did(entry, people)
    if entry.what == "answered":
        return f"{words}, {because}; nothing more is sent"
    return words if because in ("", words) else f"{words}: {because}"


def _did(entry: Entry, people: People) -> str:
    if entry.what == "answered":
        return ANSWERS.get(entry.code, WORDS[entry.what])
    if "@" not in entry.by or entry.what in ("sending", "sent"):
        return WORDS[entry.what]
    who = people.colleague(entry.by)
    if entry.code == "recipient":
        return f"{who} chose another recipient"
    return f"{who} {DID[entry.what]}" if entry.what in DID else f"{WORDS[entry.what]} ({who})"


def _because(entry: Entry, one: Conversation, people: People) -> str:
    """The reason, without what is said already, and with names in place of ids and of `a person`."""
    because, reasons = entry.because, _at_first(one)
    if because in ENOUGH or because == reasons or entry.code == "recipient":
        return ""
    if entry.what == "drafted":
        return _named(because, people.contacts)
    if entry.what == "answered":
        because = because.removeprefix(f"{entry.code}, ")
    if "@" in entry.by:
        because = because.replace("a person says", f"{people.colleague(entry.by)} says")
    return because.removesuffix(f": {reasons}")


def _named(because: str, contacts: Mapping[str, str]) -> str:
    """`to 4711: …` and `not to 4711, …` with the contacts' names."""
    return re.sub(
        r"(^to |\(not to |; )([^\s:,;]+)(?=[:,])",
        lambda found: found[1] + contacts.get(found[2], found[2]), because,
    )  # fmt: skip


def _next(one: Conversation, zone: ZoneInfo) -> str | None:
    if one.next_at is None:
        return None
    return f"{_what_is_next(one)} on {_at(one.next_at, zone)}"


def _what_is_next(one: Conversation) -> str:
    if one.current.status in ("queued", "approved"):
        return "it goes out"
    if one.current.status == "sending":
        return "it counts as uncertain if nothing is heard"
    if one.snoozed_until == one.next_at:
        return "the draft shows again"
    unless = "it is not sent" if one.current.status in UNSENT else "nobody answers"
    return (
        "if nobody answers, it is followed up"
        if one.follow_up_at == one.next_at
        else f"if {unless}, the CSM gets a task"
    )


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
