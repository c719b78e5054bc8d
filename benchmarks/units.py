"""`python -m benchmarks.units [way …]`: count what a day costs, for `health-monitor cost`. Writes cli/units.json.

Two portfolios of different size are run through each day and night. Their difference is what an account costs, and
what is left without accounts is what a day costs.
"""

import json
import math
import platform
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import days, outreach, portfolio, records, starts
from benchmarks.counted import GB, LOG_GB, REQUEST_LOG_GB, STEP_LOG_GB, WAITS, Counted, Function, Meter, Tally
from benchmarks.template import Deployed, production, transitions
from health_monitor import wiring
from health_monitor.flows.plan_scoring import BATCH
from health_monitor.ports.intake import ARRIVALS_KEPT

FILE = Path(__file__).parents[1] / "layers/core/python/health_monitor/cli/units.json"
RATES = (0, 10, 100, 1000)
SIZES = {0: (100, 200), 10: (200, 400), 100: (400, 800), 1000: (60, 120)}
"""Accounts of the two portfolios whose days are counted, by events a day."""
FULL_NIGHTS = 100
FALLING = 20
ALERTS_A_DAY = 10 / 300 / 7
"""Of one account: the demo's portfolio raises ten in a week of 300 accounts."""
TOLD, URGENT = 20, 0.2
"""Records that are counted; the share for which an account is scored again at once: it is of high value, or they are
critical. Assumed."""
MANY = 1000
"""Accounts at which it is worked out how many messages wait together for the consumer."""
POLLERS, POLL_SECONDS = 5, 20
"""Lambda asks every queue it serves so often, also when the queue is empty; each asking is a request."""
YEAR, SEEN_DAYS, INBOX_DAYS, LOG_DAYS = 365, 40, 30, 90
KEPT_DAYS = {"archive": YEAR, "history": YEAR, "runs": YEAR, "benchmarks": YEAR, "names": 2, "inbox": INBOX_DAYS}
"""What a pull has seen is written over by the next, and the old version is gone a day later; the last one is kept."""
OVERHEAD = 100
"""Bytes that DynamoDB adds to each stored item."""
TITLES = {
    "pull": "pulled every three hours",
    "hourly": "sent once an hour, an account's together",
    "batched": "sent as they come, 100 to a request",
    "single": "sent one by one",
}
BODIES: Mapping[str, tuple[days.Bodies, int]] = {
    "hourly": (days.an_account_together, days.AT_A_REQUEST),
    "batched": (days.as_they_come, days.AT_A_REQUEST),
    "single": (days.each_alone, 1),
}
"""How a sender packs his events, and how many are in a full request."""


class Line(NamedTuple):
    """A straight line through the counts of two portfolios."""

    account: Tally
    nothing: Tally


def main() -> None:
    """Count everything, or the ways that are named, and write the file."""
    deployed = production()
    seconds = starts.ready_seconds()
    functions = {name: Function(memory, seconds[name]) for name, memory in deployed.memory_mb.items()}
    counting = Counting(deployed, functions)
    wanted = sys.argv[1:] or list(TITLES)
    before = json.loads(FILE.read_text())["ways"] if sys.argv[1:] else {}
    ways = {
        way: {"title": title, "rates": counting.rates(way)} if way in wanted else before[way]
        for way, title in TITLES.items()
    }
    found = {
        "counted_on": wiring.clock().now().date().isoformat(),
        "on": f"Python {platform.python_version()}, {platform.machine()}",
        "portfolio": portfolio.SAID,
        "how": HOW,
        "ways": ways,
        "month": {"alarm_month": deployed.alarms, "dashboard_month": deployed.dashboards,
                  "secret_month": deployed.secrets},
    }  # fmt: skip
    FILE.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{FILE} is written.")


