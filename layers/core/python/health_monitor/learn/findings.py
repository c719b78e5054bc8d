"""What a plan says, in plain values that become JSON as they are."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from health_monitor.learn.figures import Figure
from health_monitor.model.records import HealthStatus


class Moved(NamedTuple):
    """An account that would stand elsewhere today; scores in tenths."""

    account_id: str
    label: str
    csm: str | None
    arr: Decimal | None
    score: tuple[int | None, int | None]
    status: tuple[HealthStatus | None, HealthStatus | None]


class Named(NamedTuple):
    """An account whose churn or renewal would be judged otherwise, and the day it left or renewed last."""

    account_id: str
    label: str
    arr: Decimal | None
    day: int


class ForCsm(NamedTuple):
    """A CSM's alerts under both, over so many weeks with accounts."""

    csm: str
    weeks: int
    alerts: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Both:
    """One figure under the live scorecard and the other; low and high: the 95 % interval of the difference."""

    before: Figure
    after: Figure
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a plan says. Days are ordinals, shares 0 to 1, money as the accounts have it.

    churns, renewals: those that could be judged under both; churns_unjudged: had no status in their last 90 days.
    missed, false_alarms: shares of these. *_gained are new under the other scorecard, *_lost are gone.
    arr_caught: the share of the ARR that left which stood at risk 28 days before; arr_at_risk: today's, under both.
    """

    first_day: int
    last_day: int
    weeks: int
    accounts: int
    scored_now: int
    csms: int
    csm_weeks: int
    nobodys: int
    churns: int
    churns_unjudged: int
    renewals: int
    statuses: tuple[dict[str, int], dict[str, int]]
    moved: tuple[Moved, ...]
    alerts: tuple[int, int]
    alerts_per_csm_week: Both
    by_csm: tuple[ForCsm, ...]
    by_kind: dict[str, tuple[int, int]]
    missed: Both
    missed_gained: tuple[Named, ...]
    missed_lost: tuple[Named, ...]
    false_alarms: Both
    false_gained: tuple[Named, ...]
    false_lost: tuple[Named, ...]
    lead_days: Both
    right: Both
    arr_left: Decimal
    arr_caught: Both
    arr_at_risk: tuple[Decimal, Decimal]

    def counts(self) -> dict[str, Any]:
        """What may be kept for good: numbers, nobody's name."""
        return {
            "accounts": self.accounts, "scored": self.scored_now, "weeks": self.weeks, "churns": self.churns,
            "renewals": self.renewals,
            "changing": len(self.moved), "alerts": list(self.alerts), "csm_weeks": self.csm_weeks,
            "missed": [self.missed.before.count, self.missed.after.count],
            "false_alarms": [self.false_alarms.before.count, self.false_alarms.after.count],
        }  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """All of it, names too."""
        return asdict(self)
