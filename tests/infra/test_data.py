"""What is stored survives mistakes where it matters, and has the shape the adapters were tested on."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.deployed import Deployed

STORES = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret")


@pytest.mark.parametrize("kind", STORES)
def test_prod_keeps_its_data_when_a_stack_is_deleted_and_dev_does_not(dev: Deployed, prod: Deployed, kind: str):
    for stage, fate in ((dev, "Delete"), (prod, "Retain")):
        (store,) = [it for it in stage.resources.values() if it["Type"] == kind]
        assert (store["DeletionPolicy"], store["UpdateReplacePolicy"]) == (fate, fate)


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
    assert "TimeToLiveSpecification" not in table, "nothing that is stored expires"
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_the_bucket_is_closed_encrypted_and_remembers_overwritten_files_for_a_month(deployed: Deployed):
    bucket = deployed.one("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketEncryption" in bucket
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_every_log_forgets_after_a_while(dev: Deployed, prod: Deployed):
    for stage, days in ((dev, 7), (prod, 90)):
        logs = stage.all("AWS::Logs::LogGroup")
        assert len(logs) == len(stage.functions) + 1
        assert {log["RetentionInDays"] for log in logs.values()} == {days}
