"""A whole portfolio over its whole history: every account's walk, in the order in which they started.

Passing day d of tenure *before* t means having started before: so one pass by start date sees, for every account,
exactly the benchmarks that a nightly run would have had on each of its days.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache, partial
from itertools import chain, groupby, islice, repeat
from typing import NamedTuple

from health_monitor.model.account import Account
from health_monitor.model.config import Bundle, DataIncident
from health_monitor.model.replay import CODES, NO_RATIO, Incident, Replay, Walk
from health_monitor.model.usage import SCALE, Benchmark, Rules, Series, State, Sums, Tenure, Verdict
from health_monitor.usage.benchmark import LAST_AGE, Ledger, Point, point, scope_of
from health_monitor.usage.incident import comparable_from, held_back, incident_of, moved
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
        benchmarks = cache(partial(_benchmarks, ledger, bundle.benchmark_min_accounts))
        for entry in cohort:
            scope = scope_of(entry.account.segment, entry.rules)
            days = list(walk_sums(entry.series, entry.tenure, entry.end, entry.rules))
            walks.append(_walk(entry, days, benchmarks(scope, entry.rules.new_to)))
            points += _points(entry, days)
            _count_shifts(entry, days, bundle.data_incident, shifts)
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


def _benchmarks(ledger: Ledger, min_accounts: int, scope: str, new_to: int) -> list[Benchmark | None]:
    """A segment's benchmark on each day of tenure on which it may be needed."""
    kinds = ("cumulative" if age <= new_to else "per_user" for age in range(LAST_AGE))
    return [ledger.benchmark(scope, kind, age, min_accounts) for age, kind in enumerate(kinds)]


def _walk(entry: _Entry, days: list[Sums], benchmarks: list[Benchmark | None]) -> Walk:
    """Every day's state; what the report needs of each is a code and a ratio."""
    tenure, end, account, series, rules = entry
    codes, ratios, episodes = bytearray(), array("H"), []
    state: State | None = None
    needed = chain(benchmarks[tenure.seen_from - tenure.start :], repeat(None))
    for sums, benchmark in zip(days, needed, strict=False):
        state = step(state, sums, benchmark, rules)
        _, verdict, episode = state
        codes.append(_CODE[verdict.reason or verdict.drop])
        ratios.append(_ratio(verdict))
        if episode and episode.resolved_on is not None:
            episodes.append(episode)
    if state is not None and state.open:
        episodes.append(state.open)
    return Walk(account, tenure.seen_from, end, series, bytes(codes), ratios, tuple(episodes), state)


def _ratio(verdict: Verdict) -> int:
    _, reason, _, index, index_den, baseline, baseline_den = verdict
    if reason is not None:
        return NO_RATIO
    scaled = SCALE * index * baseline_den // (index_den * baseline)
    return scaled if scaled < NO_RATIO else NO_RATIO - 1


def _points(entry: _Entry, days: list[Sums]) -> Iterator[Point]:
    """What the account adds to the benchmarks of those who start later."""
    young = islice(days, max(0, LAST_AGE - (entry.tenure.seen_from - entry.tenure.start)))
    segment = entry.account.segment
    return (own for sums in young if (own := point(segment, sums, entry.rules)))


def _count_shifts(entry: _Entry, days: list[Sums], settings: DataIncident, shifts: Shifts) -> None:
    index = [sums.index_sum for sums in days]
    seen = comparable_from(entry.rules, settings) - 1
    day = entry.tenure.seen_from + seen
    for now, then in zip(index[seen:], index[seen - settings.compare_days :], strict=False):
        if (share := moved(now, then)) is not None:
            shifts[day][share] += 1
        day += 1


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
