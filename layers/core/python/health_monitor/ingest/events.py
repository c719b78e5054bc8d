"""Usage events from CSV: account_id, user_id, event, occurred_at and, optionally, n."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime
from operator import itemgetter

from health_monitor.ingest.table import NOT_UTF8, Table
from health_monitor.model.errors import BadRecord
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.usage import UsageEvent

REQUIRED = ("account_id", "user_id", "event", "occurred_at")
OPTIONAL = ("n",)
EARLIEST = date(2000, 1, 1)
MOST_USES = 1_000_000_000
LONGEST = 256
"""Characters of a user or an event: what is stored has a size limit there."""
_WHOLE_SECOND = re.compile(r"T\d\d:\d\d:\d\d(Z|\+00:00)")
_FEW = {str(n): n for n in range(1, 1_000)}
_new = tuple.__new__  # the class's own is written in Python, and slow millions of times


def read_events(
    name: str,
    lines: Iterator[str],
    known: Collection[str],
    today: date,
    intake: Intake,
    reject: Callable[[Reject], None],
) -> Iterator[UsageEvent]:
    """Every usable row. `known` are the account ids; rows after `today` cannot have happened."""
    table = Table(name, lines, REQUIRED, OPTIONAL, reject)
    intake.ignored_columns[name] = table.ignored
    days = _Days(today)
    cells = itemgetter(*(table.columns[column] for column in REQUIRED))
    n_at = table.columns.get("n")
    for line, row in table.rows():
        account_id, user_id, event, moment = cells(row)
        try:
            if account_id not in known:
                raise _unknown(account_id)
            day, moment = days.known.get(moment) or days.parse(moment)
            if not (0 < len(user_id) <= LONGEST >= len(event) > 0 and user_id.isprintable() and event.isprintable()):
                _check_text(user_id, event)
            n = 1 if n_at is None else _FEW.get(row[n_at]) or _count(row[n_at])
        except BadRecord as error:
            table.refuse(line, error)
        else:
            intake.events += 1
            yield _new(UsageEvent, (account_id, user_id, event, moment, day, n, "", None))


class _Days:
    """The UTC day of a moment; days, and times of day in UTC, repeat by the million, so each is read once."""

    def __init__(self, today: date) -> None:
        self.known: dict[str, tuple[int, str]] = {}
        self._times: dict[str, str] = {}
        self._today = today

    def parse(self, text: str) -> tuple[int, str]:
        """The day's ordinal, and the moment written in one way. Raises BadRecord."""
        known, time = self.known.get(text[:10]), self._times.get(text[10:])
        if known and time:
            return known[0], known[1] + time
        day, moment = self._possible(text)
        if moment[:10] == text[:10]:
            self.known[text[:10]] = (day, moment[:10])
            if _WHOLE_SECOND.fullmatch(text, 10):
                self._times[text[10:]] = moment[10:]
        return day, moment

    def _possible(self, text: str) -> tuple[int, str]:
        day, moment = _moment(text.strip())
        if not EARLIEST <= day <= self._today:
            where = "after today" if day > self._today else f"before {EARLIEST}"
            raise BadRecord("occurred_at", f"is {where}: {text}", "correct the date")
        return day.toordinal(), moment


def _moment(text: str) -> tuple[date, str]:
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text)
            return day, day.isoformat()
        moment = datetime.fromisoformat(text)
        utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        remedy = "write 2026-01-31 or 2026-01-31T09:30:00Z"
        raise BadRecord("occurred_at", f"is not a date or timestamp: {text[:40]!r}", remedy) from None
    if moment.tzinfo is None:
        raise BadRecord("occurred_at", f"has no time zone: {text[:40]}", "end it with Z or +02:00")
    return utc.date(), utc.isoformat()


def _count(text: str) -> int:
    if text == "":
        return 1
    try:
        n = int(text)
    except ValueError:
        n = 0
    if not 1 <= n <= MOST_USES:
        raise BadRecord(
            "n", f"is not a whole number from 1 to {MOST_USES}: {text[:20]!r}", "leave it empty for one use"
        )
    return n


def _unknown(account_id: str) -> BadRecord:
    if not account_id:
        return BadRecord("account_id", "is empty", "every event needs one")
    return BadRecord("account_id", f"is unknown: {account_id[:80]!r}", "add it to accounts.csv or mend its row there")


def _check_text(user_id: str, event: str) -> None:
    for field, text in (("user_id", user_id), ("event", event)):
        if not text:
            raise BadRecord(field, "is empty", "every event needs one")
        if not NOT_UTF8.isdisjoint(text):
            raise BadRecord(field, "is not UTF-8 text", "save the file as “CSV UTF-8”")
        if len(text) > LONGEST:
            reason = f"is longer than {LONGEST} characters: {text[:40]!r}"
            raise BadRecord(field, reason, f"shorten it to {LONGEST} characters")
