"""Where a night keeps its files, and how they are written: one place for every key."""

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
from pydantic import ValidationError

from health_monitor.model.config import Bundle
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.run import Plan
from health_monitor.ports.blobs import Blobs
from health_monitor.usage.benchmark import Ledger

NIGHTLY = "nightly"
NIGHTS = "history/nightly/"
"""Under it, one folder a night, one immutable file a batch."""
REBUILT = "history/rebuilt.json"
"""Which files hold the histories of the last rebuild, and through which day."""
USE_HISTORY = "history/use/"
"""Under it, what each account's use was week by week before the nights, as the last rebuild found it."""
ARCHIVE = "archive/"
"""Raw records, gzipped, by kind and day."""
LATE = "late/"
"""Under it, markers of events that came too late for the nights: only a rebuild counts them, and then deletes these."""
RETENTION = "learn/retention.json"
"""How many customers stayed, by the score they had."""
HEALTH = "health"
"""In a night's line: the account's score, where it stood, and what both were made of (`score/line.py`)."""
OUTSIDE = "outside_tenure"
"""Marks a planned account that the night had nothing to say about: not started, left, or erased."""


def config_key(version: str) -> str:
    """An immutable configuration bundle, named by its hash."""
    return f"config/{version}.json"


def run_key(as_of: date, run: str, name: str) -> str:
    """A file of one run of one night."""
    return f"runs/{as_of.isoformat()}/{run}/{name}"


def night_prefix(as_of: date) -> str:
    """Where a whole night's lines are."""
    return f"{NIGHTS}{as_of.isoformat()}/"


def lines_prefix(plan: Plan) -> str:
    """Where a run's lines are; a whole night's lines are history, and history outlives the run."""
    if plan.run == NIGHTLY:
        return night_prefix(plan.as_of)
    return run_key(plan.as_of, plan.run, "lines/")


def lines_key(plan: Plan, batch: str) -> str:
    """One batch's lines; that they exist marks the batch as done."""
    return f"{lines_prefix(plan)}{batch}.jsonl.gz"


def benchmark_key(as_of: date, name: str) -> str:
    """What a night leaves for the next: medians.json and ledger.jsonl.gz."""
    return f"benchmarks/{as_of.isoformat()}/{name}"


def summary_key(as_of: date) -> str:
    """What the portfolio, each segment and each CSM's accounts were together that night; outlives the run."""
    return f"summaries/{as_of.isoformat()}.json"


def read_bundle(blobs: Blobs, version: str) -> Bundle:
    """The configuration a run was pinned to. Raises NeedsHuman when it is not there, or this release cannot read it."""
    data = blobs.get(config_key(version))
    if data is None:
        raise NeedsHuman(f"configuration {version} is not stored; publish it, or start the run with another")
    try:
        return Bundle.model_validate_json(data)
    except ValidationError as error:
        first, *_ = error.errors()
        raise NeedsHuman(
            f"configuration {version} was stored by another release, and this one does not allow what it says: "
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}; correct that in your folder and make it live anew"
        ) from None


def benchmark_before(blobs: Blobs, as_of: date) -> dict[str, Any]:
    """The benchmarks for a night: what the night before left, the health of peers with it; empty before the first."""
    return read_json(blobs, benchmark_key(as_of - timedelta(days=1), "medians.json"))


def read_ledger(blobs: Blobs, as_of: date) -> Ledger:
    """Every benchmark contribution through that night; empty before the first."""
    data = blobs.get(benchmark_key(as_of, "ledger.jsonl.gz"))
    return Ledger.load(unpack_lines(data) if data else ())


def write_benchmarks(blobs: Blobs, as_of: date, ledger: Ledger, medians: dict[str, Any]) -> None:
    """Leave the night's benchmarks for the next night."""
    blobs.put(benchmark_key(as_of, "ledger.jsonl.gz"), pack_lines(ledger.dump()))
    blobs.put(benchmark_key(as_of, "medians.json"), to_json(medians))


def read_lines(blobs: Blobs, plan: Plan) -> Iterator[dict[str, Any]]:
    """All lines of a run, batch by batch."""
    return read_rows(blobs, lines_prefix(plan))


def read_rows(blobs: Blobs, prefix: str) -> Iterator[dict[str, Any]]:
    """The rows of every file below a prefix, file by file."""
    for key in blobs.keys(prefix):
        yield from unpack_lines(blobs.get(key) or b"")


def read_json(blobs: Blobs, key: str) -> dict[str, Any]:
    """A run's file; empty when it is not there."""
    data = blobs.get(key)
    found: dict[str, Any] = json.loads(data) if data else {}
    return found


def to_json(value: Any) -> bytes:
    """The same value is always the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def pack_lines(rows: Iterable[Any]) -> bytes:
    """JSON lines, gzipped; the same rows are always the same bytes."""
    text = b"".join(_line(row) + b"\n" for row in rows)
    return gzip.compress(text, compresslevel=6, mtime=0)


def _line(row: Any) -> bytes:
    try:
        return _ENCODE(row)  # several times as fast: a night's lines are most of what it writes
    except (UnicodeEncodeError, OverflowError):  # half a character, or a number of more than 64 bits, from a vendor
        return to_json(row)


def unpack_lines(data: bytes) -> Iterator[Any]:
    """The rows that `pack_lines` wrote."""
    if data:
        yield from map(json.loads, gzip.decompress(data).splitlines())


_ENCODE = msgspec.json.Encoder(order="sorted").encode
