"""How much the product is used: by how many, how often, how broadly, against their own past and against others."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from health_monitor.model.account import Account
from health_monitor.model.evidence import Evidence, Use
from health_monitor.model.score import Reading
from health_monitor.score.reading import Settings, unknown, value_of

FORTNIGHT = 14
PEERS = 5
"""Fewer accounts are no comparison."""
DIGITS = 6
"""So many decimals of use per seat are kept, here and among the peers: who does as they do is no better or worse."""
NAMED = 5
"""So many unused features are named."""
NO_EVENTS = "no event is known of it yet"


def active_users(evidence: Evidence, settings: Settings) -> Reading:
    """Users active in 30 days, as a share of the licensed seats. Unit: share; source: the seed (70 % is 28 of 40)."""
    use, seats = _watched(evidence, settings), evidence.account.licensed_seats
    if not isinstance(use, Use):
        return unknown(use)
    if not seats:
        return unknown("its licensed seats are not known", active=use.active_30)
    return Reading(value_of(use.active_30 / seats), {"active": use.active_30, "seats": seats})


def login_frequency(evidence: Evidence, settings: Settings) -> Reading:
    """How often those come who were active in 30 days, on average; nobody active is 0. Source: the seed (30, 20)."""
    use = _watched(evidence, settings)
    if not isinstance(use, Use):
        return unknown(use)
    come = {"daily": use.daily, "weekly": use.weekly, "monthly": use.monthly}
    users = sum(come.values())
    points = sum(settings[rhythm] * count for rhythm, count in come.items())
    return Reading(value_of(points / users / 100) if users else 0, {**come})


def feature_depth(evidence: Evidence, settings: Settings) -> Reading:
    """Core features that anybody used in 30 days, as a share of all. Source: the seed (60 % is 18 of 30)."""
    use, core = _watched(evidence, settings), frozenset(evidence.core_features)
    if not isinstance(use, Use):
        return unknown(use)
    if not core:
        return unknown("no core features are known")
    unused = sorted(core.difference(use.features))
    used = len(core) - len(unused)
    named = ", ".join(unused[:NAMED]) + (f" and {len(unused) - NAMED} more" if len(unused) > NAMED else "")
    return Reading(value_of(used / len(core)), {"used": used, "core": len(core), "unused": named or "none"})


def user_health(evidence: Evidence, settings: Settings) -> Reading:
    """The mean of the scores of everybody seen in 90 days; nobody seen is 0. See `score/users.py`."""
    use = _watched(evidence, settings)
    if not isinstance(use, Use):
        return unknown(use)
    total, users = use.user_health
    states = {"engaged": use.engaged, "at_risk": use.at_risk, "dormant": use.dormant}
    return Reading(total // users if users else 0, {"users": users, **states})


def usage_trend(evidence: Evidence, settings: Settings) -> Reading:
    """The 14-day index against that of 90 days before: the ratio zero_at is 0, full_at is 100, linear between."""
    use = evidence.use
    if use is None:
        return unknown(NO_EVENTS)
    if use.index_90 is None:
        return unknown("it was not watched 90 days ago", index=use.index_now)
    if use.index_90 < settings["least"]:
        return unknown(
            "too little use 90 days ago to compare with", index=use.index_now, index_90_days_ago=use.index_90
        )
    ratio = use.index_now / use.index_90
    numbers = {"index": use.index_now, "index_90_days_ago": use.index_90, "ratio": round(ratio, 4)}
    low, high = settings["zero_at"], settings["full_at"]
    return Reading(value_of(round((ratio - low) / (high - low), 9)), numbers)


def peer_usage(evidence: Evidence, settings: Settings) -> Reading:
    """Where its use per seat stands among the accounts of its segment, as a percentile; no use at all is 0.

    With fewer than 5 in the segment, among all accounts. Unit: percentile of active user-days a day and seat.
    """
    use = _watched(evidence, settings)
    if not isinstance(use, Use):
        return unknown(use)
    scopes = (evidence.scope, "-")
    found = (evidence.peers.usage[scope] for scope in scopes if scope in evidence.peers.usage)
    quantiles, peers = next((one for one in found if one[1] >= PEERS), ((), 0))
    own = use_per_seat(use, evidence.account)
    if not quantiles:
        return unknown("there are fewer than 5 accounts to compare with", use_per_seat=round(own, 4))
    median = quantiles[len(quantiles) // 2]
    numbers = {"use_per_seat": round(own, 4), "median": round(median, 4), "peers": peers}
    return Reading(value_of(percentile(own, quantiles) if own else 0), numbers)


def use_per_seat(use: Use, account: Account) -> float:
    """Active user-days a day and licensed seat, or a day and user seen in 90 days where the seats are not known."""
    heads = account.licensed_seats or use.user_health[1]
    return round(use.index_now / (FORTNIGHT * heads), DIGITS) if heads else 0.0


def percentile(value: float, quantiles: Sequence[float]) -> float:
    """Where a value lies among evenly spaced quantiles, 0 to 1; among equals, in their middle."""
    low, high, steps = bisect_left(quantiles, value), bisect_right(quantiles, value), len(quantiles) - 1
    if low < high:
        return (low + high - 1) / (2 * steps)
    if low in (0, len(quantiles)):
        return 1.0 if low else 0.0
    below, above = quantiles[low - 1], quantiles[low]
    return (low - 1 + (value - below) / (above - below)) / steps


def _watched(evidence: Evidence, settings: Settings) -> Use | str:
    """Its use, or why that says nothing yet."""
    use = evidence.use
    if use is None:
        return NO_EVENTS
    if use.seen_days < settings["watched_days"]:
        return f"it has been watched for {use.seen_days} days only"
    return use
