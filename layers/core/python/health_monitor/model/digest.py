"""What one colleague hears of a night: the signals that are new, account by account."""

from datetime import date
from typing import NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.alert import Severity
from health_monitor.model.score import Signal, Standing

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "moderate")
"""The gravest first."""


class News(NamedTuple):
    """One account's new signals, the gravest first, and where the account stands."""

    account: Account
    standing: Standing
    signals: tuple[Signal, ...]

    @property
    def severity(self) -> Severity:
        """That of the gravest signal."""
        return min((one.severity for one in self.signals), key=SEVERITIES.index)


class Digest(NamedTuple):
    """One message: to whom, for which night, about which accounts, the most urgent first."""

    to: str
    night: date
    news: tuple[News, ...]
