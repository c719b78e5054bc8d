"""Processes that die in the middle of their work, at a write that the test chooses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from health_monitor.adapters.memory import MemoryWorld
from tests.flows.stage import like

WRITES = {
    "blobs": ("put", "put_absent", "delete"),
    "accounts": ("save", "save_contacts", "merge", "merge_contacts", "remove_contacts"),
    "rings": ("write", "remove"),
    "arrivals": ("add", "remove", "discard", "forget_user"),
    "waiting": ("add", "remove", "discard", "forget_user"),
    "names": ("claim", "disclaim"),
    "unmatched": ("save", "remove"),
    "erasures": ("save",),
    "shelf": ("remove",),
    "states": ("write_absent",),
    "alerts": ("save_absent", "save_past", "escalate", "resolve"),
    "notices": ("save_absent", "release", "drop", "remove", "reword"),
    "claims": ("claim", "mark_sent"),
    "outbox": ("put",),
    "conversations": ("start", "replace"),
    "threads": ("remember", "forget"),
    "flags": ("put", "clear"),
    "dossiers": ("save", "scrub", "remove"),
    "standings": ("write", "remove"),
    "journal": ("save_run", "point_config", "save_freshness"),
}
"""Every call through which a flow changes anything."""


class Died(BaseException):
    """The process is gone: nobody can catch this and go on."""


class Countdown:
    """Counts writes; at the chosen one the process dies, just before it is done or just after."""

    def __init__(self, die_at: int, *, done: bool = False) -> None:
        self.writes, self._die_at, self._done = 0, die_at, done

    def write(self, do: Callable[[], Any]) -> Any:
        self.writes += 1
        dies = self.writes == self._die_at
        if dies and not self._done:
            raise Died
        result = do()
        if dies:
            raise Died
        return result


class MortalPort:
    """A port whose writes are counted."""

    def __init__(self, port: Any, writes: tuple[str, ...], countdown: Countdown) -> None:
        self._port, self._writes, self._countdown = port, writes, countdown

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._port, name)
        if name not in self._writes:
            return known
        return lambda *given, **named: self._countdown.write(lambda: known(*given, **named))


def mortal(world: MemoryWorld, countdown: Countdown) -> MemoryWorld:
    """The same world, for a process that dies when the countdown says so."""
    return like(world, **{name: MortalPort(getattr(world, name), writes, countdown) for name, writes in WRITES.items()})


def died(work: Callable[[], Any]) -> bool:
    """Do the work; whether it died."""
    try:
        work()
    except Died:
        return True
    return False


CHANGING = ("Put", "Update", "BatchWrite", "Transact", "Delete", "Send")


@contextmanager
def requests_counted(countdown: Countdown) -> Iterator[None]:
    """Within it a process also dies between the requests that one port's write makes to AWS."""

    def ask(model: Any, **_: Any) -> None:
        if model.name.startswith(CHANGING):
            countdown.write(lambda: None)

    clients = [boto3.client(service) for service in ("dynamodb", "s3", "sqs")]
    for client in clients:
        client.meta.events.register("before-call", ask)
    yield
    for client in clients:
        client.meta.events.unregister("before-call", ask)
