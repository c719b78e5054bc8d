"""The portfolio: accounts and their people."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from health_monitor.model.account import Account, Contact
from health_monitor.model.heard import AccountChange, ContactChange


class Accounts(Protocol):
    def save(self, accounts: Iterable[Account]) -> None:
        """Write each account whole, replacing what was known."""

    def ids(self) -> Iterator[str]:
        """Every account id, in sorted order."""

    def read(self, account_ids: Sequence[str]) -> dict[str, Account]:
        """Those of the accounts that exist, however many are asked for."""

    def merge(self, changes: Iterable[AccountChange]) -> list[bool]:
        """Change only the fields each speaks of; what the same source said later stands. An unknown account begins.

        Whether each was news: not older than what the source had said.
        """

    def save_contacts(self, contacts: Iterable[Contact]) -> None:
        """Write each contact whole."""

    def contacts(self, account_id: str) -> list[Contact]:
        """The people known at an account, by contact id."""

    def merge_contacts(self, changes: Iterable[ContactChange]) -> None:
        """The same for people."""

    def remove_contacts(self, account_id: str, contact_ids: Iterable[str]) -> None:
        """Forget these people."""
