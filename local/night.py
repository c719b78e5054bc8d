"""Runs one night on the deployed state machine and says in words how it ended."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

NIGHT_WITHIN_SECONDS = 900.0
LISTED_FAILURES = 3


class Clients(Protocol):
    """Whatever hands out clients of an AWS on this machine."""

    def client(self, service: str) -> Any: ...


class NightError(Exception):
    """A night did not end in time."""


@dataclass(frozen=True)
class Night:
    """How one run ended: its output, or the state that failed and why."""

    execution: str
    status: str
    output: Any
    failed_state: str
    cause: str
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether every step of the run was done."""
        return self.status == "SUCCEEDED"

    @property
    def in_words(self) -> str:
        """The ending as a person would tell it."""
        if self.succeeded:
            return f"The run succeeded in {self.seconds:.1f} s."
        return f"The run ended as {self.status} in {self.failed_state or 'its first step'}: {self.cause}"


def run(
    local: Clients,
    machine: str,
    as_of: date | None = None,
    accounts: list[str] | None = None,
    dry_run: bool | None = None,
    config: str | None = None,
    within_seconds: float = NIGHT_WITHIN_SECONDS,
) -> Night:
    """Start the state machine as an operator would in the console, wait for the end, and tell it."""
    asked = {
        "as_of": as_of.isoformat() if as_of else None,
        "accounts": accounts,
        "dry_run": dry_run,
        "config": config,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return run_with(local, machine, given, within_seconds)


def run_with(
    local: Clients, machine: str, given: dict[str, Any], within_seconds: float = NIGHT_WITHIN_SECONDS
) -> Night:
    """Start the state machine with exactly this input, wait for the end, and tell it."""
    steps = local.client("stepfunctions")
    begun = time.monotonic()
    execution = steps.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    while (ended := steps.describe_execution(executionArn=execution))["status"] == "RUNNING":
        if time.monotonic() - begun > within_seconds:
            raise NightError(f"The run is in {_last_state(steps, execution)} since {within_seconds:.0f} s: {execution}")
        time.sleep(0.1)
    failed = ended["status"] != "SUCCEEDED"
    return Night(
        execution=execution,
        status=ended["status"],
        output=json.loads(ended["output"]) if ended.get("output") else None,
        failed_state=_last_state(steps, execution) if failed else "",
        cause=_why(steps, ended) if failed else "",
        seconds=time.monotonic() - begun,
    )


def _last_state(steps: Any, execution: str) -> str:
    pages = steps.get_paginator("get_execution_history").paginate(executionArn=execution)
    events = [event for page in pages for event in page["events"]]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    return entered[-1] if entered else ""


def _why(steps: Any, ended: dict[str, Any]) -> str:
    """The failed batches' own words where there are any; a Map itself only says that one of them failed."""
    batches = list(_failed_batches(steps, ended["executionArn"]))
    if not batches:
        return _in_words(ended)
    shown = "; ".join(dict.fromkeys(_in_words(batch) for batch in batches[:LISTED_FAILURES]))
    return f"{len(batches)} of its batches failed: {shown}"


def _failed_batches(steps: Any, execution: str) -> Iterator[dict[str, Any]]:
    runs = steps.list_map_runs(executionArn=execution)["mapRuns"]
    # A run that catches up has one Map run a night; only the last can have failed.
    latest = sorted(runs, key=lambda run: run["startDate"])[-1:]
    for run in latest:
        for batch in steps.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED")["executions"]:
            yield steps.describe_execution(executionArn=batch["executionArn"])


def _in_words(ended: dict[str, Any]) -> str:
    """The error's class and message; Lambda wraps both, with a stack trace, into the cause."""
    error, cause = ended.get("error", "no error name"), ended.get("cause", "no cause given")
    try:
        message = json.loads(cause)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        message = cause
    return f"{error}: {message}"
