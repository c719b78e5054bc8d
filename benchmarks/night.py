"""A night's accounts read, scored and written, and the day's events before it: as the product does it, and as usual.

As usual is an item a day, updated for each event and read with a query, through boto3's resource.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

from benchmarks import days, portfolio, records
from benchmarks.answers import Answers
from benchmarks.counted import Counted, Function, Meter, Tally
from benchmarks.measure import Line
from benchmarks.template import transitions
from health_monitor.adapters.memory_arrivals import MemoryArrivals
from health_monitor.flows.plan_scoring import BATCH
from health_monitor.flows.score_accounts import Stores, score_accounts
from health_monitor.model.run import Batch, Plan
from health_monitor.model.state_json import named_state
from health_monitor.model.usage import Series, Tenure
from health_monitor.usage.rule import step
from health_monitor.usage.windows import sums_at

ACCOUNTS, EVENTS = 200, 100
NUMBERS = range(ACCOUNTS)
NAMES = tuple(map(portfolio.account_id, NUMBERS))
ROUNDS = 3
AT_LEAST, MOST_WRITES, MOST_READS, MOST_STEPS = 25, 18, 3, 20
_NIGHT = "plan_scoring score_accounts summarise decide_alerts learn_outcomes report_run erase_people ingest_source"
ANY = {name: Function(1769, 0.0) for name in _NIGHT.split()}
"""Units are counted here, not time."""


class Ours:
    """The product's own flow on its own adapters; a fresh day each time, for a day is written only once.

    Without `compacting` there are no arrivals, and nobody asks for them. There was a night before, and there are half a
    year of scores.
    """

    def __init__(self, *, compacting: bool) -> None:
        self.counted = Counted(days.START)
        self._world, self._day = self.counted.world, days.DAY
        if not compacting:
            self._world = replace(self._world, arrivals=MemoryArrivals("", expires=True))
        self._arriving = [days.arriving(NUMBERS, EVENTS, days.DAY + timedelta(days=n + 1)) for n in range(ROUNDS + 1)]
        days.prepare_night(self.counted, NUMBERS, 0)
        self._world.rings.write(portfolio.history(number, days.DAY, EVENTS) for number in NUMBERS)
        if compacting:
            self.receive()
        self.night()
        records.grow(self._world.standings, NUMBERS)

    def receive(self) -> None:
        """The next day's events, in its hours."""
        for hour, events in self._arriving[(self._day - days.DAY).days].items():
            self._world.arrivals.add(hour, events)

    def night(self) -> None:
        self._day += timedelta(days=1)
        plan = Plan(as_of=self._day, run="nightly", config=days.BUNDLE.version, bucket="memory", batches_key="-",
                    planned=ACCOUNTS, batches=1, through=self._day)  # fmt: skip
        world = self._world
        stores = replace(Stores.of(world), blobs=self.counted.blobs)
        score_accounts(plan, Batch(batch="00001", account_ids=NAMES), stores)


class Peer:
    """What most people write first."""

    def __init__(self) -> None:
        resource: Any = _session().resource("dynamodb")
        self._table, self._rules, self._day = resource.Table("health"), days.BUNDLE.profiles[0].rules(), days.DAY
        for n in range(ROUNDS):  # made before the clock runs, as for the other
            [portfolio.uses(number, days.DAY + timedelta(days=n + 1), EVENTS) for number in NUMBERS]
        Answers().attach(resource.meta.client)
        for number in NUMBERS:
            series = portfolio.history(number, days.DAY, EVENTS).series
            for at, counts in enumerate(zip(series.events, series.active_users, series.new_users, strict=True)):
                item = dict(zip(("events", "active_users", "new_users"), counts, strict=True))
                key = {"pk": portfolio.account_id(number), "sk": f"DAY#{series.first_day + at}"}
                self._table.put_item(Item=key | {"day": at} | item)

    def receive(self) -> None:
        """Each event by itself: it is counted, and its user is remembered."""
        for number in NUMBERS:
            for use in portfolio.uses(number, self._day + timedelta(days=1), EVENTS):
                self._table.update_item(
                    Key={"pk": portfolio.account_id(number), "sk": f"DAY#{use.at.toordinal()}"},
                    UpdateExpression="ADD #events :one, #users :user, #new_users :none",
                    ExpressionAttributeNames={"#events": "events", "#users": "users", "#new_users": "new_users"},
                    ExpressionAttributeValues={":one": 1, ":user": {use.user_id}, ":none": 0},
                )

    def night(self) -> None:
        self._day += timedelta(days=1)
        last = self._day.toordinal()
        for name in NAMES:
            items = self._table.query(KeyConditionExpression=Key("pk").eq(name), ConsistentRead=True)["Items"]
            items = items[-portfolio.PAST_DAYS :]
            first = last - len(items) + 1
            columns = [[int(item["events"]) for item in items], list(map(_users, items)),
                       [int(item["new_users"]) for item in items]]  # fmt: skip
            sums = sums_at(Series(first, *columns), Tenure(first, first), last, self._rules)
            state = named_state(step(None, sums, None, self._rules))
            self._table.put_item(Item={"pk": f"STATE#{name}", "sk": f"DAY#{last}"} | state)


