"""The nightly run: its functions, the machine that calls them in order, and what starts it."""

import json

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as schedule_targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.action import Queues, take_from
from infra.blocks import OurFunction, Size, Surroundings, allow, dead_letters, expiring_log, explain, named_arn
from infra.data import Data, may_remove_rows, may_use_files, may_use_rows, may_write_many_rows
from infra.nightly import nightly_run
from infra.outreach import may_word_drafts
from infra.starts import start_on

SIZES = {
    "plan_scoring": Size(timeout=Duration.minutes(5), memory_mb=1024),
    # One whole virtual CPU: reading and deciding is computing, and half the memory would take twice as long.
    "score_accounts": Size(timeout=Duration.minutes(10), memory_mb=1769),
    "summarise": Size(timeout=Duration.minutes(15), memory_mb=1769),
    "decide_alerts": Size(timeout=Duration.minutes(15), memory_mb=1769),
    "learn_outcomes": Size(timeout=Duration.minutes(15), memory_mb=1769),
    "report_run": Size(timeout=Duration.minutes(5), memory_mb=1024),
}
RESCORE = Size(timeout=Duration.seconds(50), memory_mb=1024)
# What is told of an account in a burst is scored once, and still within a minute.
BURST, BURST_ENDS = 10, Duration.seconds(5)
MISSED_START = Duration.hours(6)
ENDED_BADLY = ["FAILED", "TIMED_OUT", "ABORTED"]


class Scoring(Construct):
    """Everything that judges the accounts every night."""

    def __init__(self, scope: Construct, id: str, around: Surroundings, data: Data, queues: Queues) -> None:
        super().__init__(scope, id)
        self.stage = around.stage
        self.functions = {name: OurFunction(self, name, around, size) for name, size in SIZES.items()}
        self._grant(data, queues)
        self.rescore = self._rescore(around, data, queues)
        self.machine = self._machine(data)
        self._start_every_night()
        self._report_bad_endings()

    def _grant(self, data: Data, queues: Queues) -> None:
        plan, score, summarise, decide, learn, report = (self.functions[name].role for name in SIZES)
        may_use_rows(plan, data.table, indexes=("directory",))
        may_use_files(plan, data.bucket, read=("runs", "config", "history"), write=("runs", "config"))
        may_use_rows(score, data.table)
        # It also takes away the pages of users that a newer ring no longer lists.
        may_remove_rows(score, data.table)
        # A batch that was judged before says where its accounts stand.
        lines = ("history", "runs")
        may_use_files(score, data.bucket, read=("benchmarks", "config", "learn", *lines), write=lines)
        judged = ("history", "runs", "benchmarks", "config")
        may_use_files(summarise, data.bucket, read=judged, write=("runs", "benchmarks", "summaries"))
        may_use_rows(decide, data.table, indexes=("due",))
        may_use_files(decide, data.bucket, read=("history", "runs", "config"), write=("runs",))
        may_word_drafts(decide, self.stage)
        # Every conversation is in the directory; what an account's index was stands in the nights' files.
        may_use_rows(learn, data.table, indexes=("directory",))
        may_use_files(learn, data.bucket, read=("history", "runs", "config", "learn"), write=("learn",))
        may_use_rows(report, data.table)
        may_use_files(report, data.bucket, read=("runs",))
        for ours in self.functions.values():
            queues.may_be_filled_by(ours)

    def _rescore(self, around: Surroundings, data: Data, queues: Queues) -> OurFunction:
        """What cannot wait for the night."""
        ours = OurFunction(self, "rescore", around, RESCORE)
        may_use_rows(ours.role, data.table)
        may_write_many_rows(ours.role, data.table)
        may_use_files(ours.role, data.bucket, read=("benchmarks", "config", "learn"))
        queues.may_be_filled_by(ours)
        take_from(queues.rescore, ours, BURST, BURST_ENDS)
        return ours

    def _machine(self, data: Data) -> sfn.StateMachine:
        stack, name = Stack.of(self), f"{self.stage.prefix}-nightly"
        arns = {name: ours.function.function_arn for name, ours in self.functions.items()}
        definition = nightly_run(arns, stack.partition, self.stage.batches_at_once)
        log = expiring_log(self, "nightly-log", f"/aws/vendedlogs/states/{name}", self.stage)
        machine = sfn.StateMachine(
            self,
            "nightly",
            state_machine_name=name,
            state_machine_type=sfn.StateMachineType.STANDARD,
            # Not the CDK's own JSON: it drops nulls, and "ResultPath": null is what discards a result.
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition)),
            role=self._machine_role(name, data),
            # Without the data: what accounts did stays in the store, where access and expiry are decided.
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=False),
        )
        explain(machine, "AwsSolutions-SF2", "Every batch leaves a marker and every run a record; nobody reads traces.")
        return machine

    def _machine_role(self, name: str, data: Data) -> iam.Role:
        role = iam.Role(self, "nightly-role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        allow(role, ("lambda:InvokeFunction",), [ours.function.function_arn for ours in self.functions.values()])
        may_use_files(role, data.bucket, read=("runs",))
        # By name: a reference to the machine in the role the machine needs first would close a circle.
        allow(role, ("states:StartExecution",), [named_arn(self, "states", "stateMachine", name)])
        children = named_arn(self, "states", "execution", f"{name}/score_accounts:*")
        allow(role, ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"), [children])
        seen = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}/score_accounts:*"
        explain(role, f"AwsSolutions-IAM5[Resource::{seen}]", "The Map's children; Step Functions makes their names.")
        explain(
            role, "AwsSolutions-IAM5[Resource::*]", "Only for writing its log: that part of AWS knows no resources."
        )
        return role

    def _start_every_night(self) -> None:
        scheduled = scheduler.ScheduleTargetInput.from_object(
            {"scheduled_time": scheduler.ContextAttribute.scheduled_time}
        )
        target = schedule_targets.StepFunctionsStartExecution(
            self.machine,
            input=scheduled,
            dead_letter_queue=dead_letters(self, "not-started", self.stage),
            max_event_age=MISSED_START,
            retry_attempts=20,
        )
        scheduler.Schedule(
            self,
            "every-night",
            schedule_name=f"{self.stage.prefix}-nightly",
            description="Judges yesterday, the last complete day.",
            schedule=scheduler.ScheduleExpression.cron(minute="0", hour=str(self.stage.schedule_hour)),
            target=target,
        )

    def _report_bad_endings(self) -> None:
        """A run that ended badly is reported by the same function as one that ended well."""
        start_on(
            self,
            "ended-badly",
            self.functions["report_run"],
            dead_letters(self, "not-reported", self.stage),
            "A nightly run failed, timed out or was stopped.",
            source="aws.states",
            kinds=("Step Functions Execution Status Change",),
            detail={"status": ENDED_BADLY, "stateMachineArn": [self.machine.state_machine_arn]},
        )
