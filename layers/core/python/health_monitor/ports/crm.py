"""Customers' records in a CRM."""

from typing import Protocol

from health_monitor.model.crm import CrmEntry, CrmFacts, CrmName


class Crm(Protocol):
    """One CRM; each call raises TryAgain or NeedsHuman."""

    def log(self, entry: CrmEntry, company_id: str, contact_id: str | None) -> str:
        """Log it at the company and the contact; the id of the record. Logging the same key again finds that record."""

    def write_back(self, facts: CrmFacts, company_id: str) -> None:
        """Set the fields that the configuration names."""


class CrmLedger(Protocol):
    """What each CRM was told, and what it could not be told yet."""

    def is_logged(self, vendor: CrmName, key: str) -> bool:
        """Whether the entry is in the CRM."""

    def logged(self, vendor: CrmName, key: str, record_id: str) -> None:
        """It is now."""

    def failed(self, vendor: CrmName, entry: CrmEntry, why: str) -> None:
        """It could not be; it is listed until it is."""

    def failures(self) -> list[tuple[CrmName, CrmEntry, str]]:
        """Everything that could not be logged yet."""

    def written(self, vendor: CrmName, account_id: str) -> CrmFacts | None:
        """What was last written back."""

    def wrote(self, vendor: CrmName, facts: CrmFacts) -> None:
        """This was."""
