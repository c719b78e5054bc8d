"""All ports together: what an entry point hands to a flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts, Claims, Courier, Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.clock import Clock
from health_monitor.ports.inspect import Shelf
from health_monitor.ports.journal import Journal
from health_monitor.ports.usage import Rings, States

Channel = Literal["email", "slack"]


@dataclass(frozen=True)
class World:
    """One adapter for every port; flows take the ones they need as plain arguments."""

    clock: Clock
    blobs: Blobs
    accounts: Accounts
    rings: Rings
    states: States
    alerts: Alerts
    notices: Notices
    claims: Claims
    outbox: Outbox
    journal: Journal
    shelf: Shelf
    courier: Callable[[Channel], Courier]
