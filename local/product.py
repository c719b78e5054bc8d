"""The whole product on the laptop: the synthesized template on the local AWS, with a mailbox and doubles of vendors."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from health_monitor import wiring
from infra.assets import host_dependencies
from local import aws, deploy, night, slack_sink, synth
from local.mail_events import MailWorld
from local.post_office import PostOffice
from local.substitutions import Machine, localise

STAGE = "dev"
CRMS = ("salesforce",)
"""CRMs that are only told; HubSpot is asked, too, and has one secret for both."""
CRM_AGAIN_AFTER = 10
"""Seconds."""
DELIVERING = (
    "EmailQueueUrl",
    "SlackQueueUrl",
    "OutreachQueueUrl",
    "FollowUpQueueUrl",
    "CrmQueueUrl",
    "RescoreQueueUrl",
)
"""The outputs that name the queues through which people, customers and the CRM hear of something."""
Secret = Mapping[str, str]


class InvokeError(Exception):
    """A function crashed; the message holds the error's class and its words."""


class Double(NamedTuple):
    """A double of a vendor: its address, and the secret it accepts."""

    url: str
    secret: Secret


@dataclass(frozen=True)
class LocalProduct:
    """A running product: where its parts are, and what it has said to people."""

    aws: aws.LocalAws
    slack: slack_sink.SlackSink
    post: PostOffice
    outputs: dict[str, str]

    def run_night(self, as_of: date | None = None, **asked: Any) -> night.Night:
        """Judge one day as an operator would by hand; `accounts`, `dry_run` and `config` are passed on as they are."""
        return night.run(self.aws, self.outputs["StateMachineArn"], as_of, **asked)

    @property
    def public_url(self) -> str:
        """Where the product's own address on the web begins, as this machine reaches it."""
        # The local AWS answers at one address for all APIs; the output has the API's id where AWS has it, in front.
        api = self.outputs["WebhookUrl"].partition("//")[2].partition(".")[0]
        return f"{self.aws.endpoint}/_aws/execute-api/{api}/$default"

    @property
    def webhook_url(self) -> str:
        """Where senders post to; a slash and the source's name follow."""
        return f"{self.public_url}/webhooks"

    @cached_property
    def mail(self) -> MailWorld:
        """Customers and their mail servers."""
        return MailWorld(self.post, self.invoke, self._put, self._here)

    @property
    def mail_url(self) -> str:
        """Where a person reads the mail in a browser."""
        return f"{self.slack.url}/mail"

    def secret(self, source: str) -> dict[str, str]:
        """What the source's secret holds; for one that signs it was made up at deployment."""
        answer = self.aws.client("secretsmanager").get_secret_value(SecretId=_secret_name(source))
        return dict(json.loads(answer["SecretString"]))

    def pull(self, source: str) -> Any:
        """Pull a source now, as its schedule does, and return what the function says it did."""
        return self.invoke(f"ingest_source_{source}")

    def invoke(self, name: str, event: Mapping[str, Any] | None = None) -> Any:
        """Call one of our functions by its plain name, as AWS does. Raises InvokeError when it crashes."""
        function = f"health-monitor-{STAGE}-{name}"
        answer = self.aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event or {}).encode())
        said = json.loads(answer["Payload"].read() or "null")
        if "FunctionError" in answer:
            raise InvokeError(f"{name}: {said['errorType']}: {said['errorMessage']} (log: {self.aws.log})")
        return said

    def environment(self) -> dict[str, str]:
        """What a program on this machine needs in its environment to work on the deployed product's data."""
        functions = self.aws.client("lambda").list_functions()["Functions"]
        told = (function.get("Environment", {}).get("Variables", {}) for function in functions)
        ours = {name: value for variables in told for name, value in variables.items() if name.startswith("HM_")}
        return {**self.aws.environment(), **ours}

    def wait_until_delivered(self, within_seconds: float = 60) -> bool:
        """Wait until every queue of messages and errands is empty, and say whether they became so in time."""
        delivered = self._wait_until_empty(DELIVERING, within_seconds)
        self.mail.wait()
        return delivered and self._wait_until_empty(DELIVERING, within_seconds)

    @property
    def undelivered(self) -> str:
        """Which queues hold how many messages that nobody took, in words."""
        held = {name.removesuffix("QueueUrl"): self._messages_in((name,)) for name in DELIVERING}
        return ", ".join(f"{name} {count}" for name, count in held.items() if count) or "none"

    def wait_until_consumed(self, within_seconds: float = 60) -> bool:
        """Wait until every webhook body that was taken has been read, and say whether that came in time."""
        return self._wait_until_empty(("IntakeQueueUrl",), within_seconds)

    def stop(self) -> None:
        """End everything that was started; nothing runs on, nothing is kept."""
        self.post.stop()
        self.slack.stop()
        self.aws.stop()

    def _put(self, key: str, content: bytes) -> None:
        self.aws.client("s3").put_object(Bucket=self.outputs["BucketName"], Key=key, Body=content)

    def _here(self, url: str) -> str:
        path = urlsplit(url).path
        return url if url.startswith(self.public_url) else f"{self.public_url}{path}"

    def _wait_until_empty(self, queues: tuple[str, ...], within_seconds: float) -> bool:
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            if not self._messages_in(queues):
                return True
            time.sleep(0.1)
        return False

    def _messages_in(self, names: tuple[str, ...]) -> int:
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        queues = self.aws.client("sqs")
        answers = [
            queues.get_queue_attributes(QueueUrl=self.outputs[name], AttributeNames=list(counts))["Attributes"]
            for name in names
        ]
        return sum(int(answer[count]) for answer in answers for count in counts)


