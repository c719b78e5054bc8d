"""A night's new signals reach each colleague once, in one message, and not while the data is in doubt."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld, memory_world
from health_monitor.flows.erase import SETTLED_AFTER, erase_open
from health_monitor.flows.forget import request
from health_monitor.flows.reception import Reception
from health_monitor.flows.runs import HEALTH, NIGHTS, pack_lines, read_json, run_key
from health_monitor.flows.tell_signals import TOLD, Teller, notices_about, tell_at_once, tell_signals
from health_monitor.model.alert import Message
from health_monitor.model.config import Bundle, Profile
from health_monitor.model.routing import Member, Team
from health_monitor.model.run import Plan
from health_monitor.model.score import Signal, Standing
from health_monitor.score.line import health_line
from health_monitor.simulate.workflow import deliver_all
from tests.builders import A_MOMENT, an_account
from tests.flows.stage import NIGHT
from tests.rooms.standings import a_score, a_standing, evidence

OPERATIONS = "operations@example.com"
TEAM = Team(members=(Member(email="carla@example.com", manager="mia@example.com"),))
BUNDLE = Bundle(profiles=(Profile(name="everyone"),), team=TEAM)


@pytest.fixture
def world() -> MemoryWorld:
    found = memory_world(A_MOMENT)
    found.accounts.save([an_account("acme", name="Acme"), an_account("zeta", name="Zeta", csm_email=None)])
    return found


def a_night(day: date = NIGHT, through: date | None = None) -> Plan:
    return Plan(
        as_of=day, run="nightly", config="c", bucket="b", batches_key="k", planned=1, batches=1, through=through or day
    )


def teller(world: MemoryWorld) -> Teller:
    return Teller(world.blobs, world.accounts, world.notices, world.outbox, OPERATIONS)


def a_signal(kind: str = "p1_open", severity: Any = "critical", since: date = NIGHT, **known: Any) -> Signal:
    return Signal(kind, severity, f"{kind} is so", since=since, **known)


def judged(world: MemoryWorld, signals: dict[str, Iterable[Signal]], day: date = NIGHT) -> None:
    rows: list[dict[str, Any]] = [{"account_id": "left", "outside_tenure": True}]
    for account_id, some in signals.items():
        standing = a_standing(account_id=account_id, as_of=day, signals=tuple(some))
        rows.append({"account_id": account_id, HEALTH: health_line(a_score(day=day), standing, evidence(day=day))})
    world.blobs.put(f"{NIGHTS}{day.isoformat()}/00001.jsonl.gz", pack_lines(rows))


def tell(world: MemoryWorld, day: date = NIGHT, incident: date | None = None, through: date | None = None) -> int:
    return tell_signals(a_night(day, through), BUNDLE, incident, teller(world))


def sent(world: MemoryWorld) -> list[Message]:
    """What the queues hold; taking it out empties them."""
    return [one for one in world.outbox.take() if isinstance(one, Message)]


def heard(world: MemoryWorld) -> list[tuple[str, list[str]]]:
    return [
        (one.to, [line.strip(" -") for line in one.text.splitlines() if line.startswith("  - ")]) for one in sent(world)
    ]


def test_each_colleague_hears_once_of_everything(world: MemoryWorld) -> None:
    judged(
        world, {"acme": [a_signal(), a_signal("licence_waste", "high")], "zeta": [a_signal("licence_waste", "high")]}
    )
    assert tell(world) == 3
    assert heard(world) == [
        ("carla@example.com", ["p1_open is so", "licence_waste is so"]), ("mia@example.com", ["p1_open is so"]),
        (OPERATIONS, ["licence_waste is so"]),
    ]  # fmt: skip


def test_telling_again_queues_the_same_messages_which_go_out_once(world: MemoryWorld) -> None:
    judged(world, {"acme": [a_signal("licence_waste", "high")]})
    tell(world)
    (first,) = sent(world)
    world.accounts.save([an_account("acme", name="Renamed")])
    tell(world)
    assert sent(world) == [first]


def test_a_signal_that_goes_on_is_not_told_again_and_an_account_that_is_gone_not_at_all(world: MemoryWorld) -> None:
    old = a_signal("licence_waste", "high", NIGHT - timedelta(days=1))
    judged(world, {"acme": [old], "erased": [a_signal()], "zeta": []})
    assert tell(world) == 0
    assert heard(world) == []


def test_a_data_incident_holds_back_for_two_nights_and_what_still_stands_is_told_after(world: MemoryWorld) -> None:
    first, second, third = (NIGHT + timedelta(days=n) for n in range(3))
    ended, stays = a_signal("licence_waste", "high", first), a_signal("usage_down_40_60d", "high", first)
    for day, signals in ((first, [ended, stays]), (second, [stays]), (third, [stays])):
        judged(world, {"acme": signals}, day)
    assert [tell(world, first, first), tell(world, second, first)] == [0, 0]
    assert heard(world) == []
    tell(world, third)
    assert heard(world) == [("carla@example.com", ["usage_down_40_60d is so"])]


def test_an_incident_that_lasts_does_not_hold_back_for_ever(world: MemoryWorld) -> None:
    days = [NIGHT + timedelta(days=n) for n in range(4)]
    stays = a_signal("usage_down_40_60d", "high", NIGHT)
    for day in days:
        judged(world, {"acme": [stays]}, day)
    assert [tell(world, day, NIGHT) for day in days] == [0, 0, 1, 0]


def test_nights_that_are_caught_up_are_told_together_by_the_last_of_them(world: MemoryWorld) -> None:
    first, last = NIGHT, NIGHT + timedelta(days=1)
    old, new = a_signal("licence_waste", "high", first), a_signal("p1_open", "high", last)
    judged(world, {"acme": [old]}, first)
    judged(world, {"acme": [old, new]}, last)
    assert tell(world, first, through=last) == 0
    assert tell(world, last) == 1
    assert heard(world) == [("carla@example.com", ["licence_waste is so", "p1_open is so"])]
    assert tell(world, first) == 0, "judged again on its own, it was told already"


def test_what_another_scorecard_brought_is_silent(world: MemoryWorld) -> None:
    judged(world, {"acme": [a_signal("score_below_25", silent=True)]})
    assert tell(world) == 0


def test_the_nights_file_says_which_notices_name_an_account(world: MemoryWorld) -> None:
    judged(world, {"acme": [a_signal()], "zeta": [a_signal()]})
    tell(world)
    told = read_json(world.blobs, run_key(NIGHT, "nightly", TOLD))
    found = notices_about(told, "acme")
    assert len(found) == 2
    assert all((notice := world.notices.get(name)) and "Acme" in notice.messages[0].text for name in found)  # type: ignore[union-attr]
    assert notices_about(told, "left") == notices_about({"held": True}, "acme") == []


def test_of_an_account_that_is_forgotten_no_digest_is_left_and_none_goes_out(world: MemoryWorld) -> None:
    judged(world, {"acme": [a_signal()]})
    tell(world)
    names = notices_about(read_json(world.blobs, run_key(NIGHT, "nightly", TOLD)), "acme")
    ports = Reception.of(world)
    request("account", "acme", "acme", A_MOMENT, ports)
    erase_open(lambda: A_MOMENT + SETTLED_AFTER, lambda: False, ports)
    assert [world.notices.get(name) for name in names] == [None, None]
    assert deliver_all(world) == 0
    assert b"acme" not in (world.blobs.get(run_key(NIGHT, "nightly", TOLD)) or b"")


def rescored(*signals: Signal, at: Any = A_MOMENT) -> Standing:
    return a_standing(at=at, signals=signals)


def test_a_rescoring_tells_what_is_critical_and_new_at_once_and_once(world: MemoryWorld) -> None:
    standing = rescored(
        a_signal(at=A_MOMENT), a_signal("sponsor_departed"), a_signal("score_below_25", at=A_MOMENT, silent=True),
        a_signal("licence_waste", "high", at=A_MOMENT),
    )  # fmt: skip
    account = an_account("acme", name="Acme")
    assert tell_at_once(account, standing, BUNDLE, teller(world)) == 2
    first = sent(world)
    assert [one.to for one in first] == ["carla@example.com", "mia@example.com"]
    assert all("p1_open is so" in one.text and "sponsor" not in one.text for one in first)
    assert tell_at_once(account, standing, BUNDLE, teller(world)) == 2
    assert sent(world) == first


def test_a_rescoring_that_finds_nothing_new_tells_nobody(world: MemoryWorld) -> None:
    account = an_account("acme")
    for standing in (rescored(), rescored(a_signal()), rescored(a_signal(), at=None)):
        assert tell_at_once(account, standing, BUNDLE, teller(world)) == 0
    assert sent(world) == []
