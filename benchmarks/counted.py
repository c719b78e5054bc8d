"""The product's own adapters on a table, a bucket and queues that count what they are asked; and a meter over them."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, cast, get_args

import boto3

from benchmarks.answers import Answers
from health_monitor import wiring
from health_monitor.adapters.dynamodb_changes import Changes
from health_monitor.adapters.dynamodb_intake import DynamoNames
from health_monitor.adapters.dynamodb_table import unchecked
from health_monitor.adapters.known_names import KnownNames
from health_monitor.adapters.lots import lots
from health_monitor.adapters.memory import PushedClock
from health_monitor.adapters.memory_store import MemoryBlobs
from health_monitor.adapters.sqs import SEND_AT_ONCE
from health_monitor.model.alert import Errand, Message, Rescoring
from health_monitor.model.source import Pointer
from health_monitor.ports.world import Queue, World

LISTED_AT_ONCE = 1000
GB = 1e9


class Tally(defaultdict[str, float]):
    """How much of each thing; of what was never counted, nothing."""

    def __init__(self, *some: Mapping[str, float]) -> None:
        super().__init__(float)
        for units in some:
            self.add(units)

    def add(self, units: Mapping[str, float], times: float = 1) -> "Tally":
        """So much more, or less."""
        for unit, n in units.items():
            self[unit] += times * n
        return self


class CountedBlobs(MemoryBlobs):
    """Files in memory; every request that S3 would be asked, and how many bytes each folder was given."""

    def __init__(self) -> None:
        super().__init__()
        self.puts = self.gets = 0
        self.given: Counter[str] = Counter()

    def put(self, key: str, data: bytes) -> None:
        self.puts += 1
        self.given[key.partition("/")[0]] += len(data)
        super().put(key, data)

    def put_absent(self, key: str, data: bytes) -> bool:
        self.puts += 1
        new = super().put_absent(key, data)
        self.given[key.partition("/")[0]] += len(data) if new else 0
        return new

    def held(self, prefix: str) -> int:
        """Bytes of the files below it, as they are now."""
        return sum(len(data) for key, data in self._files.items() if key.startswith(prefix))

    def get(self, key: str) -> bytes | None:
        self.gets += 1
        return super().get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        found = list(super().keys(prefix))
        self.puts += len(found) // LISTED_AT_ONCE + 1  # a listing has the price of a write
        yield from found


class CountedQueues:
    """Both kinds of queues: what is sent, and the requests for it."""

    def __init__(self) -> None:
        self.messages: list[Message | Errand] = []
        self.rescorings: list[Rescoring] = []
        self.pointers: list[Pointer] = []
        self.sends = 0

    def put(self, what: Iterable[Message | Errand | Rescoring] | Pointer) -> None:
        if isinstance(what, Pointer):
            self.pointers.append(what)
            self.sends += 1
            return
        messages = list(what)
        self.messages += (m for m in messages if not isinstance(m, Rescoring))
        self.rescorings += (m for m in messages if isinstance(m, Rescoring))
        for channel in get_args(Queue):
            self.sends += sum(1 for _ in lots((m for m in messages if m.channel == channel), SEND_AT_ONCE))


class Counted:
    """One deployment: its world, and everything it was asked for."""

    def __init__(self, now: datetime) -> None:
        self.answers, self.blobs, self.queues, self.clock = Answers(), CountedBlobs(), CountedQueues(), PushedClock(now)
        os.environ |= {"HM_TABLE": "health", "HM_BUCKET": "memory", "HM_STAGE": "dev"}
        self._client = _client()
        self.answers.attach(self._client)
        self.world = self.fresh()

    def fresh(self) -> World:
        """The world as a process that has just started finds it: nothing is remembered."""
        wiring.forget()
        # In the place where the adapter would make its client, with credentials that work on every machine.
        table, queues = wiring._table(), cast("Any", self.queues)
        table.__dict__["client"] = self._client
        names = DynamoNames(table, Changes(table), KnownNames(self.blobs, "health"))
        self.world = replace(
            wiring.aws_world(), clock=self.clock, blobs=self.blobs, names=names, outbox=queues, inbox=queues
        )  # fmt: skip
        return self.world

    def used(self) -> Tally:
        """Everything so far, by the price table's names; `dynamodb` are calls, which are only waited for."""
        return Tally(
            {
                "dynamodb_write": self.answers.write_units, "dynamodb_read": self.answers.read_units,
                "s3_put": self.blobs.puts, "s3_get": self.blobs.gets, "sqs_request": self.queues.sends,
                "dynamodb": self.answers.calls,
            }
        )  # fmt: skip


class Meter:
    """Adds up invocations of functions: what they asked for, and how long they would be billed for."""

    def __init__(self, counted: Counted, functions: "dict[str, Function]") -> None:
        self.counted, self._functions = counted, functions
        self.units, self.seconds = Tally(), Tally()

    @contextmanager
    def invocation(self, name: str, *, cold: bool) -> Iterator[Tally]:
        """What happens inside is one call of this function; it may note that it asked a `vendor`, and how often."""
        asked = Tally()
        before, began = self.counted.used(), time.process_time()
        yield asked
        processor = time.process_time() - began
        asked.add(self.counted.used()).add(before, times=-1)
        own = self._functions[name]
        waited = sum(wait * asked[kind] for kind, wait in WAITS.items())
        seconds = waited + own.slowness * (processor + (own.start_seconds if cold else 0))
        self.seconds[name] += seconds
        self.units.add({unit: n for unit, n in asked.items() if unit not in ONLY_WAITED_FOR})
        self.units.add({"lambda_request": 1, "lambda_gb_second": seconds * own.memory_mb / 1024, "log_gb": LOG_GB})

    def start(self, name: str, times: int) -> None:
        """So many starts of calls that were counted as warm."""
        own = self._functions[name]
        seconds = times * own.slowness * own.start_seconds
        self.seconds[name] += seconds
        self.units["lambda_gb_second"] += seconds * own.memory_mb / 1024


WAITS = {"dynamodb": 0.005, "s3_put": 0.030, "s3_get": 0.020, "sqs_request": 0.010, "vendor": 1.0}
"""Seconds that a function waits for one call: not measured, for there is no network here; rather long than short."""
ONLY_WAITED_FOR = {"dynamodb", "vendor"}
LOG_GB, STEP_LOG_GB, REQUEST_LOG_GB = 1_500 / GB, 2_000 / GB, 300 / GB
"""What an invocation, a state transition and a webhook request write into logs; estimated: four, five lines and one."""
WHOLE_CPU_MB = 1769
"""A function with this much memory has one whole processor, one with less that share of it."""


class Function:
    """A deployed function: its memory, and the processor seconds of its start."""

    def __init__(self, memory_mb: int, start_seconds: float) -> None:
        self.memory_mb, self.start_seconds = memory_mb, start_seconds
        self.slowness = max(WHOLE_CPU_MB / memory_mb, 1)


def _client() -> Any:
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    return session.client("dynamodb", config=unchecked())
