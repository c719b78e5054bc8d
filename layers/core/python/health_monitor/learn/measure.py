"""Counts what a replay would have been worth: how many alerts, how many of them right, how early, beside chance."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from health_monitor.learn import volumes
from health_monitor.learn.churners import churners
from health_monitor.learn.figures import Draw, Figure, bootstrap, figure, median, per_100_a_month, share
from health_monitor.learn.methods import (
    episodes_as_alerts,
    kept_by_day,
    random_pools,
    rule_pools,
    silence_pools,
)
from health_monitor.learn.outcomes import HORIZON_DAYS, days_by_account, exposure, left_in_period, tally, was_eligible
from health_monitor.learn.peers import Peers
from health_monitor.learn.report import DEFINITIONS, Lines, MethodResult, Report
from health_monitor.learn.selection import budget_quota, same_volume, select
from health_monitor.learn.stretches import Stretch, per_day, stretches
from health_monitor.model.config import Bundle, UsageDrop
from health_monitor.model.replay import Kept, Replay

METHODS = ("usage rule", "last seen", "random")
SEED = 20130201
"""Any fixed number would do; it makes a report the same every time."""
PER_METHOD = 3
RANDOM = PER_METHOD * METHODS.index("random")


class Counts(NamedTuple):
    """By account, in order: a row of counts (per method: known, hits, warned; then base known, base followed,
    churner), and by method the lead days of churners, 0 = none."""

    rows: list[list[int]]
    leads: list[list[int]]
    alerts: list[int]


def measure(
    replay: Replay,
    *,
    from_day: int | None = None,
    to_day: int | None = None,
    budget: float | None = None,
    bundle: Bundle | None = None,
) -> Report:
    """The whole report on the days from_day..to_day (ordinals, inclusive; default all).

    budget: alerts per 100 judged accounts a month, None keeps every episode; bundle: the configuration the replay
    ran with, so that the report can name its thresholds.
    """
    first = replay.first_day if from_day is None else max(from_day, replay.first_day)
    last = replay.last_day if to_day is None else min(to_day, replay.last_day)
    those = stretches(replay, first, last)
    kept = choose(those, range(first, last + 1), budget)
    counts = count(those, kept, (first, last))
    return _report(replay, those, kept, counts, (first, last), budget, bundle)


def choose(those: Sequence[Stretch], days: range, budget: float | None) -> list[list[Kept]]:
    """Each method's alerts: the rule's, then as many a day by last seen and by chance."""
    ids = [s.account_id for s in those]
    if budget is None:
        rule = episodes_as_alerts(those)
    else:
        judged = per_day(((s.first, s.last) for s in those), days.start, days.stop - 1)
        quota = budget_quota(budget, dict(zip(days, judged, strict=True)))
        rule = select(rule_pools(those, Peers(those), days), quota, ids)
    same = same_volume(kept_by_day(rule))
    pools = (silence_pools(those, SEED, days), random_pools(those, SEED, days))
    return [rule, *(select(pool, same, ids) for pool in pools)]


def count(those: Sequence[Stretch], kept: Sequence[Sequence[Kept]], period: tuple[int, int]) -> Counts:
    """What the bootstrap adds up, account by account."""
    by_account = [days_by_account(alerts) for alerts in kept]
    counts = Counts([], [[] for _ in kept], [len(alerts) for alerts in kept])
    for stretch in those:
        churner = left_in_period(stretch, *period) and was_eligible(stretch)
        row: list[int] = []
        for method, days in enumerate(by_account):
            found = tally(stretch, days.get(stretch.account_id, ()))
            lead = found.lead_days if churner else 0
            row += (found.known, found.hits, lead > 0)
            counts.leads[method].append(lead)
        counts.rows.append([*row, *exposure(stretch, stretch.first, stretch.last), churner])
    return counts


def _report(
    replay: Replay,
    those: Sequence[Stretch],
    kept: Sequence[list[Kept]],
    counts: Counts,
    period: tuple[int, int],
    budget: float | None,
    bundle: Bundle | None,
) -> Report:
    alerts = volumes.raised(kept[0], those, replay.suppressed)
    account_days = sum(s.days for s in those)
    silent = volumes.no_verdict_days(those)
    sums, draws = _sums(counts), bootstrap(counts.rows, counts.leads, SEED)
    return Report(
        from_day=date.fromordinal(period[0]).isoformat(),
        to_day=date.fromordinal(period[1]).isoformat(),
        config=replay.config,
        lines=_lines(bundle),
        budget=budget,
        horizon_days=HORIZON_DAYS,
        accounts_judged=len(those),
        accounts_never_judged=len(replay.never_judged),
        account_days=account_days,
        verdict_days=account_days - sum(silent.values()),
        no_verdict_days=silent,
        episodes=len(episodes_as_alerts(those)),
        alerts=len(alerts),
        alerts_per_100_accounts_a_month=per_100_a_month(len(alerts), account_days),
        alerts_by_severity=volumes.severities(alerts),
        alerts_suppressed=sum(a.suppressed for a in alerts),
        endings=volumes.endings(alerts),
        by_week=volumes.by_week(alerts, those, period),
        by_segment=volumes.by_segment(alerts, those),
        by_tenure=volumes.by_tenure(alerts, those),
        has_churn_dates=_has_churn_dates(replay),
        base_rate=_base_rate(sums, draws),
        methods=tuple(_result(m, sums, draws, counts, account_days) for m in range(len(METHODS))),
        lead_days=dict(sorted(_leads(counts, 0).items())),
        churners=churners(those, replay.never_judged, days_by_account(kept[0]), period, budget is not None),
        incidents=volumes.incident_spans(replay, period),
        dormant=volumes.dormant_on(those, period[1]),
        definitions=DEFINITIONS,
        kept=tuple(kept[0]),
    )


def _has_churn_dates(replay: Replay) -> bool:
    judged = (walk.account for walk in replay.walks)
    return any(a.churn_date for a in judged) or any(a.churn_date for a in replay.never_judged)


def _sums(counts: Counts) -> list[int]:
    return [sum(column) for column in zip(*counts.rows, strict=True)] or [0] * (PER_METHOD * len(METHODS) + 3)


def _leads(counts: Counts, method: int) -> Counter[int]:
    return Counter(lead for lead in counts.leads[method] if lead)


def _base_rate(sums: Sequence[int], draws: Sequence[Draw]) -> Figure:
    known, followed = sums[-3], sums[-2]
    return share(followed, known, [d.sums[-2] / d.sums[-3] for d in draws if d.sums[-3]])


def _result(method: int, sums: Sequence[int], draws: Sequence[Draw], counts: Counts, account_days: int) -> MethodResult:
    at = method * PER_METHOD
    known, hits, warned = sums[at : at + PER_METHOD]
    leads = _leads(counts, method)
    spread = [m for m in (median(d.leads[method]) for d in draws) if m is not None]
    return MethodResult(
        method=METHODS[method],
        alerts=counts.alerts[method],
        per_100_accounts_a_month=per_100_a_month(counts.alerts[method], account_days),
        censored=counts.alerts[method] - known,
        precision=share(hits, known, [d.sums[at + 1] / d.sums[at] for d in draws if d.sums[at]]),
        recall=share(warned, sums[-1], [d.sums[at + 2] / d.sums[-1] for d in draws if d.sums[-1]]),
        lift=figure(_lift(sums, at), known, None, [x for d in draws if (x := _lift(d.sums, at)) is not None]),
        times_random=figure(_times(sums, at), known, None, [x for d in draws if (x := _times(d.sums, at)) is not None]),
        median_lead_days=figure(median(leads), sum(leads.values()), None, spread),
    )


def _lift(sums: Sequence[int], at: int) -> float | None:
    """Precision over base rate."""
    known, hits, base_known, base_followed = sums[at], sums[at + 1], sums[-3], sums[-2]
    return hits * base_known / (known * base_followed) if known and base_followed else None


def _times(sums: Sequence[int], at: int) -> float | None:
    """Precision over the precision of random warnings."""
    known, hits, random_known, random_hits = sums[at], sums[at + 1], sums[RANDOM], sums[RANDOM + 1]
    return hits * random_known / (known * random_hits) if known and random_hits else None


def _lines(bundle: Bundle | None) -> tuple[Lines, ...]:
    profiles = bundle.profiles if bundle else ()
    return tuple(
        Lines(
            p.name,
            p.activity,
            p.baseline,
            _line(p.usage_drop.new),
            _line(p.usage_drop.young),
            _line(p.usage_drop.mature),
        )
        for p in profiles
    )


def _line(drop: UsageDrop) -> tuple[float, float, float]:
    return float(drop.fire_lt), float(drop.severe_lt), float(drop.resolve_gte)
