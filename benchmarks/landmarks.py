"""Accounts of a history at every 14th day of their lives, each with what was known then and when it left."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from math import log1p
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence, Use
from health_monitor.model.records import Goal
from health_monitor.score.peers import peers_of
from health_monitor.score.use import walk_use

STEP, YOUNGEST = 14, 14
HORIZONS = (30, 90)
WORK = frozenset({"quiz", "externalquiz", "questionnaire", "dataplus"})
"""Pages of the public data on which work is handed in: what its users came for, so their goal."""
EMPTY_DAY = date(1900, 1, 1)


class Life(NamedTuple):
    """One account: which year it belongs to, its days, and its use by day, user and feature."""

    account: Account
    term: str
    start: int
    last: int
    churned: int | None
    events: list[tuple[int, str, str]]


class Landmark(NamedTuple):
    """An account on a day. raw: plain numbers for a bare regression, the days since it was last seen first.

    left: whether it left within so many days; None where nobody knows.
    """

    account_id: str
    term: str
    evidence: Evidence
    raw: tuple[float, ...]
    left: dict[int, bool | None]


def landmarks(folder: Path) -> list[Landmark]:
    """Every account of the folder's history, each 14 days."""
    lives = list(_lives(folder))
    days: dict[int, list[tuple[Life, Use, int]]] = defaultdict(list)
    first = min(life.start for life in lives)
    for life in lives:
        asked = [day for day in range(first, life.last + 1, STEP) if day - life.start >= YOUNGEST]
        found = dict(walk_use(life.events, life.start, life.start, asked, (), frozenset()))
        for day in asked:
            done = len({day_of for day_of, _, feature in life.events if feature in WORK and day_of <= day})
            days[day].append((life, found.get(day) or _silence(life, day), done))
    return [one for day, there in sorted(days.items()) for one in _on(day, there)]


def _lives(folder: Path) -> Iterator[Life]:
    uses: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    with gzip.open(folder / "events.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for account_id, user_id, event, day, _ in list(csv.reader(lines))[1:]:
            uses[account_id].append((date.fromisoformat(day).toordinal(), user_id, event))
    with (folder / "accounts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            start = date.fromisoformat(row["usage_start"] or row["signup_date"])
            churned = date.fromisoformat(row["churn_date"]) if row["churn_date"] else None
            observed = date.fromisoformat(row["observed_until"])
            if row["pre_start_cancel"] != "1" and (churned is None or churned > start):
                account = Account(account_id=row["account_id"], segment=row["segment"], licensed_seats=1)
                last = min(churned - timedelta(1) if churned else observed, observed)
                events = sorted(use for use in uses[row["account_id"]] if use[0] >= start.toordinal())
                yield Life(account, row["presentation"], start.toordinal(), last.toordinal(),
                           churned.toordinal() if churned else None, events)  # fmt: skip


def _silence(life: Life, day: int) -> Use:
    """Nobody has come yet."""
    age = day - life.start
    month, two, three = (0 if age >= gone + 13 else None for gone in (30, 60, 90))
    return Use(age, age + 1, 0, month, two, three, None, 0, 0, 0, 0, 0, (0, 0), 0, 0, 0, ())


def _on(day: int, there: Sequence[tuple[Life, Use, int]]) -> Iterator[Landmark]:
    """One day's accounts, compared with each other by segment."""
    scored = [Evidence(date.fromordinal(day), life.account, use, scope=_scope(life)) for life, use, _ in there]
    peers = peers_of(scored)
    usual = _usual(there)
    for (life, use, done), evidence in zip(there, scored, strict=True):
        left = {horizon: _left(life, day, horizon) for horizon in HORIZONS}
        if any(known is not None for known in left.values()):
            dossier = Dossier(goals=_goal(life, done, usual[_scope(life)]))
            full = Evidence(
                evidence.day, life.account, use, dossier, peers, core_features=peers.features, scope=evidence.scope
            )
            yield Landmark(life.account.account_id, life.term, full, _raw(life, use, day), left)


def _scope(life: Life) -> str:
    return f"{life.account.segment}-{life.term}"


def _usual(there: Sequence[tuple[Life, Use, int]]) -> dict[str, float]:
    """How often work was handed in by then, in the middle of each segment."""
    done: dict[str, list[int]] = defaultdict(list)
    for life, _, times in there:
        done[_scope(life)].append(times)
    return {scope: median(times) for scope, times in done.items()}


def _goal(life: Life, done: int, usual: float) -> tuple[Goal, ...]:
    """To hand in as often as others; no goal where nobody hands anything in."""
    if usual < 1:
        return ()
    at = datetime(2013, 1, 1, tzinfo=UTC)
    known: Any = {"source": "usage", "key": life.account.account_id, "changed_at": at, "title": "work handed in"}
    return (Goal(**known, set_on=date.fromordinal(life.start), start=0.0, current=float(done), target=2 * usual),)


def _left(life: Life, day: int, horizon: int) -> bool | None:
    """Whether it left in these days; None where it was watched for fewer and had not left."""
    if life.churned is not None and life.churned <= day + horizon:
        return True
    return False if life.churned is not None or life.last >= day + horizon else None


def _raw(life: Life, use: Use, day: int) -> tuple[float, ...]:
    """Days since last seen first; then what a bare regression may learn from."""
    before = [one for one, _, _ in life.events if one <= day]
    silent = day - before[-1] if before else day - life.start + 1
    recent = [sum(day - span < one <= day for one in before) for span in (7, 30)]
    return (
        float(silent), log1p(silent), float(use.index_now), log1p(recent[0]), log1p(recent[1]),
        float(len(use.features)), log1p(day - life.start),
    )  # fmt: skip
