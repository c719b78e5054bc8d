"""Hot usage: each account's packed ring of daily counts, its user page, and its state per day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol

from health_monitor.model.account import Account
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Series, State, UserUse


class Rings(Protocol):
    def write(self, histories: Iterable[History]) -> None:
        """Set each account's ring (its most recent RING_DAYS days) and user page to exactly this."""

    def remove(self, account_ids: Iterable[str]) -> None:
        """Forget the ring and the user page of those accounts that have one."""

    def read(self, account_ids: Sequence[str]) -> dict[str, Series]:
        """The rings of those accounts that have one."""

    def users(self, account_id: str) -> list[UserUse]:
        """The account's user page, by user id."""


class States(Protocol):
    def read(self, account_ids: Sequence[str], day: date) -> dict[str, State]:
        """The states after that day of those accounts that were judged on it."""

    def write_absent(self, states: Mapping[str, State]) -> dict[str, State]:
        """Write each account's state under its own `day` unless one is there; return what is stored now."""


class UsageHistory(Protocol):
    """Whole histories, one account at a time: read from files, or from what the product has stored."""

    intake: Intake
    data_from: date
    last_day: date

    def accounts(self) -> list[Account]:
        """Every account that can be judged."""

    def series(self) -> Iterator[tuple[str, Series]]:
        """Each account's daily counts, from its first to its last day with events."""


RING_DAYS = 128
"""104 days decide (90 of baseline + 14 excluded); the rest is room for reruns of the last three weeks."""
