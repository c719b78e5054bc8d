"""From an episode to the alert people see: the first day's numbers, the worst level, who to tell."""

from datetime import date

from health_monitor.decide.alerts import alert_of
from health_monitor.model.alert import Alert
from health_monitor.model.usage import Basis, Drop, Episode, Resolution, Verdict
from tests.builders import A_DAY, an_account

DAY = A_DAY.toordinal()
OPENING = Verdict(Drop.MODERATE, None, Basis.BLENDED, 70, 14, 810, 90)


def raised(episode: Episode, suppressed: str | None = None) -> Alert:
    return alert_of(
        an_account(), episode, (14, 90), profile="standard", variant="events, …", config="abc", suppressed=suppressed
    )


def test_an_alert_carries_the_numbers_of_its_first_day_and_who_saw_them() -> None:
    alert = raised(Episode(DAY, Drop.MODERATE, OPENING))
    assert (alert.alert_id, alert.opened_on, alert.csm_email) == (
        "acme/usage_drop/2026-11-01",
        A_DAY,
        "carla@example.com",
    )
    assert (alert.index, alert.baseline, alert.ratio, alert.basis) == (5.0, 9.0, 0.555556, Basis.BLENDED)
    assert (alert.profile, alert.variant, alert.config, alert.suppressed) == ("standard", "events, …", "abc", None)
    assert (alert.usage_drop, alert.severity, alert.is_open) == (Drop.MODERATE, "moderate", True)
    assert (alert.escalated_on, alert.resolved_on, alert.resolution) == (None, None, None)


def test_severity_follows_the_worst_level_and_the_opening_level_stays() -> None:
    alert = raised(Episode(DAY, Drop.MODERATE, OPENING, escalated_on=DAY + 3))
    assert (alert.usage_drop, alert.highest_usage_drop, alert.severity) == (Drop.MODERATE, Drop.SEVERE, "high")
    assert alert.escalated_on == date(2026, 11, 4)


def test_an_alert_born_severe_is_high_and_never_escalated() -> None:
    alert = raised(Episode(DAY, Drop.SEVERE, OPENING._replace(drop=Drop.SEVERE)))
    assert (alert.usage_drop, alert.severity, alert.escalated_on) == (Drop.SEVERE, "high", None)


def test_a_resolved_alert_says_when_and_how() -> None:
    alert = raised(Episode(DAY, Drop.MODERATE, OPENING, None, DAY + 9, Resolution.NEW_NORMAL), "portfolio_drop: …")
    assert (alert.is_open, alert.resolved_on, alert.resolution) == (False, date(2026, 11, 10), Resolution.NEW_NORMAL)
    assert alert.suppressed == "portfolio_drop: …"


def test_an_index_of_nothing_is_a_ratio_of_zero() -> None:
    assert raised(Episode(DAY, Drop.SEVERE, Verdict(Drop.SEVERE, None, Basis.NEW_ACCOUNT, 0, 4, 9, 4))).ratio == 0.0
