"""A portfolio that was scored for six weeks, and scorecards to change to."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.model_apply import Wish, apply_model, rollback_model
from health_monitor.flows.model_past import Stores, stored_past
from health_monitor.flows.model_plan import Planned, last_day, plan_model
from health_monitor.model.records import AnyRecord, Invoice, Survey
from health_monitor.model.score import Standing
from health_monitor.model.scorecard import Scorecard
from health_monitor.model.scoring_change import Applied
from health_monitor.model.usage import History
from tests.builders import A_MOMENT
from tests.flows.stage import CONFIG, NIGHT, TONIGHT, furnish, next_morning, run_night, usage

WEEKS = 6
HISTORIES = [
    History(account_id, usage(last=NIGHT + timedelta(days=120)) if account_id.startswith("steady") else series, ())
    for account_id, (_, series) in TONIGHT.items()
]
"""The steady ones stay so for as long as any story goes on."""
OPERATOR = "dana@example.com"


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def a_survey(score: int, at: date, key: str = "s1") -> Survey:
    return Survey(source="csv", key=key, changed_at=noon(at), survey="nps", score=score, at=noon(at))


def an_invoice(due: date, key: str = "i1") -> Invoice:
    known = due - timedelta(days=30)
    return Invoice(source="csv", key=key, changed_at=noon(known), due_on=due, issued_on=known, amount=Decimal(100))


def weighing(bands: dict[str, int] | None = None, **weights: int) -> Scorecard:
    """The product's scorecard with other weights; bands: the lower edges of every set."""
    said = CONFIG.scorecard.model_dump(mode="json")
    for name, weight in weights.items():
        said["presets"]["default"][name]["weight"] = weight
    if bands:
        said["band_sets"] = dict.fromkeys(said["band_sets"], bands)
    return Scorecard.model_validate(said)


SENTIMENTAL = weighing(usage=10, sentiment=40)
"""Hears what people say more than it sees what they do."""
LENIENT = weighing(bands={"healthy": 3, "moderate": 2, "at_risk": 1})
"""Under it hardly anybody is at risk."""


def tell(world: MemoryWorld, account_id: str, *records: AnyRecord) -> None:
    world.dossiers.save(account_id, records)


def scored(
    weeks: int = WEEKS, *told: tuple[str, AnyRecord], scorecard: Scorecard | None = None,
    empty: MemoryWorld | None = None,
) -> MemoryWorld:  # fmt: skip
    """Eleven accounts after so many weeks of nights; what is `told` was known from the start."""
    config = CONFIG.model_copy(update={"scorecard": scorecard or CONFIG.scorecard})
    world = furnish(empty or memory_world(A_MOMENT), histories=HISTORIES, config=config)
    for account_id, record in told:
        tell(world, account_id, record)
    night(world)
    for _ in range(7 * weeks):
        next_morning(world, HISTORIES)
        night(world)
    return world


def morning(world: MemoryWorld) -> date:
    """One more night; its day."""
    next_morning(world, HISTORIES)
    return night(world)


def night(world: MemoryWorld) -> date:
    """Score yesterday."""
    day = world.clock.now().date() - timedelta(days=1)
    run_night(world, day)
    return day


def stores_of(world: MemoryWorld) -> Stores:
    return Stores(world.blobs, world.accounts, world.dossiers, world.standings, world.journal)


def live(world: MemoryWorld) -> Any:
    from health_monitor.flows.configure import live_bundle

    return live_bundle(world.journal, world.blobs, CONFIG)


def plan(world: MemoryWorld, scorecard: Scorecard = SENTIMENTAL) -> Planned:
    stores = stores_of(world)
    return plan_model(scorecard, live(world), stored_past(stores, last_day(stores)), stores, world.clock.now())


def a_wish(world: MemoryWorld, note: str = "we hear more than we see") -> Wish:
    return Wish(OPERATOR, note, world.clock.now(), "mine")


def apply(world: MemoryWorld, scorecard: Scorecard = SENTIMENTAL, **wish: Any) -> Applied:
    """A minute after whatever was before."""
    world.clock.push(seconds=60)
    return apply_model(scorecard, live(world), a_wish(world, **wish), stores_of(world), lambda _: None)


def roll_back(world: MemoryWorld, **wish: Any) -> Applied:
    """A minute after whatever was before."""
    world.clock.push(seconds=60)
    return rollback_model(live(world), a_wish(world, **wish), stores_of(world), lambda _: None)


def stands(world: MemoryWorld) -> dict[str, Standing]:
    return world.standings.read(list(world.accounts.ids()))


def news(world: MemoryWorld, day: date) -> list[tuple[str, str]]:
    """What people would hear of for that day."""
    return [
        (account_id, signal.kind)
        for account_id, standing in stands(world).items()
        for signal in standing.signals
        if signal.since == day and not signal.silent
    ]
