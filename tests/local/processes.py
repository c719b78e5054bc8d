"""What runs and what listens on this machine, asked of the operating system."""

import re
import shutil
import subprocess
import time

import pytest


def processes_of(group: int) -> dict[int, str]:
    """The living processes of one process group, and how each was called."""
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    return {int(pid): args for pid, pgid, state, args in rows if int(pgid) == group and not state.startswith("Z")}


def still_there_after_a_while(group: int) -> dict[int, str]:
    """What is left of a process group once it had ten seconds to go."""
    deadline = time.monotonic() + 10
    while processes_of(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    return processes_of(group)


def addresses_listened_to_by(group: int) -> set[str]:
    """The addresses, without port, on which any process of the group accepts connections."""
    if not shutil.which("ss"):
        pytest.skip("ss, which lists listening sockets, is not installed here")
    listed = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout
    ours = processes_of(group)
    return {
        line.split()[3].rpartition(":")[0]
        for line in listed.splitlines()
        if any(int(pid) in ours for pid in re.findall(r"pid=(\d+)", line))
    }
