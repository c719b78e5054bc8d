"""Customers' records in a CRM."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from health_monitor.model.crm import CrmEntry, CrmFacts, CrmName, NotLogged


class Crm(Protocol):
    """One CRM; each call raises TryAgain, after which it may have happened, or NeedsHuman, after which it has not."""

    def company_of(self, account_id: str) -> str | None:
        """The account's record, where the CRM itself keeps our id of it."""

    def contact_of(self, company_id: str, email: str) -> str | None:
        """The record of the person with this address."""

    def log(self, entry: CrmEntry, company_id: str, contact_id: str | None, *, again: bool = False) -> str:
        """Log it at the company and the contact; the id of the record. `again`: look first whether it is there."""

    def write_back(self, facts: CrmFacts, company_id: str) -> None:
        """Set the fields that the configuration names; a fact that is None is left alone."""


class Attempt(StrEnum):
    """What stands about an entry when somebody wants to log it."""

    FIRST = "first"
    AGAIN = "again"
    HELD = "held"
    DONE = "done"


class CrmLedger(Protocol):
    """What each CRM was told, and what it could not be told yet."""

    def is_logged(self, vendor: CrmName, key: str) -> bool:
        """Whether the entry is in the CRM."""

    def attempt(self, vendor: CrmName, key: str, at: datetime, lease: timedelta) -> Attempt:
        """Note that somebody begins to log it, before anything is sent.

        FIRST: nobody has tried. AGAIN: an earlier try may have succeeded. HELD: a try began less than its lease ago, so
        come back. DONE: it is logged.
        """

    def logged(self, vendor: CrmName, key: str, record_id: str) -> None:
        """It is in the CRM now."""

    def failed(self, failure: NotLogged, *, surely: bool) -> None:
        """It could not be told; listed, since the first failure, until it is. `surely`: nothing reached the CRM."""

    def drop(self, vendor: CrmName, key: str) -> None:
        """What could not be told need not be any more; what is logged stays."""

    def failures(self) -> list[NotLogged]:
        """Everything that could not be told yet, the longest waiting first."""

    def failures_of(self, account_id: str) -> list[NotLogged]:
        """Those of one account."""

    def written(self, vendor: CrmName, account_id: str) -> CrmFacts | None:
        """What was last written back."""

    def wrote(self, vendor: CrmName, facts: CrmFacts) -> None:
        """This was."""
