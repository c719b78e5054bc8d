"""Which adapter plays which port: the one place where objects are put together."""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from health_monitor.adapters.clock import SystemClock
from health_monitor.adapters.codec import ACCOUNTS_PREFIX, WAITING_PREFIX
from health_monitor.adapters.config_files import texts_of
from health_monitor.adapters.dynamodb_accounts import DynamoAccounts
from health_monitor.adapters.dynamodb_alerts import DynamoAlerts, DynamoClaims, DynamoNotices
from health_monitor.adapters.dynamodb_arrivals import DynamoArrivals
from health_monitor.adapters.dynamodb_changes import Changes
from health_monitor.adapters.dynamodb_crm import DynamoCrmLedger
from health_monitor.adapters.dynamodb_dossiers import DynamoDossiers, DynamoStandings
from health_monitor.adapters.dynamodb_erasures import DynamoErasures
from health_monitor.adapters.dynamodb_intake import (
    DynamoNames,
    DynamoSourceStates,
    DynamoUnmatched,
)
from health_monitor.adapters.dynamodb_journal import DynamoJournal
from health_monitor.adapters.dynamodb_outreach import (
    DynamoConversations,
    DynamoFlags,
    DynamoOutreachSwitch,
    DynamoQuotas,
    DynamoSuppressions,
    DynamoThreads,
)
from health_monitor.adapters.dynamodb_shelf import DynamoShelf
from health_monitor.adapters.dynamodb_table import Table
from health_monitor.adapters.dynamodb_usage import DynamoRings, DynamoStates
from health_monitor.adapters.files import LocalText, QuarantineCsv, account_spool, day_spool
from health_monitor.adapters.known_names import KnownNames
from health_monitor.adapters.s3 import S3Blobs
from health_monitor.adapters.secrets import secret_field, secret_fields
from health_monitor.adapters.ses import SesCourier, SesForwarder
from health_monitor.adapters.sqs import SqsOutbox
from health_monitor.adapters.sqs_dead_letters import SqsDeadLetters
from health_monitor.adapters.sqs_inbox import SqsInbox
from health_monitor.model.config import Bundle
from health_monitor.model.crm import CrmName, CrmSettings
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.request import Headers
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts, Claims, Courier, Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.clock import Clock
from health_monitor.ports.crm import Crm, CrmLedger
from health_monitor.ports.dossiers import Dossiers, Standings
from health_monitor.ports.draft import Writer
from health_monitor.ports.files import Spool, TextFile
from health_monitor.ports.inspect import Shelf
from health_monitor.ports.intake import Arrivals, DeadLetters, Erasures, Inbox, Names, SourceStates, UnmatchedNames
from health_monitor.ports.journal import Journal
from health_monitor.ports.outreach import (
    Conversations,
    Flags,
    Forwarder,
    Mailer,
    OutreachSwitch,
    Quotas,
    SlackDesk,
    Suppressions,
    Threads,
)
from health_monitor.ports.usage import Rings, States
from health_monitor.ports.vendor import Vendor
from health_monitor.ports.world import Channel, Queue, World
from health_monitor.settings import setting, setting_or_nothing

if TYPE_CHECKING:
    from httpx import Client

    from health_monitor.adapters.slack_api import SlackApi
    from health_monitor.flows.begin_outreach import OutreachDesk
    from health_monitor.flows.circumstances import Sources
    from health_monitor.flows.consume_events import TakeIn
    from health_monitor.flows.deliver import Counter
    from health_monitor.flows.follow_up import Desk as FollowUpDesk
    from health_monitor.flows.hear_mail_events import Ears
    from health_monitor.flows.ingest_source import Desk
    from health_monitor.flows.keyring import Keyring
    from health_monitor.flows.log_to_crm import Desk as CrmDesk
    from health_monitor.flows.receive_mail import Desk as MailDesk
    from health_monitor.flows.rescore import Desk as RescoringDesk
    from health_monitor.flows.send_outreach import Desk as Sending
    from health_monitor.flows.slack_cards import Backstage
    from health_monitor.flows.slack_stage import Stage
    from health_monitor.sources.spec import Pull, Source, SourceSettings

_DEFAULTS = Path(__file__).with_name("default_config.json")
"""Put beside the package when it is built for a function, which has neither config/ nor a YAML reader."""
_CONFIG = Path(__file__).parents[4] / "config"
_LENT = ("scorecard.yaml", "tips.yaml", "templates/")


@cache
def clock() -> Clock:
    return SystemClock()


