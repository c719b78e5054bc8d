"""The kinds of things we deploy, each with its safety belt: own role, dead letters, alarms, expiring logs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aws_cdk import Acknowledgment, ArnFormat, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from health_monitor.settings import NEEDS
from infra.assets import ROOT, Layers
from infra.stage import Stage

FUNCTIONS = ROOT / "functions"
# With six minutes between two attempts, two hours: an outage of a channel passes, and its messages go out after it.
DELIVERIES_BEFORE_DEAD = 20
MESSAGES_KEPT = Duration.days(14)
WAITING_TOO_LONG = Duration.hours(1)


@dataclass(frozen=True)
class Size:
    """How long one call of a function may take, and with how much memory."""

    timeout: Duration
    memory_mb: int


@dataclass(frozen=True)
class Surroundings:
    """What every function of a stack shares: its stage, its layers, and every value it could be told."""

    stage: Stage
    layers: tuple[lambda_.ILayerVersion, ...]
    values: Mapping[str, str]

    def environment(self, name: str, reads: Iterable[str]) -> dict[str, str]:
        """Exactly the variables the function's code reads, no more; one without a value stops the synthesis."""
        missing = [variable for variable in reads if variable not in self.values]
        if missing:
            raise LookupError(f"{name} reads {', '.join(missing)}, and nothing in infra/ gives it a value.")
        return {variable: self.values[variable] for variable in reads}

    def and_also(self, **values: str) -> "Surroundings":
        """The same surroundings with these values known as well."""
        return replace(self, values={**self.values, **values})


def our_layers(scope: Construct, folders: Layers) -> tuple[lambda_.ILayerVersion, ...]:
    """The two layers of every function: third-party packages, which rarely change, and ours, which often does."""
    return (
        _layer(scope, "Deps", folders.deps, "Third-party packages, exactly as locked"),
        _layer(scope, "Core", folders.core, "The health_monitor package"),
    )


class OurFunction(Construct):
    """One Lambda with its own role and its own expiring log; it may do nothing until somebody grants it."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        around: Surroundings,
        size: Size,
        folder: str | None = None,
        at_once: int | None = None,
    ) -> None:
        super().__init__(scope, name)
        folder = folder or name
        self.reads = NEEDS[name if name in NEEDS else folder]
        function_name = f"{around.stage.prefix}-{name}"
        log = expiring_log(self, "Log", f"/aws/lambda/{function_name}", around.stage)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(FUNCTIONS / folder), exclude=["__pycache__", "*.pyc"]),
            layers=list(around.layers),
            environment=around.environment(name, self.reads),
            timeout=size.timeout,
            memory_size=size.memory_mb,
            reserved_concurrent_executions=at_once if around.stage.reserves_concurrency else None,
            role=self.role,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
        )
        explain(self.function, "AwsSolutions-L1", "The layers are built and compiled for Python 3.13.")


def expiring_log(scope: Construct, id: str, name: str, stage: Stage) -> logs.LogGroup:
    """A log that forgets: nobody pays for, or has to protect, last year's lines."""
    removal = RemovalPolicy.DESTROY
    return logs.LogGroup(scope, id, log_group_name=name, retention=stage.log_expiry, removal_policy=removal)


def queue(scope: Construct, name: str, stage: Stage, visibility: Duration) -> sqs.Queue:
    """A queue whose hopeless messages are kept aside, and which says so when messages wait too long or fail."""
    dead = dead_letters(scope, f"{name}-dead", stage)
    alive = sqs.Queue(
        scope,
        name,
        queue_name=f"{stage.prefix}-{name}",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        visibility_timeout=visibility,
        # As long as AWS keeps any: whoever restores a table has stopped what reads here, and loses nothing meanwhile.
        retention_period=MESSAGES_KEPT,
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=DELIVERIES_BEFORE_DEAD),
    )
    age = alive.metric_approximate_age_of_oldest_message(period=Duration.minutes(5), statistic="Maximum")
    alarm(scope, f"{name}-waits", age, f"Messages in {name} wait more than an hour.", WAITING_TOO_LONG.to_seconds())
    return alive


def dead_letters(scope: Construct, name: str, stage: Stage) -> sqs.Queue:
    """Where what could not be handled waits for a person; the first one to arrive raises an alarm."""
    dead = sqs.Queue(
        scope,
        name,
        queue_name=f"{stage.prefix}-{name}",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=MESSAGES_KEPT,
    )
    explain(dead, "AwsSolutions-SQS3", "This is a dead-letter queue; it ends here, with an alarm.")
    depth = dead.metric_approximate_number_of_messages_visible(period=Duration.minutes(5), statistic="Maximum")
    alarm(scope, f"{name}-filled", depth, f"Something in {name} could not be handled and needs a person.")
    return dead


def alarm(
    scope: Construct, name: str, metric: cloudwatch.IMetric, says: str, above: float = 0, periods: int = 1
) -> cloudwatch.Alarm:
    """An alarm that rings when the number rises above the mark; no data means nothing happened."""
    return cloudwatch.Alarm(
        scope,
        f"{name}-alarm",
        metric=metric,
        alarm_description=says,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold=above,
        evaluation_periods=periods,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


def alarm_on_silence(
    scope: Construct, name: str, metric: cloudwatch.IMetric, says: str, periods: int = 1
) -> cloudwatch.Alarm:
    """An alarm that rings when something that should happen does not, not even once in each of the metric's periods."""
    return cloudwatch.Alarm(
        scope,
        f"{name}-alarm",
        metric=metric,
        alarm_description=says,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold=1,
        evaluation_periods=periods,
        treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
    )


def allow(role: iam.IRole, actions: tuple[str, ...], resources: list[str]) -> None:
    """Let whoever has this role do these things to these resources, and to nothing else."""
    role.add_to_principal_policy(iam.PolicyStatement(actions=list(actions), resources=resources))


def explain(construct: IConstruct, finding: str, reason: str) -> None:
    """Answer a security check in words, where the thing it asks about stands."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def may_send_mail(role: iam.IRole, identities: list[str], *also: str) -> None:
    """Let whoever has this role send mail from these SES identities; `also`: what a mail goes out by besides."""
    # SES asks for the second permission when it is handed a finished mail instead of its parts.
    allow(role, ("ses:SendEmail", "ses:SendRawEmail"), [*identities, *also])


def named_arn(scope: Construct, service: str, resource: str, name: str) -> str:
    """The ARN of something in this account that is known by its name."""
    form = ArnFormat.SLASH_RESOURCE_NAME if service == "ses" else ArnFormat.COLON_RESOURCE_NAME
    return Stack.of(scope).format_arn(service=service, resource=resource, resource_name=name, arn_format=form)


def _layer(scope: Construct, id: str, folder: object, description: str) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        scope,
        id,
        code=lambda_.Code.from_asset(str(folder)),
        description=description,
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[lambda_.Architecture.ARM_64],
    )
