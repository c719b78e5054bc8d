"""How a source is declared: what to ask it, how it signs what it sends, and what its words mean in ours.

A declaration only describes. Fetching is the adapter's work, storing is the flow's.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic import Field

from health_monitor.model.heard import Heard
from health_monitor.model.request import Headers, Request
from health_monitor.model.seen import Seen
from health_monitor.model.strict import Strict

Secret = Mapping[str, str]

__all__ = [
    "Headers", "Page", "Pages", "Pull", "Push", "PushSettings", "Recall", "Request", "Secret", "Source",
    "SourceSettings",
]  # fmt: skip


class SourceSettings(Strict):
    """What `config/sources.yaml` says about a source; each source adds its own."""

    enabled: bool = False


class PushSettings(SourceSettings):
    """quiet_days: so long it may send no events before it is late and usage alerts wait; None: nobody waits for it."""

    quiet_days: int | None = Field(default=None, ge=0, le=30)


@dataclass
class Recall:
    """What a declaration may remember while it reads.

    seen: the records of this cursor's `day` that are stored already; whatever a page adds is kept once its rows are.
    notes: anything it has read once and needs again in the same run.
    counts: what became of records that are neither stored nor refused, for the run's summary.
    """

    seen: Seen = field(default_factory=Seen)
    notes: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class Page(NamedTuple):
    """What one cursor held, and the cursor after it; `cursor` None: nothing follows, this pull is done.

    complete: a day (UTC) of whose events none is missing once these records are stored. `records` may be read from
    the answer while they are asked for, and raise TryAgain when it ends too early.
    """

    records: Iterable[Heard]
    cursor: str | None
    complete: date | None = None


Pages = Generator[Request, Any, Page]
"""Yields what to ask, receives the answer (blocks of whole lines, or the parsed JSON), and ends with the page."""


@dataclass(frozen=True)
class Pull:
    """A source that is asked. A cursor is the source's own text; only this declaration reads it.

    begin: the cursor to start with, from the one that was kept (None: never) and the present moment; it reaches back
        over whatever may have come late, or goes on where a run stopped halfway.
    page: the records at a cursor.
    rest: the cursor to keep when the pull that had this last cursor is done.
    day: the day whose records must be remembered so that a repeated pull takes only new ones, if there is one.
    seconds_between, requests_a_run: the vendor's limits; a run stops there and the next goes on.
    """

    every_minutes: int
    authorise: Callable[[Secret], Headers]
    begin: Callable[[Any, str | None, datetime], str]
    page: Callable[[Any, str, Recall], Pages]
    rest: Callable[[Any, str], str]
    day: Callable[[str], str | None]
    seconds_between: float
    requests_a_run: int


@dataclass(frozen=True)
class Push:
    """A source that sends.

    verify: whether the raw bytes come from it; raises BadRecord, naming the header and the remedy.
    count: how many records a verified body holds; raises BadRecord when it is not what this source sends.
    read: the records of a verified body; one that cannot be read is a Reject among them.
    """

    verify: Callable[[Any, Headers, bytes, Secret, datetime], None]
    count: Callable[[bytes], int]
    read: Callable[[Any, str, bytes, datetime], Iterator[Heard]]


@dataclass(frozen=True)
class Source:
    """One vendor, or one kind of sender. `secret` says which fields its secret has, and what each is."""

    name: str
    title: str
    settings: type[SourceSettings]
    secret: Mapping[str, str]
    address: Callable[[Any], str] | None = None
    pull: Pull | None = None
    push: Push | None = None
