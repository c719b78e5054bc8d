"""The secrets that requests are signed with, remembered for a while."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from health_monitor.ports.clock import Clock

LIFE = timedelta(minutes=5)
"""How long a secret is remembered."""
DOUBT = timedelta(seconds=10)
"""How old a remembered secret may be when a signature does not match: somebody may just have changed it."""


@dataclass
class Keyring:
    """Each sender's secret, remembered for a while: a door must not ask for its key at every knock."""

    read: Callable[[str], Mapping[str, str]]
    clock: Clock
    _kept: dict[str, tuple[Mapping[str, str], datetime]] = field(default_factory=dict)

    def secret(self, sender: str, at_most: timedelta) -> Mapping[str, str]:
        """The secret as it was, at most that long ago."""
        now = self.clock.now()
        kept = self._kept.get(sender)
        if kept is None or now - kept[1] > at_most:
            kept = self._kept[sender] = self.read(sender), now
        return kept[0]
