"""Counting what warnings were worth: boundaries, censoring, intervals, and who was missed and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.learn.figures import bootstrap, figure, median, pack, share, unpack
from health_monitor.learn.measure import measure
from health_monitor.learn.outcomes import came_true, exposure
from health_monitor.learn.stretches import Stretch, daily
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.usage import Drop, Series
from tests.rooms.replays import FIRST, SEVERE, a_replay, a_walk, an_episode, day, random_replay


def whole(walk):
    return Stretch(walk, walk.start, walk.end)


def stories(*walks, budget=None, from_day=None):
    report = measure(a_replay(walks), budget=budget, from_day=from_day)
    return {s.account_id: s for s in report.churners.stories}


@pytest.mark.parametrize(("left_on", "right"), [(50, False), (51, True), (140, True), (141, False)])
def test_a_warning_was_right_when_the_customer_left_within_ninety_days(left_on, right):
    assert came_true(whole(a_walk("a", churn=left_on)), FIRST + 50) is right


def test_a_warning_on_an_account_not_watched_for_ninety_days_is_left_out():
    walk = a_walk("a", days=141)
    assert came_true(whole(walk), FIRST + 50) is False
    assert came_true(whole(walk), FIRST + 51) is None


def test_the_base_rate_counts_days_with_a_verdict_and_a_known_outcome():
    stayed, left = a_walk("stayed", days=200), a_walk("left", churn=150)
    assert exposure(whole(stayed), FIRST, FIRST + 199) == (107, 0)
    assert exposure(whole(left), FIRST, FIRST + 149) == (147, 90)


def test_censored_alerts_are_counted_and_left_out_of_precision():
    walks = [a_walk(f"a{n}", episodes=[an_episode(40, resolved=60), an_episode(150)]) for n in range(25)]
    rule = measure(a_replay([*walks, a_walk("left", churn=100)])).rule
    assert (rule.alerts, rule.censored, rule.precision.n, rule.precision.value) == (50, 25, 25, 0)


def test_precision_recall_lift_and_lead_by_hand():
    left = [a_walk(f"l{n:02d}", churn=100, episodes=[an_episode(60)]) for n in range(20)]
    stayed = [a_walk(f"s{n:02d}", episodes=[an_episode(60, resolved=70)]) for n in range(20)]
    report = measure(a_replay([*left, *stayed]))
    rule = report.rule
    assert (rule.precision.value, rule.precision.count, rule.precision.n) == (0.5, 20, 40)
    assert (rule.recall.value, rule.median_lead_days.value) == (1.0, 40)
    assert report.base_rate.value == pytest.approx(20 * 90 / (20 * 97 + 20 * 107), abs=1e-6)
    assert rule.lift.value == pytest.approx(0.5 / report.base_rate.value, abs=1e-5)


def test_alerts_per_100_accounts_a_month():
    walks = [a_walk(f"a{n}", days=30, episodes=[an_episode(10)] if n < 5 else []) for n in range(10)]
    report = measure(a_replay(walks, last=29))
    assert report.alerts_per_100_accounts_a_month == pytest.approx(5 / (300 / 30.44) * 100, abs=1e-4)
    assert sum(week.alerts for week in report.by_week) == 5
    assert [s.label for s in report.by_segment] == ["smb"]


def test_tenure_counts_from_the_start_of_the_account_not_of_the_data():
    old = a_walk("old", days=50, episodes=[an_episode(10)])
    old = old._replace(account=old.account.model_copy(update={"usage_start": day(-300)}))
    report = measure(a_replay([old], last=49))
    assert {s.label: s.alerts for s in report.by_tenure} == {
        "under 30 days": 0,
        "30 to 89 days": 0,
        "90 days and more": 1,
    }


def test_only_episodes_that_opened_in_the_period_count():
    walks = [a_walk("a", episodes=[an_episode(20, resolved=30), an_episode(80, resolved=90), an_episode(150)])]
    report = measure(a_replay(walks), from_day=FIRST + 50, to_day=FIRST + 100)
    assert [k.day - FIRST for k in report.kept] == [80]
    assert (report.from_day, report.to_day, report.account_days) == ("2026-02-20", "2026-04-11", 51)


def test_too_few_cases_are_no_figure():
    assert share(3, 19).value is None
    assert share(3, 19).note == "n too small"
    assert share(3, 20).value == 0.15


def test_the_same_history_gives_the_same_report_to_the_byte():
    replay = random_replay(60, "bytes")
    assert measure(replay, budget=20).to_json() == measure(replay, budget=20).to_json()


def test_an_interval_holds_its_figure_and_draws_accounts_not_alerts():
    draws = bootstrap([[1, 1]] * 10 + [[1, 0]] * 30, [[0] * 40], seed=1)
    found = share(10, 40, [d.sums[1] / d.sums[0] for d in draws])
    assert found.low < 0.25 < found.high
    assert all(d.sums[0] == 40 for d in draws)
    assert figure(0.25, 40, None, [0.25] * 5).low is None


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=1))
def test_counts_packed_into_one_number_add_up_side_by_side(rows):
    assert unpack(sum(map(pack, rows)), 3) == [sum(column) for column in zip(*rows, strict=True)]


@given(st.lists(st.integers(1, 90), min_size=1))
def test_the_median_of_counts_is_the_median_of_the_values(values):
    rising, n = sorted(values), len(values)
    counts = {v: values.count(v) for v in values}
    assert median(counts) == (rising[(n - 1) // 2] + rising[n // 2]) / 2


def test_a_series_is_cut_and_filled_to_the_walks_days():
    walk = a_walk("a", days=4, start=2)
    assert daily(walk._replace(series=Series(FIRST, [], [], [])), [9, 8, 7]) == [7, 0, 0, 0]
    assert daily(walk._replace(series=Series(FIRST + 4, [], [], [])), [5, 6, 7, 8]) == [0, 0, 5, 6]


def test_a_churner_warned_in_time_is_named_with_its_lead():
    ratios = [10_000] * 53 + [3_899] * 100
    told = stories(a_walk("acme", churn=100, ratios=ratios, episodes=[an_episode(53)]))["acme"]
    assert told.text == "First warning 23 February 2026, 47 days before, at 38% of its baseline"
    assert (told.status, told.lead_days, told.first_warning) == ("warned", 47, "2026-02-23")


def test_a_warning_on_a_day_without_a_verdict_names_no_share_of_the_baseline():
    silent = [0, 0, 0] + [SEVERE] * 50 + [3] * 47
    walk = a_walk("acme", churn=100, codes=silent, episodes=[an_episode(40)])
    others = [a_walk(f"b{n}") for n in range(4)]
    told = stories(walk, *others, budget=10)["acme"]
    assert told.text == "First warning 2 March 2026, 40 days before"


def test_a_churner_whose_last_episode_opened_before_the_report_began_is_told_so():
    episodes = [an_episode(20, resolved=30), an_episode(50)]
    told = stories(a_walk("acme", churn=180, episodes=episodes), from_day=FIRST + 60)["acme"]
    assert (told.status, told.reason) == ("missed", "warned_before_period")
    assert told.text == "Missed: its last warning, on 20 February 2026, is before this report"


def test_a_churner_whose_usage_never_fell_is_missed_with_its_lowest_day():
    told = stories(a_walk("acme", churn=100, ratios=[10_000] * 60 + [7_250] + [9_000] * 60))["acme"]
    assert told.text == "Missed: usage never fell below the line; lowest 72% of its baseline, on 2 March 2026"


def test_a_warning_that_came_too_early_says_how_it_ended():
    closed = stories(a_walk("a", churn=180, episodes=[an_episode(20, resolved=40)]))["a"]
    assert (
        closed.text == "Missed: warned 160 days before, on 21 January 2026, and closed as recovered on 10 February 2026"
    )
    still = stories(a_walk("a", churn=180, episodes=[an_episode(20)]))["a"]
    assert still.text.endswith("and still open when it left")


def test_a_churner_outside_the_budget_is_missed_for_that_reason():
    others = [a_walk(f"b{n}", active=[1] + [0] * 199, episodes=[an_episode(20)]) for n in range(20)]
    told = stories(a_walk("acme", churn=100, episodes=[an_episode(70)]), *others, budget=1)["acme"]
    assert (told.reason, told.text) == (
        "not_kept",
        "Missed: low since 12 March 2026, but not kept within the budget",
    )


def test_an_unkept_episode_that_ended_is_told_from_day_to_day():
    others = [a_walk(f"b{n}", active=[1] + [0] * 199, episodes=[an_episode(20)]) for n in range(20)]
    told = stories(a_walk("acme", churn=100, episodes=[an_episode(70, resolved=75)]), *others, budget=1)["acme"]
    assert told.text == "Missed: low from 12 March 2026 to 17 March 2026, but not kept within the budget"


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        ([0, 0], "too_new"),
        ([0, 0, 0, 1, 1, 2], "no_benchmark"),
        ([2] * 9, "insufficient_baseline"),
        ([3] * 9, "dormant"),
    ],
)
def test_a_churner_that_never_had_a_verdict_is_counted_apart_with_the_reason(codes, reason):
    report = measure(a_replay([a_walk("acme", churn=len(codes), codes=codes)]))
    assert report.churners.never_eligible == {reason: 1}
    assert (report.churners.eligible, report.rule.recall.n) == (0, 0)


def test_an_account_that_left_before_its_first_day_is_told_too():
    gone = Account(account_id="gone", churn_date=day(10))
    report = measure(a_replay([a_walk("stays")], never_judged=[gone]))
    assert report.churners.never_eligible == {"left_before_judged": 1}


def test_the_largest_customers_are_named_first():
    walks = [a_walk("small", churn=100, arr=100), a_walk("none", churn=100), a_walk("large", churn=100, arr=9000)]
    assert list(stories(*walks)) == ["large", "small", "none"]


def test_neighbouring_incident_days_are_one_incident():
    walks = [a_walk("a", episodes=[an_episode(21)])]
    report = measure(a_replay(walks, incidents=[20, 21, 22, 40], suppressed=[("a", 21)]))
    assert [(s.first_day, s.days, s.suppressed) for s in report.incidents] == [
        ("2026-01-21", 3, 1),
        ("2026-02-10", 1, 0),
    ]
    assert report.alerts_suppressed == 1


def test_days_without_a_verdict_severities_endings_and_dormant_accounts_are_counted():
    sleeping = a_walk("sleeping", codes=[SEVERE] * 100 + [3] * 100, active=[1] * 60 + [0] * 140)
    walks = [a_walk("a", episodes=[an_episode(20, resolved=30), an_episode(50, highest=Drop.MODERATE)]), sleeping]
    report = measure(a_replay(walks))
    assert report.no_verdict_days == {"too_new": 3, "no_benchmark": 0, "insufficient_baseline": 0, "dormant": 100}
    assert report.alerts_by_severity == {"high": 1, "moderate": 1}
    assert [(e.resolution, e.alerts, e.median_days) for e in report.endings if e.alerts] == [
        ("recovered", 1, 10),
        ("still_open", 1, None),
    ]
    assert [(d.account_id, d.silent_days) for d in report.dormant] == [("sleeping", 140)]


def test_the_longest_silent_is_named_first_and_who_never_was_active_is_silent_from_its_first_day():
    late = a_walk("late", codes=[3] * 150, active=[0] * 150, days=150, start=50)
    once = a_walk("once", codes=[3] * 200, active=[0] * 40 + [1] + [0] * 159)
    report = measure(a_replay([late, once]))
    assert [(d.account_id, d.silent_days) for d in report.dormant] == [("once", 159), ("late", 150)]


def test_the_report_is_json_and_leaves_the_kept_alerts_to_the_csv():
    bundle = Bundle(profiles=(Profile(name="default"),))
    told = json.loads(measure(random_replay(40, "json"), budget=10, bundle=bundle).to_json())
    assert "kept" not in told
    assert told["lines"][0]["mature"] == [0.6, 0.4, 0.7]
    assert {m["method"] for m in told["methods"]} == {"usage rule", "last seen", "random"}


def test_an_empty_portfolio_still_has_a_report():
    report = measure(a_replay([]))
    assert (report.alerts, report.account_days, report.alerts_per_100_accounts_a_month) == (0, 0, None)
