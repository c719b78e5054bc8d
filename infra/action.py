"""How messages leave: one queue and one copy of the same function for each channel."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra.blocks import OurFunction, Size, Surroundings, allow, named_arn, queue
from infra.data import Data, may_use_rows
from infra.stage import Stage

SIZE = Size(timeout=Duration.seconds(60), memory_mb=512)
# Six times the function's own limit, as AWS advises: no message is handed out twice while one call may still be
# working on it. A claim on a message must not outlive this either.
VISIBILITY = Duration.seconds(360)
# Few enough that one call gets to each of them, however slowly the channel answers: every receive is a real attempt.
MESSAGES_AT_ONCE = 2
SENDERS_AT_ONCE = 2


class Queues(Construct):
    """The two doors to people: what is put into a queue is delivered."""

    def __init__(self, scope: Construct, id: str, stage: Stage) -> None:
        super().__init__(scope, id)
        self.email = queue(self, "email", stage, VISIBILITY)
        self.slack = queue(self, "slack", stage, VISIBILITY)

    @property
    def both(self) -> tuple[sqs.Queue, sqs.Queue]:
        """One queue for each channel."""
        return self.email, self.slack

    @property
    def variables(self) -> dict[str, str]:
        """How functions find the queues."""
        return {"HM_EMAIL_QUEUE_URL": self.email.queue_url, "HM_SLACK_QUEUE_URL": self.slack.queue_url}

    def may_be_filled_by(self, role: iam.IRole) -> None:
        """Let whoever has this role hand over messages for people."""
        allow(role, ("sqs:SendMessage",), [door.queue_arn for door in self.both])


class Delivery(Construct):
    """The two copies of `deliver`, each with the one permission its channel takes."""

    def __init__(self, scope: Construct, id: str, around: Surroundings, data: Data, queues: Queues) -> None:
        super().__init__(scope, id)
        self.email = self._deliver("email", around, data, queues.email)
        allow(self.email.role, ("ses:SendEmail",), _sender_identities(self, around.stage.mail_from))
        self.slack = self._deliver("slack", around, data, queues.slack)
        allow(self.slack.role, ("secretsmanager:GetSecretValue",), [data.slack_token.secret_arn])

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
        deliver.function.add_event_source(
            SqsEventSource(
                source,
                batch_size=MESSAGES_AT_ONCE,
                max_concurrency=SENDERS_AT_ONCE,
                report_batch_item_failures=True,
            )
        )
        return deliver


def _sender_identities(scope: Construct, mail_from: str) -> list[str]:
    """SES checks the address where that is verified, otherwise its domain: allow the two, and no other sender."""
    domain = mail_from.partition("@")[2]
    return [named_arn(scope, "ses", "identity", identity) for identity in (mail_from, domain)]
