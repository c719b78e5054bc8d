"""Forgetting people and accounts in every stored file: as far as time allows, going on where it stopped."""

import gzip
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from health_monitor.flows.archive import EVENTS, archive_rows, read_rows
from health_monitor.flows.forget import HOT, forget_hot, is_in_table, known_names, silence
from health_monitor.flows.go_live import PILOTS
from health_monitor.flows.quality import told_about
from health_monitor.flows.reception import QUARANTINE, WAITING, Reception
from health_monitor.flows.runs import ARCHIVE, OUTSIDE, USE_HISTORY, pack_lines, to_json, unpack_lines
from health_monitor.flows.tell_signals import TOLD, notices_about
from health_monitor.ingest.mail_words import words_of
from health_monitor.ingest.scrub import Scrubber
from health_monitor.ingest.scrub_records import left_of_archive
from health_monitor.model.records import KINDS
from health_monitor.model.source import Erasure

HISTORY, INBOX, MAIL, MODEL, RUNS = "history/", "inbox/", "mail/", "model/", "runs/"
SUMMARIES = "summaries/"
LISTS = "config/"
"""Among the configurations, which name nobody, are the lists of accounts that a pilot is for."""
FOLDERS = (ARCHIVE, PILOTS, HISTORY, INBOX, MAIL, MODEL, QUARANTINE, RUNS, SUMMARIES, WAITING)
"""In the order of their names, which is the order in which an erasure goes through them."""
RECEIPTS = "erasures/"
SAVED_EVERY = 50
ERASED_WITHIN = timedelta(days=2)
"""The function that erases starts hourly; what is older than this needs somebody."""
SETTLED_AFTER = timedelta(minutes=20)
"""Longer than any function runs: who did not know of an erasure when its first pass began has ended by then."""
NOTES = (
    "old versions of files expire 30 days after their change",
    "point-in-time recovery of the table keeps what was there for up to 35 days",
    "what was emailed, posted to Slack or logged in a CRM before is outside of the product",
    "that an address wants no mail is kept, as a digest from which nobody can read the address",
)


def erase_open(now: Callable[[], datetime], enough: Callable[[], bool], ports: Reception) -> list[Erasure]:
    """Go on with everything that was asked for; those that are finished now or still open, the oldest first.

    Who asks while a pass is under way joins at the next one.
    """
    worked_on = {one.erasure_id: one for one in ports.erasures.all() if one.finished_at is None}
    while not enough() and (some := _next(worked_on.values(), now())):
        worked_on |= {one.erasure_id: one for one in erase(some, now, enough, ports)}
    return list(worked_on.values())


def erase(
    erasures: Sequence[Erasure], now: Callable[[], datetime], enough: Callable[[], bool], ports: Reception
) -> list[Erasure]:
    """Go with all of them through the table, then once through the files; `done_through` says how far they came."""
    began = now()
    some = [_begun(one, began, ports) for one in erasures]
    for number, erasure in enumerate(some):
        if is_in_table(erasure):
            some[number] = forget_hot(erasure, ports, enough)
            if is_in_table(some[number]) or enough():
                return some
    scrubbers = [Scrubber(erasure) for erasure in some]
    for number, key in enumerate(_files(some, ports), 1):
        _scrub(key, scrubbers, ports)
        some = [_counted(one, key, scrubber.found) for one, scrubber in zip(some, scrubbers, strict=True)]
        stop = enough()
        if stop or not number % SAVED_EVERY:
            for erasure in some:
                ports.erasures.save(erasure)
        if stop:
            return some
    return [_ended(erasure, now(), ports) for erasure in some]


def _next(erasures: Collection[Erasure], at: datetime) -> list[Erasure]:
    """Those of the pass that is under way; otherwise all for whom it is time to begin one."""
    under_way = [one.pass_at for one in erasures if one.pass_at]
    if under_way:
        return [one for one in erasures if one.pass_at == min(under_way)]
    waiting = [one for one in erasures if one.finished_at is None]
    return [one for one in waiting if one.first_pass_at is None or at - one.first_pass_at >= SETTLED_AFTER]


def _begun(erasure: Erasure, at: datetime, ports: Reception) -> Erasure:
    """What came meanwhile from somebody who did not know of it may tell more of them."""
    if erasure.pass_at:
        return erasure
    known = known_names(erasure, ports) if erasure.first_pass_at else erasure
    begun = known.model_copy(update={"first_pass_at": erasure.first_pass_at or at, "pass_at": at})
    ports.erasures.save(begun)
    return begun


def _ended(erasure: Erasure, at: datetime, ports: Reception) -> Erasure:
    if erasure.pass_at != erasure.first_pass_at:
        return _finish(erasure, at, ports)
    ended = erasure.model_copy(update={"pass_at": None, "done_through": None})
    ports.erasures.save(ended)
    return ended


def is_overdue(erasure: Erasure, now: datetime) -> bool:
    """Whether it should have been finished by now."""
    return erasure.finished_at is None and now - erasure.requested_at > ERASED_WITHIN


def receipt(erasure: Erasure) -> dict[str, Any]:
    """What was removed and when, and what remains for a while; it names nobody."""
    return {
        "erasure": erasure.erasure_id,
        "kind": erasure.kind,
        "state": erasure.state,
        "requested_at": erasure.requested_at.isoformat(),
        "finished_at": erasure.finished_at.isoformat() if erasure.finished_at else None,
        "removed": erasure.removed,
        "notes": [*_pending(erasure), *NOTES],
    }


def _pending(erasure: Erasure) -> Iterator[str]:
    if erasure.first_pass_at and erasure.state == "removed, last check pending":
        yield "the last check, for what was on its way meanwhile, follows by itself within about an hour"
        yield f"health-monitor erase open does it from {erasure.first_pass_at + SETTLED_AFTER:%H:%M} UTC on"


