"""The usage rule a second time, from its description (docs/rule.md): slow, plain, and sharing no code with the product.

Fractions, dictionaries and loops over days. When the product and this file disagree, one of them misreads the rule.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

DAY = timedelta(days=1)
FORTNIGHT, QUARTER = 14, 90
FIRE, SEVERE, RESOLVE = Fraction(60, 100), Fraction(40, 100), Fraction(70, 100)


@dataclass
class Use:
    """One account's use: Σ n and the people, by UTC day."""

    events: dict[date, int] = field(default_factory=dict)
    people: dict[date, set[str]] = field(default_factory=dict)

    def add(self, day: date, person: str, n: int) -> None:
        self.events[day] = self.events.get(day, 0) + n
        self.people.setdefault(day, set()).add(person)


@dataclass(frozen=True)
class Level:
    """A day's verdict: how low, and the two numbers it comes from."""

    word: str
    index: Fraction
    baseline: Fraction
    ratio: Fraction


@dataclass
class Alert:
    """One episode."""

    opened_on: date
    opening: Level
    escalated_on: date | None = None
    resolved_on: date | None = None
    resolution: str = ""

    @property
    def highest(self) -> str:
        return "severe" if self.escalated_on else self.opening.word


class Customer:
    """One account: when it is judged, and what it did."""

    def __init__(self, row: Mapping[str, str], use: Use, config: Mapping[str, Any], first: date, last: date) -> None:
        self.row, self.use = row, use
        self.id, self.segment = row["account_id"], row.get("segment") or None
        profile = next(p for p in config["profiles"] if _matches(p.get("when", {}), row))
        self.by_events = profile.get("activity") == "events"
        self.gap = FORTNIGHT if profile.get("baseline") == "exclude_current" else 0
        start = _day(row, "usage_start") or _day(row, "signup_date") or min(use.people, default=None)
        self.start = start
        # Days before the data are unknown, not silent; a gap of up to a fortnight is silence.
        self.seen_from = first if start and (first - start).days > FORTNIGHT else start
        churned, observed = _day(row, "churn_date"), _day(row, "observed_until")
        self.end = min(day for day in (churned and churned - DAY, observed, last) if day)

    def judged_days(self) -> Iterator[date]:
        day = self.seen_from
        while day and day <= self.end:
            yield day
            day += DAY

    def age(self, day: date) -> int:
        assert self.start
        return (day - self.start).days

    def seen(self, last: date, days: int, until: int = 0) -> list[date]:
        """The seen days among last-(days-1) … last-until."""
        assert self.seen_from
        window = (last - back * DAY for back in range(until, days))
        return [day for day in window if day >= self.seen_from]

    def activity(self, days: Iterable[date]) -> int:
        if self.by_events:
            return sum(self.use.events.get(day, 0) for day in days)
        return self.user_days(days)

    def user_days(self, days: Iterable[date]) -> int:
        return sum(len(self.use.people.get(day, ())) for day in days)

    def since_start(self, day: date) -> list[date]:
        return self.seen(day, self.age(day) + 1)

    def known_users(self, day: date) -> int:
        return len({person for d in self.since_start(day) for person in self.use.people.get(d, ())})

    def index(self, day: date) -> Fraction:
        days = self.seen(day, FORTNIGHT)
        return Fraction(self.activity(days), len(days))

    def wholly_seen(self) -> bool:
        return self.start == self.seen_from


