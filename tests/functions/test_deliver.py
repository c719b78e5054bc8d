"""A batch from a queue: what is out stays out, and what failed comes back alone."""

import json
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.model.alert import Message
from health_monitor.model.errors import NeedsHuman, TryAgain
from tests.builders import a_message
from tests.functions.conftest import Call

FIRST, SECOND, THIRD = (a_message(f"acme/usage_drop/2026-11-0{n}/opened/email") for n in (1, 2, 3))


def test_every_message_of_a_batch_goes_out(product: MemoryWorld, call: Call) -> None:
    assert call("deliver", queued(FIRST, SECOND), "deliver_email") == {"batchItemFailures": []}
    assert product.courier("email").delivered == [FIRST, SECOND]


@pytest.mark.parametrize("failure", [TryAgain("throttled"), NeedsHuman("not verified"), ValueError("a bug")])
def test_a_message_that_fails_comes_back_alone(product: MemoryWorld, call: Call, failure: Exception) -> None:
    product.courier("email").failures.append(failure)
    answer = call("deliver", queued(FIRST, SECOND, THIRD), "deliver_email")
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"id of {FIRST.message_id}"}]}
    assert product.courier("email").delivered == [SECOND, THIRD]


def test_a_message_that_comes_back_goes_out_once_its_lease_is_over(product: MemoryWorld, call: Call) -> None:
    product.courier("email").failures.append(TryAgain("throttled"))
    call("deliver", queued(FIRST), "deliver_email")
    assert failures(call("deliver", queued(FIRST), "deliver_email")) == [f"id of {FIRST.message_id}"]
    product.clock.push(seconds=120)
    assert failures(call("deliver", queued(FIRST), "deliver_email")) == []
    assert product.courier("email").delivered == [FIRST]


def test_a_message_that_is_out_is_acknowledged(product: MemoryWorld, call: Call) -> None:
    for _ in range(2):
        assert failures(call("deliver", queued(FIRST), "deliver_email")) == []
    assert product.courier("email").delivered == [FIRST]


def test_what_a_vendor_says_about_a_recipient_stays_out_of_the_log(
    product: MemoryWorld, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    failure = NeedsHuman("sending email: MessageRejected; verify the recipient's address")
    failure.__cause__ = ValueError("identities failed the check: carla@example.com")
    product.courier("email").failures.append(failure)
    call("deliver", queued(FIRST), "deliver_email")
    (record,) = (record for record in caplog.records if record.getMessage() == "not delivered")
    assert "MessageRejected; verify" in record.__dict__["reason"]
    assert "carla@example.com" not in caplog.text + str(record.__dict__)


def test_an_error_that_nobody_foresaw_tells_nobodys_address(
    product: MemoryWorld, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    product.courier("email").failures.append(ValueError("Hi Charlie, charlie@acme.example"))
    call("deliver", queued(FIRST), "deliver_email")
    broken = queued(FIRST)
    broken["Records"][0]["body"] = json.dumps({"text": "Hi Charlie, charlie@acme.example"})
    call("deliver", broken, "deliver_email")
    records = [one for one in caplog.records if one.getMessage() == "not delivered"]
    assert [one.__dict__["error"] for one in records] == ["ValueError", "ValidationError"]
    assert "Charlie" not in caplog.text + "".join(str(one.__dict__) for one in records)


def test_when_every_message_fails_the_whole_batch_comes_back(product: MemoryWorld, call: Call) -> None:
    product.courier("email").failures += [TryAgain("throttled"), TryAgain("throttled")]
    assert len(failures(call("deliver", queued(FIRST, SECOND), "deliver_email"))) == 2


def test_a_body_that_is_no_message_comes_back_and_holds_nobody_up(product: MemoryWorld, call: Call) -> None:
    event = queued(FIRST, SECOND)
    event["Records"][0]["body"] = "{}"
    assert failures(call("deliver", event, "deliver_email")) == [f"id of {FIRST.message_id}"]
    assert product.courier("email").delivered == [SECOND]


def test_a_slack_message_goes_to_slack(product: MemoryWorld, call: Call) -> None:
    message = a_message("acme/usage_drop/2026-11-01/opened/slack", channel="slack", to="#customer-health")
    call("deliver", queued(message), "deliver_slack")
    assert product.courier("slack").delivered == [message]
    assert product.courier("email").delivered == []


def failures(answer: Any) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def queued(*messages: Message) -> dict[str, Any]:
    """The event that SQS sends to Lambda."""
    return {
        "Records": [
            {
                "messageId": f"id of {message.message_id}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": json.dumps(message.model_dump(mode="json")),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1793595600000",
                    "SenderId": "AROAEXAMPLE:decide_alerts",
                    "ApproximateFirstReceiveTimestamp": "1793595600001",
                },
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:health-dev-email",
                "awsRegion": "eu-west-1",
            }
            for message in messages
        ]
    }
