"""Every environment variable, once."""

import os
from pathlib import Path

from health_monitor.model.errors import NeedsHuman

VARIABLES: dict[str, str] = {
    "HM_STAGE": "Which deployment this is, such as dev or prod.",
    "HM_TABLE": "The DynamoDB table.",
    "HM_BUCKET": "The S3 bucket for the archive, run files, benchmarks and configurations.",
    "HM_EMAIL_QUEUE_URL": "The SQS queue of messages that go out by email.",
    "HM_SLACK_QUEUE_URL": "The SQS queue of messages that go out by Slack.",
    "HM_OUTREACH_QUEUE_URL": "The SQS queue of customer mails that are to go out.",
    "HM_FOLLOW_UP_QUEUE_URL": "The SQS queue of conversations that nobody answered in time.",
    "HM_CRM_QUEUE_URL": "The SQS queue of what the CRM is to be told.",
    "HM_RESCORE_QUEUE_URL": "The SQS queue of accounts that are scored again without waiting for the night.",
    "HM_CHANNEL": "Which channel this copy of `deliver` serves: email or slack.",
    "HM_MAIL_FROM": "The verified address that internal mail comes from.",
    "HM_OPERATIONS_EMAIL": "Who hears about failed runs, data incidents and accounts without a CSM.",
    "HM_SLACK_SECRET": 'The Secrets Manager secret of the Slack app: {"bot_token": "xoxb-…", "signing_secret": "…"}.',
    "HM_SLACK_CHANNEL": "The Slack channel that alerts go to.",
    "HM_SLACK_API_URL": "Slack's Web API, https://slack.com/api unless a double stands in.",
    "HM_SOURCES": "The settings of every enabled source, as JSON by the source's name.",
    "HM_SOURCE": "Which source this copy of `ingest_source` pulls.",
    "HM_SOURCE_URL": "The address of that source's API, the vendor's own unless a double stands in.",
    "HM_SOURCE_SECRETS": "How the names of the sources' secrets begin; a slash and the source's name follow.",
    "HM_INTAKE_QUEUE_URL": "The SQS queue of pointers to webhook bodies that wait in the bucket.",
    "HM_PUBLIC_URL": "Where the product's own address on the web begins; /unsubscribe and /slack follow.",
    "HM_LINK_SECRET": 'The Secrets Manager secret with the key of the tokens in links and addresses, as {"key": "…"}.',
    "HM_SENDING_DOMAINS": "The domains whose addresses customer mail may come from, with commas between them.",
    "HM_CONFIGURATION_SET": "The SES configuration set of customer mail, which tells what became of each.",
    "HM_REPLY_DOMAIN": "The domain at which answers arrive; empty where they go straight to the CSM.",
    "HM_DRAFT_MODEL": "The Amazon Bedrock model that words drafts; empty where templates do.",
    "HM_CRM": "What each CRM that is on is told, as JSON by the CRM's name.",
    "HM_CRM_SECRETS": "How the names of the CRMs' secrets begin; a slash and the CRM's name follow.",
}

MAY_BE_EMPTY = frozenset({"HM_REPLY_DOMAIN", "HM_DRAFT_MODEL"})
"""Whose empty value means that something is off; every other variable has to say something."""

_STORE = ("HM_STAGE", "HM_TABLE", "HM_BUCKET")
_TELL = ("HM_EMAIL_QUEUE_URL", "HM_SLACK_QUEUE_URL", "HM_OPERATIONS_EMAIL", "HM_SLACK_CHANNEL")
# Whoever changes a conversation has its card rewritten and the CRM told.
_CHANGE = ("HM_SLACK_QUEUE_URL", "HM_CRM_QUEUE_URL")

