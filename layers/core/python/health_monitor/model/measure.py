"""What a measure is, and which there are: name, unit, window, source, what missing means, and its settings.

Only declarations: the functions of the same names are in `score/measures.py`. The scorecard's file is checked against
this list, and docs/scoring.md is made from it.
"""

from typing import NamedTuple


class MeasureSpec(NamedTuple):
    """`settings`: what a scorecard may change, with the value used otherwise. `actionable`: somebody can move it
    for its own sake: nobody makes an account healthier by rating it higher, or by selling to it.

    direction: for people; every measure's value is 0 (worst) to 100 (best).
    """

    name: str
    title: str
    unit: str
    window: str
    source: str
    missing: str
    settings: dict[str, float]
    origin: str
    actionable: bool = True


class Setting(NamedTuple):
    """From where to where a setting may be moved, and what it says."""

    low: float
    high: float
    meaning: str


_DAYS, _POINTS = (1, 3650), (0, 100)
SETTINGS: dict[str, Setting] = {
    "watched_days": Setting(1, 30, "days that the account has to be watched before it is judged"),
    "daily": Setting(*_POINTS, "the value of a user who comes on at least 8 of 14 days"),
    "weekly": Setting(*_POINTS, "the value of a user who comes on at least 2 of 14 days"),
    "monthly": Setting(*_POINTS, "the value of a user who comes less often, but within 30 days"),
    "least": Setting(1, 1_000, "active user-days that the 14 days of then must have"),
    "zero_at": Setting(0, 0.95, "the ratio that is worth 0"),
    "full_at": Setting(1, 10, "the ratio that is worth 100"),
    "days": Setting(*_DAYS, "length of the window in days"),
    "answer_days": Setting(1, 90, "days within which an answer counts"),
    "sessions": Setting(1, 100, "sessions that are worth 100"),
    "onboarding_days": Setting(0, 3650, "days of an account's onboarding, in which nothing is missed"),
    "promoter": Setting(*_POINTS, "the value of 9 and 10"),
    "passive": Setting(*_POINTS, "the value of 7 and 8"),
    "detractor": Setting(*_POINTS, "the value of 0 to 6"),
    "half_life": Setting(*_DAYS, "days after which an answer counts half"),
    "free": Setting(1, 1_000, "tickets in 30 days that are no friction"),
    "usual_times": Setting(0, 100, "so many times the usual 30 days are no friction either"),
    "p1_costs": Setting(*_POINTS, "what each open P1 takes away"),
    "reopened_costs": Setting(*_POINTS, "what each reopening takes away"),
    "dormant_days": Setting(*_DAYS, "days of silence after which a person is dormant"),
    "weekly_dormant_days": Setting(*_DAYS, "the same for somebody who used to come every week"),
    "cadence_days": Setting(*_DAYS, "days between two touchpoints at most, unless the coverage tier asks for fewer"),
    "departments": Setting(2, 100, "departments that are worth 100; a single one is worth 0"),
    "strong_from": Setting(1, 5, "the rating from which the relationship is strong"),
    "late": Setting(*_POINTS, "the value of an invoice that is late"),
    "past_due_from": Setting(*_DAYS, "days overdue from which it is past due, and worth 0"),
    "near_days": Setting(*_DAYS, "days before the renewal from which it is near"),
    "near": Setting(*_POINTS, "the value of a renewal that is near"),
    "unchanged": Setting(*_POINTS, "the value of the same ARR as then"),
    "full_growth": Setting(0.001, 100, "the growth that is worth 100"),
    "zero_loss": Setting(0.001, 1, "the loss that is worth 0"),
}
"""Every setting that some measure has; the same name means the same everywhere."""
RISING: dict[str, tuple[str, ...]] = {
    "login_frequency": ("monthly", "weekly", "daily"),
    "nps": ("detractor", "passive", "promoter"),
}
"""Settings of a measure that must not fall in this order, so that more is never worth less."""


def _catalogue(*specs: MeasureSpec) -> dict[str, MeasureSpec]:
    return {spec.name: spec for spec in specs}


