"""The whole product on the laptop: the synthesized template on the local AWS, with a mailbox and a Slack double."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from infra.assets import host_dependencies
from local import aws, deploy, night, slack_sink, synth
from local.substitutions import Machine, localise


@dataclass(frozen=True)
class LocalProduct:
    """A running product: where its parts are, and what it has said to people."""

    aws: aws.LocalAws
    slack: slack_sink.SlackSink
    outputs: dict[str, str]

    def run_night(self, as_of: date | None = None, **asked: Any) -> night.Night:
        """Judge one day as an operator would by hand; `accounts`, `dry_run` and `config` are passed on as they are."""
        return night.run(self.aws, self.outputs["StateMachineArn"], as_of, **asked)

    def environment(self) -> dict[str, str]:
        """What a program on this machine needs in its environment to work on the deployed product's data."""
        functions = self.aws.client("lambda").list_functions()["Functions"]
        told = (function.get("Environment", {}).get("Variables", {}) for function in functions)
        ours = {name: value for variables in told for name, value in variables.items() if name.startswith("HM_")}
        return {**self.aws.environment(), **ours}

    def wait_until_delivered(self, within_seconds: float = 60) -> bool:
        """Wait until both queues of messages are empty, and say whether they became so in time."""
        deadline = time.monotonic() + within_seconds
        while time.monotonic() < deadline:
            if not self._messages_on_their_way():
                return True
            time.sleep(0.1)
        return False

    def stop(self) -> None:
        """End everything that was started; nothing runs on, nothing is kept."""
        self.slack.stop()
        self.aws.stop()

    def _messages_on_their_way(self) -> int:
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        queues = self.aws.client("sqs")
        answers = [
            queues.get_queue_attributes(QueueUrl=self.outputs[name], AttributeNames=list(counts))["Attributes"]
            for name in ("EmailQueueUrl", "SlackQueueUrl")
        ]
        return sum(int(answer[count]) for answer in answers for count in counts)


def start(port: int = 0, slack_port: int = 0) -> LocalProduct:
    """Start the local AWS and the Slack double, deploy, and do what a person does after deploying."""
    assembly, host = synth.assembly(), host_dependencies()
    with ExitStack() as undo:
        local = aws.start(port)
        undo.callback(local.stop)
        slack = slack_sink.start(local.scratch / "slack.jsonl", slack_port)
        undo.callback(slack.stop)
        # A copy of our own package: whoever edits it meanwhile does not change what is deployed.
        core = Path(shutil.copytree(host.core, local.scratch / "core"))
        machine = Machine(host.python, (host.deps, core, host.runtime), slack.api_url)
        stacks = deploy.deploy(local, localise(assembly, local.scratch / "assembly", machine))
        product = LocalProduct(local, slack, {name: value for each in stacks.values() for name, value in each.items()})
        _after_deploying(product)
        undo.pop_all()
    return product


@contextmanager
def running(port: int = 0, slack_port: int = 0) -> Iterator[LocalProduct]:
    """The product for the length of a `with` block."""
    product = start(port, slack_port)
    try:
        yield product
    finally:
        product.stop()


def _after_deploying(product: LocalProduct) -> None:
    """The two things a template cannot do: prove that the sender's address is ours, and know Slack's token."""
    settings = product.environment()
    product.aws.client("sesv2").create_email_identity(EmailIdentity=settings["HM_MAIL_FROM"])
    product.aws.client("secretsmanager").put_secret_value(
        SecretId=settings["HM_SLACK_SECRET"], SecretString=json.dumps({"bot_token": slack_sink.TOKEN})
    )
