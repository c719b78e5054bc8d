"""What the synthesized production template holds that is paid for even when nothing happens."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from infra.nightly import nightly_run

SETTINGS = {"mail_from": "health@company.test", "operations_email": "operations@company.test"}
ALL_SOURCES = "local/sources.yaml"
STEPS = ("plan_scoring", "score_accounts", "summarise", "decide_alerts", "learn_outcomes", "report_run")


class Deployed(NamedTuple):
    """Counts of the template, each function's memory in MB, and what each queue hands to its function."""

    alarms: int
    dashboards: int
    secrets: int
    polled_queues: int
    memory_mb: dict[str, int]
    batches: dict[str, tuple[int, int]]
    """Most messages at once, and seconds that are waited for them, by function."""


def production() -> Deployed:
    """The production stage with every source on."""
    # Imported here: it starts Node, which nobody else needs.
    from infra.synth import synth

    with tempfile.TemporaryDirectory() as folder:
        assembly = synth("prod", Path(folder), sources=ALL_SOURCES, **SETTINGS)
        resources = list(_resources(assembly))
    functions = {logical: one for logical, one in resources if one["Type"] == "AWS::Lambda::Function"}
    named = {logical: _short(one["Properties"]["FunctionName"]) for logical, one in functions.items()}
    mappings = [one["Properties"] for _, one in resources if one["Type"] == "AWS::Lambda::EventSourceMapping"]
    return Deployed(
        alarms=_count(resources, "AWS::CloudWatch::Alarm"),
        dashboards=_count(resources, "AWS::CloudWatch::Dashboard"),
        secrets=_count(resources, "AWS::SecretsManager::Secret"),
        polled_queues=len(mappings),
        memory_mb={named[logical]: one["Properties"]["MemorySize"] for logical, one in functions.items()},
        batches={
            named[one["FunctionName"]["Ref"]]: (one["BatchSize"], one.get("MaximumBatchingWindowInSeconds", 0))
            for one in mappings
        },
    )


def transitions() -> tuple[int, int]:
    """Of a night without gaps, and of one batch: every state that is entered, and one for the start."""
    states = nightly_run(dict.fromkeys(STEPS, "arn"), "aws", 1)["States"]
    batch = states["score_accounts"]["ItemProcessor"]["States"]
    return len(states.keys() - {"next_night"}) + 1, len(batch) + 1


def _resources(assembly: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in sorted(assembly.rglob("*.template.json")):
        yield from json.loads(template.read_text()).get("Resources", {}).items()


def _count(resources: list[tuple[str, dict[str, Any]]], kind: str) -> int:
    return sum(1 for _, one in resources if one["Type"] == kind)


def _short(function_name: str) -> str:
    """health-monitor-prod-score_accounts is score_accounts; every source's copy of ingest_source is one."""
    name = function_name.removeprefix("health-monitor-prod-")
    return "ingest_source" if name.startswith("ingest_source") else name
