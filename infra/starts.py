"""What starts functions by itself: the clock, and events of AWS; and where a start that was missed is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as event_targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as schedule_targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.blocks import OurFunction, alarm_on_silence, allow
from infra.stage import Stage


def start_every(scope: Construct, stage: Stage, minutes: int, ours: OurFunction, name: str, dead: sqs.Queue) -> None:
    """Start it again and again, not on the stroke; what never started, or failed three times, waits in `dead`."""
    between, calm = Duration.minutes(minutes), Duration.minutes(max(1, min(15, minutes // 4)))
    target = schedule_targets.LambdaInvoke(
        ours.function,
        dead_letter_queue=dead,
        max_event_age=between,
        retry_attempts=3,
        # The CDK would allow every version of the function as well; there is one.
        role=_starter(scope, name, ours, dead).without_policy_updates(),
    )
    scheduler.Schedule(
        scope,
        f"every-{name}",
        schedule_name=f"{stage.prefix}-{name}",
        description=f"Starts {ours.node.id} every {minutes} minutes, up to {calm.to_minutes()} minutes later.",
        schedule=_times(stage, minutes),
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
    alarm_on_silence(scope, f"no-{name}", started, says)


def start_on(
    scope: Construct,
    name: str,
    ours: OurFunction,
    dead: sqs.Queue,
    says: str,
    source: str,
    kinds: Sequence[str],
    detail: Mapping[str, Any],
) -> None:
    """Start it with each event of AWS that looks so; what never arrived, or failed three times, waits in `dead`."""
    events.Rule(
        scope,
        name,
        description=says,
        event_pattern=events.EventPattern(source=[source], detail_type=list(kinds), detail=detail),
        targets=[event_targets.LambdaFunction(ours.function, dead_letter_queue=dead, retry_attempts=10)],
    )
    # The rule's dead letters are events that never arrived; these are the ones the function could not handle.
    ours.function.configure_async_invoke(on_failure=destinations.SqsDestination(dead), retry_attempts=2)


def _times(stage: Stage, minutes: int) -> scheduler.ScheduleExpression:
    """At full hours; one of them is the last before the night, which judges a day that has been asked for whole."""
    hours = range((stage.schedule_hour - 1) % (minutes // 60), 24, minutes // 60)
    return scheduler.ScheduleExpression.cron(minute="0", hour=",".join(map(str, hours)))


def _starter(scope: Construct, name: str, ours: OurFunction, dead: sqs.Queue) -> iam.Role:
    role = iam.Role(scope, f"Starter-{name}", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
    allow(role, ("lambda:InvokeFunction",), [ours.function.function_arn])
    allow(role, ("sqs:SendMessage",), [dead.queue_arn])
    return role
