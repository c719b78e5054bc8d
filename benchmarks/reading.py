"""A million events read, repeated rows collapsed, users counted a day: ours from CSV, and the standard library's json.

Run as a program it is one of the processes that are compared: `python -m benchmarks.reading ours|json FOLDER`.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.measure import Line, cost_of, interleaved

EVENTS, ACCOUNTS, USERS, DAYS = 1_000_000, 500, 40, 365
COLUMNS = ("account_id", "user_id", "event", "occurred_at")
AT_LEAST, AT_MOST_MB = 3, 64
ROUNDS = 3


def lines() -> Iterator[Line]:
    """How many times faster, and how much memory a million events need beyond the idle product."""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder))
        runs = {what: partial(cost_of, (sys.executable, "-m", "benchmarks.reading", what, folder))
                for what in ("idle", "ours", "json")}  # fmt: skip
        costs = interleaved(runs, ROUNDS)
    idle, ours, peer = costs["idle"], costs["ours"], costs["json"]
    ratio = (peer.seconds - idle.seconds) / (ours.seconds - idle.seconds)
    rate = EVENTS / (ours.seconds - idle.seconds) / 1000
    assert ours.said == peer.said, (ours.said, peer.said)
    yield Line("json with dedupe : reading 1 M events", f"{ratio:.1f}x ({rate:.0f} k/s)", f">= {AT_LEAST}x",
               ratio >= AT_LEAST)  # fmt: skip
    used = ours.peak_mb - idle.peak_mb
    told = f"{used:.0f} MB over {idle.peak_mb:.0f} (json: {peer.peak_mb - idle.peak_mb:.0f})"
    yield Line("memory for 1 M events", told, f"<= {AT_MOST_MB} MB", used <= AT_MOST_MB)


def _write(folder: Path) -> None:
    """The same events as CSV and as JSON lines, in no order, one in ten repeated."""
    rng, start = Random(1), datetime(2025, 1, 1, tzinfo=UTC)
    with (folder / "events.csv").open("w") as table, (folder / "events.jsonl").open("w") as records:
        table.write(",".join(COLUMNS) + "\n")
        row = ("", "", "", "")
        for _ in range(EVENTS):
            if rng.random() > 0.1:
                account, at = rng.randrange(ACCOUNTS), start + timedelta(seconds=rng.randrange(DAYS * 86_400))
                user, moment = f"{account}-user-{rng.randrange(USERS)}", at.strftime("%Y-%m-%dT%H:%M:%SZ")
                row = (f"account-{account}", user, f"feature-{rng.randrange(20)}", moment)
            table.write(",".join(row) + "\n")
            records.write(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n")
    names = "\n".join(f"account-{n}" for n in range(ACCOUNTS))
    (folder / "accounts.csv").write_text(f"account_id\n{names}\n")


def _ours(folder: Path) -> int:
    import gc

    from health_monitor import wiring
    from health_monitor.flows.history import FileHistory

    gc.disable()  # as the command line does
    files = (wiring.text_file(folder / "accounts.csv"), wiring.text_file(folder / "events.csv"))
    quarantine = wiring.quarantine_csv(folder / "quarantine.csv")
    history = FileHistory(*files, wiring.disk_spool(), quarantine, wiring.clock().now().date())
    return sum(sum(series.active_users) for _, series in history.series())


def _json(folder: Path) -> int:
    import gc

    gc.disable()  # for it, too
    seen: set[tuple[str, ...]] = set()
    users: dict[tuple[str, str], set[str]] = {}
    with (folder / "events.jsonl").open() as records:
        for record in map(json.loads, records):
            key = tuple(record[column] for column in COLUMNS)
            if key not in seen:
                seen.add(key)
                day = datetime.fromisoformat(key[3]).date().isoformat()
                users.setdefault((key[0], day), set()).add(key[1])
    return sum(map(len, users.values()))


def _idle(_folder: Path) -> int:
    from health_monitor import wiring
    from health_monitor.flows import history

    return len((wiring.__name__, history.__name__))


if __name__ == "__main__":
    print({"ours": _ours, "json": _json, "idle": _idle}[sys.argv[1]](Path(sys.argv[2])))
