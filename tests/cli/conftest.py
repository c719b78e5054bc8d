"""The command line as a person uses it: words in, words and an exit code out."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from health_monitor import wiring
from health_monitor.adapters.memory import MemoryWorld, PushedClock, memory_world
from health_monitor.cli import main
from tests.builders import A_MOMENT

CONFIG = Path(__file__).parents[2] / "config"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


Command = Callable[..., Said]


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> MemoryWorld:
    """A deployment without AWS."""
    world = memory_world(A_MOMENT)
    monkeypatch.setattr(wiring, "aws_world", lambda: world)
    monkeypatch.setattr("health_monitor.cli.replay.aws_world", lambda: world)
    return world


@pytest.fixture
def health_monitor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, product: MemoryWorld
) -> Command:
    """Run a command in an empty folder, on the morning after the last day of the data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("health_monitor.cli.replay.clock", lambda: PushedClock(A_MOMENT))

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["health-monitor", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return run
