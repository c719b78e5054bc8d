"""The nightly run, as Step Functions will read it."""

import json
from typing import Any

import pytest

from health_monitor.flows.plan_scoring import BATCH
from health_monitor.model import errors
from tests.infra.deployed import Deployed, spelled

ORDER = ["plan_scoring", "score_accounts", "summarise", "decide_alerts", "learn_outcomes", "report_run", "more_nights"]


@pytest.fixture
def states(dev: Deployed) -> dict[str, Any]:
    return dict(dev.machine["States"])


def tasks(states: dict[str, Any]) -> dict[str, Any]:
    inside = states["score_accounts"]["ItemProcessor"]["States"]
    return {name: state for name, state in {**states, **inside}.items() if state["Type"] == "Task"}


def test_the_states_have_the_names_of_the_functions_in_the_order_of_the_walk(dev: Deployed, states: dict[str, Any]):
    walk = [dev.machine["StartAt"]]
    while walk[-1] != "more_nights":
        walk.append(states[walk[-1]]["Next"])
    assert walk == ORDER


def test_a_night_of_a_thousand_accounts_enters_at_most_twenty_states(states: dict[str, Any]):
    night = {name for name in states if name != "next_night"}
    batch = states["score_accounts"]["ItemProcessor"]["States"]
    starts = 1
    assert starts + len(night) + 1_000 // BATCH * (starts + len(batch)) <= 20


def test_each_state_calls_the_function_it_is_named_after(dev: Deployed, states: dict[str, Any]):
    ids = {name: it["FunctionName"] for name, it in dev.all("AWS::Lambda::Function").items()}
    for name, task in tasks(states).items():
        called = ids[task["Parameters"]["FunctionName"]].rpartition("-")[2]
        assert called == ("score_accounts" if name == "score_batch" else name)


def test_a_state_gets_the_whole_answer_of_the_state_before_it(states: dict[str, Any]):
    for task in tasks(states).values():
        assert task["Parameters"]["Payload.$"] == "$"
        assert task["OutputPath"] == "$.Payload"


def test_one_failed_batch_fails_the_run_and_nothing_hides_it(states: dict[str, Any]):
    scoring = states["score_accounts"]
    assert scoring["ToleratedFailurePercentage"] == 0
    assert "ToleratedFailureCount" not in scoring
    assert "Catch" not in json.dumps(states)


def test_a_batch_is_one_line_of_the_file_the_plan_wrote(states: dict[str, Any]):
    scoring = states["score_accounts"]
    assert scoring["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert scoring["ItemReader"]["Parameters"] == {"Bucket.$": "$.bucket", "Key.$": "$.batches_key"}
    assert scoring["ItemSelector"] == {"run.$": "$", "batch.$": "$$.Map.Item.Value"}
    assert "ItemBatcher" not in scoring


def test_results_of_batches_are_read_from_the_bucket_not_from_the_map(states: dict[str, Any]):
    assert states["score_accounts"]["ResultPath"] is None
    assert "ResultWriter" not in states["score_accounts"]


def test_what_is_tried_again_is_an_error_our_code_raises_or_a_hiccup_of_lambda(states: dict[str, Any]):
    for task in tasks(states).values():
        (retry,) = task["Retry"]
        ours = [name for name in retry["ErrorEquals"] if not name.startswith("Lambda.")]
        assert ours == ["TryAgain"]
        assert all(issubclass(getattr(errors, name), Exception) for name in ours)
        assert (retry["JitterStrategy"], retry["BackoffRate"]) == ("FULL", 2)


def test_a_bug_is_never_tried_again(states: dict[str, Any]):
    retried = {name for task in tasks(states).values() for retry in task["Retry"] for name in retry["ErrorEquals"]}
    assert not retried & {"States.ALL", "States.TaskFailed", "NeedsHuman", "BadRecord", "AlreadyDone"}


def test_nothing_waits_for_ever(dev: Deployed, states: dict[str, Any]):
    assert dev.machine["TimeoutSeconds"] > 0
    slowest = max(function["Timeout"] for function in dev.functions.values())
    assert all(task["TimeoutSeconds"] > slowest for task in tasks(states).values())


def test_missed_nights_are_caught_up_with_what_the_report_says_is_next(states: dict[str, Any]):
    (choice,) = states["more_nights"]["Choices"]
    assert {condition["Variable"] for condition in choice["And"]} == {"$.next"}
    assert states[choice["Next"]] == {"Type": "Pass", "InputPath": "$.next", "Next": "plan_scoring"}
    assert states[states["more_nights"]["Default"]] == {"Type": "Succeed"}


def test_every_night_starts_with_the_time_it_was_scheduled_for(deployed: Deployed):
    schedule = deployed.schedules["nightly"]
    assert schedule["ScheduleExpression"] == "cron(0 5 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
    assert json.loads(schedule["Target"]["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0


def test_a_run_that_ends_badly_is_reported_by_report_run(dev: Deployed):
    rules = dev.all("AWS::Events::Rule").values()
    (rule,) = (it for it in rules if it["EventPattern"]["source"] == ["aws.states"])
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    (machine,) = rule["EventPattern"]["detail"]["stateMachineArn"]
    assert spelled(machine) in dev.all("AWS::StepFunctions::StateMachine")
    called = dev.all("AWS::Lambda::Function")[spelled(rule["Targets"][0]["Arn"])]
    assert called["FunctionName"].endswith("report_run")


def test_prod_scores_more_batches_at_once_than_dev(dev: Deployed, prod: Deployed):
    at_once = [stage.machine["States"]["score_accounts"]["MaxConcurrency"] for stage in (dev, prod)]
    assert at_once == sorted(set(at_once))


def test_an_operator_can_redrive_the_batches_that_failed(dev: Deployed):
    allowed = {action for it in dev.allowed("nightlyrole") for action in it["Action"] if isinstance(it["Action"], list)}
    assert {"states:RedriveExecution", "states:DescribeExecution", "states:StopExecution"} <= allowed


def test_the_run_keeps_a_log_without_what_accounts_did(deployed: Deployed):
    logging = deployed.one("AWS::StepFunctions::StateMachine")["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
