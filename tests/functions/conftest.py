"""The deployed handlers over a product in memory: only the wiring is changed."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld
from health_monitor.settings import NEEDS, VARIABLES
from tests.flows.stage import CONFIG, a_world, ports_of

ROOT = Path(__file__).parents[2]
HANDLERS = tuple(sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py")))
Call = Callable[..., Any]
CHOSEN = ("courier", "mailer", "forwarder", "slack_desk", "crm")
"""Ports of which there is more than one, or that are made only where they are needed."""


class Context:
    """What Lambda tells a function about its surroundings."""

    function_name = "ours"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:ours"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """The evening of the eventful night, behind every accessor of the wiring."""
    world = a_world()
    for name, port in ports_of(world).items():
        monkeypatch.setattr(wiring, name, port if name in CHOSEN else lambda port=port: port)
    monkeypatch.setattr(wiring, "aws_world", lambda: world)
    monkeypatch.setattr(wiring, "default_bundle", lambda: CONFIG)
    monkeypatch.setattr(wiring, "forget", lambda: None)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return world


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Invoke a function as Lambda does: JSON in, JSON out, and no variable but those its deployment gives it."""

    def invoke(name: str, event: Any, deployed_as: str | None = None) -> Any:
        for variable in NEEDS[deployed_as or name]:
            monkeypatch.setenv(variable, {"HM_SLACK_CHANNEL": "#customer-health"}.get(variable, "ops@example.com"))
        handler = import_module(f"functions.{name}.handler").handler
        return json.loads(json.dumps(handler(json.loads(json.dumps(event)), Context())))

    return invoke
