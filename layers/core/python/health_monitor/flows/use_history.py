"""Each account's use of the past, week by week, from the archive: so that scores can be told for days before any night.

Nights keep their own use in their lines. These files hold what came before, and are written anew by every rebuild.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from health_monitor.flows.rebuild import Rebuilt
from health_monitor.flows.runs import USE_HISTORY, pack_lines, read_rows
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.model.evidence import Use
from health_monitor.model.usage import UsageEvent
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.blobs import Blobs
from health_monitor.ports.dossiers import Dossiers
from health_monitor.ports.files import Spool
from health_monitor.score.line import use_line, use_of_line
from health_monitor.score.use import Event, walk_use
from health_monitor.score.users import key_users_of
from health_monitor.usage.windows import tenure_of

EVERY = 7
"""One day of seven is kept: of a year 52, which show every trend that flags and bands look for."""
AT_ONCE = 500
"""Accounts whose weeks are in one file."""
READ_AT_ONCE = 100
"""Dossiers that are asked for together."""
Weeks = list[tuple[int, Use]]


def keep_use(
    blobs: Blobs, accounts: Accounts, dossiers: Dossiers, spool: Spool, bundle: Bundle, rebuilt: Rebuilt,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:  # fmt: skip
    """Set every account's use of each week to what the rows say that a rebuild has just set aside in the spool."""
    known, stale, done = accounts.read(list(accounts.ids())), set(blobs.keys(USE_HISTORY)), 0
    keys = _key_users(list(known), dossiers)
    core = bundle.scorecard.core_features or rebuilt.features
    found = (
        (account_id, _weeks(known[account_id], pieces, bundle, rebuilt, core, keys.get(account_id, frozenset())))
        for account_id, pieces in spool.pieces()
    )
    while some := list(islice(found, AT_ONCE)):
        key = f"{USE_HISTORY}{done // AT_ONCE:05}.jsonl.gz"
        blobs.put(key, pack_lines(_row(account_id, weeks) for account_id, weeks in some if weeks))
        stale.discard(key)
        done += len(some)
        progress(done)
    for key in stale:
        blobs.delete(key)


def read_use(blobs: Blobs) -> Iterator[tuple[str, Weeks]]:
    """Each account's use at the end of the days that are kept (ordinals, rising)."""
    for row in read_rows(blobs, USE_HISTORY):
        yield row["account_id"], [(day, use_of_line(use)) for day, use in row["weeks"]]


def _row(account_id: str, weeks: Weeks) -> dict[str, Any]:
    return {"account_id": account_id, "weeks": [[day, use_line(use)] for day, use in weeks]}


def _key_users(account_ids: Sequence[str], dossiers: Dossiers) -> Mapping[str, frozenset[str]]:
    """The users of each account who are contacts with a role, today: of earlier roles nothing is known."""
    lots = (account_ids[at : at + READ_AT_ONCE] for at in range(0, len(account_ids), READ_AT_ONCE))
    return {key: key_users_of(one.persons) for some in lots for key, one in dossiers.read(some).items()}


def _weeks(
    account: Account, pieces: Iterable[Sequence[UsageEvent]], bundle: Bundle, rebuilt: Rebuilt,
    core: Sequence[str], key_users: frozenset[str],
) -> Weeks:  # fmt: skip
    events = _events(account, pieces, rebuilt.through)
    first = events[0][0] if events else None
    tenure = tenure_of(account, first, rebuilt.data_from.toordinal(), bundle.profile_of(account).rules())
    if first is None or tenure is None:
        return []
    begin, end = max(first, tenure.seen_from), account.last_day(rebuilt.through).toordinal()
    days = range(begin + -begin % EVERY, end + 1, EVERY)
    return list(walk_use(events, tenure.start, tenure.seen_from, days, core, key_users))


def _events(account: Account, pieces: Iterable[Sequence[UsageEvent]], through: date) -> list[Event]:
    """Who used what on each day of the tenure; how often does not matter here, so memory need not hold every row."""
    start, end = account.usage_start or account.signup_date, account.last_day(through).toordinal()
    first = start.toordinal() if start else 0
    found = {(row.day, row.user_id, row.event) for rows in pieces for row in rows if first <= row.day <= end}
    return sorted(found)