@cache
def blobs() -> Blobs:
    return S3Blobs(setting("HM_BUCKET"))


@cache
def accounts() -> Accounts:
    return DynamoAccounts(_table())


@cache
def rings() -> Rings:
    return DynamoRings(_table())


@cache
def arrivals() -> Arrivals:
    """Events of accounts; they expire."""
    return DynamoArrivals(_table(), ACCOUNTS_PREFIX, expires=True)


@cache
def waiting() -> Arrivals:
    """Events whose name belongs to no account yet; they wait as long as it takes."""
    return DynamoArrivals(_table(), WAITING_PREFIX, expires=False)


@cache
def names() -> Names:
    return DynamoNames(_table(), Changes(_table()), KnownNames(blobs(), setting("HM_TABLE")))


@cache
def unmatched() -> UnmatchedNames:
    return DynamoUnmatched(_table())


@cache
def source_states() -> SourceStates:
    return DynamoSourceStates(_table())


@cache
def erasures() -> Erasures:
    return DynamoErasures(_table(), Changes(_table()))


@cache
def states() -> States:
    return DynamoStates(_table())


@cache
def dossiers() -> Dossiers:
    return DynamoDossiers(_table())


@cache
def standings() -> Standings:
    return DynamoStandings(_table())


@cache
def alerts() -> Alerts:
    return DynamoAlerts(_table())


@cache
def notices() -> Notices:
    return DynamoNotices(_table())


@cache
def claims() -> Claims:
    return DynamoClaims(_table())


@cache
def outbox() -> Outbox:
    return SqsOutbox(_queue_url)


@cache
def inbox() -> Inbox:
    return SqsInbox(lambda: setting("HM_INTAKE_QUEUE_URL"))


@cache
def dead_letters() -> DeadLetters:
    return SqsDeadLetters(lambda: f"health-monitor-{setting('HM_STAGE')}-")


@cache
def journal() -> Journal:
    return DynamoJournal(_table())


@cache
def shelf() -> Shelf:
    return DynamoShelf(_table())


@cache
def courier(channel: Channel) -> Courier:
    """Who takes messages out through a channel."""
    if channel == "email":
        return SesCourier(setting("HM_MAIL_FROM"))
    # Imported here: only the function that posts to Slack should pay for an HTTP client.
    from health_monitor.adapters.slack import SlackCourier

    return SlackCourier(_slack_api())


@cache
def conversations() -> Conversations:
    return DynamoConversations(_table())


@cache
def quotas() -> Quotas:
    return DynamoQuotas(_table())


@cache
def suppressions() -> Suppressions:
    return DynamoSuppressions(_table())


@cache
def threads() -> Threads:
    return DynamoThreads(_table())


@cache
def flags() -> Flags:
    return DynamoFlags(_table())


@cache
def outreach_switch() -> OutreachSwitch:
    return DynamoOutreachSwitch(_table())


@cache
def crm_ledger() -> CrmLedger:
    return DynamoCrmLedger(_table())


@cache
def mailer() -> Mailer:
    """Who takes customer mail out."""
    # Imported here: only who mails customers should pay for MIME.
    from health_monitor.adapters.ses_mailer import SesMailer

    domains = tuple(one.strip().lower() for one in setting("HM_SENDING_DOMAINS").split(","))
    return SesMailer(domains, setting("HM_CONFIGURATION_SET"))


@cache
def forwarder() -> Forwarder:
    """Who passes customers' answers on."""
    return SesForwarder(setting("HM_MAIL_FROM"))


@cache
def slack_desk() -> SlackDesk:
    """Slack's cards, views and people."""
    from health_monitor.adapters.slack_desk import SlackApiDesk

    return SlackApiDesk(_slack_api())


@cache
def slack_keyring() -> "Keyring":
    """The secret that Slack signs its requests with."""
    from health_monitor.flows.keyring import Keyring

    return Keyring(lambda _: secret_fields(setting("HM_SLACK_SECRET")), clock())