MEASURES: dict[str, MeasureSpec] = _catalogue(
    MeasureSpec(
        "active_users", "Active users", "share of the licensed seats", "30 days", "events, licensed_seats",
        "seats unknown, no events yet, or watched too short", {"watched_days": 14},
        "seed: 70 % active is 28 of 40 points",
    ),
    MeasureSpec(
        "login_frequency", "Login frequency", "how often the active users come, on average", "14 days (monthly: 30)",
        "events", "no events yet, or watched too short",
        {"daily": 100, "weekly": 200 / 3, "monthly": 100 / 3, "watched_days": 14},
        "seed: daily 30, weekly 20 points; monthly 10 is ours",
    ),
    MeasureSpec(
        "feature_depth", "Feature depth", "share of the core features used", "30 days", "events, core_features",
        "no core features known, no events yet, or watched too short", {"watched_days": 14},
        "seed: 60 % is 18 of 30 points",
    ),
    MeasureSpec(
        "user_health", "User health", "mean of the users' scores", "90 days", "events",
        "no events yet, or watched too short", {"watched_days": 14},
        "seed: users roll up into the account; 20 points ours",
    ),
    MeasureSpec(
        "usage_trend", "Usage against its own past", "14-day index / 14-day index 90 days before", "14 days against 14",
        "events", "younger than 104 days, or too little use then", {"zero_at": 0.4, "full_at": 1.0, "least": 5},
        "seed: usage trends; bounds and 20 points ours",
    ),
    MeasureSpec(
        "peer_usage", "Usage against peers", "percentile of the 14-day index per seat in the segment", "14 days",
        "events, licensed_seats", "fewer than 5 peers, no events yet, or watched too short", {"watched_days": 14},
        "ours, 20 points",
    ),
    MeasureSpec(
        "qbr_attendance", "Business reviews attended", "share of the reviews that they attended", "12 months",
        "touchpoints of kind qbr", "none was due in the window", {"days": 365},
        "seed: attended 40, skipped 0 points",
    ),
    MeasureSpec(
        "response_rate", "Answers to the CSM", "share of our messages answered within 14 days", "90 days",
        "touchpoints", "we wrote or called nobody", {"days": 90, "answer_days": 14}, "seed: 100 % is 30 points",
    ),
    MeasureSpec(
        "training", "Training", "sessions attended", "12 months", "touchpoints of kind training or webinar",
        "no training is recorded anywhere in the portfolio, or the account is being onboarded",
        {"days": 365, "sessions": 2, "onboarding_days": 90},
        "seed: two or more are 30 points; one is 15 (ours)",
    ),
    MeasureSpec(
        "goals_met", "Goals met", "mean progress from start to target; met is 100 %",
        "goals open, or met or due in 12 months", "goals", "no goal whose progress can be told", {"days": 365},
        "ours, 40 points",
    ),
    MeasureSpec(
        "roi_shown", "Return shown", "days since a return was shown; falls to 0 at twice the window", "180 days",
        "ROI evidence, goals", "none was ever shown, and no goal was ever set", {"days": 180}, "ours, 30 points",
    ),
    MeasureSpec(
        "use_cases", "Use cases live", "share of the use cases bought", "now", "use_cases_live, use_cases_bought",
        "either is unknown", {}, "ours, 30 points",
    ),
    MeasureSpec(
        "nps", "NPS", "promoter 100, passive 70, detractor 30; recent answers weigh more", "24 months", "surveys",
        "nobody answered in the window",
        {"promoter": 100, "passive": 70, "detractor": 30, "half_life": 90, "days": 730},
        "seed: 100, 70, 30; half-life and 40 points ours",
    ),
    MeasureSpec(
        "csat", "Satisfaction", "mean of 1 to 5 (effort: 1 to 7) as 0 to 100; recent answers weigh more", "12 months",
        "surveys, tickets", "nobody answered in the window", {"half_life": 90, "days": 365}, "ours, 30 points",
    ),
    MeasureSpec(
        "support_friction", "Friction in support", "tickets against the account's usual, open P1, reopened",
        "30 days against the 90 before", "tickets; how-to and feature requests do not count", "no ticket was ever told",
        {"free": 5, "usual_times": 2, "p1_costs": 60, "reopened_costs": 10},
        "seed: high volume and P1 are red; 20 points ours",
    ),
    MeasureSpec(
        "csm_pulse", "CSM's pulse", "latest rating 1 to 5 as 0 to 100", "90 days", "CSM pulse", "none in the window",
        {"days": 90}, "ours, 10 points", actionable=False,
    ),
    MeasureSpec(
        "executive_sponsor", "Executive sponsor", "there is one, and not dormant", "30 days (14 if weekly before)",
        "contact roles, events, touchpoints", "no contact of the account has a role",
        {"dormant_days": 30, "weekly_dormant_days": 14}, "seed: 20 points",
    ),
    MeasureSpec(
        "champion", "Active champion", "there is one, active in the window", "30 days",
        "contact roles, events, touchpoints", "no contact of the account has a role", {"days": 30}, "seed: 20 points",
    ),
    MeasureSpec(
        "touch_cadence", "Regular touchpoints",
        "days since the last touchpoint against the cadence; falls to 0 at twice that", "30 days, longer in tier T4",
        "touchpoints", "no touchpoint was ever told, or the account is in tier T5, which needs none",
        {"cadence_days": 30}, "seed: monthly, 20 points",
    ),
    MeasureSpec(
        "departments", "Departments", "departments with a contact who is still there", "now", "contacts",
        "no contact has a department", {"departments": 2}, "seed: multi-department, 20 points",
    ),
    MeasureSpec(
        "relationship_rating", "Strong relationship", "the CSM's latest rating is 4 or 5", "180 days", "CSM pulse",
        "none in the window", {"days": 180, "strong_from": 4}, "seed: strong rating, 20 points", actionable=False,
    ),
    MeasureSpec(
        "payment", "Payment", "days that the oldest open invoice is overdue", "now", "invoices",
        "no invoice was ever told", {"late": 50, "past_due_from": 15}, "seed: late is yellow; 40 points ours",
    ),
    MeasureSpec(
        "contract", "Contract", "days to the renewal", "now", "renewal_date, renewals, subscriptions",
        "no renewal to come is known", {"near_days": 60, "near": 60}, "ours, 20 points",
        actionable=False,
    ),
    MeasureSpec(
        "expansion", "Expansion or contraction", "change of ARR", "12 months", "subscriptions, renewals",
        "no ARR of a year ago is known", {"days": 365, "unchanged": 60, "full_growth": 0.1, "zero_loss": 0.3},
        "seed: expansion green, contraction yellow; 20 points ours", actionable=False,
    ),
    MeasureSpec(
        "spend", "Spend trajectory", "change of ARR", "3 months", "subscriptions", "no ARR of 90 days ago is known",
        {"days": 90, "unchanged": 70, "full_growth": 0.05, "zero_loss": 0.15}, "ours, 20 points",
        actionable=False,
    ),
)  # fmt: skip
