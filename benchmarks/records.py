"""What else is known of the accounts: a year of the simulator's records in each dossier, and half a year of scores."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random

from benchmarks import portfolio
from health_monitor.ingest.people import person_of
from health_monitor.model.records import AnyRecord, Ticket
from health_monitor.model.score import HISTORY_DAYS, History, Standing
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.simulate.portfolio import a_portfolio
from health_monitor.simulate.records import records_of

KINDS, YEAR = 50, 365
"""So many accounts differ in their records; the others are like one of these."""
STEP = 6
"""Tenths by which a score changes at most from one night to the next."""


def fill(dossiers: Dossiers, numbers: Sequence[int], last_day: date, silent_days: int = 0) -> None:
    """Each account's records and people, as a year has left them; without what began in the last days of silence."""
    until = last_day - timedelta(days=silent_days)
    for number in numbers:
        told = _told(last_day)[number % KINDS]
        dossiers.save(portfolio.account_id(number), [one for one in told if one.when.date() <= until])


def grow(standings: Standings, numbers: Sequence[int]) -> None:
    """Each account stands where it did, with as many scores before as are kept."""
    known = standings.read([portfolio.account_id(number) for number in numbers], consistent=True)
    standings.write([_grown(standing) for standing in known.values()])


def news_of(number: int, now: datetime, *, urgent: bool) -> AnyRecord:
    """A new ticket."""
    return Ticket(
        source="records", key=f"new-{number}", changed_at=now, opened_at=now, type="bug",
        severity="p1" if urgent else "p3",
    )  # fmt: skip


def told_a_day() -> float:
    """How many records of an account are told on a day; what was settled since it began was told twice."""
    some = [one for each in _told(date(2026, 6, 14)) for one in each]
    return sum(1 + (one.changed_at.date() > one.when.date()) for one in some) / KINDS / YEAR


@lru_cache(maxsize=4)
def _told(last_day: date) -> list[list[AnyRecord]]:
    made = a_portfolio(seed=7, accounts=KINDS, last_day=last_day, days=YEAR)
    began = datetime.combine(made.first_day, time(), UTC)
    people = {account.account_id: list[AnyRecord]() for account in made.accounts}
    for contact in made.contacts:
        people[contact.account_id].append(person_of(contact, None, began))
    return [[*records, *people[account_id]] for account_id, records in records_of(made)]


def _grown(standing: Standing) -> Standing:
    rng, day = Random(standing.account_id), standing.as_of.toordinal()
    scores = tuple(_scores(rng, standing.score or 0))[::-1]
    return standing.model_copy(update={"history": History(standing.version, day - HISTORY_DAYS + 1, scores)})


def _scores(rng: Random, score: int) -> Iterator[int]:
    """From the last one back."""
    for _ in range(HISTORY_DAYS):
        yield score
        score = min(max(score + rng.randint(-STEP, STEP), 0), 1_000)
