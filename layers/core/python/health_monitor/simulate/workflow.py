"""The nightly workflow without AWS: the same flows in the same order as the state machine calls them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.begin_outreach import OutreachDesk
from health_monitor.flows.decide_alerts import Desk, decide_alerts
from health_monitor.flows.deliver import deliver
from health_monitor.flows.learn_outcomes import learn_outcomes
from health_monitor.flows.plan_scoring import plan_scoring
from health_monitor.flows.report_run import report_run
from health_monitor.flows.score_accounts import Stores, score_accounts
from health_monitor.flows.summarise import summarise
from health_monitor.ingest.histories import build_history
from health_monitor.model.account import Account
from health_monitor.model.alert import Errand
from health_monitor.model.config import Bundle
from health_monitor.model.errors import AlreadyDone
from health_monitor.model.intake import Intake
from health_monitor.model.run import Batch, Plan, RunInput
from health_monitor.model.usage import History, Series, UsageEvent
from health_monitor.usage.windows import start_of

OPERATIONS = "operations@example.com"
CHANNEL = "#customer-health"
Step = tuple[str, Callable[[], Any]]


def run_workflow(world: MemoryWorld, asked: RunInput, config: Bundle) -> list[dict[str, Any]]:
    """Every night that is due, in order; what each came to."""
    results: list[dict[str, Any]] = []
    following: RunInput | None = asked
    while following:
        plan = plan_scoring(following, world.clock.now(), config, world.blobs, world.accounts, world.journal)
        for _, step in steps(world, plan):
            results.append(step() or {})
        deliver_all(world)
        following = RunInput.asked(results[-1]["next"]) if "next" in results[-1] else None
    return [result for result in results if "status" in result]


def steps(world: MemoryWorld, plan: Plan) -> Iterator[Step]:
    """The states after the plan, by name; each may be run again at any time."""
    for batch in batches(world, plan):
        yield f"score_accounts {batch.batch}", partial(score_accounts, plan, batch, Stores.of(world))
    yield "summarise", lambda: summarise(plan, world.blobs)
    yield "decide_alerts", lambda: decide_alerts(plan, desk(world))
    yield (
        "learn_outcomes",
        lambda: learn_outcomes(plan, world.blobs, world.conversations, world.accounts, world.dossiers),
    )
    yield "report_run", lambda: report_run(plan, world.clock.now(), world.blobs, world.journal)


def batches(world: MemoryWorld, plan: Plan) -> list[Batch]:
    """The planner's lines, as the map reads them."""
    return [Batch.model_validate_json(line) for line in (world.blobs.get(plan.batches_key) or b"").splitlines()]


def desk(world: MemoryWorld) -> Desk:
    """What deciding writes to."""
    outreach = OutreachDesk(
        world.accounts, world.rings, world.conversations, world.flags, world.dossiers, world.standings,
        world.suppressions, world.outreach_switch, world.outbox, world.clock, OPERATIONS,
    )  # fmt: skip
    return Desk(world.blobs, world.accounts, world.alerts, world.notices, world.outbox, OPERATIONS, CHANNEL, outreach)


def deliver_all(world: MemoryWorld) -> int:
    """Empty the queues as the deliver functions would; how many messages went out."""
    sent = 0
    for message in world.outbox.take():
        if isinstance(message, Errand):
            continue
        try:
            deliver(message, world.claims, world.courier(message.channel), world.clock)
            sent += 1
        except AlreadyDone:
            continue
    return sent


def histories_of(accounts: Iterable[Account], events: Iterable[UsageEvent], last_day: date) -> list[History]:
    """Every account's history within its tenure, from events in any order."""
    known = {account.account_id: account for account in accounts}
    found = []
    for account_id, rows in groupby(sorted(events), key=lambda row: row.account_id):
        account = known[account_id]
        until = account.last_day(last_day).toordinal()
        if history := build_history(account_id, [list(rows)], start_of(account, None), until, Intake()):
            found.append(history)
    return found


def arrive(world: MemoryWorld, histories: Iterable[History], through: date) -> None:
    """What the product knows at the end of a day: every ring holds the days up to it, and nothing later."""
    world.rings.write(cut for history in histories if (cut := _until(history, through.toordinal())))


def _until(history: History, day: int) -> History | None:
    series = history.series
    days = day - series.first_day + 1
    if days <= 0:
        return None
    cut = Series(series.first_day, series.events[:days], series.active_users[:days], series.new_users[:days])
    return history._replace(series=cut)
