"""A scorecard's file: what it says, and every way in which it can be wrong, each with file, line, field and remedy."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from health_monitor.ingest.config import read_bundle, read_scorecard
from health_monitor.ingest.doubts import doubts, scoring_doubts
from health_monitor.model.config import Bundle
from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.errors import NeedsHuman
from tests.rooms.test_config import NAMED

OURS = Path(__file__).parents[2] / "config" / "scorecard.yaml"
CARD = "scorecards:\n  - {name: all, preset: p}\n"
PRESET = "presets:\n  p:\n    a: {weight: 100, measures: {nps: {points: 1}}}\n"
WHOLE = CARD + PRESET
"""Five lines that are a scorecard; what a mistake adds begins in line 6."""


def said(text: str) -> list[str]:
    with pytest.raises(NeedsHuman) as error:
        read_scorecard({"scorecard.yaml": text})
    return str(error.value).splitlines()


def preset(*lines: str) -> str:
    """A scorecard with a preset whose dimensions begin in line 5."""
    return CARD + "presets:\n  p:\n" + "".join(f"    {line}\n" for line in lines)


def nps(settings: str) -> str:
    return preset(f"a: {{weight: 100, measures: {{nps: {{points: 1, settings: {{{settings}}}}}}}}}")


def test_the_file_that_ships_says_in_full_what_holds_without_one() -> None:
    assert read_scorecard({"scorecard.yaml": OURS.read_text()}) == default_scorecard()
    assert read_scorecard({}) == default_scorecard()


def test_every_setting_of_the_shipped_file_is_there_to_be_changed() -> None:
    text = OURS.read_text()
    whole = default_scorecard().model_dump()
    for part in ("trend", "coverage_tiers", "expansion"):
        assert [name for name in whole[part] if f"  {name}:" not in text] == []
    assert [name for name in whole if f"\n{name}:" not in text] == []


def test_the_shortest_scorecard_gets_the_usual_numbers() -> None:
    read = read_scorecard({"scorecard.yaml": WHOLE})
    assert read.band_sets["default"].healthy == Decimal(75)
    assert read.trend == default_scorecard().trend
    assert read.version != default_scorecard().version


MISTAKES = [
    ("", 1, "has no settings; copy the one in config/ and change it"),
    ("- a\n", 1, "has no settings; copy"),
    ("scorecards: [\n", 2, "is not YAML: "),
    (PRESET, 1, "scorecards: is missing; add it"),
    ("scorecards: []\n", 1, "scorecards: is empty; write at least one"),
    ("scorecards: all\n", 1, "scorecards: is not a list; write it in brackets"),
    ("scorecards: [all]\n", 1, "scorecards.0: is not a group of settings; write its settings below it"),
    ("scorecards:\n  - {preset: p}\n" + PRESET, 2, "scorecards.0.name: is missing; add it"),
    ("scorecards:\n  - {name: '', preset: p}\n" + PRESET, 2, "scorecards.0.name: is empty; write something"),
    ("scorecards:\n  - {name: 7, preset: p}\n" + PRESET, 2, "scorecards.0.name: is not a text; put it in quotes"),
    ("scorecards:\n  - {name: a}\n" + PRESET, 2, "scorecards.0: give either preset or dimensions"),
    ("scorecards:\n  - {name: a, preset: p, dimensions: {a: {weight: 100, measures: {nps: {points: 1}}}}}\n" + PRESET,
     2, "scorecards.0: give either preset or dimensions"),
    ("scorecards:\n  - {name: a, preset: q}\n" + PRESET, 2, "scorecards.0.preset: no such preset; there are p"),
    (CARD, 2, "scorecards.0.preset: no such preset; there are none"),
    ("scorecards:\n  - {name: a, preset: p, bands: gold}\n" + PRESET, 2, "bands: no such band set; there are default"),
    ("scorecards:\n  - {name: a, preset: p, when: {segment: smb}}\n" + PRESET, 2, "when.segment: is not a list"),
    ("scorecards:\n  - {name: a, preset: p, when: {segment: [smb]}}\n" + PRESET, 2,
     "scorecards.0.when: the last scorecard must match every account; leave out its `when`"),
    ("scorecards:\n  - {name: a, preset: p, when: {size: [big]}}\n  - {name: b, preset: p}\n" + PRESET, 2,
     "scorecards.0.when.size: no such setting; remove it or correct its spelling"),
    ("scorecards:\n  - {name: a, preset: p}\n  - {name: a, preset: p}\n" + PRESET, 3,
     "scorecards.1.name: 'a' is another's name already; give each its own"),
    (WHOLE + "wieghts: 1\n", 6, "wieghts: no such setting; remove it or correct its spelling"),
    (WHOLE + "presets: {}\n", 6, "presets: stands here a second time; keep one"),
    (CARD + "presets:\n  p: {}\n", 4, "presets.p: is empty; write at least one"),
    (CARD + "presets:\n  p: 5\n", 4, "presets.p: is not a group of settings"),
    (preset("a: 100"), 5, "presets.p.a: is not a group of settings"),
    (preset("a: {weight: 100, measures: {}}"), 5, "presets.p.a.measures: is empty; write at least one"),
    (preset("a: {weight: 100}"), 5, "presets.p.a.measures: is missing; add it"),
    (preset("a: {weight: 100, measures: [nps]}"), 5, "presets.p.a.measures: is not a group of settings"),
    (preset("a: {measures: {nps: {points: 1}}}"), 5, "presets.p.a.weight: is missing; add it"),
    (preset("a: {weight: much, measures: {nps: {points: 1}}}"), 5, "a.weight: is not a number; write one such as 30"),
    (preset("a: {weight: .nan, measures: {nps: {points: 1}}}"), 5, "a.weight: is not a number; write one such as 30"),
    (preset("a: {weight: 100, wight: 1, measures: {nps: {points: 1}}}"), 5, "a.wight: no such setting; remove it"),
    (preset("'': {weight: 100, measures: {nps: {points: 1}}}"), 5,
     "presets.p.: '' is no name for a dimension; write 1 to 60 characters on one line"),
    (preset(f"{'a' * 61}: {{weight: 100, measures: {{nps: {{points: 1}}}}}}"), 5, "is no name for a dimension"),
    (preset('"a\\nb": {weight: 100, measures: {nps: {points: 1}}}'), 4, "presets.p: 'a\\nb' is no name"),
    (preset("a: {weight: 1e400, measures: {nps: {points: 1}}}"), 5, "a.weight: is not a number; write one"),
    (preset(f"a: {{weight: {'9' * 5_000}, measures: {{nps: {{points: 1}}}}}}"), 5,
     "is not YAML: found a number that cannot be read: 9999"),
    (preset("a: {weight: 0x_, measures: {nps: {points: 1}}}"), 5, "found a number that cannot be read: 0x_"),
    (preset("a: {weight: 100.01, measures: {nps: {points: 1}}}"), 5, "weight: should be less than or equal to 100"),
    (preset("a: {weight: 60.01, measures: {nps: {points: 1}}}", "b: {weight: 40, measures: {csat: {points: 1}}}"), 4,
     "presets.p: the weights sum to 100.01, not 100 (a 60.01 + b 40); change one by -0.01"),
    (preset("a: {weight: 95, measures: {nps: {points: 1}}}"), 4,
     "presets.p: the weights sum to 95, not 100 (a 95); change one by +5"),
    (preset("a: {weight: 100, measures: {nps: {points: 1}}}", "b: {weight: 2.5, measures: {csat: {points: 1}}}"), 4,
     "presets.p: the weights sum to 102.5, not 100 (a 100 + b 2.5); change one by -2.5"),
    (preset("a: {weight: 100, measures: {npx: {points: 1}}}"), 5,
     "presets.p.a.measures.npx: no such measure; did you mean nps?"),
    (preset("a: {weight: 100, measures: {zzz: {points: 1}}}"), 5,
     "presets.p.a.measures.zzz: no such measure; known are active_users, "),
    (WHOLE + "5: 1\n", 6, "5: is not a text; put it in quotes (found 5)"),
    (preset("a: {weight: 100, measures: {nps: 40}}"), 5, "presets.p.a.measures.nps: is not a group of settings"),
    (preset("a: {weight: 100, measures: {nps: {}}}"), 5, "presets.p.a.measures.nps.points: is missing; add it"),
    (preset("a: {weight: 100, measures: {nps: {points: 0}}}"), 5, "nps.points: should be greater than 0 (found 0)"),
    (preset("a: {weight: 100, measures: {nps: {points: -1}}}"), 5, "nps.points: should be greater than 0 (found -1)"),
    (preset("a: {weight: 100, measures: {nps: {points: 1.234}}}"), 5, "has too many decimals; write at most 2"),
    (preset("a: {weight: 100, measures: {nps: {points: many}}}"), 5, "points: is not a number; write one such as 30"),
    (preset("a: {weight: 100, measures: {nps: {points: 12345}}}"), 5, "points: is too large; write a smaller number"),
    (preset("a: {weight: 100, measures: {use_cases: {points: 1, settings: {days: 3}}}}"), 5,
     "use_cases.settings.days: no such setting; use_cases has none"),
    (nps("promotor: 90"), 5, "nps.settings.promotor: no such setting; nps has promoter, passive, detractor, half_life"),
    (nps("half_life: 0"), 5, "presets.p.a.measures.nps.settings.half_life: must be from 1 to 3650"),
    (nps("days: .nan"), 5, "nps.settings.days: must be from 1 to 3650"),
    (nps("days: .inf"), 5, "nps.settings.days: must be from 1 to 3650"),
    (nps("promoter: 101"), 5, "nps.settings.promoter: must be from 0 to 100"),
    (nps("passive: 'high'"), 5, "nps.settings.passive: is not a number; write one such as 30 or 0.60 (found 'high')"),
    (nps("promoter: 60"), 5, "nps.settings: must not fall: detractor <= passive <= promoter"),
    (WHOLE + "band_sets:\n  default: {healthy: 50}\n", 7,
     "band_sets.default: must rise: at_risk < moderate < healthy"),
    (WHOLE + "band_sets:\n  default: {healthy: 100}\n", 7, "band_sets.default.healthy: should be less than 100"),
    (WHOLE + "band_sets:\n  default: {at_risk: 0}\n", 7, "band_sets.default.at_risk: should be greater than 0"),
    (WHOLE + "band_sets:\n  default: {healthy: 74.95}\n", 7, "healthy: has too many decimals; write at most 1"),
    (WHOLE + "band_sets:\n  default: {green: 75}\n", 7, "band_sets.default.green: no such setting"),
    (WHOLE + "band_sets:\n  smb: {healthy: 80}\n", 2, "scorecards.0.bands: no such band set; there are smb"),
    (WHOLE + "status_limits:\n  - {name: x, measure: usge, at_most: 50, status: at_risk}\n", 7,
     "status_limits.0.measure: no such measure; known are active_users"),
    (WHOLE + "status_limits:\n  - {name: x, measure: usage_trnd, at_most: 50, status: at_risk}\n", 7,
     "status_limits.0.measure: no such measure; did you mean usage_trend? (found 'usage_trnd')"),
    (WHOLE + "status_limits:\n  - {name: x, measure: nps, at_most: 150, status: at_risk}\n", 7, "should be less than"),
    (WHOLE + "status_limits:\n  - {name: x, measure: nps, at_most: 50, status: red}\n", 7,
     "status_limits.0.status: should be 'moderate', 'at_risk' or 'critical' (found 'red')"),
    (WHOLE + "status_limits:\n" + "  - {name: x, measure: nps, at_most: 50, status: at_risk}\n" * 2, 8,
     "status_limits.1.name: 'x' is another's name already; give each its own"),
    (WHOLE + "trend: {declining_30d: 5}\n", 6, "trend.declining_30d: should be less than or equal to 0 (found 5)"),
    (WHOLE + "trend: {improving_30d: -5}\n", 6, "trend.improving_30d: should be greater than or equal to 0"),
    (WHOLE + "trend: {slope_90d: .nan}\n", 6, "trend.slope_90d: should be less than or equal to 100"),
    (WHOLE + "coverage_tiers: {literal: 1}\n", 6, "literal: is neither true nor false; write one of them"),
    (WHOLE + "coverage_tiers: {t1_score_lt: 75}\n", 6,
     "coverage_tiers.t2_score_lt: must not be below t1_score_lt: 70 is below 75"),
    (WHOLE + "coverage_tiers: {t1_renewal_days: 2.5}\n", 6, "is not a whole number; write one such as 30"),
    (WHOLE + "coverage_tiers: {cadence_days: [7, 14, 30, 90]}\n", 6, "cadence_days.4: is missing; add it"),
    (WHOLE + "coverage_tiers: {cadence_days: [7, 14, 30, 90, -1]}\n", 6, "cadence_days.4: should be greater"),
    (WHOLE + "coverage_tiers: {shares: [[15, 10], [20, 30], [40, 50], [10, 20]]}\n", 6,
     "coverage_tiers.shares.0: must rise"),
    (WHOLE + "coverage_tiers: {low_arr_lt: -1}\n", 6, "low_arr_lt: should be greater than or equal to 0"),
    (WHOLE + "expansion: {licence_gt: 85%}\n", 6, "expansion.licence_gt: is not a number; write one such as 30"),
    (WHOLE + "expansion: {advanced_features: api}\n", 6, "expansion.advanced_features: is not a list"),
    (WHOLE + "provisional_below: 101\n", 6, "provisional_below: should be less than or equal to 100 (found 101)"),
    (WHOLE + "core_features: report\n", 6, "core_features: is not a list"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "mistake"), MISTAKES)
def test_a_mistake_names_file_line_field_and_remedy_and_nothing_else(text: str, line: int, mistake: str) -> None:
    (only,) = said(text)
    assert only.startswith(f"scorecard.yaml, line {line}: ")
    assert mistake in only


def test_all_mistakes_are_told_at_once_each_at_its_own_line() -> None:
    text = CARD + (
        "presets:\n"
        "  p:\n"
        "    a: {weight: 60, measures: {nps: {points: 1}}}\n"
        "    b:\n"
        "      weight: 35\n"
        "      measures:\n"
        "        npx: {points: 1}\n"
        "        csat: {points: none}\n"
        "        training:\n"
        "          points: 1\n"
        "          settings: {days: 0, sesions: 2}\n"
        "provisional_below: 600\n"
    )
    assert [one.partition(": ")[0] for one in said(text)] == [
        f"scorecard.yaml, line {line}" for line in (14, 10, 9, 13, 13, 4)
    ]


def test_an_unknown_band_set_or_preset_is_told_with_the_other_mistakes() -> None:
    cards = "scorecards:\n  - {name: a, preset: q}\n  - {name: b, preset: p, bands: gold}\n"
    told = said(cards + PRESET + "provisional_below: 600\nband_sets: {default: {}, smb: {}}\n")
    assert [one.partition(", ")[2] for one in told] == [
        "line 7: provisional_below: should be less than or equal to 100 (found 600)",
        "line 2: scorecards.0.preset: no such preset; there are p",
        "line 3: scorecards.1.bands: no such band set; there are default, smb",
    ]
    without = said(cards + "provisional_below: 600\n")
    assert [one.partition(": ")[2] for one in without[1:]] == [
        "scorecards.0.preset: no such preset; there are none", "scorecards.1.preset: no such preset; there are none",
        "scorecards.1.bands: no such band set; there are default",
    ]  # fmt: skip
    assert len(said("scorecards: [5, {name: [], bands: []}]\nband_sets: 5\npresets: 5\n")) > 2


def test_a_name_that_is_a_number_needs_quotes() -> None:
    told = said(preset("1: {weight: 100, measures: {nps: {points: 1}}}"))
    assert told == ["scorecard.yaml, line 5: presets.p.1: is not a text; put it in quotes (found 1)"]


def test_mistakes_of_the_scorecard_are_told_with_those_of_the_other_files() -> None:
    with pytest.raises(NeedsHuman) as error:
        read_bundle({"segments.yaml": "x: 1\n", "scorecard.yaml": "y: 1\n"}, lambda _template: iter(()))
    assert [line.partition(",")[0] for line in str(error.value).splitlines()] == [
        "segments.yaml", "segments.yaml", "scorecard.yaml", "scorecard.yaml",
    ]  # fmt: skip


def test_a_configuration_has_its_scorecard_in_its_version() -> None:
    def version(**files: str) -> str:
        texts = {"segments.yaml": NAMED} | {f"{name}.yaml": text for name, text in files.items()}
        return read_bundle(texts, lambda _template: iter(())).version

    assert version() == version(scorecard=OURS.read_text()) != version(scorecard=WHOLE)


def test_a_configuration_that_was_published_without_a_scorecard_scores_as_the_product_does() -> None:
    bundle = read_bundle({"segments.yaml": NAMED}, lambda _template: iter(()))
    before = bundle.model_dump(mode="json", exclude={"scorecard"})
    assert Bundle.model_validate(before).scorecard == default_scorecard()


DOUBTS = [
    (WHOLE + "band_sets:\n  default: {}\n  smb: {healthy: 80, moderate: 60}\n", [
        "line 8: band_sets.smb: says nothing of at_risk, which is 25 then; write all three",
        "line 8: band_sets.smb: no scorecard has these bands",
    ]),
    (WHOLE + "coverage_tiers: {cadence_days: [90, 30, 14, 7, 0]}\n", [
        f"line 6: coverage_tiers.cadence_days: {said}; closer tiers more often, usually"
        for said in (
            "T1 is touched every 90 days and T2 every 30", "T2 is touched every 30 days and T3 every 14",
            "T3 is touched every 14 days and T4 every 7",
        )
    ]),
    (WHOLE + "coverage_tiers: {cadence_days: [7, 0, 14, 90, 60]}\n", [
        "line 6: coverage_tiers.cadence_days: T4 is touched every 90 days and T5 every 60; "
        "closer tiers more often, usually",
    ]),
    (WHOLE + "coverage_tiers: {shares: [[30, 40], [30, 40], [30, 50], [20, 20]]}\n", [
        "line 6: coverage_tiers.shares: the least of each are 110% together, so they can never all hold",
    ]),
    (WHOLE + "band_sets:\n  default: {}\n  gold: {}\n", ["line 8: band_sets.gold: no scorecard has these bands"]),
    (WHOLE + "status_limits:\n  - {name: x, measure: csat, at_most: 5, status: at_risk}\n",
     ["line 7: status_limits.0: limits nobody: no scorecard asks for csat"]),
    ("scorecards:\n  - {name: a, preset: p}\n  - {name: b, preset: p}\n" + PRESET,
     ["line 3: scorecards.1.when: is never used: an earlier scorecard matches all of these accounts"]),
    ("scorecards:\n  - {name: a, preset: p, when: {segment: [x, y]}}\n"
     "  - {name: b, preset: p, when: {segment: [y], tier: [z]}}\n"
     "  - {name: c, preset: p, when: {tier: [z]}}\n  - {name: d, preset: p}\n" + PRESET,
     ["line 3: scorecards.1.when: is never used: an earlier scorecard matches all of these accounts"]),
    (preset("a: {weight: 50, measures: {nps: {points: 1}}}", "b: {weight: 50, measures: {nps: {points: 1}}}"),
     ["line 6: presets.p.b.measures.nps: counts twice: it is in a too"]),
    ("scorecards:\n  - name: all\n    dimensions:\n      a: {weight: 50, measures: {nps: {points: 1}}}\n"
     "      b: {weight: 50, measures: {nps: {points: 1}, csat: {points: 1}}}\n",
     ["line 5: scorecards.0.dimensions.b.measures.nps: counts twice: it is in a too"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), DOUBTS)
def test_what_works_and_is_probably_not_meant(text: str, told: list[str]) -> None:
    texts = {"scorecard.yaml": text}
    assert scoring_doubts(texts, read_scorecard(texts)) == [f"scorecard.yaml, {one}" for one in told]


def test_what_ships_and_what_is_not_there_raise_no_doubt() -> None:
    texts = {"scorecard.yaml": OURS.read_text(), "segments.yaml": NAMED}
    bundle = read_bundle(texts, lambda _template: iter(()))
    assert scoring_doubts(texts, bundle.scorecard) == scoring_doubts({}, bundle.scorecard) == []
    assert [one for one in doubts(texts, texts.keys(), bundle) if "scorecard" in one] == []


def complaint(text: str) -> str:
    """What is said of a file; nothing of one that is right."""
    try:
        read_scorecard({"scorecard.yaml": text})
    except NeedsHuman as error:
        return str(error)
    return ""


@given(st.text(st.sampled_from("scorecards:-{}[],. \n'p0a1&*!?"), max_size=40))
def test_no_text_is_worse_than_a_mistake(text: str) -> None:
    for written in (text, WHOLE + text):
        assert all(line.startswith("scorecard.yaml, line ") for line in complaint(written).splitlines())


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@given(JUNK, st.sampled_from(["presets", "scorecards", "band_sets", "status_limits", "trend", "coverage_tiers"]))
def test_no_value_anywhere_is_worse_than_a_mistake(junk: object, name: str) -> None:
    told = complaint(yaml.safe_dump(yaml.safe_load(WHOLE) | {name: junk}, allow_unicode=True))
    assert not told or told.startswith("scorecard.yaml, line ")
