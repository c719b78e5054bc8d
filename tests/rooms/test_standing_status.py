"""What a score means: bands, limits, colour; and what an override changes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.model.config import HighValue
from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.dossier import Dossier
from health_monitor.model.evidence import Evidence
from health_monitor.model.records import HealthStatus, Invoice, Override, Person, Pulse, Survey, Touchpoint
from health_monitor.model.score import Color, TrendWord
from health_monitor.model.scorecard import BandSet, StatusLimit
from health_monitor.score.card import score_of
from health_monitor.score.status import color_of, limited, status_of, within
from tests.rooms.standings import DAY, NOON, a_history, a_score, a_scorecard, a_use, evidence, since, stands

ENTERPRISE = BandSet(healthy=Decimal(70), moderate=Decimal(50), at_risk=Decimal(25))
SMB = BandSet(healthy=Decimal(80), moderate=Decimal(60), at_risk=Decimal(40))


def an_override(status: HealthStatus, expires_on: date = date(2026, 12, 1)) -> Override:
    return Override(
        source="us", key="1", changed_at=NOON, status=status, reason="a competitor is in", author="carla",
        at=NOON, expires_on=expires_on,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bands", "tenths", "status"),
    [
        (BandSet(), 1_000, "healthy"), (BandSet(), 750, "healthy"), (BandSet(), 749, "moderate"),
        (BandSet(), 500, "moderate"), (BandSet(), 499, "at_risk"), (BandSet(), 250, "at_risk"),
        (BandSet(), 249, "critical"), (BandSet(), 0, "critical"), (BandSet(), None, None),
        (ENTERPRISE, 700, "healthy"), (ENTERPRISE, 699, "moderate"), (ENTERPRISE, 499, "at_risk"),
        (SMB, 799, "moderate"), (SMB, 599, "at_risk"), (SMB, 399, "critical"),
    ],
)  # fmt: skip
def test_a_band_begins_with_its_edge_and_74_9_is_not_75(
    bands: BandSet, tenths: int | None, status: HealthStatus | None
) -> None:
    assert status_of(tenths, bands) == status


USAGE = StatusLimit(name="usage fell", measure="usage_trend", at_most=50, status="at_risk")
GONE = StatusLimit(name="usage gone", measure="usage_trend", at_most=0, status="critical")


def a_promoter(index_now: int) -> Evidence:
    """They like it, they answer, they pay: only the use is another than three months ago."""
    day = NOON.replace(month=10, day=28)
    told: dict[str, Any] = {"source": "crm", "changed_at": day}
    dossier = Dossier(
        surveys=(Survey(key="1", survey="nps", score=9, at=day, **told),),
        pulses=(Pulse(key="1", rating=5, at=day, **told),),
        touchpoints=(Touchpoint(key="1", kind="qbr", at=day, attended=True, contact_id="ida", **told),),
        persons=(Person(key="ida", role="executive_sponsor", department="sales", **told),),
        invoices=(Invoice(key="1", due_on=day.date(), paid_on=day.date(), **told),),
    )  # fmt: skip
    use = a_use(index_now=index_now, index_60=index_now, active_30=95, daily=95, weekly=0, features=("a", "b"),
                user_health=(950_000, 95), engaged=95)  # fmt: skip
    return evidence(dossier, use, segment="mid_market", licensed_seats=100, core_features=("a", "b"))


def test_nps_9_but_usage_down_30_percent_over_three_months_is_at_risk() -> None:
    """Seed 002's example, with the scorecard that the product comes with: satisfied, and yet about to leave."""
    card = default_scorecard()
    satisfied, fading = (stands(score_of(one, card), one, scorecard=card) for one in map(a_promoter, (71, 70)))
    assert (satisfied.status, satisfied.limited_by) == ("healthy", None)
    assert (fading.score or 0) >= 750
    assert (fading.status, fading.display_color, fading.tier) == ("at_risk", "orange", "T2")
    assert fading.limited_by == "usage_down_30_in_3_months"
    assert [one.kind for one in fading.signals] == ["entered_at_risk"]


def test_a_limit_makes_the_status_worse_and_leaves_the_score() -> None:
    """Usage at 70 % of three months ago is 50 points of the measure."""
    score = a_score(88, measures={"usage_trend": 50, "nps": 100})
    standing = stands(score, scorecard=a_scorecard(status_limits=(USAGE,)))
    assert (standing.status, standing.model_status, standing.limited_by) == ("at_risk", "at_risk", "usage fell")
    assert (standing.score, standing.display_color) == (880, "orange")
    assert [one.said for one in standing.signals] == [
        "status is at risk (held down by the limit “usage fell”, health score 88.0)"
    ]


