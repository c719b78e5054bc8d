"""An AWS account as deployed, in memory, and every call that our functions make to it, to be held against roles."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from health_monitor import wiring
from health_monitor.adapters.memory import PushedClock
from health_monitor.model.crm import HubspotCrm, SalesforceCrm, WriteBack
from tests.builders import A_MOMENT
from tests.conftest import TABLE
from tests.contracts.vendors import hubspot_case, mixpanel_case
from tests.flows.stage import CONFIG
from tests.functions.conftest import Context
from tests.infra.deployed import EVERYTHING, Deployed, listed, spelled

PULLED = {"mixpanel": mixpanel_case, "hubspot": hubspot_case}
SETTINGS = {name: case().settings.model_dump(mode="json") for name, case in PULLED.items()}
SETTINGS["signed"] = {"enabled": True}
STATUS = WriteBack(alert_status="health_alert")
CRMS = {
    "hubspot": HubspotCrm(enabled=True, write_back=STATUS).model_dump(mode="json"),
    "salesforce": SalesforceCrm(enabled=True, address="https://acme.my.salesforce.com", write_back=STATUS).model_dump(
        mode="json"
    ),
}
SLACK = "8f742231b10e8888abcd99yyyzzz85a5"
"""Slack's own example of a signing secret."""
SECRETS = {name: case().secret for name, case in PULLED.items()} | {"signed": {"secret": "s3cret"}}
SECRETS |= {"slack": {"bot_token": "xoxb", "signing_secret": SLACK}, "links": {"key": "k" * 64}}
SECRETS |= {"salesforce": {"client_id": "id", "client_secret": "client secret"}}
# How the template calls a secret that is no source's.
NAMED = {"slack": "SlackToken", "links": "LinkKey", "salesforce": "Salesforce"}
QUEUES = {
    "HM_EMAIL_QUEUE_URL": "email",
    "HM_SLACK_QUEUE_URL": "slack",
    "HM_INTAKE_QUEUE_URL": "intake",
    "HM_OUTREACH_QUEUE_URL": "outreach",
    "HM_FOLLOW_UP_QUEUE_URL": "follow-up",
    "HM_CRM_QUEUE_URL": "crm",
    "HM_RESCORE_QUEUE_URL": "rescore",
}
MODEL = EVERYTHING["draft_model"]
MAILS = "health-monitor-dev"
"""The SES configuration set of the stage."""
LONG_AGO = f"{(A_MOMENT - timedelta(days=30)).date()}"
TODAY = f"{A_MOMENT.date()}"


def _is_not_there(client: Any) -> Any:
    raise client.exceptions.NotFoundException({"Error": {"Code": "NotFoundException"}}, "GetSuppressedDestination")


def _words(_client: Any) -> Any:
    return {"output": {"message": {"content": [{"text": "nothing of use"}]}}}


def _is_verified(_client: Any) -> Any:
    return {"VerifiedForSendingStatus": True}


UNKNOWN_TO_MOTO = {"GetSuppressedDestination": _is_not_there, "Converse": _words, "GetEmailIdentity": _is_verified}


class Use(NamedTuple):
    """One call: the permission it takes, what kind of thing it is for, and which one."""

    action: str
    kind: str
    name: str


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Use]]:
    """An AWS account as deployed, with a clock that stands still; what is asked of it from now on."""
    found: list[Use] = []
    real = BaseClient._make_api_call

    def noted(client: Any, operation: str, params: dict[str, Any]) -> Any:
        found.extend(uses_of(client.meta.service_model.service_name, operation, params))
        return (
            real(client, operation, params) if operation not in UNKNOWN_TO_MOTO else UNKNOWN_TO_MOTO[operation](client)
        )

    with mock_aws():
        boto3.client("dynamodb").create_table(TableName="health", **TABLE)
        place = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="health-files", CreateBucketConfiguration=place)
        for name, secret in SECRETS.items():
            boto3.client("secretsmanager").create_secret(Name=f"sources/{name}", SecretString=json.dumps(secret))
        boto3.client("sesv2").create_email_identity(EmailIdentity="example.com")
        boto3.client("ses").verify_domain_identity(Domain="example.com")
        boto3.client("sesv2").create_configuration_set(ConfigurationSetName=MAILS)
        told = {
            "HM_STAGE": "dev", "HM_TABLE": "health", "HM_BUCKET": "health-files", "HM_SOURCES": json.dumps(SETTINGS),
            "HM_SOURCE_SECRETS": "sources", "HM_OPERATIONS_EMAIL": "ops@example.com", "HM_SLACK_CHANNEL": "#c",
            "HM_SOURCE_URL": "https://nobody.example", "HM_SLACK_SECRET": "sources/slack",
            "HM_SLACK_API_URL": "https://slack.com/api", "HM_LINK_SECRET": "sources/links", "HM_CRM_SECRETS": "sources",
            "HM_CRM": json.dumps(CRMS), "HM_PUBLIC_URL": "https://api.example", "HM_REPLY_DOMAIN": "reply.example.com",
            "HM_SENDING_DOMAINS": "example.com", "HM_CONFIGURATION_SET": MAILS, "HM_DRAFT_MODEL": MODEL,
            "HM_MAIL_FROM": "health-monitor@example.com",
            **{name: boto3.client("sqs").create_queue(QueueName=queue)["QueueUrl"] for name, queue in QUEUES.items()},
        }  # fmt: skip
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        wiring.forget()
        clock = PushedClock(A_MOMENT)
        monkeypatch.setattr(wiring, "clock", lambda: clock)
        monkeypatch.setattr(wiring, "default_bundle", lambda: CONFIG)
        monkeypatch.setattr(BaseClient, "_make_api_call", noted)
        yield found


