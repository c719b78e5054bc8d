"""`make deploy`: it refuses addresses that nobody reads, asks the CDK, and writes down what the command line needs."""

import json
import subprocess
from pathlib import Path

import pytest

from health_monitor.model.errors import NeedsHuman
from health_monitor.settings import VARIABLES
from infra import cdk, deploy, environment, synth
from infra.assets import ROOT
from infra.stage import stage_from
from tests.infra.deployed import Deployed

OURS = {"mail_from": "care@customer.org", "operations_email": "ops@customer.org"}


def committed(stage: str, **changed: str):
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    return stage_from({**context, "stage": stage, **changed}.get)


def test_prod_is_not_deployed_with_the_addresses_of_the_example(capsys: pytest.CaptureFixture[str]):
    assert deploy.main(["prod"]) == 2
    said = capsys.readouterr().err
    assert "mail_from is health-monitor@example.com, operations_email is operations@example.com" in said
    assert "Write your own addresses into cdk.json" in said


def test_what_would_change_is_shown_before_the_addresses_are_known(monkeypatch: pytest.MonkeyPatch):
    asked: list[list[str]] = []
    monkeypatch.setattr(deploy, "run", lambda words: asked.append(words) or 0)
    assert deploy.main(["prod", "--dry"]) == 0
    assert asked == [["diff", "--context", "stage=prod"]]


@pytest.mark.parametrize("make", [lambda stage: deploy.main([stage]), synth.main])
def test_a_stage_that_does_not_exist_is_refused_in_one_line(make, capsys: pytest.CaptureFixture[str]):
    assert make("prd") == 2
    assert capsys.readouterr().err == "Error: There is no stage 'prd': choose one of dev, prod.\n"


def test_one_made_up_address_is_enough_and_only_prod_cares():
    with pytest.raises(ValueError, match=r"^operations_email is operations@example.com: nobody reads that"):
        deploy.refuse_made_up_addresses(committed("prod", mail_from="care@customer.org"))
    deploy.refuse_made_up_addresses(committed("prod", **OURS))
    deploy.refuse_made_up_addresses(committed("dev"))


def test_a_mistake_in_the_sources_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def mistaken(_text: str):
        raise NeedsHuman("sources.yaml, line 3: telepathy: no such source")

    monkeypatch.setattr(deploy, "load_sources", mistaken)
    assert deploy.main(["dev"]) == 2
    assert capsys.readouterr().err == "Error: sources.yaml, line 3: telepathy: no such source\n"


def test_a_dry_run_only_asks_what_would_change(tmp_path: Path):
    dry = deploy.command("dev", tmp_path, dry=True, ask=True)
    assert dry == ["diff", "--context", "stage=dev"]
    real = deploy.command("prod", tmp_path / "o.json", dry=False, ask=False)
    assert real[:4] == ["deploy", "--all", "--require-approval", "never"]
    assert real[4:] == ["--outputs-file", str(tmp_path / "o.json"), "--context", "stage=prod"]


def test_the_program_that_fetches_the_cdk_starts():
    done = subprocess.run([*cdk.NPX, "--version"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_line_is_told_what_the_stacks_put_out(dev: Deployed):
    outputs = {name: dict.fromkeys(template["Outputs"], "value") for name, template in dev.templates.items()}
    lines = deploy.environment_file("dev", outputs).splitlines()
    assert lines[0] == "HM_STAGE=dev"
    assert {line.partition("=")[0] for line in lines} <= set(VARIABLES)
    assert {"HM_TABLE=value", "HM_BUCKET=value"} <= set(lines)


def test_an_environment_that_is_as_new_as_the_lock_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    lock, ready = tmp_path / "uv.lock", tmp_path / ".ready"
    monkeypatch.setattr(environment, "WRITTEN_DOWN_IN", (lock,))
    monkeypatch.setattr(environment, "READY", ready)
    monkeypatch.setattr(environment, "LOCK", tmp_path / "build" / ".lock")
    built: list[str] = []
    monkeypatch.setattr(environment, "_build", lambda: (built.append("once"), ready.touch()))
    lock.touch()
    environment.make()
    environment.make()
    assert built == ["once"]


def test_a_python_that_is_too_old_looks_for_another_and_says_what_is_needed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 0))
    monkeypatch.setattr(environment.shutil, "which", {"python3.12": "/usr/bin/python3.12"}.get)
    assert environment._python() == "/usr/bin/python3.12"
    monkeypatch.setattr(environment.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit, match=r"Python 3\.11, 3\.12 or 3\.13 is needed"):
        environment._python()
