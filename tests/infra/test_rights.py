"""Every call that functions make to AWS, in the days of their lives that follow, is one that their roles allow.

The local AWS refuses a forgotten action, but looks at few resources; here each call is held against both.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any, NamedTuple

import boto3
import httpx
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from health_monitor import wiring
from health_monitor.adapters.memory import PushedClock
from health_monitor.flows.forget import request
from health_monitor.flows.reception import Reception
from tests.builders import A_DAY, A_MOMENT
from tests.conftest import TABLE
from tests.contracts.vendors import Wire, hubspot_case, mixpanel_case
from tests.flows.stage import CONFIG, furnish
from tests.functions.conftest import Context
from tests.infra.deployed import Deployed, listed, spelled
from tests.rooms.test_signed import sign

PULLED = {"mixpanel": mixpanel_case, "hubspot": hubspot_case}
SETTINGS = {name: case().settings.model_dump(mode="json") for name, case in PULLED.items()}
SETTINGS["signed"] = {"enabled": True}
SECRETS = {name: case().secret for name, case in PULLED.items()} | {"signed": {"secret": "s3cret"}}
QUEUES = {"HM_EMAIL_QUEUE_URL": "email", "HM_SLACK_QUEUE_URL": "slack", "HM_INTAKE_QUEUE_URL": "intake"}
LONG_AGO = f"{(A_MOMENT - timedelta(days=30)).date()}"
TODAY = f"{A_MOMENT.date()}"


class Use(NamedTuple):
    """One call: the permission it takes, what kind of thing it is for, and which one."""

    action: str
    kind: str
    name: str


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Use]]:
    """An AWS account as deployed, with a clock that stands still; what is asked of it from now on."""
    found: list[Use] = []
    real = BaseClient._make_api_call

    def noted(client: Any, operation: str, params: dict[str, Any]) -> Any:
        found.extend(uses_of(client.meta.service_model.service_name, operation, params))
        return real(client, operation, params)

    with mock_aws():
        boto3.client("dynamodb").create_table(TableName="health", **TABLE)
        place = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="health-files", CreateBucketConfiguration=place)
        for name, secret in SECRETS.items():
            boto3.client("secretsmanager").create_secret(Name=f"sources/{name}", SecretString=json.dumps(secret))
        told = {
            "HM_STAGE": "dev", "HM_TABLE": "health", "HM_BUCKET": "health-files", "HM_SOURCES": json.dumps(SETTINGS),
            "HM_SOURCE_SECRETS": "sources", "HM_OPERATIONS_EMAIL": "ops@example.com", "HM_SLACK_CHANNEL": "#c",
            "HM_SOURCE_URL": "https://nobody.example",
            **{name: boto3.client("sqs").create_queue(QueueName=queue)["QueueUrl"] for name, queue in QUEUES.items()},
        }  # fmt: skip
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        wiring.forget()
        clock = PushedClock(A_MOMENT)
        monkeypatch.setattr(wiring, "clock", lambda: clock)
        monkeypatch.setattr(wiring, "default_bundle", lambda: CONFIG)
        monkeypatch.setattr(BaseClient, "_make_api_call", noted)
        yield found


def uses_of(service: str, operation: str, params: dict[str, Any]) -> Iterator[Use]:
    if service == "dynamodb":
        # A transaction takes the permissions of its parts; ours only put.
        action = {"TransactWriteItems": "PutItem"}.get(operation, operation)
        index = params.get("IndexName")
        yield Use(f"dynamodb:{action}", "index" if index else "table", index or "")
    elif operation == "ListObjectsV2":
        yield Use("s3:ListBucket", "bucket", "")
    elif service == "s3":
        yield Use(f"s3:{operation}", "folder", params["Key"].partition("/")[0])
    elif operation == "ReceiveMessage":
        return  # by the test, in the place of AWS
    elif service == "sqs":
        yield Use("sqs:SendMessage", "queue", params["QueueUrl"].rpartition("/")[2])
    elif service == "secretsmanager":
        yield Use("secretsmanager:GetSecretValue", "secret", params["SecretId"].rpartition("/")[2])
    else:
        yield Use(f"{service}:{operation}", "anything", "")


def may(deployed: Deployed, role: str, use: Use) -> bool:
    """Whether a statement of the role names the action and the very resource."""
    return any(
        use.action in listed(statement["Action"])
        and any(is_meant(deployed, spelled(resource), use) for resource in listed(statement["Resource"]))
        for statement in deployed.allowed(role)
    )


def is_meant(deployed: Deployed, resource: str, use: Use) -> bool:
    if use.kind == "queue":
        return resource == deployed.queues[use.name]["id"]
    endings = {"table": "", "bucket": "", "index": f"/index/{use.name}", "folder": f"/{use.name}/*"}
    if use.kind in endings:
        whose = "Table" if use.kind in ("table", "index") else "Bucket"
        return whose in resource and resource.partition("/")[2] == endings[use.kind].removeprefix("/")
    return use.kind == "secret" and f"Source{use.name}" in resource


def call(name: str, event: Any) -> Any:
    """Invoke a function; whatever it asks of AWS is noted."""
    return import_module(f"functions.{name}.handler").handler(event, Context())


def post(body: dict[str, Any]) -> None:
    """A sender's body, through the door and the consumer."""
    data = json.dumps(body).encode()
    headers = {
        "x-health-monitor-timestamp": str(int(A_MOMENT.timestamp())),
        "x-health-monitor-signature": sign(data, "s3cret", A_MOMENT),
    }
    event = {"pathParameters": {"source": "signed"}, "headers": headers, "body": data.decode()}
    answer = call("receive_webhook", event)
    assert answer["statusCode"] == 202, answer