def start(port: int = 0, slack_port: int = 0, vendors: Mapping[str, Double] | None = None) -> LocalProduct:
    """Start the local AWS and the Slack double, deploy, and do what a person does after deploying.

    `vendors` are doubles, by the vendor's name, that their owner has started; a source without one has nobody to ask,
    and a CRM without one is off.
    """
    vendors = vendors or {}
    assembly, host = synth.assembly(), host_dependencies()
    with ExitStack() as undo:
        post = PostOffice().start()
        undo.callback(post.stop)
        local = aws.start(port, post.url)
        post.upstream = local.endpoint
        undo.callback(local.stop)
        slack = slack_sink.start(slack_port)
        undo.callback(slack.stop)
        # A copy of our own package: whoever edits it meanwhile does not change what is deployed.
        core = Path(shutil.copytree(host.core, local.scratch / "core"))
        packages = (host.deps, core, host.runtime)
        machine = Machine(host.python, packages, slack.api_url, _addresses(vendors), local.endpoint)
        stacks = deploy.deploy(local, localise(assembly, local.scratch / "assembly", machine))
        outputs = {name: value for each in stacks.values() for name, value in each.items()}
        product = LocalProduct(local, slack, post, outputs)
        _after_deploying(product, vendors)
        undo.pop_all()
    return product


@contextmanager
def running(port: int = 0, slack_port: int = 0, vendors: Mapping[str, Double] | None = None) -> Iterator[LocalProduct]:
    """The product for the length of a `with` block."""
    product = start(port, slack_port, vendors)
    try:
        yield product
    finally:
        product.stop()


@contextmanager
def inside(product: LocalProduct) -> Iterator[None]:
    """This process works on the deployed product's data for the length of a `with` block."""
    before = dict(os.environ)
    os.environ.update(product.environment())
    wiring.forget()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        wiring.forget()


def _after_deploying(product: LocalProduct, vendors: Mapping[str, Double]) -> None:
    """What a template cannot do: prove that the senders' domains are ours, and know the secrets of others."""
    settings = product.environment()
    for domain in {settings["HM_MAIL_FROM"].rpartition("@")[2], *settings["HM_SENDING_DOMAINS"].split(",")}:
        product.aws.client("sesv2").create_email_identity(EmailIdentity=domain)
    slack = {"bot_token": slack_sink.TOKEN, "signing_secret": slack_sink.SIGNING_SECRET}
    _keep_secret(product, settings["HM_SLACK_SECRET"], slack)
    # Two that tell a CRM the same at once: one comes back, in six minutes when deployed.
    product.aws.client("sqs").set_queue_attributes(
        QueueUrl=product.outputs["CrmQueueUrl"], Attributes={"VisibilityTimeout": str(CRM_AGAIN_AFTER)}
    )
    product.slack.hands.product = f"{product.public_url}/slack"
    product.slack.questions.update(product.mail.start().questions)
    for source, double in vendors.items():
        _keep_secret(product, _secret_name(source), double.secret)


def _keep_secret(product: LocalProduct, name: str, secret: Secret) -> None:
    product.aws.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(dict(secret)))


def _secret_name(vendor: str) -> str:
    kind = "crm" if vendor in CRMS else "sources"
    return f"health-monitor/{STAGE}/{kind}/{vendor}"


def _addresses(vendors: Mapping[str, Double]) -> dict[str, str]:
    return {source: double.url for source, double in vendors.items()}
