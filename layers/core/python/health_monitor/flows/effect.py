"""What writing to customers was worth, from everything that is on record; and what leaving accounts out would cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from health_monitor.decide.holdout import held_out
from health_monitor.learn.conversations import By, Case, Funnel, case_of, funnel, grouped
from health_monitor.learn.effect import ByThemselves, Comparison, by_themselves, compare
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle
from health_monitor.ports.accounts import Accounts
from health_monitor.ports.alerts import Alerts
from health_monitor.ports.outreach import Conversations


@dataclass(frozen=True)
class Group:
    """Alerts that have something in common: how far they came, and whether writing helped."""

    name: str
    funnel: Funnel
    comparison: Comparison


@dataclass(frozen=True)
class Effect:
    """Everything since a day; `untreated` is of every alert on record to which nobody wrote, earlier ones too."""

    since: date | None
    groups: tuple[Group, ...]
    untreated: ByThemselves


def effect(
    by: By | None, since: date | None, today: date, accounts: Accounts, alerts: Alerts, conversations: Conversations
) -> Effect:
    """What came of the alerts since a day, by default since the first conversation."""
    cases = list(_cases(today, accounts, alerts, conversations))
    since = since or min((one.opened_on for one in cases if one.drafted), default=None)
    counted = [one for one in cases if since and one.opened_on >= since]
    groups = (Group(name, funnel(some), compare(some)) for name, some in grouped(counted, by).items())
    return Effect(since, tuple(groups), by_themselves(cases))


def _cases(today: date, accounts: Accounts, alerts: Alerts, conversations: Conversations) -> Iterator[Case]:
    ids = list(accounts.ids())
    known, told = accounts.read(ids), {one.alert_id: one for one in conversations.all()}
    for account_id in ids:
        for alert in alerts.of_account(account_id):
            yield case_of(alert, told.get(alert.alert_id), known[account_id].usage_start, today)


@dataclass(frozen=True)
class Withheld:
    """From whom a holdout would withhold automatic mail: the accounts, the largest first, and what they pay a year.

    of: so many could get automatic mail at all. unknown_arr: of so many nobody told what they pay.
    """

    accounts: tuple[Account, ...]
    of: int
    arr: Decimal
    unknown_arr: int


def withheld(bundle: Bundle, today: date, accounts: Accounts) -> Withheld:
    """Among today's customers; those of high value never get automatic mail, so nothing is withheld from them."""
    known = accounts.read(list(accounts.ids())).values()
    could = [one for one in known if one.last_day(today) >= today and not bundle.high_value.covers(one)]
    out = [one for one in could if held_out(one.account_id, bundle.routing.holdout)]
    out.sort(key=lambda one: (-(one.arr or 0), one.account_id))
    arr = sum((one.arr for one in out if one.arr is not None), Decimal(0))
    return Withheld(tuple(out), len(could), arr, sum(one.arr is None for one in out))
