"""The demo's live day: who sends what of it, with repeats and in disorder, and what the vendors' doubles hold."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from health_monitor.model.account import Account
from health_monitor.model.usage import UsageEvent
from health_monitor.simulate.portfolio import Portfolio
from local import crms, vendors
from local.crms import Org
from local.data import crm_numbers
from local.product import Double
from local.senders import Body, Use, segment_body, signed_body
from local.vendors import Portal, Trouble, Vendor

PROJECT = "1234567"
"""Mixpanel's project in local/sources.yaml."""
REPEATED = 10
"""Every tenth record comes twice."""
EVENTS_A_BODY = 40
STEP = timedelta(seconds=7)
"""Between two uses of the same minute."""
NOBODYS, NOBODYS_USES = "northstar-sandbox", 3
FIRST_COMPANY, LEADS = 1_000, 12
THROTTLED = (Trouble(429, retry_after="1"), Trouble(429))
"""What befalls the first two questions to Mixpanel."""
T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """What a sender posts: so many different events, in bodies that hold some of them again."""

    events: int
    bodies: list[Body]

    @property
    def repeats(self) -> int:
        """How many records come a second time."""
        return sum(body.records for body in self.bodies) - self.events


@dataclass(frozen=True)
class LiveDay:
    """One day of a portfolio, parted among the sources. `lost` is the account whose name in Mixpanel nobody knows."""

    portfolio: Portfolio
    segment: Sent
    signed: Sent
    exported: list[dict[str, Any]]
    lost: Account

    @property
    def day(self) -> date:
        return self.portfolio.last_day

    @property
    def truth(self) -> dict[str, tuple[int, int]]:
        """Each account's uses and people of that day, from the portfolio itself."""
        events = list(self.portfolio.events_on(self.day))
        uses: Counter[str] = Counter()
        for event in events:
            uses[event.account_id] += event.n
        people = Counter(account_id for account_id, _ in {(event.account_id, event.user_id) for event in events})
        return {account_id: (uses[account_id], people[account_id]) for account_id in uses}


def a_live_day(portfolio: Portfolio) -> LiveDay:
    """The portfolio's last day."""
    accounts = {account.account_id: account for account in portfolio.accounts}
    shares: dict[str, list[UsageEvent]] = {"segment": [], "signed": [], "mixpanel": []}
    for event in portfolio.events_on(portfolio.last_day):
        shares[sender_of(event.account_id)].append(event)
    rng = Random(portfolio.seed)
    calls, records = list(_single_uses(shares["segment"])), [_use(event, 0, event.n) for event in shares["signed"]]
    lines = [exported(use, analytics_name(accounts[use.account])) for use in _single_uses(shares["mixpanel"])]
    lines += _nobodys(portfolio.last_day)
    return LiveDay(
        portfolio=portfolio,
        segment=Sent(len(calls), [segment_body(use) for use in in_disorder(calls, rng)]),
        signed=Sent(len(records), list(_together(in_disorder(records, rng)))),
        exported=in_disorder(lines, rng),
        lost=accounts[_busiest(shares["mixpanel"])],
    )


def _together(uses: Sequence[Use]) -> Iterator[Body]:
    return (signed_body(uses[at : at + EVENTS_A_BODY]) for at in range(0, len(uses), EVENTS_A_BODY))


def sender_of(account_id: str) -> str:
    """By which source an account's events come: most are pulled from Mixpanel."""
    number = int(account_id.rpartition("-")[2])
    return "segment" if number % 15 == 3 else "signed" if number % 8 == 5 else "mixpanel"


def analytics_name(account: Account) -> str:
    """What Mixpanel calls an account; HubSpot's companies tell it in their property analytics_id."""
    return (account.domain or account.account_id).removesuffix(".example")


def in_disorder(records: Sequence[T], rng: Random) -> list[T]:
    """Every tenth record twice, and all of them in no order."""
    mixed = [*records, *records[::REPEATED]]
    rng.shuffle(mixed)
    return mixed


@contextmanager
def doubles(live: LiveDay) -> Iterator[dict[str, Vendor]]:
    """Mixpanel, HubSpot and Salesforce on this machine, by name, for the length of a `with` block."""
    started = {
        "mixpanel": vendors.mixpanel({live.day.isoformat(): live.exported}, PROJECT).start(),
        "hubspot": crms.hubspot(a_portal(live)).start(),
        "salesforce": crms.salesforce(an_org(live)).start(),
    }
    started["mixpanel"].troubles.extend(THROTTLED)
    try:
        yield started
    finally:
        for double in started.values():
            double.stop()


def known_to_product(running: dict[str, Vendor]) -> dict[str, Double]:
    """Where the doubles are, and the secrets they accept."""
    secrets = {
        "mixpanel": vendors.MIXPANEL_SECRET, "hubspot": vendors.HUBSPOT_SECRET, "salesforce": crms.SALESFORCE_SECRET,
    }  # fmt: skip
    return {source: Double(vendor.address, secrets[source]) for source, vendor in running.items()}


