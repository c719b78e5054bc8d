"""Email, Slack and secrets: what goes out, and which error each refusal is."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from moto.sesv2.models import sesv2_backends

from health_monitor import wiring
from health_monitor.adapters import http, ses, slack_api
from health_monitor.adapters.memory_alerts import MemoryCourier
from health_monitor.adapters.secrets import secret_field
from health_monitor.adapters.ses import SesCourier, tag_of
from health_monitor.adapters.slack import SlackCourier
from health_monitor.adapters.slack_api import SlackApi
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.ports.world import World
from tests.builders import a_message

SLACK = a_message("m/slack", channel="slack", to="C123", subject="A & B", text="down <!channel> 40%")
Reply = Callable[[httpx.Request], httpx.Response]


def test_every_world_sends_email_and_gives_a_receipt_each(world: World) -> None:
    courier = world.courier("email")
    receipts = {courier.deliver(a_message()), courier.deliver(a_message("another"))}
    assert len(receipts) == 2
    assert all(receipts)


def test_an_email_is_plain_text_to_one_person(aws: None) -> None:
    wiring.courier("email").deliver(a_message(to="carla@example.com", subject="Ünï", text="Down by 41 %."))
    [sent] = sesv2_backends["123456789012"]["eu-west-1"].core_backend.sent_messages
    assert sent.destinations["ToAddresses"] == ["carla@example.com"]
    assert (sent.source, sent.subject, sent.body) == ("health@example.com", "Ünï", "Down by 41 %.")


def test_an_email_carries_its_message_id_in_letters_that_ses_allows(aws: None) -> None:
    tag = tag_of(a_message("acme & co/usage_drop/2026-11-01/opened/email").message_id)
    assert tag.isalnum()
    assert len(tag) == 32
    assert tag == tag_of("acme & co/usage_drop/2026-11-01/opened/email")


def test_an_unverified_sender_needs_a_human(aws: None) -> None:
    with pytest.raises(NeedsHuman, match="verify"):
        SesCourier("nobody@example.com").deliver(a_message())


def _raising(error: Exception) -> Any:
    class Client:
        def send_email(self, **_: Any) -> None:
            raise error

    return Client()


@pytest.mark.parametrize(
    ("code", "error"),
    [(code, NeedsHuman) for code in ses.NEEDS_HUMAN]
    + [("TooManyRequestsException", TryAgain), ("InternalServiceErrorException", TryAgain), ("Unheard", ClientError)],
)
def test_each_refusal_of_ses_is_the_right_error(code: str, error: type[Exception]) -> None:
    courier = SesCourier("health@example.com")
    status = 500 if code.startswith("Internal") else 400
    refusal: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    courier.client = _raising(ClientError(refusal, "SendEmail"))
    with pytest.raises(error):
        courier.deliver(a_message())


def a_slack(reply: Reply, tokens: tuple[str, ...] = ("xoxb-1",)) -> SlackCourier:
    remaining = iter(tokens)
    client = httpx.Client(transport=httpx.MockTransport(reply))
    return SlackCourier(SlackApi("https://slack.example/api/", lambda: next(remaining), client))


def answering(body: dict[str, Any], status: int = 200) -> Reply:
    return lambda _: httpx.Response(status, json=body)


def test_a_slack_message_is_posted_with_the_token_and_its_receipt_is_kept() -> None:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"ok": True, "ts": "1503435956.000247"})

    assert a_slack(reply).deliver(SLACK) == "1503435956.000247"
    assert str(seen[0].url) == "https://slack.example/api/chat.postMessage"
    assert seen[0].headers["Authorization"] == "Bearer xoxb-1"
    assert json.loads(seen[0].content) == {
        "channel": "C123",
        "text": "*A &amp; B*\ndown &lt;!channel&gt; 40%",
        "unfurl_links": False,
    }


@pytest.mark.parametrize("code", sorted(slack_api.TRY_AGAIN))
def test_slack_saying_ok_false_for_the_moment_means_try_again(code: str) -> None:
    with pytest.raises(TryAgain, match=code):
        a_slack(answering({"ok": False, "error": code})).deliver(SLACK)


@pytest.mark.parametrize("code", [*sorted(slack_api.NEEDS_HUMAN), "a_code_of_tomorrow"])
def test_slack_saying_ok_false_for_good_needs_a_human_and_says_what_to_do(code: str) -> None:
    with pytest.raises(NeedsHuman, match=f"{code}; .{{20}}"):
        a_slack(answering({"ok": False, "error": code})).deliver(SLACK)


def test_an_answer_without_ok_is_a_failure() -> None:
    with pytest.raises(NeedsHuman):
        a_slack(answering({})).deliver(SLACK)
    with pytest.raises(TryAgain):
        a_slack(lambda _: httpx.Response(200, text="<html>")).deliver(SLACK)


def test_a_token_that_was_refused_is_read_again() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        good = request.headers["Authorization"] == "Bearer xoxb-2"
        return httpx.Response(200, json={"ok": True, "ts": "1"} if good else {"ok": False, "error": "token_revoked"})

    courier = a_slack(reply, tokens=("xoxb-1", "xoxb-2"))
    with pytest.raises(NeedsHuman):
        courier.deliver(SLACK)
    assert courier.deliver(SLACK) == "1"
    assert courier.deliver(SLACK) == "1"


@pytest.mark.parametrize("status", [*(int(status) for status in http.TRY_AGAIN), 500, 502, 503, 504, 599])
def test_a_status_of_the_moment_means_try_again(status: int) -> None:
    with pytest.raises(TryAgain):
        a_slack(answering({"ok": False, "error": "ratelimited"}, status)).deliver(SLACK)


@pytest.mark.parametrize("status", [*http.NEEDS_HUMAN, 301, 400, 422, 451])
def test_a_status_that_stays_needs_a_human(status: int) -> None:
    with pytest.raises(NeedsHuman, match=str(int(status))):
        a_slack(answering({}, status)).deliver(SLACK)


@pytest.mark.parametrize("slow", [httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
def test_a_slack_that_does_not_answer_is_tried_again(slow: type[httpx.TransportError]) -> None:
    def reply(_: httpx.Request) -> httpx.Response:
        raise slow("…")

    with pytest.raises(TryAgain):
        a_slack(reply).deliver(SLACK)


@pytest.mark.parametrize("address", ["ftp://slack", "slack.example", "https://slack.example:port"])
def test_an_address_that_is_none_needs_a_human(address: str) -> None:
    with pytest.raises(NeedsHuman, match="correct it"):
        SlackCourier(SlackApi(address, lambda: "xoxb-1")).deliver(SLACK)


def test_the_slack_courier_takes_its_token_from_the_secret(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HM_SLACK_SECRET", "slack")
    monkeypatch.setenv("HM_SLACK_API_URL", "https://slack.example/api")
    assert isinstance(wiring.courier("slack"), SlackCourier)
    assert secret_field("slack", "bot_token") == "xoxb-1"


@pytest.mark.parametrize("value", ["xoxb-plain", "[]", '{"token": "x"}', '"text"'])
def test_a_secret_of_the_wrong_form_needs_a_human_and_is_never_quoted(aws: None, value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="slack", SecretString=value)
    with pytest.raises(NeedsHuman, match="bot_token") as raised:
        secret_field("slack", "bot_token")
    assert value not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_missing_secret_needs_a_human(aws: None) -> None:
    with pytest.raises(NeedsHuman, match="deploy first"):
        secret_field("nowhere", "bot_token")


def test_a_courier_in_memory_fails_when_told_and_then_delivers() -> None:
    courier = MemoryCourier("slack")
    courier.failures.append(TryAgain("slack: ratelimited"))
    with pytest.raises(TryAgain):
        courier.deliver(SLACK)
    assert courier.deliver(SLACK) == "slack-1"
    assert courier.delivered == [SLACK]
