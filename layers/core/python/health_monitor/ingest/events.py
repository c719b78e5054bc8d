"""Usage events from CSV: account_id, user_id, event, occurred_at and, optionally, n, event_id and session_seconds.

The archive's files also say the source, when `account_id` is not our own id but the name by which that source knows it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from operator import itemgetter

from health_monitor.ingest.table import Table
from health_monitor.model.errors import BadRecord
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.limits import LONGEST, MOST_USES, check_name, moment
from health_monitor.model.usage import UsageEvent

REQUIRED = ("account_id", "user_id", "event", "occurred_at")
OPTIONAL = ("n", "event_id", "session_seconds")
SOURCE = "source"
LONGEST_SESSION = 1_000_000_000
AS_UTF8 = "save the file as “CSV UTF-8”"
_WHOLE_SECOND = re.compile(r"T\d\d:\d\d:\d\d(Z|\+00:00)")
_NO_MORE = ("", None)
_FEW = {str(n): n for n in range(1, 1_000)}
_new = tuple.__new__  # the class's own is written in Python, and slow millions of times


Name = str | tuple[str, str]
"""One of our own account ids; or a source and the name it uses."""


def read_events(
    name: str,
    lines: Iterator[str],
    known: Mapping[Name, str],
    today: date,
    intake: Intake,
    reject: Callable[[Reject], None],
    *,
    archived: bool = False,
) -> Iterator[UsageEvent]:
    """Every usable row. `known` gives the account id of each name; rows after `today` cannot have happened."""
    table = Table(name, lines, REQUIRED, (*OPTIONAL, SOURCE) if archived else OPTIONAL, reject)
    intake.ignored_columns[name] = table.ignored
    days = _Days(today)
    cells = itemgetter(*(table.columns[column] for column in REQUIRED))
    n_at, more = table.columns.get("n"), _More(table.columns)
    has_source, has_more = more.has_source, bool(more)
    for line, row in table.rows():
        account, user_id, event, written = cells(row)
        try:
            account_id = known.get(more.name(row, account) if has_source else account)
            if account_id is None:
                raise _unknown(account)
            day, written = days.known.get(written) or days.parse(written)
            if not (0 < len(user_id) <= LONGEST >= len(event) > 0 and user_id.isprintable() and event.isprintable()):
                check_name("user_id", user_id, AS_UTF8)
                check_name("event", event, AS_UTF8)
            n = 1 if n_at is None else _FEW.get(row[n_at]) or _count(row[n_at])
            event_id, session = more.read(row) if has_more else _NO_MORE
        except BadRecord as error:
            table.refuse(line, error)
        else:
            intake.events += 1
            yield _new(UsageEvent, (account_id, user_id, event, written, day, n, event_id, session))


def names_in(name: str, lines: Iterator[str]) -> set[Name]:
    """The names of accounts in a file of the archive."""
    table = Table(name, lines, REQUIRED, (*OPTIONAL, SOURCE), lambda _: None)
    more, account = _More(table.columns), table.columns["account_id"]
    return {more.name(row, row[account]) for _, row in table.rows()}


class _More:
    """The columns that most files lack; false when this one has neither an event_id nor session_seconds."""

    def __init__(self, columns: Mapping[str, int]) -> None:
        self._id, self._session = columns.get("event_id"), columns.get("session_seconds")
        self._source = columns.get(SOURCE)
        self.has_source = self._source is not None

    def __bool__(self) -> bool:
        return self._id is not None or self._session is not None

    def name(self, row: list[str], account: str) -> Name:
        source = "" if self._source is None else row[self._source]
        return (source, account) if source else account

    def read(self, row: list[str]) -> tuple[str, int | None]:
        """The event's own id and its session's length. Raises BadRecord."""
        event_id = "" if self._id is None else row[self._id]
        if event_id:
            check_name("event_id", event_id, AS_UTF8)
        return event_id, _seconds(row[self._session]) if self._session is not None else None


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
        day, written = moment(text, self._today)
        if written[:10] == text[:10]:
            self.known[text[:10]] = (day, written[:10])
            if _WHOLE_SECOND.fullmatch(text, 10):
                self._times[text[10:]] = written[10:]
        return day, written


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


def _seconds(text: str) -> int | None:
    if text == "":
        return None
    try:
        seconds = int(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_SESSION:
        reason = f"is not a whole number from 0 to {LONGEST_SESSION}: {text[:20]!r}"
        raise BadRecord("session_seconds", reason, "leave it empty where the session is unknown")
    return seconds


def _unknown(account_id: str) -> BadRecord:
    if not account_id:
        return BadRecord("account_id", "is empty", "every event needs one")
    return BadRecord("account_id", f"is unknown: {account_id[:80]!r}", "add it to accounts.csv or mend its row there")
