"""What a measure is, and which there are: name, unit, window, source, what missing means, and its settings.

Only declarations: the functions of the same names are in `score/measures.py`. The scorecard's file is checked against
this list, and docs/scoring.md is made from it.
"""

from typing import NamedTuple


class MeasureSpec(NamedTuple):
    """`settings`: what a scorecard may change, with the value used otherwise. `actionable`: somebody can move it.

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


def _catalogue(*specs: MeasureSpec) -> dict[str, MeasureSpec]:
    return {spec.name: spec for spec in specs}


MEASURES: dict[str, MeasureSpec] = _catalogue(
    MeasureSpec(
        "active_users", "Active users", "share of licensed seats", "30 days", "events, licensed_seats",
        "seats unknown, or no events yet", {}, "seed 002: 70 % active is 28 of 40 points",
    ),
    MeasureSpec(
        "login_frequency", "Login frequency", "the typical active user's rhythm", "14 days (monthly: 30)", "events",
        "no events yet", {"daily": 100, "weekly": 200 / 3, "monthly": 100 / 3, "daily_days": 8, "weekly_days": 2},
        "seed 002: daily 30, weekly 20 points; monthly 10 is ours",
    ),
    MeasureSpec(
        "feature_depth", "Feature depth", "share of core features used", "30 days", "events, core_features",
        "no core features known, or no events yet", {}, "seed 002: 60 % is 18 of 30 points",
    ),
    MeasureSpec(
        "user_health", "User health", "mean of the users' scores", "90 days", "events",
        "no user seen in the window", {}, "seed 002: user health rolls up into the account score",
    ),
    MeasureSpec(
        "usage_trend", "Usage against its own past", "14-day index / 14-day index 90 days before", "14 days against 14",
        "events", "younger than 104 days, or too little use then", {"zero_at": 0.4, "full_at": 1.0},
        "seed 002: usage trends; bounds are ours",
    ),
    MeasureSpec(
        "peer_usage", "Usage against peers", "percentile of the 14-day index per seat in the segment", "14 days",
        "events, licensed_seats", "fewer than 5 peers, or no events yet", {}, "ours; measured as the best single term",
    ),
    MeasureSpec(
        "qbr_attendance", "Business reviews attended", "share of reviews attended", "12 months",
        "touchpoints of kind qbr", "none was due in the window", {"days": 365},
        "seed 002: attended 40, skipped 0 points",
    ),
    MeasureSpec(
        "response_rate", "Answers to the CSM", "share of our messages answered within 14 days", "90 days",
        "touchpoints", "we wrote or called nobody", {"days": 90, "answer_days": 14}, "seed 002: 100 % is 30 points",
    ),
    MeasureSpec(
        "training", "Training", "sessions attended", "12 months", "touchpoints of kind training or webinar",
        "no training is recorded anywhere in the portfolio", {"days": 365, "full_at": 2},
        "seed 002: two or more are 30 points; one is 15 (ours)",
    ),
    MeasureSpec(
        "goals_met", "Goals met", "progress from start to target, met = 100 %", "goals open, or due in 12 months",
        "goals", "no goal was ever set", {"days": 365}, "ours: 40 points",
    ),
    MeasureSpec(
        "roi_shown", "Return shown", "days since a return was shown", "180 days", "ROI evidence",
        "none was ever shown, and no goal was ever set", {"days": 180}, "ours: 30 points",
    ),
    MeasureSpec(
        "use_cases", "Use cases live", "share of the use cases bought", "now", "use_cases_live, use_cases_bought",
        "either is unknown", {}, "ours: 30 points",
    ),
    MeasureSpec(
        "nps", "NPS", "promoter 100, passive 70, detractor 30; recent answers weigh more", "24 months", "surveys",
        "nobody answered in the window",
        {"promoter": 100, "passive": 70, "detractor": 30, "half_life": 90, "days": 730},
        "seed 002: 100/70/30; half-life 90 days is ours",
    ),
    MeasureSpec(
        "csat", "Satisfaction with answers", "mean of 1 to 5 as 0 to 100; recent answers weigh more", "12 months",
        "surveys, tickets", "nobody answered in the window", {"half_life": 90, "days": 365}, "ours: 30 points",
    ),
    MeasureSpec(
        "support_friction", "Friction in support", "bugs and incidents against the account's usual, open P1, reopened",
        "30 days against 90", "tickets; how-to and feature requests do not count", "no ticket was ever told",
        {"free": 5, "usual_times": 2, "p1_costs": 60, "reopened_costs": 10}, "seed 002 and D13",
    ),
    MeasureSpec(
        "csm_pulse", "CSM's pulse", "rating 1 to 5 as 0 to 100", "90 days", "CSM pulse", "none in the window",
        {"days": 90}, "ours: 10 points",
    ),
    MeasureSpec(
        "executive_sponsor", "Executive sponsor", "there is one, and not dormant", "30 days (14 if weekly before)",
        "contact roles, events, touchpoints", "no contact of the account has a role",
        {"dormant_days": 30, "weekly_dormant_days": 14}, "seed 002: 20 points",
    ),
    MeasureSpec(
        "champion", "Active champion", "there is one, active in the window", "30 days",
        "contact roles, events, touchpoints",
        "no contact of the account has a role", {"days": 30}, "seed 002: 20 points",
    ),
    MeasureSpec(
        "touch_cadence", "Regular touchpoints", "days since the last touchpoint against the tier's cadence", "cadence",
        "touchpoints", "no touchpoint was ever told", {"cadence_days": 30}, "seed 002: monthly, 20 points; D9",
    ),
    MeasureSpec(
        "departments", "Departments", "departments with people in the product; two are full", "now", "contacts",
        "no contact has a department", {"full_at": 2}, "seed 002: multi-department, 20 points",
    ),
    MeasureSpec(
        "relationship_rating", "Strong relationship", "the CSM's latest rating, 4 or 5", "180 days", "CSM pulse",
        "none in the window", {"days": 180, "strong_from": 4}, "seed 002: strong rating, 20 points",
    ),
    MeasureSpec(
        "payment", "Payment", "days that the oldest open invoice is overdue", "now", "invoices",
        "no invoice was ever told", {"late": 50, "past_due_from": 15}, "seed 002: late is yellow; D14",
    ),
    MeasureSpec(
        "contract", "Contract", "days to renewal and its stage", "now", "renewal_date, renewals, subscriptions",
        "no renewal date is known", {"near_days": 60, "near": 60}, "ours: 20 points",
        actionable=False,
    ),
    MeasureSpec(
        "expansion", "Expansion or contraction", "change of ARR", "12 months", "subscriptions, renewals",
        "no ARR of a year ago is known", {"days": 365, "unchanged": 60, "full_at": 0.1, "zero_at": -0.3},
        "seed 002: expansion green, contraction yellow",
    ),
    MeasureSpec(
        "spend", "Spend trajectory", "change of ARR", "3 months", "subscriptions", "no ARR of 90 days ago is known",
        {"days": 90, "unchanged": 70, "full_at": 0.05, "zero_at": -0.15}, "ours: 20 points",
    ),
)  # fmt: skip
