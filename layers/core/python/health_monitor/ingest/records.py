"""Records of accounts, from CSV or from a source: tickets, answers to surveys, bills, touchpoints, goals and the like.

What a record need not say and cannot be read is left empty, and told; what it must say makes the whole record unusable.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from health_monitor.ingest.accounts import EARLIEST, left_empty, mistake, unreadable
from health_monitor.ingest.events import AS_UTF8
from health_monitor.ingest.table import Table
from health_monitor.model.account import role_word
from health_monitor.model.errors import BadRecord
from health_monitor.model.heard import CHANGED_AT, OURS, Columns, HeardRecord, RecordKind, Ref, columns_of, key_column
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.limits import DAY_OR_MOMENT, check_name, moment, text_of
from health_monitor.model.out_of_office import says_so
from health_monitor.model.records import KINDS, AnyRecord, Survey, Ticket

AHEAD = timedelta(days=730)
"""So far ahead may a meeting be planned; nothing else can have happened after today."""
HAPPENED = frozenset({"decided_on", "paid_on", "met_on", "abandoned_on"})
"""Days of what is over: one that is still to come would count as a fact before it is one."""
DATE_LINE = timedelta(days=1)
"""So far ahead of ours is a day that has begun somewhere on earth."""
SCALE = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
EXACT = frozenset({"ticket", "touchpoint"})
"""Their moments decide what answers what, so a day alone is not enough; any other's begins its day."""
_MOMENT = "write 2026-01-31T09:30:00Z"


class _Shape(NamedTuple):
    """What a kind of record is read by: its columns, its fields and what they hold."""

    columns: Columns
    fields: frozenset[str]
    moments: frozenset[str]
    days: frozenset[str]
    choices: frozenset[str]
    lists: frozenset[str]
    flags: frozenset[str]
    reader: TypeAdapter[Any]


def read_records(
    name: str, lines: Iterator[str], kind: RecordKind, known: Collection[str], now: datetime, intake: Intake,
    reject: Callable[[Reject], None], source: str,
) -> Iterator[tuple[Ref, AnyRecord]]:  # fmt: skip
    """Every usable record of a known account; a file that does not say when a record changed says it now."""
    columns = columns_of(kind)
    table = Table(name, lines, columns.required, columns.optional, reject)
    intake.ignored_columns[name] = table.ignored

    def read(cells: dict[str, str]) -> tuple[tuple[Ref, AnyRecord], list[BadRecord]]:
        heard = heard_of(kind, cells, now)
        if heard.ref.name not in known:
            raise _unknown(heard.ref.name)
        record, emptied = usable_record(source, heard, now.date())
        return (heard.ref, record), emptied

    for _, found in table.usable(read, intake):
        yield found


def heard_of(kind: RecordKind, row: Mapping[str, str], now: datetime) -> HeardRecord:
    """A row of a file as a source would tell it. Raises BadRecord when it lacks its id, or says no moment of change."""
    told, column = dict(row), key_column(kind)
    account_id, key = told.pop("account_id", ""), told.pop(column, "")
    if not key:
        raise BadRecord(column, "is empty", "give every row one of its own")
    check_name(column, key, AS_UTF8)
    written = told.pop(CHANGED_AT, None)
    changed_at = _moment(CHANGED_AT, written, now.date(), exact=False) if written else now
    return HeardRecord(ref=Ref(OURS, account_id), kind=kind, key=key, facts=told, changed_at=changed_at)


def usable_record(source: str, heard: HeardRecord, today: date) -> tuple[AnyRecord, list[BadRecord]]:
    """The record with every field that can be read, and why others are left empty.

    Raises BadRecord when a field that it must have cannot be read. A touchpoint's subject is only looked at for the
    words of automatic answers.
    """
    shape = _shape(heard.kind)
    facts, refused = _facts(heard, shape, today)
    whole = {"source": source, "key": heard.key, "changed_at": heard.changed_at}
    try:
        record = shape.reader.validate_python(facts | whole)
    except ValidationError as invalid:
        refused = {one.field: one for one in map(mistake, reversed(invalid.errors()))} | refused
        _insist(shape, refused)
        record = shape.reader.validate_python({name: facts[name] for name in facts if name not in refused} | whole)
    odd = {one.field: one for one in _impossible(record, shape, today)}
    _insist(shape, odd)
    record = replace(record, **dict.fromkeys(odd)) if odd else record
    return record, [left_empty(one) for one in (refused | odd).values()]