def a_portal(live: LiveDay) -> Portal:
    """The portfolio as HubSpot has it: one company twice, one that no other source knows, some that only may buy."""
    portal = Portal()
    at = f"{live.day}T06:00:00Z"
    owners = sorted({account.csm_email for account in live.portfolio.accounts if account.csm_email})
    portal.owners = [{"id": str(number), "email": email} for number, email in enumerate(owners, 1)]
    ids = [account.account_id for account in live.portfolio.accounts]
    companies = {account_id: str(number) for number, account_id in enumerate(ids, FIRST_COMPANY)}
    for account in live.portfolio.accounts:
        told = None if account == live.lost else analytics_name(account)
        portal.put("companies", companies[account.account_id], at, **_company(account, owners), analytics_id=told)
    numbers = crm_numbers(live.portfolio)
    for person in live.portfolio.contacts:
        first, _, last = (person.name or "").partition(" ")
        portal.put(
            "contacts", numbers[person.contact_id], at, firstname=first, lastname=last, email=person.email,
            jobtitle=person.title, product_user_id=person.user_id, buying_role=person.role, hs_timezone=person.timezone,
            department=person.department, left_on=person.departed_on.isoformat() if person.departed_on else None,
        )  # fmt: skip
        portal.link("contacts", numbers[person.contact_id], "companies", companies[person.account_id])
    _add_oddities(portal, live, owners, FIRST_COMPANY + len(companies))
    return portal


def an_org(live: LiveDay) -> Org:
    """The portfolio as Salesforce has it, where it is told what happens and asked for nothing."""
    org, ids = Org(), {}
    for number, account in enumerate(live.portfolio.accounts):
        ids[account.account_id] = f"001{number:015d}"
        org.put("Account", ids[account.account_id], Name=account.name, Health_Account_Id__c=account.account_id)
    for number, person in enumerate(live.portfolio.contacts):
        org.put("Contact", f"003{number:015d}", AccountId=ids[person.account_id], Email=person.email, Name=person.name)
    for number, email in enumerate(sorted({one.csm_email for one in live.portfolio.accounts if one.csm_email})):
        org.put("User", f"005{number:015d}", Email=email, IsActive="true")
    return org


def _add_oddities(portal: Portal, live: LiveDay, owners: list[str], number: int) -> None:
    before = f"{live.day - timedelta(days=400)}T06:00:00Z"
    twice = next(account for account in live.portfolio.accounts if account.churn_date is None)
    portal.put("companies", str(number), before, **_company(twice, owners) | {"name": f"{twice.name} (do not use)"})
    new = Account(account_id="new", name="Northstar Freight", domain="northstar-freight.example", segment="smb",
                  tier="growth", csm_email=owners[0], use_case="reporting")  # fmt: skip
    portal.put("companies", str(number + 1), before, **_company(new, owners))
    for lead in range(number + 2, number + 2 + LEADS):
        portal.put("companies", str(lead), before, name=f"Lead {lead}", lifecyclestage="lead")


def _company(account: Account, owners: list[str]) -> dict[str, str | None]:
    """An account's facts in the properties that local/sources.yaml names."""
    facts = account.model_dump(mode="json")
    named = ("name", "domain", "industry", "segment", "tier", "arr", "renewal_date", "use_case")
    owner = str(owners.index(account.csm_email) + 1) if account.csm_email else None
    return {name: facts[name] for name in named} | {"lifecyclestage": "customer", "hubspot_owner_id": owner}


def _single_uses(events: Iterable[UsageEvent]) -> Iterator[Use]:
    """One event for each use: analytics tools count events, not uses."""
    return (_use(event, step) for event in events for step in range(event.n))


def _use(event: UsageEvent, step: int, n: int = 1) -> Use:
    name = f"{event.account_id} {event.user_id} {event.event} {event.occurred_at} {step}"
    use_id = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
    at = datetime.fromisoformat(event.occurred_at) + step * STEP
    return Use(event.account_id, event.user_id, event.event, at, use_id, n)


def exported(use: Use, company: str | None) -> dict[str, Any]:
    """A line of Mixpanel's export."""
    properties = {
        "time": int(use.at.timestamp()), "distinct_id": use.user_id, "$insert_id": use.use_id,
        "mp_processing_time_ms": int(use.at.timestamp()) * 1000 + 900, "company_id": company, "$os": "Linux",
    }  # fmt: skip
    return {"event": use.event, "properties": properties}


def _nobodys(day: date) -> list[dict[str, Any]]:
    """Some events of a company that no other source knows, and one of a visitor without any."""
    events = [UsageEvent(NOBODYS, "tester", "dashboard", f"{day}T10:0{at}:00Z", day.toordinal(), 1) for at in range(3)]
    found = [exported(use, NOBODYS) for use in _single_uses(events[:NOBODYS_USES])]
    return [*found, exported(_use(events[0], 0)._replace(user_id="visitor", use_id="visit"), None)]


def _busiest(events: Iterable[UsageEvent]) -> str:
    uses: Counter[str] = Counter()
    for event in events:
        uses[event.account_id] += event.n
    return max(sorted(uses), key=uses.__getitem__)
