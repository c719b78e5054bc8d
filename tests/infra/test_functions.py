"""Every function gets what its code reads, what its name says, and no more rights than its work takes."""

import json

import pytest

from health_monitor.settings import MAY_BE_EMPTY, NEEDS
from health_monitor.sources import SOURCES
from infra.assets import ROOT
from infra.blocks import Surroundings
from infra.stage import STAGES
from tests.infra.deployed import Deployed, Resource, listed, spelled

# What cannot be narrower, and why. Everything else names its resource.
EXPLAINED_WILDCARDS = {
    "/archive/*": "file names are made from days and contents",
    "/inbox/*": "file names are made from days and contents",
    "/late/*": "file names are made from contents",
    "/mail/*": "SES names the files",
    "identity/*@example.com": "whoever is a CSM at our own domain may be the sender",
    "foundation-model/amazon.nova-lite-v1:0": "the group of regions that answers is the model's own choice",
    "/names/*": "a file is named by its table",
    "/quarantine/*": "file names are made from days and contents",
    "/seen/*": "file names are made from days",
    "/waiting/*": "file names are made from names and contents",
    "/benchmarks/*": "file names are made from dates",
    "/config/*": "file names are made from hashes",
    "/erasures/*": "a receipt is named by its number",
    "/history/*": "file names are made from dates and batches",
    "/learn/*": "what nights add to",
    "/model/*": "a change of the scorecard is named by its moment, a plan by what it compares",
    "/summaries/*": "file names are made from dates",
    "/runs/*": "file names are made from dates and batches",
    ":execution:health-monitor-dev-nightly/score_accounts:*": "Step Functions names the Map's children",
}


PULLED = {f"ingest_source_{name}" for name, source in SOURCES.items() if source.pull}


def test_every_function_the_code_knows_is_deployed_and_one_copy_for_each_source_that_is_pulled(dev: Deployed):
    assert set(dev.functions) == set(NEEDS) - {"ingest_source"} | PULLED


def test_a_function_is_given_exactly_the_variables_its_code_reads(dev: Deployed):
    for name, function in dev.functions.items():
        variables = function["Environment"]["Variables"]
        assert set(variables) == set(dev.needs(name))
        assert all(spelled(value) for name, value in variables.items() if name not in MAY_BE_EMPTY)


def test_what_functions_are_told_fits_into_their_environment(deployed: Deployed):
    for function in deployed.functions.values():
        told = "".join(name + spelled(value) for name, value in function["Environment"]["Variables"].items())
        assert len(told) < 3_500, "AWS allows 4 KB, and the names of real resources are longer"


def test_a_variable_nobody_gives_a_value_stops_the_synthesis():
    nothing_known = Surroundings(STAGES[0], (), {})
    with pytest.raises(LookupError, match="plan_scoring reads HM_STAGE, HM_TABLE, HM_BUCKET"):
        nothing_known.environment("plan_scoring", NEEDS["plan_scoring"])


def test_the_two_channels_are_one_package_told_apart_by_one_variable(dev: Deployed):
    email, slack = dev.functions["deliver_email"], dev.functions["deliver_slack"]
    assert email["Code"] == slack["Code"]
    assert [it["Environment"]["Variables"]["HM_CHANNEL"] for it in (email, slack)] == ["email", "slack"]


def test_every_function_runs_what_the_layers_were_built_for(deployed: Deployed):
    for function in deployed.functions.values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert len(function["Layers"]) == 2
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert "TracingConfig" not in function


def test_every_function_has_a_role_of_its_own(deployed: Deployed):
    roles = [spelled(function["Role"]) for function in deployed.functions.values()]
    assert len(set(roles)) == len(roles)


def test_nobody_may_do_everything_with_anything(deployed: Deployed):
    for statement in deployed.allowed():
        assert all(not action.endswith("*") for action in listed(statement["Action"]))


