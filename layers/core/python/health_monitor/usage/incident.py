"""A drop that hits everybody at once is the data or the season, not the accounts."""

from bisect import bisect
from collections import Counter
from itertools import accumulate

from health_monitor.model.account import Account
from health_monitor.model.config import Bundle, DataIncident
from health_monitor.model.replay import Incident
from health_monitor.model.usage import SCALE, Drop, Rules, Sums


def comparable_from(rules: Rules, settings: DataIncident) -> int:
    """How many days must be seen before a fortnight can be compared with the one a week before."""
    return rules.index_days + settings.compare_days


def shift(now: Sums, then: int, rules: Rules, settings: DataIncident) -> int | None:
    """U14(t) / U14(t-7) in ten-thousandths; None while a window reaches into days not seen, or was silent."""
    return moved(now.index_sum, then) if now.seen_days >= comparable_from(rules, settings) else None


def moved(now: int, then: int) -> int | None:
    """One fortnight's use over another's, in ten-thousandths; None where the other was silent."""
    return now * SCALE // then if then else None


def incident_of(day: int, shifts: Counter[int], settings: DataIncident) -> Incident | None:
    """The incident of a day, when the median account has lost more than the configured share in a week."""
    n = shifts.total()
    if n < settings.min_accounts:
        return None
    ordered = sorted(shifts)
    reached = list(accumulate(shifts[value] for value in ordered))
    doubled = ordered[bisect(reached, (n - 1) // 2)] + ordered[bisect(reached, n // 2)]
    if doubled >= 2 * settings.median_scaled:
        return None
    return Incident(day, doubled // 2, n)


def incident_text(incident: Incident) -> str:
    """The incident in words; what stands before the colon is its kind."""
    return f"portfolio_drop: median {incident.median / 100:.0f}% of a week ago over {incident.accounts} accounts"


def held_back(account: Account, drop: Drop, bundle: Bundle) -> bool:
    """Whether an incident holds an alert back: all but severe ones on high-value accounts."""
    return not (drop is Drop.SEVERE and bundle.high_value.covers(account))
