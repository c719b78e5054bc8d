"""How records arrive by themselves: pulls on a schedule, webhooks at one address, and a queue that a consumer reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as schedule_targets
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from health_monitor.flows.configure import load_sources
from health_monitor.sources import SOURCES
from health_monitor.sources.spec import Source, SourceSettings
from infra.action import Queues
from infra.blocks import (
    OurFunction,
    Size,
    Surroundings,
    alarm,
    alarm_on_silence,
    allow,
    dead_letters,
    expiring_log,
    explain,
    queue,
)
from infra.data import Data, may_remove_rows, may_use_files, may_use_rows

# A pull ends by itself before its time is out, and the next schedule goes on where it stopped.
PULL = Size(timeout=Duration.minutes(15), memory_mb=1769)
# Senders give up after three to five seconds: enough memory to answer in well under one.
RECEIVE = Size(timeout=Duration.seconds(10), memory_mb=1024)
CONSUME = Size(timeout=Duration.minutes(5), memory_mb=1769)
ERASE = Size(timeout=Duration.minutes(15), memory_mb=1769)
ONE_AT_A_TIME = 1
RESULTS = ("archive", "names", "quarantine", "late", "waiting")
QUARTER = Duration.minutes(15)
REFUSED_TOO_OFTEN = 100
LOG_LINE = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "path": "$context.path",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "error": "$context.integrationErrorMessage",
}


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
        self.api = Webhooks(self, "Webhooks", around, self.receive)
        self.consume = self._consume(around, data)
        self.erase = self._erase(around, data)

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
                queues.may_be_filled_by(pull.role)
                self._start_every(each.source.pull.every_minutes, pull, name, dead)
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
        rewritten = ("archive", "history", "inbox", "late", "quarantine", "runs", "waiting")
        written = (*rewritten, "erasures", "names")
        may_use_files(erase.role, data.bucket, read=(*rewritten, "names"), write=written, remove=rewritten)
        # A year's archive is more than a quarter of an hour's work; where nobody asked, an hourly look costs nothing.
        self._start_every(60, erase, "erasures", dead_letters(self, "not-erased", self.stage))
        return erase

    def _start_every(self, minutes: int, ours: OurFunction, name: str, dead: sqs.Queue) -> None:
        """Start it again and again, not on the stroke; what never started, or failed three times, waits in `dead`."""
        between, calm = Duration.minutes(minutes), Duration.minutes(max(1, min(15, minutes // 4)))
        target = schedule_targets.LambdaInvoke(
            ours.function,
            dead_letter_queue=dead,
            max_event_age=between,
            retry_attempts=3,
            # The CDK would allow every version of the function as well; there is one.
            role=self._starter(name, ours, dead).without_policy_updates(),
        )
        scheduler.Schedule(
            self,
            f"every-{name}",
            schedule_name=f"{self.stage.prefix}-{name}",
            description=f"Starts {ours.node.id} every {minutes} minutes, up to {calm.to_minutes()} minutes later.",
            schedule=self._times(minutes),
            time_window=scheduler.TimeWindow.flexible(calm),
            target=target,
        )
        # The schedule only hands the call over; these are Lambda's own attempts, and the calls it gave up on.
        ours.function.configure_async_invoke(
            on_failure=destinations.SqsDestination(dead), retry_attempts=2, max_event_age=between
        )
        silence = Duration.minutes(3 * minutes)
        started = ours.function.metric_invocations(period=silence, statistic="Sum")
        says = f"{ours.node.id} was not started for {silence.to_hours():.0f} hours."
        alarm_on_silence(self, f"no-{name}", started, says)

    def _times(self, minutes: int) -> scheduler.ScheduleExpression:
        """At full hours; one of them is the last before the night, which judges a day that has been asked for whole."""
        hours = range((self.stage.schedule_hour - 1) % (minutes // 60), 24, minutes // 60)
        return scheduler.ScheduleExpression.cron(minute="0", hour=",".join(map(str, hours)))

    def _starter(self, name: str, ours: OurFunction, dead: sqs.Queue) -> iam.Role:
        role = iam.Role(self, f"Starter-{name}", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        allow(role, ("lambda:InvokeFunction",), [ours.function.function_arn])
        allow(role, ("sqs:SendMessage",), [dead.queue_arn])
        return role


class Webhooks(Construct):
    """The one address that senders post to."""

    def __init__(self, scope: Construct, id: str, around: Surroundings, receive: OurFunction) -> None:
        super().__init__(scope, id)
        stage = around.stage
        self.api = http.HttpApi(self, "Api", api_name=f"{stage.prefix}-webhooks", create_default_stage=False)
        (route,) = self.api.add_routes(
            path="/webhooks/{source}",
            methods=[http.HttpMethod.POST],
            integration=HttpLambdaIntegration("receive_webhook", receive.function),
        )
        explain(route, "AwsSolutions-APIG4", "The function checks each body's signature; senders have no AWS identity.")
        self._open(around)
        self._watch()

    @property
    def url(self) -> str:
        """Where senders post to, without the source's name at the end."""
        return f"{self.api.api_endpoint}/webhooks"

    def _open(self, around: Surroundings) -> None:
        stage = around.stage
        limits = http.ThrottleSettings(rate_limit=stage.webhooks_a_second, burst_limit=2 * stage.webhooks_a_second)
        opened = http.HttpStage(self, "Stage", http_api=self.api, auto_deploy=True, throttle=limits)
        # Below this prefix AWS lets log deliveries in by itself, and no list of allowed logs can grow too long.
        log = expiring_log(self, "Log", f"/aws/vendedlogs/webhooks/{stage.prefix}", stage)
        inner = opened.node.default_child
        assert isinstance(inner, http.CfnStage)
        # Who sent what stays out: neither bodies nor headers nor addresses of people.
        inner.access_log_settings = http.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(LOG_LINE)
        )

    def _watch(self) -> None:
        failed = self.api.metric_server_error(period=QUARTER, statistic="Sum")
        alarm(self, "webhooks-failed", failed, "Senders got an error of ours; they try again for a while.")
        refused = self.api.metric_client_error(period=QUARTER, statistic="Sum")
        says = "Many webhooks were refused: a wrong secret, an oversized body, or somebody guessing."
        alarm(self, "webhooks-refused", refused, says, above=REFUSED_TOO_OFTEN)


def _may_take_in(
    ours: OurFunction, data: Data, also_read: tuple[str, ...] = (), also_write: tuple[str, ...] = ()
) -> None:
    """Let a function store records: find their accounts, add their events, keep what cannot be used or has to wait."""
    may_use_rows(ours.role, data.table, indexes=("directory",))
    may_remove_rows(ours.role, data.table)
    read, write = (*RESULTS, *also_read), (*RESULTS, *also_write)
    may_use_files(ours.role, data.bucket, read=read, write=write, remove=("waiting",))
