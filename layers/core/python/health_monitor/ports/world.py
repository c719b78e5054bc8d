"""All ports together: what an entry point hands to a flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from health_monitor.model.crm import CrmName
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts, Claims, Courier, Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.clock import Clock
from health_monitor.ports.crm import Crm, CrmLedger
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.inspect import Shelf
from health_monitor.ports.intake import Arrivals, DeadLetters, Erasures, Inbox, Names, SourceStates, UnmatchedNames
from health_monitor.ports.journal import Journal
from health_monitor.ports.outreach import (
    Conversations,
    Flags,
    Forwarder,
    Mailer,
    OutreachSwitch,
    Quotas,
    SlackDesk,
    Suppressions,
    Threads,
)
from health_monitor.ports.usage import Rings, States

Channel = Literal["email", "slack"]
"""How people of our own hear of something."""
Queue = Literal["email", "slack", "outreach", "follow_up", "crm", "rescore"]
"""Where messages and errands wait for whoever takes them out."""


@dataclass(frozen=True)
class World:
    """One adapter for every port; flows take the ones they need as plain arguments."""

    clock: Clock
    blobs: Blobs
    accounts: Accounts
    rings: Rings
    arrivals: Arrivals
    waiting: Arrivals
    names: Names
    unmatched: UnmatchedNames
    sources: SourceStates
    erasures: Erasures
    states: States
    dossiers: Dossiers
    standings: Standings
    alerts: Alerts
    notices: Notices
    claims: Claims
    outbox: Outbox
    inbox: Inbox
    dead_letters: DeadLetters
    journal: Journal
    shelf: Shelf
    courier: Callable[[Channel], Courier]
    conversations: Conversations
    quotas: Quotas
    suppressions: Suppressions
    threads: Threads
    flags: Flags
    outreach_switch: OutreachSwitch
    mailer: Callable[[], Mailer]
    forwarder: Callable[[], Forwarder]
    slack_desk: Callable[[], SlackDesk]
    crm: Callable[[CrmName], Crm]
    crm_ledger: CrmLedger
