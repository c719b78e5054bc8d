"""Slack's requests as API Gateway hands them over, and card errands as their queue does."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.keyring import Keyring
from health_monitor.model.alert import Errand, Message
from health_monitor.model.errors import NeedsHuman, TryAgain
from tests.builders import A_MOMENT
from tests.flows.slack_room import CARLA, CONFIG, ID, SECRET, furnished, signed, slack_of, stored
from tests.functions.conftest import Call

ERRAND = Errand(errand_id=f"{ID}/card/1", channel="slack", conversation_id=ID)


@pytest.fixture
def slack(product: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    monkeypatch.setattr(wiring, "slack_keyring", lambda: Keyring(lambda _: {"signing_secret": SECRET}, product.clock))
    monkeypatch.setattr(wiring, "default_bundle", lambda: CONFIG)
    monkeypatch.setattr(wiring, "bundle_now", lambda: CONFIG)
    return furnished(product)


def request(kind: str, body: str, *, encoded: bool = False, **headers: str) -> dict[str, Any]:
    """What an HTTP API hands to Lambda."""
    said = signed(kind, body, A_MOMENT, encoded=encoded)
    return {
        "version": "2.0",
        "routeKey": "POST /slack/{kind}",
        "rawPath": f"/slack/{kind}",
        "pathParameters": {"kind": kind},
        "headers": {"content-type": "application/x-www-form-urlencoded", **said.headers, **headers},
        "requestContext": {"http": {"method": "POST", "path": f"/slack/{kind}"}},
        "body": said.body,
        "isBase64Encoded": encoded,
    }


def click() -> str:
    action = {"type": "button", "action_id": "send", "value": json.dumps({"c": ID, "s": "check_in"})}
    payload = {"type": "block_actions", "user": {"id": CARLA}, "trigger_id": "1.2", "actions": [action]}
    return urlencode({"payload": json.dumps(payload)})


@pytest.mark.parametrize("encoded", [False, True])
def test_a_click_is_done_and_answered(slack: MemoryWorld, call: Call, encoded: bool) -> None:
    answer = call("answer_slack", request("actions", click(), encoded=encoded))
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert stored(slack).check_in.status == "approved"


def test_what_slack_sends_again_is_done_once(slack: MemoryWorld, call: Call) -> None:
    for n in range(3):
        again = {"x-slack-retry-num": str(n), "x-slack-retry-reason": "http_timeout"} if n else {}
        assert call("answer_slack", request("actions", click(), **again))["statusCode"] == 200
    assert stored(slack).version == 2


def test_a_refusal_is_logged_without_what_was_sent(
    slack: MemoryWorld, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    event = request("events", '{"type": "url_verification", "challenge": "carla@example.com"}')
    event["headers"]["x-slack-signature"] = "v0=forged"
    assert call("answer_slack", event)["statusCode"] == 401
    (record,) = (one for one in caplog.records if one.getMessage() == "refused")
    assert record.levelname == "WARNING"
    assert "carla@example.com" not in caplog.text + str(record.__dict__)


def test_trouble_of_ours_is_an_error(slack: MemoryWorld, call: Call, caplog: pytest.LogCaptureFixture) -> None:
    slack_of(slack).failures.append(NeedsHuman("slack: invalid_auth"))
    assert call("answer_slack", request("actions", click()))["statusCode"] == 503
    assert [one.levelname for one in caplog.records if one.getMessage() == "refused"] == ["ERROR"]


def test_a_body_may_be_missing(slack: MemoryWorld, call: Call) -> None:
    assert call("answer_slack", request("actions", click()) | {"body": None})["statusCode"] == 401


def test_a_card_errand_posts_the_card(slack: MemoryWorld, call: Call) -> None:
    assert call("deliver", queued(ERRAND), "deliver_slack") == {"batchItemFailures": []}
    assert "Acme" in str(slack_of(slack).cards["#customer-health", "1.000000"])


@pytest.mark.parametrize(("receives", "emails"), [(1, 0), (4, 0), (5, 1)])
def test_the_queue_says_how_long_slack_has_been_down(
    slack: MemoryWorld, call: Call, receives: int, emails: int
) -> None:
    slack_of(slack).failures.append(TryAgain("slack: no answer (ConnectTimeout)"))
    assert len(call("deliver", queued(ERRAND, receives), "deliver_slack")["batchItemFailures"]) == 1
    assert len([one for one in slack.outbox.take() if isinstance(one, Message)]) == emails


def queued(errand: Errand, receives: int = 1) -> dict[str, Any]:
    """The event that SQS sends to Lambda."""
    attributes = {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1793595600000"}
    record = {"messageId": "1", "body": errand.model_dump_json(), "attributes": attributes, "eventSource": "aws:sqs"}
    return {"Records": [record]}