def test_the_worst_limit_counts_and_one_above_its_line_or_unknown_or_milder_than_the_bands_does_not() -> None:
    card = a_scorecard(status_limits=(USAGE, GONE))
    assert limited(a_score(88, measures={"usage_trend": 0}), "healthy", card) == ("critical", "usage gone")
    assert limited(a_score(88, measures={"usage_trend": 51}), "healthy", card) == ("healthy", None)
    assert limited(a_score(88, measures={"usage_trend": None}), "healthy", card) == ("healthy", None)
    assert limited(a_score(88), "healthy", card) == ("healthy", None)
    assert limited(a_score(20, measures={"usage_trend": 30}), "critical", card) == ("critical", None)


@pytest.mark.parametrize(
    ("status", "momentum", "color"),
    [
        ("healthy", "declining", "yellow"), ("healthy", "stable", "green"), ("healthy", "improving", "green"),
        ("healthy", None, "green"), ("moderate", "declining", "yellow"), ("moderate", "stable", "yellow"),
        ("moderate", "improving", "green"), ("at_risk", "declining", "orange"), ("at_risk", "improving", "yellow"),
        ("critical", "stable", "red"), ("critical", "improving", "orange"), (None, None, None),
    ],
)  # fmt: skip
def test_the_colour_shows_where_an_account_is_going(
    status: HealthStatus | None, momentum: TrendWord | None, color: Color | None
) -> None:
    assert color_of(status, momentum) == color


@pytest.mark.parametrize(
    ("months", "bands", "status", "color"),
    [
        ((60, 65, 70), BandSet(), "moderate", "green"),
        ((80, 75, 70), BandSet(), "moderate", "yellow"),
        ((80, 75, 70), ENTERPRISE, "healthy", "yellow"),
        ((70, 71, 70), BandSet(), "moderate", "yellow"),
        ((70, 71, 70), ENTERPRISE, "healthy", "green"),
    ],
)  # fmt: skip
def test_the_seeds_three_trajectories(
    months: tuple[int, int, int], bands: BandSet, status: HealthStatus, color: Color
) -> None:
    """60, 65, 70 is green; 80, 75, 70 is yellow though healthy; 70, 71, 70 is stable, its colour the status'."""
    first, second, third = months
    standing = stands(a_score(third), before=since({60: first, 30: second, 1: third}), scorecard=a_scorecard(bands))
    assert (standing.status, standing.display_color) == (status, color)


def test_an_override_changes_status_tier_and_signals_but_never_the_score() -> None:
    known = evidence(Dossier(overrides=(an_override("at_risk"),)))
    judged, plain = stands(a_score(85), known), stands(a_score(85))
    assert (plain.status, plain.tier, plain.signals) == ("healthy", "T3", ())
    assert (judged.score, judged.model_status, judged.dimensions) == (850, "healthy", plain.dimensions)
    assert (judged.status, judged.tier, judged.override) == ("at_risk", "T2", "override:us/1")
    assert [one.said for one in judged.signals] == ["status is at risk (set by override, health score 85.0)"]
    assert judged.history == plain.history
    valuable = HighValue(tiers=("standard",))
    assert stands(a_score(85), known, high_value=valuable).tier == "T1"
    assert (judged.priority or 0) > (plain.priority or 0)


def test_an_override_ends_by_itself() -> None:
    known = evidence(Dossier(overrides=(an_override("at_risk", expires_on=date(2026, 10, 31)),)))
    assert stands(a_score(85), known).status == "healthy"


def test_a_milder_override_takes_the_critical_signal_away_and_a_graver_one_leaves_it() -> None:
    mild, grave = (evidence(Dossier(overrides=(an_override(one),))) for one in ("moderate", "critical"))
    assert stands(a_score(20), mild).signals == ()
    assert stands(a_score(20), mild).tier == "T2"
    assert "score_below_25" in [one.kind for one in stands(a_score(20), grave).signals]


def test_an_override_speaks_also_where_nothing_is_known() -> None:
    unknown = stands(a_score(None))
    assert (unknown.status, unknown.display_color, unknown.tier, unknown.signals) == (None, None, None, ())
    assert (unknown.priority, unknown.expansion_score, unknown.expansion_ready) == (None, None, False)
    judged = stands(a_score(None), evidence(Dossier(overrides=(an_override("critical"),))))
    assert (judged.status, judged.model_status, judged.display_color, judged.tier) == ("critical", None, "red", "T1")
    assert [one.said for one in judged.signals] == ["status is critical (set by override, no health score)"]


def test_what_follows_the_status_counts_with_the_nearest_score_in_its_band() -> None:
    bands = BandSet()
    assert within(850, "healthy", bands) == 850
    assert within(850, "moderate", bands) == 749
    assert within(850, "critical", bands) == 249
    assert within(300, "healthy", bands) == 750
    assert within(1_000, "healthy", bands) == 1_000
    assert within(None, "at_risk", bands) == 250
    assert within(None, None, bands) is None


def test_the_same_night_again_is_the_same_standing() -> None:
    first = stands(a_score(70), before=since({30: 82, 1: 76}))
    assert stands(a_score(70), before=first) == first
    assert first.history == a_history({30: 82, 1: 76, 0: 70})
    assert first.as_of == DAY