def _insist(shape: _Shape, refused: Mapping[str, BadRecord]) -> None:
    """Raises BadRecord when a field that the record must have is among them."""
    if bad := next((one for field, one in refused.items() if field in shape.columns.required), None):
        raise BadRecord(bad.field, bad.reason, bad.remedy.partition(", or leave it")[0])


def _facts(heard: HeardRecord, shape: _Shape, today: date) -> tuple[dict[str, Any], dict[str, BadRecord]]:
    """What the record says, ready to be read; an empty text says nothing."""
    facts: dict[str, Any] = {}
    refused: dict[str, BadRecord] = {}
    for field, said in heard.facts.items():
        if field not in shape.fields:
            continue
        try:
            if (value := _said(field, said, heard.kind, shape, today)) is not None:
                facts[field] = value
        except BadRecord as error:
            refused[field] = error
    if heard.kind == "touchpoint" and says_so(str(heard.facts.get("subject") or "")):
        facts["automatic"] = True
    return facts, refused


def _said(field: str, said: Any, kind: RecordKind, shape: _Shape, today: date) -> Any:
    """One field's value as text, but true and false and lists as they are. Raises BadRecord."""
    if field in shape.lists:
        texts = said if isinstance(said, list | tuple) else str(said or "").split(";")
        return [text for one in texts if (text := text_of(field, one))]
    if isinstance(said, bool) and field in shape.flags:
        return said
    if isinstance(said, date):
        said = said.isoformat()
    text = text_of(field, said)
    if text is None:
        return None
    if wrong := unreadable(field, text, shape.days):
        raise wrong
    if field in shape.moments:
        return _moment(field, text, today + (AHEAD if kind == "touchpoint" else timedelta()), exact=kind in EXACT)
    return role_word(text) if field in shape.choices else text


def _moment(field: str, text: str, latest: date, *, exact: bool) -> datetime:
    try:
        _, written = moment(text, latest, field)
    except BadRecord as error:
        if exact and error.remedy == DAY_OR_MOMENT:
            raise BadRecord(field, f"is not a timestamp: {text[:40]!r}", _MOMENT) from None
        raise
    at = datetime.fromisoformat(written)
    if at.tzinfo is None and exact:
        raise BadRecord(field, f"has no time of day: {written}", _MOMENT)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _impossible(record: AnyRecord, shape: _Shape, today: date) -> Iterator[BadRecord]:
    for field in sorted(shape.days):
        day = getattr(record, field)
        if day and day < EARLIEST:
            yield BadRecord(field, f"is before {EARLIEST}: {day}", "write it as 2026-01-31")
        if day and field in HAPPENED and day > today + DATE_LINE:
            yield BadRecord(field, f"is after today: {day}", "leave it empty until it has happened")
    if isinstance(record, Ticket) and record.solved_at and record.solved_at < record.opened_at:
        yield BadRecord("solved_at", f"is before opened_at: {record.solved_at.isoformat()}", "correct one of them")
    if isinstance(record, Survey):
        low, high = SCALE[record.survey]
        if not low <= record.score <= high:
            reason = f"is not {low} to {high}, as {record.survey} is: {record.score}"
            raise BadRecord("score", reason, "translate it to that scale")


def _unknown(account_id: str) -> BadRecord:
    if not account_id:
        return BadRecord("account_id", "is empty", "give every row one")
    return BadRecord("account_id", f"is unknown: {account_id[:80]!r}", "add it to accounts.csv or mend its row there")


@cache
def _shape(kind: RecordKind) -> _Shape:
    noun = KINDS[kind]
    hints = get_type_hints(noun, include_extras=True)
    names = {one.name for one in fields(noun)} - {"source", "key", CHANGED_AT}

    def typed(wanted: Callable[[Any], bool]) -> frozenset[str]:
        return frozenset(name for name in names if any(wanted(one) for one in _alternatives(hints[name])))

    return _Shape(
        columns_of(kind), frozenset(names), typed(lambda one: one is datetime), typed(lambda one: one is date),
        typed(lambda one: get_origin(one) is Literal), typed(lambda one: get_origin(one) is tuple),
        typed(lambda one: one is bool), TypeAdapter(noun),
    )  # fmt: skip


def _alternatives(hint: Any) -> Iterator[Any]:
    """The types that an annotation allows, without what else it says of them."""
    if get_origin(hint) is Annotated:
        yield from _alternatives(get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        for one in get_args(hint):
            yield from _alternatives(one)
    else:
        yield hint
