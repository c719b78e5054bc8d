"""Who comes first: revenue x chance of losing it x how soon (§1c)."""

from health_monitor.model.evidence import Evidence
from health_monitor.model.retention import Retention
from health_monitor.score.calendar import renews_in
from health_monitor.score.status import FULL_SCORE

URGENCY = ((60, 2.0), (120, 1.5))
"""Days to renewal, and how much more that makes an account count; product.md §1c."""


def chance_of(value: int | None, retention: Retention) -> float | None:
    """The measured share of accounts with such a score (tenths) that left; None until there is enough to measure it."""
    if value is None or not retention.calibrated:
        return None
    return next((one.p_churn for one in retention.bins if one.low <= value < one.high), None)


def urgency_of(evidence: Evidence) -> float:
    """How much a renewal that is near makes an account count."""
    days = renews_in(evidence)
    return next((times for within, times in URGENCY if days is not None and days <= within), 1.0)


def priority_of(value: int | None, evidence: Evidence, retention: Retention) -> float | None:
    """ARR x chance of churn x urgency: only its order means anything.

    None without a score or an ARR. Until retention by score is measured, what the score lacks stands for the chance.
    """
    arr = evidence.account.arr
    if value is None or arr is None:
        return None
    chance = chance_of(value, retention)
    expected = 1 - value / FULL_SCORE if chance is None else chance
    return round(float(arr) * expected * urgency_of(evidence), 2)
