"""A run on the state machine is told in words: how it ended, where it failed, and why."""

import json
from datetime import date

import pytest

from local import aws, night

pytestmark = pytest.mark.local

SAY = {"StartAt": "say", "States": {"say": {"Type": "Pass", "End": True}}}
FAIL = {
    "StartAt": "look",
    "States": {
        "look": {"Type": "Pass", "Next": "give_up"},
        "give_up": {"Type": "Fail", "Error": "NeedsHuman", "Cause": "the key was rejected"},
    },
}
SLOW = {"StartAt": "wait", "States": {"wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
FOR_STATES = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@pytest.fixture(scope="module", name="local")
def _local():
    with aws.running() as started:
        started.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument=json.dumps(FOR_STATES))
        yield started


def a_machine(local, name, definition):
    steps = local.client("stepfunctions")
    role = f"arn:aws:iam::{aws.ACCOUNT}:role/any"
    return steps.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)["stateMachineArn"]


def test_only_what_was_asked_is_given_to_the_machine(local):
    machine = a_machine(local, "say", SAY)
    assert night.run(local, machine).output == {}
    ended = night.run(local, machine, date(2026, 3, 1), accounts=["a-1"], dry_run=False)
    assert ended.output == {"as_of": "2026-03-01", "accounts": ["a-1"], "dry_run": False}
    assert ended.succeeded
    assert ended.in_words.startswith("The run succeeded in ")


def test_a_failure_names_the_state_and_the_reason(local):
    ended = night.run(local, a_machine(local, "fail", FAIL))
    assert not ended.succeeded
    assert ended.in_words == "The run ended as FAILED in give_up: NeedsHuman: the key was rejected"


def test_a_run_that_does_not_end_names_where_it_is(local):
    with pytest.raises(night.NightError, match="The run is in wait since 0 s"):
        night.run(local, a_machine(local, "slow", SLOW), within_seconds=0.3)