@cache
def crm(name: CrmName) -> Crm:
    """A CRM that is on. Its secret is read with the first request."""
    # Imported here: only the function that tells CRMs should pay for an HTTP client.
    from health_monitor.adapters.http import a_client
    from health_monitor.adapters.hubspot_crm import HubspotRecords
    from health_monitor.adapters.salesforce_crm import SalesforceRecords
    from health_monitor.model.crm import HubspotCrm, SalesforceCrm

    match crm_settings().get(name):
        case HubspotCrm() as settings:
            secret = f"{setting('HM_SOURCE_SECRETS')}/hubspot"
            token = partial(secret_field, secret, "token")
            return HubspotRecords(settings.address, token, settings.write_back, a_client(), clock())
        case SalesforceCrm() as settings:
            fields = partial(secret_fields, f"{setting('HM_CRM_SECRETS')}/salesforce")
            return SalesforceRecords(settings, fields, a_client(), clock())
        case _:
            raise NeedsHuman(f"{name} is not on; switch it on in config/crm.yaml, and deploy")


@cache
def crm_settings() -> "Mapping[CrmName, CrmSettings]":
    """What the team's file says about every CRM that is on."""
    from health_monitor.model.crm import CRMS

    given = json.loads(setting("HM_CRM"))
    return {name: known.model_validate_json(json.dumps(given[name])) for name, known in CRMS.items() if name in given}


def crm_desk() -> "CrmDesk":
    """What telling the CRMs works with."""
    from health_monitor.flows.log_to_crm import Desk, Told

    world = aws_world()
    return Desk(
        conversations=world.conversations, alerts=world.alerts, states=world.states, journal=world.journal,
        names=world.names, ledger=world.crm_ledger,
        crms={name: Told(world.crm(name), settings) for name, settings in crm_settings().items()},
    )  # fmt: skip


def circumstance_sources() -> "Sources":
    """What the interlocks look at, by the configuration that is live now."""
    from health_monitor.flows.circumstances import Sources

    return Sources(
        accounts=accounts(), alerts=alerts(), conversations=conversations(), flags=flags(), dossiers=dossiers(),
        standings=standings(), suppressions=suppressions(), switch=outreach_switch(), mailer=mailer(), blobs=blobs(),
        bundle=bundle_now(),
    )  # fmt: skip


def sending() -> "Sending":
    """What one customer mail is sent with."""
    from health_monitor.flows.send_outreach import Desk as Sending

    return Sending(
        sources=circumstance_sources(), quotas=quotas(), threads=threads(), outbox=outbox(), key=link_key(),
        public_url=setting("HM_PUBLIC_URL"), reply_domain=setting_or_nothing("HM_REPLY_DOMAIN"),
        operations_email=setting("HM_OPERATIONS_EMAIL"),
    )  # fmt: skip


def ears() -> "Ears":
    """What hears the mail provider's events."""
    from health_monitor.flows.hear_mail_events import Ears

    return Ears(
        conversations(), threads(), suppressions(), outbox(), accounts(), dossiers(), bundle_now().routing
    )  # fmt: skip


def backstage() -> "Backstage":
    """What Slack's cards are made of; made anew for each call, which reads the configuration once."""
    from health_monitor.flows.slack_cards import Backstage

    return Backstage(
        conversations(), accounts(), alerts(), rings(), dossiers(), standings(), outreach_switch(), slack_desk(),
        cache(bundle_now), clock(),
    )  # fmt: skip


def slack_stage() -> "Stage":
    """What answers Slack."""
    from health_monitor.flows.slack_stage import Stage

    return Stage(backstage(), outbox(), suppressions())


def slack_counter() -> "Counter":
    """What takes messages and cards to Slack."""
    from health_monitor.flows.deliver import Counter

    return Counter(
        claims(), courier("slack"), outbox(), backstage(), setting("HM_SLACK_CHANNEL"), setting("HM_OPERATIONS_EMAIL")
    )


def outreach_desk() -> "OutreachDesk":
    """What beginning a conversation reads and writes."""
    from health_monitor.flows.begin_outreach import OutreachDesk

    return OutreachDesk(
        accounts(), rings(), conversations(), flags(), dossiers(), standings(), suppressions(),
        outreach_switch(), outbox(), clock(), setting("HM_OPERATIONS_EMAIL"), draft_writer(),
    )  # fmt: skip


def following_up() -> "FollowUpDesk":
    """What following up works with, by the configuration that is live."""
    from health_monitor.flows.drafting import follow_up_mail
    from health_monitor.flows.follow_up import Desk as FollowUpDesk

    bundle = bundle_now()
    return FollowUpDesk(
        conversations(), alerts(), accounts(), dossiers(), suppressions(), outbox(),
        partial(follow_up_mail, accounts=accounts(), rings=rings(), bundle=bundle, writer=draft_writer()),
        timedelta(days=bundle.routing.task_after_days), setting("HM_OPERATIONS_EMAIL"),
    )  # fmt: skip


