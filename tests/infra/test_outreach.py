"""What conversations with customers take: mail that leaves once, a follow-up that comes, events and answers heard."""

import json
from pathlib import Path

import pytest

from health_monitor.model.errors import NeedsHuman
from health_monitor.settings import MAY_BE_EMPTY
from infra.outreach import EVENTS
from infra.stage import RECEIVING_REGIONS
from infra.synth import synth
from tests.infra.deployed import EVERYTHING, Deployed, Resource, listed, spelled

CUSTOMER_MAIL = ("ses:SendEmail", "ses:SendRawEmail")


@pytest.fixture(scope="module")
def as_committed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """What a team that has switched nothing on would deploy."""
    return Deployed(synth("dev", tmp_path_factory.mktemp("committed")), "dev")


def reader_of(deployed: Deployed, queue: str) -> tuple[str, Resource]:
    """The function that a queue is handed to, and how."""
    names = {name: it["FunctionName"].rpartition("-")[2] for name, it in deployed.all("AWS::Lambda::Function").items()}
    (found,) = (
        it
        for it in deployed.all("AWS::Lambda::EventSourceMapping").values()
        if spelled(it["EventSourceArn"]) == deployed.queues[queue]["id"]
    )
    return names[spelled(found["FunctionName"])], found


def permitted(deployed: Deployed, role: str, action: str) -> set[str]:
    """The resources for which a role has a permission."""
    statements = [it for it in deployed.allowed(role) if action in listed(it["Action"])]
    return {spelled(resource) for it in statements for resource in listed(it["Resource"])}


def test_a_follow_up_comes_by_due_rows_an_hourly_sweep_a_queue_of_its_own_with_dead_letters_and_its_notifier(
    deployed: Deployed,
):
    due = {index["IndexName"]: index for index in deployed.one("AWS::DynamoDB::Table")["GlobalSecondaryIndexes"]}["due"]
    assert [key["AttributeName"] for key in due["KeySchema"]] == ["due_kind", "due_at"]

    sweep = deployed.schedules["sweep"]
    hours = sweep["ScheduleExpression"].removeprefix("cron(0 ").removesuffix(" * * ? *)").split(",")
    assert sorted(map(int, hours)) == list(range(24))
    started = deployed.all("AWS::Lambda::Function")[spelled(sweep["Target"]["Arn"])]
    assert started["FunctionName"].endswith("-sweep_due")
    assert any(arn.endswith("/index/due") for arn in permitted(deployed, "sweepdue", "dynamodb:Query"))
    assert deployed.queues["follow-up"]["id"] in permitted(deployed, "sweepdue", "sqs:SendMessage")
    assert spelled(started["Environment"]["Variables"]["HM_FOLLOW_UP_QUEUE_URL"]) == deployed.queues["follow-up"]["id"]

    waiting = deployed.queues["follow-up"]
    assert spelled(waiting["RedrivePolicy"]["deadLetterTargetArn"]) == deployed.queues["follow-up-dead"]["id"]
    assert reader_of(deployed, "follow-up")[0] == "follow_up"


@pytest.mark.parametrize("queue", ["outreach", "follow-up", "crm"])
def test_one_conversation_at_a_time(deployed: Deployed, queue: str):
    assert reader_of(deployed, queue)[1]["BatchSize"] == 1


def test_a_function_may_fill_the_queues_that_its_code_reads_the_address_of_and_no_other(dev: Deployed):
    for name, function in dev.functions.items():
        told = {
            spelled(value) for key, value in function["Environment"]["Variables"].items() if key.endswith("QUEUE_URL")
        }
        if name not in ("receive_webhook", *(it for it in dev.functions if it.startswith("ingest_source"))):
            dead = {it["id"] for key, it in dev.queues.items() if key.startswith("not-")}
            may = permitted(dev, f"{name.replace('_', '')}RoleDefaultPolicy", "sqs:SendMessage") - dead
            assert may <= told, name


