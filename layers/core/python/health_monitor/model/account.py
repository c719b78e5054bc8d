"""Accounts, and the people in them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from health_monitor.model.strict import Strict

# What is stored and queued has a size limit there; with these lengths no item or message can come near it.
Id = Annotated[str, Field(min_length=1, max_length=256)]
ContactId = Annotated[str, Field(min_length=1, max_length=128)]
Text = Annotated[str, Field(max_length=512)]
Email = Annotated[str, Field(max_length=320)]
Departure = Literal["left", "deactivated", "bounced", "role_removed"]
"""How a person ceased to be somebody to count on."""


def role_word(text: str) -> str:
    """A role as the configuration writes it, however the CRM does: Executive Sponsor is executive_sponsor."""
    return "_".join(text.replace("-", " ").replace("_", " ").lower().split())


class Account(Strict):
    """A customer company, as the CRM and the contract describe it. `None` means unknown, never zero."""

    account_id: Id
    name: Text | None = None
    domain: Text | None = None
    segment: Text | None = None
    tier: Text | None = None
    plan: Text | None = None
    arr: Decimal | None = Field(default=None, max_digits=40)
    csm_email: Email | None = None
    industry: Text | None = None
    use_case: Text | None = None
    signup_date: date | None = None
    usage_start: date | None = None
    renewal_date: date | None = None
    churn_date: date | None = None
    observed_until: date | None = None
    licensed_seats: int | None = Field(default=None, ge=0, le=1_000_000_000)
    child_accounts: int | None = Field(default=None, ge=0, le=1_000_000_000)
    products: int | None = Field(default=None, ge=0, le=1_000_000_000)
    sentiment: Text | None = None
    renewal_stage: Text | None = None
    use_cases_bought: int | None = Field(default=None, ge=0, le=1_000_000_000)
    use_cases_live: int | None = Field(default=None, ge=0, le=1_000_000_000)
    employees: int | None = Field(default=None, ge=0, le=1_000_000_000)

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


class Match(Strict):
    """Which accounts a profile or scorecard is for; an empty list asks nothing."""

    segment: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()

    def covers(self, account: Account) -> bool:
        """Whether the account is one of them."""
        wanted = ((self.segment, account.segment), (self.tier, account.tier), (self.plan, account.plan))
        return all(not names or value in names for names, value in wanted)

    def includes(self, other: "Match") -> bool:
        """Whether every account that the other covers is one of them too."""
        wanted = ((self.segment, other.segment), (self.tier, other.tier), (self.plan, other.plan))
        return all(not names or (asked and set(asked) <= set(names)) for names, asked in wanted)


class Contact(Strict):
    """A person at an account whom a CSM may write to.

    departed_on: the day on which they left, were deactivated, could not be reached any more or lost their role.
    """

    account_id: Id
    contact_id: ContactId
    user_id: Id | None = None
    name: Text | None = None
    email: Email | None = None
    role: Text | None = None
    title: Text | None = None
    timezone: Text | None = None
    department: Text | None = None
    departed_on: date | None = None
    departure: Departure | None = None
