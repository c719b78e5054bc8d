"""Why was this (not) sent? Every decision about an account's mail, in the order in which it was made."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from health_monitor.act.difference import edited
from health_monitor.decide.window import zone_of
from health_monitor.flows.go_live import standing
from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import Conversation, Entry, Mail
from health_monitor.ports.world import World

WORDS = {
    "drafted": "a draft was written", "queued": "it was queued to go out by itself", "waits": "it waits",
    "not_sent": "it was not sent", "edited": "the text was changed", "approved": "send was pressed",
    "sending": "it was handed to the mail provider", "sent": "it was sent", "delivered": "it was delivered",
    "bounced": "it came back", "complained": "the recipient complained", "uncertain": "it may have been sent",
    "cancelled": "it was cancelled", "withheld": "it was withheld", "answered": "the customer answered",
    "snoozed": "it was put off", "woken": "it is shown again", "dismissed": "somebody said: not a risk",
    "follow_up_due": "a follow-up was begun", "task": "the CSM got a task", "escalated": "the drop became severe",
    "ended": "the conversation ended",
}  # fmt: skip
STEPS = {"check_in": "first mail", "follow_up": "follow-up", None: "conversation"}


class Told(NamedTuple):
    """A conversation as people read it: what it is, and each decision as (when, about what, what and why, who)."""

    title: str
    standing: str
    decisions: list[tuple[str, str, str, str]]
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
    told = [_told(one, _zone(one, bundle)) for one in reversed(world.conversations.of_account(account_id))]
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


def _zone(conversation: Conversation, bundle: Bundle) -> ZoneInfo:
    """The CSM's time, because the CSM reads it."""
    member = bundle.team.find(conversation.csm_email)
    return zone_of(member.timezone if member else None, bundle.routing.window.timezone)


def _told(one: Conversation, zone: ZoneInfo) -> Told:
    whom = one.contact_name or one.contact_email or "nobody"
    kind = "automatic" if one.automatic else "sent by a person"
    return Told(
        title=f"{one.conversation_id}: {one.severity} alert, to {whom}, {kind}",
        standing=_standing(one),
        decisions=list(_decisions(one, zone)),
        next=_next(one, zone),
    )


def _standing(one: Conversation) -> str:
    mails = ", ".join(f"{STEPS[mail.step]} {_status(mail)}" for mail in one.mails)
    ended = f"; ended: {one.ended.replace('_', ' ')}" if one.ended else ""
    return mails + ended


def _status(mail: Mail) -> str:
    words = {"uncertain": "may have been sent", "draft": "is a draft"}.get(mail.status, f"is {mail.status}")
    changed = edited(mail)
    return f"{words} (changed by a person: {changed})" if changed else words


def _decisions(one: Conversation, zone: ZoneInfo) -> Iterator[tuple[str, str, str, str]]:
    yield _at(_begun(one), zone) if one.log else str(one.opened_on), "route", "; ".join(one.reasons), "automatic"
    for entry in one.log:
        yield _at(entry.at, zone), STEPS[entry.step], _said(entry), entry.by


def _begun(one: Conversation) -> datetime:
    return one.log[0].at


def _said(entry: Entry) -> str:
    words, because = WORDS[entry.what], entry.because
    return words if because in ("", words) else f"{words}: {because}"


def _next(one: Conversation, zone: ZoneInfo) -> str | None:
    if one.next_at is None:
        return None
    what = {
        "queued": "it goes out", "approved": "it goes out", "sending": "it counts as uncertain if nothing is heard",
    }.get(one.current.status)  # fmt: skip
    if what is None:
        what = "the draft shows again" if one.snoozed_until else "the follow-up, or a task, is due"
    return f"{what} at {_at(one.next_at, zone)}"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
