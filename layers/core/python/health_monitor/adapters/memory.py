"""Every port in memory: for simulation, for the tests of flows, and the yardstick for the real adapters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from health_monitor.adapters import codec
from health_monitor.adapters.codec import ACCOUNTS_PREFIX, WAITING_PREFIX
from health_monitor.adapters.memory_alerts import MemoryAlerts, MemoryClaims, MemoryCourier, MemoryNotices, MemoryOutbox
from health_monitor.adapters.memory_arrivals import MemoryArrivals
from health_monitor.adapters.memory_conversations import (
    MemoryConversations,
    MemoryFlags,
    MemoryOutreachSwitch,
    MemoryQuotas,
    MemorySuppressions,
    MemoryThreads,
)
from health_monitor.adapters.memory_crm import MemoryCrm, MemoryCrmLedger
from health_monitor.adapters.memory_dossiers import MemoryDossiers, MemoryStandings
from health_monitor.adapters.memory_inbox import MemoryInbox
from health_monitor.adapters.memory_intake import (
    MemoryDeadLetters,
    MemoryErasures,
    MemoryNames,
    MemorySourceStates,
    MemoryUnmatched,
)
from health_monitor.adapters.memory_outreach import MemoryForwarder, MemoryMailer, MemorySlackDesk
from health_monitor.adapters.memory_store import MemoryAccounts, MemoryBlobs, MemoryJournal, MemoryRings, MemoryStates
from health_monitor.model.crm import CrmName
from health_monitor.ports.world import Channel, World


class PushedClock:
    """A clock that stands still until somebody pushes it."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def push(self, *, days: int = 0, seconds: float = 0) -> None:
        self._now += timedelta(days=days, seconds=seconds)


Beside = tuple[MemoryConversations, MemoryThreads, MemoryFlags, MemoryCrmLedger, MemoryDossiers]
"""What else is kept beside an account."""


class MemoryShelf:
    """Looks into the other memory adapters, and shows what the table would hold."""

    def __init__(
        self, accounts: MemoryAccounts, rings: MemoryRings, states: MemoryStates, alerts: MemoryAlerts,
        arrivals: MemoryArrivals, standings: MemoryStandings, beside: Beside,
    ) -> None:  # fmt: skip
        self._accounts, self._rings, self._states, self._alerts = accounts, rings, states, alerts
        self._arrivals, self._standings, self._beside = arrivals, standings, beside

    def items_of(self, account_id: str) -> list[dict[str, Any]]:
        items = [codec.profile_item(account) for account in self._accounts.read([account_id]).values()]
        items += map(codec.contact_item, self._accounts.contacts(account_id))
        items += self._rings.items(account_id) + self._arrivals.items(account_id)
        items += [codec.state_item(account_id, state) for state in self._states.of_account(account_id)]
        items += map(codec.alert_item, self._alerts.of_account(account_id))
        items += [item for part in (self._standings, *self._beside) for item in part.items(account_id)]
        return [codec.readable(item) for item in sorted(items, key=lambda item: str(item["sk"]))]

    def remove(self, account_id: str) -> int:
        found = len(self.items_of(account_id))
        for part in (self._accounts, self._states, self._alerts, *self._beside):
            part.remove(account_id)
        for kept in (self._rings, self._arrivals, self._standings):
            kept.remove([account_id])
        return found


@dataclass(frozen=True)
class MemoryWorld(World):
    """A world in memory; its clock, outbox and couriers can be pushed, emptied and read."""

    clock: PushedClock
    outbox: MemoryOutbox
    inbox: MemoryInbox
    dead_letters: MemoryDeadLetters
    courier: Callable[[Channel], MemoryCourier]
    mailer: Callable[[], MemoryMailer]
    forwarder: Callable[[], MemoryForwarder]
    slack_desk: Callable[[], MemorySlackDesk]
    crm: Callable[[CrmName], MemoryCrm]


def memory_world(now: datetime) -> MemoryWorld:
    """An empty world whose clock stands at `now`."""
    accounts, rings, states, alerts = MemoryAccounts(), MemoryRings(), MemoryStates(), MemoryAlerts()
    arrivals = MemoryArrivals(ACCOUNTS_PREFIX, expires=True)
    conversations, threads, flags = MemoryConversations(), MemoryThreads(), MemoryFlags()
    crm_ledger, dossiers, standings = MemoryCrmLedger(), MemoryDossiers(), MemoryStandings()
    couriers: dict[Channel, MemoryCourier] = {"email": MemoryCourier("email"), "slack": MemoryCourier("slack")}
    mailer, forwarder, slack_desk = MemoryMailer(), MemoryForwarder(), MemorySlackDesk()
    crms: dict[CrmName, MemoryCrm] = {"hubspot": MemoryCrm(), "salesforce": MemoryCrm()}
    return MemoryWorld(
        clock=PushedClock(now),
        blobs=MemoryBlobs(),
        accounts=accounts,
        rings=rings,
        arrivals=arrivals,
        waiting=MemoryArrivals(WAITING_PREFIX, expires=False),
        names=MemoryNames(accounts),
        unmatched=MemoryUnmatched(),
        sources=MemorySourceStates(),
        erasures=MemoryErasures(),
        states=states,
        dossiers=dossiers,
        standings=standings,
        alerts=alerts,
        notices=MemoryNotices(),
        claims=MemoryClaims(),
        outbox=MemoryOutbox(),
        inbox=MemoryInbox(),
        dead_letters=MemoryDeadLetters(),
        journal=MemoryJournal(),
        shelf=MemoryShelf(
            accounts,
            rings,
            states,
            alerts,
            arrivals,
            standings,
            (conversations, threads, flags, crm_ledger, dossiers),
        ),
        courier=couriers.__getitem__,
        conversations=conversations,
        quotas=MemoryQuotas(),
        suppressions=MemorySuppressions(),
        threads=threads,
        flags=flags,
        outreach_switch=MemoryOutreachSwitch(),
        mailer=lambda: mailer,
        forwarder=lambda: forwarder,
        slack_desk=lambda: slack_desk,
        crm=crms.__getitem__,
        crm_ledger=crm_ledger,
    )
