"""A day of arriving events in every way they can come, through the real flows, and the night after it."""

import hmac
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import chain, zip_longest
from typing import Any

from benchmarks import portfolio, records
from benchmarks.counted import REQUEST_LOG_GB, STEP_LOG_GB, Counted, Function, Meter
from benchmarks.portfolio import LATE_DAYS, Use
from benchmarks.template import transitions
from health_monitor import wiring
from health_monitor.flows import consume_events as consuming
from health_monitor.flows import decide_alerts as deciding
from health_monitor.flows import ingest_source as ingesting
from health_monitor.flows import rescore as rescoring
from health_monitor.flows.begin_outreach import OutreachDesk
from health_monitor.flows.erase import erase_open
from health_monitor.flows.join import join_known
from health_monitor.flows.keyring import Keyring
from health_monitor.flows.learn_outcomes import learn_outcomes
from health_monitor.flows.plan_scoring import plan_scoring
from health_monitor.flows.receive_webhook import Door, Knock, receive_webhook
from health_monitor.flows.reception import Reception
from health_monitor.flows.report_run import report_run
from health_monitor.flows.score_accounts import Stores, score_accounts
from health_monitor.flows.summarise import summarise
from health_monitor.flows.take_in import take_in
from health_monitor.flows.take_records import keep_records
from health_monitor.flows.tell_signals import Teller
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.outreach import Switch
from health_monitor.model.request import Request
from health_monitor.model.routing import Member, Team
from health_monitor.model.run import Batch, Plan, RunInput, SourceFreshness
from health_monitor.model.usage import History, UsageEvent
from health_monitor.sources import SOURCES

DAY = date(2026, 6, 14)
START = datetime.combine(DAY, datetime.min.time(), UTC)
SHIPPED = wiring.default_bundle()
CSMS = tuple(Member(email=f"csm{n}@example.com", name=f"Sam Example {n}") for n in range(20))
BUNDLE = Bundle(
    profiles=(Profile(name="everyone"),), routing=SHIPPED.routing, advice=SHIPPED.advice, templates=SHIPPED.templates,
    team=Team(members=CSMS),
)  # fmt: skip
PULL_SECONDS, NIGHT, NOON = 900.0, 5, 12
AT_A_REQUEST = 100
SECRET = {"secret": "s" * 32}
MIXPANEL = {"enabled": True, "project_id": "1", "group_key": "company_id", "first_day": "2026-06-01"}


class Exports:
    """Mixpanel: all of a day's events that it has by now, every time it is asked."""

    def __init__(self, counted: Counted, numbers: range, events_a_day: int) -> None:
        self._clock = counted.clock
        self._days: dict[date, dict[datetime, bytes]] = {}
        for back in range(LATE_DAYS + 2):
            day = DAY - timedelta(days=back)
            hours: dict[datetime, list[bytes]] = defaultdict(list)
            for use in chain.from_iterable(portfolio.uses(number, day, events_a_day) for number in numbers):
                hours[_hour(use.arrives)].append(portfolio.exported(use))
            self._days[day] = {hour: b"".join(lines) for hour, lines in hours.items()}

    def ask(self, request: Request, until: datetime) -> Iterator[bytes]:  # noqa: ARG002  (it never waits)
        hours = self._days.get(date.fromisoformat(request.params["from_date"]), {})
        return (lines for hour, lines in sorted(hours.items()) if hour + timedelta(hours=1) <= self._clock.now())


class NothingNew:
    """HubSpot on a day on which nobody changed anything."""

    def ask(self, request: Request, until: datetime) -> dict[str, Any]:  # noqa: ARG002
        return {"results": []}


