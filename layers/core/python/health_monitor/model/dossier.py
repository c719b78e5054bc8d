"""All of an account's records: what each night reads of them, in one piece, as of any day."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from health_monitor.model.records import (
    KINDS,
    AnyRecord,
    Goal,
    Invoice,
    Moment,
    Note,
    Override,
    Person,
    Pulse,
    Renewal,
    Roi,
    Subscription,
    Survey,
    Ticket,
    Touchpoint,
)

_MOMENTS = {
    noun: tuple(one.name for one in fields(noun) if one.type in (Moment, Moment | None)) for noun in KINDS.values()
}

KEPT = 1_000
"""So many records of a kind an account's dossier holds, what is unsettled and the latest; the archive keeps all."""
NOTE_CUT = 280
"""So many characters of a note are in the dossier, which every night reads; the archive keeps the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All records of an account, each kind in order of `when`. `full`: kinds of which older ones fell out."""

    tickets: tuple[Ticket, ...] = ()
    surveys: tuple[Survey, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    goals: tuple[Goal, ...] = ()
    rois: tuple[Roi, ...] = ()
    pulses: tuple[Pulse, ...] = ()
    notes: tuple[Note, ...] = ()
    renewals: tuple[Renewal, ...] = ()
    persons: tuple[Person, ...] = ()
    overrides: tuple[Override, ...] = ()
    full: frozenset[str] = field(default=frozenset())

    SHELF: ClassVar[dict[type[Any], str]] = {noun: f"{kind}s" for kind, noun in KINDS.items()}
    """In which of its fields a kind of record is."""

    def records(self) -> Iterator[AnyRecord]:
        """Every record, kind by kind."""
        for name in self.SHELF.values():
            yield from getattr(self, name)

    def with_records(self, told: Iterable[AnyRecord]) -> tuple["Dossier", list[AnyRecord]]:
        """The dossier with these records, and those of them that were news.

        Telling the same again, or an older version, is no news; order and repetition make no difference.
        """
        shelves: dict[str, dict[tuple[str, str], AnyRecord]] = {}
        news: list[AnyRecord] = []
        is_same = True
        for record in map(_kept, told):
            name = self.SHELF[type(record)]
            shelf = shelves.setdefault(name, {(one.source, one.key): one for one in getattr(self, name)})
            known = shelf.get((record.source, record.key))
            if known is not None and _rank(known) >= _rank(record):
                continue
            shelf[record.source, record.key], is_same = record, False
            if is_news(record, known):
                news.append(record)
        if is_same:
            return self, []
        full, kept = set(self.full), dict[str, Any]()
        for name, shelf in shelves.items():
            if len(shelf) > KEPT:
                full.add(name)
            kept[name] = in_order(lasting(shelf.values())[-KEPT:])
        return replace(self, **kept, full=frozenset(full)), news

    def as_of(self, day: date) -> "Dossier":
        """What was so at the end of that UTC day, as far as the records tell when they changed."""
        shelves: dict[str, Any] = {name: _begun(getattr(self, name), day) for name in self.SHELF.values()}
        for name in ("tickets", "invoices", "goals", "persons"):
            shelves[name] = tuple([_as_was(one, day) for one in shelves[name]])
        # A renewal begins with its decision, and was pending before.
        shelves["renewals"] = in_order(_as_was(one, day) for one in self.renewals)
        return Dossier(**shelves, full=self.full)

    def override_on(self, day: date) -> Override | None:
        """The override that counts on that day: of several the one made last."""
        return next((one for one in reversed(self.overrides) if one.in_force(day)), None)


EMPTY = Dossier()


def is_news(record: AnyRecord, known: AnyRecord | None) -> bool:
    """Whether it says anything else than what is known; a file brought again says the same at a later moment."""
    return known is None or replace(record, changed_at=known.changed_at) != known


def lasting(records: Iterable[AnyRecord]) -> list[AnyRecord]:
    """In the order in which they may fall out: what is settled first, of that the oldest."""
    return sorted(records, key=lasts)


def lasts(record: AnyRecord) -> tuple[bool, tuple[datetime, str, str]]:
    """How long it stays in a full dossier, to be compared with others."""
    return _is_unsettled(record), _order(record)


def in_order(records: Iterable[AnyRecord]) -> tuple[AnyRecord, ...]:
    """In the order in which a dossier has them."""
    return tuple(sorted(records, key=_order))


def _is_unsettled(record: AnyRecord) -> bool:
    """Whether it still says something of today, however old it is."""
    match record:
        case Ticket():
            return record.solved_at is None
        case Invoice():
            return record.is_open
        case Goal():
            return record.met_on is None and record.abandoned_on is None
        case Renewal():
            return record.outcome == "pending"
        case Person():
            return record.role is not None
        case _:
            return False


def _order(record: AnyRecord) -> tuple[datetime, str, str]:
    return record.when, record.source, record.key


def _kept(record: AnyRecord) -> AnyRecord:
    """As a dossier keeps it, so that the same told again is the same: moments in UTC, notes cut."""
    changed: dict[str, Any] = {
        name: value.astimezone(UTC)
        for name in _MOMENTS[type(record)]
        if (value := getattr(record, name)) is not None and value.tzinfo is not UTC
    }
    if isinstance(record, Note) and len(record.text) > NOTE_CUT:
        changed["text"] = f"{record.text[: NOTE_CUT - 1]}…"
    return replace(record, **changed) if changed else record


def _rank(record: AnyRecord) -> tuple[datetime, str]:
    """Which of two versions stands; of two from the same moment any one, but always the same."""
    return record.changed_at.astimezone(UTC), repr(record)


def _begun(shelf: tuple[AnyRecord, ...], day: date) -> tuple[AnyRecord, ...]:
    """Of records in order of `when`, those that had begun by the end of that day."""
    return shelf[: bisect_right(shelf, day, key=lambda one: one.when.date())]


def _as_was(record: AnyRecord, day: date) -> AnyRecord:
    """The record without what happened to it after that day."""
    then: dict[str, Any] = {}
    match record:
        case Ticket(solved_at=datetime() as at) if at.astimezone(UTC).date() > day:
            then = {"solved_at": None, "csat": None}
        case Invoice(paid_on=date() as paid) if paid > day:
            then = {"paid_on": None}
        case Goal():
            ends = {"met_on": record.met_on, "abandoned_on": record.abandoned_on}
            then = {name: None for name, on in ends.items() if on is not None and on > day}
        case Renewal() if record.when.date() > day:
            then = {"outcome": "pending", "decided_on": None, "arr_after": None, "reason": None, "voluntary": None}
        case Person(departed_on=date() as departed) if departed > day:
            then = {"departed_on": None, "departure": None}
        case _:
            pass
    return replace(record, **then) if then else record
