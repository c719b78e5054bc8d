"""A million lines of Mixpanel's raw export read, repeated ones left out: by the product's reader, and by json.

Run as a program it is one of the processes that are compared: `python -m benchmarks.exports ours|json|idle FILE`.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.measure import Line, cost_of, interleaved
from benchmarks.portfolio import Use, exported

EVENTS, ACCOUNTS, USERS, REPEATED = 1_000_000, 500, 40, 0.1
DAY = date(2026, 6, 14)
AT_LEAST, AT_MOST_MB = 3, 64
ROUNDS = 3
BLOCK = 256 * 1024


def lines() -> Iterator[Line]:
    """How many times faster, and how much memory it needs beyond the idle product."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.jsonl"
        _write(file)
        runs = {what: partial(cost_of, (sys.executable, "-m", "benchmarks.exports", what, file))
                for what in ("idle", "ours", "json")}  # fmt: skip
        costs = interleaved(runs, ROUNDS)
    idle, ours, peer = costs["idle"], costs["ours"], costs["json"]
    assert ours.said == peer.said, (ours.said, peer.said)
    ratio = (peer.seconds - idle.seconds) / (ours.seconds - idle.seconds)
    rate = EVENTS / (ours.seconds - idle.seconds) / 1000
    yield Line("json with dedupe : a Mixpanel export of 1 M", f"{ratio:.1f}x ({rate:.0f} k/s)", f">= {AT_LEAST}x",
               ratio >= AT_LEAST)  # fmt: skip
    used = ours.peak_mb - idle.peak_mb
    told = f"{used:.0f} MB over {idle.peak_mb:.0f} (json: {peer.peak_mb - idle.peak_mb:.0f})"
    yield Line("memory for it", told, f"<= {AT_MOST_MB} MB", used <= AT_MOST_MB)


def _write(file: Path) -> None:
    """One day in no order, one line in ten a repetition."""
    rng, start, lines = Random(1), datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC), [b""]
    with file.open("wb") as out:
        for n in range(EVENTS):
            if rng.random() > REPEATED or n == 0:
                at = start + timedelta(seconds=rng.randrange(86_400))
                user, feature = f"user-{rng.randrange(USERS)}", f"feature_{rng.randrange(20)}"
                use = Use(rng.randrange(ACCOUNTS), user, feature, at, f"{n:x}", at)
                lines = [*lines[-99:], exported(use)]
                out.write(lines[-1])
            else:
                out.write(rng.choice(lines) or lines[-1])


def _ours(file: Path) -> str:
    """As a pull reads it; what was read is not stored."""
    from health_monitor.model.heard import HeardEvent
    from health_monitor.sources.mixpanel import MIXPANEL
    from health_monitor.sources.spec import Recall

    settings = MIXPANEL.settings.model_validate(
        {"enabled": True, "project_id": "1", "group_key": "company_id", "first_day": DAY}
    )
    assert MIXPANEL.pull
    now = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=1, hours=1)
    asking = MIXPANEL.pull.page(settings, json.dumps({"next": DAY.isoformat(), "now": now.isoformat()}), Recall())
    next(asking)
    try:
        asking.send(_blocks(file))
    except StopIteration as done:
        events = sum(1 for record in done.value.records if isinstance(record, HeardEvent))
    return str(events)


def _blocks(file: Path) -> Iterator[bytes]:
    """Whole lines, as the vendor's client hands them on."""
    rest = b""
    with file.open("rb") as source:
        while block := source.read(BLOCK):
            lines, newline, rest = (rest + block).rpartition(b"\n")
            yield lines + newline
    if rest:
        yield rest


def _json(file: Path) -> str:
    """The same events as the same fields, as a set of their identities keeps them apart."""
    seen: set[tuple[str, str, int, str]] = set()
    events = 0
    with file.open("rb") as source:
        for said in map(json.loads, source):
            has = said["properties"]
            key = (said["event"], has["distinct_id"], has["time"], has["$insert_id"])
            if key not in seen:
                seen.add(key)
                at = datetime.fromtimestamp(has["time"], UTC)
                event = (has["company_id"], has["$user_id"], said["event"], at.isoformat(), at.toordinal(), key[3])
                events += bool(event)
    return str(events)


def _idle(_file: Path) -> str:
    from health_monitor.sources import mixpanel

    return mixpanel.NAME


if __name__ == "__main__":
    print({"ours": _ours, "json": _json, "idle": _idle}[sys.argv[1]](Path(sys.argv[2])))
