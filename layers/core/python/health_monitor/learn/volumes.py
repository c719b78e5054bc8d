"""How many alerts there were, where and when, and on which days there could be none."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from health_monitor.learn.figures import MIN_N, median, per_100_a_month, share
from health_monitor.learn.outcomes import came_true, exposure
from health_monitor.learn.report import Dormant, Ending, Slice, Span, Volume
from health_monitor.learn.stretches import Stretch, count_codes, per_day
from health_monitor.model.alert import SEVERITY
from health_monitor.model.replay import CODES, FIRST_VERDICT, Incident, Kept, Replay
from health_monitor.model.usage import Drop, Episode

TENURES = (("under 30 days", 0, 29), ("30 to 89 days", 30, 89), ("90 days and more", 90, 10**6))
DORMANT = CODES.index("dormant")

Part = tuple[int, int, Stretch]
"""First day, last day, and the account they belong to."""


class Raised(NamedTuple):
    """An alert of the rule together with its account and its episode."""

    day: int
    stretch: Stretch
    episode: Episode
    suppressed: bool


def raised(kept: Iterable[Kept], those: Sequence[Stretch], suppressed: frozenset[tuple[str, int]]) -> list[Raised]:
    """The rule's alerts with what they are about."""
    episodes: dict[tuple[str, int | None], tuple[Stretch, Episode]]
    episodes = {(s.account_id, e.opened_on): (s, e) for s in those for e in s.walk.episodes}
    keyed = ((alert.day, (alert.account_id, alert.opened_on)) for alert in kept)
    return [Raised(day, *episodes[key], key in suppressed) for day, key in keyed]


def by_week(alerts: Sequence[Raised], those: Sequence[Stretch], period: tuple[int, int]) -> tuple[Volume, ...]:
    """One volume a week, Monday first; label is the Monday."""
    judged: Counter[int] = Counter()
    for day, accounts in enumerate(per_day(((s.first, s.last) for s in those), *period), period[0]):
        judged[_monday(day)] += accounts
    counts = Counter(_monday(a.day) for a in alerts)
    held = Counter(_monday(a.day) for a in alerts if a.suppressed)
    return tuple(
        Volume(
            date.fromordinal(monday).isoformat(),
            counts[monday],
            held[monday],
            judged[monday],
            per_100_a_month(counts[monday], judged[monday]),
        )
        for monday in sorted(judged)
    )


def _monday(day: int) -> int:
    return day - (day - 1) % 7


def by_segment(alerts: Sequence[Raised], those: Sequence[Stretch]) -> tuple[Slice, ...]:
    """One slice a segment, in order of name."""
    parts: dict[str, list[Part]] = defaultdict(list)
    for s in those:
        parts[s.segment].append((s.first, s.last, s))
    return _slices(parts, alerts, lambda alert: alert.stretch.segment)


def by_tenure(alerts: Sequence[Raised], those: Sequence[Stretch]) -> tuple[Slice, ...]:
    """One slice a span of account age; an account passes from one to the next."""
    parts: dict[str, list[Part]] = {}
    for label, youngest, oldest in TENURES:
        cut = ((max(s.first, s.began + youngest), min(s.last, s.began + oldest), s) for s in those)
        parts[label] = [part for part in cut if part[0] <= part[1]]
    return _slices(parts, alerts, lambda alert: _tenure(alert.day - alert.stretch.began))


def _tenure(age: int) -> str:
    return next(label for label, _, oldest in TENURES if age <= oldest)


def _slices(
    parts: Mapping[str, Sequence[Part]], alerts: Sequence[Raised], label_of: Callable[[Raised], str]
) -> tuple[Slice, ...]:
    mine: dict[str, list[Raised]] = defaultdict(list)
    for alert in alerts:
        mine[label_of(alert)].append(alert)
    return tuple(_slice(label, mine[label], parts[label]) for label in parts)


