"""How health is scored, as the team decides: which measures count how much, for whom, and what a score means."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from health_monitor.model.account import Match
from health_monitor.model.measure import MEASURES, RISING, SETTINGS
from health_monitor.model.records import HealthStatus
from health_monitor.model.strict import Path, Strict, refuse, told_together

Weight = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2), AfterValidator(Decimal.normalize)]
Points = Annotated[Decimal, Field(gt=0, le=1000, max_digits=6, decimal_places=2), AfterValidator(Decimal.normalize)]
Edge = Annotated[Decimal, Field(gt=0, lt=100, max_digits=4, decimal_places=1), AfterValidator(Decimal.normalize)]
Percent = Annotated[float, Field(ge=0, le=100)]
Drop = Annotated[float, Field(ge=-100, le=0)]
Days = Annotated[int, Field(ge=0, le=3650)]
Range = tuple[Percent, Percent]
CODE = 2
"""Part of every scoring version; counted up when a measure's function changes what it says."""
LONGEST = 60
"""Characters of a dimension's name."""
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
    settings: dict[str, Annotated[float, Field(strict=True)]] = Field(default_factory=dict)


def _known(given: Any, whole: ValidatorFunctionWrapHandler) -> dict[str, MeasureUse]:
    uses = given.items() if isinstance(given, Mapping) else ()
    return told_together(lambda: whole(given), (wrong for name, use in uses for wrong in _mistakes(name, use)))


def _mistakes(name: str, use: Any) -> Iterator[tuple[Path, str]]:
    if name not in MEASURES:
        yield (name,), f"no such measure; known are {', '.join(MEASURES)}"
        return
    given = use.settings if isinstance(use, MeasureUse) else use.get("settings") if isinstance(use, Mapping) else None
    own, changed = MEASURES[name].settings, dict(given) if isinstance(given, Mapping) else {}
    numbers = {setting: value for setting, value in changed.items() if isinstance(value, int | float)}
    for setting in sorted(changed.keys() - own.keys(), key=str):
        yield (name, "settings", setting), f"no such setting; {name} has {', '.join(own) or 'none'}"
    for setting in sorted(numbers.keys() & own.keys()):
        low, high, _ = SETTINGS[setting]
        if not low <= numbers[setting] <= high:
            yield (name, "settings", setting), f"must be from {low:g} to {high:g}"
    order = RISING.get(name, ())
    values = [(own | numbers)[setting] for setting in order]
    if values != sorted(values):
        yield (name, "settings"), f"must not fall: {' <= '.join(order)}"


class Asked(NamedTuple):
    """A measure as a dimension asks for it: points in hundredths, every setting."""

    measure: str
    points: int
    settings: dict[str, float]


class Dimension(Strict):
    """A group of measures; its score is their mean, weighted by points."""

    weight: Weight
    measures: Annotated[dict[str, MeasureUse], Field(min_length=1), WrapValidator(_known)]

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """Its measures, ready to be asked, the heaviest first: the order in a file is lost where it is stored."""
        return tuple(
            Asked(name, int(use.points * 100), MEASURES[name].settings | use.settings)
            for name, use in sorted(self.measures.items(), key=lambda one: (-one[1].points, one[0]))
        )

    @cached_property
    def hundredths(self) -> int:
        """Its weight in hundredths of a percent."""
        return int(self.weight * 100)


Dimensions = dict[str, Dimension]


def _whole(given: Any, whole: ValidatorFunctionWrapHandler) -> Dimensions:
    told = (*_unnamed(given), *_weights_sum(given)) if isinstance(given, Mapping) else ()
    return told_together(lambda: whole(given), told)


def _unnamed(given: Mapping[Any, Any]) -> Iterator[tuple[Path, str]]:
    """What a dimension is called stands in lists and sentences."""
    for name in given:
        if isinstance(name, str) and not (name == name.strip() and 0 < len(name) <= LONGEST and name.isprintable()):
            at = (name,) if name.isprintable() else ()
            yield at, f"{name[:LONGEST]!r} is no name for a dimension; write 1 to {LONGEST} characters on one line"


def _weights_sum(given: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The weights must sum to 100; what can be no weight is told elsewhere."""
    weights = {name: _weight(one) for name, one in given.items()}
    known = [one for one in weights.values() if one is not None]
    total = sum(known, Decimal(0))
    if known and len(known) == len(weights) and total != 100:
        each = " + ".join(f"{name} {weight:f}" for name, weight in weights.items())
        yield (), f"the weights sum to {total:f}, not 100 ({each}); change one by {100 - total:+f}"


def _weight(given: Any) -> Decimal | None:
    weight = (
        given.weight if isinstance(given, Dimension) else given.get("weight") if isinstance(given, Mapping) else None
    )
    try:
        known = Decimal(str(weight))
        return known if known.is_finite() and 0 <= known <= 100 else None
    except InvalidOperation:
        return None


Whole = Annotated[Dimensions, Field(min_length=1), WrapValidator(_whole)]
"""Dimensions whose weights sum to 100."""


class StatusLimit(Strict):
    """While a measure is at or below a value (0 to 100), the status is no better than this, whatever the score."""

    name: str = Field(min_length=1)
    measure: str
    at_most: Percent
    status: Literal["moderate", "at_risk", "critical"]

    @field_validator("measure")
    @classmethod
    def _is_one(cls, measure: str) -> str:
        if measure not in MEASURES:
            raise ValueError(f"no such measure; known are {', '.join(MEASURES)}")
        return measure


class Card(Strict):
    """The scorecard of one kind of account: a preset's dimensions or its own, and a set of bands."""

    name: str = Field(min_length=1)
    when: Match = Field(default_factory=Match)
    bands: str = "default"
    preset: str | None = None
    dimensions: Whole | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.preset is None) == (self.dimensions is None):
            raise ValueError("give either preset or dimensions")
        return self


