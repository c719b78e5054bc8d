"""How much attention an account gets: the five coverage tiers of seed 002, first match wins (D7)."""

from typing import NamedTuple

from health_monitor.model.evidence import Evidence, Use
from health_monitor.model.records import AT_RISK, HealthStatus
from health_monitor.model.score import FULL, CoverageTier, Deltas, Score, TrendWord
from health_monitor.model.scorecard import Coverage
from health_monitor.score.calendar import renews_in
from health_monitor.score.status import tenths

TIERS: tuple[CoverageTier, ...] = ("T1", "T2", "T3", "T4", "T5")


class Place(NamedTuple):
    """What the tiers look at. value: tenths, inside the band of the status (see `status.within`)."""

    value: int | None
    status: HealthStatus | None
    moved: Deltas
    momentum: TrendWord | None
    trend: TrendWord | None
    high_value: bool

    @property
    def declining(self) -> bool:
        """In the last 30 days or over three months."""
        return "declining" in (self.momentum, self.trend)

    def fell(self, points: float) -> bool:
        """Whether it fell by so many points (a negative number) or more within 30 days."""
        return self.moved.d30 is not None and self.moved.d30 <= tenths(points)


def tier_of(place: Place, score: Score, evidence: Evidence, tiers: Coverage) -> CoverageTier | None:
    """The account's coverage tier; None while there is neither a score nor an override."""
    if place.value is None:
        return None
    if _is_t1(place, place.value, evidence, tiers):
        return "T1"
    if _is_t2(place, place.value, evidence, tiers):
        return "T2"
    arr = evidence.account.arr
    if arr is not None and arr < tiers.low_arr_lt and not place.declining:
        return "T5"
    return "T4" if place.value >= tenths(tiers.t4_score_gte) and _engaged(score, evidence.use, tiers) else "T3"


def cadence_of(tier: CoverageTier | None, tiers: Coverage) -> int | None:
    """Days between two touchpoints in that tier; 0 where none are asked for, None without a tier."""
    return tiers.cadence_days[TIERS.index(tier)] if tier else None


def _is_t1(place: Place, value: int, evidence: Evidence, tiers: Coverage) -> bool:
    if value < tenths(tiers.t1_score_lt) or place.fell(tiers.t1_drop_30d):
        return True
    if place.high_value and place.status in AT_RISK:
        return True
    soon = _renews(evidence, 0, tiers.t1_renewal_days)
    return soon and (tiers.literal or _doubtful(place, value, tiers))


def _is_t2(place: Place, value: int, evidence: Evidence, tiers: Coverage) -> bool:
    if value < tenths(tiers.t2_score_lt) or place.fell(tiers.t2_drop_30d):
        return True
    soon = _renews(evidence, tiers.t1_renewal_days + 1, tiers.t2_renewal_days)
    return soon and (tiers.literal or _doubtful(place, value, tiers))


def _renews(evidence: Evidence, first: int, last: int) -> bool:
    days = renews_in(evidence)
    return days is not None and first <= days <= last


def _doubtful(place: Place, value: int, tiers: Coverage) -> bool:
    return value < tenths(tiers.renewal_score_lt) or place.declining


def _engaged(score: Score, use: Use | None, tiers: Coverage) -> bool:
    """By the dimension engagement; where nothing is known of it, when most of its users come often."""
    value = next((one.value for one in score.dimensions if one.name == "engagement"), None)
    if value is not None:
        return value >= tiers.t4_engagement_gte * FULL / 100
    return use is not None and 2 * use.engaged > use.engaged + use.at_risk + use.dormant
