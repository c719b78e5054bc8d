"""Every call that a conversation with a customer makes to AWS, from draft to answer, is one that roles allow."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from health_monitor import wiring
from health_monitor.act import conversation as steps
from health_monitor.act.tokens import token
from health_monitor.adapters import http, slack_api
from health_monitor.model.alert import Errand
from health_monitor.model.heard import NameClaim, Ref
from health_monitor.model.outreach import Conversation, Switch, action_id, tag_of
from tests.builders import A_MOMENT, a_contact, a_conversation, an_account, an_alert
from tests.flows.mails import event
from tests.flows.slack_room import signed
from tests.infra.deployed import Deployed
from tests.infra.uses import Use, call, missing

MORNING = datetime.fromisoformat("2026-11-04T10:00:00+00:00")
CARLA, CHARLIE = "carla@example.com", "charlie@acme.example"
NAME = a_conversation().conversation_id
TAG, TOKEN = tag_of(action_id(NAME, "c1", "check_in")), token(b"k" * 64, NAME)
BOUNCE = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [{"emailAddress": CHARLIE}]}
CRMS = ("hubspot", "salesforce")


@pytest.fixture(autouse=True)
def vendors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack and the CRMs, which say yes to everything."""
    client = httpx.Client(transport=httpx.MockTransport(said_by_a_vendor))
    for place in (http, slack_api):
        monkeypatch.setattr(place, "a_client", lambda: client)


def said_by_a_vendor(request: httpx.Request) -> httpx.Response:
    if request.url.host == "slack.com":
        person = {"id": "U1", "team_id": "T1", "profile": {"email": CARLA}}
        return httpx.Response(
            200, json={"ok": True, "ts": "1.0", "channel": "C1", "user": person, "team_id": "T1", "view": {"id": "V"}}
        )
    if request.url.path.endswith("/token"):
        return httpx.Response(200, json={"access_token": "a", "instance_url": "https://acme.my.salesforce.com"})
    made = request.method == "POST" and "search" not in request.url.path
    page = {"results": [], "records": [], "totalSize": 0, "done": True, "id": "1", "success": True}
    return httpx.Response(201 if made else 200, json=page)


@pytest.fixture
def conversation(uses: list[Use]) -> Conversation:
    """A check-in that is due, with everything there that whoever sends it looks at."""
    world = wiring.aws_world()
    world.clock.push(seconds=(MORNING - A_MOMENT).total_seconds())  # type: ignore[attr-defined]
    world.accounts.save([an_account()])
    world.accounts.save_contacts([a_contact(email=CHARLIE)])
    world.alerts.save_absent(an_alert())
    world.names.claim([NameClaim(ref=Ref(crm, "77"), account_id="acme", by="crm", since=A_MOMENT) for crm in CRMS])
    world.outreach_switch.put(Switch(mode="live"))
    before = MORNING - timedelta(days=2)
    started = world.conversations.start(steps.queue(a_conversation(), "check_in", before, before, "standard"))
    uses.clear()
    return started


def take(function: str, channel: Any, **known: Any) -> None:
    """An errand, as its queue hands it over."""
    errand = Errand(errand_id=f"{NAME}/{channel}", channel=channel, conversation_id=NAME, **known)
    attributes = {"ApproximateReceiveCount": "1"}
    record = {"messageId": "1", "body": errand.model_dump_json(), "attributes": attributes}
    assert call(function, {"Records": [record]}) == {"batchItemFailures": []}


def stored() -> Conversation:
    found = wiring.conversations().get(NAME)
    assert found
    return found


def post_to_slack(kind: str, body: str) -> dict[str, Any]:
    said = signed(kind, body, MORNING)
    answer = call("answer_slack", {"pathParameters": {"kind": kind}, "headers": said.headers, "body": said.body})
    assert answer["statusCode"] == 200, answer
    return dict(answer)


def sent(uses: list[Use]) -> None:
    """The check-in has gone out; what that took counts no more."""
    take("send_outreach", "outreach", step="check_in")
    assert stored().check_in.status == "sent", stored().log
    uses.clear()


def test_a_mail_that_is_due_is_swept_and_sent(dev: Deployed, uses: list[Use], conversation: Conversation):
    assert call("sweep_due", {"now": "2026-11-04T10:00:00Z"})
    assert missing(dev, uses, "sweepdue") == []
    take("send_outreach", "outreach", step="check_in")
    assert stored().check_in.status == "sent", stored().log
    done = {use.action for use in uses}
    assert {"ses:SendRawEmail", "ses:GetSuppressedDestination", "ses:GetEmailIdentity"} <= done
    assert missing(dev, uses, "sendoutreach") == []


