"""What a team reads before it switches a source on is complete and true: every setting, every field of every secret."""

import json
import re

import pytest

from health_monitor.flows.configure import load_sources
from health_monitor.sources import SOURCES
from tests.docs.documents import ROOT

FILE = (ROOT / "config" / "sources.yaml").read_text()
DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
EVERYTHING = re.sub(r"^  # (?=\w+: )", "  ", FILE.replace("enabled: false", "enabled: true"), flags=re.MULTILINE)
"""The file with every source switched on, and with the settings that are only shown as comments."""


def test_only_the_signed_webhook_is_on():
    assert list(load_sources(FILE)) == ["signed"]


@pytest.mark.parametrize("name", SOURCES)
def test_every_setting_of_a_source_stands_in_the_file_and_what_it_shows_is_valid(name: str):
    assert load_sources(EVERYTHING)[name].model_fields_set == set(SOURCES[name].settings.model_fields)


@pytest.mark.parametrize("name", SOURCES)
def test_what_the_file_says_without_being_changed_is_what_holds_without_it(name: str):
    switched_on = load_sources(EVERYTHING)[name]
    as_committed = re.sub(r"^  # \w+: .*\n", "", FILE.replace("enabled: false", "enabled: true"), flags=re.MULTILINE)
    shown = set(re.findall(r"^  (\w+):", as_committed.partition(f"\n{name}:")[2].partition("\n\n")[0], re.MULTILINE))
    fields = SOURCES[name].settings.model_fields
    for field in shown - {"enabled"}:
        assert getattr(switched_on, field) == fields[field].get_default(call_default_factory=True), field


@pytest.mark.parametrize("name", SOURCES)
def test_the_deploy_guide_names_every_field_of_a_sources_secret(name: str):
    (row,) = re.findall(rf"^\| `health-monitor/<stage>/sources/{name}` \|(.*)\|$", DEPLOY, re.MULTILINE)
    assert set(SOURCES[name].secret) <= set(re.findall(r"`(\w+)`", row))


def test_the_deploy_guide_names_every_setting_of_a_deployment():
    ours = {name for name in json.loads((ROOT / "cdk.json").read_text())["context"] if not name.startswith("@aws-cdk")}
    section = DEPLOY.partition("## 2. Settings")[2].partition("## 3.")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == ours - {"stage", "slack_api_url"} | {
        "restored_table"
    }
