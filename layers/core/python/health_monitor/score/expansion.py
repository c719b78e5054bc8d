"""Which accounts are ready to grow (D17), and how ready (§1c)."""

from typing import NamedTuple

from health_monitor.model.evidence import Evidence, Use
from health_monitor.model.score import Deltas, Score, Signal
from health_monitor.model.scorecard import Expansion
from health_monitor.score.status import FULL_SCORE, tenths
from health_monitor.score.users import departments_of

HEALTH, LICENCES, OTHER = 400, 200, 100
"""Tenths of the expansion score: 40 for health, 20 for licences, 10 for each other sign (§1c)."""
_MONTH = 30


class Signs(NamedTuple):
    """What speaks for growth. The first five count in the expansion score; how-to questions only indicate (D13)."""

    licences: bool
    advanced_features: bool
    departments: bool
    api: bool
    user_growth: bool
    how_to: bool


def licence_use(evidence: Evidence) -> float | None:
    """Users active in the last 30 days over licensed seats; None when either is unknown, or not yet seen so long."""
    use, seats = evidence.use, evidence.account.licensed_seats
    return use.active_30 / seats if use is not None and seats and use.seen_days >= _MONTH else None


def signs_of(evidence: Evidence, settings: Expansion) -> Signs:
    """What of seed 002's indicators is there."""
    used = set(evidence.use.features) if evidence.use else set[str]()
    licences, growth = licence_use(evidence), _user_growth(evidence.use)
    return Signs(
        licences=licences is not None and licences > settings.licence_gt,
        advanced_features=not used.isdisjoint(settings.advanced_features),
        departments=len(departments_of(evidence.dossier.persons)) > 1,
        api=not used.isdisjoint(settings.api_features),
        user_growth=growth is not None and growth >= settings.user_growth_90d,
        how_to=_how_to(evidence) >= settings.how_to_tickets_30d,
    )


def expansion_score(score: Score, signs: Signs) -> int | None:
    """Tenths from 0 to 1000; None without a health score."""
    if score.value is None:
        return None
    return HEALTH * score.value // FULL_SCORE + LICENCES * signs.licences + OTHER * sum(signs[1:5])


def expansion_ready(
    value: int | None, moved: Deltas, signs: Signs, signals: tuple[Signal, ...], settings: Expansion
) -> bool:
    """Score of 80, not falling, at least one sign, and nothing critical open; what is unknown is not ready.

    value: tenths, inside the band of the status (see `status.within`): what an override or a limit holds down is not.
    """
    if value is None or moved.d30 is None:
        return False
    well = value >= tenths(settings.score_gte) and moved.d30 >= tenths(settings.change_30d_gte)
    return well and any(signs) and not any(one.severity == "critical" for one in signals)


def _user_growth(use: Use | None) -> float | None:
    """Users won less users lost in 90 days, over those there were before; None when there were none before."""
    if use is None:
        return None
    before = use.engaged + use.at_risk + use.dormant - use.new_90
    return (use.new_90 - use.dormant) / before if before > 0 else None


def _how_to(evidence: Evidence) -> int:
    asked = (one for one in evidence.dossier.tickets if one.type == "how_to")
    return sum(0 <= (evidence.day - one.when.date()).days < _MONTH for one in asked)
