"""The checks of others: AWS's own advice and CloudFormation's grammar."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import Stack
from aws_cdk.aws_s3 import Bucket

from infra.stage import stage_from
from infra.synth import app, synth
from tests.infra.deployed import Deployed

SETTINGS = {
    "stage": "dev",
    "schedule_hour": 5,
    "mail_from": "a@example.com",
    "operations_email": "o@example.com",
    "slack_channel": "#c",
    "slack_api_url": "https://slack.com/api",
}


def test_the_templates_follow_aws_advice_or_say_why_not(deployed: Deployed):
    report = json.loads((deployed.assembly / "validation-report.json").read_text())
    assert [violation for check in report["pluginReports"] for violation in check["violations"]] == []


def test_a_stack_that_ignores_aws_advice_is_refused(tmp_path: Path):
    careless = app(tmp_path, {})
    Bucket(Stack(careless, "Careless"), "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        careless.synth()


def test_the_templates_are_good_cloudformation(dev: Deployed, prod: Deployed):
    files = [str(file) for stage in (dev, prod) for file in sorted(stage.assembly.glob("*.template.json"))]
    # W3005: the CDK writes dependencies out that CloudFormation would infer.
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_settings_reach_the_functions(tmp_path: Path):
    stage = Deployed(synth("dev", tmp_path, mail_from="care@customer.org", schedule_hour="3"), "dev")
    assert stage.functions["deliver_email"]["Environment"]["Variables"]["HM_MAIL_FROM"] == "care@customer.org"
    assert stage.schedules["nightly"]["ScheduleExpression"] == "cron(0 3 * * ? *)"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"stage": "production"}, "There is no stage 'production': choose one of dev, prod."),
        ({"mail_from": "example.com"}, "mail_from is 'example.com', which is no email address"),
        ({"operations_email": ""}, "operations_email is empty: set it in cdk.json"),
        ({"schedule_hour": "25"}, "schedule_hour is '25': write an hour of the day in UTC, 0 to 23."),
    ],
)
def test_a_wrong_setting_stops_the_synthesis_and_says_what_to_write(wrong: dict[str, str], says: str):
    with pytest.raises(ValueError, match=says):
        stage_from({**SETTINGS, **wrong}.get)
