"""`model plan`, `apply`, `rollback`, `weights` and `history`, one after the other as a person would."""

import io
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from health_monitor.adapters.memory import MemoryWorld
from tests.cli.conftest import CONFIG, Command
from tests.cli.test_replay import ends_in
from tests.flows.scorecards import a_survey, scored
from tests.flows.stage import NIGHT

OURS = (CONFIG / "scorecard.yaml").read_text()
WHY = ("--note", "usage says little here", "--as", "dana@example.com", "--yes")


@pytest.fixture
def folder(health_monitor: Command, product: MemoryWorld) -> Path:
    """Four weeks of nights, and a folder whose scorecard hears more than it sees."""
    scored(4, ("steady-1", a_survey(10, NIGHT - timedelta(days=3))), empty=product)
    made = Path("mine")
    shutil.copytree(CONFIG, made)
    text = OURS.replace("weight: 35", "weight: 10", 1).replace("weight: 15", "weight: 40", 1)
    text = text.replace(
        "unknown_below: 20", "unknown_below: 0", 1
    )  # as the nights were scored, of which little is known
    assert text != OURS
    (made / "scorecard.yaml").write_text(text)
    return made


def test_a_plan_shows_what_would_change_and_how_to_go_on(health_monitor: Command, folder: Path) -> None:
    said = health_monitor("model", "plan", folder)
    assert said.code == 0, said.text
    for line in (
        "scorecard.yaml: presets.default.usage.weight 35 → 10",
        "Replayed 5 weeks, 1 Nov 2026 to 29 Nov 2026: 11 accounts, 1 CSM with 5 CSM-weeks",
        "of 11 accounts would stand elsewhere today:",
        "Nothing is changed. To make it live: health-monitor model apply mine --note WHY",
    ):
        assert line in said.out
    assert max(map(len, said.out.splitlines())) <= 100


def test_the_json_of_a_plan_has_everything(health_monitor: Command, folder: Path) -> None:
    said = json.loads(health_monitor("model", "plan", folder, "--json").out)
    assert said["first_day"] == "2026-11-01"
    assert [one["account_id"] for one in said["moved"]] == ["steady-1"]
    assert said["moved"][0]["arr"] == 12000.5
    assert said["missed"]["before"]["note"] == "n too small"
    assert said["changes"]


def test_a_scorecard_is_planned_applied_and_taken_back(
    health_monitor: Command, folder: Path, product: MemoryWorld
) -> None:
    before = product.journal.live_config()
    assert "It was never changed." in health_monitor("model", "history").out
    ends_in(
        health_monitor("model", "apply", folder, *WHY), r"never replayed; see first: health-monitor model plan mine"
    )
    health_monitor("model", "plan", folder)
    ends_in(health_monitor("model", "apply", folder), r"--note is empty")
    said = health_monitor("model", "apply", folder, *WHY).out
    assert "11 accounts are restated, nobody was alerted; what was reported stays as it was." in said
    assert "To go back: health-monitor model rollback --note WHY" in said
    product.clock.push(seconds=60)
    back = health_monitor("model", "rollback", "--note", "too nervous").out
    assert "is live (before: " in back
    assert "To go forward again, with that scorecard in a folder: health-monitor model plan FOLDER" in back
    assert product.journal.live_config() == before
    told = health_monitor("model", "history").out.splitlines()
    assert "rolled back" in told[1]
    assert "by the operator (nobody gave --as)" in told[1]
    assert told[2] == "  too nervous"
    assert "by dana@example.com; 11 accounts restated" in told[3]
    assert told[4] == "  usage says little here"
    assert told[5].startswith("  plan: 1 of 11 accounts stand elsewhere; alerts ")


def test_somebody_has_to_agree_with_the_plan_before_their_eyes(
    health_monitor: Command, folder: Path, product: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    health_monitor("model", "plan", folder)
    before = product.journal.live_config()
    said = health_monitor("model", "apply", folder, *WHY[:-1])
    assert "Planned: 1 of 11 accounts stand elsewhere; alerts " in said.out
    again = r"nothing was applied; .* health-monitor model apply mine --note 'usage says little here' --yes"
    ends_in(said, again)
    assert product.journal.live_config() == before


def test_weights_come_with_what_is_missing_for_them(health_monitor: Command, folder: Path) -> None:
    assert "No weights are proposed: not enough churns: 0 of the 50" in health_monitor("model", "weights").out
    (said,) = json.loads(health_monitor("model", "weights", "--json").out)
    assert (said["name"], said["cards"], said["churned"]) == ("preset default", ["enterprise", "smb", "standard"], 0)
    assert said["dimensions"][0]["weight"] == 35


def test_publishing_a_changed_scorecard_is_refused_with_the_commands_to_type(
    health_monitor: Command, folder: Path, product: MemoryWorld
) -> None:
    before = product.journal.live_config()
    said = health_monitor("config", "publish", folder, "--yes")
    ends_in(said, r"nothing was published: mine changes how health is scored")
    assert "health-monitor model plan mine; make it live: health-monitor model apply mine --note WHY" in said.err
    assert product.journal.live_config() == before


def test_the_rest_of_a_folder_is_published_once_its_scorecard_is_live(health_monitor: Command, folder: Path) -> None:
    health_monitor("model", "plan", folder)
    health_monitor("model", "apply", folder, *WHY)
    said = health_monitor("config", "publish", folder, "--yes")
    assert said.code == 0, said.text
    assert "scorecard.yaml" not in said.out


def test_before_the_first_night_a_scorecard_goes_live_with_the_rest(health_monitor: Command) -> None:
    shutil.copytree(CONFIG, "mine")
    (Path("mine") / "scorecard.yaml").write_text(
        OURS.replace("weight: 35", "weight: 34").replace("weight: 15", "weight: 16")
    )
    assert "is live." in health_monitor("config", "publish", "mine", "--yes").out


def test_a_mistake_in_the_scorecard_is_told_by_every_command(health_monitor: Command, folder: Path) -> None:
    (folder / "scorecard.yaml").write_text(OURS.replace("weight: 35", "weight: 36"))
    for words in (("plan", folder), ("apply", folder, *WHY)):
        ends_in(health_monitor("model", *words), r"scorecard.yaml, line \d+: .*the weights sum to 101")


def test_without_a_night_there_is_nothing_to_plan_or_to_learn_from(health_monitor: Command) -> None:
    for words in (("plan", CONFIG), ("weights",)):
        ends_in(health_monitor("model", *words), r"no night is judged yet")
