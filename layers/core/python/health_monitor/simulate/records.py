"""What a made-up portfolio's help desk, billing, CRM and surveys say: records that fit what happens to each account.

It has its own streams of chance, so that nobody's use of the product depends on it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from health_monitor.model.account import Account, Contact
from health_monitor.model.records import (
    AnyRecord,
    Goal,
    Invoice,
    Note,
    Pulse,
    Renewal,
    Roi,
    Subscription,
    Survey,
    Ticket,
    Touchpoint,
)
from health_monitor.simulate.chance import draws, pick, weighted, whole
from health_monitor.simulate.griefs import GONE, Turned, Way, opened, turns
from health_monitor.simulate.portfolio import Portfolio

SOURCE = "records"


QUIET_BUGS, MANY_BUGS = 24, 4
"""Days between two tickets."""


class Life(NamedTuple):
    """What the records of one account are made from: its people, its days, and how it turns."""

    account: Account
    contacts: tuple[Contact, ...]
    rng: Random
    first: int
    last: int
    turned: Turned | None

    def is_so(self, way: Way, day: int) -> bool:
        return self.turned is not None and way in self.turned.ways and day >= self.turned.began

    def every(self, low: int, high: int) -> Iterator[int]:
        """Days at irregular distances."""
        day = self.first + whole(self.rng, 2, high)
        while day <= self.last:
            yield day
            day += whole(self.rng, low, high)


def records_of(portfolio: Portfolio) -> Iterator[tuple[str, list[AnyRecord]]]:
    """Every account's records, in the order of the accounts."""
    contacts = _by_account(portfolio)
    for account_id, turned in turns(portfolio).items():
        life = _life(portfolio, account_id, contacts.get(account_id, ()), turned)
        yield account_id, [one for make in _MAKERS for one in make(life)]


def _by_account(portfolio: Portfolio) -> dict[str, tuple[Contact, ...]]:
    found: dict[str, tuple[Contact, ...]] = {}
    for one in portfolio.contacts:
        found[one.account_id] = (*found.get(one.account_id, ()), one)
    return found


def _life(portfolio: Portfolio, account_id: str, contacts: tuple[Contact, ...], turned: Turned | None) -> Life:
    account = next(one for one in portfolio.accounts if one.account_id == account_id)
    last = account.last_day(portfolio.last_day).toordinal()
    rng = draws(portfolio.seed, "records", account_id)
    return Life(account, contacts, rng, opened(account, portfolio), last, turned)


def _at(life: Life, day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time(whole(life.rng, 8, 16), whole(life.rng, 0, 59)), UTC)


def _told(at: datetime) -> dict[str, Any]:
    return {"source": SOURCE, "changed_at": at}


def _midnight(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time(), UTC)


def _tickets(life: Life) -> Iterator[AnyRecord]:
    """Questions, wishes and faults; in trouble, a fault every few days, the last of them P1."""
    for number, day in enumerate(life.every(QUIET_BUGS, 3 * QUIET_BUGS), 1):
        kind = weighted(life.rng, (("how_to", 4.0), ("bug", 3.0), ("feature_request", 2.0), ("billing", 1.0)))
        yield _ticket(life, f"q{number}", day, kind, "p3", whole(life.rng, 1, 5))
    if life.turned and Way.BUGS in life.turned.ways:
        day, number = life.turned.began, 0
        while day <= life.last:
            number += 1
            open_p1 = day + MANY_BUGS > life.last - 3
            yield _ticket(life, f"b{number}", day, "bug", "p1" if open_p1 else "p2", whole(life.rng, 5, 20))
            day += whole(life.rng, 1, MANY_BUGS)


def _ticket(life: Life, key: str, day: int, kind: Any, severity: Any, takes: int) -> Ticket:
    opened = _at(life, day)
    solved = opened + timedelta(days=takes, hours=2)
    is_solved = solved.toordinal() <= life.last and severity != "p1"
    unhappy = life.is_so(Way.ANGRY, day) or life.is_so(Way.BUGS, day)
    csat = whole(life.rng, 1, 3) if unhappy else weighted(life.rng, ((5, 5.0), (4, 4.0), (3, 1.0)))
    return Ticket(
        key=f"{life.account.account_id}-{key}", opened_at=opened, type=kind, severity=severity,
        solved_at=solved if is_solved else None, csat=csat if is_solved and life.rng.random() < 0.5 else None,
        reopened=1 if unhappy and life.rng.random() < 0.3 else 0, source=SOURCE,
        changed_at=solved if is_solved else opened,
    )  # fmt: skip


