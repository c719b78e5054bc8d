"""What a person does to a conversation, from wherever: send, edit, cancel; and what is said of accounts and CSMs."""

from datetime import date, datetime
from functools import partial
from typing import get_args

from health_monitor.act import conversation as steps
from health_monitor.flows.conversing import change, tell
from health_monitor.model.alert import Errand
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import CSM, Conversation, Flag, Step, Wording
from health_monitor.model.routing import Team
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Outbox
from health_monitor.ports.outreach import Conversations, Flags

KINDS = tuple(kind for kind in get_args(Flag.model_fields["kind"].annotation) if kind != "away")


def find(name: str, conversations: Conversations) -> Conversation:
    """The conversation. Raises NeedsHuman when there is none of that name."""
    found = conversations.get(name)
    if found is None:
        raise NeedsHuman(f"there is no conversation {name!r}; health-monitor outreach list shows their names")
    return found


def allow(conversation: Conversation, actor: str, team: Team) -> None:
    """Raises NeedsHuman unless the actor is the account's CSM, their manager or an admin."""
    if not team.may_act(actor, conversation.csm_email):
        raise NeedsHuman(
            f"{actor} may not act for this account: only its CSM, their manager or an admin (config/team.yaml)"
        )


def send(
    name: str, step: Step, by: str, wording: Wording | None, now: datetime, conversations: Conversations, outbox: Outbox
) -> Conversation:
    """Press send. Raises AlreadyDone, in words for who pressed, when it is out, on its way or no longer wanted."""
    approved = change(conversations, name, partial(steps.approve, step=step, at=now, by=by, wording=wording))
    outbox.put(
        (Errand(errand_id=f"{name}/send/{approved.version}", channel="outreach", conversation_id=name, step=step),)
    )
    tell(outbox, approved)
    return approved


def edit(
    name: str, step: Step, by: str, wording: Wording, now: datetime, conversations: Conversations, outbox: Outbox
) -> Conversation:
    """Other words. Raises AlreadyDone when it is out or no longer wanted."""
    edited = change(conversations, name, partial(steps.edit, step=step, at=now, by=by, wording=wording))
    tell(outbox, edited)
    return edited


def cancel(name: str, step: Step, by: str, now: datetime, conversations: Conversations, outbox: Outbox) -> Conversation:
    """It is never sent. Raises AlreadyDone when it is out."""
    because = "a person decided not to send it"
    gone = partial(steps.cancel, step=step, at=now, by=by, code="cancelled", because=because)
    cancelled = change(conversations, name, gone)
    tell(outbox, cancelled)
    return cancelled


def flag(
    account_id: str, kind: str, because: str, by: str, until: date | None, now: datetime, flags: Flags, known: Accounts
) -> None:
    """Say something of an account. Raises NeedsHuman when there is no such account or word."""
    if kind not in KINDS:
        raise NeedsHuman(f"{kind!r} is nothing that can be said of an account; choose from {', '.join(KINDS)}")
    if account_id not in known.read([account_id]):
        raise NeedsHuman(f"there is no account {account_id!r}; check its spelling")
    given = {"kind": kind, "because": because, "by": by, "at": now, "until": until}
    flags.put(account_id, Flag.model_validate(given))


def away(csm_email: str, until: date | None, by: str, now: datetime, flags: Flags) -> None:
    """A CSM is away: nothing automatic goes out in their name."""
    flags.put(f"{CSM}{csm_email.lower()}", Flag(kind="away", because="away", by=by, at=now, until=until))


def back(csm_email: str, flags: Flags) -> bool:
    """A CSM is back; whether they were away."""
    return flags.clear(f"{CSM}{csm_email.lower()}", "away")
