"""A conversation whose mail is due, and the hands through which it goes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from health_monitor.act import conversation as steps
from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.circumstances import Sources
from health_monitor.flows.hear_mail_events import Ears
from health_monitor.flows.send_outreach import Desk, send_outreach
from health_monitor.flows.unsubscribe import Exit
from health_monitor.model.alert import Errand
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.errors import AlreadyDone, TryAgain
from health_monitor.model.outreach import Conversation, Step, Switch
from health_monitor.model.routing import Member, Routing, Team
from tests.builders import a_contact, a_conversation, an_account, an_alert

NOW = datetime.fromisoformat("2026-11-04T10:00:00+00:00")  # a Wednesday
BEGAN = NOW - timedelta(days=2)
NAME = "acme/usage_drop/2026-11-01"
CARLA = "carla@example.com"
CHARLIE = "charlie@acme.example"
BUNDLE = Bundle(profiles=(Profile(name="everyone"),), team=Team(members=(Member(email=CARLA, name="Carla C"),)))
HELD_OUT = BUNDLE.model_copy(update={"routing": Routing.model_validate({"holdout": {"percent": 50, "salt": "4"}})})
EVENT_ACCOUNT = "123456789012"


def a_live_world(account_id: str = "acme", **known: Any) -> MemoryWorld:
    """Automatic mail is on; one check-in is queued, long enough ago."""
    world = memory_world(NOW)
    world.outreach_switch.put(Switch(mode="live"))
    begin(world, account_id, **known)
    return world


def begin(world: MemoryWorld, account_id: str = "acme", **known: Any) -> Conversation:
    world.accounts.save([an_account(account_id)])
    world.accounts.save_contacts([a_contact(account_id=account_id, email=CHARLIE)])
    alert = an_alert(account_id)
    world.alerts.save_absent(alert)
    drafted = a_conversation(account_id, **known)
    return world.conversations.start(steps.queue(drafted, "check_in", BEGAN, BEGAN, "a standard account"))


def desk(world: MemoryWorld, bundle: Bundle = BUNDLE, **known: Any) -> Desk:
    sources = Sources(
        accounts=world.accounts, alerts=world.alerts, conversations=world.conversations, flags=world.flags,
        dossiers=world.dossiers, standings=world.standings, suppressions=world.suppressions,
        switch=world.outreach_switch, mailer=world.mailer(), blobs=world.blobs, bundle=bundle,
    )  # fmt: skip
    found = Desk(
        sources=sources, quotas=world.quotas, threads=world.threads, outbox=world.outbox, key=b"key",
        public_url="https://api.example", reply_domain="in.example.com", operations_email="ops@example.com",
    )  # fmt: skip
    return replace(found, **known)


def ears(world: MemoryWorld) -> Ears:
    return Ears(
        world.conversations, world.threads, world.suppressions, world.outbox, world.accounts, world.dossiers,
        BUNDLE.routing,
    )  # fmt: skip


def an_exit(world: MemoryWorld) -> Exit:
    return Exit(world.conversations, world.threads, world.suppressions, world.outbox)


def an_errand(name: str = NAME, step: Step = "check_in", **known: Any) -> Errand:
    return Errand(errand_id=f"{name}/outreach", channel="outreach", conversation_id=name, step=step, **known)


def delivered(world: MemoryWorld, errand: Errand | None = None, bundle: Bundle = BUNDLE) -> str:
    """What the function makes of a queue's message."""
    try:
        return send_outreach(errand or an_errand(), desk(world, bundle), world.clock.now())
    except (AlreadyDone, TryAgain) as done:
        return f"{type(done).__name__}: {done}"


def stored(world: MemoryWorld, name: str = NAME) -> Conversation:
    found = world.conversations.get(name)
    assert found
    return found


def event(kind: str, tag: str, **more: Any) -> dict[str, Any]:
    """An event of SES as EventBridge hands it over (Amazon SES developer guide, monitoring with EventBridge)."""
    name = {"Send": "Email Sent", "Delivery": "Email Delivered", "Bounce": "Email Bounced",
            "Complaint": "Email Complaint Received", "Reject": "Email Rejected"}.get(kind, "Email Opened")  # fmt: skip
    mail = {
        "timestamp": "2026-11-04T10:00:00.000Z", "source": "Carla C <carla@example.com>",
        "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/example.com", "sendingAccountId": EVENT_ACCOUNT,
        "messageId": "010201-ses", "destination": [CHARLIE], "headersTruncated": False, "headers": [],
        "commonHeaders": {"subject": "Hello"},
        "tags": {"ses:configuration-set": ["health-monitor"], "action": [tag]},
    }  # fmt: skip
    return {
        "version": "0", "id": "4e0d0b8e-0000-4000-8000-000000000000", "detail-type": name, "source": "aws.ses",
        "account": EVENT_ACCOUNT, "time": "2026-11-04T10:05:00Z", "region": "eu-west-1", "resources": [],
        "detail": {"eventType": kind, "mail": mail, **more},
    }  # fmt: skip