def _surveys(life: Life) -> Iterator[AnyRecord]:
    """NPS about every quarter."""
    usual = weighted(life.rng, ((9, 5.0), (10, 3.0), (8, 3.0), (7, 1.0)))
    for number, day in enumerate(life.every(75, 105), 1):
        yield _nps(life, number, day, whole(life.rng, 1, 5) if life.is_so(Way.ANGRY, day) else usual)
    if life.turned and Way.ANGRY in life.turned.ways and life.first < life.turned.began + 6 <= life.last:
        yield _nps(life, 0, life.turned.began + 6, 2)


def _nps(life: Life, number: int, day: int, score: int) -> Survey:
    at = _at(life, day)
    contact = pick(life.rng, life.contacts).contact_id if life.contacts else None
    return Survey(
        key=f"{life.account.account_id}-n{number}", survey="nps", score=score, at=at, contact_id=contact, **_told(at)
    )


def _invoices(life: Life) -> Iterator[AnyRecord]:
    """One a month, paid within two weeks, sometimes a little late; who does not pay any more pays none."""
    arr = life.account.arr
    for number, day in enumerate(range(life.first + 3, life.last + 1, 30), 1):
        due = day + 14
        stops = life.is_so(Way.UNPAID, due)
        paid = due + (whole(life.rng, 1, 6) if life.rng.random() < 0.04 else -whole(life.rng, 0, 12))
        is_paid = not stops and paid <= life.last
        yield Invoice(
            key=f"{life.account.account_id}-i{number}", issued_on=date.fromordinal(day), due_on=date.fromordinal(due),
            amount=(arr / 12).quantize(Decimal("0.01")) if arr is not None else None,
            paid_on=date.fromordinal(paid) if is_paid else None, **_told(_midnight(paid if is_paid else day)),
        )  # fmt: skip


def _subscriptions(life: Life) -> Iterator[AnyRecord]:
    """One from the beginning; it grows, or shrinks, where the account does. What it is worth at the end is the ARR."""
    arr, name = life.account.arr, f"{life.account.account_id}-s"
    if arr is None:
        return
    factor = Decimal(1)
    changes = []
    if life.turned and life.turned.began + 45 <= life.last:
        factor = (
            {Way.GROWS: Decimal("0.7"), Way.SHRINKS: Decimal("1.9")}.get(life.turned.ways[0], factor)
            if life.turned.ways
            else factor
        )
        changes = [(life.turned.began + 45, arr)] if factor != 1 else []
    start = (life.account.signup_date or date.fromordinal(life.first)).toordinal()
    for number, (day, worth) in enumerate([(start, (arr * factor).quantize(Decimal(1))), *changes], 1):
        yield Subscription(
            key=f"{name}@{number}", subscription=name, effective_on=date.fromordinal(day), arr=worth,
            seats=life.account.licensed_seats, plan=life.account.plan, ends_on=life.account.renewal_date,
            **_told(_midnight(day)),
        )  # fmt: skip


def _touchpoints(life: Life) -> Iterator[AnyRecord]:
    """The CSM's mails with their answers, a review a quarter, a training now and then."""
    for number, day in enumerate(life.every(9, 21), 1):
        if life.is_so(Way.NEGLECTED, day):
            continue
        yield _touch(life, f"m{number}", day, "email")
        if not life.is_so(Way.SILENT, day) and life.rng.random() < 0.85:
            yield _touch(life, f"a{number}", min(life.last, day + whole(life.rng, 0, 4)), "email", inbound=True)
    for number, day in enumerate(life.every(80, 100), 1):
        if not life.is_so(Way.NEGLECTED, day):
            came = not life.is_so(Way.SILENT, day) and life.rng.random() < 0.92
            yield _touch(life, f"r{number}", day, "qbr", attended=came)
    for number, day in enumerate(life.every(60, 220), 1):
        if not life.is_so(Way.SILENT, day):
            yield _touch(life, f"t{number}", day, "training", attended=life.rng.random() < 0.8)


def _calls(life: Life) -> Iterator[AnyRecord]:
    """About one a month, as long as somebody answers the telephone."""
    for number, day in enumerate(life.every(17, 27), 1):
        if not any(life.is_so(way, day) for way in (Way.NEGLECTED, Way.NO_SPONSOR, Way.SILENT)):
            yield _touch(life, f"c{number}", day, "call")


def _touch(
    life: Life, key: str, day: int, kind: Any, *, inbound: bool = False, attended: bool | None = None
) -> Touchpoint:
    at = _at(life, day)
    return Touchpoint(
        key=f"{life.account.account_id}-{key}", kind=kind, at=at, inbound=inbound, attended=attended,
        contact_id=_whom(life, kind, day), **_told(at),
    )  # fmt: skip


