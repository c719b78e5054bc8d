"""Hot usage: each account's packed ring of daily counts, its users, and its state per day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol

from health_monitor.model.account import Account
from health_monitor.model.intake import Intake
from health_monitor.model.usage import History, Ring, Series, State, UserUse


class Rings(Protocol):
    def write(self, histories: Iterable[History], before: Mapping[str, Ring] | None = None) -> None:
        """Set each account's ring (its most recent RING_DAYS days) and users to exactly this.

        `before`: the rings of these accounts as they were read a moment ago, so that they need not be read again.
        """

    def remove(self, account_ids: Iterable[str]) -> None:
        """Forget the ring and the users of those accounts that have one."""

    def read(self, account_ids: Sequence[str]) -> dict[str, Ring]:
        """The rings of those accounts that have one."""

    def users(self, account_id: str) -> list[UserUse]:
        """The account's users, by user id."""


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
