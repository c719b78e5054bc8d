"""What an event must be to be counted, whoever tells of it: a file, a webhook or a vendor."""

from datetime import UTC, date, datetime
from typing import Any

from health_monitor.model.errors import BadRecord

EARLIEST = date(2000, 1, 1)
DAY_OR_MOMENT = "write 2026-01-31 or 2026-01-31T09:30:00Z"
MOST_USES = 1_000_000_000
LONGEST = 256
"""Characters of a user or an event: what is stored has a size limit there."""
NO_TEXT = frozenset(("\0", *map(chr, range(0xD800, 0xE000))))
"""What no text has: what other encodings leave when they are read as UTF-8, and halves of a character."""


def moment(text: str, latest: date, field: str = "occurred_at") -> tuple[int, str]:
    """The UTC day's ordinal, and the moment written in one way. Raises BadRecord, also when the day is after `latest`.

    A date stays a date; a time becomes UTC, and must say its zone: without one it could be two days.
    """
    day, written = _read(text.strip(), field)
    if not EARLIEST <= day <= latest:
        where = "after today" if day > latest else f"before {EARLIEST}"
        raise BadRecord(field, f"is {where}: {text[:40]}", "correct the date")
    return day.toordinal(), written


def check_name(field: str, text: str, remedy: str = "write it as UTF-8") -> None:
    """Raises BadRecord when a user, an event or an account cannot be called that."""
    if not text:
        raise BadRecord(field, "is empty", "every event needs one")
    if not NO_TEXT.isdisjoint(text):
        raise BadRecord(field, "is not UTF-8 text", remedy)
    if len(text) > LONGEST:
        reason = f"is longer than {LONGEST} characters: {text[:40]!r}"
        raise BadRecord(field, reason, f"shorten it to {LONGEST} characters")


def text_of(field: str, value: Any) -> str | None:
    """A JSON value as text: a number is written out, null and "" are None. Raises BadRecord for anything else."""
    if value is None:
        return None
    if isinstance(value, bool | list | dict):
        raise BadRecord(field, f"is {kind_of(value)}, not a text", "write a text in quotes, or leave it out")
    text = str(value).strip()
    if not NO_TEXT.isdisjoint(text):
        raise BadRecord(field, "is not UTF-8 text", "write it as UTF-8")
    return text or None


def kind_of(value: Any) -> str:
    """What a JSON value is, in a person's words."""
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(value), "an object")


def _read(text: str, field: str) -> tuple[date, str]:
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text)
            return day, day.isoformat()
        moment = datetime.fromisoformat(text)
        utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRecord(field, f"is not a date or timestamp: {text[:40]!r}", DAY_OR_MOMENT) from None
    if moment.tzinfo is None:
        raise BadRecord(field, f"has no time zone: {text[:40]}", "end it with Z or +02:00")
    return utc.date(), utc.isoformat()
