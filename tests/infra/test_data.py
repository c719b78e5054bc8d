"""What is stored survives mistakes where it matters, and has the shape the adapters were tested on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Le

from health_monitor.sources import SOURCES
from health_monitor.sources.mixpanel import MixpanelSettings
from infra.data import SEEN_KEPT
from infra.synth import synth
from tests.infra.deployed import EVERYTHING, Deployed

STORES = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret")


@pytest.mark.parametrize("kind", STORES)
def test_prod_keeps_its_data_when_a_stack_is_deleted_and_dev_does_not(dev: Deployed, prod: Deployed, kind: str):
    for stage, fate in ((dev, "Delete"), (prod, "Retain")):
        stores = [it for it in stage.resources.values() if it["Type"] == kind]
        assert stores
        assert {store["UpdateReplacePolicy"] for store in stores} == {fate}
        assert {store["DeletionPolicy"].removesuffix("ExceptOnCreate") for store in stores} == {fate}


def test_a_first_deployment_that_fails_leaves_nothing_whose_name_is_then_taken(prod: Deployed):
    named = [it for it in prod.resources.values() if it["Type"] in STORES and "Name" in it["Properties"]]
    assert named
    assert {it["DeletionPolicy"] for it in named} == {"RetainExceptOnCreate"}


def test_prod_can_go_back_to_any_second_and_cannot_lose_its_table(prod: Deployed):
    table = prod.one("AWS::DynamoDB::Table")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True


def test_what_is_stored_is_in_a_stack_of_its_own(deployed: Deployed):
    data = deployed.templates[f"HealthMonitor-{deployed.stage}-data"]["Resources"]
    work = deployed.templates[f"HealthMonitor-{deployed.stage}"]["Resources"]
    assert set(STORES) <= {it["Type"] for it in data.values()}
    assert not set(STORES) & {it["Type"] for it in work.values()}


def test_the_table_has_the_shape_the_adapters_were_tested_on(
    deployed: Deployed, table_shape: dict[str, Any], shape_of_table: Callable[[dict[str, Any]], dict[str, Any]]
):
    table = deployed.one("AWS::DynamoDB::Table")
    assert shape_of_table(table) == table_shape
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_the_bucket_is_closed_encrypted_and_remembers_overwritten_files_for_a_month(deployed: Deployed):
    bucket = deployed.one("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketEncryption" in bucket
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    overwritten, bodies, mail, *remade = bucket["LifecycleConfiguration"]["Rules"]
    assert overwritten["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert "ExpirationInDays" not in overwritten
    assert (bodies["Prefix"], bodies["ExpirationInDays"]) == ("inbox/", 30)
    assert (mail["Prefix"], mail["ExpirationInDays"]) == ("mail/", 30)
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in remade] == [("seen/", 40), ("names/", 1)]
    assert all(rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1} for rule in remade)


def test_what_a_pull_has_seen_is_kept_for_longer_than_any_day_is_asked_for_again():
    (longest,) = (limit.le for limit in MixpanelSettings.model_fields["late_days"].metadata if isinstance(limit, Le))
    assert SEEN_KEPT.to_days() > int(str(longest)) + 1


def test_every_known_source_has_a_secret_with_the_fields_it_declares(dev: Deployed):
    secrets = {it["Name"]: it for it in dev.all("AWS::SecretsManager::Secret").values()}
    for name, source in SOURCES.items():
        made = secrets.pop(f"health-monitor/dev/sources/{name}")["GenerateSecretString"]
        assert {made["GenerateStringKey"], *json.loads(made["SecretStringTemplate"])} == set(source.secret)
    assert set(secrets) == {f"health-monitor/dev/{name}" for name in ("slack", "links", "crm/salesforce")}


def test_every_log_forgets_after_a_while(dev: Deployed, prod: Deployed):
    for stage, days in ((dev, 7), (prod, 90)):
        logs = stage.all("AWS::Logs::LogGroup")
        assert len(logs) == len(stage.functions) + len(("the run", "the address on the web"))
        assert {log["RetentionInDays"] for log in logs.values()} == {days}


def test_a_restored_table_takes_the_place_of_the_own_one_which_stays(prod: Deployed, tmp_path: Path):
    restored = Deployed(synth("prod", tmp_path, restored_table="from-the-backup", **EVERYTHING), "prod")
    for function in restored.functions.values():
        assert function["Environment"]["Variables"].get("HM_TABLE", "from-the-backup") == "from-the-backup"
    assert restored.all("AWS::DynamoDB::Table") == prod.all("AWS::DynamoDB::Table")
    # The data stack is deployed first: what the other one still imports at that moment must be there.
    before, after = (it.templates["HealthMonitor-prod-data"]["Outputs"] for it in (prod, restored))
    assert {name for name in before if name.startswith("Exports")} <= set(after)


def test_what_was_on_can_be_switched_off_though_the_running_functions_still_refer_to_its_secret(
    prod: Deployed, tmp_path: Path
):
    off = Deployed(synth("prod", tmp_path), "prod")
    before, after = (it.templates["HealthMonitor-prod-data"]["Outputs"] for it in (prod, off))
    assert {name for name in before if name.startswith("Exports")} <= set(after)
