"""Usage events from CSV: account_id, user_id, event, occurred_at and, optionally, n."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date
from operator import itemgetter

from health_monitor.ingest.table import Table
from health_monitor.model.errors import BadRecord
from health_monitor.model.intake import Intake, Reject
from health_monitor.model.limits import LONGEST, MOST_USES, check_name, moment
from health_monitor.model.usage import UsageEvent

REQUIRED = ("account_id", "user_id", "event", "occurred_at")
OPTIONAL = ("n",)
AS_UTF8 = "save the file as “CSV UTF-8”"
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
        account_id, user_id, event, written = cells(row)
        try:
            if account_id not in known:
                raise _unknown(account_id)
            day, written = days.known.get(written) or days.parse(written)
            if not (0 < len(user_id) <= LONGEST >= len(event) > 0 and user_id.isprintable() and event.isprintable()):
                check_name("user_id", user_id, AS_UTF8)
                check_name("event", event, AS_UTF8)
            n = 1 if n_at is None else _FEW.get(row[n_at]) or _count(row[n_at])
        except BadRecord as error:
            table.refuse(line, error)
        else:
            intake.events += 1
            yield _new(UsageEvent, (account_id, user_id, event, written, day, n, "", None))


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


def _unknown(account_id: str) -> BadRecord:
    if not account_id:
        return BadRecord("account_id", "is empty", "every event needs one")
    return BadRecord("account_id", f"is unknown: {account_id[:80]!r}", "add it to accounts.csv or mend its row there")
