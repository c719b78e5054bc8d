"""What befalls the product under load: its consumer is killed at work; and how long an event takes meanwhile."""

import os
import re
import signal
import subprocess
import threading
import time
from datetime import date
from typing import NamedTuple

from health_monitor import wiring
from local.aws import LocalAws
from local.burden import Load, a_probe
from local.product import STAGE
from local.senders import Senders, Use, signed_body

CONSUMER = f"health-monitor-{STAGE}-consume_events"
INTERRUPTED = f"ESM: Lambda {CONSUMER} failed"
"""What the local AWS notes when a function dies over its messages."""
PROBE_WITHIN_SECONDS = 120.0


class Probe(NamedTuple):
    """One event, and the seconds from its being posted until the next night would count it."""

    use: Use
    seconds: float


def kill_consumers(local: LocalAws, load: Load, over: threading.Event) -> int:
    """Kill whatever runs the consumer, at work on messages, every few seconds; how often it came to that."""
    hit = 0
    over.wait(load.kill_every)
    while hit < load.kills and not over.is_set():
        before = interruptions(local)
        for pid in workers_of(local, CONSUMER):
            _kill(pid)
        over.wait(0.2)
        if interruptions(local) > before:  # an idle one dies unnoticed; then it is tried again at once
            hit += 1
            over.wait(load.kill_every)
    return interruptions(local)


def interruptions(local: LocalAws) -> int:
    """How often the consumer has died over its messages so far."""
    return local.log.read_text(errors="replace").count(INTERRUPTED)


def workers_of(local: LocalAws, function: str) -> list[int]:
    """The processes in which the local AWS runs a function, told by their environment."""
    listed = subprocess.run(["ps", "axeww", "-o", "pid=,pgid=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(None, 2) for line in listed.stdout.splitlines())
    ours = re.compile(rf"\bAWS_LAMBDA_FUNCTION_NAME={function}\b")
    return [int(pid) for pid, group, said in rows if int(group) == local.guard.pid and ours.search(said)]


def send_probes(senders: Senders, today: date, over: threading.Event) -> list[Probe]:
    """One event after the other, each timed until it is stored where the nights count it."""
    probes: list[Probe] = []
    while not over.is_set():
        use = a_probe(len(probes), today)
        begun = time.monotonic()
        senders.post([signed_body([use])])
        while not _has_arrived(use) and time.monotonic() - begun < PROBE_WITHIN_SECONDS:
            time.sleep(0.05)
        probes.append(Probe(use, time.monotonic() - begun))
        over.wait(0.5)
    return probes


def _has_arrived(use: Use) -> bool:
    since = {use.account: wiring.clock().now().replace(minute=0, second=0, microsecond=0)}
    found = wiring.arrivals().read(since).get(use.account, {})
    return any(event.user_id == use.user_id for event in found)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
