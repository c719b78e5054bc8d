"""`make deploy`: the stacks into an AWS account, or with `--dry` what would change there."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from health_monitor.flows.configure import load_crms, load_sources
from health_monitor.model.errors import NeedsHuman
from infra.assets import BUILD, ROOT
from infra.cdk import run
from infra.stage import Stage, stage_from

VARIABLES = {
    "TableName": "HM_TABLE",
    "BucketName": "HM_BUCKET",
    "EmailQueueUrl": "HM_EMAIL_QUEUE_URL",
    "SlackQueueUrl": "HM_SLACK_QUEUE_URL",
    "OutreachQueueUrl": "HM_OUTREACH_QUEUE_URL",
    "FollowUpQueueUrl": "HM_FOLLOW_UP_QUEUE_URL",
    "CrmQueueUrl": "HM_CRM_QUEUE_URL",
    "RescoreQueueUrl": "HM_RESCORE_QUEUE_URL",
    "IntakeQueueUrl": "HM_INTAKE_QUEUE_URL",
    "PublicUrl": "HM_PUBLIC_URL",
    "ConfigurationSet": "HM_CONFIGURATION_SET",
    "SendingDomains": "HM_SENDING_DOMAINS",
}


def main(argv: list[str]) -> int:
    """0 when all is deployed, or shown; what a person must do first is said in one line."""
    asked = argparse.ArgumentParser(prog="make deploy", usage="make deploy [STAGE=dev|prod] [DRY=1] [YES=1]")
    asked.add_argument("stage")
    asked.add_argument("--dry", action="store_true", help="only show what would change")
    asked.add_argument("--yes", action="store_true", help="do not ask before permissions are widened")
    options = asked.parse_args(argv)
    committed = json.loads((ROOT / "cdk.json").read_text())["context"]
    try:
        stage = stage_from({**committed, "stage": options.stage}.get)
        if not options.dry:
            refuse_made_up_addresses(stage)
        # In words, before the CDK would end in a traceback.
        sources = load_sources((ROOT / committed["sources"]).read_text())
        load_crms((ROOT / committed["crm"]).read_text(), sources)
    except (ValueError, NeedsHuman) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    outputs = BUILD / f"{options.stage}.outputs.json"
    code = run(command(options.stage, outputs, dry=options.dry, ask=not options.yes))
    if code == 0 and not options.dry:
        file = ROOT / f"{options.stage}.env"
        file.write_text(environment_file(options.stage, json.loads(outputs.read_text())))
        print(f"{file.name} is for the command line: health-monitor --env {file.name} ...")
    return code


def refuse_made_up_addresses(stage: Stage) -> None:
    """Raises ValueError when a stage that people rely on would write to nobody."""
    if stage.made_up_addresses and stage.needs_real_addresses:
        given = ", ".join(f"{name} is {address}" for name, address in stage.made_up_addresses.items())
        raise ValueError(f"{given}: nobody reads that. Write your own addresses into cdk.json, then deploy again.")


def command(stage: str, outputs: Path, *, dry: bool, ask: bool) -> list[str]:
    """What the CDK is asked to do: build the stacks by cdk.json, ask before it widens permissions, and tell."""
    approval = "broadening" if ask else "never"
    deploy = ["deploy", "--all", "--require-approval", approval, "--outputs-file", str(outputs)]
    what = ["diff"] if dry else deploy
    return [*what, "--context", f"stage={stage}"]


def environment_file(stage: str, outputs: Mapping[str, Mapping[str, str]]) -> str:
    """What the command line has to know of a deployment, as NAME=value lines."""
    told = {name: value for stack in outputs.values() for name, value in stack.items()}
    lines = [f"HM_STAGE={stage}", *(f"{variable}={told[name]}" for name, variable in VARIABLES.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
