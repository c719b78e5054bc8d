"""Whose records turn, how and since when: also troubles that no use of the product shows."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from health_monitor.model.account import Account, Contact
from health_monitor.simulate.behaviours import Cause
from health_monitor.simulate.chance import between, draws, pick, weighted, whole
from health_monitor.simulate.portfolio import Portfolio


class Way(StrEnum):
    """One way in which an account's records turn from a day on."""

    ANGRY = "angry"
    SILENT = "silent"
    UNPAID = "unpaid"
    BUGS = "bugs"
    SHRINKS = "shrinks"
    GROWS = "grows"
    NO_CHAMPION = "no_champion"
    NO_SPONSOR = "no_sponsor"
    NEGLECTED = "neglected"


WAYS: Mapping[Cause, tuple[Way, ...]] = {
    Cause.DEPARTED_CHAMPION: (Way.NO_CHAMPION, Way.SILENT),
    Cause.BUDGET_CUT: (Way.SHRINKS,),
    Cause.QUIET_QUITTER: (Way.SILENT,),
    Cause.FAILED_ONBOARDING: (Way.SILENT,),
    Cause.COMPETITOR_TRIAL: (Way.ANGRY,),
    Cause.MERGED_AWAY: (Way.NO_SPONSOR, Way.SILENT),
    Cause.GROWER: (Way.GROWS,),
    Cause.DORMANT: (Way.SILENT,),
    Cause.NEVER_STARTED: (Way.SILENT,),
}
"""What a trouble with the use of the product looks like elsewhere."""
GRIEFS = ((Way.UNPAID, 14), (Way.BUGS, 16), (Way.NO_SPONSOR, 14), (Way.ANGRY, 14), (Way.NEGLECTED, 16))
"""Troubles that no use of the product shows, of a thousand accounts whose use is steady."""
GRIEF_LASTS = (25, 110)
"""So many days before the story ends such a trouble began."""


class Turned(NamedTuple):
    """How an account's records turn, and on which day (an ordinal of the day that the clock shows)."""

    ways: tuple[Way, ...]
    began: int


def griefs(portfolio: Portfolio) -> dict[str, Turned]:
    """The accounts whose trouble only records show: which, and since when."""
    found = {}
    last = portfolio.last_day.toordinal()
    sponsored = {one.account_id for one in portfolio.contacts if one.role == "executive_sponsor"}
    for account in portfolio.accounts:
        rng = draws(portfolio.seed, "grief", account.account_id)
        way = weighted(rng, (*GRIEFS, (None, 1000 - sum(share for _, share in GRIEFS))))
        began = last - whole(rng, *GRIEF_LASTS)
        if way is Way.NO_SPONSOR and account.account_id not in sponsored:
            way = Way.ANGRY
        if way and account.account_id not in portfolio.planted and opened(account, portfolio) < began - 120:
            found[account.account_id] = Turned((way,), began)
    return found


def contacts_of(portfolio: Portfolio) -> tuple[Contact, ...]:
    """The portfolio's contacts, with departments, and with those who have left."""
    turned = turns(portfolio)
    return tuple(_as_it_went(one, turned[one.account_id], portfolio) for one in portfolio.contacts)


def accounts_of(portfolio: Portfolio) -> tuple[Account, ...]:
    """The portfolio's accounts, with how many people and use cases they have."""
    return tuple(_with_size(account, portfolio.seed) for account in portfolio.accounts)


def turns(portfolio: Portfolio) -> dict[str, Turned | None]:
    """How each account's records turn."""
    troubled = griefs(portfolio)
    return {
        account.account_id: _planted(portfolio, account.account_id) or troubled.get(account.account_id)
        for account in portfolio.accounts
    }


def _planted(portfolio: Portfolio, account_id: str) -> Turned | None:
    planted = portfolio.planted.get(account_id)
    return Turned(WAYS.get(planted.cause, ()), planted.began.toordinal()) if planted else None


def opened(account: Account, portfolio: Portfolio) -> int:
    """The first day of which something is told."""
    known = account.usage_start or account.signup_date or portfolio.first_day
    return max(known, portfolio.first_day).toordinal()


GONE = {"champion": Way.NO_CHAMPION, "executive_sponsor": Way.NO_SPONSOR}
"""Who has left when an account's records turn so."""
DEPARTMENTS = ("operations", "finance", "it", "sales")


def _as_it_went(one: Contact, turned: Turned | None, portfolio: Portfolio) -> Contact:
    """With a department; gone, where they left before the story ends."""
    rng = draws(portfolio.seed, "contact", one.contact_id)
    changes: dict[str, Any] = {"department": pick(rng, DEPARTMENTS[: whole(rng, 2, 4)])}
    gone = GONE.get(one.role or "")
    if turned and gone in turned.ways and turned.began <= portfolio.last_day.toordinal():
        changes |= {"departed_on": date.fromordinal(turned.began), "departure": "left"}
    return one.model_copy(update=changes)


def _with_size(account: Account, seed: int) -> Account:
    rng = draws(seed, "size", account.account_id)
    bought = whole(rng, 1, 4)
    live = min(bought, whole(rng, 1, 4))
    seats = account.licensed_seats or 5
    return account.model_copy(
        update={
            "employees": round(seats * between(rng, 2, 9)),
            "use_cases_bought": bought,
            "use_cases_live": live,
        }
    )
