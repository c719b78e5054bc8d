"""`config check` and `config publish`, and the command as a process of its own."""

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
    said = health_monitor("config", "publish", folder)
    assert f"Version {product.journal.live_config()} is live (before: {before})." in said.out


def test_publishing_twice_is_publishing_once(health_monitor: Command, folder: Path, product: MemoryWorld) -> None:
    for _ in range(2):
        assert health_monitor("config", "publish", folder).code == 0
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
