"""Processor seconds and peak memory of a process of its own: clocks on the wall tell how busy the machine is."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

STARTER = """
import os, sys
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(process, 0)
os.write(int(sys.argv[1]), f"{used.ru_utime + used.ru_stime} {used.ru_maxrss}".encode())
sys.exit(status != 0)
"""
"""Starts what is measured: on Linux the peak memory of a process begins with that of the one it was started by."""


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
    into, out_of = os.pipe()
    own = [sys.executable, "-S", "-c", STARTER, str(out_of)]
    run = subprocess.run([*own, *map(str, command)], env=env, stdout=subprocess.PIPE, pass_fds=[out_of], check=False)
    os.close(out_of)
    with os.fdopen(into) as told:
        used = told.read().split()
    if run.returncode:
        raise RuntimeError(f"{command} failed")
    kilo = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Cost(float(used[0]), int(used[1]) / kilo, run.stdout.decode().strip())


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
