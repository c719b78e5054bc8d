"""What is so now about one conversation: everything that the interlocks look at, read from where it is kept."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from health_monitor.act.health import health_words
from health_monitor.decide.interlocks import Circumstances, is_open_p1
from health_monitor.decide.reach import can_be_mailed
from health_monitor.decide.routing import doubts, not_standard
from health_monitor.model.account import Contact
from health_monitor.model.config import Bundle
from health_monitor.model.dossier import EMPTY, Dossier
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.outreach import CSM, Conversation, Flag, Switch
from health_monitor.model.routing import Situation
from health_monitor.model.score import Standing
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.outreach import Conversations, Flags, Mailer, OutreachSwitch, Suppressions


@dataclass(frozen=True)
class Sources:
    """Where circumstances are read, and the live configuration."""

    accounts: Accounts
    alerts: Alerts
    conversations: Conversations
    flags: Flags
    dossiers: Dossiers
    standings: Standings
    suppressions: Suppressions
    switch: OutreachSwitch
    mailer: Mailer
    blobs: Blobs
    bundle: Bundle


def circumstances(conversation: Conversation, switch: Switch, sources: Sources, now: datetime) -> Circumstances:
    """What is so now. Raises TryAgain or NeedsHuman when the provider cannot be asked."""
    account_id, csm = conversation.account_id, conversation.csm_email
    account = sources.accounts.read([account_id]).get(account_id)
    dossier = sources.dossiers.read([account_id], consistent=True).get(account_id, EMPTY)
    standing = sources.standings.read([account_id], consistent=True).get(account_id)
    so = situation(dossier, standing, sources.flags.of(account_id), now.date(), now)
    since = now - timedelta(days=sources.bundle.routing.live_conversation_days)
    known = Circumstances(
        account=account,
        alert=sources.alerts.get(conversation.alert_id),
        contact=_contact(conversation, sources),
        in_pilot=switch.pilot is not None and account_id in pilot_accounts(switch.pilot, sources.blobs),
        not_simple=not_standard(account, so, sources.bundle) if account else (),
        doubts=doubts(so, sources.bundle.routing),
        flags=so.flags,
        tickets=dossier.tickets,
        touchpoints=tuple(one for one in dossier.touchpoints if one.at >= since),
        others=_others(conversation, sources),
    )
    return _with_recipient(_with_csm(known, csm, sources) if csm else known, sources)


def situation(
    dossier: Dossier, standing: Standing | None, flags: Iterable[Flag], as_of: date, now: datetime
) -> Situation:
    """What the records, the score and people say of an account; an override counts from the moment it is made."""
    return Situation(
        as_of=as_of, open_p1=any(map(is_open_p1, dossier.tickets)), flags=tuple(flags),
        override=dossier.override_on(now.date()), coverage=standing.coverage if standing else None,
    )  # fmt: skip


def health_of(account_id: str, dossiers: Dossiers, standings: Standings, now: datetime) -> str | None:
    """An account's score and status, and whose override is in force, in words; None where nobody knows."""
    override = dossiers.read([account_id]).get(account_id, EMPTY).override_on(now.date())
    return health_words(standings.read([account_id]).get(account_id), override)


def pilot_accounts(key: str, blobs: Blobs) -> frozenset[str]:
    """The accounts of a pilot's list; nobody when the list is gone."""
    kept = blobs.get(key)
    return frozenset(read_pilot(kept.decode())) if kept else frozenset()


def read_pilot(text: str) -> list[str]:
    """The account_id column of a list, in its order. Raises NeedsHuman when it has no such column."""
    rows = csv.DictReader(io.StringIO(text))
    columns = rows.fieldnames or ()
    if "account_id" not in columns:
        told = f"has {', '.join(map(repr, columns))}" if columns else "is empty"
        raise NeedsHuman(f"the pilot's list needs a column account_id in its first line, which {told}")
    return [name for row in rows if (name := (row.get("account_id") or "").strip())]


def _contact(conversation: Conversation, sources: Sources) -> Contact | None:
    contacts = sources.accounts.contacts(conversation.account_id)
    return next((one for one in contacts if one.contact_id == conversation.contact_id), None)


def _with_csm(known: Circumstances, csm: str, sources: Sources) -> Circumstances:
    member = sources.bundle.team.find(csm)
    return replace(
        known,
        csm_timezone=member.timezone if member else None,
        not_from=sources.mailer.why_not_from(csm),
        csm_flags=tuple(sources.flags.of(f"{CSM}{csm.lower()}")),
    )


def _with_recipient(known: Circumstances, sources: Sources) -> Circumstances:
    address = known.contact.email if known.contact else None
    if not address:
        return known
    refused = can_be_mailed(address) and sources.mailer.is_suppressed(address)
    return replace(known, suppression=sources.suppressions.find(address), provider_suppressed=refused)


def _others(conversation: Conversation, sources: Sources) -> tuple[Conversation, ...]:
    known, name = sources.conversations.of_account(conversation.account_id), conversation.conversation_id
    return tuple(one for one in known if one.conversation_id != name)
