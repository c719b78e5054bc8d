"""Forgetting people and accounts in every stored file: as far as time allows, going on where it stopped."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from health_monitor.flows.archive import EVENTS, archive_rows, read_rows
from health_monitor.flows.forget import HOT, forget_hot, is_in_table, silence
from health_monitor.flows.quality import told_about
from health_monitor.flows.reception import QUARANTINE, WAITING, Reception
from health_monitor.flows.runs import ARCHIVE, OUTSIDE, pack_lines, to_json, unpack_lines
from health_monitor.ingest.scrub import Scrubber
from health_monitor.model.source import Erasure

HISTORY, INBOX, RUNS = "history/", "inbox/", "runs/"
FOLDERS = (ARCHIVE, HISTORY, INBOX, QUARANTINE, RUNS, WAITING)
"""In the order of their names, which is the order in which an erasure goes through them."""
RECEIPTS = "erasures/"
SAVED_EVERY = 50
ERASED_WITHIN = timedelta(days=2)
"""The function that erases starts hourly; what is older than this needs somebody."""
NOTES = (
    "old versions of files expire 30 days after their change",
    "point-in-time recovery of the table keeps what was there for up to 35 days",
    "what was emailed or posted to Slack before is outside of the product",
)


def erase_open(now: Callable[[], datetime], enough: Callable[[], bool], ports: Reception) -> list[Erasure]:
    """Go on with everything that was asked for; those that are finished now or still open, the oldest first."""
    done = []
    for erasure in [one for one in ports.erasures.all() if one.finished_at is None]:
        if enough():
            done.append(erasure)
        else:
            done.append(erase(erasure, now, enough, ports))
    return done


def erase(erasure: Erasure, now: Callable[[], datetime], enough: Callable[[], bool], ports: Reception) -> Erasure:
    """Go through the files; what is left when there is time enough is its receipt."""
    if is_in_table(erasure):
        erasure = forget_hot(erasure, ports, enough)
        if is_in_table(erasure):
            return erasure
    for number, key in enumerate(_files(erasure, ports), 1):
        found = _scrub(key, erasure, ports)
        erasure = _counted(erasure, key, found)
        stop = enough()
        if stop or not number % SAVED_EVERY:
            ports.erasures.save(erasure)
        if stop:
            return erasure
    return _finish(erasure, now(), ports)


def is_overdue(erasure: Erasure, now: datetime) -> bool:
    """Whether it should have been finished by now."""
    return erasure.finished_at is None and now - erasure.requested_at > ERASED_WITHIN


def receipt(erasure: Erasure) -> dict[str, Any]:
    """What was removed and when, and what remains for a while; it names nobody."""
    return {
        "erasure": erasure.erasure_id,
        "kind": erasure.kind,
        "requested_at": erasure.requested_at.isoformat(),
        "finished_at": erasure.finished_at.isoformat() if erasure.finished_at else None,
        "removed": erasure.removed,
        "notes": list(NOTES),
    }


def _files(erasure: Erasure, ports: Reception) -> Iterator[str]:
    through = "" if erasure.done_through == HOT else erasure.done_through or ""
    for folder in FOLDERS:
        yield from (key for key in list(ports.blobs.keys(folder)) if key > through)


def _counted(erasure: Erasure, key: str, found: int) -> Erasure:
    folder = key.partition("/")[0]
    counts = dict(erasure.removed)
    if found:
        counts[folder] = counts.get(folder, 0) + found
    return erasure.model_copy(update={"done_through": key, "removed": counts})


def _finish(erasure: Erasure, at: datetime, ports: Reception) -> Erasure:
    """Only digests are left: enough to recognise old records that come once more, and nobody's name."""
    nothing = dict.fromkeys(("user_ids", "contact_ids", "emails", "names", "refs"), ())
    finished = erasure.model_copy(update={**nothing, "account_id": None, "done_through": None, "finished_at": at})
    ports.blobs.put(f"{RECEIPTS}{erasure.erasure_id}.json", to_json(receipt(finished)))
    ports.erasures.save(finished)
    return finished


def _scrub(key: str, erasure: Erasure, ports: Reception) -> int:
    """Without them, the file under the same name; one named by its content under a new one, before the old one goes."""
    data, scrubber = ports.blobs.get(key), Scrubber(erasure)
    if not data:
        return 0
    folder = f"{key.partition('/')[0]}/"
    if folder == ARCHIVE:
        _scrub_archive(key, data, scrubber, ports)
    elif folder in (HISTORY, RUNS):
        _scrub_night(key, data, erasure, scrubber, ports)
    elif left := _left(folder, data, scrubber):
        if scrubber.found:
            ports.blobs.put(key, left)
    else:
        ports.blobs.delete(key)
    return scrubber.found


def _scrub_archive(key: str, data: bytes, scrubber: Scrubber, ports: Reception) -> None:
    table = read_rows(data)
    head = next(table)
    take_out = scrubber.events if key.startswith(EVENTS) else scrubber.people
    rows = [tuple(row) for row in take_out(head, table)]
    if scrubber.found:
        if rows:
            archive_rows(ports.blobs, key.removeprefix(ARCHIVE).rpartition("-")[0], tuple(head), rows)
        ports.blobs.delete(key)


def _left(folder: str, data: bytes, scrubber: Scrubber) -> bytes:
    if folder == INBOX:
        return _left_of_body(gzip.decompress(data), data, scrubber)
    rows = list(scrubber.lines(unpack_lines(data)))
    return pack_lines(rows) if rows else b""


def _left_of_body(text: bytes, packed: bytes, scrubber: Scrubber) -> bytes:
    try:
        body = json.loads(text)
    except ValueError:  # nothing can be taken out of what is no JSON
        body = text.decode(errors="replace")
    if isinstance(body, list | dict):
        left = scrubber.body(body)
        return b"" if left is None else gzip.compress(to_json(left), mtime=0)
    return packed if list(scrubber.lines([body])) else b""


def _scrub_night(key: str, data: bytes, erasure: Erasure, scrubber: Scrubber, ports: Reception) -> None:
    """An account's lines say that it is gone, so that a rerun still finds every planned one."""
    if erasure.kind != "account" or erasure.account_id is None:
        return
    if key.endswith("summary.json"):
        silence(told_about(json.loads(data), erasure.account_id), erasure.requested_at, ports)
    kept = [_gone(row, key, erasure, scrubber) for row in _rows(key, data)]
    rows = [row for row in kept if row is not None]
    if scrubber.found:
        ports.blobs.put(key, _packed(key, rows))


def _gone(row: Any, key: str, erasure: Erasure, scrubber: Scrubber) -> Any:
    if not isinstance(row, dict) or row.get("account_id") != erasure.account_id:
        return scrubber.renamed(row)
    scrubber.found += 1
    return None if key.startswith("history/rebuilt") else {"account_id": erasure.pseudonym, OUTSIDE: True}


def _rows(key: str, data: bytes) -> Sequence[Any]:
    if key.endswith(".gz"):
        return list(unpack_lines(data))
    return [json.loads(line) for line in data.splitlines()] if key.endswith(".jsonl") else [json.loads(data)]


def _packed(key: str, rows: Sequence[Any]) -> bytes:
    if key.endswith(".gz"):
        return pack_lines(rows)
    return b"\n".join(map(to_json, rows)) + (b"\n" if key.endswith(".jsonl") else b"")