def test_a_mail_that_may_not_be_sent_is_decided_with_the_same_rights(
    dev: Deployed, uses: list[Use], conversation: Conversation
):
    wiring.outreach_switch().put(Switch(mode="draft"))
    uses.clear()
    take("send_outreach", "outreach", step="check_in")
    assert stored().check_in.status == "draft"
    assert missing(dev, uses, "sendoutreach") == []


def test_what_ses_tells_of_it_is_heard(dev: Deployed, uses: list[Use], conversation: Conversation):
    sent(uses)
    for told in (event("Delivery", TAG, delivery={}), event("Bounce", TAG, bounce=BOUNCE)):
        call("hear_mail_events", told)
    assert stored().check_in.status == "bounced"
    assert missing(dev, uses, "hearmailevents") == []


def test_whoever_unsubscribes_is_remembered(dev: Deployed, uses: list[Use], conversation: Conversation):
    sent(uses)
    for method in ("GET", "POST"):
        asked = {"requestContext": {"http": {"method": method}}, "pathParameters": {"token": TOKEN}}
        assert call("unsubscribe", asked)["statusCode"] == 200
    assert stored().ended == "opted_out"
    assert missing(dev, uses, "unsubscribe") == []


def test_an_answer_is_read_and_passed_on(dev: Deployed, uses: list[Use], conversation: Conversation):
    sent(uses)
    to = f"reply+{TOKEN}@reply.example.com"
    wiring.blobs().put("mail/one", f"From: {CHARLIE}\r\nTo: {to}\r\nSubject: Re\r\n\r\nYes.\r\n".encode())
    uses.clear()
    call("receive_mail", {"time": "2026-11-04T11:00:00Z", "detail": {"object": {"key": "mail/one"}}})
    assert stored().ended == "answered"
    assert missing(dev, uses, "receivemail") == []


def test_whoever_does_not_answer_is_followed_up_and_becomes_a_task(
    dev: Deployed, uses: list[Use], conversation: Conversation
):
    sent(uses)
    week = MORNING + timedelta(days=7, hours=1)
    take("follow_up", "follow_up", as_of=week)
    assert stored().follow_up
    assert missing(dev, uses, "followup") == []
    assert call("sweep_due", {"now": f"{week:%Y-%m-%dT%H:%M:%SZ}"})
    assert missing(dev, uses, "sweepdue") == []


def test_the_crms_are_told(dev: Deployed, uses: list[Use], conversation: Conversation):
    sent(uses)
    take("log_to_crm", "crm")
    assert {use.name for use in uses if use.kind == "secret"} == set(CRMS)
    assert missing(dev, uses, "logtocrm") == []


def test_a_card_is_posted_and_mail_goes_out_instead_while_slack_is_down(
    dev: Deployed, uses: list[Use], conversation: Conversation, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HM_CHANNEL", "slack")
    take("deliver", "slack")
    assert stored().card
    assert missing(dev, uses, "deliverslack") == []
    down = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    monkeypatch.setattr(slack_api, "a_client", lambda: down)
    wiring.forget()
    errand = Errand(errand_id="last", channel="slack", conversation_id=NAME).model_dump_json()
    for times in ("1", "19", "20"):
        record = {"messageId": "1", "body": errand, "attributes": {"ApproximateReceiveCount": times}}
        call("deliver", {"Records": [record]})
    assert Use("sqs:SendMessage", "queue", "email") in uses
    assert missing(dev, uses, "deliverslack") == []


def click(action: str) -> str:
    value = json.dumps({"c": NAME, "s": "check_in"})
    pressed = {"type": "button", "action_id": action, "value": value}
    payload = {"type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1.2", "actions": [pressed]}
    return urlencode({"payload": json.dumps(payload)})


@pytest.mark.parametrize("action", ["send", "edit", "not_a_risk", "cancel"])
def test_a_click_in_slack(dev: Deployed, uses: list[Use], conversation: Conversation, action: str):
    post_to_slack("actions", click(action))
    assert missing(dev, uses, "answerslack") == []


def test_the_page_of_a_person_in_slack(dev: Deployed, uses: list[Use], conversation: Conversation):
    opened = {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U1", "tab": "home"}}
    post_to_slack("events", json.dumps(opened))
    assert any(use.kind == "index" for use in uses)
    assert missing(dev, uses, "answerslack") == []
