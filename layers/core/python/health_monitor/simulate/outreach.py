"""The functions of outreach without AWS: each queued errand goes to the flow that its function would call."""

from datetime import timedelta
from functools import partial

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.circumstances import Sources
from health_monitor.flows.deliver import Counter, deliver, deliver_to_slack
from health_monitor.flows.drafting import follow_up_mail
from health_monitor.flows.follow_up import Desk as Following
from health_monitor.flows.follow_up import follow_up
from health_monitor.flows.hear_mail_events import Ears
from health_monitor.flows.log_to_crm import Desk as CrmDesk
from health_monitor.flows.log_to_crm import Told, log_to_crm
from health_monitor.flows.respond import respond
from health_monitor.flows.send_outreach import Desk as Sending
from health_monitor.flows.send_outreach import send_outreach
from health_monitor.flows.slack_cards import Backstage
from health_monitor.flows.slack_stage import Stage
from health_monitor.flows.sweep_due import sweep_due
from health_monitor.flows.unsubscribe import Exit
from health_monitor.model.alert import Errand, Message
from health_monitor.model.config import Bundle
from health_monitor.model.crm import CrmName, HubspotCrm
from health_monitor.model.records import Touchpoint

OPERATIONS = "operations@example.com"
CHANNEL = "#customer-health"
KEY = b"key of the simulation"
PUBLIC_URL = "https://health.example.com"


def handle(item: Message | Errand, world: MemoryWorld, bundle: Bundle, receives: int = 1) -> None:
    """Do what one queued message or errand asks for. Raises AlreadyDone, TryAgain and NeedsHuman like the flows."""
    if isinstance(item, Message) and item.channel == "email":
        deliver(item, world.claims, world.courier("email"), world.clock)
    elif isinstance(item, Message) or item.channel == "slack":
        deliver_to_slack(item, receives, counter(world, bundle))
    elif item.channel == "outreach":
        send_outreach(item, sending(world, bundle), world.clock.now())
    elif item.channel == "follow_up":
        follow_up(item, following(world, bundle), world.clock.now())
    else:
        log_to_crm(item, crm_desk(world), world.clock.now())


def sending(world: MemoryWorld, bundle: Bundle) -> Sending:
    """What one customer mail is sent with."""
    sources = Sources(
        accounts=world.accounts, alerts=world.alerts, conversations=world.conversations, flags=world.flags,
        dossiers=world.dossiers, standings=world.standings, suppressions=world.suppressions,
        switch=world.outreach_switch, mailer=world.mailer(), blobs=world.blobs, bundle=bundle,
    )  # fmt: skip
    return Sending(
        sources=sources, quotas=world.quotas, threads=world.threads, outbox=world.outbox, key=KEY,
        public_url=PUBLIC_URL, reply_domain="", operations_email=OPERATIONS,
    )  # fmt: skip


def ears(world: MemoryWorld, bundle: Bundle) -> Ears:
    """What hears the mail provider's events."""
    return Ears(
        world.conversations, world.threads, world.suppressions, world.outbox, world.accounts, world.dossiers,
        bundle.routing,
    )  # fmt: skip


def counter(world: MemoryWorld, bundle: Bundle) -> Counter:
    """What takes messages and cards to Slack."""
    return Counter(
        claims=world.claims, courier=world.courier("slack"), outbox=world.outbox, ports=backstage(world, bundle),
        channel=CHANNEL, operations_email=OPERATIONS,
    )  # fmt: skip


def stage(world: MemoryWorld, bundle: Bundle) -> Stage:
    """What answers Slack."""
    return Stage(backstage(world, bundle), world.outbox, world.suppressions)


def backstage(world: MemoryWorld, bundle: Bundle) -> Backstage:
    """What Slack's cards are made of."""
    return Backstage(
        world.conversations, world.accounts, world.alerts, world.rings, world.dossiers, world.standings,
        world.outreach_switch, world.slack_desk(), lambda: bundle, world.clock,
    )  # fmt: skip


def following(world: MemoryWorld, bundle: Bundle) -> Following:
    """What following up works with."""
    return Following(
        conversations=world.conversations, alerts=world.alerts, accounts=world.accounts, dossiers=world.dossiers,
        suppressions=world.suppressions, outbox=world.outbox,
        draft=partial(follow_up_mail, accounts=world.accounts, rings=world.rings, bundle=bundle),
        task_after=timedelta(days=bundle.routing.task_after_days), operations_email=OPERATIONS,
    )  # fmt: skip


def crm_desk(world: MemoryWorld) -> CrmDesk:
    """What telling the CRM works with."""
    told: dict[CrmName, Told] = {"hubspot": Told(world.crm("hubspot"), HubspotCrm(enabled=True))}
    return CrmDesk(
        conversations=world.conversations, alerts=world.alerts, states=world.states, journal=world.journal,
        names=world.names, ledger=world.crm_ledger, crms=told,
    )  # fmt: skip


def exits(world: MemoryWorld) -> Exit:
    """What unsubscribing works with."""
    return Exit(world.conversations, world.threads, world.suppressions, world.outbox)


def take_touch(account_id: str, touch: Touchpoint, world: MemoryWorld) -> None:
    """A source tells of a contact with a customer."""
    world.dossiers.save(account_id, [touch])
    respond(account_id, [touch], world.conversations, world.outbox, world.clock.now())


def sweep(world: MemoryWorld) -> None:
    """The hourly sweep."""
    sweep_due(world.clock.now(), world.conversations, world.outbox)
