"""Where a score is going, on one scoring version."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.model.score import HISTORY_DAYS, Deltas, Flag, History
from health_monitor.model.scorecard import BandSet, Trend
from health_monitor.score.trend import (
    MIN_POINTS,
    declines_three_months,
    deltas,
    extended,
    flags_of,
    momentum_of,
    slope_of,
    trend_of,
)
from tests.rooms.standings import DAY, TODAY, a_history, a_score, a_standing, since, stands


def weekly(first: float, last: float, weeks: int = 13) -> dict[int, float]:
    """A score a week, on a straight line from one to the other."""
    return {7 * (weeks - 1 - n): first + (last - first) * n / (weeks - 1) for n in range(weeks)}


def test_changes_are_told_over_30_90_and_180_days() -> None:
    history = a_history({180: 90, 90: 85, 30: 82.5, 0: 80})
    assert deltas(history, TODAY) == Deltas(-25, -50, -100)


def test_a_day_without_a_score_is_stood_in_for_by_the_nearest_within_three_days_the_older_of_two() -> None:
    assert deltas(a_history({33: 60, 0: 70}), TODAY).d30 == 100
    assert deltas(a_history({32: 60, 28: 65, 0: 70}), TODAY).d30 == 100
    assert deltas(a_history({34: 60, 26: 65, 0: 70}), TODAY) == Deltas(None, None, None)
    assert deltas(a_history({30: 60}, today=TODAY - 1), TODAY).d30 is None


def test_another_version_begins_anew_and_no_change_crosses_it() -> None:
    history = extended(a_history({30: 90, 1: 88}), "v2", TODAY, 400)
    assert history == History("v2", TODAY, (400,))
    standing = stands(a_score(40, version="v2"), before=since({90: 95, 30: 90, 1: 88}))
    assert (standing.deltas, standing.flags, standing.trend) == (Deltas(None, None, None), (), None)


def test_a_restated_history_goes_on() -> None:
    before = a_standing(a_history({30: 60, 1: 58}, version="v2"), version="v1")
    assert stands(a_score(40, version="v2"), before=before).deltas.d30 == -200


def test_a_history_grows_by_a_day_skips_missed_nights_and_forgets_what_is_too_old() -> None:
    history = extended(None, "v1", TODAY, 500)
    history = extended(history, "v1", TODAY + 3, None)
    assert history == History("v1", TODAY, (500, None, None, None))
    assert extended(history, "v1", TODAY + 1, 510) == History("v1", TODAY, (500, 510))
    for day in range(TODAY, TODAY + 300):
        history = extended(history, "v1", day, 500)
    assert (len(history.values), history.first_day) == (HISTORY_DAYS, TODAY + 300 - HISTORY_DAYS)
    assert extended(history, "v1", TODAY + 299 + HISTORY_DAYS + 1, 500).values == (500,)
    assert extended(history, "v1", TODAY, 400) == History("v1", TODAY, (400,))


def test_improving_stable_and_declining_over_three_months() -> None:
    trend = Trend()
    assert trend_of(a_history(weekly(70, 80)), TODAY, trend) == "improving"
    assert trend_of(a_history(weekly(70, 73)), TODAY, trend) == "stable"
    assert trend_of(a_history(weekly(80, 70)), TODAY, trend) == "declining"


def test_the_slope_is_in_points_in_90_days_and_exactly_as_many_count() -> None:
    a_point_a_week = a_history(weekly(60, 72))
    assert slope_of(a_point_a_week, TODAY) == 12.857143
    assert trend_of(a_point_a_week, TODAY, Trend(slope_90d=12.857143)) == "improving"
    assert trend_of(a_point_a_week, TODAY, Trend(slope_90d=12.857144)) == "stable"


def test_three_months_need_eight_weekly_scores() -> None:
    assert trend_of(a_history(weekly(80, 60, weeks=MIN_POINTS)), TODAY, Trend()) == "declining"
    assert trend_of(a_history(weekly(80, 60, weeks=MIN_POINTS - 1)), TODAY, Trend()) is None


def test_three_weeks_out_of_line_do_not_make_a_trend() -> None:
    steady = weekly(75, 75)
    assert trend_of(a_history(steady | {0: 40, 7: 45, 14: 50}), TODAY, Trend()) == "stable"


@given(st.lists(st.integers(0, 1_000), min_size=91, max_size=91))
def test_the_slope_of_mirrored_scores_is_the_mirrored_slope(values: list[int]) -> None:
    slope = slope_of(History("v1", TODAY - 90, tuple(values)), TODAY)
    mirrored = slope_of(History("v1", TODAY - 90, tuple(1_000 - value for value in values)), TODAY)
    assert slope is not None
    assert mirrored == -slope


@pytest.mark.parametrize(
    ("points", "flags"),
    [
        ({30: 80, 1: 71, 0: 70}, ("rapid_decline",)),
        ({30: 79.9, 1: 71, 0: 70}, ()),
        ({90: 85, 30: 72, 1: 70, 0: 70}, ("sustained_decline",)),
        ({90: 84.9, 30: 72, 1: 70, 0: 70}, ()),
        ({90: 90, 30: 82, 1: 76, 0: 70}, ("rapid_decline", "sustained_decline", "crossed_down")),
        ({1: 74.9, 0: 75}, ("crossed_up",)),
        ({3: 50, 0: 49.9}, ("crossed_down",)),
        ({8: 50, 0: 49.9}, ()),
        ({0: 20}, ()),
    ],
)
def test_flags(points: Mapping[int, float], flags: tuple[Flag, ...]) -> None:
    history = a_history(points)
    assert flags_of(history, TODAY, deltas(history, TODAY), Trend(), BandSet()) == flags


def test_where_it_went_in_30_days_exactly_five_points_count() -> None:
    trend = Trend()
    assert momentum_of(Deltas(-50, None, None), trend) == "declining"
    assert momentum_of(Deltas(-49, None, None), trend) == "stable"
    assert momentum_of(Deltas(50, None, None), trend) == "improving"
    assert momentum_of(Deltas(None, -200, None), trend) is None


def test_three_falls_in_a_row_of_five_points_together() -> None:
    trend = Trend()
    assert declines_three_months(a_history({90: 80, 60: 78, 30: 76, 0: 75}), TODAY, trend)
    assert not declines_three_months(a_history({90: 80, 60: 78, 30: 76, 0: 75.1}), TODAY, trend)
    assert not declines_three_months(a_history({90: 80, 60: 70, 30: 71, 0: 60}), TODAY, trend)
    assert not declines_three_months(a_history({60: 78, 30: 76, 0: 60}), TODAY, trend)


def test_three_falls_in_a_row_are_a_decline_also_where_the_slope_is_too_flat_to_say() -> None:
    points = weekly(82, 80)
    points |= {90: 85.0, 60: 81.5}
    history = a_history(points)
    assert slope_of(history, TODAY) > -5
    assert declines_three_months(history, TODAY, Trend())
    assert trend_of(history, TODAY, Trend()) == "declining"


def test_nights_that_were_missed_leave_the_trend_as_it_is() -> None:
    before = since({day: 80 - (90 - day) / 9 for day in range(4, 91)})
    standing = stands(a_score(70), before=before)
    assert standing.trend == "declining"
    assert standing.as_of == DAY