def test_roles_use_no_policy_somebody_else_wrote(deployed: Deployed):
    assert all("ManagedPolicyArns" not in role for role in deployed.all("AWS::IAM::Role").values())


def test_wildcards_are_only_the_explained_ones(dev: Deployed):
    for statement in dev.allowed():
        wide = [text for text in map(spelled, listed(statement["Resource"])) if "*" in text]
        unexplained = [text for text in wide if not text.endswith(tuple(EXPLAINED_WILDCARDS))]
        # Only the delivery of Step Functions' own log, and the list of suppressed addresses, know no resources.
        assert not unexplained or all(
            action.startswith("logs:") or action == "ses:GetSuppressedDestination"
            for action in listed(statement["Action"])
        )


@pytest.mark.parametrize(
    ("role", "forbidden"),
    [
        ("summarise", "sqs:SendMessage"),
        ("scoreaccounts", "sqs:SendMessage"),
        ("planscoring", "sqs:SendMessage"),
        ("deliverslack", "ses:SendEmail"),
        ("deliveremail", "secretsmanager:GetSecretValue"),
        ("decidealerts", "ses:SendEmail"),
        ("receivewebhook", "dynamodb:PutItem"),
        ("receivewebhook", "s3:GetObject"),
        ("consumeevents", "secretsmanager:GetSecretValue"),
        ("consumeevents", "ses:SendEmail"),
        ("ingestsource", "ses:SendEmail"),
        ("erasepeople", "secretsmanager:GetSecretValue"),
        ("deliverslack", "ses:SendRawEmail"),
        ("sweepdue", "ses:SendRawEmail"),
        ("sweepdue", "secretsmanager:GetSecretValue"),
        ("followup", "ses:SendRawEmail"),
        ("answerslack", "ses:SendRawEmail"),
        ("unsubscribe", "secretsmanager:GetSecretValue"),
        ("unsubscribe", "ses:SendRawEmail"),
        ("hearmailevents", "ses:SendRawEmail"),
        ("receivemail", "secretsmanager:GetSecretValue"),
        ("logtocrm", "ses:SendRawEmail"),
        ("learnoutcomes", "ses:SendRawEmail"),
        ("sendoutreach", "bedrock:InvokeModel"),
    ],
)
def test_a_function_may_not_do_another_ones_work(dev: Deployed, role: str, forbidden: str):
    statements = list(dev.allowed(role))
    assert statements
    assert not [statement for statement in statements if forbidden in listed(statement["Action"])]


def test_mail_goes_out_under_the_configured_sender_only(dev: Deployed):
    (sending,) = [it for it in dev.allowed("deliveremail") if "ses:SendEmail" in listed(it["Action"])]
    senders = {spelled(resource).rpartition(":")[2] for resource in sending["Resource"]}
    assert senders == {"identity/example.com", "identity/health-monitor@example.com"}


def test_nothing_secret_is_written_into_a_template(deployed: Deployed):
    assert "xoxb-" not in json.dumps(deployed.all("AWS::Lambda::Function"))


def test_senders_and_pulls_are_few_at_once_and_the_deploy_guide_says_what_that_takes(prod: Deployed):
    reserved = {name: it["ReservedConcurrentExecutions"] for name, it in prod.functions.items() if at_once(it)}
    few = {"deliver_email", "deliver_slack", "send_outreach", "log_to_crm"}
    assert {name for name in reserved if not name.startswith("ingest_source")} == few
    # AWS keeps 100 for functions without a share of their own.
    guide = (ROOT / "docs" / "deploy.md").read_text()
    assert f"at least {100 + sum(reserved.values())}" in guide


def test_dev_can_be_deployed_in_a_new_account_of_whose_ten_at_once_aws_reserves_none(dev: Deployed):
    assert not any(map(at_once, dev.functions.values()))


def at_once(function: Resource) -> int:
    return int(function.get("ReservedConcurrentExecutions", 0))