def uses_of(service: str, operation: str, params: dict[str, Any]) -> Iterator[Use]:
    if service == "dynamodb":
        # A transaction takes the permissions of its parts; ours only put.
        action = {"TransactWriteItems": "PutItem"}.get(operation, operation)
        index = params.get("IndexName")
        yield Use(f"dynamodb:{action}", "index" if index else "table", index or "")
    elif service == "s3":
        listing = operation == "ListObjectsV2"
        folder = "" if listing else params["Key"].partition("/")[0]
        yield Use(f"s3:{'ListBucket' if listing else operation}", "bucket" if listing else "folder", folder)
    elif operation in ("SendMessage", "SendMessageBatch"):
        yield Use("sqs:SendMessage", "queue", params["QueueUrl"].rpartition("/")[2])
    elif service in ("ses", "sesv2"):
        yield from uses_of_mail(operation, params)
    elif service == "bedrock-runtime":
        yield Use("bedrock:InvokeModel", "model", f"inference-profile/{params['modelId']}")
        yield Use("bedrock:InvokeModel", "model", f"foundation-model/{params['modelId'].partition('.')[2]}")
    elif service == "secretsmanager":
        yield Use("secretsmanager:GetSecretValue", "secret", params["SecretId"].rpartition("/")[2])
    elif operation != "ReceiveMessage":  # by the test, in the place of AWS
        yield Use(f"{service}:{operation}", "anything", "")


def uses_of_mail(operation: str, params: dict[str, Any]) -> Iterator[Use]:
    """SES ties sending to the sender, or to its domain where that is verified, and to the configuration set."""
    if operation == "SendEmail":
        action = "ses:SendRawEmail" if "Raw" in params["Content"] else "ses:SendEmail"
        sender = parseaddr(params["FromEmailAddress"])[1]
        yield Use(action, "mail", f"identity/{sender}")
        yield Use(action, "mail", f"identity/{sender.partition('@')[2]}")
        if "ConfigurationSetName" in params:
            yield Use(action, "mail", f"configuration-set/{params['ConfigurationSetName']}")
    elif operation == "GetSuppressedDestination":
        yield Use("ses:GetSuppressedDestination", "mail", "")
    else:
        yield Use(f"ses:{operation}", "mail", f"identity/{params['EmailIdentity']}")


def may(deployed: Deployed, role: str, use: Use) -> bool:
    """Whether a statement of the role names the action and the very resource."""
    return any(
        use.action in listed(statement["Action"])
        and any(is_meant(deployed, spelled(resource), use) for resource in listed(statement["Resource"]))
        for statement in deployed.allowed(role)
    )


def is_meant(deployed: Deployed, resource: str, use: Use) -> bool:
    if use.kind == "queue":
        return resource == deployed.queues[use.name]["id"]
    endings = {"table": "", "bucket": "", "index": f"/index/{use.name}", "folder": f"/{use.name}/*"}
    if use.kind in endings:
        whose = "Table" if use.kind in ("table", "index") else "Bucket"
        return whose in resource and resource.partition("/")[2] == endings[use.kind].removeprefix("/")
    if use.kind == "mail":
        return fnmatchcase(use.name, resource.rpartition(":")[2])
    if use.kind == "model":
        return resource.endswith(f":{use.name}")
    return use.kind == "secret" and NAMED.get(use.name, f"Source{use.name}") in resource


def call(name: str, event: Any) -> Any:
    """Invoke a function; whatever it asks of AWS is noted."""
    return import_module(f"functions.{name}.handler").handler(event, Context())


def missing(deployed: Deployed, uses: list[Use], role: str) -> list[Use]:
    """What was done so far that the role does not allow; the next function begins with nothing done."""
    done = sorted(set(uses))
    uses.clear()
    assert done
    return [use for use in done if not may(deployed, role, use)]
