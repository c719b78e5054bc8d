"""A person clicks through the Slack double: every press is signed, a modal opens, an error shows, the card changes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from local import slack_sink
from local.slack_api import a_person
from local.slack_people import signature
from tests.local.browser import a_page

pytestmark = pytest.mark.local
CARLA, OTTO = a_person("carla@example.com", "Carla Reyes", "CSM"), a_person("otto@example.com", "Otto", "someone else")
TOO_SHORT = "Say a little more."


def words(text, kind="plain_text"):
    return {"type": kind, "text": text}


A_STAMP = "<!date^1793599200^{date_short_pretty} at {time}|Mon 2 Nov, 07:00 (Europe/Berlin)>"


def a_card(state):
    return {
        "text": "Acme",
        "blocks": [
            {"type": "header", "text": words("🚩 Acme <b>uses</b> less")},
            {"type": "section", "text": words(f"It is *{state}*, says <https://example.com|the page>", "mrkdwn")},
            {"type": "section", "fields": [words("*ARR*\n12,000", "mrkdwn"), words("*Renewal*\nsoon", "mrkdwn")]},
            {"type": "section", "text": words(f"*Suggested mail:*\n> Hi Mia,\n> \n> bye\n_cut_ {A_STAMP}", "mrkdwn")},
            {"type": "context", "elements": [words("last seen _yesterday_ :wave:", "mrkdwn")]},
            {"type": "divider"},
            {
                "type": "actions",
                "block_id": "b",
                "elements": [
                    {"type": "button", "action_id": "edit", "text": words("Edit & send"), "value": "acme"},
                    {
                        "type": "static_select",
                        "action_id": "snooze",
                        "placeholder": words("Snooze"),
                        "options": [{"text": words("1 day"), "value": "1"}],
                    },
                    {
                        "type": "button",
                        "action_id": "not_a_risk",
                        "text": words("Not a risk"),
                        "style": "danger",
                        "confirm": {"title": words("Sure?"), "text": words("It closes."), "confirm": words("Close it")},
                    },
                ],
            },
        ],
    }


A_MODAL = {
    "type": "modal",
    "callback_id": "edit_draft",
    "private_metadata": "acme",
    "title": words("Edit"),
    "submit": words("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "text",
            "label": words("Text"),
            "element": {
                "type": "plain_text_input",
                "action_id": "text",
                "multiline": True,
                "initial_value": "Hi Mia,\n",
            },
        }
    ],
}


class App(BaseHTTPRequestHandler):
    """An app behind Slack: its answers to a press, a submission and a visit of its home."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        slack = self.server.slack
        moment = self.headers["X-Slack-Request-Timestamp"]
        assert self.headers["X-Slack-Signature"] == signature(slack_sink.SIGNING_SECRET, moment, body)
        told = json.loads(body) if self.path == "/events" else json.loads(parse_qs(body)["payload"][0])
        self.server.told.append(told)
        answer = json.dumps(self.react(slack.api, told)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def react(self, api, told):
        def call(method, **said):
            return api.answer(method, f"Bearer {slack_sink.TOKEN}", {}, json.dumps(said).encode())

        if told["type"] == "event_callback":
            home = {"type": "home", "blocks": [{"type": "header", "text": words("Today")}]}
            call("views.publish", user_id=told["event"]["user"], view=home)
        elif told["type"] == "block_actions" and told["actions"][0]["action_id"] == "edit":
            call("views.open", trigger_id=told["trigger_id"], view=A_MODAL)
        elif told["type"] == "view_submission":
            said = told["view"]["state"]["values"]["text"]["text"]["value"]
            if len(said) < 20:
                return {"response_action": "errors", "errors": {"text": TOO_SHORT}}
            call("chat.update", channel="C000000001", ts=self.server.slack.messages()[0]["ts"], **a_card(said))
        elif told["actions"][0]["action_id"] == "not_a_risk":
            call("chat.postEphemeral", channel="C000000001", user=told["user"]["id"], text="Only *Carla* may.")
        return {}

    def log_message(self, *_):
        pass


@pytest.fixture
def slack():
    sink, app = slack_sink.start(), ThreadingHTTPServer(("127.0.0.1", 0), App)
    app.slack, app.told = sink, []
    threading.Thread(target=app.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    sink.hands.product = f"http://127.0.0.1:{app.server_address[1]}"
    sink.api.invite([CARLA, OTTO])
    card = a_card("waiting") | {"channel": "#health"}
    sink.api.answer("chat.postMessage", f"Bearer {slack_sink.TOKEN}", {}, json.dumps(card).encode())
    sink.told = app.told
    yield sink
    app.shutdown()
    app.server_close()
    sink.stop()


def test_a_card_is_drawn_edited_in_a_modal_and_rewritten(slack):
    with a_page(slack.url) as page:
        page.get_by_role("heading", name="Acme <b>uses</b> less").wait_for()
        assert page.locator("blockquote").inner_text() == "Hi Mia,\n\nbye"
        assert page.locator(".badge").all_inner_texts() == ["flag", "wave"]
        assert "2026 at " in page.get_by_text("Suggested mail").locator("xpath=..").inner_text()
        assert page.get_by_role("link", name="the page").get_attribute("href") == "https://example.com"
        page.get_by_role("button", name="Edit & send").click()
        text = page.get_by_label("Text")
        assert text.input_value() == "Hi Mia,\n"
        assert text.evaluate("field => field === document.activeElement"), "one writes at once"
        text.fill("Hi.")
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text(TOO_SHORT).wait_for()
        text.fill("Hi Mia, shall we talk on Tuesday?")
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text("shall we talk on Tuesday?").wait_for()
        assert not page.locator("#modal").is_visible()
    press, *_ = slack.told
    assert (press["user"]["id"], press["actions"][0]["value"]) == (CARLA.user_id, "acme")
    assert press["container"]["message_ts"] == slack.messages()[0]["ts"]


def test_menus_confirmations_whispers_and_the_home_work_on_a_phone_in_the_dark(slack):
    with a_page(slack.url, width=390, dark=True) as page:
        page.get_by_label("Who I am").select_option(label="Otto, someone else")
        page.get_by_label("Snooze").select_option(label="1 day")
        page.get_by_role("button", name="Not a risk").click()
        page.get_by_role("button", name="Close it").click()
        page.get_by_text("Only you can see this").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("tab", name="App home").click()
        page.get_by_role("heading", name="Today").wait_for()
    chosen = next(told for told in slack.told if told["actions"][0]["action_id"] == "snooze")
    assert chosen["actions"][0]["selected_option"]["value"] == "1"
    assert {told.get("user", {}).get("id", OTTO.user_id) for told in slack.told} == {OTTO.user_id}


def test_the_home_has_an_address_of_its_own(slack):
    with a_page(f"{slack.url}/home") as page:
        page.get_by_role("heading", name="Today").wait_for()


def test_an_app_that_takes_too_long_is_told_of(slack):
    slack.hands.slow_seconds = -1
    with a_page(slack.url) as page:
        page.get_by_label("Snooze").select_option(label="1 day")
        page.get_by_text("Slack waits for").wait_for()


def test_a_dialog_is_gone_after_a_reload(slack):
    slack.api.show_view(CARLA.user_id, A_MODAL)
    with a_page(slack.url) as page:
        page.get_by_role("heading", name="Acme <b>uses</b> less").wait_for()
        page.get_by_role("button", name="Edit & send").click()
        page.get_by_label("Text").wait_for()
        page.reload()
        page.get_by_role("button", name="Edit & send").wait_for()
        assert not page.locator("#modal").is_visible()
    assert slack.api.open_views == {}
