"""What Slack shows of a conversation, put together from what is so now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from health_monitor.act.cards import CardFacts, card, card_text, show_command
from health_monitor.act.drafting import in_words
from health_monitor.act.home import Item, home, on_top
from health_monitor.act.standing import Reader
from health_monitor.decide.window import zone_of
from health_monitor.flows.circumstances import health_of
from health_monitor.model.account import Account, Contact
from health_monitor.model.alert import Alert
from health_monitor.model.config import Bundle
from health_monitor.model.outreach import Conversation
from health_monitor.model.routing import Team
from health_monitor.model.usage import UserUse
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts
from health_monitor.ports.clock import Clock
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.outreach import Conversations, OutreachSwitch, SlackDesk
from health_monitor.ports.usage import Rings


@dataclass(frozen=True)
class Backstage:
    """Everything that a card or App Home is made of; `bundle` gives the live configuration, read when needed."""

    conversations: Conversations
    accounts: Accounts
    alerts: Alerts
    rings: Rings
    dossiers: Dossiers
    standings: Standings
    switch: OutreachSwitch
    slack: SlackDesk
    bundle: Callable[[], Bundle]
    clock: Clock


def card_of(conversation: Conversation, ports: Backstage) -> dict[str, Any]:
    """The card as it should look now."""
    account = account_of(conversation, ports)
    facts = facts_of(conversation, ports, mention=True)
    alert = alert_of(conversation, ports)
    return card(conversation, account, alert, facts, ports.clock.now(), show_command(account.account_id))


def text_of(conversation: Conversation, ports: Backstage) -> tuple[str, str]:
    """The same as subject and text of an email, without asking Slack anything."""
    account = account_of(conversation, ports)
    facts = facts_of(conversation, ports, mention=False)
    alert = alert_of(conversation, ports)
    return card_text(conversation, account, alert, facts, ports.clock.now(), show_command(account.account_id))


def alert_of(conversation: Conversation, ports: Backstage) -> Alert | None:
    """Its alert, with the numbers of the day on which it became severe where it did."""
    known = ports.alerts.get(conversation.alert_id)
    return known.told_of(conversation.severe_fall) if known else None


def facts_of(conversation: Conversation, ports: Backstage, *, mention: bool) -> CardFacts:
    """What else a card says; `mention`: with the CSM's name in Slack."""
    contacts = ports.accounts.contacts(conversation.account_id)
    contact = next((one for one in contacts if one.contact_id == conversation.contact_id), None)
    seen, anybody = _last_seen(ports.rings.users(conversation.account_id), contact)
    csm, bundle = conversation.csm_email, ports.bundle()
    return CardFacts(
        contact=contact,
        seen=seen,
        feature=in_words(seen.last_feature, bundle.advice) if seen else None,
        anybody=anybody,
        csm_user=ports.slack.user_of(csm) if mention and csm else None,
        reader=_reader(conversation, contact, bundle),
        switch=ports.switch.get(),
        health=health_of(conversation.account_id, ports.dossiers, ports.standings, ports.clock.now()),
    )


def account_of(conversation: Conversation, ports: Backstage) -> Account:
    """The account, or only its id when nobody knows it any more."""
    known = ports.accounts.read([conversation.account_id])
    return known.get(conversation.account_id) or Account(account_id=conversation.account_id)


def publish_home(user_id: str, email: str | None, ports: Backstage) -> None:
    """Set a person's App Home to what waits for them, for their people, or for all when they are an admin."""
    bundle = ports.bundle()
    found = [one for csm in whose(email, bundle.team) for one in ports.conversations.unfinished_of(csm)]
    known = ports.accounts.read(sorted({one.account_id for one in found}))
    items = [
        Item(one, known.get(one.account_id) or Account(account_id=one.account_id), _reader(one, None, bundle))
        for one in found
    ]
    now, several = ports.clock.now(), len({one.csm_email for one in found}) > 1
    top = [(one.conversation.alert_id, alert_of(one.conversation, ports)) for one in on_top(items, now)[0]]
    alerts = {name: alert for name, alert in top if alert}
    view = home(items, now, ports.switch.get(), alerts, several=several)
    ports.slack.publish_home(user_id, view)


def whose(email: str | None, team: Team) -> list[str]:
    """The CSMs for whom somebody may act, themselves first; the empty string stands for nobody's accounts."""
    if not email:
        return []
    others = [one.email.lower() for one in team.members if team.may_act(email, one.email)]
    nobodys = [""] if team.may_act(email, None) else []
    return list(dict.fromkeys([email.lower(), *others, *nobodys]))


def _last_seen(users: list[UserUse], contact: Contact | None) -> tuple[UserUse | None, bool]:
    """The recipient's use, else that of whoever was there last."""
    own = next((one for one in users if contact and contact.user_id == one.user_id), None)
    latest = max(users, key=lambda one: one.last_seen, default=None)
    return own or latest, own is None


def _reader(conversation: Conversation, contact: Contact | None, bundle: Bundle) -> Reader:
    """The CSM, who reads the clock where the team's file says, else where the team does."""
    member = bundle.team.find(conversation.csm_email)
    zone = zone_of(member.timezone if member else None, bundle.routing.window.timezone).key
    theirs = zone_of(contact.timezone, zone).key if contact else None
    return Reader(zone, theirs, bundle.team)