def _whom(life: Life, kind: str, day: int) -> str | None:
    """Reviews and calls are with the sponsor, all else with anybody who is still there."""
    there = [one for one in life.contacts if not _has_left(life, one, day)]
    sponsors = [one for one in there if one.role == "executive_sponsor"]
    some = sponsors if kind in ("qbr", "call") and sponsors else there
    return pick(life.rng, some).contact_id if some else None


def _has_left(life: Life, one: Contact, day: int) -> bool:
    way = GONE.get(one.role or "")
    return way is not None and life.is_so(way, day)


def _goals(life: Life) -> Iterator[AnyRecord]:
    """What they bought the product for: a goal or two, most of them met after some months."""
    for number, title in enumerate(("Orders without paper", "Half the time to close a month"), 1):
        day = life.first + whole(life.rng, 5, 60) * number
        takes = whole(life.rng, 60, 160)
        stuck = life.turned is not None and day + takes >= life.turned.began and Way.GROWS not in life.turned.ways
        met = not stuck and day + takes <= life.last
        if day <= life.last:
            share = 1.0 if met else min(0.6, max(0.1, (life.last - day) / (2 * takes)))
            yield Goal(
                key=f"{life.account.account_id}-g{number}", title=title, set_on=date.fromordinal(day), start=0.0,
                current=round(100 * share, 1), target=100.0, due_on=date.fromordinal(day + 180),
                met_on=date.fromordinal(day + takes) if met else None, use_case=life.account.use_case,
                **_told(_midnight(day + takes if met else day)),
            )  # fmt: skip


def _rois(life: Life) -> Iterator[AnyRecord]:
    """What it saved them, shown about twice a year."""
    for number, day in enumerate(life.every(120, 170), 1):
        if not life.is_so(Way.SILENT, day):
            amount = Decimal(whole(life.rng, 2, 40) * 1000)
            yield Roi(
                key=f"{life.account.account_id}-v{number}", shown_on=date.fromordinal(day), amount=amount,
                what="hours saved, as the review showed", **_told(_midnight(day)),
            )  # fmt: skip


def _pulses(life: Life) -> Iterator[AnyRecord]:
    """What the CSM thinks, every month or two. Somebody who is not looked after is not rated either."""
    usual = weighted(life.rng, ((4, 5.0), (5, 3.0), (3, 1.0)))
    for number, day in enumerate(life.every(30, 60), 1):
        if life.is_so(Way.NEGLECTED, day):
            continue
        worse = any(life.is_so(way, day - 20) for way in (Way.ANGRY, Way.SILENT, Way.NO_CHAMPION))
        at = _at(life, day)
        yield Pulse(
            key=f"{life.account.account_id}-p{number}", at=at, rating=2 if worse else usual,
            author=life.account.csm_email, reasons=("hard to reach",) if worse else (), **_told(at),
        )  # fmt: skip


def _notes(life: Life) -> Iterator[AnyRecord]:
    for number, day in enumerate(life.every(90, 200), 1):
        at = _at(life, day)
        yield Note(
            key=f"{life.account.account_id}-w{number}", at=at, text="Wants the weekly report by mail as well.",
            author=life.account.csm_email, **_told(at),
        )  # fmt: skip


def _renewals(life: Life) -> Iterator[AnyRecord]:
    """Every year since they signed, through the last day; the last one as it went, or as it stands."""
    signup, renewal = life.account.signup_date, life.account.renewal_date
    if signup is None or renewal is None:
        return
    for year in range(1, (renewal - signup).days // 365 + 2):
        due = signup.toordinal() + 365 * year
        if due < life.first or due >= renewal.toordinal() or due > life.last:
            continue
        yield _renewal(life, due, "renewed")
    if life.account.churn_date:
        yield _renewal(life, life.account.churn_date.toordinal(), "churned")
    else:
        yield _renewal(life, renewal.toordinal(), "pending")


def _renewal(life: Life, due: int, outcome: Any) -> Renewal:
    decided = None if outcome == "pending" else date.fromordinal(due)
    return Renewal(
        key=f"{life.account.account_id}-y{date.fromordinal(due)}", due_on=date.fromordinal(due), outcome=outcome,
        decided_on=decided, arr_before=life.account.arr, arr_after=Decimal(0) if outcome == "churned" else None,
        **_told(_midnight(min(due, life.last))),
    )  # fmt: skip


_MAKERS = (
    _tickets, _surveys, _invoices, _subscriptions, _touchpoints, _calls, _goals, _rois, _pulses, _notes, _renewals,
)  # fmt: skip
