"""The customer's configuration: every mistake names file, line, field and remedy; the same settings, the same name."""

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from health_monitor.ingest.config import read_bundle
from health_monitor.model.account import Match
from health_monitor.model.config import Bundle, HighValue, Profile, UsageDrop
from health_monitor.model.errors import NeedsHuman
from tests.builders import an_account
from tests.rooms.usages import the_rules

OURS = Path(__file__).parents[2] / "config" / "segments.yaml"


def read(text: str) -> Bundle:
    return read_bundle({"segments.yaml": text}, lambda _template: iter(()))


def said(text: str) -> list[str]:
    with pytest.raises(NeedsHuman) as error:
        read(text)
    return str(error.value).splitlines()


def test_the_defaults_are_the_issues_numbers() -> None:
    bundle = read("profiles:\n  - name: standard\n")
    assert bundle.profiles[0].rules() == the_rules()
    assert (bundle.benchmark_min_accounts, bundle.high_value) == (5, HighValue())
    incident = bundle.data_incident
    assert (incident.compare_days, incident.median_scaled, incident.min_accounts, incident.hold_days) == (
        7,
        8_000,
        20,
        2,
    )


def test_the_configuration_that_ships_says_the_same_in_full() -> None:
    bundle = read(OURS.read_text())
    assert [profile.rules() for profile in bundle.profiles] == [the_rules(profile="high-touch"), the_rules()]
    assert bundle.high_value == HighValue(tiers=("enterprise", "strategic"), arr_at_least=Decimal(50_000))


def test_every_number_of_a_profile_reaches_the_rule() -> None:
    rules = read(
        """
profiles:
  - name: trial
    activity: events
    baseline: exclude_current
    index_days: 7
    baseline_days: 60
    new_account_days: [5, 40]
    min_active_user_days: 8
    dormant_after_days: 45
    usage_drop:
      new: {fire_lt: 0.5, severe_lt: 0.25, resolve_gte: 0.5}
      mature: {fire_lt: 0.6543, severe_lt: 0.3, resolve_gte: 0.9999}
"""
    ).profiles[0].rules()  # fmt: skip
    assert rules == the_rules(
        profile="trial", by_events=True, exclude_current=True, index_days=7, baseline_days=60, new_from=5, new_to=40,
        min_user_days=8, dormant_days=45, new=(5_000, 2_500, 5_000), mature=(6_543, 3_000, 9_999),
    )  # fmt: skip
    assert (rules.gap, rules.mature_from) == (7, 67)
    assert (the_rules().gap, the_rules().mature_from) == (0, 90)


