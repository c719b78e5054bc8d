"""The Slack double answers as Slack does, refusals included, and keeps what it was told."""

import json
import urllib.request

import pytest

from local import aws, slack_sink

pytestmark = pytest.mark.local


@pytest.fixture
def slack(tmp_path):
    sink = slack_sink.start(tmp_path / "slack.jsonl")
    yield sink
    sink.stop()


def post(slack, message, token=slack_sink.TOKEN, method="chat.postMessage"):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{slack.api_url}/{method}", body, headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200
        return json.load(answer)


def test_a_message_is_taken_kept_and_shown(slack):
    answer = post(slack, {"channel": "#account-health", "text": "Acme’s usage fell by half"})
    assert (answer["ok"], answer["channel"]) == (True, "#account-health")
    (kept,) = slack.messages()
    assert kept == {"ts": answer["ts"], "channel": "#account-health", "text": "Acme’s usage fell by half"}
    assert json.loads(aws.fetch(slack.messages_url)) == [kept]
    assert [json.loads(line) for line in slack.file.read_text().splitlines()] == [kept]


@pytest.mark.parametrize(
    ("message", "token", "error"),
    [
        ({"channel": "#c", "text": "x"}, "", "not_authed"),
        ({"channel": "#c", "text": "x"}, "xoxb-wrong", "invalid_auth"),
        ({"text": "x"}, slack_sink.TOKEN, "channel_not_found"),
        ({"channel": "#c"}, slack_sink.TOKEN, "no_text"),
        (b"{", slack_sink.TOKEN, "invalid_json"),
        ([], slack_sink.TOKEN, "json_not_object"),
    ],
)
def test_a_refusal_is_polite_and_keeps_nothing(slack, message, token, error):
    assert post(slack, message, token) == {"ok": False, "error": error}
    assert slack.messages() == []


def test_other_methods_are_unknown(slack):
    assert post(slack, {}, method="chat.delete") == {"ok": False, "error": "unknown_method"}


def test_it_listens_to_this_machine_only(slack):
    assert slack.server.server_address[0] == "127.0.0.1"
