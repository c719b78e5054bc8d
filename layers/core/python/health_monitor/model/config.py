"""What the customer's own team decides: thresholds per tier and tenure, who is high-value, when to hold back."""

import hashlib
import json
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from health_monitor.model.account import Account, Match
from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.routing import Advice, Routing, Team, Template
from health_monitor.model.scorecard import Scorecard
from health_monitor.model.strict import Strict
from health_monitor.model.usage import SCALE, Rules, Thresholds

Share = Annotated[Decimal, Field(gt=0, lt=5, max_digits=5, decimal_places=4), AfterValidator(Decimal.normalize)]
"""A ratio with at most four decimals, so that it is a whole number of ten-thousandths; 0.60 is written as 0.6."""


class UsageDrop(Strict):
    """The three ratios of index to baseline at which an alert opens, is severe, and is over."""

    fire_lt: Share = Decimal("0.6")
    severe_lt: Share = Decimal("0.4")
    resolve_gte: Share = Decimal("0.7")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.severe_lt < self.fire_lt <= self.resolve_gte:
            raise ValueError("must rise: severe_lt < fire_lt <= resolve_gte")
        return self

    def scaled(self) -> Thresholds:
        return Thresholds(int(self.fire_lt * SCALE), int(self.severe_lt * SCALE), int(self.resolve_gte * SCALE))


class ByTenure(Strict):
    """Thresholds for accounts compared with newcomers (new), partly with themselves (young), only with themselves."""

    new: UsageDrop = Field(default_factory=UsageDrop)
    young: UsageDrop = Field(default_factory=UsageDrop)
    mature: UsageDrop = Field(default_factory=UsageDrop)


INDEX_DAYS = 14
"""Seed 000: a rolling 14-day active usage index."""
BASELINE_DAYS = 90
"""Seed 000: compared with the trailing 90-day average."""


class Profile(Strict):
    """The usage rule's numbers for one kind of account."""

    name: str = Field(min_length=1)
    when: Match = Field(default_factory=Match)
    activity: Literal["active_user_days", "events"] = "active_user_days"
    baseline: Literal["include_current", "exclude_current"] = "include_current"
    new_account_days: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(le=59)]] = (3, 29)
    index_days: int = Field(default=INDEX_DAYS, ge=7, le=INDEX_DAYS)
    baseline_days: int = Field(default=BASELINE_DAYS, ge=28, le=BASELINE_DAYS)
    min_active_user_days: int = Field(default=5, ge=1)
    dormant_after_days: int = Field(default=30, ge=14, le=90)
    usage_drop: ByTenure = Field(default_factory=ByTenure)

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.new_account_days[0] > self.new_account_days[1]:
            raise ValueError("new_account_days must be [first, last] with first <= last")
        if self.new_account_days[1] >= self.baseline_days:
            raise ValueError(
                "new_account_days must end before baseline_days: an older account has a baseline of its own"
            )
        return self

    def rules(self) -> Rules:
        """The same numbers, in the integers the rule compares."""
        return Rules(
            profile=self.name,
            by_events=self.activity == "events",
            exclude_current=self.baseline == "exclude_current",
            index_days=self.index_days,
            baseline_days=self.baseline_days,
            new_from=self.new_account_days[0],
            new_to=self.new_account_days[1],
            min_user_days=self.min_active_user_days,
            dormant_days=self.dormant_after_days,
            new=self.usage_drop.new.scaled(),
            young=self.usage_drop.young.scaled(),
            mature=self.usage_drop.mature.scaled(),
        )


class HighValue(Strict):
    """Whose alerts go to a person, and whose severe alert is never held back."""

    tiers: tuple[str, ...] = ("enterprise", "strategic")
    arr_at_least: Decimal = Field(default=Decimal(50_000), gt=0)

    def covers(self, account: Account) -> bool:
        return account.tier in self.tiers or (account.arr is not None and account.arr >= self.arr_at_least)


class DataIncident(Strict):
    """When the whole portfolio falls at once, it is the data or the season, not the accounts."""

    compare_days: int = Field(default=7, ge=1, le=14)
    median_lt: Annotated[Share, Field(le=1)] = Decimal("0.8")
    min_accounts: int = Field(default=20, ge=1)
    hold_days: int = Field(default=2, ge=0, le=14)

    @property
    def median_scaled(self) -> int:
        return int(self.median_lt * SCALE)


class Segments(Strict):
    """`config/segments.yaml`."""

    profiles: tuple[Profile, ...] = Field(min_length=1)
    benchmark_min_accounts: int = Field(default=5, ge=1)
    high_value: HighValue = Field(default_factory=HighValue)
    data_incident: DataIncident = Field(default_factory=DataIncident)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names = [p.name for p in self.profiles]
        if len(set(names)) != len(names):
            raise ValueError("profiles: two have the same name; every alert names its profile, so give each its own")
        if self.profiles[-1].when != Match():
            raise ValueError("profiles: the last one must match every account; leave out its `when`")
        return self

    def profile_of(self, account: Account) -> Profile:
        """The first profile that covers the account."""
        return next(p for p in self.profiles if p.when.covers(account))


class Bundle(Segments):
    """One whole configuration; immutable, named by the hash of its content."""

    routing: Routing = Field(default_factory=Routing)
    team: Team = Field(default_factory=Team)
    advice: Advice = Field(default_factory=Advice)
    templates: tuple[Template, ...] = ()
    scorecard: Scorecard = Field(default_factory=default_scorecard)

    def to_json(self) -> bytes:
        """Canonical bytes: the same configuration is always the same text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()

    @property
    def version(self) -> str:
        """The name under which results refer to this configuration."""
        return hashlib.sha256(self.to_json()).hexdigest()[:12]