def _files(erasures: Sequence[Erasure], ports: Reception) -> Iterator[str]:
    """After a crash some may not have been saved as far as others; a file that was done has nothing more."""
    through = min("" if one.done_through == HOT else one.done_through or "" for one in erasures)
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
    left = {"account_id": None, "done_through": None, "pass_at": None, "finished_at": at}
    finished = erasure.model_copy(update={**nothing, **left})
    ports.blobs.put(f"{RECEIPTS}{erasure.erasure_id}.json", to_json(receipt(finished)))
    ports.erasures.save(finished)
    return finished


def _scrub(key: str, scrubbers: Sequence[Scrubber], ports: Reception) -> None:
    """Without all of them: under the same name, or, if its content names the file, anew before the old one goes."""
    for scrubber in scrubbers:
        scrubber.found = 0
    data = ports.blobs.get(key)
    if not data:
        return
    folder = f"{key.partition('/')[0]}/"
    if folder == ARCHIVE:
        _scrub_archive(key, data, scrubbers, ports)
    elif folder in (HISTORY, MODEL, RUNS, SUMMARIES):
        _scrub_night(key, data, scrubbers, ports)
    elif left := _left(folder, data, scrubbers):
        if _found(scrubbers):
            ports.blobs.put(key, left)
    else:
        ports.blobs.delete(key)


def _found(scrubbers: Sequence[Scrubber]) -> bool:
    return any(scrubber.found for scrubber in scrubbers)


def _scrub_archive(key: str, data: bytes, scrubbers: Sequence[Scrubber], ports: Reception) -> None:
    table = read_rows(data)
    head, rows = next(table), list(table)
    kind = key.removeprefix(ARCHIVE).partition("/")[0].removesuffix("s")
    for scrubber in scrubbers:
        if kind in KINDS:
            rows = list(left_of_archive(kind, head, rows, scrubber))
        else:
            rows = list((scrubber.events if key.startswith(EVENTS) else scrubber.people)(head, rows))
    if _found(scrubbers):
        if rows:
            place = key.removeprefix(ARCHIVE).rpartition("-")[0]
            archive_rows(ports.blobs, place, tuple(head), map(tuple, rows))
        ports.blobs.delete(key)


def _left(folder: str, data: bytes, scrubbers: Sequence[Scrubber]) -> bytes:
    if folder == MAIL:
        return _left_of_mail(data, scrubbers)
    if folder == LISTS:
        return _left_of_list(data, scrubbers)
    if folder == INBOX:
        return _left_of_body(gzip.decompress(data), data, scrubbers)
    rows = list(unpack_lines(data))
    for scrubber in scrubbers:
        rows = list(scrubber.lines(rows))
    return pack_lines(rows) if rows else b""


def _left_of_mail(data: bytes, scrubbers: Sequence[Scrubber]) -> bytes:
    """A mail of theirs goes whole."""
    said = words_of(data)
    for scrubber in scrubbers:
        scrubber.found += scrubber.mentions(said)
    return b"" if _found(scrubbers) else data


def _left_of_list(data: bytes, scrubbers: Sequence[Scrubber]) -> bytes:
    lines = data.decode().splitlines()
    for scrubber in scrubbers:
        left = [line for line in lines if line != scrubber.whole_account]
        scrubber.found, lines = len(lines) - len(left), left
    return "".join(f"{line}\n" for line in lines).encode()


def _left_of_body(text: bytes, packed: bytes, scrubbers: Sequence[Scrubber]) -> bytes:
    try:
        body = json.loads(text)
    except ValueError:  # nothing can be taken out of what is no JSON
        body = text.decode(errors="replace")
    for scrubber in scrubbers:
        body = scrubber.body(body)
        if body is None:
            return b""
    return gzip.compress(to_json(body), mtime=0) if _found(scrubbers) else packed


def _scrub_night(key: str, data: bytes, scrubbers: Sequence[Scrubber], ports: Reception) -> None:
    """An account's lines say that it is gone, so that a rerun still finds every planned one; a person gets an alias."""
    rows = _rows(key, data)
    for scrubber in scrubbers:
        if account_id := scrubber.whole_account:
            silence(_told_of(account_id, key, data), scrubber.erasure.requested_at, ports)
        kept = [_gone(row, key, scrubber) for row in rows]
        rows = [row for row in kept if row is not None]
    if _found(scrubbers):
        ports.blobs.put(key, _packed(key, rows))


def _told_of(account_id: str, key: str, data: bytes) -> list[str]:
    """The notices that name the account, where a night's file says which."""
    if key.endswith("summary.json"):
        return told_about(json.loads(data), account_id)
    return notices_about(json.loads(data), account_id) if key.endswith(TOLD) else []


def _gone(row: Any, key: str, scrubber: Scrubber) -> Any:
    if scrubber.whole_account is None:
        return scrubber.unnamed(row) if scrubber.is_about(row) else row
    if not isinstance(row, dict) or row.get("account_id") != scrubber.whole_account:
        return scrubber.renamed(row)
    scrubber.found += 1
    return (
        None
        if key.startswith((f"{HISTORY}rebuilt", USE_HISTORY))
        else {"account_id": scrubber.erasure.pseudonym, OUTSIDE: True}
    )


def _rows(key: str, data: bytes) -> Sequence[Any]:
    if key.endswith(".gz"):
        return list(unpack_lines(data))
    return [json.loads(line) for line in data.splitlines()] if key.endswith(".jsonl") else [json.loads(data)]


def _packed(key: str, rows: Sequence[Any]) -> bytes:
    if key.endswith(".gz"):
        return pack_lines(rows)
    return b"\n".join(map(to_json, rows)) + (b"\n" if key.endswith(".jsonl") else b"")
