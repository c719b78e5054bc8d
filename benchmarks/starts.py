"""How long a function takes to start, beside a process that only makes one DynamoDB client.

Each process is fresh and finds exactly what the function finds in its world: the two layers, compiled, and what the
Lambda runtime brings. The second number adds the clients that the function talks
through; they are made when they are first needed.
"""

import os
from collections.abc import Iterator
from functools import partial

from benchmarks.measure import Cost, Line, cost_of, interleaved
from health_monitor.settings import NEEDS
from infra.assets import ROOT, HostDependencies, host_dependencies

BARE = "import boto3; boto3.client('dynamodb')"
START, WIRING = "import handler", "from health_monitor import wiring"
CLIENTS = {
    "HM_TABLE": "wiring._table().client",
    "HM_BUCKET": "wiring.blobs().client",
    "HM_EMAIL_QUEUE_URL": "wiring.outbox().client",
    "HM_CRM_QUEUE_URL": "wiring.outbox().client",
    "HM_RESCORE_QUEUE_URL": "wiring.outbox().client",
    "HM_MAIL_FROM": "wiring.courier('email').client",
    "HM_SLACK_SECRET": "wiring.courier('slack')",
    "HM_SOURCE_URL": "wiring.vendor('mixpanel')",
    "HM_INTAKE_QUEUE_URL": "wiring.inbox().client",
}
"""What a function that reads such a setting talks to."""
AT_MOST = 1.3
ROUNDS = 5


def lines() -> Iterator[Line]:
    """One line a function."""
    host = host_dependencies()
    runs = {"empty": partial(_run, host, "", ""), "bare": partial(_run, host, "", BARE)}
    for name in NEEDS:
        runs[name] = partial(_run, host, name, START)
        runs[f"{name}, ready"] = partial(_run, host, name, _ready(name))
    seconds = {name: cost.seconds for name, cost in interleaved(runs, ROUNDS).items()}
    bare = seconds["bare"] - seconds["empty"]
    for name in NEEDS:
        start, ready = ((seconds[key] - seconds["empty"]) / bare for key in (name, f"{name}, ready"))
        measured = f"{start:.2f}x ({ready:.2f}x with its clients)"
        yield Line(f"{name} starts : a bare boto3.client", measured, f"<= {AT_MOST}x", start <= AT_MOST)


def ready_seconds() -> dict[str, float]:
    """Each function's processor seconds from nothing to ready, its clients included, as Lambda would bill them."""
    host = host_dependencies()
    runs = {name: partial(_run, host, name, _ready(name)) for name in NEEDS}
    return {name: cost.seconds for name, cost in interleaved(runs, ROUNDS).items()}


def _ready(name: str) -> str:
    clients = [CLIENTS[setting] for setting in NEEDS[name] if setting in CLIENTS]
    return "; ".join((START, WIRING, *clients))


def _run(host: HostDependencies, name: str, program: str) -> Cost:
    return cost_of([host.python, "-S", "-c", program], world(host, name))


def world(host: HostDependencies, name: str) -> dict[str, str]:
    """The environment in which a fresh process is this function."""
    folder = ROOT / "functions" / ("deliver" if name.startswith("deliver") else name)
    ours = (host.core, host.deps) if name in NEEDS else ()
    return (
        {
            "PYTHONPATH": os.pathsep.join(map(str, (folder, *ours, host.runtime))),
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_LAMBDA_FUNCTION_NAME": name,
        }
        | dict.fromkeys(NEEDS.get(name, ()), "http://localhost")
        | ({"HM_SOURCE": "mixpanel"} if name else {})
    )
