"""docs/scoring.md and docs/scorecard.md: their tables and figures are the configuration's and the code's."""

import re
from pathlib import Path

import pytest
import yaml

from health_monitor.ingest.config import read_scorecard
from health_monitor.learn.retention import ENOUGH_CHURNED
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.measure import MEASURES
from health_monitor.model.scorecard import Scorecard
from health_monitor.score import users
from health_monitor.score.card import value_of
from health_monitor.score.measures import MEASURE
from tests.docs.documents import ROOT, blocks, names
from tests.docs.scoring_tables import DOCUMENTS, MARKED, TABLES, shipped, written
from tests.rooms.test_card import of_dimensions

SCORING, SCORECARD = DOCUMENTS
SCORE = SCORING.read_text()
BOTH = " ".join((SCORE + SCORECARD.read_text()).split())


@pytest.mark.parametrize("document", DOCUMENTS, ids=names([*DOCUMENTS]))
def test_the_tables_are_what_the_configuration_says(document: Path):
    again = "to write the tables anew: python -m tests.docs.scoring_tables"
    assert document.read_text() == written(document), again


def test_every_table_is_shown_once():
    shown = [found[1] for document in DOCUMENTS for found in MARKED.finditer(document.read_text())]
    assert sorted(shown) == sorted(TABLES)


def test_two_pages_are_enough_for_the_whole_model():
    """Its tables too: a table's lines and bars are no words."""
    assert len([word for word in SCORE.split() if word.strip("|-")]) <= 1_150


def test_the_figures_in_the_sentences_are_the_codes():
    scorecard = shipped()
    trend, grow = scorecard.trend, scorecard.expansion
    for sentence in (
        f"six dimensions, {len(MEASURES)} measures",
        f"Below {scorecard.provisional_below:g} % a score is **provisional**",
        f"below {scorecard.unknown_below:g} % there is no score, status or tier at all",
        f"{users.RECENCY} points for recency (full within a week, none after {users.DORMANT_DAYS} days), "
        f"{users.FREQUENCY} for frequency (daily {users.RHYTHM['daily']}, weekly {users.RHYTHM['weekly']}, "
        f"monthly {users.RHYTHM['monthly']}) and {users.BREADTH} for breadth (three core features are all)",
        f"*dormant* after {users.DORMANT_DAYS} days without use, *at risk* after {users.QUIET_DAYS}",
        f"The first {MEASURES['active_users'].settings['watched_days']} days of an account say nothing yet",
        f"healthy and declining ({-trend.declining_30d:g} points or more in 30 days)",
        f"*rapid decline* (−{-trend.rapid_30d:g} in 30 days) and *sustained decline* (−{-trend.sustained_90d:g} in 90)",
        f"rises or falls by {trend.slope_90d:g} points or more",
        f"a score of at least {grow.score_gte:g} that is not falling",
        f"licences used beyond {grow.licence_gt:.0%}".replace("%", " %"),
        f"until {ENOUGH_CHURNED} customers have left",
        f"{grow.user_growth_90d:.0%} more users in 90 days".replace("%", " %"),
    ):
        assert sentence in BOTH
    assert scorecard.status_limits[0].measure == "usage_trend"
    assert users.BROAD == 3


def test_the_example_adds_up():
    figures = re.search(r"75 × 35 % \+ 80 × 20 % \+ 70 × 20 % \+ 85 × 15 % \+ 60 × 10 % = (\d+\.\d)", SCORE)
    assert figures
    parts = of_dimensions(usage=75, engagement=80, value=70, sentiment=85, relationship=60)
    assert value_of(parts) == round(float(figures[1]) * 10)


def test_the_scorecard_that_is_shown_is_one():
    (example,) = [block for block in blocks(SCORECARD) if block.language == "yaml"]
    read = read_scorecard({"scorecard.yaml": "\n".join(example.lines)})
    assert isinstance(read, Scorecard)
    assert [card.name for card in read.scorecards] == ["everyone"]
    assert yaml.safe_load("\n".join(example.lines))["scorecards"][0]["dimensions"].keys() == {"product", "advocacy"}


def test_the_mistakes_that_are_shown_are_told_so():
    shown = next(block.lines for block in blocks(SCORECARD) if block.lines[0].startswith("scorecard.yaml, line"))
    text = (
        "scorecards:\n  - {name: all, preset: p}\npresets:\n  p:\n    a:\n      weight: 60\n      measures:\n"
        "        nps:\n          points: 1\n          settings:\n            half_life: 0\n"
        "    b: {weight: 35, measures: {csat: {points: 2}}}\n"
    )
    with pytest.raises(NeedsHuman) as error:
        read_scorecard({"scorecard.yaml": text})
    assert sorted(str(error.value).splitlines()) == sorted(shown)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_in_one_sentence_what_it_is(name: str):
    said = (MEASURE[name].__doc__ or "").splitlines()[0]
    assert MEASURE[name].__name__ == name
    assert said.endswith(".")
    assert all((MEASURES[name].unit, MEASURES[name].window, MEASURES[name].source, MEASURES[name].missing))


def test_the_file_links_to_the_document():
    assert (
        "docs/scoring.md. Every measure and its settings: docs/scorecard.md"
        in (ROOT / "config" / "scorecard.yaml").read_text()
    )
