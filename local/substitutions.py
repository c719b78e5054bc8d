"""Every difference between the template that is deployed to AWS and its copy on the laptop, and why each is needed.

Nothing else differs: a test compares the two templates and accepts only what these tuples name.
"""

import copy
import json
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.deploy import Stack, read_assembly

Template = dict[str, Any]
SLACK_API_URL = "{slack_api_url}"
SOURCE_URL = "{source_url}"
PUBLIC_URL = "{public_url}"
CRMS = "{crms}"
NOWHERE = "http://127.0.0.1:9"
"""Where a source without a double is said to be: nothing listens there, and no vendor is ever called from a laptop."""


@dataclass(frozen=True)
class Substitution:
    """One property of one type of resource that has another value on the laptop."""

    name: str
    because: str
    resource_type: str
    path: tuple[str, ...]
    was: Any
    becomes: Any


@dataclass(frozen=True)
class Dropped:
    """A type of resource that is left out on the laptop."""

    resource_type: str
    because: str


ANYTHING = object()
POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")


IN_BATCHES = {"sqs:SendMessage": ["sqs:SendMessage", "sqs:SendMessageBatch"]}
UNKNOWN_RESOURCES = {"ses:SendEmail", "ses:SendRawEmail", "secretsmanager:GetSecretValue"}


