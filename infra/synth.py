"""Turns the stacks into a cloud assembly, the same one whoever asks: the CDK, a test, or the laptop."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, CfnOutput, Stack, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from health_monitor.model.errors import NeedsHuman
from infra.action import Delivery, Queues
from infra.assets import ROOT, layers
from infra.blocks import Surroundings, our_layers
from infra.data import Data
from infra.ingest import Enabled, Ingest, enabled_sources
from infra.outreach import Outreach, known_of_crms
from infra.scoring import Scoring
from infra.stage import Stage, stage_from
from infra.watch import Watch


class HealthMonitor(Stack):
    """Everything that works on the stored world: it can be deleted and deployed again without losing a row."""

    def __init__(
        self, scope: App, id: str, stage: Stage, data: Data, sources: Mapping[str, Enabled], told: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id)
        queues = Queues(self, "Queues", stage)
        values = {**stage.variables, **data.variables, **queues.variables, **told}
        around = Surroundings(stage, our_layers(self, layers()), values)
        ingest = Ingest(self, "Ingest", around, data, queues, sources)
        delivery = Delivery(self, "Delivery", around, data, queues)
        scoring = Scoring(self, "Scoring", around, data, queues)
        outreach = Outreach(self, "Outreach", around, data, queues, ingest.api)
        watch = Watch(self, "Watch", stage, scoring)
        watch.show(scoring, ingest, delivery, outreach, queues, data)
        watch.ring_for_every_alarm()
        for name, value in {
            "StateMachineArn": scoring.machine.state_machine_arn,
            "EmailQueueUrl": queues.email.queue_url,
            "SlackQueueUrl": queues.slack.queue_url,
            "OutreachQueueUrl": queues.outreach.queue_url,
            "FollowUpQueueUrl": queues.follow_up.queue_url,
            "CrmQueueUrl": queues.crm.queue_url,
            "RescoreQueueUrl": queues.rescore.queue_url,
            "IntakeQueueUrl": ingest.queue.queue_url,
            "WebhookUrl": ingest.webhook_url,
            "PublicUrl": ingest.api.url,
            "SlackUrl": f"{ingest.api.url}/slack",
            "ConfigurationSet": outreach.mails.configuration_set_name,
            "SendingDomains": ",".join(stage.sending_domains),
        }.items():
            CfnOutput(self, name, value=value)


def synth(stage: str | None = None, outdir: Path | None = None, **settings: str) -> Path:
    """Write the cloud assembly and say where it is.

    Without arguments it obeys the CDK's command line where that has called us, and cdk.json where nobody has. `stage`
    and `settings` (such as mail_from="a@b.com") come before both. Needs no network once the layers are built.
    """
    given = {**settings, "stage": stage} if stage else settings
    everything = app(outdir or Path(os.environ.get("CDK_OUTDIR", ROOT / "cdk.out")), given)  # noqa: TID251
    chosen = stage_from(everything.node.try_get_context, _region())
    sources = enabled_sources(ROOT / everything.node.try_get_context("sources"))
    crms = known_of_crms(ROOT / everything.node.try_get_context("crm"), sources)
    data = Data(everything, f"HealthMonitor-{chosen.name}-data", chosen)
    HealthMonitor(everything, f"HealthMonitor-{chosen.name}", chosen, data, sources, crms)
    Tags.of(everything).add("application", "health-monitor")
    Tags.of(everything).add("stage", chosen.name)
    return Path(everything.synth().directory)


def _region() -> str:
    """Where the stacks will be deployed, as far as the surroundings tell: the CDK's command line says it first."""
    said = (os.environ.get(name) for name in ("CDK_DEFAULT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"))  # noqa: TID251
    return next(filter(None, said), "")


def app(outdir: Path, given: Mapping[str, str]) -> App:
    """An empty app with the settings and flags of cdk.json, which refuses stacks that ignore AWS's advice."""
    # The CDK's command line reads cdk.json by itself; an app started by anyone else would miss its flags.
    committed = json.loads((ROOT / "cdk.json").read_text())["context"]
    empty = App(context=committed, post_cli_context=dict(given), outdir=str(outdir), analytics_reporting=False)
    Validations.of(empty).add_plugins(AwsSolutionsChecks(empty))
    return empty


def main(stage: str) -> int:
    """`make synth`: 0 when the templates are written; what a person must do first is said in one line."""
    try:
        print(f"Templates: {synth(stage, Path('cdk.out'))}")
    except (ValueError, NeedsHuman) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
