"""What a person does to a conversation, from Slack or from here: who may, what is looked at first, and the change."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Literal, get_args

from health_monitor.act import conversation as steps
from health_monitor.act.drafting import first_name
from health_monitor.act.standing import STOPPED
from health_monitor.act.templates import still_lacks
from health_monitor.flows.conversing import change, tell
from health_monitor.model.account import Contact
from health_monitor.model.alert import Errand
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import CSM, UNSENT, Conversation, Flag, Step, Wording
from health_monitor.model.routing import Team
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations, Flags, OutreachSwitch, Suppressions

KINDS = tuple(kind for kind in get_args(Flag.model_fields["kind"].annotation) if kind != "away")
NOT_YOURS = "Only the account's CSM, their manager or an admin may decide here (config/team.yaml)."
NOBODY = "There is nobody to write to: add a contact with an address to the account, or call."
_NO_NAME = re.compile(r"\w+\s+,")
_SUPPRESSED = {
    "unsubscribed": "unsubscribed",
    "bounced": "could not be reached: the address bounced",
    "complained": "marked a mail as spam",
}


class Refused(NeedsHuman):
    """It is not done, and why, in words for whoever wanted it; `field`: what they have to change, if anything."""

    def __init__(self, why: str, field: Literal["to", "text"] | None = None) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True)
class Means:
    """What a person's decision is carried out with."""

    conversations: Conversations
    outbox: Outbox
    switch: OutreachSwitch
    suppressions: Suppressions


def find(name: str, conversations: Conversations) -> Conversation:
    """The conversation of that name, or the only one of that account that is not over.

    Raises NeedsHuman when there is none, or when there are several.
    """
    if found := conversations.get(name):
        return found
    known = [one for one in conversations.of_account(name) if one.ended is None]
    if len(known) == 1:
        return known[0]
    if known:
        names = ", ".join(one.conversation_id for one in known)
        raise NeedsHuman(f"{name} has {len(known)} conversations; give one of them: {names}")
    raise NeedsHuman(
        f"there is no conversation {name!r}, nor one with such an account; see health-monitor outreach list"
    )


def allow(conversation: Conversation, actor: str, team: Team) -> None:
    """Raises Refused unless the actor is the account's CSM, their manager or an admin."""
    if not team.may_act(actor, conversation.csm_email):
        raise Refused(NOT_YOURS)


def send(
    known: Conversation, step: Step, by: str, now: datetime, means: Means,
    *, wording: Wording | None = None, to: Contact | None = None,
) -> Conversation:  # fmt: skip
    """Press send, with other words or to somebody else. Raises Refused for what can be said at once; everything else
    is asked when the mail goes out. Raises AlreadyDone when it is out, on its way or no longer wanted.
    """
    mail = known.mail(step)
    if mail.status in UNSENT - {"approved"}:
        words = wording or mail.final
        if lacks := still_lacks(mail, words) if wording else mail.lacks:
            raise Refused(f"The draft lacks {', '.join(lacks)}: write it so that it reads well without.", "text")
        _reads_well(known, words, to)
        _may_be_sent(to.email if to else known.contact_email, means)

    def sends(stored: Conversation) -> Conversation:
        return steps.approve(_addressed(stored, by, now, to), step, now, by, wording)

    return carry_out(known.conversation_id, step, sends, means)


def edit(
    known: Conversation, step: Step, by: str, now: datetime, means: Means, wording: Wording, to: Contact | None = None
) -> Conversation:
    """Other words, or to somebody else. Raises Refused, and AlreadyDone when it is out or no longer wanted."""
    _reads_well(known, wording, to)

    def edits(stored: Conversation) -> Conversation:
        return steps.edit(_addressed(stored, by, now, to), step, now, by, wording)

    return carry_out(known.conversation_id, step, edits, means)


def cancel(known: Conversation, step: Step, by: str, now: datetime, means: Means) -> Conversation:
    """It is never sent. Raises AlreadyDone when it is out."""
    because = "a person decided not to send it"
    gone = partial(steps.cancel, step=step, at=now, by=by, code="cancelled", because=because)
    return carry_out(known.conversation_id, step, gone, means)


def carry_out(name: str, step: Step, fn: Callable[[Conversation], Conversation], means: Means) -> Conversation:
    """The change, then the mail if it is to be sent, the card and the CRM; a crash in between is swept up."""
    changed = change(means.conversations, name, fn)
    if changed.mail(step).status == "approved":
        errand_id = f"{name}/outreach/{step}/{changed.version}"
        means.outbox.put([Errand(errand_id=errand_id, channel="outreach", conversation_id=name, step=step)])
    tell(means.outbox, changed)
    return changed


def _addressed(stored: Conversation, by: str, now: datetime, to: Contact | None) -> Conversation:
    return steps.address(stored, now, by, to) if to else stored


def _reads_well(known: Conversation, wording: Wording, to: Contact | None) -> None:
    """Nobody ever reads `Hi ,`, nor another person's name."""
    greeting = wording.text.strip().partition("\n")[0]
    if _NO_NAME.match(greeting):
        raise Refused("It greets nobody: write the name, or leave the greeting out.", "text")
    before, after = first_name(known.contact_name), first_name(to.name) if to else None
    if to and before and before != after and re.search(rf"\b{re.escape(before)}\b", greeting):
        raise Refused(f"It greets {before}, and goes to {to.name or to.email}: change the greeting.", "text")


def _may_be_sent(email: str | None, means: Means) -> None:
    if means.switch.get().stopped:
        raise Refused(STOPPED)
    if not email:
        raise Refused(NOBODY)
    if found := means.suppressions.find(email):
        why = _SUPPRESSED[found.reason]
        raise Refused(f"This recipient {why} on {found.at:%Y-%m-%d}: nothing is sent to this address.")


def flag(
    account_id: str, kind: str, because: str, by: str, until: date | None, now: datetime, flags: Flags, known: Accounts
) -> None:
    """Say something of an account. Raises NeedsHuman when there is no such account or word."""
    if kind not in KINDS:
        raise NeedsHuman(f"{kind!r} is nothing that can be said of an account; choose from {', '.join(KINDS)}")
    if account_id not in known.read([account_id]):
        raise NeedsHuman(f"there is no account {account_id!r}; check its spelling")
    given = {"kind": kind, "because": because, "by": by, "at": now, "until": until}
    _not_past(until, now)
    flags.put(account_id, Flag.model_validate(given))


def away(
    csm_email: str, until: date | None, by: str, now: datetime, flags: Flags, team: Team, accounts: Accounts
) -> None:
    """A CSM is away: nothing automatic goes out in their name. Raises NeedsHuman for somebody who is no CSM."""
    _not_past(until, now)
    if not team.find(csm_email) and not _looks_after_any(csm_email, accounts):
        raise NeedsHuman(
            f"{csm_email} is no account's CSM and not in the team; check its spelling, or add them to config/team.yaml"
        )
    flags.put(f"{CSM}{csm_email.lower()}", Flag(kind="away", because="away", by=by, at=now, until=until))


def _looks_after_any(csm_email: str, accounts: Accounts) -> bool:
    known = accounts.read(list(accounts.ids())).values()
    return any((one.csm_email or "").lower() == csm_email.lower() for one in known)


def _not_past(until: date | None, now: datetime) -> None:
    if until and until < now.date():
        raise NeedsHuman(f"{until} is past; give the last day on which it is so, or leave --until out")


def back(csm_email: str, flags: Flags) -> bool:
    """A CSM is back; whether they were away."""
    return flags.clear(f"{CSM}{csm_email.lower()}", "away")
