"""Tell colleagues of new signals: once, one message each; held back while the data is in doubt.

What a night told, and that it held back, stands beside its plan, so that repeating it tells nobody twice and the first
night after those that were held tells of all of them.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple

from health_monitor.act.digest import at_once_message, digest_message, notice_id_of
from health_monitor.decide.digest import Span, digests, news_of
from health_monitor.flows.runs import HEALTH, NIGHTLY, read_json, read_lines, run_key, to_json
from health_monitor.model.account import Account
from health_monitor.model.alert import Notice
from health_monitor.model.config import Bundle
from health_monitor.model.digest import Digest, News
from health_monitor.model.run import Plan
from health_monitor.model.score import Standing
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Notices, Outbox
from health_monitor.ports.blobs import Blobs
from health_monitor.score.line import standing_of_line

TOLD = "told.json"
"""A run's file: whether it was held back, else of which accounts each of its notices tells."""
CHUNK = 100


class Teller(NamedTuple):
    """What telling reads and writes."""

    blobs: Blobs
    accounts: Accounts
    notices: Notices
    outbox: Outbox
    operations_email: str


def tell_signals(plan: Plan, bundle: Bundle, incident_since: date | None, teller: Teller) -> int:
    """How many colleagues hear of the night's new signals. Repeating it tells the same, and nobody twice.

    Held back: a night of a data incident, for as many days as alerts are, and one that is caught up with others. It
    stays held when it is judged again: a later night tells of it.
    """
    key = run_key(plan.as_of, plan.run, TOLD)
    if read_json(teller.blobs, key).get("held") or _is_held(plan, bundle, incident_since):
        teller.blobs.put(key, to_json({"held": True}))
        return 0
    span = Span(_first(plan.as_of, teller.blobs), plan.as_of)
    told = digests(_news(plan, span, teller), plan.as_of, bundle.team, teller.operations_email)
    named = {notice_id_of(one): sorted(news.account.account_id for news in one.news) for one in told}
    # Who is told of what is written down first: an erasure must find every notice that there may be.
    teller.blobs.put(key, to_json({"held": False, "notices": named}))
    notices = (teller.notices.save_absent(_notice(digest)) for digest in told)
    teller.outbox.put([message for notice in notices for message in notice.messages])
    return len(told)


def tell_at_once(account: Account, standing: Standing, bundle: Bundle, teller: Teller) -> int:
    """Tell the CSM and the manager of the critical signals that a rescoring saw first; how many hear of it.

    The rescoring's moment is part of the message's name, so that doing it again tells nobody twice.
    """
    at = standing.at
    grave = (one for one in standing.signals if one.severity == "critical" and not one.silent)
    fresh = tuple(one for one in grave if one.at is not None and one.at == at)
    if at is None or not fresh:
        return 0
    told = digests([News(account, standing, fresh)], at.date(), bundle.team, teller.operations_email)
    teller.outbox.put([at_once_message(account.account_id, at, digest) for digest in told])
    return len(told)


def notices_about(told: dict[str, Any], account_id: str) -> list[str]:
    """The notices of a night's file that name the account."""
    return [notice_id for notice_id, accounts in told.get("notices", {}).items() if account_id in accounts]


def _notice(digest: Digest) -> Notice:
    return Notice(
        notice_id=notice_id_of(digest), kind="digest", status="ready", due_on=digest.night,
        messages=(digest_message(digest),),
    )  # fmt: skip


def _is_held(plan: Plan, bundle: Bundle, incident_since: date | None) -> bool:
    in_doubt = incident_since is not None and (plan.as_of - incident_since).days < bundle.data_incident.hold_days
    return in_doubt or plan.as_of < plan.through


def _first(night: date, blobs: Blobs) -> date:
    """The first of the nights just before this one that were held back, else this one."""
    while read_json(blobs, run_key(night - timedelta(days=1), NIGHTLY, TOLD)).get("held"):
        night -= timedelta(days=1)
    return night


def _news(plan: Plan, span: Span, teller: Teller) -> Iterator[News]:
    fresh = _fresh(plan, span, teller.blobs)
    while some := dict(islice(fresh, CHUNK)):
        known = teller.accounts.read(list(some))
        for account_id, standing in some.items():
            if account_id in known:
                yield News(known[account_id], standing, news_of(standing, span))


def _fresh(plan: Plan, span: Span, blobs: Blobs) -> Iterator[tuple[str, Standing]]:
    """Where the accounts stand of which there is news."""
    for row in read_lines(blobs, plan):
        if row.get(HEALTH, {}).get("standing", {}).get("signals"):
            standing = standing_of_line(row["account_id"], row[HEALTH])
            if news_of(standing, span):
                yield row["account_id"], standing
