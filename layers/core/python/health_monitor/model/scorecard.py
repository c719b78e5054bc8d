"""How health is scored, as the team decides: which measures count how much, for whom, and what a score means."""

import hashlib
import json
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from health_monitor.model.measure import MEASURES
from health_monitor.model.records import HealthStatus
from health_monitor.model.strict import Strict

Weight = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2), AfterValidator(Decimal.normalize)]
Points = Annotated[Decimal, Field(gt=0, le=1000, max_digits=6, decimal_places=2), AfterValidator(Decimal.normalize)]
Edge = Annotated[Decimal, Field(gt=0, lt=100, max_digits=4, decimal_places=1), AfterValidator(Decimal.normalize)]
CODE = 1
"""Part of every scoring version; counted up when a measure's function changes what it says."""
STATUSES: tuple[HealthStatus, ...] = ("critical", "at_risk", "moderate", "healthy")
"""From worst to best."""


class BandSet(Strict):
    """From which score up a status begins; below at_risk it is critical. 74.9 is not 75."""

    healthy: Edge = Decimal(75)
    moderate: Edge = Decimal(50)
    at_risk: Edge = Decimal(25)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.at_risk < self.moderate < self.healthy:
            raise ValueError("must rise: at_risk < moderate < healthy")
        return self


class MeasureUse(Strict):
    """How much a measure counts in its dimension, and its settings where they differ from the measure's own."""

    points: Points
    settings: dict[str, float] = Field(default_factory=dict)


class Dimension(Strict):
    """A group of measures; its score is their mean, weighted by points."""

    weight: Weight
    measures: dict[str, MeasureUse] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, use in self.measures.items():
            if name not in MEASURES:
                raise ValueError(f"measures.{name}: no such measure; known are {', '.join(MEASURES)}")
            if other := use.settings.keys() - MEASURES[name].settings.keys():
                known = ", ".join(MEASURES[name].settings) or "none"
                raise ValueError(f"measures.{name}.settings.{min(other)}: no such setting; it has {known}")
        return self


Dimensions = dict[str, Dimension]


def weights_sum(dimensions: Dimensions) -> Dimensions:
    """Raises ValueError unless the weights sum to 100."""
    total = sum((one.weight for one in dimensions.values()), Decimal(0))
    if total != 100:
        each = " + ".join(f"{name} {one.weight:f}" for name, one in dimensions.items())
        raise ValueError(f"the weights sum to {total:f}, not 100 ({each}); change one by {100 - total:+f}")
    return dimensions


Whole = Annotated[Dimensions, Field(min_length=1), AfterValidator(weights_sum)]


class StatusLimit(Strict):
    """While a measure is at or below a value (0 to 100), the status is no better than this, whatever the score."""

    name: str = Field(min_length=1)
    measure: str
    at_most: Annotated[float, Field(ge=0, le=100)]
    status: Literal["moderate", "at_risk", "critical"]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.measure not in MEASURES:
            raise ValueError(f"measure: no such measure: {self.measure}; known are {', '.join(MEASURES)}")
        return self


class CardMatch(Strict):
    """Which accounts a scorecard is for; an empty list asks nothing."""

    segment: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()


class Card(Strict):
    """The scorecard of one kind of account: a preset's dimensions or its own, and a set of bands."""

    name: str = Field(min_length=1)
    when: CardMatch = Field(default_factory=CardMatch)
    bands: str = "default"
    preset: str | None = None
    dimensions: Whole | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.preset is None) == (self.dimensions is None):
            raise ValueError("give either preset or dimensions")
        return self


class Trend(Strict):
    """From how many points in so many days a change is told. Seed 002; 5 points in 30 days are ours (D6)."""

    declining_30d: Annotated[float, Field(le=0)] = -5
    improving_30d: Annotated[float, Field(ge=0)] = 5
    rapid_30d: Annotated[float, Field(le=0)] = -10
    sustained_90d: Annotated[float, Field(le=0)] = -15
    slope_90d: Annotated[float, Field(ge=0)] = 5
    """Improving or declining over 3 months: the robust slope, as points in 90 days."""


class Coverage(Strict):
    """The five coverage tiers (D7), first match wins; cadence in days between touchpoints, 0 = none."""

    literal: bool = False
    """Whether a renewal within 60 days is T1 by itself, as seed 002 says, also for a healthy account."""
    t1_score_lt: float = 40
    t1_drop_30d: float = -10
    t1_renewal_days: int = 60
    t2_score_lt: float = 70
    t2_drop_30d: float = -5
    t2_renewal_days: int = 120
    renewal_score_lt: float = 75
    t4_score_gte: float = 85
    low_arr_lt: Decimal = Decimal(5_000)
    cadence_days: tuple[int, int, int, int, int] = (7, 14, 30, 90, 0)
    shares: tuple[tuple[int, int], ...] = ((10, 15), (20, 30), (40, 50), (10, 20))
    """The share of accounts that seed 002 expects in T1 to T4, in percent; others are told, never forced."""


class Expansion(Strict):
    """When an account is ready to grow (D17), and its score (§1c)."""

    score_gte: float = 80
    change_30d_gte: float = 0
    licence_gt: float = 0.85
    user_growth_90d: float = 0.10
    how_to_tickets_30d: int = 3
    advanced_features: tuple[str, ...] = ()
    api_features: tuple[str, ...] = ()


class Scorecard(Strict):
    """`config/scorecard.yaml`."""

    core_features: tuple[str, ...] = ()
    """Empty: the features that at least a tenth of the accounts use."""
    provisional_below: Annotated[float, Field(ge=0, le=100)] = 60
    """Coverage in percent below which a score is provisional."""
    band_sets: dict[str, BandSet] = Field(default_factory=lambda: {"default": BandSet()})
    presets: dict[str, Whole] = Field(default_factory=dict)
    scorecards: tuple[Card, ...] = Field(min_length=1)
    status_limits: tuple[StatusLimit, ...] = ()
    trend: Trend = Field(default_factory=Trend)
    coverage_tiers: Coverage = Field(default_factory=Coverage)
    expansion: Expansion = Field(default_factory=Expansion)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names = [card.name for card in self.scorecards]
        if len(set(names)) != len(names):
            raise ValueError(
                "scorecards: two have the same name; every score names its scorecard, so give each its own"
            )
        if self.scorecards[-1].when != CardMatch():
            raise ValueError("scorecards: the last one must match every account; leave out its `when`")
        for at, card in enumerate(self.scorecards):
            if card.bands not in self.band_sets:
                raise ValueError(
                    f"scorecards.{at}.bands: no such band set: {card.bands}; there are {_listed(self.band_sets)}"
                )
            if card.preset is not None and card.preset not in self.presets:
                raise ValueError(
                    f"scorecards.{at}.preset: no such preset: {card.preset}; there are {_listed(self.presets)}"
                )
        return self

    def dimensions_of(self, card: Card) -> Dimensions:
        """The dimensions of one of its cards."""
        return card.dimensions if card.dimensions is not None else self.presets[card.preset or ""]

    def to_json(self) -> bytes:
        """Canonical bytes: the same scorecard is always the same text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()

    @property
    def version(self) -> str:
        """The scoring version that every stored score names."""
        return hashlib.sha256(b"%d" % CODE + self.to_json()).hexdigest()[:12]


def _listed(names: dict[str, BandSet] | dict[str, Whole]) -> str:
    return ", ".join(sorted(names)) or "none"
