"""A whole portfolio over its whole history: every account's walk, in the order in which they started.

Passing day d of tenure *before* t means having started before: so one pass by start date sees, for every account,
exactly the benchmarks that a nightly run would have had on each of its days.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.replay import CODES, NO_RATIO, Incident, Replay, Walk
from health_monitor.model.usage import SCALE, Benchmark, Rules, Series, State, Tenure
from health_monitor.usage.benchmark import LAST_AGE, Ledger, Point, point, scope_of
from health_monitor.usage.incident import held_back, incident_of, shift
from health_monitor.usage.rule import step
from health_monitor.usage.summary import medians_of
from health_monitor.usage.windows import sums_at, tenure_of, walk_sums

_CODE = {name: code for code, name in enumerate(CODES)}
Shifts = defaultdict[int, Counter[int]]


class _Entry(NamedTuple):
    tenure: Tenure
    end: int
    account: Account
    series: Series
    rules: Rules


class Walked(NamedTuple):
    """A replay, and the benchmarks it leaves behind for the day after."""

    replay: Replay
    ledger: Ledger


def replay_portfolio(
    accounts: Iterable[Account],
    series: Mapping[str, Series],
    bundle: Bundle,
    last_day: date,
    data_from: date | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Walked:
    """Judge every account on every day of its tenure up to last_day, exactly as the nightly run would have.

    data_from: the first day of the data; accounts that began long before are seen only from then on.
    """
    entries, never = _enter(accounts, series, bundle, last_day, data_from)
    ledger, shifts, walks = Ledger(), Shifts(Counter), []
    for _, cohort in groupby(entries, key=lambda entry: entry.tenure.start):
        points: list[Point] = []
        for entry in cohort:
            walks.append(_walk(entry, _benchmarks(entry, ledger, bundle), bundle, points, shifts))
            progress(len(walks))
        ledger.add(points)
    incidents = {day: found for day in sorted(shifts) if (found := incident_of(day, shifts[day], bundle.data_incident))}
    first = min((walk.start for walk in walks), default=last_day.toordinal())
    marks = frozenset(_suppressed(walks, incidents, bundle))
    return Walked(Replay(walks, never, incidents, marks, first, last_day.toordinal(), bundle.version), ledger)


def _enter(
    accounts: Iterable[Account], series: Mapping[str, Series], bundle: Bundle, last_day: date, data_from: date | None
) -> tuple[list[_Entry], list[Account]]:
    entries, never = [], []
    for account in accounts:
        own = series.get(account.account_id)
        rules = bundle.profile_of(account).rules()
        tenure = tenure_of(account, own.first_day if own else None, data_from.toordinal() if data_from else None, rules)
        end = account.last_day(last_day).toordinal()
        if tenure is None or end < tenure.seen_from:
            never.append(account)
        else:
            entries.append(_Entry(tenure, end, account, own or Series(tenure.seen_from, [], [], []), rules))
    return sorted(entries, key=lambda entry: (entry.tenure.start, entry.account.account_id)), never


def _benchmarks(entry: _Entry, ledger: Ledger, bundle: Bundle) -> list[Benchmark | None]:
    """The account's benchmark on each day of its tenure, while it needs one."""
    scope, rules = scope_of(entry.account.segment, entry.rules), entry.rules
    ages = range(min(LAST_AGE, entry.end - entry.tenure.start + 1))
    kinds = ("cumulative" if age <= rules.new_to else "per_user" for age in ages)
    return [
        ledger.benchmark(scope, kind, age, bundle.benchmark_min_accounts) for age, kind in zip(ages, kinds, strict=True)
    ]


def _walk(
    entry: _Entry, benchmarks: list[Benchmark | None], bundle: Bundle, points: list[Point], shifts: Shifts
) -> Walk:
    tenure, end, account, series, rules = entry
    codes, ratios, episodes = bytearray(), array("H"), []
    state: State | None = None
    index_sums: list[int] = []
    week = bundle.data_incident.compare_days
    for sums in walk_sums(series, tenure, end, rules):
        young = sums.age < LAST_AGE
        state = step(state, sums, benchmarks[sums.age] if young else None, rules)
        codes.append(_CODE[state.verdict.reason or state.verdict.drop])
        ratios.append(_ratio(state))
        if state.episode is not None and state.episode.resolved_on is not None:
            episodes.append(state.episode)
        if young and (own := point(account.segment, sums, rules)):
            points.append(own)
        index_sums.append(sums.index_sum)
        if (
            sums.seen_days > week
            and (moved := shift(sums, index_sums[-1 - week], rules, bundle.data_incident)) is not None
        ):
            shifts[sums.day][moved] += 1
    if state is not None and state.open:
        episodes.append(state.open)
    return Walk(account, tenure.seen_from, end, series, bytes(codes), ratios, tuple(episodes), state)


def _ratio(state: State) -> int:
    verdict = state.verdict
    if verdict.reason is not None:
        return NO_RATIO
    scaled = SCALE * verdict.index_num * verdict.baseline_den // (verdict.index_den * verdict.baseline_num)
    return min(scaled, NO_RATIO - 1)


def seat_medians(walks: Iterable[Walk], bundle: Bundle) -> dict[str, float]:
    """Each segment's median index per licensed seat on the walks' last days."""
    seats: dict[str, list[float]] = defaultdict(list)
    for walk in walks:
        rules = bundle.profile_of(walk.account).rules()
        if walk.account.licensed_seats:
            sums = sums_at(walk.series, Tenure(walk.start, walk.start), walk.end, rules)
            per_seat = sums.index_sum / (sums.index_days * walk.account.licensed_seats)
            seats[scope_of(walk.account.segment, rules)].append(per_seat)
    return medians_of(seats)


def _suppressed(walks: Iterable[Walk], incidents: Mapping[int, Incident], bundle: Bundle) -> Iterable[tuple[str, int]]:
    for walk in walks:
        for episode in walk.episodes:
            if episode.opened_on in incidents and held_back(walk.account, episode.usage_drop, bundle):
                yield walk.account.account_id, episode.opened_on
