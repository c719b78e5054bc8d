"""Read, score and write a night's accounts: as the product does it, and with an item a day through boto3's resource."""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import boto3
from boto3.dynamodb.conditions import Key

from benchmarks.answers import Answers
from benchmarks.measure import Line
from health_monitor.adapters.codec import ACCOUNTS_PREFIX
from health_monitor.adapters.dynamodb_accounts import DynamoAccounts
from health_monitor.adapters.dynamodb_arrivals import DynamoArrivals
from health_monitor.adapters.dynamodb_table import Table
from health_monitor.adapters.dynamodb_usage import DynamoRings, DynamoStates
from health_monitor.adapters.memory_store import MemoryBlobs
from health_monitor.flows.plan_scoring import BATCH
from health_monitor.flows.runs import config_key
from health_monitor.flows.score_accounts import score_accounts
from health_monitor.ingest.histories import build_history
from health_monitor.model.account import Account
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.intake import Intake
from health_monitor.model.run import Batch, Plan
from health_monitor.model.state_json import named_state
from health_monitor.model.usage import History, Series, Tenure, UsageEvent
from health_monitor.usage.rule import step
from health_monitor.usage.windows import sums_at
from infra.nightly import nightly_run

ACCOUNTS, DAYS, USERS, EVENTS_A_DAY = 200, 104, 25, 100
ROUNDS = 5
DAY = date(2026, 6, 14)
BUNDLE = Bundle(profiles=(Profile(name="everyone"),))
NAMES = tuple(f"account-{n:04}" for n in range(ACCOUNTS))


class Ours:
    """The product's own flow on its own adapters; a fresh day each time, for a day is written only once."""

    def __init__(self) -> None:
        self.answers, table = Answers(), Table("health")
        # In the place where the adapter would make its client, with credentials that work on every machine.
        table.__dict__["client"] = _session().client("dynamodb")
        self.answers.attach(table.client)
        self._accounts, self._rings, self._states = DynamoAccounts(table), DynamoRings(table), DynamoStates(table)
        self._arrivals = DynamoArrivals(table, ACCOUNTS_PREFIX, expires=True)
        self._blobs, self._day = MemoryBlobs(), DAY
        self._blobs.put(config_key(BUNDLE.version), BUNDLE.to_json())
        self._accounts.save(Account(account_id=name, usage_start=DAY - timedelta(days=DAYS)) for name in NAMES)

    def receive(self) -> None:
        """Rings and user pages, set to what the records say."""
        self._rings.write(map(_history, NAMES))

    def night(self) -> None:
        self._day += timedelta(days=1)
        plan = Plan(as_of=self._day, run="nightly", config=BUNDLE.version, bucket="memory", batches_key="-",
                    planned=ACCOUNTS, batches=ACCOUNTS // BATCH, through=self._day)  # fmt: skip
        for at in range(0, ACCOUNTS, BATCH):
            batch = Batch(batch=f"{at:05}", account_ids=NAMES[at : at + BATCH])
            score_accounts(plan, batch, self._blobs, self._accounts, self._rings, self._arrivals, self._states)


class Peer:
    """What most people write first: an item a day, read with a query, through boto3's resource."""

    def __init__(self) -> None:
        resource: Any = _session().resource("dynamodb")
        self._table, self._rules = resource.Table("health"), BUNDLE.profiles[0].rules()
        Answers().attach(resource.meta.client)
        for name in NAMES:
            series = _history(name).series
            for at, counts in enumerate(zip(series.events, series.active_users, series.new_users, strict=True)):
                item = dict(zip(("events", "active_users", "new_users"), counts, strict=True))
                self._table.put_item(Item={"pk": name, "sk": f"DAY#{series.first_day + at}", "day": at} | item)

    def night(self) -> None:
        first, last = DAY.toordinal() - DAYS + 1, DAY.toordinal()
        for name in NAMES:
            items = self._table.query(KeyConditionExpression=Key("pk").eq(name), ConsistentRead=True)["Items"]
            columns = ([int(item[key]) for item in items] for key in ("events", "active_users", "new_users"))
            sums = sums_at(Series(first, *columns), Tenure(first, first), last, self._rules)
            state = named_state(step(None, sums, None, self._rules))
            self._table.put_item(Item={"pk": f"STATE#{name}", "sk": f"DAY#{last}"} | state)


def lines() -> Iterator[Line]:
    """The ratio of processor times, the units counted on the way, and the steps of the state machine."""
    ours, peer = Ours(), Peer()
    ours.receive()
    times: dict[Callable[[], None], list[float]] = {ours.night: [], peer.night: []}
    ours.answers.read_units = ours.answers.write_units = 0
    for _ in range(ROUNDS):
        for night, found in times.items():
            started = time.process_time()
            night()
            found.append(time.process_time() - started)
    mine, theirs = (statistics.median(found) for found in times.values())
    micro = f"{mine / ACCOUNTS * 1e6:.0f} and {theirs / ACCOUNTS * 1e6:.0f} µs an account"
    yield Line("item-a-day peer : a night's read, score, write", f"{theirs / mine:.0f}x ({micro})", ">= 25x",
               theirs >= 25 * mine)  # fmt: skip
    yield from _units(ours)
    main, child = _transitions()
    total = main + child * 1000 // BATCH
    yield Line("state transitions, 1,000 accounts a night", f"{total} ({main} + {child} a batch of {BATCH})", "<= 20",
               total <= 20)  # fmt: skip


def _units(ours: Ours) -> Iterator[Line]:
    used, nights = ours.answers, ACCOUNTS * ROUNDS
    scoring = (used.write_units / nights, used.read_units / nights)
    used.read_units = used.write_units = 0
    ours.receive()
    receiving = (used.write_units / ACCOUNTS, used.read_units / ACCOUNTS)
    write, read = (a + b for a, b in zip(scoring, receiving, strict=True))
    told = f"{write:.1f} WRU + {read:.1f} RRU (scoring {scoring[0]:.1f} + {scoring[1]:.1f})"
    yield Line(f"units an account-day, {EVENTS_A_DAY} events a day", told, "<= 18 + 3", write <= 18 and read <= 3)


def _transitions() -> tuple[int, int]:
    """Of a night without gaps, and of one batch: every state that is entered, and one for the start."""
    functions = dict.fromkeys(("plan_scoring", "score_accounts", "summarise", "decide_alerts", "report_run"), "arn")
    states = nightly_run(functions, "aws", 1)["States"]
    batch = states["score_accounts"]["ItemProcessor"]["States"]
    return len(states.keys() - {"next_night"}) + 1, len(batch) + 1


def _session() -> boto3.Session:
    return boto3.Session(region_name="eu-central-1", aws_access_key_id="none", aws_secret_access_key="none")


def _history(name: str) -> History:
    rng, last = Random(name), DAY.toordinal()
    rows = [
        UsageEvent(name, f"user-{rng.randrange(USERS)}", "report", f"{day}", day, 1)
        for day in range(last - DAYS + 1, last + 1)
        for _ in range(EVENTS_A_DAY)
    ]
    rows = [row._replace(occurred_at=f"{row.day}-{n}") for n, row in enumerate(rows)]
    history = build_history(name, [rows], None, last, Intake())
    assert history
    return history
