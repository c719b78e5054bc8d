"""The Slack double answers as Slack does, refusals included, and keeps what it was told."""

import json
import urllib.error
import urllib.request

import pytest

from local import aws, slack_sink
from local.slack_api import a_person

pytestmark = pytest.mark.local
CARLA = a_person("Carla@example.com", "Carla Reyes", "CSM")
A_MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Edit"}, "blocks": [{"type": "divider"}]}


@pytest.fixture
def slack():
    sink = slack_sink.start()
    sink.api.invite([CARLA])
    yield sink
    sink.stop()


def ask(url, body=None, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=5) as answer:
        assert answer.status == 200
        return json.load(answer)


def post(slack, message, token=slack_sink.TOKEN, method="chat.postMessage"):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return ask(f"{slack.api_url}/{method}", body, **headers)


def get(slack, method, query):
    return ask(f"{slack.api_url}/{method}?{query}", Authorization=f"Bearer {slack_sink.TOKEN}")


def test_a_message_is_taken_kept_and_shown(slack):
    answer = post(slack, {"channel": "#account-health", "text": "Acme’s usage fell by half"})
    assert (answer["ok"], answer["channel"]) == (True, "C000000001")
    (kept,) = slack.messages()
    assert kept == {"ts": answer["ts"], "channel": "#account-health", "text": "Acme’s usage fell by half"}
    assert json.loads(aws.fetch(slack.messages_url)) == [kept]


@pytest.mark.parametrize(
    ("message", "token", "error"),
    [
        ({"channel": "#c", "text": "x"}, "", "not_authed"),
        ({"channel": "#c", "text": "x"}, "xoxb-wrong", "invalid_auth"),
        ({"text": "x"}, slack_sink.TOKEN, "channel_not_found"),
        ({"channel": "#c"}, slack_sink.TOKEN, "no_text"),
        ({"channel": "#c", "blocks": [{"type": "divider"}] * 51}, slack_sink.TOKEN, "invalid_blocks"),
        (b"{", slack_sink.TOKEN, "invalid_json"),
        ([], slack_sink.TOKEN, "json_not_object"),
    ],
)
def test_a_refusal_is_polite_and_keeps_nothing(slack, message, token, error):
    assert post(slack, message, token) == {"ok": False, "error": error}
    assert slack.messages() == []


def test_other_methods_are_unknown(slack):
    assert post(slack, {}, method="chat.delete") == {"ok": False, "error": "unknown_method"}


def test_a_message_is_rewritten_by_its_channels_id_and_not_by_its_name(slack):
    first = post(slack, {"channel": "#c", "text": "before"})
    assert post(slack, {"channel": "#c", "ts": first["ts"], "text": "x"}, method="chat.update")["ok"] is False
    post(slack, {"channel": first["channel"], "ts": first["ts"], "text": "after"}, method="chat.update")
    (kept,) = slack.messages()
    assert (kept["text"], kept["ts"]) == ("after", first["ts"])
    missing = post(slack, {"channel": first["channel"], "ts": "1.2", "text": "x"}, method="chat.update")
    assert missing["error"] == "message_not_found"


def test_a_modal_opens_once_and_only_soon_after_the_press(slack):
    def opened(trigger):
        return post(slack, {"trigger_id": trigger, "view": A_MODAL}, method="views.open")

    trigger = slack.api.a_trigger(CARLA.user_id)
    view = opened(trigger)["view"]
    assert slack.api.open_views[CARLA.user_id]["id"] == view["id"]
    assert opened(trigger)["error"] == "exchanged_trigger_id"
    assert opened("1.2.3")["error"] == "invalid_trigger_id"
    late = slack.api.a_trigger(CARLA.user_id)
    slack.api.trigger_seconds = 0
    assert opened(late)["error"] == "expired_trigger_id"
    changed = post(slack, {"view_id": view["id"], "view": A_MODAL}, method="views.update")
    assert (changed["ok"], changed["view"]["id"]) == (True, view["id"])


def test_people_are_asked_for_by_a_query_and_never_by_json(slack):
    assert get(slack, "users.info", f"user={CARLA.user_id}")["user"]["profile"]["email"] == CARLA.email
    assert get(slack, "users.lookupByEmail", "email=carla%40example.com")["user"]["id"] == CARLA.user_id
    assert get(slack, "users.lookupByEmail", "email=nobody%40example.com")["error"] == "users_not_found"
    assert post(slack, {"user": CARLA.user_id}, method="users.info")["error"] == "user_not_found"


def test_a_page_of_another_site_presses_no_button(slack):
    ask(f"{slack.url}/desk/state", b"{}", Origin=slack.url)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(f"{slack.url}/desk/state", b"{}", Origin="https://elsewhere.example")


def test_it_listens_to_this_machine_only(slack):
    assert slack.server.server_address[0] == "127.0.0.1"