def a_day_by_pull(meter: Meter, numbers: range, events_a_day: int) -> None:
    """A process of its own asks each source as often as it is scheduled; yesterday's events are stored already.

    Once a day somebody gets a new name, so that the next pull asks for theirs anew.
    """
    counted = meter.counted
    _known(counted, numbers, "mixpanel")
    exports, nothing = Exports(counted, numbers, events_a_day), NothingNew()
    counted.clock.push(seconds=-60)
    _pull(counted, "mixpanel", MIXPANEL, exports)
    counted.world.sources.save_cursor("hubspot", '{"since":"2026-06-13T23:05:00+00:00"}', counted.clock.now())
    counted.clock.push(seconds=6 * 60)
    for hour in range(24):
        if hour == NOON:
            counted.world.names.claim(portfolio.renamed(numbers[0], "mixpanel"))
        # The last hour's events are there a few minutes later; at the next pull the process is long gone.
        for source, settings, vendor in (("mixpanel", MIXPANEL, exports), ("hubspot", {"enabled": True}, nothing)):
            if not _is_due(source, hour):
                continue
            with meter.invocation("ingest_source", cold=True) as call:
                pulled = _pull(counted, source, settings, vendor)
                call["vendor"] = pulled.requests
            assert pulled.status == "done", pulled
            meter.units.add({"schedule": 1, "secret_call": 1})
        counted.clock.push(seconds=3600)