NAMED = "profiles:\n  - name: all\n"
MISTAKES = [
    ("", 1, "has no settings; copy the one in config/ and change it"),
    ("- profiles\n", 1, "has no settings; copy the one in config/ and change it"),
    ("# nothing yet\n", 1, "has no settings; copy"),
    ("profiles: [\n", 2, "is not YAML: expected the node content, but found '<stream end>'; check indentation"),
    ("profiles:\n  - name: 'all\n", 3, "is not YAML: found unexpected end of stream; check indentation and quotes"),
    (NAMED + "\t- x\n", 3, "is not YAML: found character '\\t' that cannot start any token; check indentation"),
    (NAMED + "x: !!python/name:os.system\n", 3, "is not YAML: could not determine a constructor"),
    (NAMED + "mood: \x07\n", 3, "holds a character that no text has; save it as UTF-8"),
    ("benchmark_min_accounts: 5\n", 1, "profiles: is missing; add it"),
    ("\nprofiles: []\n", 2, "profiles: is empty; write at least one"),
    ("profiles: all\n", 1, "profiles: is not a list; write it in brackets, such as [enterprise, strategic]"),
    ("profiles:\n  - standard\n", 2, "profiles.0: is not a group of settings; write its settings below it"),
    ("profiles:\n  - when: {}\n", 2, "profiles.0.name: is missing; add it"),
    ("profiles:\n  - name: ''\n", 2, "profiles.0.name: is empty; write something (found '')"),
    ("profiles:\n  - name: 12\n", 2, "profiles.0.name: is not a text; put it in quotes (found 12)"),
    ("profiles:\n  - name: 2026-13-45\n    x: 1\n", 3, "profiles.0.x: no such setting; remove it or correct"),
    (NAMED + "    when: {tier: gold}\n", 3, "profiles.0.when.tier: is not a list; write it in brackets"),
    (NAMED + "    when: {tier: [1]}\n", 3, "profiles.0.when.tier.0: is not a text; put it in quotes (found 1)"),
    (NAMED + "    activity: clicks\n", 3, "activity: should be 'active_user_days' or 'events' (found 'clicks')"),
    (NAMED + "    baseline: both\n", 3, "should be 'include_current' or 'exclude_current' (found 'both')"),
    (NAMED + "    new_account_days: [3]\n", 3, "profiles.0.new_account_days.1: is missing; add it"),
    (NAMED + "    new_account_days: [3, 9, 29]\n", 3, "profiles.0.new_account_days: has too many values; remove some"),
    (NAMED + "    new_account_days: [3, 60]\n", 3, "new_account_days.1: should be less than or equal to 59 (found 60)"),
    (NAMED + "    new_account_days: [30, 3]\n", 2, "profiles.0: new_account_days must be [first, last]"),
    (NAMED + "    index_days: 15\n", 3, "profiles.0.index_days: should be less than or equal to 14 (found 15)"),
    (NAMED + "    baseline_days: 27\n", 3, "baseline_days: should be greater than or equal to 28 (found 27)"),
    (NAMED + "    baseline_days: 28\n", 2, "profiles.0: new_account_days must end before baseline_days"),
    (NAMED + "    min_active_user_days: 0\n", 3, "should be greater than or equal to 1 (found 0)"),
    (NAMED + "    min_active_user_days: few\n", 3, "is not a whole number; write one such as 30 (found 'few')"),
    (NAMED + "    dormant_after_days:\n", 3, "is not a whole number; write one such as 30 (found None)"),
    (NAMED + "    usage_drop:\n      new:\n        fire_lt: 60\n", 5, "is too large; write a smaller number"),
    (
        NAMED + "    usage_drop: {new: {fire_lt: 0.60001}}\n", 3,
        "has too many decimals; write at most 4 (found 0.60001)",
    ),
    (NAMED + "    usage_drop: {new: {fire_lt: 60%}}\n", 3, "is not a number; write one such as 30 or 0.60"),
    (NAMED + "    usage_drop: {new: {fire_lt: .nan}}\n", 3, "is not a number; write one such as 30 or 0.60"),
    (NAMED + "    usage_drop: {new: {fire_lt: -0.6}}\n", 3, "new.fire_lt: should be greater than 0 (found -0.6)"),
    (NAMED + "    usage_drop: {young: {severe_lt: 0.6}}\n", 3, "young: must rise: severe_lt < fire_lt <= resolve_gte"),
    (NAMED + "    usage_drop: {young: {resolve_gte: 0.59}}\n", 3, "young: must rise: severe_lt < fire_lt <= resolve"),
    (NAMED + "high_value: {arr_at_least: 0}\n", 3, "high_value.arr_at_least: should be greater than 0 (found 0)"),
    (NAMED + "data_incident:\n  hold_days: 15\n", 4, "data_incident.hold_days: should be less than or equal to 14"),
    ("\n" + NAMED + "  - name: all\n", 2, "profiles: two have the same name; every alert names its profile, so give"),
    (NAMED + "    when: {tier: [gold]}\n", 1, "profiles: the last one must match every account; leave out its `when`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "mistake"), MISTAKES)
def test_a_mistake_names_file_line_field_and_remedy_and_nothing_else(text: str, line: int, mistake: str) -> None:
    (only,) = said(text)
    assert only.startswith(f"segments.yaml, line {line}: ")
    assert mistake in only


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("profiles:\n  - name: one\nprofiles:\n  - name: two\n", 3),
        ("profiles:\n  - name: one\n    activity: events\n    name: two\n", 4),
        ("profiles:\n  - name: one\n    when: {tier: [a], tier: [b]}\n", 3),
    ],
)
def test_a_setting_written_twice_is_a_mistake_and_not_a_choice(text: str, line: int) -> None:
    mistake = said(text)[0]
    assert mistake.startswith(f"segments.yaml, line {line}: ")
    assert mistake.endswith("stands here a second time; keep one")


