"""One customer company: its record, the people a CSM may write to, and the team that uses the product."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random
from typing import NamedTuple

from health_monitor.model.account import Account, Contact
from health_monitor.simulate.behaviours import STORIES, Cause, Ending, Planted, Turn
from health_monitor.simulate.cast import Part, monday
from health_monitor.simulate.chance import between, pick, weighted, whole
from health_monitor.simulate.names import CSMS, address, company_name, domain, person_name
from health_monitor.simulate.people import FOREVER, User, a_team, with_days_off, with_turnover
from health_monitor.simulate.product import INDUSTRIES, PLACES, QUIET_FROM, SEAT_PRICE, SIZES, Place, mix

NEWCOMERS = 0.14
"""The share of the ordinary accounts that began during the story."""
YEAR = 365
CONTRACT_LAG = 45
"""Days until the contract shows what the people have already done."""


class Team(NamedTuple):
    """Everybody who logs in at one account, and the rhythm they live in, from `opens` until the day before `closes`."""

    account_id: str
    opens: int
    closes: int
    weekend: float
    observance: float
    starts_at: int
    users: tuple[User, ...]


class Company(NamedTuple):
    """All there is to know about one account."""

    account: Account
    contacts: tuple[Contact, ...]
    team: Team
    planted: Planted | None


class Basics(NamedTuple):
    """What is settled about a company before anything happens to it."""

    account_id: str
    name: str
    part: Part
    industry: str
    use_case: str
    place: Place
    opens: int
    leaves: int


def a_company(rng: Random, account_id: str, part: Part, span: tuple[int, int], taken: set[str]) -> Company:
    """A company that plays its part within the span of days."""
    basics = _basics(rng, account_id, part, span, taken)
    founders = _founders(rng, basics, span[0])
    users = _as_it_went(rng, basics, founders, span)
    industry = INDUSTRIES[basics.industry]
    observance = min(1.0, industry.holidays * between(rng, 0.55, 1.05))
    opens_at = basics.place.opens_at
    team = Team(account_id, basics.opens, basics.leaves, industry.weekend, observance, opens_at, users)
    account = _record(rng, basics, len(_seat_holders(part, users or founders, span[1])), span[1])
    return Company(account, _contacts(rng, basics, founders), team, _truth(basics))


def _basics(rng: Random, account_id: str, part: Part, span: tuple[int, int], taken: set[str]) -> Basics:
    industry = pick(rng, tuple(INDUSTRIES))
    if part.cause is Cause.SEASONAL:
        industry = QUIET_FROM[date.fromordinal(part.began).month - 1]
    leaves = FOREVER
    if part.cause and part.ending is Ending.LEAVES:
        leaves = part.began + whole(rng, *STORIES[part.cause].leaves_after)
    return Basics(
        account_id=account_id,
        name=company_name(rng, industry, taken),
        part=part,
        industry=industry,
        use_case=pick(rng, INDUSTRIES[industry].use_cases),
        place=pick(rng, PLACES),
        opens=_opens(rng, part, span),
        leaves=leaves,
    )


def _opens(rng: Random, part: Part, span: tuple[int, int]) -> int:
    """New customers start on a Monday, sometimes on a Tuesday."""
    if part.cause is Cause.FAILED_ONBOARDING:
        return part.began
    tuesday = 1 if rng.random() < 0.25 else 0
    if part.cause is None and rng.random() < NEWCOMERS:
        return max(span[0], monday(whole(rng, *span))) + tuesday
    return monday(span[0] - whole(rng, 120, 5 * YEAR)) + tuesday


def _founders(rng: Random, basics: Basics, first: int) -> tuple[User, ...]:
    """A pilot team starts; in a company that is new the others follow from the second month on."""
    size = SIZES[basics.part.segment]
    count = whole(rng, *size.users)
    pilot = whole(rng, *size.pilot)
    joined = [basics.opens] * count
    if basics.opens >= first:
        joined[pilot:] = [basics.opens + whole(rng, 30, 150) for _ in joined[pilot:]]
    return a_team(rng, basics.account_id, count, joined, mix(basics.use_case))


def _as_it_went(rng: Random, basics: Basics, users: tuple[User, ...], span: tuple[int, int]) -> tuple[User, ...]:
    part = basics.part
    if part.cause is None:
        users = with_turnover(rng, users, *span)
    else:
        users = STORIES[part.cause].change(users, Turn(rng, part.began, part.ending))
    return with_days_off(rng, users, *span)


def _seat_holders(part: Part, users: Sequence[User], last: int) -> list[User]:
    """After a budget cut only those who stayed are paid for, once the contract is amended; otherwise all are."""
    amended = part.cause is Cause.BUDGET_CUT and part.began + CONTRACT_LAG <= last
    return [user for user in users if user.left == FOREVER or not amended]


def _record(rng: Random, basics: Basics, seat_holders: int, last: int) -> Account:
    part, size = basics.part, SIZES[basics.part.segment]
    plan = weighted(rng, size.plans)
    seats = int(seat_holders / between(rng, 0.62, 0.95)) + 1
    signup = basics.opens - whole(rng, 3, 20)
    renewal = basics.leaves if basics.leaves != FOREVER else signup + YEAR * ((last - signup) // YEAR + 1)
    account = Account(
        account_id=basics.account_id,
        name=basics.name,
        domain=domain(basics.name),
        segment=part.segment,
        tier=weighted(rng, size.tiers),
        plan=plan,
        arr=Decimal(round(seats * SEAT_PRICE[plan] * between(rng, 0.85, 1.1) / 10) * 10),
        csm_email=pick(rng, CSMS[part.segment]),
        industry=basics.industry,
        use_case=basics.use_case,
        signup_date=date.fromordinal(signup),
        usage_start=None if part.cause is Cause.NEVER_STARTED else date.fromordinal(basics.opens),
        renewal_date=date.fromordinal(renewal),
        churn_date=date.fromordinal(basics.leaves) if basics.leaves <= last else None,
        licensed_seats=seats,
    )
    return account.model_copy(update={part.unknown: None}) if part.unknown else account


ROLES = {
    "enterprise": ("champion", "admin", "executive_sponsor", "primary"),
    "mid_market": ("champion", "admin", "executive_sponsor"),
    "smb": ("champion", "primary"),
}
TITLES = {
    "champion": ("Head of Operations", "Operations Manager", "Process Lead", "Programme Manager"),
    "admin": ("Systems Administrator", "IT Manager", "Business Systems Analyst"),
    "executive_sponsor": ("COO", "VP Operations", "Managing Director", "CFO"),
    "primary": ("Procurement Manager", "Office Manager", "Finance Manager"),
}
LOGS_IN = {"champion": 0, "admin": 1, "executive_sponsor": 2}
"""Where in the team they sit; the primary contact signs contracts and never logs in."""


def _contacts(rng: Random, basics: Basics, users: Sequence[User]) -> tuple[Contact, ...]:
    silent = basics.part.cause is Cause.NEVER_STARTED
    contacts = []
    for number, role in enumerate(ROLES[basics.part.segment], 1):
        user = users[LOGS_IN[role]] if role in LOGS_IN else None
        name = user.name if user else person_name(rng)
        contacts.append(
            Contact(
                account_id=basics.account_id,
                contact_id=f"c{basics.account_id.removeprefix('acc')}-{number}",
                user_id=user.user_id if user and not silent else None,
                name=name,
                email=address(name, basics.name),
                role=role,
                title=pick(rng, TITLES[role]),
                timezone=basics.place.timezone,
            )
        )
    return tuple(contacts)


def _truth(basics: Basics) -> Planted | None:
    part = basics.part
    if part.cause is None:
        return None
    leaves_on = date.fromordinal(basics.leaves) if basics.leaves != FOREVER else None
    return Planted(part.cause, date.fromordinal(part.began), part.ending, leaves_on)
