"""Understand the bodies that webhooks left: read each, and take in a source's records together."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from health_monitor.model.errors import BadRecord, NeedsHuman, TryAgain
from health_monitor.model.heard import Heard, HeardEvent
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.run import SourceFreshness
from health_monitor.model.source import Pointer
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.clock import Clock
from health_monitor.ports.journal import Journal
from health_monitor.sources import SOURCES
from health_monitor.sources.spec import PushSettings, SourceSettings

TakeIn = Callable[[str, Iterable[Heard], datetime], Intake]
"""Store a source's records, as of now; doing it twice is doing it once."""
AT_ONCE = 8 * 1024 * 1024
"""Bytes of bodies, unpacked, from which on they are taken in before more is read."""


@dataclass(frozen=True)
class Desk:
    """What consuming reads and writes."""

    sources: Mapping[str, SourceSettings]
    blobs: Blobs
    journal: Journal
    clock: Clock
    take_in: TakeIn


@dataclass
class Consumed:
    """What became of a batch: the messages that must come again with the reason, and each source's counts."""

    failed: dict[str, Exception] = field(default_factory=dict)
    intakes: list[tuple[str, Intake]] = field(default_factory=list)


class _Body(NamedTuple):
    """One message's body, unpacked; None when it could not be unpacked."""

    message_id: str
    pointer: Pointer
    data: bytes | None


def consume_events(messages: Mapping[str, str], desk: Desk, enough: Callable[[], bool] = lambda: False) -> Consumed:
    """Take in every body that the messages (by their id in the queue) point to; what fails comes back alone.

    So does what is left when it is `enough`: a flood of large bodies takes more time than one call has.
    """
    done = Consumed()
    by_source: dict[str, list[tuple[str, Pointer]]] = {}
    for message_id, text in messages.items():
        try:
            pointer = _pointer(text, desk)
        except NeedsHuman as error:
            done.failed[message_id] = error
        else:
            by_source.setdefault(pointer.source, []).append((message_id, pointer))
    for source, waiting in by_source.items():
        for some in _lots(waiting, desk, done, enough):
            _take(source, some, desk, done, enough)
    return done


def _pointer(text: str, desk: Desk) -> Pointer:
    try:
        pointer = Pointer.model_validate_json(text)
    except ValidationError:
        # Without its cause: whatever stands there instead may name people.
        raise NeedsHuman("the message is no pointer to a body; find out who put it into the queue") from None
    if pointer.source not in desk.sources:
        raise NeedsHuman(f"the source {pointer.source} is not on; turn it on in config/sources.yaml, then redrive")
    return pointer


def _lots(
    waiting: list[tuple[str, Pointer]], desk: Desk, done: Consumed, enough: Callable[[], bool]
) -> Iterator[list[_Body]]:
    """The bodies in lots that fit into memory, each read when its turn comes."""
    some: list[_Body] = []
    for at, (message_id, pointer) in enumerate(waiting):
        if not some and enough():
            done.failed |= {left: _no_time() for left, _ in waiting[at:]}
            return
        try:
            body = _fetched(message_id, pointer, desk)
        except Exception as error:
            done.failed[message_id] = error
            continue
        if body:
            some.append(body)
        if sum(len(one.data or b"") for one in some) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _fetched(message_id: str, pointer: Pointer, desk: Desk) -> _Body | None:
    """The body, or None when it is gone: somebody in it was erased meanwhile, and that settles it."""
    packed = desk.blobs.get(pointer.key)
    if packed is None:
        return None
    try:
        return _Body(message_id, pointer, gzip.decompress(packed))
    except (OSError, EOFError, zlib.error):
        return _Body(message_id, pointer, None)


def _no_time() -> TryAgain:
    return TryAgain("there was no time left for it; it comes again by itself")


def _take(source: str, bodies: list[_Body], desk: Desk, done: Consumed, enough: Callable[[], bool]) -> None:
    """All together, which makes few writes; one by one when that fails, so that one body does not hold up the rest."""
    try:
        done.intakes.append((source, _taken(source, bodies, desk)))
    except Exception as error:
        if len(bodies) == 1:
            done.failed[bodies[0].message_id] = error
            return
        for body in bodies:
            if enough():
                done.failed[body.message_id] = _no_time()
            else:
                _take(source, [body], desk, done, enough)


def _taken(source: str, bodies: list[_Body], desk: Desk) -> Intake:
    with_events: list[datetime] = []
    heard = (record for body in bodies for record in _noting(body, desk.sources[source], with_events))
    intake = desk.take_in(source, heard, desk.clock.now())
    if with_events:
        first, last = min(with_events), max(with_events)
        settings = desk.sources[source]
        quiet = settings.quiet_days if isinstance(settings, PushSettings) else None
        freshness = SourceFreshness(
            source=source, complete_from=first.date(), complete_through=last.date(), received_at=last,
            waited_for=quiet is not None, quiet_days=quiet or 0,
        )  # fmt: skip
        desk.journal.save_freshness(freshness)
    return intake


def _noting(body: _Body, settings: SourceSettings, with_events: list[datetime]) -> Iterator[Heard]:
    """The body's records; notes when those arrived that hold events."""
    noted = False
    for record in _read(body, settings):
        if not noted and isinstance(record, HeardEvent):
            noted = True
            with_events.append(body.pointer.received_at)
        yield record


def _read(body: _Body, settings: SourceSettings) -> Iterator[Heard]:
    """The body's records; one Reject for a body that can never be read."""
    key, push = body.pointer.key, SOURCES[body.pointer.source].push
    if body.data is None or push is None:
        yield Reject(key, 0, "body", "is not what was received", "ask the source to send it again")
        return
    try:
        yield from push.read(settings, key, body.data, body.pointer.received_at)
    except BadRecord as error:
        yield Reject(key, 0, error.field, error.reason, error.remedy)
