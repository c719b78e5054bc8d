"""The replay's files for people: what the page says, and what it never contains."""

import re
from html.parser import HTMLParser

import pytest

from health_monitor.learn.measure import measure
from health_monitor.learn.worked import worked_examples
from health_monitor.model.replay import Kept
from health_monitor.model.usage import Drop
from health_monitor.views.alerts_csv import COLUMNS, alert_rows, header
from health_monitor.views.charts import scale
from health_monitor.views.replay_report import render
from health_monitor.views.verdict import verdict
from health_monitor.views.wording import number, one_in, percent, times
from tests.rooms.replays import FIRST, a_replay, a_walk, an_episode, random_replay

NASTY = "<script>alert('x')</script> & \"Söhne\""


def page(replay, *, budget=None, intake=None):
    report = measure(replay, budget=budget)
    return render(report, intake=intake or {}, worked=worked_examples(replay, report))


def a_portfolio(right: int, wrong: int, *, name: str | None = None):
    left = [a_walk(f"l{n:03d}", churn=100, episodes=[an_episode(60)], name=name) for n in range(right)]
    stayed = [a_walk(f"s{n:03d}", episodes=[an_episode(60, resolved=80)], name=name) for n in range(wrong)]
    return a_replay([*left, *stayed, *(a_walk(f"q{n:03d}") for n in range(200))])


def test_every_row_of_alerts_csv_explains_one_episode():
    walks = [
        a_walk("b", episodes=[an_episode(20, resolved=30, highest=Drop.MODERATE)]),
        a_walk("a", episodes=[an_episode(40)._replace(usage_drop=Drop.MODERATE, escalated_on=FIRST + 45)]),
    ]
    rows = list(alert_rows(a_replay(walks, suppressed=[("b", 20)])))
    assert [dict(zip(COLUMNS, row, strict=True)) for row in rows] == [
        {
            **{"account_id": "a", "rule": "usage_drop", "opened_on": "2026-02-10", "usage_drop": "moderate"},
            **{"highest_usage_drop": "severe", "severity": "high", "escalated_on": "2026-02-15"},
            **{"resolved_on": "", "resolution": "", "index": "0.2142", "baseline": "0.5000", "ratio": "0.4285"},
            "suppressed": "",
        },
        {
            **{"account_id": "b", "rule": "usage_drop", "opened_on": "2026-01-21", "usage_drop": "moderate"},
            **{"highest_usage_drop": "moderate", "severity": "moderate", "escalated_on": ""},
            **{"resolved_on": "2026-01-31", "resolution": "recovered", "index": "0.2142", "baseline": "0.5000"},
            **{"ratio": "0.4285", "suppressed": "portfolio_drop"},
        },
    ]


def test_with_a_budget_alerts_csv_holds_the_kept_episodes_and_says_when():
    replay = a_replay([a_walk("a", episodes=[an_episode(20, resolved=30), an_episode(50)])])
    rows = list(alert_rows(replay, kept=[Kept("a", FIRST + 55, FIRST + 50)]))
    assert header(True)[-1] == "kept_on"
    assert [row[-1] for row in rows] == ["2026-02-25"]


def test_alerts_csv_holds_only_the_period():
    replay = a_replay([a_walk("a", episodes=[an_episode(20, resolved=30), an_episode(50)])])
    assert len(list(alert_rows(replay, from_day=FIRST + 21))) == 1
    assert len(list(alert_rows(replay, to_day=FIRST + 21))) == 1


def test_a_printed_ratio_is_below_the_line_whenever_the_rule_said_so():
    episode = an_episode(20)
    just_below = episode.opening._replace(index_num=599_999, index_den=1, baseline_num=1_000_000, baseline_den=1)
    rows = list(alert_rows(a_replay([a_walk("a", episodes=[episode._replace(opening=just_below)])])))
    assert rows[0][COLUMNS.index("ratio")] == "0.5999"


def test_the_page_is_self_contained():
    html = page(random_replay(60, "page"), budget=20)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|<link|<img|<iframe|\sstyle=|\son[a-z]+=", html)


class _Balanced(HTMLParser):
    """Fails on a tag that is closed out of order."""

    VOID = frozenset({"meta", "br", "hr", "input"})

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()


@pytest.mark.parametrize("budget", [None, 20])
def test_the_page_is_well_formed(budget):
    parser = _Balanced()
    parser.feed(page(random_replay(60, "tags"), budget=budget))
    assert parser.open == []


def test_names_are_escaped_everywhere():
    html = page(a_portfolio(30, 30, name=NASTY))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert page(a_replay([a_walk(NASTY, episodes=[an_episode(30)], segment=NASTY)])).count("<script") == 0


def test_a_useful_rule_is_said_in_one_sentence():
    said = verdict(measure(a_portfolio(40, 40)))
    assert said.status == "healthy"
    assert said.sentence.startswith(
        "Of 40 customers who left and could be judged, 40 (100%) would have been warned about, "
        "typically 40 days before. 1 in 2 warnings was right; random warnings: "
    )


def test_a_rule_that_is_noise_is_called_noise_and_a_budget_is_advised():
    left = [a_walk(f"l{n:03d}", churn=100 + n, episodes=[an_episode(20)]) for n in range(60)]
    stayed = [a_walk(f"s{n:03d}", episodes=[an_episode(20)]) for n in range(60)]
    said = verdict(measure(a_replay([*left, *stayed])))
    assert said.status in {"moderate", "critical"}
    assert "noise" in said.advice[0]
    assert "--budget 10" in said.advice[0]


