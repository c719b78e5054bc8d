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
    "HM_CHANNEL": "Which channel this copy of `deliver` serves: email or slack.",
    "HM_MAIL_FROM": "The verified address that internal mail comes from.",
    "HM_OPERATIONS_EMAIL": "Who hears about failed runs, data incidents and accounts without a CSM.",
    "HM_SLACK_SECRET": 'The Secrets Manager secret that holds the Slack bot token as {"bot_token": "xoxb-…"}.',
    "HM_SLACK_CHANNEL": "The Slack channel that alerts go to.",
    "HM_SLACK_API_URL": "Slack's Web API, https://slack.com/api unless a double stands in.",
    "HM_SOURCES": "The settings of every enabled source, as JSON by the source's name.",
    "HM_SOURCE": "Which source this copy of `ingest_source` pulls.",
    "HM_SOURCE_URL": "The address of that source's API, the vendor's own unless a double stands in.",
    "HM_SOURCE_SECRETS": "How the names of the sources' secrets begin; a slash and the source's name follow.",
    "HM_INTAKE_QUEUE_URL": "The SQS queue of pointers to webhook bodies that wait in the bucket.",
}

_STORE = ("HM_STAGE", "HM_TABLE", "HM_BUCKET")
_TELL = ("HM_EMAIL_QUEUE_URL", "HM_SLACK_QUEUE_URL", "HM_OPERATIONS_EMAIL", "HM_SLACK_CHANNEL")

NEEDS: dict[str, tuple[str, ...]] = {
    "plan_scoring": _STORE,
    "score_accounts": _STORE,
    "summarise": ("HM_STAGE", "HM_BUCKET"),
    "decide_alerts": _STORE + _TELL,
    "report_run": _STORE + _TELL,
    "deliver_email": ("HM_STAGE", "HM_TABLE", "HM_CHANNEL", "HM_MAIL_FROM"),
    "deliver_slack": ("HM_STAGE", "HM_TABLE", "HM_CHANNEL", "HM_SLACK_SECRET", "HM_SLACK_API_URL"),
    "ingest_source": (*_STORE, "HM_SOURCES", "HM_SOURCE", "HM_SOURCE_URL", "HM_SOURCE_SECRETS", *_TELL),
    "receive_webhook": ("HM_STAGE", "HM_BUCKET", "HM_SOURCES", "HM_SOURCE_SECRETS", "HM_INTAKE_QUEUE_URL"),
    "consume_events": (*_STORE, "HM_SOURCES"),
    "erase_people": _STORE,
}
"""What each deployed function reads; the infrastructure gives exactly this, to every copy of `ingest_source` alike."""


def setting(name: str) -> str:
    """One variable's value. Raises NeedsHuman, naming it and what it is for, when it is not set."""
    value = os.environ.get(name)
    if not value:
        raise NeedsHuman(
            f"{name} is not set: {VARIABLES[name]} On the command line, --env FILE before the command sets it."
        )
    return value


def read_env_file(path: Path) -> None:
    """Take variables from a file of NAME=value lines. Raises NeedsHuman when there is none."""
    if not path.is_file():
        raise NeedsHuman(f"{path} does not exist; `make demo` writes .demo/env while it runs")
    for line in path.read_text().splitlines():
        name, _, value = line.partition("=")
        if value and not name.startswith("#"):
            os.environ[name] = value
