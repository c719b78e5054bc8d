"""How messages leave: one queue and one copy of the same function for each channel."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra.blocks import OurFunction, Size, Surroundings, allow, named_arn, queue
from infra.data import Data, may_use_files, may_use_rows
from infra.stage import Stage

SIZE = Size(timeout=Duration.seconds(60), memory_mb=512)
# Six times the function's own limit, as AWS advises: no message is handed out twice while one call may still be
# working on it. A claim on a message must not outlive this either.
VISIBILITY = Duration.seconds(360)
# Few enough that one call gets to each of them, however slowly the channel answers: every receive is a real attempt.
MESSAGES_AT_ONCE = 2
SENDERS_AT_ONCE = 2


class Queues(Construct):
    """Where messages to people, and errands about conversations with customers, wait for whoever takes them out."""

    def __init__(self, scope: Construct, id: str, stage: Stage) -> None:
        super().__init__(scope, id)
        self.email = queue(self, "email", stage, VISIBILITY)
        self.slack = queue(self, "slack", stage, VISIBILITY)
        self.outreach = queue(self, "outreach", stage, VISIBILITY)
        self.follow_up = queue(self, "follow-up", stage, VISIBILITY)
        self.crm = queue(self, "crm", stage, VISIBILITY)
        self.rescore = queue(self, "rescore", stage, VISIBILITY)

    @property
    def by_variable(self) -> dict[str, sqs.Queue]:
        """Each queue, by the variable that tells functions where it is."""
        return {
            "HM_EMAIL_QUEUE_URL": self.email,
            "HM_SLACK_QUEUE_URL": self.slack,
            "HM_OUTREACH_QUEUE_URL": self.outreach,
            "HM_FOLLOW_UP_QUEUE_URL": self.follow_up,
            "HM_CRM_QUEUE_URL": self.crm,
            "HM_RESCORE_QUEUE_URL": self.rescore,
        }

    @property
    def variables(self) -> dict[str, str]:
        """How functions find the queues."""
        return {name: door.queue_url for name, door in self.by_variable.items()}

    def may_be_filled_by(self, ours: OurFunction) -> None:
        """Let the function hand over to each queue whose address its code reads, and to no other."""
        if doors := [door.queue_arn for name, door in self.by_variable.items() if name in ours.reads]:
            allow(ours.role, ("sqs:SendMessage",), doors)


class Delivery(Construct):
    """The two copies of `deliver`, each with the one permission its channel takes."""

    def __init__(self, scope: Construct, id: str, around: Surroundings, data: Data, queues: Queues) -> None:
        super().__init__(scope, id)
        self.email = self._deliver("email", around, data, queues.email)
        allow(self.email.role, ("ses:SendEmail",), sender_identities(self, around.stage.mail_from))
        self.slack = self._deliver("slack", around, data, queues.slack)
        allow(self.slack.role, ("secretsmanager:GetSecretValue",), [data.slack_token.secret_arn])
        # A card is written by the configuration that is live now; while Slack is down, mail goes instead.
        may_use_files(self.slack.role, data.bucket, read=("config",))
        queues.may_be_filled_by(self.slack)

    def _deliver(self, channel: str, around: Surroundings, data: Data, source: sqs.Queue) -> OurFunction:
        channelled = around.and_also(HM_CHANNEL=channel)
        deliver = OurFunction(
            # A mailbox and a Slack workspace take about one message a second; more senders would only be turned away.
            self,
            f"deliver_{channel}",
            channelled,
            SIZE,
            folder="deliver",
            at_once=SENDERS_AT_ONCE,
        )
        may_use_rows(deliver.role, data.table)
        take_from(source, deliver, MESSAGES_AT_ONCE)
        return deliver


def take_from(source: sqs.Queue, ours: OurFunction, at_once: int, gathered: Duration | None = None) -> None:
    """Hand the function what waits in the queue, so many at once; those it could not handle come again, alone.

    gathered: how long a batch may wait for more.
    """
    ours.function.add_event_source(
        SqsEventSource(
            source,
            batch_size=at_once,
            max_batching_window=gathered,
            max_concurrency=SENDERS_AT_ONCE,
            report_batch_item_failures=True,
        )
    )


def sender_identities(scope: Construct, mail_from: str) -> list[str]:
    """SES checks the address where that is verified, otherwise its domain: allow the two, and no other sender."""
    domain = mail_from.partition("@")[2]
    return [named_arn(scope, "ses", "identity", identity) for identity in (mail_from, domain)]
