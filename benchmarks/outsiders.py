"""Who is outside AWS, in memory: the mail provider and a CRM that count what they are asked."""

from typing import Any

from health_monitor.adapters.memory_crm import MemoryCrm
from health_monitor.adapters.memory_outreach import MemoryMailer


class Provider(MemoryMailer):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = self.told = 0

    def send(self, mail: Any) -> Any:
        self.asked += 1
        return super().send(mail)

    def why_not_from(self, address: str) -> str | None:
        self.asked += 1
        return super().why_not_from(address)

    def is_suppressed(self, email: str) -> bool:
        self.asked += 1
        return super().is_suppressed(email)


class Hubspot(MemoryCrm):
    """Every account has its company, every person is known; counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def company_of(self, account_id: str) -> str:
        self.asked += 1
        return f"company-{account_id}"

    def contact_of(self, company_id: str, email: str) -> str:  # noqa: ARG002  (in all companies alike)
        self.asked += 1
        return f"contact-{email}"

    def log(self, *given: Any, **named: Any) -> str:
        # A search for the owner comes before the record.
        self.asked += 2
        return super().log(*given, **named)

    def write_back(self, *given: Any) -> None:
        self.asked += 1
        super().write_back(*given)
