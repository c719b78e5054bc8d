"""Every port in memory: for simulation, for the tests of flows, and the yardstick for the real adapters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from health_monitor.adapters import codec
from health_monitor.adapters.memory_alerts import MemoryAlerts, MemoryClaims, MemoryCourier, MemoryNotices, MemoryOutbox
from health_monitor.adapters.memory_store import MemoryAccounts, MemoryBlobs, MemoryJournal, MemoryRings, MemoryStates
from health_monitor.model.usage import Series
from health_monitor.ports.world import Channel, World


class PushedClock:
    """A clock that stands still until somebody pushes it."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def push(self, *, days: int = 0, seconds: float = 0) -> None:
        self._now += timedelta(days=days, seconds=seconds)


class MemoryShelf:
    """Looks into the other memory adapters, and shows what the table would hold."""

    def __init__(
        self, accounts: MemoryAccounts, rings: MemoryRings, states: MemoryStates, alerts: MemoryAlerts
    ) -> None:
        self._accounts, self._rings, self._states, self._alerts = accounts, rings, states, alerts

    def items_of(self, account_id: str) -> list[dict[str, Any]]:
        items = [codec.profile_item(account) for account in self._accounts.read([account_id]).values()]
        items += map(codec.contact_item, self._accounts.contacts(account_id))
        pages = codec.user_page_items(account_id, tuple(self._rings.users(account_id)))
        items += [codec.ring_item(account_id, series, len(pages)) for series in self._series(account_id)] + pages
        items += [codec.state_item(account_id, state) for state in self._states.of_account(account_id)]
        items += map(codec.alert_item, self._alerts.of_account(account_id))
        return [codec.readable(item) for item in sorted(items, key=lambda item: str(item["sk"]))]

    def _series(self, account_id: str) -> Iterable[Series]:
        return self._rings.read([account_id]).values()


@dataclass(frozen=True)
class MemoryWorld(World):
    """A world in memory; its clock, outbox and couriers can be pushed, emptied and read."""

    clock: PushedClock
    outbox: MemoryOutbox
    courier: Callable[[Channel], MemoryCourier]


def memory_world(now: datetime) -> MemoryWorld:
    """An empty world whose clock stands at `now`."""
    accounts, rings, states, alerts = MemoryAccounts(), MemoryRings(), MemoryStates(), MemoryAlerts()
    couriers: dict[Channel, MemoryCourier] = {"email": MemoryCourier("email"), "slack": MemoryCourier("slack")}
    return MemoryWorld(
        clock=PushedClock(now),
        blobs=MemoryBlobs(),
        accounts=accounts,
        rings=rings,
        states=states,
        alerts=alerts,
        notices=MemoryNotices(),
        claims=MemoryClaims(),
        outbox=MemoryOutbox(),
        journal=MemoryJournal(),
        shelf=MemoryShelf(accounts, rings, states, alerts),
        courier=couriers.__getitem__,
    )
