"""Every difference between a stage one may break and the stage customers rely on."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

# "Email receiving endpoints" in the AWS General Reference, Amazon Simple Email Service endpoints and quotas.
RECEIVING_REGIONS = (
    "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ca-central-1", "eu-central-1", "eu-west-1",
    "eu-west-2", "us-east-1", "us-east-2", "us-west-2",
)  # fmt: skip
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
MODEL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?")
# Domains that are reserved for examples: mail to them reaches nobody.
NOBODYS = ("example.com", "example.net", "example.org")


@dataclass(frozen=True)
class Stage:
    """One deployment: what it keeps and for how long, when it runs, and whom it writes to."""

    name: str
    keeps_data: bool
    needs_real_addresses: bool
    reserves_concurrency: bool
    log_expiry: RetentionDays
    batches_at_once: int
    bodies_at_once: int
    bodies_wait_seconds: int
    consumers_at_once: int
    webhooks_a_second: int
    schedule_hour: int = 0
    mail_from: str = ""
    operations_email: str = ""
    slack_channel: str = ""
    slack_api_url: str = ""
    restored_table: str = ""
    sending_domains: tuple[str, ...] = ()
    reply_domain: str = ""
    draft_model: str = ""

    @property
    def removal(self) -> RemovalPolicy:
        """What happens to stored data when its stack is deleted."""
        return RemovalPolicy.RETAIN if self.keeps_data else RemovalPolicy.DESTROY

    @property
    def removal_by_name(self) -> RemovalPolicy:
        """The same for what has a fixed name: left by a deployment that failed, it would stop the next one."""
        return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if self.keeps_data else RemovalPolicy.DESTROY

    @property
    def prefix(self) -> str:
        """How the name of everything in this stage begins."""
        return f"health-monitor-{self.name}"

    @property
    def made_up_addresses(self) -> dict[str, str]:
        """The addresses, by setting, that are still those of the example."""
        addresses = {"mail_from": self.mail_from, "operations_email": self.operations_email}
        return {name: address for name, address in addresses.items() if address.rpartition("@")[2] in NOBODYS}

    @property
    def variables(self) -> dict[str, str]:
        """What functions may be told about the stage they run in."""
        return {
            "HM_STAGE": self.name,
            "HM_MAIL_FROM": self.mail_from,
            "HM_OPERATIONS_EMAIL": self.operations_email,
            "HM_SLACK_CHANNEL": self.slack_channel,
            "HM_SLACK_API_URL": self.slack_api_url,
            "HM_SENDING_DOMAINS": ",".join(self.sending_domains),
            "HM_REPLY_DOMAIN": self.reply_domain,
            "HM_DRAFT_MODEL": self.draft_model,
        }


STAGES = (
    Stage(
        "dev",
        keeps_data=False,
        needs_real_addresses=False,
        # A new account has a concurrency of 10 in all, and of that AWS lets nobody reserve any.
        reserves_concurrency=False,
        log_expiry=RetentionDays.ONE_WEEK,
        batches_at_once=5,
        bodies_at_once=100,
        bodies_wait_seconds=1,
        consumers_at_once=2,
        webhooks_a_second=50,
    ),
    Stage(
        "prod",
        keeps_data=True,
        needs_real_addresses=True,
        reserves_concurrency=True,
        log_expiry=RetentionDays.THREE_MONTHS,
        batches_at_once=20,
        bodies_at_once=500,
        bodies_wait_seconds=60,
        consumers_at_once=5,
        webhooks_a_second=500,
    ),
)


def stage_from(context: Callable[[str], Any], region: str = "") -> Stage:
    """The stage the context asks for (`-c stage=prod`), with the settings it gives (`-c schedule_hour=5`).

    `region`: where it will be deployed, if that is known by now. Raises ValueError naming the setting and the remedy.
    """
    known = {stage.name: stage for stage in STAGES}
    wanted = str(context("stage"))
    if wanted not in known:
        raise ValueError(f"There is no stage {wanted!r}: choose one of {', '.join(known)}.")
    return replace(
        known[wanted],
        schedule_hour=_hour(context("schedule_hour")),
        mail_from=_address("mail_from", context),
        operations_email=_address("operations_email", context),
        slack_channel=_text("slack_channel", context),
        slack_api_url=_text("slack_api_url", context),
        restored_table=str(context("restored_table") or ""),
        sending_domains=_sending_domains(context),
        reply_domain=_reply_domain(context, region),
        draft_model=_matching(
            "draft_model", context, MODEL, "no model's id: write one, such as eu.amazon.nova-lite-v1:0"
        ),
    )


def _text(name: str, context: Callable[[str], Any]) -> str:
    text = str(context(name) or "")
    if not text:
        raise ValueError(f"{name} is empty: set it in cdk.json or with -c {name}=...")
    return text


def _address(name: str, context: Callable[[str], Any]) -> str:
    text = _text(name, context)
    if text.count("@") != 1:
        raise ValueError(f"{name} is {text!r}, which is no email address: write name@domain.")
    return text


def _sending_domains(context: Callable[[str], Any]) -> tuple[str, ...]:
    """Where customer mail may come from; unless it is said, where internal mail comes from."""
    given = str(context("sending_domains") or "") or _address("mail_from", context).rpartition("@")[2]
    domains = tuple(each.strip().lower() for each in given.split(","))
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise ValueError(f"sending_domains has {domain!r}, which is no domain: write example.com,mail.example.com")
    return domains


def _reply_domain(context: Callable[[str], Any], region: str) -> str:
    domain = _matching("reply_domain", context, DOMAIN, "no domain: write reply.example.com")
    if domain and region and region not in RECEIVING_REGIONS:
        raise ValueError(
            f"reply_domain is {domain!r}, and SES receives no mail in {region}: deploy to one of "
            f"{', '.join(RECEIVING_REGIONS)}, or leave reply_domain empty, and answers go straight to the CSM. "
            f"Where AWS lists {region} by now, add it to RECEIVING_REGIONS in infra/stage.py."
        )
    return domain


def _matching(name: str, context: Callable[[str], Any], form: re.Pattern[str], says: str) -> str:
    """A setting that may be empty."""
    text = str(context(name) or "").strip().lower()
    if text and not form.fullmatch(text):
        raise ValueError(f"{name} is {text!r}, which is {says}.")
    return text


def _hour(value: Any) -> int:
    text = str(value)
    if not text.isdigit() or int(text) > 23:
        raise ValueError(f"schedule_hour is {text!r}: write an hour of the day in UTC, 0 to 23.")
    return int(text)
