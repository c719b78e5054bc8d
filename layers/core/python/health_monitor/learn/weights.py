"""How well each dimension told those who left from those who stayed, and which weights that speaks for.

Correlation is the rank-biserial r = 2 AUC - 1 (Cureton 1956): +1 when every account that stayed scored higher than
every one that left within 90 days, 0 when the dimension says nothing. 95 % intervals: 200 draws of whole accounts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from health_monitor.learn.figures import Figure, bootstrap, figure
from health_monitor.learn.findings import Both
from health_monitor.learn.outcomes import HORIZON_DAYS
from health_monitor.learn.plan import paired

SEED = 20260106
"""Any fixed number would do; it makes the answer the same every time."""
ENOUGH_CHURNS, FULL_CHURNS = 50, 200
ENOUGH_DAYS, FULL_DAYS = 365, 730
"""From so many customers who left and days of history on weights are proposed, and proposed without reserve (D11)."""
LANDMARK_DAYS = 28
"""Every so many days an account counts once: weeks in a row say nearly the same."""
BINS = 101
"""A dimension's whole points, 0 to 100."""


class Landmark(NamedTuple):
    """One account on one day (an ordinal): each dimension in hundredths, and when it left within 90 days after it."""

    account_id: str
    day: int
    values: Mapping[str, int | None]
    left: int | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A dimension: its weight, how it went with retention on so many accounts that left and stayed, and what instead.

    proposed: None where nothing is proposed at all.
    """

    name: str
    weight: Decimal
    churned: int
    stayed: int
    correlation: Figure
    proposed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Weighing:
    """One set of dimensions: a preset's, with the scorecards that use it, or a scorecard's own.

    why_not: what is missing for a proposal; grade: how far one is to be trusted.
    judged: AUC of the whole score on the later half of the history under today's weights and under those that the
    earlier half alone would have proposed; None where either half is too small.
    """

    name: str
    cards: tuple[str, ...]
    accounts: int
    churned: int
    days: int
    dimensions: tuple[Weighed, ...]
    why_not: str | None = None
    grade: Literal["experimental", "full"] | None = None
    judged: Both | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return asdict(self)


def weigh(
    name: str, landmarks: Sequence[Landmark], weights: Mapping[str, Decimal], cards: tuple[str, ...] = ()
) -> Weighing:
    """What the landmarks of these scorecards' accounts say about the weights they share."""
    churned = len({one.account_id for one in landmarks if one.left is not None})
    days = [one.day for one in landmarks]
    span = max(days) - min(days) if days else 0
    found = _weighed(landmarks, weights)
    why_not = _why_not(churned, span)
    proposed = None if why_not else _proposed(found)
    if proposed is None:
        none = "no dimension told those who left from those who stayed"
        return Weighing(name, cards, _accounts(landmarks), churned, span, found, why_not or none)
    told = tuple(
        Weighed(one.name, one.weight, one.churned, one.stayed, one.correlation, proposed[one.name]) for one in found
    )
    full = churned >= FULL_CHURNS and span >= FULL_DAYS
    grade: Literal["experimental", "full"] = "full" if full else "experimental"
    return Weighing(name, cards, _accounts(landmarks), churned, span, told, None, grade, _judged(landmarks, weights))


def _accounts(landmarks: Sequence[Landmark]) -> int:
    return len({one.account_id for one in landmarks})


def _why_not(churned: int, days: int) -> str | None:
    if churned < ENOUGH_CHURNS:
        return f"not enough churns: {churned} of the {ENOUGH_CHURNS} that a proposal needs"
    if days < ENOUGH_DAYS:
        return f"not enough history: {days} of the {ENOUGH_DAYS} days that a proposal needs"
    return None


def _weighed(landmarks: Sequence[Landmark], weights: Mapping[str, Decimal]) -> tuple[Weighed, ...]:
    rows, draws = _counted(landmarks, lambda one: [one.values.get(name) for name in weights], len(weights))
    found = []
    for at, (name, weight) in enumerate(weights.items()):
        known = [one for one in landmarks if one.values.get(name) is not None]
        churned = len({one.account_id for one in known if one.left is not None})
        stayed = len({one.account_id for one in known if one.left is None})
        value = _biserial(rows, at)
        spread = [r for draw in draws if (r := _biserial(draw, at)) is not None]
        found.append(Weighed(name, weight, churned, stayed, figure(value, min(churned, stayed), None, spread)))
    return tuple(found)