def test_a_rule_that_is_noise_within_a_budget_is_advised_a_smaller_one():
    left = [a_walk(f"l{n:03d}", churn=100 + n, episodes=[an_episode(20)]) for n in range(60)]
    stayed = [a_walk(f"s{n:03d}", episodes=[an_episode(20)]) for n in range(60)]
    said = verdict(measure(a_replay([*left, *stayed]), budget=100))
    assert said.status in {"moderate", "critical"}
    assert said.advice[0].endswith("Try a smaller budget, or add a second signal beside usage.")
    assert "--budget" not in " ".join(said.advice)


def test_a_budget_is_advised_to_those_who_have_none():
    free, kept = (verdict(measure(a_portfolio(40, 40), budget=budget)) for budget in (None, 100))
    assert (free.status, kept.status) == ("healthy", "healthy")
    assert free.advice[-1].endswith("A budget (--budget 10) keeps the most telling ones.")
    assert kept.advice[-1].endswith("a warning is a reason to look, not a forecast.")


def test_a_small_history_gets_no_figure():
    html = page(a_portfolio(5, 5))
    assert "Too few to tell" in html
    assert "n too small" in html


def test_without_churn_dates_the_page_says_what_is_needed():
    replay = a_replay([a_walk(f"a{n}", episodes=[an_episode(30, resolved=50)]) for n in range(30)])
    html = page(replay)
    assert "Not measured" in html
    assert html.count("Needs <code>churn_date</code>") == 3


def test_a_status_has_a_colour_a_shape_and_a_word():
    html = page(a_portfolio(40, 40))
    assert re.search(
        r'class="pill healthy"><svg[^>]*><path class="s-healthy" d="[^"]+"/></svg>Better than chance', html
    )


def test_problems_in_the_data_are_on_the_page():
    intake = {
        "accounts": 30,
        "events": 1200,
        "quarantined": 2,
        "conflicts": 1,
        "reasons": {"n is not a number": 2},
        "ignored_columns": {"accounts.csv": ["price<br>"]},
    }
    html = page(a_portfolio(5, 5), intake=intake)
    assert "rows set aside in quarantine.csv" in html.lower()
    assert "set aside: n is not a number" in html
    assert "price&lt;br&gt;" in html


def test_a_long_list_names_some_and_points_to_the_json():
    html = page(a_portfolio(120, 5))
    assert "The first 90 of 120; the rest is in report.json." in html


def test_three_worked_examples_are_drawn():
    walks = [a_walk(f"m{n}", churn=190) for n in range(3)]
    portfolio = a_portfolio(30, 30)
    examples = worked_examples(both := portfolio._replace(walks=[*portfolio.walks, *walks]), measure(both))
    assert [e.title for e in examples] == ["A warning that came true", "A false alarm", "A customer it missed"]


def test_a_data_incident_is_shaded_and_its_warnings_drawn_as_held_back():
    walks = [a_walk("a", episodes=[an_episode(21)])]
    html = page(a_replay(walks, incidents=[20, 21], suppressed=[("a", 21)]))
    assert "<title>Data incident, 21 Jan 2026 to 22 Jan 2026</title>" in html
    assert "1 warning, 1 of them held back" in html
    assert "1 opened, held back" in html


def test_known_revenue_is_shown_and_unknown_revenue_is_a_dash():
    html = page(a_replay([a_walk("a", churn=100, arr=12_000), a_walk("b", churn=100)]))
    assert "largest ARR first" in html
    assert re.search(r'<td class="n">12,000</td>.*<td class="n">–</td>', html, re.DOTALL)


def test_a_plain_list_that_beats_the_rule_is_named():
    left = [a_walk(f"l{n:03d}", churn=100, active=[1] * 3 + [0] * 97) for n in range(40)]
    stayed = [a_walk(f"s{n:03d}", episodes=[an_episode(60)]) for n in range(40)]
    said = verdict(measure(a_replay([*left, *stayed])))
    assert (said.status, said.word) == ("critical", "No better than chance")
    assert any("silent longest would have been right more often" in line for line in said.advice)


def test_an_interval_is_drawn_without_the_dashed_line_where_no_base_rate_is_known():
    asleep = [a_walk(f"z{n:03d}", churn=180, codes=[3] * 180, active=[0] * 180) for n in range(25)]
    young = [a_walk(f"y{n:03d}", days=80, start=120, episodes=[an_episode(150)]) for n in range(25)]
    html = page(a_replay([*asleep, *young]))
    assert 'base rate <span class="dim">n too small</span>' in html
    assert '<line class="whisker"' in html
    assert '<line class="ref"' not in html
    assert '<line class="ref"' in page(a_portfolio(40, 40))


def test_an_empty_portfolio_still_has_a_page():
    assert "Not measured" in page(a_replay([]))


@pytest.mark.parametrize(("share", "said"), [(0.106, "1 in 9"), (0.4, "1 in 2.5"), (0.5, "1 in 2"), (0, "none")])
def test_odds_are_said_as_one_in_so_many(share, said):
    assert one_in(share) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *[(0.9, "0.90×"), (1.24, "1.24×"), (9.994, "9.99×"), (9.996, "10.0×"), (17.44, "17.4×")],
        *[(99.96, "100×"), (174.4, "174×"), (None, "–")],
    ],
)
def test_a_multiple_is_said_in_three_digits(value, said):
    assert times(value) == said


def test_numbers_are_as_exact_as_anybody_needs():
    assert (number(58.07), number(1234.5), number(None)) == ("58.1", "1,234", "–")
    assert (percent(0.1062), percent(0.852), percent(None)) == ("10.6%", "85%", "–")


@pytest.mark.parametrize(("highest", "top"), [(0, 1), (3, 3), (58, 60), (184, 200), (2466, 3000)])
def test_an_axis_ends_on_a_round_number(highest, top):
    found, ticks = scale(highest)
    assert found >= max(highest, 1)
    assert found == top
    assert 2 <= len(ticks) <= 5