def _is_due(source: str, hour: int) -> bool:
    """Whether it is scheduled at this hour, so that one pull is an hour before the night."""
    pull = SOURCES[source].pull
    assert pull
    return (hour - NIGHT + 1) % (pull.every_minutes // 60) == 0


def _pull(counted: Counted, source: str, settings: dict[str, Any], vendor: Any) -> ingesting.Pulled:
    world, spec = counted.fresh(), SOURCES[source]
    desk = ingesting.Desk(
        source=spec, settings=spec.settings.model_validate_json(json.dumps(settings)), vendor=vendor,
        take_in=partial(take_in, ports=Reception.of(world)), join=partial(join_known, ports=Reception.of(world)),
        clock=counted.clock, blobs=counted.blobs, states=world.sources, journal=world.journal, notices=world.notices,
        outbox=world.outbox, operations_email="operations@example.com", slack_channel="#alerts",
    )  # fmt: skip
    return ingesting.ingest_source(desk, PULL_SECONDS)


Bodies = Callable[[list[Use]], Iterator[list[Use]]]


def each_alone(uses: list[Use]) -> Iterator[list[Use]]:
    """A request an event, each of another account than the one before."""
    for use in _in_turn(uses):
        yield [use]


def an_account_together(uses: list[Use]) -> Iterator[list[Use]]:
    """The sender keeps an hour's events, and sends each account's together, a hundred events to a request."""
    yield from _lots(sorted(uses, key=lambda use: use.account))


def as_they_come(uses: list[Use]) -> Iterator[list[Use]]:
    """A hundred events to a request, each of another account where there are so many: what many accounts do at once."""
    yield from _lots(_in_turn(uses))


def _in_turn(uses: list[Use]) -> list[Use]:
    by_account: dict[int, list[Use]] = defaultdict(list)
    for use in uses:
        by_account[use.account].append(use)
    turns = zip_longest(*by_account.values())
    return [use for turn in turns for use in turn if use]


def a_day_by_webhook(
    meter: Meter, numbers: range, events_a_day: int, bodies: Bodies, messages_at_once: int
) -> None:  # fmt: skip
    """Through the hours: each body is received alone; the consumer gets `messages_at_once`. Both are warm all day."""
    counted = meter.counted
    _known(counted, numbers, "signed")
    counted.fresh()
    hours: dict[datetime, list[Use]] = defaultdict(list)
    for use in chain.from_iterable(portfolio.uses(number, DAY, events_a_day) for number in numbers):
        hours[_hour(use.at)].append(use)
    for hour in (_at(DAY) + timedelta(hours=n) for n in range(24)):
        counted.clock.push(seconds=(hour - counted.clock.now()).total_seconds())
        for body in bodies(hours[hour]):
            _receive(meter, body)
        pointers, counted.queues.pointers = counted.queues.pointers, []
        for at in range(0, len(pointers), messages_at_once):
            _consume(meter, pointers[at : at + messages_at_once])
    # In every hour a new process of each, somewhere; and the door asks for its secret every five minutes.
    for name in ("receive_webhook", "consume_events"):
        meter.start(name, times=24)
    meter.units["secret_call"] += 24 * 12


def _receive(meter: Meter, uses: list[Use]) -> None:
    counted, body = meter.counted, portfolio.sent(uses).decode()
    stamp = str(int(counted.clock.now().timestamp()))
    signature = hmac.new(SECRET["secret"].encode(), f"{stamp}.{body}".encode(), "sha256").hexdigest()
    headers = {"X-Health-Monitor-Timestamp": stamp, "X-Health-Monitor-Signature": f"v1={signature}"}
    with meter.invocation("receive_webhook", cold=False):
        door = Door(
            _signed(), Keyring(lambda _: SECRET, counted.clock), counted.blobs, counted.world.inbox, counted.clock
        )
        answer = receive_webhook(Knock("signed", headers, body, encoded=False), door)
    assert answer.status == 202, answer
    meter.units.add({"http_request": 1, "log_gb": REQUEST_LOG_GB})


def _consume(meter: Meter, pointers: list[Any]) -> None:
    counted, world = meter.counted, meter.counted.world
    with meter.invocation("consume_events", cold=False):
        taken = partial(take_in, ports=Reception.of(world))
        desk = consuming.Desk(_signed(), counted.blobs, world.journal, counted.clock, taken)
        done = consuming.consume_events({str(n): one.model_dump_json() for n, one in enumerate(pointers)}, desk)
    assert not done.failed, done.failed
    meter.units["sqs_request"] += 2 * -(-len(pointers) // 10)  # received and deleted, ten at a time


def prepare_night(counted: Counted, numbers: range, events_a_day: int, falling: int = 0) -> None:
    """Accounts with their past, and a week of arrivals; the first `falling` of them have used little for weeks.

    Every other of these fell a little less. Each has somebody who may be written to, and automatic mail is on; nobody
    has spoken with them for two months.
    """
    world = counted.world
    world.accounts.save(portfolio.accounts(numbers, DAY))
    before = DAY - timedelta(days=1)
    histories = (portfolio.history(number, before, events_a_day) for number in numbers)
    world.rings.write(fallen(one, n % 2) if n < falling else one for n, one in enumerate(histories))
    for back in range(1, 8 if events_a_day else 1):
        arrive(counted, numbers, events_a_day, DAY - timedelta(days=back))
    records.fill(world.dossiers, numbers[falling:], before)
    records.fill(world.dossiers, numbers[:falling], before, silent_days=60)
    world.accounts.save_contacts(portfolio.contacts(numbers[:falling]))
    world.outreach_switch.put(Switch(mode="live"))
    counted.blobs.put(f"config/{BUNDLE.version}.json", BUNDLE.to_json())
    world.journal.point_config(BUNDLE.version)


def arrive(counted: Counted, numbers: range, events_a_day: int, day: date) -> None:
    """What arrived on a day, in its hours."""
    for hour, events in arriving(numbers, events_a_day, day).items():
        counted.world.arrivals.add(hour, events)


def arriving(numbers: range, events_a_day: int, day: date) -> dict[datetime, list[UsageEvent]]:
    """The events of each hour, an account's together."""
    hours: dict[datetime, list[UsageEvent]] = defaultdict(list)
    for number in numbers:
        for use in _arriving(number, day, events_a_day):
            event = UsageEvent(portfolio.account_id(number), use.user_id, use.event, use.at.isoformat(),
                               use.at.toordinal(), 1, use.event_id)  # fmt: skip
            hours[_hour(use.arrives)].append(event)
    return hours


def a_night(meter: Meter, day: date, steps: tuple[int, int]) -> Plan:
    """The workflow and the day's erasures; what people are told of it waits. `steps`: of a night, and of a batch."""
    counted = meter.counted
    counted.clock.push(seconds=(_at(day) + timedelta(days=1, minutes=5) - counted.clock.now()).total_seconds())
    counted.world.journal.save_freshness(
        SourceFreshness(source="mixpanel", complete_from=date(2025, 1, 1), complete_through=day,
                        received_at=counted.clock.now())
    )  # fmt: skip
    world = counted.fresh()
    with meter.invocation("plan_scoring", cold=True):
        plan = plan_scoring(
            RunInput(as_of=day), counted.clock.now(), BUNDLE, counted.blobs, world.accounts, world.journal
        )
    for batch in batches_of(plan, counted):
        world = counted.fresh()
        with meter.invocation("score_accounts", cold=True):
            score_accounts(plan, batch, replace(Stores.of(world), blobs=counted.blobs))
    world = counted.fresh()
    with meter.invocation("summarise", cold=True):
        summarise(plan, counted.blobs)
    with meter.invocation("decide_alerts", cold=True):
        deciding.decide_alerts(plan, desk_of(counted))
    with meter.invocation("learn_outcomes", cold=True):
        learn_outcomes(plan, counted.blobs, world.conversations, world.accounts, world.dossiers)
    with meter.invocation("report_run", cold=True):
        report_run(plan, counted.clock.now(), counted.blobs, world.journal)
    entered = steps[0] + plan.batches * steps[1]
    meter.units.add({"state_transition": entered, "schedule": 1, "log_gb": entered * STEP_LOG_GB})
    world = counted.fresh()
    with meter.invocation("erase_people", cold=True):
        erase_open(counted.clock.now, lambda: False, Reception.of(world))
    meter.units["schedule"] += 1
    return plan


def told_and_scored(meter: Meter, numbers: range, *, urgent: bool) -> None:
    """Each account is told of once, in a pull that there is anyway, and each asks to be scored again.

    Urgent: it is scored again at once, else it can wait for the night.
    """
    counted = meter.counted
    for number in numbers:
        before, account_id = counted.used(), portfolio.account_id(number)
        news = records.news_of(number, counted.clock.now(), urgent=urgent)
        keep_records({account_id: [news]}, Reception.of(counted.world), counted.clock.now())
        asked = counted.used().add(before, times=-1)
        meter.units.add({unit: n for unit, n in asked.items() if unit != "dynamodb"})
    wishes, counted.queues.rescorings = counted.queues.rescorings, []
    for wish in wishes:
        world = counted.fresh()
        with meter.invocation("rescore", cold=True):
            teller = Teller(counted.blobs, world.accounts, world.notices, world.outbox, "operations@example.com")
            desk = rescoring.Desk(BUNDLE, world.rings, world.states, world.dossiers, world.standings, world.journal,
                                  teller)  # fmt: skip
            with suppress(AlreadyDone):
                rescoring.rescore(wish, counted.clock.now(), desk)
        meter.units["sqs_request"] += 2  # received and deleted


def counted_night(numbers: range, events_a_day: int, functions: dict[str, Function]) -> Meter:
    """A night that was preceded by another, and by a day whose events have all arrived."""
    counted = Counted(START)
    prepare_night(counted, numbers, events_a_day)
    a_night(Meter(counted, functions), DAY - timedelta(days=1), transitions())
    records.grow(counted.world.standings, numbers)
    arrive(counted, numbers, events_a_day, DAY)
    counted.blobs.given.clear()
    meter = Meter(counted, functions)
    a_night(meter, DAY, transitions())
    return meter


def batches_of(plan: Plan, counted: Counted) -> Iterator[Batch]:
    """The lines of the planner's file."""
    for line in (counted.blobs.get(plan.batches_key) or b"").splitlines():
        yield Batch.model_validate_json(line)


def desk_of(counted: Counted) -> deciding.Desk:
    world, operations = counted.world, "operations@example.com"
    outreach = OutreachDesk(
        world.accounts, world.rings, world.conversations, world.flags, world.dossiers, world.standings,
        world.suppressions, world.outreach_switch, world.outbox, world.clock, operations,
    )  # fmt: skip
    return deciding.Desk(
        counted.blobs, world.accounts, world.alerts, world.notices, world.outbox, operations, "#alerts", outreach
    )


def _known(counted: Counted, numbers: range, source: str) -> None:
    counted.world.accounts.save(portfolio.accounts(numbers, DAY))
    if source == "mixpanel":
        counted.world.names.claim(portfolio.claims(numbers, source))


def _arriving(number: int, day: date, events_a_day: int) -> Iterator[Use]:
    for back in range(LATE_DAYS + 1):
        uses = portfolio.uses(number, day - timedelta(days=back), events_a_day)
        yield from (use for use in uses if use.arrives.date() == day)


def fallen(history: History, less: int = 0) -> History:
    """The same account, had it hardly been used for weeks; or by half its users."""
    series = history.series
    users = [
        users if at < len(series.active_users) - 20 else max(1, users * less * 55 // 100)
        for at, users in enumerate(series.active_users)
    ]
    return history._replace(series=series._replace(active_users=users))


def _signed() -> dict[str, Any]:
    return {"signed": SOURCES["signed"].settings(enabled=True)}


def _lots(uses: list[Use]) -> Iterator[list[Use]]:
    for at in range(0, len(uses), AT_A_REQUEST):
        yield uses[at : at + AT_A_REQUEST]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _at(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)
