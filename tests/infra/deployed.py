"""A synthesized assembly as tests ask about it: what kinds of things it has, what roles may do, what the run does."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from health_monitor.settings import NEEDS

EVERYTHING = {
    "sources": "local/sources.yaml",
    "crm": "local/crm.yaml",
    "reply_domain": "reply.example.com",
    "draft_model": "eu.amazon.nova-lite-v1:0",
}
"""Whatever can be switched on, so that whatever could be deployed is looked at."""
Resource = dict[str, Any]
Statement = dict[str, Any]


@dataclass(frozen=True)
class Deployed:
    """Every resource of every stack of one stage, by its logical name."""

    assembly: Path
    stage: str

    @property
    def templates(self) -> dict[str, dict[str, Any]]:
        """Each stack's template, by the stack's name."""
        files = sorted(self.assembly.glob("*.template.json"))
        return {file.name.removesuffix(".template.json"): json.loads(file.read_text()) for file in files}

    @property
    def resources(self) -> dict[str, Resource]:
        """Everything that would exist, whichever stack makes it."""
        return {name: it for template in self.templates.values() for name, it in template["Resources"].items()}

    def all(self, kind: str) -> dict[str, Resource]:
        """The properties of every resource of a kind, such as AWS::SQS::Queue."""
        return {name: it.get("Properties", {}) for name, it in self.resources.items() if it["Type"] == kind}

    def one(self, kind: str) -> Resource:
        """The properties of the only resource of a kind."""
        (only,) = self.all(kind).values()
        return only

    @property
    def functions(self) -> dict[str, Resource]:
        """Our functions by their plain names."""
        prefix = f"health-monitor-{self.stage}-"
        return {it["FunctionName"].removeprefix(prefix): it for it in self.all("AWS::Lambda::Function").values()}

    def needs(self, name: str) -> tuple[str, ...]:
        """The variables that a function's code reads; the copies of `ingest_source` are the same code."""
        return NEEDS.get(name) or NEEDS["ingest_source"]

    @property
    def schedules(self) -> dict[str, Resource]:
        """What is started by the clock, by its plain name."""
        prefix = f"health-monitor-{self.stage}-"
        return {it["Name"].removeprefix(prefix): it for it in self.all("AWS::Scheduler::Schedule").values()}

    @property
    def queues(self) -> dict[str, Resource]:
        """Our queues by their plain names, with the name the template refers to them by as `id`."""
        prefix = f"health-monitor-{self.stage}-"
        queues = self.all("AWS::SQS::Queue")
        return {it["QueueName"].removeprefix(prefix): {**it, "id": name} for name, it in queues.items()}

    @property
    def machine(self) -> dict[str, Any]:
        """The nightly run's definition, references to other resources spelled as their names."""
        definition = self.one("AWS::StepFunctions::StateMachine")["DefinitionString"]
        return dict(json.loads(spelled(definition)))

    def allowed(self, role: str = "") -> Iterator[Statement]:
        """What roles may do; `role` is part of the logical name of those asked about."""
        for policy in self.all("AWS::IAM::Policy").values():
            if role in policy["Roles"][0]["Ref"]:
                yield from policy["PolicyDocument"]["Statement"]

    def alarms_on(self, metric: str) -> dict[str, Resource]:
        """The alarms that watch a metric, by the resource they watch."""
        return {
            spelled(alarm["Dimensions"][0]["Value"]): alarm
            for alarm in self.all("AWS::CloudWatch::Alarm").values()
            if alarm["MetricName"] == metric
        }

    def assets(self) -> dict[str, str]:
        """The hash of everything uploaded besides the templates, by what it is."""
        manifests = [json.loads(file.read_text())["files"] for file in sorted(self.assembly.glob("*.assets.json"))]
        files = {key: file for manifest in manifests for key, file in manifest.items()}
        return {key: file["displayName"] for key, file in files.items() if file["source"]["packaging"] == "zip"}


def spelled(value: Any) -> str:
    """A value of a template as plain text, references by the name of what they refer to."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    if "Fn::ImportValue" in value:
        return str(value["Fn::ImportValue"])
    if "Fn::Select" in value:
        return "".join(spelled(part) for part in value["Fn::Select"][1:])
    separator, parts = value["Fn::Join"]
    return str(separator).join(spelled(part) for part in parts)


def listed(value: Any) -> list[Any]:
    """CloudFormation writes a list of one without the list."""
    return value if isinstance(value, list) else [value]
