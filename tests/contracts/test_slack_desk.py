"""What we say to Slack is as its contract wants it, and each answer means what it should."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from health_monitor import wiring
from health_monitor.act import modals
from health_monitor.act.cards import CardFacts, card
from health_monitor.act.home import home
from health_monitor.adapters.memory import PushedClock
from health_monitor.adapters.slack_api import SlackApi
from health_monitor.adapters.slack_desk import SCOPES, SlackApiDesk
from health_monitor.flows.keyring import LIFE
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.outreach import Card, Switch
from tests.builders import A_MOMENT, a_conversation, an_account, an_alert

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "contracts" / "slack" / "openapi.json"
JSON = "application/json"
MANIFEST = ROOT / "docs" / "slack-app-manifest.yaml"
CARD = card(a_conversation(), an_account(), an_alert(), CardFacts(), A_MOMENT, "health-monitor show acme")
HOME = {"ok": True, "url": "https://acme.slack.com/", "team_id": "T1", "user_id": "UBOT"}
CARLA = {"id": "U1", "team_id": "T1", "is_email_confirmed": True, "profile": {"email": "Carla@Example.com"}}
Ask = Callable[[SlackApiDesk], Any]


class Slack:
    """Keeps what it was asked and answers what it is told to; `home`: whose app this is, asked in between."""

    def __init__(self, *answers: dict[str, Any], home: dict[str, Any] = HOME) -> None:
        self.requests: list[httpx.Request] = []
        self.asked_home: list[httpx.Request] = []
        self._answers, self._home = list(answers), home

    def desk(self) -> SlackApiDesk:
        client = httpx.Client(transport=httpx.MockTransport(self._answer))
        return SlackApiDesk(SlackApi("https://slack.example/api", lambda: "xoxb-1", client))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/auth.test":
            self.asked_home.append(request)
            return httpx.Response(200, json=self._home)
        self.requests.append(request)
        return httpx.Response(200, json=self._answers.pop(0))


CALLS: dict[str, tuple[Ask, dict[str, Any], Any]] = {
    "chat.postMessage": (
        lambda desk: desk.post("#health", CARD),
        {"ok": True, "channel": "C1", "ts": "1.2"},
        Card(channel="C1", ts="1.2"),
    ),
    "chat.update": (lambda desk: desk.rewrite("C1", "1.2", CARD), {"ok": True, "ts": "1.2"}, True),
    "views.open": (lambda desk: desk.open_view("1.2.x", modals.loading()), {"ok": True, "view": {"id": "V1"}}, "V1"),
    "views.update": (lambda desk: desk.update_view("V1", modals.told("a", "b")), {"ok": True}, None),
    "views.publish": (
        lambda desk: desk.publish_home("U1", home([], A_MOMENT, Switch(), several=False)),
        {"ok": True},
        None,
    ),
    "users.info": (lambda desk: desk.email_of("U1"), {"ok": True, "user": CARLA}, "carla@example.com"),
    "users.lookupByEmail": (lambda desk: desk.user_of("carla@example.com"), {"ok": True, "user": CARLA}, "U1"),
}


@pytest.mark.parametrize("method", CALLS)
def test_every_call_carries_the_token_to_its_method_and_reads_the_answer(method: str) -> None:
    ask, answer, expected = CALLS[method]
    slack = Slack(answer)
    assert ask(slack.desk()) == expected
    (request,) = slack.requests
    assert request.url.path == f"/api/{method}"
    assert request.headers["Authorization"] == "Bearer xoxb-1"


@pytest.mark.parametrize("method", CALLS)
def test_every_request_is_as_slacks_contract_wants_it(method: str) -> None:
    if not CONTRACT.is_file():
        pytest.skip(f"Slack's contract is not here: {CONTRACT}")
    ask, answer, _ = CALLS[method]
    slack = Slack(answer)
    ask(slack.desk())
    (request,) = slack.requests
    known = json.loads(CONTRACT.read_text())["paths"].get(f"/{method}")
    operation = (known or older(method)).get(request.method.lower())
    if operation and "requestBody" in operation:
        jsonschema.validate(json.loads(request.content), operation["requestBody"]["content"][JSON]["schema"])
        return
    # Slack's older contract lists every argument as part of the address, whatever the method.
    said = dict(request.url.params) if request.method == "GET" else json.loads(request.content)
    described = (operation or older(method)["get"])["parameters"]
    assert set(said) <= {one["name"] for one in described}
    assert {one["name"] for one in described if one.get("required") and one["name"] != "token"} <= set(said)


def older(method: str) -> Any:
    """The operations of a method that only Slack's own contract of 2020 describes."""
    return json.loads(CONTRACT.with_name("openapi.vendor-2020.json").read_text())["paths"][f"/{method}"]


