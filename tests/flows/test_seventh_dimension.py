"""A team's own seventh dimension is a few lines of its scorecard: planned, applied, scored, explained and listed."""

from datetime import timedelta

from health_monitor.flows.accounts_list import list_accounts
from health_monitor.flows.explain import explain
from health_monitor.flows.explain_told import explained_page
from health_monitor.flows.model_told import plan_page
from health_monitor.flows.runs import read_json, summary_key
from health_monitor.model.default_scorecard import default_scorecard
from health_monitor.model.explanation import Explanation
from health_monitor.model.listing import Wanted
from health_monitor.model.records import Ticket
from health_monitor.model.scorecard import Scorecard
from tests.flows.scorecards import (
    a_survey,
    apply,
    live,
    morning,
    noon,
    plan,
    roll_back,
    scored,
    stands,
    stores_of,
    tell,
)
from tests.flows.stage import NIGHT

SUPPORT = {"weight": 10, "measures": {"support_friction": {"points": 100}}}


def with_support() -> Scorecard:
    """The product's six, with a tenth of the weight for support."""
    said = default_scorecard().model_dump(mode="json")
    said["presets"]["default"]["usage"]["weight"] = 25
    said["presets"]["default"]["support"] = SUPPORT
    return Scorecard.model_validate(said)


def a_ticket(days: int, **known: object) -> Ticket:
    at = noon(NIGHT + timedelta(days=days))
    facts = {"type": "bug", "severity": "p2", "opened_at": at, "changed_at": at} | known
    return Ticket(source="csv", key=f"t{days}", **facts)  # type: ignore[arg-type]


def test_a_seventh_dimension_is_planned_applied_scored_explained_listed_and_taken_back() -> None:
    world = scored(1, ("steady-1", a_survey(9, NIGHT)), ("steady-1", a_ticket(-2, solved_at=noon(NIGHT), csat=5)))
    found = plan(world, with_support())
    assert any("presets.default.support" in line for line in found.changes), found.changes
    assert list(plan_page(found))
    assert apply(world, with_support()).restated == 11
    assert "support" in stands(world)["steady-1"].dimensions
    applied = world.clock.now().date() - timedelta(days=1)

    tell(world, "steady-1", *(a_ticket(days) for days in range(5, 9)))
    night = morning(world)
    standing = stands(world)["steady-1"]
    assert len(standing.dimensions) == 7
    assert standing.history.on(applied.toordinal()) is not None, "the trend goes on over the change"
    told = explain("steady-1", night, applied, stores_of(world), live(world))
    assert isinstance(told, Explanation)
    assert told.waterfall is not None
    assert sum(one.points for one in told.waterfall.changes) == told.waterfall.points
    page = "\n".join(explained_page(told))
    assert "support" in page
    assert "ticket:csv/t" in page
    lines = {one.account.account_id: one for one in list_accounts(Wanted(), "score", world).lines}
    assert lines["steady-1"].standing == standing
    assert read_json(world.blobs, summary_key(night))
    assert roll_back(world).restated == 11
    assert len(stands(world)["steady-1"].dimensions) == 6
