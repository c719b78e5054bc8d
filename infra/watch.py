"""How operations notice: every alarm goes to one mailbox, and one page shows the night at a glance."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.action import Delivery, Queues
from infra.blocks import alarm, alarm_on_silence
from infra.data import Data
from infra.ingest import Ingest
from infra.outreach import Outreach
from infra.scoring import Scoring
from infra.stage import Stage

DAY = Duration.days(1)
QUARTER = Duration.minutes(15)
HOUR = Duration.hours(1)
# At 5% bounces, or 0.1% complaints, AWS puts the account under review: "Reputation metrics messages" in the Amazon SES
# Developer Guide. We want to hear of it at half of that.
BOUNCES, COMPLAINTS = 0.025, 0.0005


class Watch(Construct):
    """The alarms' mailbox and the operations page."""

    def __init__(self, scope: Construct, id: str, stage: Stage, scoring: Scoring) -> None:
        super().__init__(scope, id)
        self.stage = stage
        self._night_alarms(scoring)
        self._reputation_alarms()
        self.page = cloudwatch.Dashboard(self, "Page", dashboard_name=f"{stage.prefix}-operations")

    def show(
        self, scoring: Scoring, ingest: Ingest, delivery: Delivery, outreach: Outreach, queues: Queues, data: Data
    ) -> None:
        """Put the intake, the runs, the functions, the messages, customer mail and the store on the page."""
        all_of_ours = (
            *ingest.functions, *scoring.functions.values(), delivery.email, delivery.slack, *outreach.functions,
        )  # fmt: skip
        functions = [ours.function for ours in all_of_ours]
        machine = scoring.machine
        self._show_intake(ingest)
        self.page.add_widgets(
            _graph("Nightly runs", machine.metric_succeeded(period=DAY), machine.metric_failed(period=DAY)),
            _graph("How long a run takes", machine.metric_time(period=DAY)),
        )
        self.page.add_widgets(
            _graph("Function errors", *(function.metric_errors(period=QUARTER) for function in functions)),
            _graph("Function durations", *(function.metric_duration(period=QUARTER) for function in functions)),
        )
        self.page.add_widgets(
            _graph("Mail through SES", *(_mail(what) for what in ("Send", "Delivery", "Bounce", "Complaint"))),
            _graph("Rates by which AWS judges us", *map(_reputation, ("BounceRate", "ComplaintRate"))),
        )
        doors = queues.by_variable.values()
        waiting = (door.metric_approximate_number_of_messages_visible(period=QUARTER) for door in doors)
        units = (data.table.metric_consumed_read_capacity_units, data.table.metric_consumed_write_capacity_units)
        self.page.add_widgets(
            _graph("Messages waiting", *waiting),
            _graph("Table units", *(unit(period=QUARTER) for unit in units)),
        )

    def _show_intake(self, ingest: Ingest) -> None:
        api, bodies = ingest.api.api, ingest.queue
        pulls = [ours.function for ours in ingest.pulls.values()]
        answers = (api.metric_count, api.metric_client_error, api.metric_server_error)
        self.page.add_widgets(
            _graph("Webhooks: all, refused, failed", *(answer(period=QUARTER, statistic="Sum") for answer in answers)),
            _graph("How long senders wait", api.metric_latency(period=QUARTER, statistic="p99")),
        )
        self.page.add_widgets(
            _graph(
                "Bodies waiting, and how long the oldest",
                bodies.metric_approximate_number_of_messages_visible(period=QUARTER),
                bodies.metric_approximate_age_of_oldest_message(period=QUARTER),
            ),
            _graph("How long pulls take", *(pull.metric_duration(period=QUARTER) for pull in pulls)),
        )

    def ring_for_every_alarm(self) -> None:
        """Send every alarm of this stack to operations. Call it last: an alarm made later would ring unheard."""
        mailbox = _mailbox(self, self.stage)
        for construct in Stack.of(self).node.find_all():
            if isinstance(construct, cloudwatch.Alarm):
                construct.add_alarm_action(actions.SnsAction(mailbox))

    def _reputation_alarms(self) -> None:
        for name, what, above, says in (
            ("bounces", "BounceRate", BOUNCES, "More than 2.5% of mail bounces; at 5% AWS reviews the account."),
            ("complaints", "ComplaintRate", COMPLAINTS, "More than 0.05% complain; at 0.1% AWS reviews the account."),
        ):
            alarm(self, name, _reputation(what), says, above=above)

    def _night_alarms(self, scoring: Scoring) -> None:
        for name, metric, says in (
            ("run-failed", scoring.machine.metric_failed(period=QUARTER), "A nightly run failed."),
            ("run-timed-out", scoring.machine.metric_timed_out(period=QUARTER), "A nightly run took too long."),
        ):
            alarm(self, name, metric, says)
        # A day, and as long as a run may take: the window slides, and a night may end later than the one before.
        runs = scoring.machine.metric_succeeded(period=Duration.hours(6), statistic="Sum")
        alarm_on_silence(self, "no-run", runs, "No nightly run has succeeded for 30 hours.", periods=5)


def _mail(what: str) -> cloudwatch.Metric:
    """What SES counts of all mail of the account."""
    return cloudwatch.Metric(namespace="AWS/SES", metric_name=what, period=HOUR, statistic="Sum")


def _reputation(what: str) -> cloudwatch.Metric:
    """Of the whole account: that is what AWS judges, and all mail stops when it does."""
    return cloudwatch.Metric(namespace="AWS/SES", metric_name=f"Reputation.{what}", period=HOUR, statistic="Maximum")


def _mailbox(scope: Construct, stage: Stage) -> sns.Topic:
    topic = sns.Topic(scope, "Operations", topic_name=f"{stage.prefix}-operations", enforce_ssl=True)
    topic.add_subscription(subscriptions.EmailSubscription(stage.operations_email))
    # Demanding TLS replaced the policy that lets this account's alarms publish: say it again, for this account only.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        )
    )
    return topic


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)
