"""A Slack workspace of four people, one account with a conversation, and what they click."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.adapters.memory_outreach import MemorySlackDesk
from health_monitor.flows.answer_slack import Answer, Call, answer_slack
from health_monitor.flows.deliver import Counter
from health_monitor.flows.keyring import Keyring
from health_monitor.flows.slack_cards import Backstage
from health_monitor.flows.slack_stage import Stage
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.outreach import Conversation, Switch
from health_monitor.model.routing import Member, Team
from tests.builders import A_MOMENT, a_contact, a_conversation, an_account, an_alert

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = Team(
    members=(
        Member(email="carla@example.com", name="Carla", manager="mona@example.com", timezone="Europe/Berlin"),
        Member(email="otto@example.com"),
        Member(email="mona@example.com"),
        Member(email="ada@example.com", admin=True),
    )
)
CONFIG = Bundle(profiles=(Profile(name="everyone"),), team=TEAM)
CARLA, OTTO, MONA, ADA, STRANGER = "U-carla", "U-otto", "U-mona", "U-ada", "U-stranger"
PEOPLE = {
    CARLA: "carla@example.com",
    OTTO: "otto@example.com",
    MONA: "mona@example.com",
    ADA: "ada@example.com",
}
CHANNEL = "#customer-health"
ID = a_conversation().conversation_id


def furnished(world: MemoryWorld, conversation: Conversation | None = None) -> MemoryWorld:
    """Acme with its champion and its admin, its alert, and one draft; live."""
    slack_of(world).people.update(PEOPLE)
    world.accounts.save([an_account()])
    world.accounts.save_contacts(
        [
            a_contact(email="charlie@acme.example", user_id="u1"),
            a_contact("c2", name="Dana", role="admin", email="dana@acme.example"),
            a_contact("c3", name="Eve", role="Executive Sponsor", email="eve@acme.example"),
            a_contact("c4", name="Fred", role="admin"),
        ]
    )
    world.alerts.save_absent(an_alert())
    world.outreach_switch.put(Switch(mode="live"))
    world.conversations.start(conversation or a_conversation(automatic=False))
    return world


def slack_of(world: MemoryWorld) -> MemorySlackDesk:
    return world.slack_desk()


def backstage(world: MemoryWorld, config: Bundle = CONFIG) -> Backstage:
    return Backstage(
        world.conversations, world.accounts, world.alerts, world.rings, world.dossiers, world.standings,
        world.outreach_switch, slack_of(world), lambda: config, world.clock,
    )  # fmt: skip


def counter(world: MemoryWorld) -> Counter:
    return Counter(
        world.claims, world.courier("slack"), world.outbox, backstage(world), CHANNEL, "operations@example.com"
    )


def stage(world: MemoryWorld) -> Stage:
    return Stage(backstage(world), world.outbox, world.suppressions)


def stored(world: MemoryWorld, name: str = ID) -> Conversation:
    found = world.conversations.get(name)
    assert found
    return found


def errands(world: MemoryWorld) -> list[str]:
    """What waits for whom; nothing waits afterwards."""
    return [getattr(one, "errand_id", "") or getattr(one, "message_id", "") for one in world.outbox.take()]


def signed(kind: str, body: str, at: datetime = A_MOMENT, secret: str = SECRET, *, encoded: bool = False) -> Call:
    """As API Gateway hands on what Slack signed."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}
    return Call(kind, headers, base64.b64encode(body.encode()).decode() if encoded else body, encoded)


def said(world: MemoryWorld, call: Call, secret: dict[str, str] | None = None) -> Answer:
    given = {"signing_secret": SECRET} if secret is None else secret
    return answer_slack(call, Keyring(lambda _: given, world.clock), stage(world))


def interact(world: MemoryWorld, payload: dict[str, Any]) -> Answer:
    return said(world, signed("actions", urlencode({"payload": json.dumps(payload)}), world.clock.now()))


def press(
    world: MemoryWorld,
    action: str,
    who: str = CARLA,
    name: str = ID,
    step: str = "check_in",
    choice: str = "",
    ts: str = "1.000000",
) -> Answer:
    """Click a button, or choose from a menu, as Slack tells of it."""
    pressed: dict[str, Any] = {"type": "button", "action_id": action, "block_id": name, "action_ts": "1.2"}
    if choice:
        pressed |= {"type": "static_select", "selected_option": {"value": choice, "text": {"type": "plain_text"}}}
    else:
        pressed["value"] = json.dumps({"c": name, "s": step})
    payload = {
        "type": "block_actions",
        "user": {"id": who, "username": "x", "team_id": "T1"},
        "container": {"type": "message", "message_ts": ts, "channel_id": CHANNEL},
        "trigger_id": "111.222.valid",
        "channel": {"id": "C1", "name": "customer-health"},
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "actions": [pressed],
    }
    return interact(world, payload)


def submit(
    world: MemoryWorld, text: str = "Hi Charlie, a word?", subject: str = "A word", who: str = CARLA, to: str = "",
    **where: str,
) -> Answer:  # fmt: skip
    """Submit the modal, as Slack tells of it."""
    values: dict[str, Any] = {
        "subject": {"text": {"type": "plain_text_input", "value": subject or None}},
        "text": {"text": {"type": "plain_text_input", "value": text or None}},
    }
    if to:
        values["to"] = {"to": {"type": "static_select", "selected_option": {"value": to}}}
    metadata = json.dumps({"c": ID, "s": "check_in", "m": "send"} | where)
    view = {"id": "V1", "callback_id": "edit_draft", "private_metadata": metadata, "state": {"values": values}}
    return interact(world, {"type": "view_submission", "user": {"id": who}, "trigger_id": "1.2", "view": view})


def last_view(world: MemoryWorld) -> str:
    """What the modal that was opened or changed last says."""
    return json.dumps(list(slack_of(world).views.values())[-1], ensure_ascii=False)