def _users(item: dict[str, Any]) -> int:
    return len(item["users"]) if "users" in item else int(item["active_users"])


def lines() -> Iterator[Line]:
    """Ratios of processor times, the units counted on the way, and the steps of the state machine."""
    peer, ours = Peer(), Ours(compacting=False)
    yield _ratio("item a day : a night's read, score, write", (ours.night,), (peer.night,))
    ours = Ours(compacting=True)
    yield _ratio("the same with arrivals, compacted", (ours.night,), (peer.night,), before=(ours.receive,))
    ours, peer = Ours(compacting=True), Peer()
    yield _ratio("a whole day : the same with taking events in", (ours.receive, ours.night),
                 (peer.receive, peer.night), at_least=None)  # fmt: skip
    yield from _units()
    main, child = transitions()
    total = main + child * 1000 // BATCH
    yield Line("state transitions, 1,000 accounts a night", f"{total} ({main} + {child} a batch of {BATCH})",
               f"<= {MOST_STEPS}", total <= MOST_STEPS)  # fmt: skip


Parts = tuple[Callable[[], None], ...]


def _ratio(
    what: str, ours: Parts, peer: Parts, *, before: Parts = (), at_least: int | None = AT_LEAST
) -> Line:  # fmt: skip
    times: tuple[list[float], list[float]] = ([], [])
    gc.freeze()  # what is only there to be measured with must not slow down either
    for _ in range(ROUNDS):
        for part in before:
            part()
        for work, found in zip((ours, peer), times, strict=True):
            started = time.process_time()
            for part in work:
                part()
            found.append(time.process_time() - started)
    mine, theirs = (statistics.median(found) for found in times)
    micro = f"{mine / ACCOUNTS * 1e6:.0f} and {theirs / ACCOUNTS * 1e6:.0f} µs an account"
    told = f"{theirs / mine:.1f}x ({micro})"
    return Line(what, told, f">= {at_least}x", theirs >= at_least * mine) if at_least else Line(what, told)


def _units() -> Iterator[Line]:
    """An account's share of a day by pulls and of the night after it; once with every event in time."""
    for late, said in ((0.0, "none late"), (portfolio.LATE_SHARE, "1 % late")):
        used = _of_an_account(late)
        write, read = used["dynamodb_write"], used["dynamodb_read"]
        met = write <= MOST_WRITES and read <= MOST_READS
        told = f"{write:.1f} WRU + {read:.1f} RRU"
        yield Line(f"units an account-day, {EVENTS} events, {said}", told, f"<= {MOST_WRITES} + {MOST_READS}", met)


def _of_an_account(late: float) -> Tally:
    """The difference between two portfolios: what there is without accounts falls out."""
    before, portfolio.LATE_SHARE = portfolio.LATE_SHARE, late
    try:
        found = Tally()
        for times, pulled, judged in ((-1, 400, BATCH), (1, 800, 2 * BATCH)):
            meter = Meter(Counted(days.START), ANY)
            days.a_day_by_pull(meter, range(pulled), EVENTS)
            found.add(meter.units, times / 400)
            found.add(days.counted_night(range(judged), EVENTS, ANY).units, times / BATCH)
        return found
    finally:
        portfolio.LATE_SHARE = before


def _session() -> boto3.Session:
    return boto3.Session(region_name="eu-central-1", aws_access_key_id="none", aws_secret_access_key="none")
