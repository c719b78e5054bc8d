"""Accounts, and the people in them."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from health_monitor.model.strict import Strict


class Account(Strict):
    """A customer company, as the CRM and the contract describe it. `None` means unknown, never zero."""

    account_id: str = Field(min_length=1, max_length=256)
    name: str | None = None
    segment: str | None = None
    tier: str | None = None
    plan: str | None = None
    arr: Decimal | None = None
    csm_email: str | None = None
    industry: str | None = None
    use_case: str | None = None
    signup_date: date | None = None
    usage_start: date | None = None
    renewal_date: date | None = None
    churn_date: date | None = None
    observed_until: date | None = None
    licensed_seats: int | None = Field(default=None, ge=0)

    @property
    def label(self) -> str:
        """What people call the account: its name, else its id."""
        return self.name or self.account_id

    def last_day(self, data_until: date) -> date:
        """The last day on which the account is judged: before it left, while it was observed, while there is data."""
        ends = [data_until]
        if self.churn_date:
            ends.append(date.fromordinal(self.churn_date.toordinal() - 1))
        if self.observed_until:
            ends.append(self.observed_until)
        return min(ends)


class Contact(Strict):
    """A person at an account whom a CSM may write to."""

    account_id: str = Field(min_length=1, max_length=256)
    contact_id: str = Field(min_length=1, max_length=256)
    user_id: str | None = None
    name: str | None = None
    email: str | None = None
    role: str | None = None
    title: str | None = None
    timezone: str | None = None
