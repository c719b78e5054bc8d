"""A dozen accounts and one eventful night: what every test of a flow begins with."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.backfill import backfill
from health_monitor.flows.plan_scoring import plan_scoring
from health_monitor.model.account import Account
from health_monitor.model.alert import Alert, Errand
from health_monitor.model.config import Bundle, DataIncident, Profile
from health_monitor.model.outreach import Conversation, Entry
from health_monitor.model.routing import Routing
from health_monitor.model.run import Plan, RunInput, SourceFreshness
from health_monitor.model.usage import History, Series, State
from health_monitor.simulate.workflow import arrive, deliver_all, run_workflow, steps
from tests.builders import A_DAY, A_MOMENT, a_scorecard, an_account

NIGHT = A_DAY
EVE = NIGHT - timedelta(days=1)
FIRST = date(2026, 7, 1)
LATER = NIGHT + timedelta(days=20)
"""The stories go on that far; the product knows of it only what has arrived."""
CONFIG = Bundle(profiles=(Profile(name="everyone"),), benchmark_min_accounts=1,
                data_incident=DataIncident(min_accounts=4), routing=Routing(auto_send_min_coverage=0),
                scorecard=a_scorecard(unknown_below=0))  # fmt: skip
"""Nothing is told of these accounts but their usage: their scores are provisional, and are no reason not to write."""
STRICTER = CONFIG.model_copy(update={"benchmark_min_accounts": 2})
USUAL = 10


def usage(*silences: tuple[date, date], first: date = FIRST, last: date = LATER, daily: int = USUAL) -> Series:
    """The same number of people every day, nobody within the silences."""
    days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
    active = [0 if any(begin <= day <= end for begin, end in silences) else daily for day in days]
    return Series(first.toordinal(), list(active), active, [daily] + [0] * (len(days) - 1))


def before(days: int, night: date = NIGHT) -> date:
    return night - timedelta(days=days)


def silent_for(days: int, until: date = LATER) -> Series:
    """Tonight is that day of a silence; its 7th opens an alert, its 9th makes the alert severe."""
    return usage((before(days - 1), until))


# account: what it is, what it did. Tonight one opens, two escalate (one of them of high value), one resolves.
TONIGHT: dict[str, tuple[Account, Series]] = {
    account.account_id: (account, series)
    for account, series in (
        (an_account("back"), usage((before(16), before(9)))),
        (an_account("big", tier="enterprise", csm_email=None), silent_for(9)),
        (an_account("falls", name="Falls Ltd"), silent_for(7)),
        (an_account("new", usage_start=before(10)), usage((before(10), LATER), first=before(10))),
        (an_account("sinks", licensed_seats=20), silent_for(9)),
        *((an_account(f"steady-{n}", licensed_seats=20), usage()) for n in range(1, 6)),
        (an_account("young", usage_start=before(40)), usage(first=before(40))),
    )
}
ACCOUNTS = [account for account, _ in TONIGHT.values()]
HISTORIES = [History(account_id, series, ()) for account_id, (_, series) in TONIGHT.items()]


class GivenHistory:
    """A history that a test made up."""

    def __init__(self, accounts: list[Account], histories: list[History], last_day: date) -> None:
        self.data_from, self.last_day = FIRST, last_day
        self._accounts, self._histories = accounts, histories

    def accounts(self) -> list[Account]:
        return self._accounts

    def series(self) -> Iterator[tuple[str, Series]]:
        for history in self._histories:
            yield history.account_id, history.series


def furnish(
    world: MemoryWorld, accounts: list[Account] | None = None, histories: list[History] | None = None,
    through: date = NIGHT, judged_through: date = EVE, config: Bundle = CONFIG,
) -> MemoryWorld:  # fmt: skip
    """Accounts, their usage through a day, and the past judged through the day before the first night."""
    accounts, histories = accounts or ACCOUNTS, histories or HISTORIES
    world.accounts.save(accounts)
    arrive(world, histories, through)
    heard(world, through)
    backfill(
        GivenHistory(accounts, histories, judged_through), judged_through, config, world.clock.now(),
        world,
    )  # fmt: skip
    return world


def a_world() -> MemoryWorld:
    """In memory, the evening of the eventful night."""
    return furnish(memory_world(A_MOMENT))


def heard(world: MemoryWorld, through: date, source: str = "feed") -> None:
    """A source has delivered through that day."""
    world.journal.save_freshness(
        SourceFreshness(source=source, complete_from=FIRST, complete_through=through, received_at=world.clock.now())
    )


def asking(**given: Any) -> RunInput:
    return RunInput.asked({"as_of": NIGHT} | given)


def a_plan(world: MemoryWorld, asked: RunInput | None = None) -> Plan:
    return plan_scoring(asked or asking(), world.clock.now(), CONFIG, world.blobs, world.accounts, world.journal)


def run_night(world: MemoryWorld, night: date = NIGHT, **given: Any) -> list[dict[str, Any]]:
    """Whatever is due through that night, delivered."""
    return run_workflow(world, asking(as_of=night, **given), CONFIG)


def run_steps(world: MemoryWorld, asked: RunInput | None = None) -> None:
    """One night without delivering anything."""
    for _, step in steps(world, a_plan(world, asked)):
        step()


def next_morning(world: MemoryWorld, histories: Iterable[History] = HISTORIES, through: date | None = None) -> date:
    """A day later: what arrived by then is in the rings; the new night."""
    world.clock.push(days=1)
    night = world.clock.now().date() - timedelta(days=1)
    arrive(world, histories, through or night)
    if through is None:
        heard(world, night)
    return night


def told(world: MemoryWorld) -> list[str]:
    """The ids of every email and Slack message that went out, and of every card that an alert asked for.

    Not of what accounts lack, nor of what their scores say: these have their own tests.
    """
    sent = [m.message_id for name in ("email", "slack") for m in world.courier(name).delivered]
    asked = {one.errand_id for one in world.outbox.taken if isinstance(one, Errand) and one.channel == "slack"}
    cards = {name for name in asked if name.rpartition("/")[2] in ("opened", "escalated")}
    return sorted([*(name for name in sent if not name.startswith(("data_quality/", "digest/"))), *cards])


def deliver_again(world: MemoryWorld) -> list[str]:
    """What goes out when the queues are emptied now."""
    known = told(world)
    deliver_all(world)
    return [message_id for message_id in told(world) if message_id not in known]


def alerts_of(world: MemoryWorld) -> dict[str, Alert]:
    return {a.alert_id: a for account_id in world.accounts.ids() for a in world.alerts.of_account(account_id)}


def states_on(world: MemoryWorld, night: date = NIGHT) -> dict[str, State]:
    return world.states.read(list(world.accounts.ids()), night)


def files(world: MemoryWorld, *folders: str) -> dict[str, bytes]:
    """Every stored file below the folders, all of them when none is named."""
    found = {key: world.blobs.get(key) or b"" for folder in folders or ("",) for key in world.blobs.keys(folder)}
    return dict(sorted(found.items()))


def end_state(world: MemoryWorld, nights: int = 3) -> dict[str, Any]:
    """Everything that a night leaves behind, but for the moment at which it did."""
    last, ids = world.clock.now().date(), list(world.accounts.ids())
    return {
        "states": {n: world.states.read(ids, before(n, last)) for n in range(nights + 1)},
        "standings": world.standings.read(ids),
        "alerts": alerts_of(world),
        "open": [alert.alert_id for csm in ("", "carla@example.com") for alert in world.alerts.open_of(csm)],
        "held": world.notices.held(date.max),
        "files": {key: data for key, data in files(world).items() if not key.endswith("decided.json")},
        "runs": [record.model_copy(update={"finished_at": None}) for record in world.journal.runs(10)],
        "config": world.journal.live_config(),
        "told": told(world),
        "conversations": conversations_of(world),
    }


def conversations_of(world: MemoryWorld) -> dict[str, Conversation]:
    """Every conversation, but for the moments of its decisions."""
    found = sorted(world.conversations.all(), key=lambda one: one.conversation_id)
    return {one.conversation_id: one.model_copy(update={"log": _timeless(one.log)}) for one in found}


def _timeless(log: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(entry.model_copy(update={"at": A_MOMENT}) for entry in log)


def errands(world: MemoryWorld) -> list[str]:
    """Empty the queues; the errands that there ever were, each once."""
    deliver_all(world)
    return sorted({one.errand_id for one in world.outbox.taken if isinstance(one, Errand)})


def like(world: MemoryWorld, **ports: Any) -> MemoryWorld:
    """The same world with some ports played by somebody else."""
    return replace(world, **ports)


def ports_of(world: MemoryWorld) -> dict[str, Any]:
    return {field.name: getattr(world, field.name) for field in fields(world)}