def consume() -> None:
    """What waits in the queue, as the queue hands it over; the queue itself is read by AWS."""
    url = wiring.setting("HM_INTAKE_QUEUE_URL")
    waiting = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in waiting]
    assert records
    assert call("consume_events", {"Records": records}) == {"batchItemFailures": []}


def an_event(account: str, user: str = "u1", day: str = TODAY) -> dict[str, Any]:
    return {"account_id": account, "user_id": user, "event": "report", "occurred_at": day}


def missing(deployed: Deployed, uses: list[Use], role: str) -> list[Use]:
    """What was done so far that the role does not allow; the next function begins with nothing done."""
    done = sorted(set(uses))
    uses.clear()
    assert done
    return [use for use in done if not may(deployed, role, use)]


def test_webhooks_and_their_consumer(dev: Deployed, uses: list[Use]):
    person = {"contact_id": "c1", "name": "Carla", "email": "carla@acme.example", "user_id": "u1"}
    bodies: list[dict[str, Any]] = [
        {"accounts": [{"account_id": "acme", "domain": "acme.example"}], "contacts": [person | {"account_id": "acme"}]},
        {
            "events": [
                an_event("acme"),
                an_event("acme", day=LONG_AGO),
                an_event("nobody"),
                an_event("nobody", day=LONG_AGO),
            ]
        },
        {"contacts": [person | {"account_id": "nobody"}], "events": [{"user_id": "without an account"}]},
        {"accounts": [{"account_id": "nobody"}]},
        {"deletions": [{"kind": "user", "id": "u1", "account_id": "acme"}, {"kind": "account", "id": "nobody"}]},
    ]
    for body in bodies:
        post(body)
        assert missing(dev, uses, "receivewebhook") == []
        consume()
        assert missing(dev, uses, "consumeevents") == []


@pytest.mark.parametrize("name", PULLED)
def test_a_pull_until_its_credential_is_refused(
    dev: Deployed, uses: list[Use], name: str, monkeypatch: pytest.MonkeyPatch
):
    client = httpx.Client(transport=Wire(PULLED[name]().double))
    monkeypatch.setattr(wiring, "_client", lambda: client)
    monkeypatch.setattr(wiring.time, "sleep", lambda _seconds: None)
    monkeypatch.setenv("HM_SOURCE", name)
    assert call("ingest_source", {})["status"] == "done"
    boto3.client("secretsmanager").put_secret_value(SecretId=f"sources/{name}", SecretString="{}")
    uses[:] = [use for use in uses if "PutSecretValue" not in use]
    assert call("ingest_source", {})["status"] == "paused"
    assert missing(dev, uses, f"ingestsource{name}") == []


def test_a_night_and_one_that_fails(dev: Deployed, uses: list[Use]):
    furnish(wiring.aws_world())  # type: ignore[arg-type]
    uses.clear()
    plan = call("plan_scoring", {"as_of": f"{A_DAY}"})
    assert missing(dev, uses, "planscoring") == []
    lines = (wiring.blobs().get(plan["batches_key"]) or b"").splitlines()
    uses.clear()
    for line in lines:
        call("score_accounts", {"run": plan, "batch": json.loads(line)})
    assert missing(dev, uses, "scoreaccounts") == []
    for name in ("summarise", "decide_alerts", "report_run"):
        call(name, plan)
        assert missing(dev, uses, name.replace("_", "")) == []
    call("report_run", {"detail": {"name": "a-run", "status": "FAILED", "input": "{}"}})
    assert missing(dev, uses, "reportrun") == []


def test_a_right_for_one_thing_is_none_for_its_neighbour(dev: Deployed):
    assert may(dev, "receivewebhook", Use("s3:PutObject", "folder", "inbox"))
    assert may(dev, "decidealerts", Use("dynamodb:Query", "index", "due"))
    for role, use in (
        ("receivewebhook", Use("s3:PutObject", "folder", "archive")),
        ("receivewebhook", Use("s3:GetObject", "folder", "inbox")),
        ("receivewebhook", Use("dynamodb:Query", "table", "")),
        ("decidealerts", Use("dynamodb:Query", "index", "directory")),
        ("consumeevents", Use("secretsmanager:GetSecretValue", "secret", "signed")),
        ("scoreaccounts", Use("sqs:SendMessage", "queue", "email")),
    ):
        assert not may(dev, role, use)


def test_an_erasure_through_everything(dev: Deployed, uses: list[Use]):
    post({"accounts": [{"account_id": "acme"}], "events": [an_event("acme"), an_event("nobody"), {"user_id": "u1"}]})
    consume()
    request("user", "u1", None, A_MOMENT, Reception.of(wiring.aws_world()))
    request("account", "acme", "acme", A_MOMENT, Reception.of(wiring.aws_world()))
    uses.clear()
    assert call("erase_people", {}) == {"finished": 0, "open": 2}
    wiring.clock().push(seconds=3600)  # type: ignore[attr-defined]
    assert call("erase_people", {}) == {"finished": 2, "open": 0}
    assert missing(dev, uses, "erasepeople") == []