def test_all_mistakes_are_told_at_once() -> None:
    assert said("profiles:\n  - name: all\n    activty: events\nhigh_value:\n  tiers: gold\n") == [
        "segments.yaml, line 3: profiles.0.activty: no such setting; remove it or correct its spelling",
        "segments.yaml, line 5: high_value.tiers: is not a list; write it in brackets, such as [enterprise, strategic]"
        " (found 'gold')",
    ]


def test_a_folder_without_the_file_says_where_to_get_one() -> None:
    with pytest.raises(NeedsHuman, match=r"segments\.yaml is missing; copy the one in config/ and change it"):
        read_bundle({"segments.yml": ""}, lambda _template: iter(()))


def test_the_first_profile_that_covers_an_account_is_its_own() -> None:
    bundle = Bundle(
        profiles=(
            Profile(name="gold", when=Match(tier=("gold",), segment=("smb", "enterprise"))),
            Profile(name="smb", when=Match(segment=("smb",))),
            Profile(name="rest"),
        )
    )
    names = [
        bundle.profile_of(an_account(tier=tier, segment=segment)).name
        for tier, segment in (("gold", "smb"), ("gold", "startup"), ("free", "smb"), (None, None))
    ]
    assert names == ["gold", "rest", "smb", "rest"]


def test_a_profile_may_ask_for_a_plan() -> None:
    bundle = Bundle(profiles=(Profile(name="trial", when=Match(plan=("trial",))), Profile(name="rest")))
    assert [bundle.profile_of(an_account(plan=plan)).name for plan in ("trial", "pro", None)] == [
        "trial",
        "rest",
        "rest",
    ]


def test_a_configuration_in_code_obeys_the_same_rules() -> None:
    with pytest.raises(ValidationError, match="must match every account"):
        Bundle(profiles=(Profile(name="gold", when=Match(tier=("gold",))),))
    with pytest.raises(ValidationError, match="must rise"):
        UsageDrop(fire_lt=Decimal("0.39"))


def shuffled(value: Any, chance: Random) -> Any:
    if isinstance(value, list):
        return [shuffled(part, chance) for part in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    chance.shuffle(keys)
    return {key: shuffled(value[key], chance) for key in keys}


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_the_order_of_settings_does_not_change_the_version(seed: int) -> None:
    ours = yaml.safe_load(OURS.read_text())
    assert Bundle.model_validate(shuffled(ours, Random(seed))).version == Bundle.model_validate(ours).version


def test_a_ratio_is_the_same_however_it_is_written_or_left_out() -> None:
    written = [f"{NAMED}    usage_drop: {{new: {{fire_lt: {ratio}}}}}\n" for ratio in ("0.6", "0.60", "'0.6000'", ".6")]
    assert {read(text).version for text in [*written, NAMED]} == {read(NAMED).version}


def test_another_number_or_order_of_profiles_is_another_version() -> None:
    gold, silver = ({"name": name, "when": {"tier": [name]}} for name in ("gold", "silver"))
    rest = {"name": "rest"}
    versions = {
        Bundle.model_validate({"profiles": profiles}).version
        for profiles in (
            [gold, silver, rest],
            [silver, gold, rest],
            [gold, rest],
            [gold, rest | {"activity": "events"}],
        )
    }
    assert len(versions) == 4
    assert all(len(version) == 12 for version in versions)


def test_a_configuration_survives_being_stored() -> None:
    bundle = read(OURS.read_text())
    again = Bundle.model_validate_json(bundle.to_json())
    assert (again, again.version, again.to_json()) == (bundle, bundle.version, bundle.to_json())
