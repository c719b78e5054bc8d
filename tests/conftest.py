"""What every test lives in: no network, no credentials, no clock to wait for, the same examples every time."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

from health_monitor import wiring

# A failing example must fail again on every machine, however slow that machine is today.
settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

LOOPBACK = ["127.0.0.1", "::1", "localhost"]

PRETEND_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}

TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"}
        for name in ("pk", "sk", "csm", "opened_at", "due_kind", "due_at", "shard", "account_id")
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": name,
            "KeySchema": [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": projection},
        }
        for name, hash_key, sort, projection in (
            ("open_by_csm", "csm", "opened_at", "ALL"),
            ("due", "due_kind", "due_at", "ALL"),
            ("directory", "shard", "account_id", "KEYS_ONLY"),
        )
    ],
}


def shape_of_table(definition: dict[str, Any]) -> dict[str, Any]:
    """What two definitions of the table have in common, whatever order they list it in.

    Takes the parameters of CreateTable or the properties of an AWS::DynamoDB::Table: both use the same words.
    """

    def keys(schema: list[dict[str, str]]) -> dict[str, str]:
        return {part["KeyType"]: part["AttributeName"] for part in schema}

    return {
        "keys": keys(definition["KeySchema"]),
        "types": {part["AttributeName"]: part["AttributeType"] for part in definition["AttributeDefinitions"]},
        "indexes": {
            index["IndexName"]: keys(index["KeySchema"]) | {"holds": index["Projection"]["ProjectionType"]}
            for index in definition["GlobalSecondaryIndexes"]
        },
    }


@pytest.fixture(name="table_shape")
def _table_shape() -> dict[str, Any]:
    """The shape of the table that the contract suite runs on; the deployed one must have the same."""
    return shape_of_table(TABLE)


@pytest.fixture(name="shape_of_table")
def _shape_of_table() -> Callable[[dict[str, Any]], dict[str, Any]]:
    return shape_of_table


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("local"):
        socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True)
def _pretend_aws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not request.node.get_closest_marker("local"):
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in PRETEND_AWS.items():
            monkeypatch.setenv(name, value)
    yield
    wiring.forget()
