"""Processor seconds and peak memory of a process of its own: clocks on the wall tell how busy the machine is."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What one process took."""

    seconds: float
    peak_mb: float
    said: str


class Line(NamedTuple):
    """One line of the table: what was measured, its target, and whether it is met (None = it has no target)."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None


def cost_of(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end; user and system time together. Raises when it fails."""
    process = subprocess.Popen(list(map(str, command)), env=env, stdout=subprocess.PIPE)
    said = process.stdout.read().decode().strip() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} failed")
    kilo = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / kilo, said)


def interleaved(runs: Mapping[str, Callable[[], Cost]], times: int) -> dict[str, Cost]:
    """Each one's median over rounds in which every one has its turn, so that a busy moment hits all alike."""
    found: dict[str, list[Cost]] = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            found[name].append(run())
    return {
        name: Cost(statistics.median(c.seconds for c in costs), max(c.peak_mb for c in costs), costs[0].said)
        for name, costs in found.items()
    }