class Counting:
    """The counts of nights are the same whichever way the events came."""

    def __init__(self, deployed: Deployed, functions: dict[str, Function]) -> None:
        self._deployed, self._functions = deployed, functions
        self._nights: dict[int, tuple[Line, Line]] = {}
        self._alert: tuple[Tally, Tally] | None = None
        self._records: Tally | None = None

    def rates(self, way: str) -> list[dict[str, Any]]:
        """The way's counts at every rate."""
        return [self._rate(way, events) for events in RATES]

    def _rate(self, way: str, events: int) -> dict[str, Any]:
        print(f"counting {TITLES[way]}, {events:,} events a day", file=sys.stderr)
        intake, put = _line(lambda n: self._intake(way, range(n), events), SIZES[events])
        night, kept = self._night(events)
        alert, alert_kept = self._of_an_alert()
        account = Tally(intake.account, night.account, self._of_records()).add(alert, ALERTS_A_DAY)
        day = Tally(intake.nothing, night.nothing, self._idle())
        for units in (account, day):
            units["log_gb_month"] = units["log_gb"] * LOG_DAYS * 12 / YEAR
        stored = Tally(put.account, kept.account).add(alert_kept, ALERTS_A_DAY * YEAR)
        return {"events_per_day": events, "account_day": _told(account), "account_kept": _told(stored),
                "day": _told(day)}  # fmt: skip

    def _intake(self, way: str, numbers: range, events: int) -> tuple[Tally, Tally]:
        counted = Counted(days.START)
        meter = Meter(counted, self._functions)
        if way == "pull":
            days.a_day_by_pull(meter, numbers, events)
        else:
            bodies, full = BODIES[way]
            days.a_day_by_webhook(meter, numbers, events, bodies, self._together(way, events / full))
        return meter.units, _files(counted)

    def _together(self, way: str, requests_a_day: float) -> int:
        """Messages that the consumer is given at once when a thousand accounts are busy; an hour's come in a burst."""
        most, window = self._deployed.batches["consume_events"]
        seconds = 3600 if way == "hourly" else window
        return min(most, max(1, int(MANY * requests_a_day / (portfolio.HOURS * 3600) * seconds)))

    def _night(self, events: int) -> tuple[Line, Line]:
        """With full batches; where these would take long, what more events add is counted with few accounts."""
        if events not in self._nights:
            if events <= FULL_NIGHTS:
                found = self._nights_of(events, (BATCH, 2 * BATCH))
            else:
                whole, few = self._night(FULL_NIGHTS), SIZES[events]
                less, more = self._nights_of(FULL_NIGHTS, few), self._nights_of(events, few)
                found = _grown(whole[0], less[0], more[0]), _grown(whole[1], less[1], more[1])
            self._nights[events] = found
        return self._nights[events]

    def _nights_of(self, events: int, sizes: tuple[int, int]) -> tuple[Line, Line]:
        return _line(lambda n: self._one_night(range(n), events), sizes)

    def _one_night(self, numbers: range, events: int) -> tuple[Tally, Tally]:
        meter = days.counted_night(numbers, events, self._functions)
        return meter.units, Tally(_files(meter.counted), _rows(meter.counted))

    def _of_an_alert(self) -> tuple[Tally, Tally]:
        """What one account more with something to tell costs that night, and what it leaves."""
        if self._alert is None:
            (quiet, little), (told, more) = (self._first_night(n) for n in (0, FALLING))
            self._alert = _one_of(FALLING, quiet, told), _one_of(FALLING, little, more)
        return self._alert

    def _first_night(self, falling: int) -> tuple[Tally, Tally]:
        """The night, and everything that follows from its alerts."""
        counted = Counted(days.START)
        days.prepare_night(counted, range(BATCH), 10, falling)
        meter, night = Meter(counted, self._functions), days.DAY - timedelta(days=1)
        days.a_night(meter, night, transitions())
        routed = [one.automatic for one in counted.world.conversations.all()]
        assert sorted(routed) == [False] * (falling // 2) + [True] * (falling // 2), routed
        if falling:
            outreach.Month(meter, days.BUNDLE).run(night)
        return meter.units, _rows(counted, beside_states=True)

    def _of_records(self) -> Tally:
        """What an account's records of a day cost, and scoring it again for some of them."""
        if self._records is None:
            self._records = Tally()
            for urgent, share in ((True, URGENT), (False, 1 - URGENT)):
                meter = days.counted_night(range(BATCH), 0, self._functions)
                meter.units.clear()
                days.told_and_scored(meter, range(TOLD), urgent=urgent)
                self._records.add(meter.units, share * records.told_a_day() / TOLD)
        return self._records

    def _idle(self) -> Tally:
        """What happens every day without anything happening."""
        meter = Meter(Counted(days.START), self._functions)
        outreach.idle_sweeps(meter)
        asked = self._deployed.polled_queues * POLLERS * 86_400 / POLL_SECONDS
        return Tally(meter.units, {"sqs_request": asked})


def _line(count: Callable[[int], tuple[Tally, Tally]], sizes: tuple[int, int]) -> tuple[Line, Line]:
    """What an account adds, and what there is without any; of units, and of stored GB."""
    few, many = sizes
    (used, kept), (used_more, kept_more) = count(few), count(many)
    return _through(used, used_more, few, many), _through(kept, kept_more, few, many)


def _through(used: Tally, more: Tally, few: int, many: int) -> Line:
    account = _one_of(many - few, used, more)
    return Line(account, Tally(used).add(account, -few))


def _grown(whole: Line, less: Line, more: Line) -> Line:
    """The whole line, with as much more an account as there is between two others."""
    return Line(Tally(whole.account, more.account).add(less.account, -1), whole.nothing)


def _one_of(n: int, used: Tally, more: Tally) -> Tally:
    """The n-th part of the difference."""
    return Tally().add(more, 1 / n).add(used, -1 / n)


def _files(counted: Counted) -> Tally:
    """GB in the bucket, if every day of a year were like this one."""
    kept = sum(n * KEPT_DAYS.get(folder, 1) for folder, n in counted.blobs.given.items())
    return Tally({"s3_gb_month": (kept + SEEN_DAYS * counted.blobs.held(f"seen/mixpanel/{days.DAY}")) / GB})


def _rows(counted: Counted, *, beside_states: bool = False) -> Tally:
    """GB in the table after a year: a state a day, arrivals of the days for which they are kept, the rest as it is."""
    kept = 0.0
    for stored in counted.answers.stored():
        if beside_states and stored.item["sk"]["S"].startswith("STATE#"):
            continue
        kept += _times_kept(stored.item["sk"]["S"]) * (stored.size + OVERHEAD)
    table = kept / GB
    return Tally({"dynamodb_gb_month": table + counted.answers.bytes_indexed() / GB, "dynamodb_pitr_gb_month": table})


def _times_kept(sk: str) -> float:
    """Two nights' states and eight days' arrivals were counted."""
    return YEAR / 2 if sk.startswith("STATE#") else ARRIVALS_KEPT.days / 8 if sk.startswith("H#") else 1


def _told(units: Mapping[str, float]) -> dict[str, float]:
    """Four digits, and nothing below nothing: processor time is never quite the same twice."""
    return {unit: float(f"{n:.4g}") for unit, n in sorted(units.items()) if n > 1e-15 and not math.isclose(n, 0)}


HOW = {
    "dynamodb_write": "the real adapters' requests, by DynamoDB's size rules, indexes and transactions included",
    "dynamodb_read": "the same; half a unit where a read need not be consistent",
    "dynamodb_gb_month": "bytes of the counted items, a year of states, 16 days of arrivals; 100 bytes more an item",
    "dynamodb_pitr_gb_month": "the table without its indexes",
    "lambda_gb_second": "processor seconds of each call and of each start on this machine, times what the memory gives "
    "of a processor, and for each call to AWS or a vendor an assumed wait: "
    + ", ".join(f"{name} {seconds:g} s" for name, seconds in WAITS.items()),
    "lambda_request": "invocations of the flows",
    "state_transition": "states entered by the synthesized machine, and a start for each execution",
    "sqs_request": f"sends, receives, deletes; each polled queue is asked by {POLLERS} pollers every {POLL_SECONDS} s",
    "http_request": "bodies received, each below 512 KB; two clicks for each mail that a CSM sends",
    "schedule": "starts by schedules",
    "s3_put": "the real flows' writes and listings",
    "s3_get": "the real flows' reads",
    "s3_gb_month": "compressed bytes written, for as long as each folder keeps them",
    "secret_month": "secrets in the template, with every source on",
    "secret_call": "one for each process that pulls, sends a customer's mail, or talks to Slack or HubSpot; every five "
    "minutes for the webhook",
    "log_gb": f"estimated: {LOG_GB * GB:,.0f} bytes an invocation, {STEP_LOG_GB * GB:,.0f} a state transition, "
    f"{REQUEST_LOG_GB * GB:,.0f} a webhook request",
    "log_gb_month": f"the same, kept for {LOG_DAYS} days",
    "alarm_month": "alarms in the template",
    "dashboard_month": "dashboards in the template",
    "email": f"to CSMs and customers; {ALERTS_A_DAY * 100 * YEAR / 12:.0f} alerts per 100 accounts a month, as in the "
    f"demo: half moderate and half severe, open for {outreach.OPEN_NIGHTS} nights, never answered",
}

if __name__ == "__main__":
    main()