def mail_desk() -> "MailDesk":
    """What receiving a mail works with."""
    from health_monitor.flows.receive_mail import Desk as MailDesk

    return MailDesk(
        blobs(), conversations(), threads(), dossiers(), suppressions(), claims(), outbox(), forwarder(),
        setting("HM_MAIL_FROM"), setting("HM_OPERATIONS_EMAIL"),
    )  # fmt: skip


def rescoring() -> "RescoringDesk":
    """What scoring an account again between two nights works with; made anew, with the configuration that is live."""
    from health_monitor.flows.rescore import Desk as RescoringDesk
    from health_monitor.flows.tell_signals import Teller

    teller = Teller(blobs(), accounts(), notices(), outbox(), setting("HM_OPERATIONS_EMAIL"))
    return RescoringDesk(bundle_now(), rings(), states(), dossiers(), standings(), journal(), teller)


def draft_writer() -> Writer | None:
    """The model that words drafts; None where templates do."""
    model = setting_or_nothing("HM_DRAFT_MODEL")
    if not model:
        return None
    # Imported here: a deployment without a model should not pay for its client.
    from health_monitor.adapters.bedrock import BedrockWriter

    return BedrockWriter(model)


def why_no_unsubscribe_page() -> str | None:
    """Why the page behind the links in mails does not answer; None when it does."""
    from health_monitor.adapters.http import a_client, carry

    url = f"{setting('HM_PUBLIC_URL').rstrip('/')}/unsubscribe/is-it-there"
    with a_client() as client:
        try:
            carry(client, client.build_request("GET", url), "the unsubscribe page")
        except (TryAgain, NeedsHuman) as error:
            return str(error)
    return None


@cache
def link_key() -> bytes:
    """The key of the tokens in links and addresses."""
    return secret_field(setting("HM_LINK_SECRET"), "key").encode()


def bundle_now() -> Bundle:
    """The configuration that is live now."""
    from health_monitor.flows.configure import live_bundle

    return live_bundle(journal(), blobs(), default_bundle())


@cache
def aws_world() -> World:
    """Every port on AWS, from the environment; a queue's address is read when a message goes there."""
    return World(
        clock=clock(),
        blobs=blobs(),
        accounts=accounts(),
        rings=rings(),
        arrivals=arrivals(),
        waiting=waiting(),
        names=names(),
        unmatched=unmatched(),
        sources=source_states(),
        erasures=erasures(),
        states=states(),
        dossiers=dossiers(),
        standings=standings(),
        alerts=alerts(),
        notices=notices(),
        claims=claims(),
        outbox=outbox(),
        inbox=inbox(),
        dead_letters=dead_letters(),
        journal=journal(),
        shelf=shelf(),
        courier=courier,
        conversations=conversations(),
        quotas=quotas(),
        suppressions=suppressions(),
        threads=threads(),
        flags=flags(),
        outreach_switch=outreach_switch(),
        mailer=mailer,
        forwarder=forwarder,
        slack_desk=slack_desk,
        crm=crm,
        crm_ledger=crm_ledger(),
    )


@cache
def sources() -> "dict[str, SourceSettings]":
    """The settings of every enabled source, by its name."""
    # Imported here: only the functions of the intake should pay for what the vendors' declarations need.
    from health_monitor.sources import SOURCES

    given = json.loads(setting("HM_SOURCES"))
    return {name: SOURCES[name].settings.model_validate_json(json.dumps(said)) for name, said in given.items()}


def source_secret(source: str) -> dict[str, str]:
    """The fields of a source's secret, as they are now."""
    return secret_fields(f"{setting('HM_SOURCE_SECRETS')}/{source}")


@cache
def keyring() -> "Keyring":
    """The sources' secrets, remembered for a while."""
    from health_monitor.flows.keyring import Keyring

    return Keyring(source_secret, clock())


def take_in() -> "TakeIn":
    """What a source says, into the stores."""
    from health_monitor.flows.reception import Reception
    from health_monitor.flows.take_in import take_in

    return partial(take_in, ports=Reception.of(aws_world()))


