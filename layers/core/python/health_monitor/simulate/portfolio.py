"""A made-up SaaS portfolio: companies, the people in them, and every use of the product on every day.

Everything follows from the seed; one day's events do not depend on whether any other day was asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from health_monitor.model.account import Account, Contact
from health_monitor.model.usage import UsageEvent
from health_monitor.simulate.behaviours import Planted
from health_monitor.simulate.cast import a_cast
from health_monitor.simulate.chance import draws
from health_monitor.simulate.companies import Team, a_company
from health_monitor.simulate.people import User
from health_monitor.simulate.workdays import business_of

CLOCK = tuple(f"T{minute // 60:02d}:{minute % 60:02d}:00Z" for minute in range(24 * 60))
WORKING_MINUTES = 8 * 60 - 1
SESSION_FEATURES = (1, 1, 1, 1, 2, 3)
"""How many features somebody touches on a day, each of the six equally likely."""
MOST_USES = 8


@dataclass(frozen=True)
class Portfolio:
    """All accounts of a made-up company, what really happens to them, and their usage day by day."""

    seed: int
    first_day: date
    last_day: date
    accounts: tuple[Account, ...]
    contacts: tuple[Contact, ...]
    planted: Mapping[str, Planted]
    teams: tuple[Team, ...]
    outage: tuple[date, date] | None = None
    moved_by: timedelta = timedelta()

    def events(self) -> Iterator[UsageEvent]:
        """Every use of the product, day by day, one at a time."""
        for day in range(self.first_day.toordinal(), self.last_day.toordinal() + 1):
            yield from self.events_on(date.fromordinal(day))

    def events_on(self, day: date) -> Iterator[UsageEvent]:
        """What was used on one day; nothing while the feed is out."""
        if self.outage and self.outage[0] <= day <= self.outage[1]:
            return
        lived = day - self.moved_by
        for team in self.teams:
            if team.opens <= lived.toordinal() < team.closes:
                yield from _day_of(team, lived, day, draws(self.seed, team.account_id, lived.toordinal()))

    def moved(self, weeks: int) -> "Portfolio":
        """The same lives so many weeks later: weekdays stay, holidays move along, and so the story stays the same."""
        by = timedelta(weeks=weeks)
        return replace(
            self,
            first_day=self.first_day + by,
            last_day=self.last_day + by,
            accounts=tuple(_later(account, by) for account in self.accounts),
            planted={name: _later_truth(planted, by) for name, planted in self.planted.items()},
            outage=(self.outage[0] + by, self.outage[1] + by) if self.outage else None,
            moved_by=self.moved_by + by,
        )


def a_portfolio(
    *, seed: int, accounts: int, last_day: date, days: int, outage: tuple[date, date] | None = None
) -> Portfolio:
    """A portfolio of so many accounts with so many days of history; `outage` silences the feed from day to day."""
    last = last_day.toordinal()
    span = (last - days + 1, last)
    taken: set[str] = set()
    companies = [
        a_company(draws(seed, "company", number), f"acc-{number:04d}", part, span, taken)
        for number, part in enumerate(a_cast(draws(seed, "cast"), accounts, *span), 1)
    ]
    return Portfolio(
        seed=seed,
        first_day=date.fromordinal(span[0]),
        last_day=last_day,
        accounts=tuple(company.account for company in companies),
        contacts=tuple(contact for company in companies for contact in company.contacts),
        planted={company.account.account_id: company.planted for company in companies if company.planted},
        teams=tuple(company.team for company in companies),
        outage=outage,
    )


def _later(account: Account, by: timedelta) -> Account:
    days = {name: day + by for name, day in account if isinstance(day, date)}
    return account.model_copy(update=days)


def _later_truth(planted: Planted, by: timedelta) -> Planted:
    return planted._replace(began=planted.began + by, leaves_on=planted.leaves_on + by if planted.leaves_on else None)


def _day_of(team: Team, lived: date, day: date, rng: Random) -> list[UsageEvent]:
    """Whoever logs in at one company on one day of its life, and what they do there; `day` is what the clock says."""
    busy = business_of(lived, team.weekend, team.observance)
    ordinal, stamp = day.toordinal(), day.isoformat()
    events: list[UsageEvent] = []
    for user in team.users:
        if rng.random() < user.share_on(lived.toordinal()) * busy and lived.toordinal() not in user.days_off:
            _work(team, user, ordinal, stamp, rng.random, events)
    return events


def _work(team: Team, user: User, day: int, stamp: str, chance: Callable[[], float], events: list[UsageEvent]) -> None:
    """One person's day, added to the events; a list is filled because millions of days pass here."""
    features = user.features
    favourite = int(chance() * chance() * len(features))
    for step in range(min(len(features), SESSION_FEATURES[int(chance() * 6)])):
        feature = features[(favourite + step) % len(features)]
        at = stamp + CLOCK[team.starts_at + int(chance() * WORKING_MINUTES)]
        events.append(
            UsageEvent(team.account_id, user.user_id, feature, at, day, 1 + int(chance() * chance() * MOST_USES))
        )
