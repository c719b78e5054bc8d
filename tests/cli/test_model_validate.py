"""`model validate`: what a scorecard says, what is wrong with it, what is probably not meant."""

from pathlib import Path

import pytest

from health_monitor.model.default_scorecard import default_scorecard
from tests.cli.conftest import CONFIG, Command
from tests.cli.test_replay import ends_in

OURS = (CONFIG / "scorecard.yaml").read_text()
WEIGHTS = "    usage 35, engagement 18, value 17, sentiment 15, relationship 10, financial 5"
MISTAKES = {
    "weights that do not sum to 100": (
        ("weight: 35", "weight: 30"),
        r"line \d+: presets.default: .*sum to 95, not 100",
    ),
    "a measure that is none": (
        ("active_users:", "active_user:"),
        r"line \d+: .*active_user: no such measure; did you mean active_users",
    ),
    "a setting that is none": (("points: 40}", "points: 40, settings: {day: 3}}"), r"line \d+: .*no such setting"),
    "bands that fall": (("healthy: 75", "healthy: 45"), r"line \d+: band_sets.default: must rise"),
    "nothing for the rest": (
        ("- name: standard", "- name: standard\n    when: {plan: [x]}"),
        r"must match every account",
    ),
    "a broken line": (("presets:", "presets: ["), r"line \d+: is not YAML"),
}


@pytest.fixture
def folder(health_monitor: Command) -> Path:
    made = Path("mine")
    made.mkdir()
    (made / "scorecard.yaml").write_text(OURS)
    return made


def test_a_scorecard_is_told_with_its_version_and_whom_it_scores_how(health_monitor: Command, folder: Path) -> None:
    said = health_monitor("model", "validate", folder)
    assert said.code == 0
    assert said.out.splitlines() == [
        f"mine is valid: scoring version {default_scorecard().version}.",
        "  enterprise (segment enterprise):",
        WEIGHTS,
        "    healthy from 70, moderate from 50, at risk from 25",
        "  smb (segment smb):",
        WEIGHTS,
        "    healthy from 80, moderate from 60, at risk from 40",
        "  standard (all others):",
        WEIGHTS,
        "    healthy from 75, moderate from 50, at risk from 25",
    ]


def test_a_folder_without_a_scorecard_gets_the_products(health_monitor: Command, folder: Path) -> None:
    (folder / "scorecard.yaml").unlink()
    said = health_monitor("model", "validate", folder)
    assert said.out.startswith("mine has no scorecard of its own; the product's is valid: scoring version ")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(health_monitor: Command, folder: Path, name: str) -> None:
    (right, wrong), sentence = MISTAKES[name]
    assert right in OURS
    (folder / "scorecard.yaml").write_text(OURS.replace(right, wrong, 1))
    ends_in(health_monitor("model", "validate", folder), sentence)


def test_what_is_probably_not_meant_is_told_too(health_monitor: Command, folder: Path) -> None:
    (folder / "scorecard.yaml").write_text(OURS.replace("segment: [smb]", "segment: [enterprise]", 1))
    (doubt,) = health_monitor("model", "validate", folder).out.splitlines()[10:]
    assert doubt.startswith("probably a mistake: scorecard.yaml, line ")
    assert doubt.endswith("scorecards.1.when: is never used: an earlier scorecard matches all of these accounts")