def _counted(landmarks: Sequence[Landmark], values: Any, size: int) -> tuple[list[int], list[list[int]]]:
    """For each value, how many landmarks of either kind fell on each whole point: in all, and in each draw."""
    by_account: dict[str, list[int]] = {}
    for one in landmarks:
        row = by_account.setdefault(one.account_id, [0] * (size * 2 * BINS))
        for at, value in enumerate(values(one)):
            if value is not None:
                row[(2 * at + (one.left is None)) * BINS + value // 100] += 1
    rows = list(by_account.values())
    sums = [sum(column) for column in zip(*rows, strict=True)] or [0] * (size * 2 * BINS)
    return sums, [draw.sums for draw in bootstrap(rows, (), SEED)]


def _auc(counts: Sequence[int], at: int) -> float | None:
    """How often an account that stayed scored higher than one that left; ties count half. None without either."""
    start = 2 * at * BINS
    left, stayed = counts[start : start + BINS], counts[start + BINS : start + 2 * BINS]
    pairs = sum(left) * sum(stayed)
    below, won = 0, 0.0
    for gone, here in zip(left, stayed, strict=True):
        won += here * (below + gone / 2)
        below += gone
    return won / pairs if pairs else None


def _biserial(counts: Sequence[int], at: int) -> float | None:
    area = _auc(counts, at)
    return None if area is None else 2 * area - 1


def _proposed(found: Sequence[Weighed]) -> dict[str, Decimal] | None:
    """Halfway from today's weights to ones in proportion to the correlations; None when there is nothing to go by.

    A correlation whose interval holds 0 counts as none. A dimension of which too little is known keeps its weight.
    """
    kept = {one.name: one.weight for one in found if one.correlation.value is None}
    pool = 100 - sum(kept.values(), Decimal(0))
    speaks = {one.name: _shown(one.correlation) for one in found if one.name not in kept}
    total = sum(speaks.values())
    if not total:
        return None
    now = {one.name: one.weight for one in found}
    wanted = {name: (float(now[name]) + float(pool) * r / total) / 2 for name, r in speaks.items()}
    return kept | _whole(wanted, pool)


def _shown(correlation: Figure) -> float:
    shown = correlation.low is not None and correlation.low > 0
    return correlation.value or 0.0 if shown else 0.0


def _whole(wanted: Mapping[str, float], pool: Decimal) -> dict[str, Decimal]:
    """Rounded to whole percents that make up the pool exactly (to hundredths where the pool is not whole)."""
    step = Decimal(1) if pool == pool.to_integral_value() else Decimal("0.01")
    down = {name: int(Decimal(value) / step) for name, value in wanted.items()}
    rest = int(pool / step) - sum(down.values())
    nearest = sorted(wanted, key=lambda name: (down[name] - wanted[name] / float(step), name))
    return {name: (down[name] + (name in nearest[:rest])) * step for name in wanted}


def _judged(landmarks: Sequence[Landmark], weights: Mapping[str, Decimal]) -> Both | None:
    """Weights from what was known at the middle of the churns, judged on what came after."""
    middle = sorted(one.left for one in landmarks if one.left is not None)
    cut = middle[len(middle) // 2]
    earlier = [one for one in landmarks if one.day + HORIZON_DAYS < cut]
    later = [one for one in landmarks if one.day >= cut]
    proposed = _proposed(_weighed(earlier, weights))
    churned = len({one.account_id for one in later if one.left is not None})
    if proposed is None:
        return None
    sums, draws = _counted(later, lambda one: [_score(one, weights), _score(one, proposed)], 2)
    areas = [(_auc(draw, 0), _auc(draw, 1)) for draw in draws]
    spreads = [[area for pair in areas if (area := pair[side]) is not None] for side in (0, 1)]
    stayed = len({one.account_id for one in later if one.left is None})
    figures = [figure(_auc(sums, side), min(churned, stayed), None, spreads[side]) for side in (0, 1)]
    both = paired(figures, [b - a for a, b in areas if a is not None and b is not None])
    return None if both.low is None else both


def _score(one: Landmark, weights: Mapping[str, Decimal]) -> int | None:
    """The whole score under these weights, over what is known."""
    known = [(float(weights[name]), value) for name in weights if (value := one.values.get(name)) is not None]
    total = sum(weight for weight, _ in known)
    return int(sum(weight * value for weight, value in known) / total) if total else None
