"""An alert: one episode of one rule on one account, as people see it and act on it."""

import math
from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime

from health_monitor.model.strict import Strict
from health_monitor.model.usage import Basis, Drop, Resolution

Severity = Literal["critical", "high", "moderate"]
SEVERITY: dict[Drop, Severity] = {Drop.MODERATE: "moderate", Drop.SEVERE: "high"}
"""Severity is who must hear of it and how fast; usage_drop is how far usage fell."""

USAGE_DROP = "usage_drop"
"""The rule's name, in alert ids and on every page."""


def alert_id(account_id: str, rule: str, opened_on: date) -> str:
    """Derived, so that judging a day twice raises one alert."""
    return f"{account_id}/{rule}/{opened_on.isoformat()}"


class Fall(Strict):
    """How far usage had fallen on some day: the index, the usual level, their ratio, and what that level is."""

    index: float
    baseline: float
    ratio: float
    basis: Basis

    @property
    def percent(self) -> str:
        """The ratio for people: cut, not rounded, so that an alert below 60% never reads as 60%."""
        return f"{math.floor(round(100 * self.ratio, 4))}%"


class Alert(Strict):
    """What was seen, in numbers, with the variant and the configuration that saw it."""

    alert_id: str
    account_id: str
    rule: str
    opened_on: date
    usage_drop: Drop
    highest_usage_drop: Drop
    severity: Severity
    escalated_on: date | None = None
    resolved_on: date | None = None
    resolution: Resolution | None = None
    index: float
    baseline: float
    ratio: float
    basis: Basis
    index_days: int = 14
    baseline_days: int = 90
    profile: str
    variant: str
    config: str
    suppressed: str | None = None
    csm_email: str | None = None

    @property
    def fall(self) -> Fall:
        """Its numbers."""
        return Fall(index=self.index, baseline=self.baseline, ratio=self.ratio, basis=self.basis)

    def told_of(self, fall: Fall | None) -> "Alert":
        """The same with another day's numbers, where there are any."""
        return self.model_copy(update=fall.model_dump()) if fall else self

    @property
    def is_open(self) -> bool:
        return self.resolved_on is None

    @property
    def percent(self) -> str:
        """The ratio for people."""
        return self.fall.percent


class Message(Strict):
    """One thing to tell somebody through one channel; its id makes telling it twice impossible to miss."""

    message_id: str
    channel: Literal["email", "slack"]
    to: str
    subject: str
    text: str


class Errand(Strict):
    """Something to do about a conversation: the queue's message names it, and whoever takes it reads what is so now.

    `as_of` is the moment of a sweep that was started for another time than now.
    """

    errand_id: str
    channel: Literal["outreach", "follow_up", "slack", "crm"]
    conversation_id: str
    step: Literal["check_in", "follow_up"] | None = None
    as_of: AwareDatetime | None = None


class Rescoring(Strict):
    """An account of which something new is known, to be scored again without waiting for the night.

    critical: whoever's account it is, because a P1 was opened, a bill is overdue or a sponsor has gone.
    """

    account_id: str
    critical: bool
    why: str
    channel: Literal["rescore"] = "rescore"


class Notice(Strict):
    """Something about an alert that people must hear: raised, escalated, or a data incident."""

    notice_id: str
    alert_id: str | None = None
    account_id: str | None = None
    kind: Literal["opened", "escalated", "incident", "run_failed", "source_paused", "data_quality", "digest"]
    status: Literal["held", "ready", "dropped"]
    due_on: date
    messages: tuple[Message | Errand, ...]
    created_at: datetime | None = None