def pull_desk() -> "Desk":
    """What one run of `ingest_source` works with; made anew for each run, because a secret may have been renewed."""
    from health_monitor.flows.ingest_source import Desk
    from health_monitor.flows.join import join_known
    from health_monitor.flows.reception import Reception
    from health_monitor.sources import SOURCES

    name = setting("HM_SOURCE")
    return Desk(
        source=SOURCES[name], settings=sources()[name], vendor=vendor(name), take_in=take_in(), clock=clock(),
        join=partial(join_known, ports=Reception.of(aws_world())),
        blobs=blobs(), states=source_states(), journal=journal(), notices=notices(), outbox=outbox(),
        operations_email=setting("HM_OPERATIONS_EMAIL"), slack_channel=setting("HM_SLACK_CHANNEL"),
    )  # fmt: skip


def vendor(name: str) -> Vendor:
    """The API of a source that is pulled. Its secret is read with the first request."""
    # Imported here: only the function that pulls should pay for an HTTP client.
    from health_monitor.adapters.vendor import HttpVendor
    from health_monitor.sources import SOURCES

    source = SOURCES[name]
    if source.pull is None:
        raise NeedsHuman(f"{name} sends by itself and is not pulled; correct HM_SOURCE")
    return HttpVendor(
        source.title, setting("HM_SOURCE_URL"), partial(_authorised, source, source.pull),
        source.pull.seconds_between, clock(), time.sleep, _client(),
    )  # fmt: skip


@cache
def _client() -> "Client":
    from health_monitor.adapters.vendor import a_patient_client

    return a_patient_client()


def _authorised(source: "Source", pull: "Pull") -> Headers:
    secret = source_secret(source.name)
    if missing := [field for field in source.secret if not secret.get(field)]:
        needed = ", ".join(source.secret)
        raise NeedsHuman(f"{source.title}: its secret has no {', '.join(missing)}; it must be JSON with {needed}")
    return pull.authorise(secret)


@cache
def default_bundle() -> Bundle:
    """The configuration that a new deployment starts with."""
    if _DEFAULTS.exists():
        return Bundle.model_validate_json(_DEFAULTS.read_bytes())
    from health_monitor.flows.configure import load_config

    return load_config(config_texts())


def config_texts(folder: Path | None = None) -> dict[str, str]:
    """The configuration's files by name: those of a folder, else those that come with the product.

    A folder without a scorecard, without tips or without one of the mails gets the product's.
    """
    ours = {name: text for name, text in texts_of(_CONFIG).items() if name.startswith(_LENT)} if folder else {}
    return ours | texts_of(folder or _CONFIG)


def config_files(folder: Path) -> list[str]:
    """The names of the configuration's files that a folder has itself."""
    return sorted(texts_of(folder))


def text_file(path: Path) -> TextFile:
    """A file that a person handed us."""
    return LocalText(path)


def disk_spool(*, daily: bool = False) -> Spool:
    """Room for rows that do not fit into memory: an account's rows together, or a day's."""
    return day_spool() if daily else account_spool()


def quarantine_csv(path: Path) -> QuarantineCsv:
    """A file for the rows that could not be used."""
    return QuarantineCsv(path)


def forget() -> None:
    """Read the environment anew at the next call."""
    for accessor in _CACHED:
        accessor.cache_clear()


@cache
def _slack_api() -> "SlackApi":
    from health_monitor.adapters.slack_api import SlackApi

    return SlackApi(setting("HM_SLACK_API_URL"), slack_token)


def slack_token() -> str:
    """With the secret that a signature was checked with a moment ago: a click waits for nothing twice."""
    from health_monitor.flows.keyring import DOUBT

    token = slack_keyring().secret("slack", DOUBT).get("bot_token")
    if not token:
        raise NeedsHuman(f'the secret {setting("HM_SLACK_SECRET")} has no "bot_token"; copy it from the Slack app')
    return token


@cache
def _table() -> Table:
    return Table(setting("HM_TABLE"))


def _queue_url(queue: Queue) -> str:
    return setting(f"HM_{queue.upper()}_QUEUE_URL")


_INTAKE = (names, unmatched, source_states, erasures, dead_letters)
_OUTREACH = (
    conversations, quotas, suppressions, threads, flags, outreach_switch, crm_ledger, mailer, forwarder,
    slack_desk, crm, crm_settings, link_key,
)  # fmt: skip
_STORES = (
    accounts, rings, arrivals, waiting, states, dossiers, standings, alerts, notices, claims, journal, shelf,
)  # fmt: skip
_CACHED = (
    _table,
    default_bundle,
    sources,
    keyring,
    slack_keyring,
    _slack_api,
    clock,
    blobs,
    outbox,
    inbox,
    courier,
    aws_world,
    *_OUTREACH,
    *_INTAKE,
    *_STORES,
)