class Portfolio:
    """All accounts, judged day by day."""

    def __init__(self, rows: Iterable[Mapping[str, str]], uses: Mapping[str, Use], config: Mapping[str, Any],
                 last: date | None = None) -> None:  # fmt: skip
        days = [day for use in uses.values() for day in use.people]
        self.config, self.first, self.last = config, min(days), min(max(days), last or date.max)
        customers = (Customer(row, uses.get(row["account_id"], Use()), config, self.first, self.last) for row in rows)
        self.customers = [c for c in customers if c.start]
        self._done: dict[tuple[object, ...], Any] = {}
        self._incidents: dict[date, bool] = {}

    def alerts(self, customer: Customer) -> list[Alert]:
        """Every episode of one account."""
        found: list[Alert] = []
        is_open: Alert | None = None
        for day in customer.judged_days():
            level = self.verdict(customer, day)
            if isinstance(level, str):
                continue  # no verdict: the state stays what it was
            if is_open is None:
                if level.word != "none":
                    is_open = Alert(day, level)
                    found.append(is_open)
            else:
                _go_on(is_open, level, day, customer.index(day))
                is_open = None if is_open.resolved_on else is_open
        return found

    def words(self, customer: Customer) -> list[str]:
        """Every judged day's level, or the reason for having none."""
        verdicts = (self.verdict(customer, day) for day in customer.judged_days())
        return [told.word if isinstance(told, Level) else told for told in verdicts]

    def verdict(self, customer: Customer, day: date) -> Level | str:
        """The day's verdict, or why there is none; worked out once."""
        if (customer.id, day) not in self._done:
            self._done[customer.id, day] = self._judge(customer, day)
        told: Level | str = self._done[customer.id, day]
        return told

    def _judge(self, customer: Customer, day: date) -> Level | str:
        age = customer.age(day)
        if age < 3:
            return "too_new"
        if age <= 29:
            return self._newcomer(customer, day)
        own = customer.seen(day, QUARTER + customer.gap, customer.gap)
        if customer.user_days(own) < 5:
            silent = customer.user_days(customer.seen(day, 30)) == 0 and len(customer.since_start(day)) >= 30
            return "dormant" if silent else "insufficient_baseline"
        if age >= QUARTER + customer.gap:
            return _level(customer.index(day), Fraction(customer.activity(own), len(own)))
        peers = self.benchmark(customer, day, _index_per_user)
        if peers is None:
            return "no_benchmark"
        weight = Fraction(len(own), QUARTER)
        own_mean = Fraction(customer.activity(own), len(own))
        expected = peers * customer.known_users(day)
        return _level(customer.index(day), weight * own_mean + (1 - weight) * expected)

    def _newcomer(self, customer: Customer, day: date) -> Level | str:
        if not customer.wholly_seen():
            return "insufficient_baseline"
        peers = self.benchmark(customer, day, _so_far)
        if not peers:
            return "no_benchmark"
        days = customer.age(day) + 1
        return _level(Fraction(customer.activity(customer.since_start(day)), days), peers / days)

    def benchmark(self, customer: Customer, day: date, of: "Measure") -> Fraction | None:
        """The median over those who passed the same day of tenure before; the segment's, else everybody's."""
        least = self.config.get("benchmark_min_accounts", 5)
        same_unit = [c for c in self.customers if c.by_events == customer.by_events]
        segment = [c for c in same_unit if c.segment == customer.segment]
        for name, peers in ((customer.segment, segment), ("everybody", same_unit)):
            key = (name, customer.by_events, of, customer.start, day)
            if key not in self._done:
                self._done[key] = self._passed(peers, day, customer.age(day), of)
            passed: list[Fraction] = self._done[key]
            if len(passed) >= least:
                return median(passed)
        return None

    def _passed(self, peers: list[Customer], day: date, age: int, of: "Measure") -> list[Fraction]:
        values = []
        for peer in peers:
            assert peer.start
            then = peer.start + age * DAY
            if then < day and then <= peer.end and peer.wholly_seen():
                key = (peer.id, then, of)
                if key not in self._done:
                    self._done[key] = of(peer, then)
                if self._done[key] is not None:
                    values.append(self._done[key])
        return values

    def incident(self, day: date) -> bool:
        """Whether the median account has lost more than a fifth within a week; worked out once."""
        if day not in self._incidents:
            self._incidents[day] = self._falls_at_once(day)
        return self._incidents[day]

    def _falls_at_once(self, day: date) -> bool:
        # Exact; the product cuts each move after four decimals before it takes the median.
        rules = {"compare_days": 7, "median_lt": 0.8, "min_accounts": 20} | self.config.get("data_incident", {})
        week = rules["compare_days"]
        moves = []
        for c in self.customers:
            if c.seen_from and c.seen_from + (FORTNIGHT + week - 1) * DAY <= day <= c.end:
                before = c.index(day - week * DAY)
                moves += [c.index(day) / before] if before else []
        return len(moves) >= rules["min_accounts"] and median(moves) < Fraction(str(rules["median_lt"]))

    def suppressed(self, customer: Customer, alert: Alert) -> bool:
        """Whether the alert opened in a data incident, and is not severe on a high-value account."""
        valuable = customer.row.get("tier") in ("enterprise", "strategic") or (
            Fraction(customer.row.get("arr") or 0) >= 50_000
        )
        return self.incident(alert.opened_on) and not (valuable and alert.opening.word == "severe")

    def table(self) -> list[list[str]]:
        """The rows of alerts.csv."""
        return [
            _row(customer, alert, self.suppressed(customer, alert))
            for customer in sorted(self.customers, key=lambda c: c.id)
            for alert in self.alerts(customer)
        ]


Measure = Callable[[Customer, date], Fraction | None]


def _so_far(peer: Customer, day: date) -> Fraction:
    return Fraction(peer.activity(peer.since_start(day)))


def _index_per_user(peer: Customer, day: date) -> Fraction | None:
    users = peer.known_users(day)
    return peer.index(day) / users if users else None


def _level(index: Fraction, baseline: Fraction) -> Level:
    ratio = index / baseline
    word = "severe" if ratio < SEVERE else "moderate" if ratio < FIRE else "none"
    return Level(word, index, baseline, ratio)


def _go_on(alert: Alert, level: Level, day: date, index: Fraction) -> None:
    if level.word == "severe" and alert.highest != "severe":
        alert.escalated_on = day
    elif level.ratio >= RESOLVE:
        alert.resolved_on = day
        alert.resolution = "recovered" if index >= RESOLVE * alert.opening.baseline else "new_normal"


def _row(customer: Customer, alert: Alert, suppressed: bool) -> list[str]:
    highest, opening = alert.highest, alert.opening
    return [
        customer.id,
        "usage_drop",
        str(alert.opened_on),
        opening.word,
        highest,
        "high" if highest == "severe" else "moderate",
        str(alert.escalated_on or ""),
        str(alert.resolved_on or ""),
        alert.resolution,
        *(four_decimals(number) for number in (opening.index, opening.baseline, opening.ratio)),
        "portfolio_drop" if suppressed else "",
    ]


def four_decimals(number: Fraction) -> str:
    """Cut, not rounded."""
    whole = number * 10_000 // 1
    return f"{whole // 10_000}.{whole % 10_000:04d}"


def _matches(when: Mapping[str, list[str]], row: Mapping[str, str]) -> bool:
    return all(row.get(column) in values for column, values in when.items())


def _day(row: Mapping[str, str], column: str) -> date | None:
    text = row.get(column)
    return date.fromisoformat(text) if text else None
