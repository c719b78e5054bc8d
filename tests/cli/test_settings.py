"""`config check` and `config publish`, and the command as a process of its own."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from health_monitor.adapters.memory import MemoryWorld
from tests.cli.conftest import CONFIG, Command
from tests.cli.test_replay import ends_in
from tests.flows.files import accounts_csv, events_csv

TEXT = (CONFIG / "segments.yaml").read_text()
MISTAKES = {
    "an unknown setting": (
        ("benchmark_min_accounts:", "benchmark_min:"),
        r"line \d+: benchmark_min: no such",
    ),
    "a word for a number": (
        ("min_accounts: 20", "min_accounts: many"),
        r"line \d+: data_incident\..*many",
    ),
    "thresholds that fall": (("fire_lt: 0.60", "fire_lt: 0.30"), r"line \d+: .*must rise"),
    "a broken line": (("profiles:", "profiles: ["), r"segments.yaml, line \d+: is not YAML"),
    "a tab": (("high_value:", "high_value:\n\ttiers: 1\n#"), r"segments.yaml, line \d+: is not YAML"),
    "no profile for the rest": (("- name: standard", "- name: standard\n    when: {tier: [x]}"), r"must match every"),
}


@pytest.fixture
def folder(health_monitor: Command) -> Path:
    made = Path("mine")
    made.mkdir()
    (made / "segments.yaml").write_text(TEXT)
    return made


def test_a_valid_folder_is_told_with_its_version(health_monitor: Command, folder: Path) -> None:
    said = health_monitor("config", "check", folder)
    assert said.code == 0
    assert said.out.startswith("mine is valid: version ")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_changes_nothing(
    health_monitor: Command, folder: Path, product: MemoryWorld, name: str
) -> None:
    (right, wrong), sentence = MISTAKES[name]
    assert right in TEXT
    (folder / "segments.yaml").write_text(TEXT.replace(right, wrong, 1))
    for words in (("check",), ("publish",)):
        ends_in(health_monitor("config", *words, folder), sentence)
    accounts_csv(Path("a.csv"))
    events_csv(Path("e.csv"))
    ends_in(
        health_monitor("replay", "--accounts", "a.csv", "--events", "e.csv", "--out", "o", "--config", folder), sentence
    )
    assert product.journal.live_config() is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, r"segments.yaml is missing; copy the one in config/"),
        (b"", r"segments.yaml, line 1: "),
        (b"- a\n- b\n", r"segments.yaml, line 1: "),
        ("profiles: [{name: Jürgen}]".encode("latin-1"), r"segments.yaml is not UTF-8 text; save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_configuration_is_told(
    health_monitor: Command, folder: Path, content: bytes | None, sentence: str
) -> None:
    file = folder / "segments.yaml"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    ends_in(health_monitor("config", "check", folder), sentence)


def test_publishing_makes_a_version_live_and_names_the_one_before(
    health_monitor: Command, folder: Path, product: MemoryWorld
) -> None:
    first = health_monitor("config", "publish", folder).out
    assert "is live." in first
    (folder / "segments.yaml").write_text(TEXT.replace("min_accounts: 20", "min_accounts: 30"))
    before = product.journal.live_config()
    said = health_monitor("config", "publish", folder, "--yes")
    assert f"Version {product.journal.live_config()} is live (before: {before})." in said.out


def test_publishing_says_what_changes_and_asks(
    health_monitor: Command, folder: Path, product: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody else has published is not lost without a word."""
    (folder / "team.yaml").write_text(
        "members:\n  - {email: alex@example.com, admin: true}\n"
        "  - {email: dana@example.com}\n  - {email: ines@example.com, manager: dana@example.com}\n"
    )
    health_monitor("config", "publish", folder, "--yes")
    before = product.journal.live_config()
    (folder / "team.yaml").unlink()
    (folder / "segments.yaml").write_text(
        TEXT.replace("arr_at_least: 50000", "arr_at_least: 70000").replace("- name: standard", "- name: all", 1)
    )
    (folder / "routing.yaml").write_text("window: {from_hour: 8}\nrecipients: [primary]\nholdout: {percent: 10}\n")
    (folder / "tips.yaml").write_text("tips:\n  - {name: mine, text: a}\n")
    (folder / "templates").mkdir()
    (folder / "templates" / "check_in.txt.j2").write_text("Subject: x\n\nHi,\n\n{{ csm_name }}\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    said = health_monitor("config", "publish", folder)
    for line in (
        "segments.yaml: profiles added: all",
        "segments.yaml: profiles removed: standard",
        "segments.yaml: high_value.arr_at_least 50000 → 70000",
        "routing.yaml: recipients [champion, primary] → [primary]",
        "routing.yaml: window.from_hour 9 → 8",
        "routing.yaml: holdout.percent 0 → 10",
        "team.yaml: members 3 → 0",
        "team.yaml: admins 1 → 0",
        "team.yaml: managers 1 → 0",
        "team.yaml: members removed: alex@example.com, dana@example.com, ines@example.com",
        "tips.yaml: tips added: mine",
        " and 19 more",
        "tips.yaml: features.dashboard the dashboard → none",
        "templates changed: check_in",
    ):
        assert line in said.out
    assert said.code == 2
    assert f"nothing was published; if all of this is meant: health-monitor config publish {folder} --yes" in said.err
    assert product.journal.live_config() == before
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert health_monitor("config", "publish", folder).code == 0
    assert product.journal.live_config() != before


def test_another_order_of_profiles_is_a_change(health_monitor: Command, folder: Path) -> None:
    first, second = "  - {name: a, when: {plan: [x]}}\n", "  - {name: b, when: {plan: [x]}}\n"
    for profiles, said in ((first + second, "profiles added: a, b"), (second + first, "profiles: in another order")):
        (folder / "segments.yaml").write_text(f"profiles:\n{profiles}  - {{name: standard}}\n")
        assert said in health_monitor("config", "publish", folder, "--yes").out


def test_what_is_probably_a_mistake_is_said_and_nothing_fails(health_monitor: Command, folder: Path) -> None:
    (folder / "teams.yaml").write_text("members:\n")
    for words in (("config", "check", folder), ("config", "publish", folder, "--yes")):
        said = health_monitor(*words)
        assert said.code == 0
        assert "probably a mistake: teams.yaml: nobody reads a file of this name; did you mean team.yaml?" in said.out


def test_publishing_twice_is_publishing_once(health_monitor: Command, folder: Path, product: MemoryWorld) -> None:
    for told in ("is live.", "is live already; nothing changes."):
        assert told in health_monitor("config", "publish", folder).out
    assert len(list(product.blobs.keys("config/"))) == 1


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["config", "check", str(CONFIG)], 0, "is valid: version"),
        (["config", "check", "nowhere"], 2, "Error: nowhere is no folder; name the one that holds segments.yaml"),
        (["runs"], 2, "Error: HM_BUCKET is not set"),
        (["--help"], 0, "Notice declining accounts weeks before they cancel."),
    ],
)
def test_as_a_process_it_ends_with_a_code_and_a_sentence(
    words: list[str], code: int, sentence: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", "from health_monitor.cli import main; main()", *words]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HM_")} | {"COLUMNS": "200"}  # noqa: TID251  (a new process needs the rest of it)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=plain)
    assert done.returncode == code, done.stderr
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
