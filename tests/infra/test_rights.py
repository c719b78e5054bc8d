"""Every call that functions make to AWS, in the days of their lives that follow, is one that their roles allow.

The local AWS refuses a forgotten action, but looks at few resources; here each call is held against both.
"""

import json
from typing import Any

import boto3
import httpx
import pytest

from health_monitor import wiring
from health_monitor.flows.forget import request
from health_monitor.flows.reception import Reception
from tests.builders import A_DAY, A_MOMENT
from tests.contracts.vendors import Wire
from tests.flows.stage import furnish
from tests.infra.deployed import Deployed
from tests.infra.uses import LONG_AGO, PULLED, TODAY, Use, call, may, missing
from tests.rooms.test_signed import sign


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
    for name in ("summarise", "decide_alerts", "learn_outcomes", "report_run"):
        call(name, plan)
        assert missing(dev, uses, name.replace("_", "")) == []
    # A batch that was judged already tells from its lines where the accounts stand.
    call("score_accounts", {"run": plan, "batch": json.loads(line)})
    assert missing(dev, uses, "scoreaccounts") == []
    call("report_run", {"detail": {"name": "a-run", "status": "FAILED", "input": "{}"}})
    assert missing(dev, uses, "reportrun") == []


def test_a_p1_opens_between_two_nights(dev: Deployed, uses: list[Use]):
    furnish(wiring.aws_world())  # type: ignore[arg-type]  # the same ports by another name
    uses.clear()
    ticket = {"ticket_id": "7", "account_id": "big", "severity": "p1", "opened_at": A_MOMENT.isoformat()}
    post({"tickets": [ticket]})
    uses.clear()
    consume()
    assert missing(dev, uses, "consumeevents") == []
    url = wiring.setting("HM_RESCORE_QUEUE_URL")
    (waiting,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    uses.clear()
    assert call("rescore", {"Records": [{"messageId": "id", "body": waiting["Body"]}]}) == {"batchItemFailures": []}
    assert missing(dev, uses, "rescore") == []


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