def _slice(label: str, alerts: Sequence[Raised], parts: Sequence[Part]) -> Slice:
    outcomes = [came_true(a.stretch, a.day) for a in alerts]
    known = len(outcomes) - outcomes.count(None)
    hits = outcomes.count(True)
    seen = [exposure(s, first, last) for first, last, s in parts]
    base_n, base_hits = sum(e.known for e in seen), sum(e.followed for e in seen)
    days = sum(last - first + 1 for first, last, _ in parts)
    readable = known >= MIN_N and base_hits > 0
    return Slice(
        label=label,
        alerts=len(alerts),
        suppressed=sum(a.suppressed for a in alerts),
        account_days=days,
        per_100_accounts_a_month=per_100_a_month(len(alerts), days),
        censored=len(alerts) - known,
        precision=share(hits, known),
        base_rate=share(base_hits, base_n),
        lift=round(hits / known * base_n / base_hits, 4) if readable else None,
    )


def severities(alerts: Iterable[Raised]) -> dict[str, int]:
    """Alerts by the severity of the worst level they reached."""
    counts = Counter(SEVERITY[a.episode.highest] for a in alerts)
    return {SEVERITY[drop]: counts[SEVERITY[drop]] for drop in (Drop.SEVERE, Drop.MODERATE)}


def endings(alerts: Sequence[Raised]) -> tuple[Ending, ...]:
    """How alerts ended; an alert without an end was open when the account left or the data stopped."""
    lengths: dict[str, Counter[int]] = {"recovered": Counter(), "new_normal": Counter()}
    left = still = 0
    for alert in alerts:
        episode = alert.episode
        if episode.resolved_on is not None and episode.resolution:
            lengths[episode.resolution.value][episode.resolved_on - episode.opened_on] += 1
        elif alert.stretch.churn == alert.stretch.walk.end + 1:
            left += 1
        else:
            still += 1
    closed = [Ending(name, sum(found.values()), median(found)) for name, found in lengths.items()]
    return (*closed, Ending("open_when_it_left", left, None), Ending("still_open", still, None))


def no_verdict_days(those: Iterable[Stretch]) -> dict[str, int]:
    """Judged account-days without a verdict, by reason."""
    counts = dict.fromkeys(CODES[:FIRST_VERDICT], 0)
    for s in those:
        for code, name in enumerate(CODES[:FIRST_VERDICT]):
            counts[name] += count_codes(s.walk, code, s.first, s.last)
    return counts


def dormant_on(those: Iterable[Stretch], day: int) -> tuple[Dormant, ...]:
    """Accounts whose verdict that day is dormant, the longest silent first."""
    found = [
        Dormant(s.account_id, s.walk.account.name, _silent_days(s, day))
        for s in those
        if s.last == day and s.walk.codes[day - s.walk.start] == DORMANT
    ]
    return tuple(sorted(found, key=lambda d: (-d.silent_days, d.account_id)))


def _silent_days(stretch: Stretch, day: int) -> int:
    series = stretch.walk.series
    for seen in range(day, stretch.walk.start - 1, -1):
        at = seen - series.first_day
        if 0 <= at < len(series.active_users) and series.active_users[at]:
            return day - seen
    return day - stretch.walk.start + 1


def incident_spans(replay: Replay, period: tuple[int, int]) -> tuple[Span, ...]:
    """Incident days of the period, neighbours joined into one span."""
    spans: list[list[Incident]] = []
    for day in sorted(d for d in replay.incidents if period[0] <= d <= period[1]):
        if spans and spans[-1][-1].day == day - 1:
            spans[-1].append(replay.incidents[day])
        else:
            spans.append([replay.incidents[day]])
    held = Counter(opened_on for _, opened_on in replay.suppressed)
    return tuple(_span(days, held) for days in spans)


def _span(days: Sequence[Incident], held: Mapping[int, int]) -> Span:
    first, last = days[0].day, days[-1].day
    return Span(
        first_day=date.fromordinal(first).isoformat(),
        last_day=date.fromordinal(last).isoformat(),
        days=len(days),
        lowest_median=min(d.median for d in days) / 10_000,
        accounts=max(d.accounts for d in days),
        suppressed=sum(held.get(day, 0) for day in range(first, last + 1)),
    )
