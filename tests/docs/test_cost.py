"""docs/cost.md shows what the command prints."""

import shlex

import pytest
from typer.testing import CliRunner

from health_monitor.cli import console
from health_monitor.cli.app import app
from tests.docs.documents import ROOT, blocks


def test_the_bill_that_is_shown_is_the_one_that_is_printed(monkeypatch: pytest.MonkeyPatch):
    command, *shown = next(
        block.lines for block in blocks(ROOT / "docs" / "cost.md") if block.lines[0].startswith("health-monitor cost")
    )
    monkeypatch.setattr(console.console, "width", 100)
    said = CliRunner().invoke(app, shlex.split(command)[1:])
    assert said.exit_code == 0
    assert [line.rstrip() for line in said.stdout.splitlines() if line.strip()] == [one for one in shown if one]