class Trend(Strict):
    """From how many points in so many days a change is told. The seed's; 5 points in 30 days are ours (D6)."""

    declining_30d: Drop = -5
    improving_30d: Percent = 5
    rapid_30d: Drop = -10
    sustained_90d: Drop = -15
    slope_90d: Percent = 5
    """Improving or declining over 3 months: the robust slope, as points in 90 days."""


class Coverage(Strict):
    """The five coverage tiers (D7), first match wins; cadence in days between touchpoints, 0 = none."""

    literal: StrictBool = False
    """Whether a renewal within 60 days is T1 by itself, as the seed says, also for a healthy account."""
    t1_score_lt: Percent = 40
    t1_drop_30d: Drop = -10
    t1_renewal_days: Days = 60
    t2_score_lt: Percent = 70
    t2_drop_30d: Drop = -5
    t2_renewal_days: Days = 120
    renewal_score_lt: Percent = 75
    t4_score_gte: Percent = 85
    t4_engagement_gte: Percent = 75
    """T4 is for the engaged: from this value of the dimension engagement on."""
    low_arr_lt: Annotated[Decimal, Field(ge=0)] = Decimal(5_000)
    cadence_days: tuple[Days, Days, Days, Days, Days] = (7, 14, 30, 90, 0)
    shares: tuple[Range, Range, Range, Range] = ((10, 15), (20, 30), (40, 50), (10, 20))
    """The share of accounts that the seed expects in T1 to T4, in percent; others are told, never forced."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        rising = (
            ("t1_score_lt", "t2_score_lt"),
            ("t2_score_lt", "t4_score_gte"),
            ("t1_drop_30d", "t2_drop_30d"),
            ("t1_renewal_days", "t2_renewal_days"),
        )
        values = {name: getattr(self, name) for pair in rising for name in pair}
        refuse(
            ((high,), f"must not be below {low}: {values[high]:g} is below {values[low]:g}")
            for low, high in rising
            if values[high] < values[low]
        )
        refuse((("shares", at), "must rise") for at, (low, high) in enumerate(self.shares) if low > high)
        return self


class Expansion(Strict):
    """When an account is ready to grow (D17), and its score (§1c)."""

    score_gte: Percent = 80
    change_30d_gte: Annotated[float, Field(ge=-100, le=100)] = 0
    licence_gt: Annotated[float, Field(gt=0, le=10)] = 0.85
    user_growth_90d: Annotated[float, Field(gt=0, le=100)] = 0.10
    how_to_tickets_30d: Annotated[int, Field(ge=1, le=1_000)] = 3
    advanced_features: tuple[str, ...] = ()
    api_features: tuple[str, ...] = ()


class Scorecard(Strict):
    """`config/scorecard.yaml`."""

    core_features: tuple[str, ...] = ()
    """Empty: the features that at least a tenth of the accounts use."""
    provisional_below: Percent = 60
    """Coverage in percent below which a score is provisional."""
    unknown_below: Percent = 20
    """Coverage in percent below which there is no score: so little says nothing of an account."""
    band_sets: dict[str, BandSet] = Field(default_factory=lambda: {"default": BandSet()})
    presets: dict[str, Whole] = Field(default_factory=dict)
    scorecards: tuple[Card, ...] = Field(min_length=1)
    status_limits: tuple[StatusLimit, ...] = ()
    trend: Trend = Field(default_factory=Trend)
    coverage_tiers: Coverage = Field(default_factory=Coverage)
    expansion: Expansion = Field(default_factory=Expansion)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        refuse(self._loose_ends())
        return self

    def _loose_ends(self) -> Iterator[tuple[Path, str]]:
        seen: set[str] = set()
        for at, card in enumerate(self.scorecards):
            if card.name in seen:
                yield ("scorecards", at, "name"), f"{card.name!r} is another's name already; give each its own"
            seen.add(card.name)
            if card.bands not in self.band_sets:
                yield ("scorecards", at, "bands"), f"no such band set; there are {_listed(self.band_sets)}"
            if card.preset is not None and card.preset not in self.presets:
                yield ("scorecards", at, "preset"), f"no such preset; there are {_listed(self.presets)}"
        for at, limit in enumerate(self.status_limits):
            if limit.name in [earlier.name for earlier in self.status_limits[:at]]:
                yield ("status_limits", at, "name"), f"{limit.name!r} is another's name already; give each its own"
        if self.scorecards[-1].when != Match():
            last = ("scorecards", len(self.scorecards) - 1, "when")
            yield last, "the last scorecard must match every account; leave out its `when`"

    def dimensions_of(self, card: Card) -> Dimensions:
        """The dimensions of one of its cards."""
        return card.dimensions if card.dimensions is not None else self.presets[card.preset or ""]

    def to_json(self) -> bytes:
        """Canonical bytes: the same scorecard is always the same text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def version(self) -> str:
        """The scoring version that every stored score names."""
        return hashlib.sha256(b"%d" % CODE + self.to_json()).hexdigest()[:12]


def _listed(names: dict[str, BandSet] | dict[str, Whole]) -> str:
    return ", ".join(sorted(names)) or "none"
