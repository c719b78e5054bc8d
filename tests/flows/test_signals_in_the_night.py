"""Signals in the whole nightly run: a record brings a mail, a change of the scorecard brings none."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.configure import publish_config
from health_monitor.model.records import Override, Ticket
from health_monitor.model.scorecard import BandSet
from health_monitor.simulate.workflow import run_workflow
from tests.builders import A_MOMENT
from tests.flows.stage import CONFIG, NIGHT, a_world, asking, furnish, next_morning, run_night

EASY = BandSet(healthy=Decimal("0.3"), moderate=Decimal("0.2"), at_risk=Decimal("0.1"))
EASY_BANDS = dict.fromkeys(CONFIG.scorecard.band_sets, EASY)
LENIENT = CONFIG.model_copy(update={"scorecard": CONFIG.scorecard.model_copy(update={"band_sets": EASY_BANDS})})


@pytest.fixture
def world() -> MemoryWorld:
    found = a_world()
    run_night(found)
    return found


def a_p1(world: MemoryWorld, account_id: str = "steady-1", key: str = "1") -> None:
    opened = world.clock.now() - timedelta(hours=20)
    ticket = Ticket(source="crm", key=key, changed_at=opened, opened_at=opened, severity="p1", type="incident")
    world.dossiers.save(account_id, [ticket])


def digests(world: MemoryWorld) -> list[Any]:
    return [one for one in world.courier("email").delivered if one.message_id.startswith("digest/")]  # type: ignore[attr-defined]


def another_night(world: MemoryWorld) -> int:
    """How many digests more went out."""
    before = len(digests(world))
    run_night(world, next_morning(world))
    return len(digests(world)) - before


def test_a_p1_ticket_brings_one_mail_on_one_night(world: MemoryWorld) -> None:
    a_p1(world)
    assert another_night(world) == 1
    assert "a P1 ticket is open" in digests(world)[-1].text
    assert another_night(world) == 0
    a_p1(world, key="2")
    assert another_night(world) == 1


def test_a_changed_scorecard_raises_nothing_by_itself_and_hides_no_record() -> None:
    world = furnish(memory_world(A_MOMENT), config=LENIENT)
    run_workflow(world, asking(), LENIENT)
    assert world.standings.read(["steady-2"])["steady-2"].status == "healthy"
    publish_config(CONFIG, world.blobs, world.journal)
    a_p1(world)
    assert another_night(world) == 1
    assert digests(world)[-1].text.count("  - ") == 1
    changed = world.standings.read(["steady-2"])["steady-2"]
    assert changed.status == "critical"
    assert {one.kind: one.silent for one in changed.signals}["entered_at_risk"]
    assert another_night(world) == 0


def test_an_override_takes_an_accounts_critical_signals_away_and_changes_no_score(world: MemoryWorld) -> None:
    before = world.standings.read(["young"])["young"]
    assert "score_below_25" in {one.kind for one in before.signals}
    day = NIGHT + timedelta(days=1)
    override = Override(
        source="us", key="1", changed_at=A_MOMENT, status="healthy", reason="they go live next week",
        author="carla@example.com", at=A_MOMENT, expires_on=day + timedelta(days=30),
    )  # fmt: skip
    world.dossiers.save("young", [override])
    assert another_night(world) == 0
    after = world.standings.read(["young"])["young"]
    assert (before.status, after.status, after.model_status) == ("critical", "healthy", before.model_status)
    assert "score_below_25" not in {one.kind for one in after.signals}
    assert (after.score, after.history.version) == (before.score, before.history.version)
