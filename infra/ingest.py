"""How records arrive by themselves: pulls on a schedule, webhooks at one address, and a queue that a consumer reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from health_monitor.flows.configure import load_sources
from health_monitor.sources import SOURCES
from health_monitor.sources.spec import Source, SourceSettings
from infra.action import Queues
from infra.api import Api, Open
from infra.blocks import OurFunction, Size, Surroundings, allow, dead_letters, queue
from infra.data import Data, may_remove_rows, may_use_files, may_use_rows
from infra.starts import start_every

# A pull ends by itself before its time is out, and the next schedule goes on where it stopped.
PULL = Size(timeout=Duration.minutes(15), memory_mb=1769)
# Senders give up after three to five seconds: enough memory to answer in well under one.
RECEIVE = Size(timeout=Duration.seconds(10), memory_mb=1024)
CONSUME = Size(timeout=Duration.minutes(5), memory_mb=1769)
ERASE = Size(timeout=Duration.minutes(15), memory_mb=1769)
ONE_AT_A_TIME = 1
RESULTS = ("archive", "names", "quarantine", "late", "waiting")
WEBHOOKS = Open(
    "/webhooks/{source}",
    (http.HttpMethod.POST,),
    "The function checks each body's signature; senders have no AWS identity.",
)


@dataclass(frozen=True)
class Enabled:
    """A source that is on: its declaration, and what the team's file says about it."""

    source: Source
    settings: SourceSettings


def enabled_sources(file: Path) -> dict[str, Enabled]:
    """Every source that is on in this sources.yaml, by name. Raises NeedsHuman with every mistake in it."""
    on = load_sources(file.read_text())
    return {name: Enabled(SOURCES[name], settings) for name, settings in sorted(on.items())}


def known_to_functions(sources: Mapping[str, Enabled]) -> dict[str, str]:
    """What functions are told about the sources that are on."""
    settings = {name: each.settings.model_dump(mode="json") for name, each in sources.items()}
    return {"HM_SOURCES": json.dumps(settings, sort_keys=True, separators=(",", ":"))}


class Ingest(Construct):
    """Everything that takes records in, and what forgets people in them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        around: Surroundings,
        data: Data,
        queues: Queues,
        sources: Mapping[str, Enabled],
    ) -> None:
        super().__init__(scope, id)
        self.stage = around.stage
        # Six times the consumer's own limit, and the time in which a batch is gathered, as AWS advises.
        hidden = Duration.seconds(6 * CONSUME.timeout.to_seconds() + self.stage.bodies_wait_seconds)
        self.queue = queue(self, "intake", self.stage, hidden)
        around = around.and_also(**known_to_functions(sources), HM_INTAKE_QUEUE_URL=self.queue.queue_url)
        self.pulls = self._pulls(around, data, queues, sources)
        self.receive = self._receive(around, data, [name for name, it in sources.items() if it.source.push])
        # Its place and its id stay what they were: others would be another address, which senders had to be told.
        self.api = Api(self, "Webhooks", self.stage)
        self.api.lead(WEBHOOKS, self.receive)
        self.consume = self._consume(around, data)
        # A meeting or a ticket that a sender tells of may answer a conversation.
        queues.may_be_filled_by(self.consume)
        self.erase = self._erase(around, data)

    @property
    def webhook_url(self) -> str:
        """Where senders post to, without the source's name at the end."""
        return f"{self.api.url}/webhooks"

    @property
    def functions(self) -> tuple[OurFunction, ...]:
        """Every function of the intake."""
        return *self.pulls.values(), self.receive, self.consume, self.erase

    def _pulls(
        self, around: Surroundings, data: Data, queues: Queues, sources: Mapping[str, Enabled]
    ) -> dict[str, OurFunction]:
        """One copy of the same function for each source that is asked."""
        dead = dead_letters(self, "not-pulled", self.stage)
        made = {}
        for name, each in sources.items():
            if each.source.pull and each.source.address:
                url = each.source.address(each.settings)
                told = around.and_also(HM_SOURCE=name, HM_SOURCE_URL=url)
                # A pull must not overlap itself: a vendor counts our requests, and two pulls would fight over a cursor.
                pull = OurFunction(self, f"ingest_source_{name}", told, PULL, "ingest_source", at_once=ONE_AT_A_TIME)
                _may_take_in(pull, data, also_read=("seen",), also_write=("seen",))
                allow(pull.role, ("secretsmanager:GetSecretValue",), [data.source_secrets[name].secret_arn])
                queues.may_be_filled_by(pull)
                start_every(self, self.stage, each.source.pull.every_minutes, pull, name, dead)
                made[name] = pull
        return made

    def _receive(self, around: Surroundings, data: Data, pushing: list[str]) -> OurFunction:
        receive = OurFunction(self, "receive_webhook", around, RECEIVE)
        may_use_files(receive.role, data.bucket, read=(), write=("inbox",))
        allow(receive.role, ("sqs:SendMessage",), [self.queue.queue_arn])
        if pushing:
            secrets = [data.source_secrets[name].secret_arn for name in pushing]
            allow(receive.role, ("secretsmanager:GetSecretValue",), secrets)
        return receive

    def _consume(self, around: Surroundings, data: Data) -> OurFunction:
        consume = OurFunction(self, "consume_events", around, CONSUME)
        _may_take_in(consume, data, also_read=("inbox",))
        consume.function.add_event_source(
            SqsEventSource(
                self.queue,
                # Many bodies at once, because writing an account's events of an hour together is one write, not many.
                batch_size=self.stage.bodies_at_once,
                max_batching_window=Duration.seconds(self.stage.bodies_wait_seconds),
                max_concurrency=self.stage.consumers_at_once,
                report_batch_item_failures=True,
            )
        )
        return consume

    def _erase(self, around: Surroundings, data: Data) -> OurFunction:
        erase = OurFunction(self, "erase_people", around, ERASE)
        may_use_rows(erase.role, data.table, indexes=("directory",))
        may_remove_rows(erase.role, data.table)
        rewritten = (
            "archive", "config", "history", "inbox", "late", "mail", "model", "quarantine", "runs", "summaries",
            "waiting",
        )  # fmt: skip
        written = (*rewritten, "erasures", "names")
        may_use_files(erase.role, data.bucket, read=(*rewritten, "names"), write=written, remove=rewritten)
        # A year's archive is more than a quarter of an hour's work; where nobody asked, an hourly look costs nothing.
        start_every(self, self.stage, 60, erase, "erasures", dead_letters(self, "not-erased", self.stage))
        return erase


def _may_take_in(
    ours: OurFunction, data: Data, also_read: tuple[str, ...] = (), also_write: tuple[str, ...] = ()
) -> None:
    """Let a function store records: find their accounts, add their events, keep what cannot be used or has to wait."""
    may_use_rows(ours.role, data.table, indexes=("directory",))
    may_remove_rows(ours.role, data.table)
    read, write = (*RESULTS, *also_read), (*RESULTS, *also_write)
    may_use_files(ours.role, data.bucket, read=read, write=write, remove=("waiting",))
