"""The nightly run as Step Functions reads it: every state has the name of the function it calls."""

from collections.abc import Mapping
from typing import Any

from health_monitor.model.errors import TryAgain

State = dict[str, Any]

# Lambda's own hiccups, which say nothing about our code.
LAMBDA_HICCUPS = (
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)
RETRY = {
    "ErrorEquals": [TryAgain.__name__, *LAMBDA_HICCUPS],
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxAttempts": 6,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
# A little longer than any function may run, so that only an answer lost on the way ends here.
STATE_SECONDS = 960
RUN_SECONDS = 6 * 3600


def nightly_run(functions: Mapping[str, str], partition: str, batches_at_once: int) -> State:
    """The whole machine, from the plan to the report, and again while a night is missing."""
    return {
        "Comment": "One night for every account; missed nights are caught up in order.",
        "StartAt": "plan_scoring",
        "TimeoutSeconds": RUN_SECONDS,
        "States": {
            "plan_scoring": _call(functions["plan_scoring"], partition, then="score_accounts"),
            "score_accounts": _score_in_batches(functions["score_accounts"], partition, batches_at_once),
            "summarise": _call(functions["summarise"], partition, then="decide_alerts"),
            "decide_alerts": _call(functions["decide_alerts"], partition, then="learn_outcomes"),
            "learn_outcomes": _call(functions["learn_outcomes"], partition, then="report_run"),
            "report_run": _call(functions["report_run"], partition, then="more_nights"),
            "more_nights": _more_nights(),
            "next_night": {"Type": "Pass", "InputPath": "$.next", "Next": "plan_scoring"},
            "done": {"Type": "Succeed"},
        },
    }


def _call(function: str, partition: str, then: str | None) -> State:
    """One function: its input is the state before it, its answer the whole input of the state after it."""
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": STATE_SECONDS,
        "Retry": [RETRY],
        **({"Next": then} if then else {"End": True}),
    }


def _score_in_batches(function: str, partition: str, batches_at_once: int) -> State:
    """One child for each line the plan wrote. Nothing is tolerated and nothing caught, so that redrive works."""
    return {
        "Type": "Map",
        "Label": "score_accounts",
        "MaxConcurrency": batches_at_once,
        "ToleratedFailurePercentage": 0,
        "ItemReader": {
            "Resource": f"arn:{partition}:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket.$": "$.bucket", "Key.$": "$.batches_key"},
        },
        "ItemSelector": {"run.$": "$", "batch.$": "$$.Map.Item.Value"},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "score_batch",
            "States": {"score_batch": _call(function, partition, then=None)},
        },
        # Children leave their results in the bucket; the next state needs the plan, not a list of counts.
        "ResultPath": None,
        "Next": "summarise",
    }


def _more_nights() -> State:
    """The report names the next night while one is missing."""
    there_is_one = [{"Variable": "$.next", "IsPresent": True}, {"Variable": "$.next", "IsNull": False}]
    return {"Type": "Choice", "Choices": [{"And": there_is_one, "Next": "next_night"}], "Default": "done"}
