"""Conversations with customers: mail that leaves once, what becomes of it, who answers, and what the CRM is told."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws, Duration
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from constructs import Construct

from health_monitor.flows.configure import load_crms
from infra.action import Queues, sender_identities, take_from
from infra.api import Api, Open
from infra.blocks import (
    OurFunction,
    Size,
    Surroundings,
    allow,
    dead_letters,
    explain,
    may_send_mail,
    named_arn,
)
from infra.data import MAIL, Data, may_use_files, may_use_rows, may_write_many_rows
from infra.ingest import Enabled
from infra.stage import Stage
from infra.starts import start_every, start_on

TAKE = Size(timeout=Duration.seconds(60), memory_mb=1024)
# Slack waits for three seconds, and a cold start counts: one whole virtual CPU, more does not make it shorter.
ANSWER = Size(timeout=Duration.seconds(10), memory_mb=1769)
SWEEP = Size(timeout=Duration.minutes(15), memory_mb=1024)
# One conversation a call: what goes wrong with one is tried again without the others.
ONE = 1
HOURLY = 60
# What SES tells of a mail, and what EventBridge calls it.
EVENTS = {
    ses.EmailSendingEvent.SEND: "Email Sent",
    ses.EmailSendingEvent.DELIVERY: "Email Delivered",
    ses.EmailSendingEvent.BOUNCE: "Email Bounced",
    ses.EmailSendingEvent.COMPLAINT: "Email Complaint Received",
    ses.EmailSendingEvent.REJECT: "Email Rejected",
}
SLACK = Open(
    "/slack/{kind}",
    (http.HttpMethod.POST,),
    "The function checks Slack's signature over each body; Slack has no AWS identity.",
)
UNSUBSCRIBE = Open(
    "/unsubscribe/{token}",
    (http.HttpMethod.GET, http.HttpMethod.POST),
    "Whoever has the mail may stop the next: the token is a key that was sent to them. Looking changes nothing.",
)
# Groups of regions that a model may answer from; the model's own id follows the dot.
GROUPS = re.compile(r"^(us|eu|apac|jp|au|ca|us-gov|global)\.")


def known_of_crms(file: Path, sources: Mapping[str, Enabled]) -> dict[str, str]:
    """What functions are told about the CRMs that are on in this file. Raises NeedsHuman with every mistake in it."""
    on = load_crms(file.read_text(), {name: each.settings for name, each in sources.items()})
    settings = {name: each.model_dump(mode="json") for name, each in on.items()}
    return {"HM_CRM": json.dumps(settings, sort_keys=True, separators=(",", ":"))}


class Outreach(Construct):
    """Everything between a draft and its answer."""

    def __init__(self, scope: Construct, id: str, around: Surroundings, data: Data, queues: Queues, api: Api) -> None:
        super().__init__(scope, id)
        self.stage, self.data, self.queues = around.stage, data, queues
        self.mails = _mails(self, self.stage)
        self.around = around.and_also(HM_PUBLIC_URL=api.url, HM_CONFIGURATION_SET=self.mails.configuration_set_name)
        self.functions = (
            self._send(),
            self._sweep(),
            self._follow_up(),
            self._log_to_crm(),
            self._hear_mail_events(),
            self._answer_slack(api),
            self._unsubscribe(api),
            *([self._receive_mail()] if self.stage.reply_domain else []),
        )

    def _function(self, name: str, size: Size, at_once: int | None = None) -> OurFunction:
        """One that reads and changes conversations, by the configuration that is live."""
        ours = OurFunction(self, name, self.around, size, at_once=at_once)
        may_use_rows(ours.role, self.data.table)
        if "HM_BUCKET" in ours.reads:
            may_use_files(ours.role, self.data.bucket, read=("config",))
        self.queues.may_be_filled_by(ours)
        return ours

    def _send(self) -> OurFunction:
        ours = self._function("send_outreach", TAKE, at_once=2)
        identities = _senders(self, ours.role, self.stage)
        may_send_mail(ours.role, identities, named_arn(self, "ses", "configuration-set", self.stage.prefix))
        allow(ours.role, ("ses:GetEmailIdentity",), identities)
        # AWS knows no resource for it; all it tells is whether an address bounced or complained.
        allow(ours.role, ("ses:GetSuppressedDestination",), ["*"])
        explain(
            ours.role, "AwsSolutions-IAM5[Resource::*]", "AWS ties a question to its suppression list to no resource."
        )
        allow(ours.role, ("secretsmanager:GetSecretValue",), [self.data.link_key.secret_arn])
        # The keys by which answers and events find the conversation.
        may_write_many_rows(ours.role, self.data.table)
        take_from(self.queues.outreach, ours, ONE)
        return ours

    def _sweep(self) -> OurFunction:
        ours = self._function("sweep_due", SWEEP)
        may_use_rows(ours.role, self.data.table, indexes=("due",))
        start_every(self, self.stage, HOURLY, ours, "sweep", dead_letters(self, "not-swept", self.stage))
        return ours

    def _follow_up(self) -> OurFunction:
        ours = self._function("follow_up", TAKE)
        may_word_drafts(ours.role, self.stage)
        take_from(self.queues.follow_up, ours, ONE)
        return ours

    def _log_to_crm(self) -> OurFunction:
        ours = self._function("log_to_crm", TAKE, at_once=2)
        secrets = [self.data.crm_secrets["salesforce"], self.data.source_secrets["hubspot"]]
        allow(ours.role, ("secretsmanager:GetSecretValue",), [secret.secret_arn for secret in secrets])
        # What could be told at last is no longer listed.
        allow(ours.role, ("dynamodb:DeleteItem",), [self.data.table.table_arn])
        take_from(self.queues.crm, ours, ONE)
        return ours

    def _hear_mail_events(self) -> OurFunction:
        ours = self._function("hear_mail_events", TAKE)
        start_on(
            self,
            "mail-events",
            ours,
            dead_letters(self, "not-heard", self.stage),
            "SES tells what became of a customer mail.",
            source="aws.ses",
            kinds=tuple(EVENTS.values()),
            detail={"mail": {"tags": {"ses:configuration-set": [self.mails.configuration_set_name]}}},
        )
        return ours

    def _answer_slack(self, api: Api) -> OurFunction:
        ours = self._function("answer_slack", ANSWER)
        # A person's App Home lists what is theirs.
        may_use_rows(ours.role, self.data.table, indexes=("open_by_csm",))
        allow(ours.role, ("secretsmanager:GetSecretValue",), [self.data.slack_token.secret_arn])
        api.lead(SLACK, ours)
        return ours

    def _unsubscribe(self, api: Api) -> OurFunction:
        ours = self._function("unsubscribe", ANSWER)
        api.lead(UNSUBSCRIBE, ours)
        return ours

    def _receive_mail(self) -> OurFunction:
        ours = self._function("receive_mail", TAKE)
        # What was passed on is not kept; what cannot be read waits for a person.
        may_use_files(ours.role, self.data.bucket, read=(MAIL,), write=("quarantine",), remove=(MAIL,))
        # An answer is a touchpoint of its account.
        may_write_many_rows(ours.role, self.data.table)
        may_send_mail(ours.role, sender_identities(self, self.stage.mail_from))
        rules = ses.CfnReceiptRuleSet(self, "Inbound", rule_set_name=self.stage.prefix)
        keep = ses.CfnReceiptRule.S3ActionProperty(
            bucket_name=self.data.bucket.bucket_name, object_key_prefix=f"{MAIL}/"
        )
        ses.CfnReceiptRule(
            self,
            "Answers",
            rule_set_name=rules.ref,
            rule=ses.CfnReceiptRule.RuleProperty(
                name="answers",
                enabled=True,
                recipients=[self.stage.reply_domain],
                scan_enabled=True,
                actions=[ses.CfnReceiptRule.ActionProperty(s3_action=keep)],
            ),
        )
        start_on(
            self,
            "mail-arrived",
            ours,
            dead_letters(self, "not-received", self.stage),
            "A customer's answer lies in the bucket.",
            source="aws.s3",
            kinds=("Object Created",),
            detail={"bucket": {"name": [self.data.bucket.bucket_name]}, "object": {"key": [{"prefix": f"{MAIL}/"}]}},
        )
        return ours


def may_word_drafts(role: iam.IRole, stage: Stage) -> None:
    """Let whoever has this role ask the one model that words drafts, where there is one."""
    if not stage.draft_model:
        return
    group = GROUPS.match(stage.draft_model)
    model = GROUPS.sub("", stage.draft_model)
    own = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{stage.draft_model}"
    anywhere = f"arn:{Aws.PARTITION}:bedrock:{'*' if group else Aws.REGION}::foundation-model/{model}"
    allow(role, ("bedrock:InvokeModel",), [*([own] if group else []), anywhere])
    if group:
        seen = f"arn:<AWS::Partition>:bedrock:*::foundation-model/{model}"
        explain(
            role, f"AwsSolutions-IAM5[Resource::{seen}]", "The group of regions that answers is the model's own choice."
        )


def _mails(scope: Construct, stage: Stage) -> ses.ConfigurationSet:
    """How customer mail leaves: nothing in it is rewritten, SES tells what became of it, and remembers who refused."""
    mails = ses.ConfigurationSet(
        scope,
        "Mails",
        configuration_set_name=stage.prefix,
        reputation_metrics=True,
        suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    )
    mails.add_event_destination(
        "Told",
        # SES speaks to the default bus only.
        destination=ses.EventDestination.event_bus(events.EventBus.from_event_bus_name(scope, "Bus", "default")),
        events=list(EVENTS),
    )
    return mails


def _senders(scope: Construct, role: iam.IRole, stage: Stage) -> list[str]:
    """A CSM's address where SES has verified that, otherwise its domain."""
    for domain in stage.sending_domains:
        seen = f"arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*@{domain}"
        explain(role, f"AwsSolutions-IAM5[Resource::{seen}]", "Whoever is a CSM at our own domain may be the sender.")
    names = [name for domain in stage.sending_domains for name in (domain, f"*@{domain}")]
    return [named_arn(scope, "ses", "identity", name) for name in names]
