"""A day and a night at 1,000, 10,000 and 100,000 accounts: what an account costs, and how long the night's steps take.

Planning, summarising and deciding see every account. Judging sees three batches of them, taking in a sample of at most
10,000, in lots that are smaller by as much: what the others would be is the same again, with other names.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import cycle
from random import Random
from typing import Any, TypeVar

from benchmarks import days, portfolio
from benchmarks.counted import Counted, Function, Meter, Tally
from benchmarks.measure import Line
from benchmarks.template import transitions
from health_monitor.cli.cost import PRICES
from health_monitor.flows import take_in as taking
from health_monitor.flows.decide_alerts import decide_alerts
from health_monitor.flows.plan_scoring import BATCH, plan_scoring
from health_monitor.flows.reception import Reception
from health_monitor.flows.runs import lines_key, pack_lines, unpack_lines
from health_monitor.flows.score_accounts import Stores, score_accounts
from health_monitor.flows.summarise import summarise
from health_monitor.model.cost import Prices
from health_monitor.model.heard import HeardEvent, Ref
from health_monitor.model.run import Batch, Plan, RunInput
from health_monitor.model.usage import UsageEvent

SIZES = (1_000, 10_000, 100_000)
EVENTS, DAYS_A_MONTH, SAMPLED, SAMPLE, EVERY_HOURS = 100, 365 / 12, 3, 10_000, 3
AT_MOST = 1.1
FUNCTION = Function(1769, 0.5)
Found = TypeVar("Found")
NAMES = ("plan_scoring", "score_accounts", "summarise", "decide_alerts", "consume_events")


def lines() -> Iterator[Line]:
    """Units and dollars of an account, and processor seconds of the steps that see all accounts."""
    dollars: dict[str, list[float]] = {"night": [], "intake": []}
    for size in SIZES:
        meter, took = _night(size)
        night, intake = meter.units, _intake(size)
        dollars["night"].append(_dollars(night))
        dollars["intake"].append(_dollars(intake))
        told = f"{night['dynamodb_write']:.1f} WRU + {night['dynamodb_read']:.1f} RRU, ${_dollars(night) * 1000:.3f}"
        yield Line(f"{size:,} accounts: night, $ a month per 1,000", told)
        told = f"{intake['dynamodb_write']:.1f} WRU + {intake['dynamodb_read']:.1f} RRU, ${_dollars(intake) * 1000:.3f}"
        yield Line(f"{size:,} accounts: intake of pulls, the same", told)
        yield Line(f"{size:,} accounts: plan, summarise, decide", ", ".join(f"{seconds:.1f} s" for seconds in took))
    for what, found in dollars.items():
        ratio = found[-1] / found[0]
        yield Line(
            f"{what}: cost at {SIZES[-1]:,} : at {SIZES[0]:,}", f"{ratio:.2f}x", f"<= {AT_MOST}x", ratio <= AT_MOST
        )


def _dollars(units: Tally) -> float:
    """Of one account in a month."""
    price = {one.unit: one.dollars / one.per for one in Prices.model_validate_json(PRICES.read_bytes()).prices}
    return DAYS_A_MONTH * sum(n * price[unit] for unit, n in units.items())


def _night(size: int) -> tuple[Meter, list[float]]:
    """An account's share of a night, and the seconds of the three steps."""
    counted = Counted(days.START)
    counted.world.accounts.save(portfolio.accounts(range(size), days.DAY))
    counted.blobs.put(f"config/{days.BUNDLE.version}.json", days.BUNDLE.to_json())
    counted.world.journal.point_config(days.BUNDLE.version)
    counted.clock.push(days=1, seconds=300)
    whole, sample = Meter(counted, dict.fromkeys(NAMES, FUNCTION)), Meter(counted, dict.fromkeys(NAMES, FUNCTION))
    took: list[float] = []
    plan = _timed(took, whole, "plan_scoring", lambda: _planned(counted))
    batches = list(days.batches_of(plan, counted))
    chosen = [batches[len(batches) * n // SAMPLED] for n in range(SAMPLED)]
    rows = [row for batch in chosen for row in _judged(sample, plan, batch)]
    _write_others(counted, plan, batches, chosen, rows)
    _timed(took, whole, "summarise", lambda: summarise(plan, counted.blobs))
    _timed(took, whole, "decide_alerts", lambda: decide_alerts(plan, days.desk_of(counted)))
    whole.units["state_transition"] = transitions()[0] + plan.batches * transitions()[1]
    units = Tally().add(whole.units, 1 / size).add(sample.units, 1 / (SAMPLED * BATCH))
    whole.units = units
    return whole, took


def _planned(counted: Counted) -> Plan:
    world = counted.world
    asked = RunInput(as_of=days.DAY)
    return plan_scoring(asked, counted.clock.now(), days.BUNDLE, counted.blobs, world.accounts, world.journal)


def _judged(meter: Meter, plan: Plan, batch: Batch) -> list[dict[str, Any]]:
    """A batch whose first account has fallen; the lines it leaves."""
    counted, world = meter.counted, meter.counted.world
    numbers = [int(name.rpartition("-")[2]) for name in batch.account_ids]
    before = days.DAY - timedelta(days=1)
    histories = [portfolio.history(number, before, EVENTS) for number in numbers]
    world.rings.write([days.fallen(histories[0]), *histories[1:]])
    for hour, events in days.arriving(range(numbers[1], numbers[-1] + 1), EVENTS, days.DAY).items():
        world.arrivals.add(hour, events)
    with meter.invocation("score_accounts", cold=True):
        score_accounts(plan, batch, replace(Stores.of(world), blobs=counted.blobs))
    return list(unpack_lines(counted.blobs.get(lines_key(plan, batch.batch)) or b""))


def _write_others(
    counted: Counted, plan: Plan, batches: list[Batch], chosen: list[Batch], rows: list[dict[str, Any]]
) -> None:
    """The batches that were not judged leave the lines of those that were, under their own names."""
    own = cycle(rows)
    for batch in batches:
        if batch not in chosen:
            lines = [next(own) | {"account_id": account_id} for account_id in batch.account_ids]
            counted.blobs.put(lines_key(plan, batch.batch), pack_lines(lines))


def _intake(size: int) -> Tally:
    """An account's share of taking in: what a pull finds of everybody, in the order of time.

    An earlier process knew the names already; since then something changed, as it does once a day.
    """
    counted, rng, sample = Counted(days.START), Random(size), min(size, SAMPLE)
    counted.world.accounts.save(portfolio.accounts(range(sample), days.DAY))
    taken = sample * EVENTS * EVERY_HOURS // portfolio.HOURS
    numbers = [rng.randrange(sample) for _ in range(taken)]
    whole, taking.AT_ONCE = taking.AT_ONCE, taking.AT_ONCE * sample // size
    meter = Meter(counted, dict.fromkeys(NAMES, FUNCTION))
    pulls = [_pulled(counted, meter, numbers, hour) for hour in (12, 12 + EVERY_HOURS)]
    taking.AT_ONCE = whole
    return Tally().add(pulls[0], 1 / sample).add(pulls[1], EVENTS / taken - 1 / sample)


def _pulled(counted: Counted, meter: Meter, numbers: list[int], hour: int) -> Tally:
    meter.units, world = Tally(), counted.fresh()
    with meter.invocation("consume_events", cold=False):
        taking.take_in(
            "mixpanel", map(partial(_heard, hour), enumerate(numbers)), days.START + timedelta(hours=hour),
            Reception.of(world),
        )  # fmt: skip
    return meter.units


def _heard(hour: int, numbered: tuple[int, int]) -> HeardEvent:
    n, number = numbered
    at = days.START + timedelta(hours=hour - EVERY_HOURS, seconds=n % (EVERY_HOURS * 3600))
    use: UsageEvent = UsageEvent("", f"user-{n % 25:04}@example.com", f"feature_{n % 10}_used", at.isoformat(),
                                 at.toordinal(), 1, f"{n:x}")  # fmt: skip
    return HeardEvent(Ref("mixpanel", portfolio.account_id(number)), *use[1:])


def _timed(took: list[float], meter: Meter, name: str, work: Callable[[], Found]) -> Found:
    began = time.process_time()
    with meter.invocation(name, cold=True):
        found = work()
    took.append(time.process_time() - began)
    return found
