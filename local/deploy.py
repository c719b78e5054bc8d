"""Puts a synthesized cloud assembly on the local AWS, the way the CDK's own deployment would."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.aws import ACCOUNT, REGION, LocalAws

BOOTSTRAP_VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"
STACK_WITHIN_SECONDS = 180.0
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class DeployError(Exception):
    """A stack was refused; the message names each resource and the reason it gave."""


@dataclass(frozen=True)
class Asset:
    """One file or folder a stack needs in the assets bucket."""

    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class Stack:
    """One template of the assembly, with the assets it needs and the stacks it must follow."""

    id: str
    name: str
    template: Path
    assets: tuple[Asset, ...]
    after: frozenset[str]


Outputs = dict[str, dict[str, str]]


def deploy(local: LocalAws, assembly: Path) -> Outputs:
    """Create every stack of the assembly, in order, and return each stack's outputs by name."""
    stacks = read_assembly(assembly)
    _bootstrap(local, {asset.bucket for stack in stacks for asset in stack.assets})
    for asset in {asset for stack in stacks for asset in stack.assets}:
        _publish(local, asset)
    return {stack.name: _create(local, stack) for stack in stacks}


def read_assembly(assembly: Path) -> tuple[Stack, ...]:
    """The stacks of a cloud assembly and of the stages inside it, in an order in which they can be created."""
    waiting = {stack.id: stack for stack in _stacks_of(assembly)}
    ordered: list[Stack] = []
    while waiting:
        ready = [stack for stack in waiting.values() if not stack.after & waiting.keys()]
        if not ready:
            raise DeployError(f"These stacks wait for each other: {', '.join(sorted(waiting))}.")
        ordered += ready
        for stack in ready:
            del waiting[stack.id]
    return tuple(ordered)


def zipped(source: Path) -> bytes:
    """A folder as a zip file with the same bytes for the same content, execute permissions kept."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(source)), ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            archive.writestr(entry, path.read_bytes())
    return packed.getvalue()


def _stacks_of(assembly: Path) -> Iterator[Stack]:
    try:
        artifacts: dict[str, Any] = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    except FileNotFoundError:
        raise DeployError(f"{assembly} holds no cloud assembly (manifest.json is missing): synthesize first.") from None
    for name, artifact in artifacts.items():
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks_of(assembly / artifact["properties"]["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            yield _stack_of(assembly, name, artifact, artifacts)


def _stack_of(assembly: Path, name: str, artifact: dict[str, Any], artifacts: dict[str, Any]) -> Stack:
    properties, dependencies = artifact["properties"], artifact.get("dependencies", [])
    manifests = [artifacts[other] for other in dependencies if artifacts[other]["type"] == "cdk:asset-manifest"]
    assets = (asset for manifest in manifests for asset in _assets_of(assembly, manifest["properties"]["file"]))
    return Stack(
        id=name,
        name=properties.get("stackName", name),
        template=assembly / properties["templateFile"],
        assets=tuple(assets),
        after=frozenset(dependencies),
    )


def _assets_of(assembly: Path, manifest: str) -> Iterator[Asset]:
    for file in json.loads((assembly / manifest).read_text())["files"].values():
        source = file["source"]
        for place in file["destinations"].values():
            yield Asset(
                source=assembly / source["path"],
                zipped=source["packaging"] == "zip",
                bucket=_here(place["bucketName"]),
                key=place["objectKey"],
            )


def _here(text: str) -> str:
    return text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


def _bootstrap(local: LocalAws, buckets: set[str]) -> None:
    """What `cdk bootstrap` leaves behind in an account, as far as a deployment needs it."""
    for bucket in sorted(buckets):
        local.client("s3").create_bucket(Bucket=bucket)
    local.client("ssm").put_parameter(
        Name=BOOTSTRAP_VERSION_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )


def _publish(local: LocalAws, asset: Asset) -> None:
    body = zipped(asset.source) if asset.zipped else asset.source.read_bytes()
    local.client("s3").put_object(Bucket=asset.bucket, Key=asset.key, Body=body)


def _create(local: LocalAws, stack: Stack) -> dict[str, str]:
    own = next(asset for asset in stack.assets if asset.source == stack.template)
    cloudformation = local.client("cloudformation")
    try:
        cloudformation.create_stack(
            StackName=stack.name,
            # A template in the request itself may not exceed 51,200 bytes; one in a bucket may.
            TemplateURL=f"{local.endpoint}/{own.bucket}/{own.key}",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as refusal:
        reason = refusal.response["Error"]["Message"]
        raise DeployError(f"Stack {stack.name} was not created.\n- {reason}") from refusal
    finished = _wait(cloudformation, stack.name)
    if finished["StackStatus"] != "CREATE_COMPLETE":
        raise DeployError(f"Stack {stack.name} was not created.\n{_reasons(cloudformation, stack.name, finished)}")
    return {output["OutputKey"]: output["OutputValue"] for output in finished.get("Outputs", [])}


def _wait(cloudformation: Any, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + STACK_WITHIN_SECONDS
    while time.monotonic() < deadline:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(0.1)
    raise DeployError(f"Stack {name} was still not finished after {STACK_WITHIN_SECONDS:.0f} s.")


def _reasons(cloudformation: Any, name: str, finished: dict[str, Any]) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    said = [
        f"- {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in reversed(failed)
    ]
    return "\n".join(said) or f"- {finished.get('StackStatusReason', 'it gave no reason')}"
