"""A CRM in memory, and what it was told."""

from datetime import datetime, timedelta
from typing import Any

from health_monitor.adapters.codec import Item
from health_monitor.model.crm import CrmEntry, CrmFacts, CrmName, NotLogged, account_of
from health_monitor.ports.crm import Attempt

Name = tuple[CrmName, str]


class MemoryCrm:
    """A CRM that keeps what it was told; put an error into `failures` and the next call raises it.

    An error in `too_late` is raised once the thing has happened, as when the answer gets lost on its way.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[CrmEntry, str, str | None]] = []
        self.facts: dict[str, CrmFacts] = {}
        self.companies: dict[str, str] = {}
        self.contacts: dict[tuple[str, str], str] = {}
        self.failures: list[Exception] = []
        self.too_late: list[Exception] = []

    def company_of(self, account_id: str) -> str | None:
        return self.companies.get(account_id)

    def contact_of(self, company_id: str, email: str) -> str | None:
        return self.contacts.get((company_id, email))

    def log(self, entry: CrmEntry, company_id: str, contact_id: str | None, *, again: bool = False) -> str:
        if self.failures:
            raise self.failures.pop(0)
        keys = [one.key for one, _, _ in self.entries]
        if not again or entry.key not in keys:
            self.entries.append((entry, company_id, contact_id))
            keys.append(entry.key)
        if self.too_late:
            raise self.too_late.pop(0)
        return f"record-{keys.index(entry.key) + 1}"

    def write_back(self, facts: CrmFacts, company_id: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        known = self.facts.get(company_id, facts)
        self.facts[company_id] = known.model_copy(update=facts.model_dump(exclude_none=True))


class MemoryCrmLedger:
    """What each CRM was told."""

    def __init__(self) -> None:
        self._records: dict[Name, str] = {}
        self._held_until: dict[Name, datetime] = {}
        self._failures: dict[Name, NotLogged] = {}
        self._written: dict[Name, CrmFacts] = {}

    def is_logged(self, vendor: CrmName, key: str) -> bool:
        return (vendor, key) in self._records

    def attempt(self, vendor: CrmName, key: str, at: datetime, lease: timedelta) -> Attempt:
        if self.is_logged(vendor, key):
            return Attempt.DONE
        until = self._held_until.get((vendor, key))
        if until and until > at:
            return Attempt.HELD
        self._held_until[vendor, key] = at + lease
        return Attempt.AGAIN if until else Attempt.FIRST

    def logged(self, vendor: CrmName, key: str, record_id: str) -> None:
        self._records[vendor, key] = record_id
        self._failures.pop((vendor, key), None)

    def failed(self, failure: NotLogged, *, surely: bool) -> None:
        name = failure.vendor, failure.key
        if name in self._records:
            return
        known = self._failures.get(name, failure)
        self._failures[name] = failure.model_copy(update={"since": known.since})
        if surely:
            self._held_until.pop(name, None)

    def drop(self, vendor: CrmName, key: str) -> None:
        self._failures.pop((vendor, key), None)
        self._held_until.pop((vendor, key), None)

    def failures(self) -> list[NotLogged]:
        return sorted(self._failures.values(), key=lambda one: (one.since, one.vendor, one.key))

    def failures_of(self, account_id: str) -> list[NotLogged]:
        return [one for one in self.failures() if one.account_id == account_id]

    def written(self, vendor: CrmName, account_id: str) -> CrmFacts | None:
        return self._written.get((vendor, account_id))

    def wrote(self, vendor: CrmName, facts: CrmFacts) -> None:
        self._written[vendor, facts.account_id] = facts

    def items(self, account_id: str) -> list[Item]:
        """What the table would hold."""
        logged = [
            {"sk": _sort_key(*name), "record_id": record} for name, record in self._mine(self._records, account_id)
        ]
        waiting = [
            {"sk": _sort_key(*name), "why": one.why, "due_at": one.since.isoformat()}
            for name, one in self._mine(self._failures, account_id)
        ]
        facts = [
            {"sk": f"CRMFACTS#{vendor}"} | one.model_dump(mode="json", exclude_none=True)
            for (vendor, about), one in self._written.items()
            if about == account_id
        ]
        return logged + waiting + facts

    def remove(self, account_id: str) -> None:
        """Forget what the CRMs were told of one account."""
        for told in (self._records, self._held_until, self._failures):
            for name, _ in self._mine(told, account_id):
                del told[name]
        self._written = {name: one for name, one in self._written.items() if name[1] != account_id}

    def _mine(self, told: dict[Name, Any], account_id: str) -> list[tuple[Name, Any]]:
        return [(name, one) for name, one in told.items() if account_of(name[1]) == account_id]


def _sort_key(vendor: CrmName, key: str) -> str:
    return f"CRM#{vendor}#{key.removeprefix(account_of(key))}"
