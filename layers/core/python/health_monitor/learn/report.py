"""What a replay's report says, in plain values that become JSON as they are; days are ISO dates."""

import json
from dataclasses import asdict, dataclass, fields

from health_monitor.learn.figures import Figure
from health_monitor.model.replay import Kept


@dataclass(frozen=True, slots=True)
class Volume:
    """How many alerts one week, segment or span of tenure saw, per its own judged account-days."""

    label: str
    alerts: int
    suppressed: int
    account_days: int
    per_100_accounts_a_month: float | None


@dataclass(frozen=True, slots=True)
class Slice(Volume):
    """A part of the portfolio with its own base rate; precision and base_rate without intervals."""

    censored: int
    precision: Figure
    base_rate: Figure
    lift: float | None


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One way of warning, at the same number of alerts a day as the others."""

    method: str
    alerts: int
    per_100_accounts_a_month: float | None
    censored: int
    precision: Figure
    recall: Figure
    lift: Figure
    times_random: Figure
    median_lead_days: Figure


@dataclass(frozen=True, slots=True)
class Story:
    """What replay would have said about one customer who left, in words."""

    account_id: str
    name: str | None
    segment: str | None
    arr: float | None
    left_on: str
    status: str
    reason: str
    first_warning: str | None
    lead_days: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Churners:
    """Those who left in the period: warned in the 90 days before, missed, or never judged and why."""

    left: int
    eligible: int
    warned: int
    missed: int
    never_eligible: dict[str, int]
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A data incident: consecutive days on which the whole portfolio fell. `lowest_median` of U14(t)/U14(t-7)."""

    first_day: str
    last_day: str
    days: int
    lowest_median: float
    accounts: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How alerts ended, with the median days from opening to end where there is an end."""

    resolution: str
    alerts: int
    median_days: float | None


@dataclass(frozen=True, slots=True)
class Dormant:
    """An account with no use for so long that there is nothing left to fall."""

    account_id: str
    name: str | None
    silent_days: int


@dataclass(frozen=True, slots=True)
class Lines:
    """One profile's thresholds as configured, by tenure: [alert below, severe below, resolved from]."""

    profile: str
    activity: str
    baseline: str
    new: tuple[float, float, float]
    young: tuple[float, float, float]
    mature: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report page and report.json say. `kept` is for alerts.csv and stays out of the JSON."""

    from_day: str
    to_day: str
    config: str
    lines: tuple[Lines, ...]
    budget: float | None
    horizon_days: int
    accounts_judged: int
    accounts_never_judged: int
    account_days: int
    verdict_days: int
    no_verdict_days: dict[str, int]
    episodes: int
    alerts: int
    alerts_per_100_accounts_a_month: float | None
    alerts_by_severity: dict[str, int]
    alerts_suppressed: int
    endings: tuple[Ending, ...]
    by_week: tuple[Volume, ...]
    by_segment: tuple[Slice, ...]
    by_tenure: tuple[Slice, ...]
    has_churn_dates: bool
    base_rate: Figure
    methods: tuple[MethodResult, ...]
    lead_days: dict[int, int]
    churners: Churners
    incidents: tuple[Span, ...]
    dormant: tuple[Dormant, ...]
    definitions: dict[str, str]
    kept: tuple[Kept, ...]

    @property
    def rule(self) -> MethodResult:
        """The usage rule's own line of the table."""
        return self.methods[0]

    def to_json(self) -> str:
        """The whole report as text, the same bytes for the same report."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "kept"}
        return json.dumps(plain, default=asdict, indent=1, ensure_ascii=False) + "\n"


DEFINITIONS = {
    "period": "Alerts are those whose episode opened from from_day to to_day, both inclusive, UTC.",
    "account_days": "Days on which an account was judged: from its start to the day before it left, the end of its "
    "observation, or the last day in the data.",
    "per_100_accounts_a_month": "Alerts / (account_days / 30.44) * 100.",
    "hit": "The account left within 90 days after the alert's day: day < churn_date <= day + 90.",
    "censored": "Alerts on accounts that did not leave but were observed for less than 90 days after; left out of "
    "precision, lift and the base rate.",
    "precision": "Hits among alerts that are not censored.",
    "base_rate": "The share of uncensored account-days with a verdict that were followed by churn within 90 days.",
    "lift": "Precision / base rate; 1 is what random days would give.",
    "times_random": "Precision / precision of random warnings on the same days at the same volume.",
    "recall": "Churners with an alert in the 90 days before they left, among those with at least one verdict before.",
    "median_lead_days": "Days from a churner's first alert within the last 90 days to its leaving, median.",
    "interval": "95 %, bootstrap by account, 200 draws, the same draws for all methods.",
    "equal_volume": "Last seen and random got as many alerts each day as the rule; what an exhausted list could not "
    "give is made up on later days. All accounts seen for at least 3 days are candidates; 30 days of cool-down.",
    "note": "Figures that would rest on fewer than 20 cases are null and say so.",
}
"""How every number was counted, in words; part of the report."""
