"""Pull one source: from where the last run ended, as far as this run's time and the vendor's limits reach."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from health_monitor.act.wording import operations_messages
from health_monitor.model.alert import Notice
from health_monitor.model.errors import NeedsHuman, TryAgain
from health_monitor.model.heard import Heard
from health_monitor.model.intake import Intake
from health_monitor.model.run import SourceFreshness
from health_monitor.model.seen import Seen
from health_monitor.model.source import SourceState
from health_monitor.ports.alerts import Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.clock import Clock
from health_monitor.ports.intake import SourceStates
from health_monitor.ports.journal import Journal
from health_monitor.ports.vendor import Vendor
from health_monitor.sources.spec import Page, Pull, Recall, Source, SourceSettings

TakeIn = Callable[[str, Iterable[Heard], datetime], Intake]
BEGIN, PATIENCE = 0.5, 0.8
"""Shares of a run's time: a page may begin, and a vendor may be asked again, until then."""
UNEXPECTED = (LookupError, TypeError, AttributeError, ValueError)
"""What reading an answer raises that is JSON, but not what the vendor's contract says."""
NOTHING = zlib.compress(b"")
Status = Literal["done", "unfinished", "try_again", "paused"]


@dataclass(frozen=True)
class Desk:
    """Where a pull works: the source and its settings, the vendor, the stores, and whom to tell."""

    source: Source
    settings: SourceSettings
    vendor: Vendor
    take_in: TakeIn
    join: Callable[[datetime], object]
    clock: Clock
    blobs: Blobs
    states: SourceStates
    journal: Journal
    notices: Notices
    outbox: Outbox
    operations_email: str
    slack_channel: str


@dataclass
class Pulled:
    """What a run came to; `because` says why it is paused or did not come to its end."""

    status: Status = "unfinished"
    because: str | None = None
    pages: int = 0
    requests: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, Any]:
        """For the log and the caller."""
        return {
            "status": self.status, "because": self.because, "pages": self.pages, "requests": self.requests,
            **dict(sorted(self.counts.items())),
        }  # fmt: skip


def ingest_source(desk: Desk, seconds: float) -> Pulled:
    """Take page after page; rows first, then the cursor, so that a crash repeats and never skips.

    `seconds` is how long the run may take. A page that is begun wants to be finished, so none is begun late.
    """
    began, pulled = desk.clock.now(), Pulled()
    state = desk.states.get(desk.source.name)
    if state.paused_because:
        _tell(desk, state)  # again, in case the run that paused died before it told
        pulled.status, pulled.because = "paused", state.paused_because
        return pulled
    try:
        pulled.status = _pull(desk, state.cursor, began, seconds, pulled)
    except TryAgain as later:
        pulled.status, pulled.because = "try_again", str(later)
    except NeedsHuman as blocked:
        desk.states.pause(desk.source.name, str(blocked), desk.clock.now())
        _tell(desk, desk.states.get(desk.source.name))
        pulled.status, pulled.because = "paused", str(blocked)
    return pulled


def _pull(desk: Desk, kept: str | None, began: datetime, seconds: float, pulled: Pulled) -> Status:
    pull = _pull_of(desk.source)
    cursor = pull.begin(desk.settings, kept, began)
    passed, notes = {cursor}, dict[str, Any]()
    ends = began + timedelta(seconds=PATIENCE * seconds)
    last_start = began + timedelta(seconds=BEGIN * seconds)
    while pulled.requests < pull.requests_a_run and desk.clock.now() < last_start:
        page = _one_page(desk, pull, cursor, notes, ends, pulled)
        if page.cursor in passed:
            raise NeedsHuman(
                f"{desk.source.name}: the same place came twice, so the pull would never end; "
                "report this as a defect, with the source's name"
            )
        _keep_place(desk, page, pull.rest(desk.settings, cursor) if page.cursor is None else page.cursor)
        if page.cursor is None:
            # What a single record does not set free is looked for once a run.
            desk.join(desk.clock.now())
            return "done"
        cursor = page.cursor
        passed.add(cursor)
    return "unfinished"


def _keep_place(desk: Desk, page: Page, cursor: str) -> None:
    """How far it is complete first: of a page whose place is kept nobody would say it again."""
    name, now = desk.source.name, desk.clock.now()
    if page.complete:
        desk.journal.save_freshness(
            SourceFreshness(
                source=name, complete_from=page.complete, complete_through=page.complete, received_at=now
            )
        )  # fmt: skip
    desk.states.save_cursor(name, cursor, now)


def _one_page(desk: Desk, pull: Pull, cursor: str, notes: dict[str, Any], ends: datetime, pulled: Pulled) -> Page:
    """Ask for it, store it, and only then remember that it is stored."""
    day = pull.day(cursor)
    key = f"seen/{desk.source.name}/{day}.bin"
    recall = Recall(_seen(desk, key, pulled) if day else Seen(), notes)
    page = _asked(desk, pull, cursor, recall, ends, pulled)
    intake = desk.take_in(desk.source.name, page.records, desk.clock.now())
    if recall.seen.added:
        desk.blobs.put(key, zlib.compress(recall.seen.to_bytes(), 1))
    pulled.pages += 1
    pulled.counts.update(recall.counts)
    pulled.counts.update(intake.live())
    return page


def _asked(desk: Desk, pull: Pull, cursor: str, recall: Recall, ends: datetime, pulled: Pulled) -> Page:
    """Carry the declaration's requests to the vendor, and the answers back."""
    pages = pull.page(desk.settings, cursor, recall)
    request = next(pages)
    while True:
        pulled.requests += 1
        answer = desk.vendor.ask(request, ends)
        try:
            request = pages.send(answer)
        except StopIteration as done:
            page: Page = done.value
            return page
        except UNEXPECTED as error:
            # Without what stands there instead: it may name people.
            raise TryAgain(
                f"{desk.source.title}: an answer to {request.path} that is none ({type(error).__name__})"
            ) from None


def _pull_of(source: Source) -> Pull:
    if source.pull is None:
        raise NeedsHuman(f"{source.name} sends by itself and is not pulled; take its schedule away")
    return source.pull


def _seen(desk: Desk, key: str, pulled: Pulled) -> Seen:
    """What was stored before of the day. Without it only work is lost: an event that comes again is counted once."""
    try:
        return Seen(zlib.decompress(desk.blobs.get(key) or NOTHING))
    except (zlib.error, ValueError):
        pulled.counts["damaged"] += 1
        return Seen()


def _tell(desk: Desk, state: SourceState) -> None:
    """One notice a pause: its id is the pause's, and a message goes out once however often it is queued."""
    at = state.paused_at.isoformat() if state.paused_at else ""
    notice_id = f"source_paused/{desk.source.name}/{at}"
    text = (
        f"{desk.source.title} is not pulled any more: {state.paused_because}.\n"
        f"When that is done: health-monitor source resume {desk.source.name}\n"
        "Nothing is lost: it goes on from where it stopped."
    )
    notice = Notice(
        notice_id=notice_id, kind="source_paused", status="ready", due_on=desk.clock.now().date(),
        messages=operations_messages(
            notice_id, f"{desk.source.title} is paused and needs you", text, desk.operations_email, desk.slack_channel
        ),
    )  # fmt: skip
    desk.outbox.put(desk.notices.save_absent(notice).messages)
