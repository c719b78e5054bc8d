"""What another scorecard would have changed over the stored past, before anybody hears of it.

Every rate is counted under the scorecard that is live and under the other, on the same accounts and weeks, with the
95 % interval of 200 bootstrap draws of whole accounts; below 20 cases the counts stand alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from health_monitor.learn.figures import Draw, Figure, bootstrap, figure, interval, median
from health_monitor.learn.findings import Both, Findings, ForCsm, Moved, Named
from health_monitor.learn.intervals import wilson
from health_monitor.learn.replayed import EARLY_DAYS, SIDES, Facts, Outcome, Point, Replayed, outcome

SEED = 20260105
"""Any fixed number would do; it makes a plan the same every time."""
_PARTS = 1 << 30
"""Money is drawn as parts of the whole, so that sums stay small whatever the currency."""
_ORDER = {"critical": 0, "at_risk": 1, "moderate": 2, "healthy": 3, None: 4}


class _Account(NamedTuple):
    facts: Facts
    points: tuple[tuple[Point, ...], tuple[Point, ...]]
    sides: tuple[Outcome, Outcome]

    @property
    def churned(self) -> bool:
        return self.sides[0].judged and self.sides[1].judged

    @property
    def judged_renewals(self) -> bool:
        return self.sides[0].renewals > 0 and self.sides[0].renewals == self.sides[1].renewals


def findings(replayed: Iterable[Replayed]) -> Findings:
    """The whole plan."""
    those = [_Account(one.facts, one.points, _sides(one)) for one in replayed]
    days = [point.day for one in those for point in one.points[0]]
    weeks = _csm_weeks(those)
    left = [one for one in those if one.churned]
    renewed = [one for one in those if one.judged_renewals]
    last = max(days, default=0)
    now = [one for one in those if one.points[0] and one.points[0][-1].day == last]
    drawn = _drawn(those, sum(map(len, weeks.values())))
    return Findings(
        first_day=min(days, default=0), last_day=last, weeks=len({day // 7 for day in days}),
        accounts=sum(bool(one.points[0]) for one in those), scored_now=len(now),
        csms=len(weeks), csm_weeks=sum(map(len, weeks.values())),
        nobodys=sum(one.facts.csm is None for one in those),
        churns=len(left), churns_unjudged=sum(one.facts.left is not None and not one.churned for one in those),
        renewals=sum(one.sides[0].renewals for one in renewed),
        statuses=(_statuses(now, 0), _statuses(now, 1)), moved=tuple(_moved(now)),
        alerts=(_sum(those, 0, _alerts), _sum(those, 1, _alerts)), by_csm=tuple(_by_csm(those, weeks)),
        by_kind=_by_kind(those),
        missed_gained=_named(left, lambda one: one.sides[1].missed and not one.sides[0].missed),
        missed_lost=_named(left, lambda one: one.sides[0].missed and not one.sides[1].missed),
        false_gained=_named(renewed, lambda one: one.sides[1].false_alarms > one.sides[0].false_alarms),
        false_lost=_named(renewed, lambda one: one.sides[1].false_alarms < one.sides[0].false_alarms),
        arr_left=sum((one.facts.arr or Decimal(0) for one in left), Decimal(0)),
        arr_at_risk=(_at_risk(now, 0), _at_risk(now, 1)), **drawn,
    )  # fmt: skip


def _sides(one: Replayed) -> tuple[Outcome, Outcome]:
    return outcome(one.facts, one.points[0]), outcome(one.facts, one.points[1])


def _alerts(one: _Account, side: int) -> int:
    return one.sides[side].alerts


def _sum(those: Sequence[_Account], side: int, of: Callable[[_Account, int], int]) -> int:
    return sum(of(one, side) for one in those)


def _csm_weeks(those: Sequence[_Account]) -> dict[str, set[int]]:
    """By CSM the weeks in which at least one of their accounts was scored."""
    weeks: dict[str, set[int]] = {}
    for one in those:
        if one.facts.csm and one.points[0]:
            weeks.setdefault(one.facts.csm, set()).update(point.day // 7 for point in one.points[0])
    return weeks


def _by_csm(those: Sequence[_Account], weeks: dict[str, set[int]]) -> list[ForCsm]:
    """The CSM with most alerts under the other scorecard first."""
    raised: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for one in those:
        for side in SIDES:
            raised[side][one.facts.csm or ""] += one.sides[side].alerts
    found = [ForCsm(csm, len(weeks[csm]), (raised[0][csm], raised[1][csm])) for csm in weeks]
    return sorted(found, key=lambda one: (-one.alerts[1] / one.weeks, one.csm))


def _by_kind(those: Sequence[_Account]) -> dict[str, tuple[int, int]]:
    kinds: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for one in those:
        for side in SIDES:
            kinds[side].update(kind for point in one.points[side] for kind in point.alerts)
    return {kind: (kinds[0][kind], kinds[1][kind]) for kind in sorted(kinds[0].keys() | kinds[1].keys())}


def _statuses(now: Sequence[_Account], side: int) -> dict[str, int]:
    return dict(Counter(one.points[side][-1].status or "none" for one in now))


def _moved(now: Sequence[_Account]) -> list[Moved]:
    """Those that come to stand worst first, of these the most money."""
    last = [(one.facts, one.points[0][-1], one.points[1][-1]) for one in now]
    found = [
        Moved(facts.account_id, facts.label, facts.csm, facts.arr, (a.value, b.value), (a.status, b.status))
        for facts, a, b in last
        if a.status != b.status
    ]
    return sorted(found, key=lambda one: (_ORDER[one.status[1]], -(one.arr or 0), one.account_id))


def _at_risk(now: Sequence[_Account], side: int) -> Decimal:
    risky = (one.facts.arr for one in now if one.points[side][-1].status in ("at_risk", "critical"))
    return sum((arr for arr in risky if arr is not None), Decimal(0))


def _named(those: Sequence[_Account], which: Callable[[_Account], bool]) -> tuple[Named, ...]:
    """The most money first."""
    found = [
        Named(one.facts.account_id, one.facts.label, one.facts.arr, one.facts.left or max(one.facts.renewed))
        for one in those
        if which(one)
    ]
    return tuple(sorted(found, key=lambda one: (-(one.arr or 0), one.account_id)))


class _Rate(NamedTuple):
    """Which columns of a side's counts make a share: how many, of how many."""

    part: int
    of: int