def test_a_card_that_is_gone_is_told_apart_from_a_failure() -> None:
    gone = Slack({"ok": False, "error": "message_not_found"}, {"ok": False, "error": "channel_not_found"})
    desk = gone.desk()
    assert desk.rewrite("C1", "1.2", CARD) is False
    with pytest.raises(NeedsHuman, match="HM_SLACK_CHANNEL"):
        desk.rewrite("C1", "1.2", CARD)


@pytest.mark.parametrize("code", ["trigger_expired", "expired_trigger_id", "exchanged_trigger_id"])
def test_a_click_that_was_too_slow_can_be_made_again(code: str) -> None:
    with pytest.raises(TryAgain):
        Slack({"ok": False, "error": code}).desk().open_view("1.2.x", modals.loading())


def test_a_modal_that_was_closed_needs_no_draft_any_more() -> None:
    Slack({"ok": False, "error": "not_found"}).desk().update_view("V1", modals.loading())


def test_who_has_which_address_is_asked_once() -> None:
    slack = Slack({"ok": True, "user": CARLA})
    desk = slack.desk()
    assert [desk.email_of("U1"), desk.email_of("U1"), desk.user_of("CARLA@example.com")] == [
        "carla@example.com",
        "carla@example.com",
        "U1",
    ]
    assert (len(slack.requests), len(slack.asked_home)) == (1, 1)


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": False, "error": "users_not_found"},
        {"ok": False, "error": "user_not_found"},
        {"ok": True, "user": {"id": "U1", "profile": {}}},
        {"ok": True, "user": CARLA | {"is_bot": True}},
        {"ok": True, "user": CARLA | {"deleted": True}},
        {"ok": True, "user": CARLA | {"is_stranger": True}},
        {"ok": True, "user": CARLA | {"is_email_confirmed": False}},
        {"ok": True, "user": CARLA | {"team_id": "T2", "is_stranger": False}},
        {"ok": True, "user": CARLA | {"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}}},
    ],
)
def test_a_bot_a_guest_of_another_workspace_and_somebody_unconfirmed_or_gone_are_nobody(answer: dict[str, Any]) -> None:
    assert Slack(answer).desk().email_of("U1") is None
    assert Slack(answer).desk().user_of("carla@example.com") is None


def test_colleagues_of_one_organisation_may_have_different_workspaces() -> None:
    colleague = CARLA | {"team_id": "T2", "enterprise_user": {"enterprise_id": "E1"}}
    slack = Slack({"ok": True, "user": colleague}, home=HOME | {"enterprise_id": "E1"})
    assert slack.desk().email_of("U1") == "carla@example.com"


def test_a_missing_scope_says_where_the_scopes_are() -> None:
    with pytest.raises(NeedsHuman, match=r"docs/slack-app-manifest\.yaml"):
        Slack({"ok": False, "error": "missing_scope"}).desk().email_of("U1")


def test_the_manifest_asks_for_every_scope_that_is_used_and_for_no_other() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {one for scopes in SCOPES.values() for one in scopes}
    assert set(SCOPES) == {*CALLS, "auth.test"}
    settings = manifest["settings"]
    assert settings["event_subscriptions"]["bot_events"] == ["app_home_opened"]
    assert settings["event_subscriptions"]["request_url"].endswith("/slack/events")
    assert settings["interactivity"]["request_url"].endswith("/slack/actions")
    assert manifest["features"]["app_home"]["home_tab_enabled"]


def test_the_wiring_gives_slack_its_desk_and_its_secret(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HM_SLACK_SECRET", "slack")
    monkeypatch.setenv("HM_SLACK_API_URL", "https://slack.example/api")
    monkeypatch.setenv("HM_SLACK_CHANNEL", "#health")
    monkeypatch.setenv("HM_OPERATIONS_EMAIL", "ops@example.com")
    assert isinstance(wiring.slack_desk(), SlackApiDesk)
    assert wiring.slack_stage().ports.slack is wiring.slack_counter().ports.slack
    assert wiring.slack_keyring().secret("slack", LIFE)["bot_token"] == "xoxb-1"


def test_a_click_reads_the_secret_once_and_a_new_token_is_found(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, reads = {"bot_token": "xoxb-1", "signing_secret": "s"}, []

    def read(name: str) -> dict[str, str]:
        reads.append(name)
        return dict(secret)

    given = {"HM_SLACK_SECRET": "slack", "HM_SLACK_API_URL": "https://slack.example/api"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    clock = PushedClock(A_MOMENT)
    monkeypatch.setattr(wiring, "secret_fields", read)
    monkeypatch.setattr(wiring, "clock", lambda: clock)
    assert wiring.slack_keyring().secret("slack", LIFE)["signing_secret"] == "s"
    assert (wiring.slack_token(), reads) == ("xoxb-1", ["slack"])
    secret["bot_token"] = "xoxb-2"
    clock.push(seconds=11)
    assert wiring.slack_token() == "xoxb-2"
    del secret["bot_token"]
    clock.push(seconds=11)
    with pytest.raises(NeedsHuman, match='has no "bot_token"'):
        wiring.slack_token()