NEEDS: dict[str, tuple[str, ...]] = {
    "plan_scoring": _STORE,
    "score_accounts": _STORE,
    "summarise": ("HM_STAGE", "HM_BUCKET"),
    "decide_alerts": (*_STORE, *_TELL, "HM_OUTREACH_QUEUE_URL", "HM_CRM_QUEUE_URL", "HM_DRAFT_MODEL"),
    "rescore": (*_STORE, "HM_EMAIL_QUEUE_URL", "HM_OPERATIONS_EMAIL"),
    "learn_outcomes": (*_STORE, *_CHANGE),
    "report_run": _STORE + _TELL,
    "deliver_email": ("HM_STAGE", "HM_TABLE", "HM_CHANNEL", "HM_MAIL_FROM"),
    "deliver_slack": (
        *_STORE, "HM_CHANNEL", "HM_SLACK_SECRET", "HM_SLACK_API_URL", "HM_SLACK_CHANNEL", "HM_EMAIL_QUEUE_URL",
        "HM_OPERATIONS_EMAIL",
    ),
    "send_outreach": (
        *_STORE, *_CHANGE, "HM_SENDING_DOMAINS", "HM_CONFIGURATION_SET", "HM_REPLY_DOMAIN", "HM_PUBLIC_URL",
        "HM_LINK_SECRET", "HM_EMAIL_QUEUE_URL", "HM_OPERATIONS_EMAIL",
    ),
    "sweep_due": ("HM_STAGE", "HM_TABLE", "HM_OUTREACH_QUEUE_URL", "HM_FOLLOW_UP_QUEUE_URL"),
    "follow_up": (*_STORE, *_TELL, "HM_OUTREACH_QUEUE_URL", "HM_CRM_QUEUE_URL", "HM_DRAFT_MODEL"),
    "answer_slack": (*_STORE, *_CHANGE, "HM_OUTREACH_QUEUE_URL", "HM_SLACK_SECRET", "HM_SLACK_API_URL"),
    "unsubscribe": ("HM_STAGE", "HM_TABLE", *_CHANGE),
    "hear_mail_events": (*_STORE, *_CHANGE, "HM_RESCORE_QUEUE_URL"),
    "receive_mail": (*_STORE, *_CHANGE, "HM_EMAIL_QUEUE_URL", "HM_MAIL_FROM", "HM_OPERATIONS_EMAIL"),
    "log_to_crm": (*_STORE, "HM_CRM", "HM_CRM_SECRETS", "HM_SOURCE_SECRETS"),
    "ingest_source": (
        *_STORE, "HM_SOURCES", "HM_SOURCE", "HM_SOURCE_URL", "HM_SOURCE_SECRETS", *_TELL, "HM_CRM_QUEUE_URL",
        "HM_RESCORE_QUEUE_URL",
    ),
    "receive_webhook": ("HM_STAGE", "HM_BUCKET", "HM_SOURCES", "HM_SOURCE_SECRETS", "HM_INTAKE_QUEUE_URL"),
    "consume_events": (*_STORE, "HM_SOURCES", *_CHANGE, "HM_RESCORE_QUEUE_URL"),
    "erase_people": _STORE,
}  # fmt: skip
"""What each deployed function reads; the infrastructure gives exactly this, to every copy of `ingest_source` alike."""


def setting(name: str) -> str:
    """One variable's value. Raises NeedsHuman, naming it and what it is for, when it is not set."""
    value = os.environ.get(name)
    if not value:
        raise NeedsHuman(
            f"{name} is not set: {VARIABLES[name]} On the command line, --env FILE before the command sets it."
        )
    return value


def setting_or_nothing(name: str) -> str:
    """The value of a variable that may be empty; a file of variables leaves those out."""
    return os.environ.get(name, "") if name in MAY_BE_EMPTY else setting(name)


def read_env_file(path: Path) -> None:
    """Take variables from a file of NAME=value lines. Raises NeedsHuman when there is none."""
    if not path.is_file():
        raise NeedsHuman(f"{path} does not exist; `make demo` writes .demo/env while it runs")
    for line in path.read_text().splitlines():
        name, _, value = line.partition("=")
        if value and not name.startswith("#"):
            os.environ[name] = value