_COLUMNS = ("alerts", "churned", "missed", "renewals", "false_alarms", "warnings", "right", "arr", "arr_caught")
_RATES = {
    "missed": _Rate(_COLUMNS.index("missed"), _COLUMNS.index("churned")),
    "false_alarms": _Rate(_COLUMNS.index("false_alarms"), _COLUMNS.index("renewals")),
    "right": _Rate(_COLUMNS.index("right"), _COLUMNS.index("warnings")),
}
_ARR = _Rate(_COLUMNS.index("arr_caught"), _COLUMNS.index("arr"))


def _drawn(those: Sequence[_Account], csm_weeks: int) -> dict[str, Both]:
    """Every figure with an interval; the same draws for all."""
    total = sum((one.facts.arr or Decimal(0) for one in those if one.churned), Decimal(0))
    rows = [[*_row(one, 0, total), *_row(one, 1, total)] for one in those]
    leads = [[one.sides[side].lead if one.churned else 0 for one in those] for side in SIDES]
    draws = bootstrap(rows, leads, SEED)
    sums = [sum(column) for column in zip(*rows, strict=True)] or [0] * (2 * len(_COLUMNS))
    known = sum(one.churned and one.facts.arr is not None for one in those)
    return {
        **{name: _both(rate, sums, draws) for name, rate in _RATES.items()},
        "arr_caught": _both(_ARR, sums, draws, known),
        "alerts_per_csm_week": _volume(sums, draws, csm_weeks),
        "lead_days": _leads(leads, draws),
    }


def _row(one: _Account, side: int, total: Decimal) -> tuple[int, ...]:
    found, left = one.sides[side], one.churned
    parts = int((one.facts.arr or 0) * _PARTS / total) if left and total else 0
    renewals, false = (found.renewals, found.false_alarms) if one.judged_renewals else (0, 0)
    alerts = found.alerts if one.facts.csm else 0
    caught = parts if found.lead >= EARLY_DAYS else 0
    return alerts, left, left and found.missed, renewals, false, found.warnings, found.right, parts, caught


def _both(rate: _Rate, sums: Sequence[int], draws: Sequence[Draw], cases: int | None = None) -> Both:
    """A share under both; `cases`: how many it rests on, where that is not its denominator."""

    def of(totals: Sequence[int], side: int) -> float | None:
        at = side * len(_COLUMNS)
        return totals[at + rate.part] / totals[at + rate.of] if totals[at + rate.of] else None

    spreads = [[share for draw in draws if (share := of(draw.sums, side)) is not None] for side in SIDES]
    figures = []
    for side in SIDES:
        n = sums[side * len(_COLUMNS) + rate.of] if cases is None else cases
        count = sums[side * len(_COLUMNS) + rate.part] if cases is None else None
        figures.append(_open(figure(of(sums, side), n, count, spreads[side])))
    pairs = [(of(draw.sums, 0), of(draw.sums, 1)) for draw in draws]
    return paired(figures, [b - a for a, b in pairs if a is not None and b is not None])


def _open(share: Figure) -> Figure:
    """None of 34, drawn again and again, stays none; its interval is Wilson's."""
    if share.count is None or share.value is None or share.low != share.high:
        return share
    low, high = wilson(share.count, share.n)
    return replace(share, low=low, high=high)


def paired(figures: Sequence[Figure], differences: Sequence[float]) -> Both:
    """Both figures, and the interval of their difference where both are told."""
    told = figures[0].value is not None and figures[1].value is not None
    return Both(figures[0], figures[1], *(interval(differences) if told else (None, None)))


def _volume(sums: Sequence[int], draws: Sequence[Draw], csm_weeks: int) -> Both:
    def of(totals: Sequence[int], side: int) -> float:
        return totals[side * len(_COLUMNS)] / csm_weeks

    if not csm_weeks:
        return Both(figure(None, 0), figure(None, 0))
    spreads = [[of(draw.sums, side) for draw in draws] for side in SIDES]
    figures = [figure(of(sums, side), csm_weeks, sums[side * len(_COLUMNS)], spreads[side]) for side in SIDES]
    return paired(figures, [b - a for a, b in zip(*spreads, strict=True)])


def _leads(leads: Sequence[Sequence[int]], draws: Sequence[Draw]) -> Both:
    warned = [Counter(days for days in side if days) for side in leads]
    drawn = [(median(draw.leads[0]), median(draw.leads[1])) for draw in draws]
    spreads = [[found for pair in drawn if (found := pair[side]) is not None] for side in SIDES]
    figures = [figure(median(warned[side]), sum(warned[side].values()), None, spreads[side]) for side in SIDES]
    return paired(figures, [b - a for a, b in drawn if a is not None and b is not None])
