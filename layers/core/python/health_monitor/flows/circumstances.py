"""What is so now about one conversation: everything that the interlocks look at, read from where it is kept."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from health_monitor.decide.interlocks import Circumstances
from health_monitor.decide.routing import not_standard
from health_monitor.model.account import Contact
from health_monitor.model.config import Bundle
from health_monitor.model.outreach import CSM, Conversation, Switch
from health_monitor.model.routing import Situation
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.outreach import Conversations, Flags, Mailer, OutreachSwitch, Suppressions, Touches


@dataclass(frozen=True)
class Sources:
    """Where circumstances are read, and the live configuration."""

    accounts: Accounts
    alerts: Alerts
    conversations: Conversations
    flags: Flags
    touches: Touches
    suppressions: Suppressions
    switch: OutreachSwitch
    mailer: Mailer
    blobs: Blobs
    bundle: Bundle


def circumstances(conversation: Conversation, switch: Switch, sources: Sources, now: datetime) -> Circumstances:
    """What is so now. Raises TryAgain or NeedsHuman when the provider cannot be asked."""
    account_id, csm = conversation.account_id, conversation.csm_email
    account = sources.accounts.read([account_id]).get(account_id)
    contact, address = _contact(conversation, sources), None
    if contact:
        address = contact.email
    flags, tickets = tuple(sources.flags.of(account_id)), tuple(sources.touches.tickets(account_id))
    p1 = any(one.priority == "p1" and one.closed_at is None for one in tickets)
    situation = Situation(as_of=now.date(), flags=flags, open_p1=p1)
    member = sources.bundle.team.find(csm)
    since = now - timedelta(days=sources.bundle.routing.live_conversation_days)
    return Circumstances(
        account=account,
        alert=sources.alerts.get(conversation.alert_id),
        contact=contact,
        csm_timezone=member.timezone if member else None,
        in_pilot=switch.pilot is not None and account_id in pilot_accounts(switch.pilot, sources.blobs),
        suppression=sources.suppressions.find(address) if address else None,
        provider_suppressed=bool(address) and sources.mailer.is_suppressed(address or ""),
        not_from=sources.mailer.why_not_from(csm) if csm else None,
        not_simple=not_standard(account, situation, sources.bundle) if account else (),
        flags=flags,
        csm_flags=tuple(sources.flags.of(f"{CSM}{csm.lower()}")) if csm else (),
        tickets=tickets,
        touchpoints=tuple(sources.touches.of_account(account_id, since)),
        others=tuple(
            one for one in sources.conversations.of_account(account_id)
            if one.conversation_id != conversation.conversation_id
        ),
    )  # fmt: skip


def pilot_accounts(key: str, blobs: Blobs) -> frozenset[str]:
    """The accounts of a pilot's list; nobody when the list is gone."""
    return frozenset(read_pilot((blobs.get(key) or b"").decode()))


def read_pilot(text: str) -> list[str]:
    """The account_id column of a list, in its order."""
    rows = csv.DictReader(io.StringIO(text))
    return [name for row in rows if (name := (row.get("account_id") or "").strip())]


def _contact(conversation: Conversation, sources: Sources) -> Contact | None:
    contacts = sources.accounts.contacts(conversation.account_id)
    return next((one for one in contacts if one.contact_id == conversation.contact_id), None)
