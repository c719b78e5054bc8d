"""Who hears what of a night's signals: one message a colleague, and every signal once.

Critical ones go to the CSM and the CSM's manager, high ones to the CSM, moderate ones to the CSM once a week.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from health_monitor.model.digest import SEVERITIES, Digest, News
from health_monitor.model.routing import Team
from health_monitor.model.score import Signal, Standing

SUNDAY = 6
"""The night of a Sunday is judged on Monday morning: then the week's moderate signals are told."""
WEEK = timedelta(days=7)


class Span(NamedTuple):
    """The days of which a night tells; `first` is earlier than `last` when nights before it were held back."""

    first: date
    last: date

    @property
    def week(self) -> tuple[date, date] | None:
        """After which day, and through which, moderate signals are told; None on other days than Mondays.

        Of every Sunday in the span: nights that were held back may have been weeks.
        """
        days = (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))
        sundays = [day for day in days if day.weekday() == SUNDAY]
        return (sundays[0] - WEEK, sundays[-1]) if sundays else None


def news_of(standing: Standing, span: Span) -> tuple[Signal, ...]:
    """The account's signals that are told tonight.

    Not those that another scorecard brought, nor the critical ones that a rescoring between two nights told at once.
    """
    return tuple(one for one in standing.signals if not one.silent and one.since and _is_due(one, one.since, span))


def digests(news: Iterable[News], night: date, team: Team, operations: str) -> list[Digest]:
    """One for each colleague who has to hear of something; accounts without a CSM are told to operations."""
    heard: dict[str, list[News]] = defaultdict(list)
    for one in news:
        csm = one.account.csm_email or operations
        heard[csm].append(one)
        boss = manager_of(csm, team)
        grave = tuple(signal for signal in one.signals if signal.severity == "critical")
        if boss and grave and boss.lower() != csm.lower():
            heard[boss].append(one._replace(signals=grave))
    return [Digest(to, night, tuple(sorted(some, key=_urgency))) for to, some in sorted(heard.items())]


def manager_of(csm: str, team: Team) -> str | None:
    """Whom else a critical signal reaches."""
    member = team.find(csm)
    return member.manager if member else None


def _is_due(signal: Signal, since: date, span: Span) -> bool:
    if signal.severity == "moderate":
        return span.week is not None and span.week[0] < since <= span.week[1]
    told_at_once = signal.severity == "critical" and signal.at is not None
    return span.first <= since <= span.last and not told_at_once


def _urgency(one: News) -> tuple[int, float, str]:
    return SEVERITIES.index(one.severity), -(one.standing.priority or 0.0), one.account.account_id