def without_the_demand_for_tls(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements of a policy, except those that refuse whoever comes without TLS."""
    return [each for each in statements if "aws:SecureTransport" not in each.get("Condition", {}).get("Bool", {})]


def also_in_batches(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements of a policy, where whoever may send a message may also send a batch of them."""
    return [each | {"Action": IN_BATCHES.get(str(each["Action"]), each["Action"])} for each in statements]


def on_any_resource(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements of a policy, with the permissions to send mail and read secrets no longer tied to a resource."""
    return [each | {"Resource": "*"} if UNKNOWN_RESOURCES & _actions(each) else each for each in statements]


def _actions(statement: Mapping[str, Any]) -> set[str]:
    said = statement["Action"]
    return {said} if isinstance(said, str) else set(said)


PYTHON_RUNTIME = "python3.13"
LOCAL_RUNTIME = "provided.al2023"

SUBSTITUTIONS = (
    Substitution(
        name="runtime",
        because="Only this runtime of the local AWS reports a Python error by its class name, which retries rely on.",
        resource_type="AWS::Lambda::Function",
        path=("Runtime",),
        was=PYTHON_RUNTIME,
        becomes=LOCAL_RUNTIME,
    ),
    Substitution(
        name="slack",
        because="Messages go to the Slack double on this machine, not to a company's channel.",
        resource_type="AWS::Lambda::Function",
        path=("Environment", "Variables", "HM_SLACK_API_URL"),
        was=ANYTHING,
        becomes=SLACK_API_URL,
    ),
    Substitution(
        name="vendors",
        because="Sources are pulled from the doubles on this machine, never from a vendor.",
        resource_type="AWS::Lambda::Function",
        path=("Environment", "Variables", "HM_SOURCE_URL"),
        was=ANYTHING,
        becomes=SOURCE_URL,
    ),
    Substitution(
        name="crms",
        because="Conversations are logged with the doubles on this machine, never in a company's CRM.",
        resource_type="AWS::Lambda::Function",
        path=("Environment", "Variables", "HM_CRM"),
        was=ANYTHING,
        becomes=CRMS,
    ),
    Substitution(
        name="the product's own address",
        because="The local AWS answers for all APIs at one address, and tells the one that AWS would give.",
        resource_type="AWS::Lambda::Function",
        path=("Environment", "Variables", "HM_PUBLIC_URL"),
        was=ANYTHING,
        becomes=PUBLIC_URL,
    ),
    Substitution(
        name="schedule",
        because="The local scheduler leaves the placeholder of the scheduled time unfilled, so a person starts things.",
        resource_type="AWS::Scheduler::Schedule",
        path=("State",),
        was="ENABLED",
        becomes="DISABLED",
    ),
    *(
        Substitution(
            name=f"plain http to {policy.split('::')[1]}",
            because="The local AWS enforces policies but speaks plain http, which this statement refuses.",
            resource_type=policy,
            path=("PolicyDocument", "Statement"),
            was=ANYTHING,
            becomes=without_the_demand_for_tls,
        )
        for policy in POLICIES
    ),
    Substitution(
        name="senders and secrets",
        because="The local AWS checks these two permissions against no sender, and against a name instead of an ARN.",
        resource_type="AWS::IAM::Policy",
        path=("PolicyDocument", "Statement"),
        was=ANYTHING,
        becomes=on_any_resource,
    ),
    Substitution(
        name="batches of messages",
        because="The local AWS asks for a permission of its own, which AWS does not know, to send messages in batches.",
        resource_type="AWS::IAM::Policy",
        path=("PolicyDocument", "Statement"),
        was=ANYTHING,
        becomes=also_in_batches,
    ),
)

DROPPED: tuple[Dropped, ...] = tuple(
    Dropped(kind, "The local AWS receives no mail, so that a double lays what customers answer into the bucket.")
    for kind in ("AWS::SES::ReceiptRuleSet", "AWS::SES::ReceiptRule")
)

# One file joins each function's own package. In a layer the runtime would not find it.
BOOTSTRAP_NAME = "bootstrap"
BOOTSTRAP = """#!/bin/sh
# -S leaves out every site-packages folder: a handler finds what Lambda would give it, and nothing else.
export PYTHONPATH="$LAMBDA_TASK_ROOT":{packages}
exec {python} -S -m awslambdaric "$_HANDLER"
"""


@dataclass(frozen=True)
class Machine:
    """What the functions find on this machine instead of in a Lambda: an interpreter, packages, and the doubles.

    `vendors` holds the address of each source's and each CRM's double, by its name; `aws_url` that of the local AWS.
    """

    python: Path
    packages: tuple[Path, ...]
    slack_api_url: str
    vendors: Mapping[str, str] = field(default_factory=dict)
    aws_url: str = ""

    @property
    def bootstrap(self) -> str:
        """The script that starts a handler the way Lambda's own Python runtime would."""
        packages = ":".join(shlex.quote(str(folder)) for folder in self.packages)
        return BOOTSTRAP.format(packages=packages, python=shlex.quote(str(self.python)))


def localise(assembly: Path, target: Path, machine: Machine) -> Path:
    """Write the laptop's copy of a cloud assembly to `target`; the original stays as it is."""
    shutil.rmtree(target, ignore_errors=True)
    _mirror(assembly, target)
    for stack in read_assembly(target):
        template = json.loads(stack.template.read_text())
        for folder in _packages_of_handlers(template, stack):
            _add_bootstrap(folder, machine.bootstrap)
        stack.template.write_text(json.dumps(localised(template, machine)))
    return target


def localised(template: Template, machine: Machine) -> Template:
    """The laptop's copy of one template."""
    local = copy.deepcopy(template)
    dropped_types = {dropped.resource_type for dropped in DROPPED}
    resources = {name: it for name, it in local["Resources"].items() if it["Type"] not in dropped_types}
    for resource in resources.values():
        _forget_dropped_dependencies(resource, resources)
        values = _values(resource, machine)
        for substitution in SUBSTITUTIONS:
            if resource["Type"] == substitution.resource_type:
                _substitute(resource, substitution, values)
    return local | {"Resources": resources}


def _values(resource: Mapping[str, Any], machine: Machine) -> dict[str, Any]:
    """What the placeholders stand for in this resource."""
    told = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
    return {
        SLACK_API_URL: machine.slack_api_url,
        SOURCE_URL: machine.vendors.get(told.get("HM_SOURCE", ""), NOWHERE),
        PUBLIC_URL: _public_url(told.get("HM_PUBLIC_URL"), machine.aws_url),
        CRMS: _crms(told.get("HM_CRM", "{}"), machine.vendors),
    }


def _public_url(address: Any, aws_url: str) -> Any:
    """The same API at the local AWS: its id is only known once the stack is there."""
    if not isinstance(address, dict):
        return address
    api = {"Ref": address["Fn::GetAtt"][0]}
    return {"Fn::Join": ["", [f"{aws_url}/_aws/execute-api/", api, "/$default"]]}


def _crms(told: str, doubles: Mapping[str, str]) -> str:
    """A CRM without a double is off: what nobody takes would be tried again for days."""
    crms = {name: each | {"address": doubles[name]} for name, each in json.loads(told).items() if name in doubles}
    return json.dumps(crms, sort_keys=True, separators=(",", ":"))


def _substitute(resource: dict[str, Any], substitution: Substitution, values: Mapping[str, Any]) -> None:
    holder = resource.get("Properties", {})
    *parents, last = substitution.path
    for parent in parents:
        holder = holder.get(parent, {})
    if last in holder and substitution.was in (ANYTHING, holder[last]):
        becomes = substitution.becomes
        holder[last] = becomes(holder[last]) if callable(becomes) else values.get(becomes, becomes)


def _forget_dropped_dependencies(resource: dict[str, Any], kept: Mapping[str, Any]) -> None:
    if isinstance(resource.get("DependsOn"), list):
        resource["DependsOn"] = [name for name in resource["DependsOn"] if name in kept]


def _mirror(assembly: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for entry in assembly.iterdir():
        if entry.name.startswith("asset."):
            (target / entry.name).symlink_to(entry.resolve())
        elif entry.is_dir():
            _mirror(entry, target / entry.name)
        else:
            shutil.copyfile(entry, target / entry.name)


def _packages_of_handlers(template: Template, stack: Stack) -> Iterator[Path]:
    by_key = {asset.key: asset.source for asset in stack.assets}
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function" and properties.get("Runtime") == PYTHON_RUNTIME:
            yield by_key[properties["Code"]["S3Key"]]


def _add_bootstrap(package: Path, script: str) -> None:
    if package.is_symlink():
        original = package.resolve()
        package.unlink()
        shutil.copytree(original, package)
    (package / BOOTSTRAP_NAME).write_text(script)
    (package / BOOTSTRAP_NAME).chmod(0o755)