def test_customer_mail_leaves_from_addresses_of_our_domains_and_by_our_configuration_set_only(dev: Deployed):
    for action in CUSTOMER_MAIL:
        assert {arn.rpartition(":")[2] for arn in permitted(dev, "sendoutreach", action)} == {
            "identity/example.com",
            "identity/*@example.com",
            "configuration-set/health-monitor-dev",
        }
    asked = {arn.rpartition(":")[2] for arn in permitted(dev, "sendoutreach", "ses:GetEmailIdentity")}
    assert asked == {"identity/example.com", "identity/*@example.com"}


def test_only_these_may_send_mail(dev: Deployed):
    senders = {
        policy["Roles"][0]["Ref"]
        for policy in dev.all("AWS::IAM::Policy").values()
        if any(set(CUSTOMER_MAIL) & set(listed(it["Action"])) for it in policy["PolicyDocument"]["Statement"])
    }
    known = ("deliveremail", "sendoutreach", "receivemail")
    assert len(senders) == len(known)
    assert all(any(name in sender for sender in senders) for name in known)


def test_what_becomes_of_customer_mail_is_heard(deployed: Deployed):
    mails = deployed.one("AWS::SES::ConfigurationSet")
    assert mails["Name"] == f"health-monitor-{deployed.stage}"
    assert set(mails["SuppressionOptions"]["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}
    assert mails["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert "TrackingOptions" not in mails
    told = deployed.one("AWS::SES::ConfigurationSetEventDestination")["EventDestination"]
    assert told["Enabled"] is True
    # No opens and no clicks: for these SES would rewrite what a CSM wrote.
    assert set(told["MatchingEventTypes"]) == {"send", "delivery", "bounce", "complaint", "reject"}
    assert spelled(told["EventBridgeDestination"]["EventBusArn"]).endswith(":event-bus/default")

    pattern, target = rule(deployed, "aws.ses")
    assert pattern["detail-type"] == list(EVENTS.values())
    ((name,),) = pattern["detail"]["mail"]["tags"].values()
    assert deployed.resources[spelled(name)]["Type"] == "AWS::SES::ConfigurationSet"
    assert target == "hear_mail_events"


def rule(deployed: Deployed, source: str) -> tuple[Resource, str]:
    """What events a rule looks for, and the function it starts; what does not arrive is kept."""
    rules = deployed.all("AWS::Events::Rule").values()
    (found,) = (it for it in rules if it["EventPattern"]["source"] == [source])
    (target,) = found["Targets"]
    assert spelled(target["DeadLetterConfig"]["Arn"]) in {it["id"] for it in deployed.queues.values()}
    function = deployed.all("AWS::Lambda::Function")[spelled(target["Arn"])]
    return found["EventPattern"], function["FunctionName"].rpartition("-")[2]


def test_answers_arrive_by_ses_in_the_bucket_and_the_bucket_tells(deployed: Deployed):
    rule_ = deployed.one("AWS::SES::ReceiptRule")["Rule"]
    assert (rule_["Recipients"], rule_["Enabled"], rule_["ScanEnabled"]) == (["reply.example.com"], True, True)
    assert rule_["Actions"][0]["S3Action"]["ObjectKeyPrefix"] == "mail/"
    bucket = deployed.one("AWS::S3::Bucket")
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    (lets_in,) = (
        it
        for it in deployed.one("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
        if it.get("Principal") == {"Service": "ses.amazonaws.com"}
    )
    assert lets_in["Action"] == "s3:PutObject"
    assert spelled(lets_in["Resource"]).endswith("/mail/*")
    assert "aws:SourceAccount" in lets_in["Condition"]["StringEquals"]
    allowed_rule = spelled(lets_in["Condition"]["ArnLike"]["aws:SourceArn"])
    assert allowed_rule.endswith(f"receipt-rule-set/health-monitor-{deployed.stage}:receipt-rule/*")
    pattern, target = rule(deployed, "aws.s3")
    assert pattern["detail"]["object"]["key"] == [{"prefix": "mail/"}]
    assert target == "receive_mail"


def test_a_team_that_has_switched_nothing_on_receives_no_mail_and_asks_no_model(as_committed: Deployed):
    assert "receive_mail" not in as_committed.functions
    assert not as_committed.all("AWS::SES::ReceiptRule")
    assert not permitted(as_committed, "", "bedrock:InvokeModel")
    told = as_committed.functions["follow_up"]["Environment"]["Variables"]
    assert [name for name in sorted(MAY_BE_EMPTY) if told.get(name) == ""] == ["HM_DRAFT_MODEL"]
    assert as_committed.functions["log_to_crm"]["Environment"]["Variables"]["HM_CRM"] == "{}"


def test_a_model_is_asked_by_two_functions_and_it_is_that_model(dev: Deployed):
    for role in ("decidealerts", "followup"):
        assert {arn.partition(":bedrock:")[2] for arn in permitted(dev, role, "bedrock:InvokeModel")} == {
            "AWS::Region:AWS::AccountId:inference-profile/eu.amazon.nova-lite-v1:0",
            "*::foundation-model/amazon.nova-lite-v1:0",
        }
    asking = [it for it in dev.all("AWS::IAM::Policy").values() if "bedrock:InvokeModel" in json.dumps(it)]
    assert len(asking) == 2


def test_a_model_of_one_region_is_allowed_there_only(tmp_path: Path):
    stage = Deployed(synth("dev", tmp_path, draft_model="amazon.nova-lite-v1:0"), "dev")
    assert {arn.partition(":bedrock:")[2] for arn in permitted(stage, "decidealerts", "bedrock:InvokeModel")} == {
        "AWS::Region::foundation-model/amazon.nova-lite-v1:0"
    }


def test_a_function_finds_the_address_that_the_api_has(deployed: Deployed):
    (api,) = deployed.all("AWS::ApiGatewayV2::Api")
    told = deployed.functions["send_outreach"]["Environment"]["Variables"]["HM_PUBLIC_URL"]
    assert told == {"Fn::GetAtt": [api, "ApiEndpoint"]}


def test_slack_is_answered_by_a_whole_processor(deployed: Deployed):
    assert deployed.functions["answer_slack"]["MemorySize"] == 1_769


def test_rates_that_would_make_aws_review_the_account_ring_at_half_of_that(deployed: Deployed):
    alarms = {it["MetricName"]: it for it in deployed.all("AWS::CloudWatch::Alarm").values()}
    for metric, reviewed in (("BounceRate", 0.05), ("ComplaintRate", 0.001)):
        alarm = alarms[f"Reputation.{metric}"]
        assert (alarm["Namespace"], alarm["Threshold"]) == ("AWS/SES", reviewed / 2)
        assert "Dimensions" not in alarm


def test_customer_mail_comes_from_the_domains_that_are_named_else_from_that_of_internal_mail(tmp_path: Path):
    stage = Deployed(synth("dev", tmp_path, sending_domains="acme.com, mail.acme.com"), "dev")
    assert (
        stage.functions["send_outreach"]["Environment"]["Variables"]["HM_SENDING_DOMAINS"] == "acme.com,mail.acme.com"
    )
    assert len(permitted(stage, "sendoutreach", "ses:GetEmailIdentity")) == 4


@pytest.mark.parametrize("region", ["eu-north-1", "sa-east-1"])
def test_mail_is_not_received_where_ses_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str):
    monkeypatch.setenv("CDK_DEFAULT_REGION", region)
    says = rf"SES receives no mail in {region}: deploy to one of {RECEIVING_REGIONS[0]}, .* or leave reply_domain empty"
    with pytest.raises(ValueError, match=says):
        synth("dev", tmp_path, **EVERYTHING)


def test_a_wrong_crm_file_stops_the_synthesis_and_says_where(tmp_path: Path):
    wrong = tmp_path / "crm.yaml"
    wrong.write_text("pipedrive:\n  enabled: true\n")
    with pytest.raises(NeedsHuman, match=r"crm.yaml, line 1: pipedrive"):
        synth("dev", tmp_path / "out", crm=str(wrong))
