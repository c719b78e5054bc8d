"""Why an account has its score: any reported day again, whatever has changed since."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.archive import archive_records
from health_monitor.flows.explain import explain
from health_monitor.flows.explain_told import explained_json, explained_page
from health_monitor.flows.record_archive import archived
from health_monitor.flows.reported import reported
from health_monitor.flows.runs import NIGHTS, USE_HISTORY, pack_lines, unpack_lines
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.explanation import Explanation, Unreported
from health_monitor.model.heard import Ref
from health_monitor.model.records import Pulse, Ticket
from health_monitor.score.line import use_line
from tests.builders import an_account
from tests.flows.scorecards import (
    LENIENT,
    a_survey,
    an_invoice,
    apply,
    live,
    morning,
    noon,
    plan,
    scored,
    stores_of,
    tell,
)
from tests.flows.stage import NIGHT
from tests.rooms.standings import a_use

GOOD = a_survey(10, NIGHT - timedelta(days=3))
BILL = an_invoice(NIGHT - timedelta(days=10))
LAST = NIGHT + timedelta(days=7)


@cache
def _scored() -> MemoryWorld:
    """A week and a night; on the third day one account's praise turns."""
    return scored(1, ("steady-1", GOOD), ("steady-1", BILL))


def a_world() -> MemoryWorld:
    """Every test changes its own copy."""
    return deepcopy(_scored())


def told(world: MemoryWorld, on: date | None = None, since: date | None = None, who: str = "steady-1") -> Explanation:
    """The explanation, which there has to be."""
    found = explain(who, on, since, stores_of(world), live(world))
    assert isinstance(found, Explanation)
    return found


def untold(world: MemoryWorld, on: date | None = None, who: str = "steady-1") -> Unreported:
    """Why there is none."""
    found = explain(who, on, None, stores_of(world), live(world))
    assert isinstance(found, Unreported)
    return found


def what_was_reported(found: Explanation) -> dict[str, Any]:
    """Everything on the page that must never change."""
    same = ("score", "coverage", "version", "dimensions", "standing", "waterfall", "marks", "issues", "lifts", "config")
    return {name: explained_json(found)[name] for name in same}


def test_the_last_night_is_explained_unless_a_day_is_given() -> None:
    world = a_world()
    assert told(world).reported.day == LAST
    assert told(world, NIGHT).reported.day == NIGHT


def test_what_the_measures_were_made_of_is_there() -> None:
    found = told(a_world())
    assert found.records == {GOOD.name: GOOD, BILL.name: BILL}
    assert found.facts["payment"] == "overdue invoices: 1, the oldest by 17 days"


def test_the_change_since_a_day_sums_to_the_difference() -> None:
    found = told(a_world(), since=NIGHT)
    assert found.base is not None
    assert found.waterfall is not None
    assert (found.base.day, found.base.restated) == (NIGHT, False)
    assert sum(one.points for one in found.waterfall.changes) == found.waterfall.points
    assert next(one.measure for one in found.waterfall.changes if one.points < 0) == "payment"


def test_a_reported_day_stays_as_it_was_after_records_accounts_and_the_scorecard_changed() -> None:
    world = a_world()
    before = what_was_reported(told(world, LAST, NIGHT))
    paid = replace(BILL, paid_on=NIGHT - timedelta(days=9), changed_at=noon(LAST + timedelta(days=1)))
    tell(world, "steady-1", paid, a_survey(0, NIGHT - timedelta(days=1), "s2"))
    world.accounts.save([an_account("steady-1", licensed_seats=500, arr=Decimal(1), segment="enterprise")])
    plan(world, LENIENT)
    apply(world, LENIENT)
    morning(world)
    again = told(world, LAST, NIGHT)
    assert what_was_reported(again) == before
    assert again.records[BILL.name] == paid
    assert "changed since, on" in "\n".join(explained_page(again))


def test_after_another_scorecard_a_restated_score_stands_beside_the_reported_one() -> None:
    world = a_world()
    assert told(world).restated is None
    plan(world, LENIENT)
    apply(world, LENIENT)
    found = told(world, LAST)
    assert found.restated is not None
    assert "Restated by today's scorecard" in "\n".join(explained_page(found))


def test_a_day_before_the_first_night_was_not_reported() -> None:
    found = untold(a_world(), NIGHT - timedelta(days=9))
    assert found.because == f"the first night was {NIGHT}"
    assert found.restated is None
    assert explained_json(found)["reported"] is False
    assert any("Nothing was reported" in line for line in explained_page(found))


def test_what_the_rebuild_left_is_worked_out_now_and_said_so() -> None:
    world = a_world()
    weeks = [[NIGHT.toordinal() - NIGHT.toordinal() % 7 - 7 * n, use_line(a_use())] for n in range(1, 6)]
    world.blobs.put(f"{USE_HISTORY}00000.jsonl.gz", pack_lines([{"account_id": "steady-1", "weeks": weeks[::-1]}]))
    found = untold(world, NIGHT - timedelta(days=9))
    assert found.restated is not None
    assert found.restated.value is not None
    base = told(world).base
    assert base is not None
    assert base.restated
    assert base.day < NIGHT


def test_a_day_to_come_and_a_day_without_a_night_are_told_apart() -> None:
    world = a_world()
    assert untold(world, LAST + timedelta(days=1)).because == f"the last night was {LAST}"
    missed = NIGHT + timedelta(days=2)
    for key in list(world.blobs.keys(f"{NIGHTS}{missed}/")):
        world.blobs.delete(key)
    assert (
        untold(world, missed).because
        == f"no night was run for that day; the last before it was {NIGHT + timedelta(days=1)}"
    )


def test_an_account_that_a_night_did_not_know_has_no_score_of_that_night() -> None:
    world = a_world()
    world.accounts.save([an_account("later")])
    assert "had not begun" in untold(world, NIGHT, "later").because
    assert "had not begun" in untold(world, None, "later").because


def test_without_any_night_there_is_nothing_to_explain(empty: MemoryWorld) -> None:
    empty.accounts.save([an_account("steady-1")])
    found = untold(empty)
    assert found.because.startswith("no night has been run yet")
    assert explained_json(found)["date"] is None


def test_an_unknown_account_and_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(NeedsHuman, match="no account has the id 'nobody'"):
        told(a_world(), who="nobody")
    with pytest.raises(NeedsHuman, match="is not before"):
        told(a_world(), NIGHT + timedelta(days=1), LAST)


def test_who_it_was_like_that_night_does_not_change_with_what_it_is_now() -> None:
    world = a_world()
    before = told(world).compared
    account = world.accounts.read(["steady-1"])["steady-1"]
    world.accounts.save([account.model_copy(update={"segment": "another", "plan": "another", "industry": "another"})])
    assert before
    assert told(world).compared == before


def test_the_first_night_has_nothing_to_be_compared_with() -> None:
    found = told(a_world(), NIGHT)
    assert (found.base, found.waterfall, found.marks, found.since) == (None, None, (), None)


def test_where_the_day_asked_for_has_no_night_the_one_before_counts_else_the_first() -> None:
    world = a_world()
    missed = NIGHT + timedelta(days=2)
    for key in list(world.blobs.keys(f"{NIGHTS}{missed}/")):
        world.blobs.delete(key)
    before, first = told(world, since=missed).base, told(world, since=NIGHT - timedelta(days=99)).base
    assert before is not None
    assert first is not None
    assert (before.day, first.day) == (NIGHT + timedelta(days=1), NIGHT)
    assert (before.wanted, first.wanted) == (missed, NIGHT - timedelta(days=99))


def test_nights_without_the_account_are_passed_over() -> None:
    world = a_world()
    for key in list(world.blobs.keys(f"{NIGHTS}{NIGHT + timedelta(days=1)}/")):
        rows = [row for row in unpack_lines(world.blobs.get(key) or b"") if row["account_id"] != "steady-1"]
        world.blobs.put(key, pack_lines(rows))
    base = told(world, since=NIGHT + timedelta(days=1)).base
    assert base is not None
    assert base.day == NIGHT


def test_a_fall_is_dated() -> None:
    world = a_world()
    tell(world, "steady-1", a_survey(0, LAST, "s2"), a_survey(0, LAST, "s3"))
    night = morning(world)
    found = told(world, since=NIGHT + timedelta(days=1))
    assert found.reported.day == night
    assert found.since is not None
    assert found.since < night
    assert "It has been falling since" in " ".join(step.do for step in found.phases[0].steps)


def test_a_score_that_rose_is_not_falling() -> None:
    world = a_world()
    tell(world, "steady-1", replace(BILL, paid_on=LAST, changed_at=noon(LAST + timedelta(days=1))))
    morning(world)
    found = told(world, since=LAST)
    assert found.waterfall is not None
    assert found.waterfall.points > 0
    assert found.since is None


def test_without_the_nights_scorecard_nobody_says_what_would_lift_it() -> None:
    world = a_world()
    plan(world, LENIENT)
    apply(world, LENIENT)
    for key in list(world.blobs.keys("config/")):
        if not key.endswith(f"{live(world).version}.json"):
            world.blobs.delete(key)
    assert told(world, LAST).lifts is None


def test_the_account_is_found_in_whichever_batch_it_is() -> None:
    world = a_world()
    rows = {row["account_id"]: row for data in _files(world) for row in unpack_lines(data)}
    day = date(2026, 10, 1)
    ids = sorted(rows)
    for at in range(0, len(ids), 2):
        some = [rows[account_id] for account_id in ids[at : at + 2]]
        world.blobs.put(f"{NIGHTS}{day}/{at:05}.jsonl.gz", pack_lines(some))
    world.blobs.put(f"{NIGHTS}{day}/99999.jsonl.gz", pack_lines([]))
    found = [reported(account_id, day, world.blobs, world.journal) for account_id in ids]
    assert [one.standing.account_id for one in found if one] == ids
    assert reported("nobody", day, world.blobs, world.journal) is None


def test_a_record_that_fell_out_is_read_from_the_archive_as_it_was_told_last(empty: MemoryWorld) -> None:
    first = Ticket(source="desk", key="1", changed_at=noon(NIGHT), opened_at=noon(NIGHT), type="bug", reopened=2)
    last = replace(first, solved_at=noon(LAST), changed_at=noon(LAST))
    pulse = Pulse(source="desk", key="1", changed_at=noon(NIGHT), at=noon(NIGHT), rating=2, reasons=("price", "bugs"))
    for record in (last, first, pulse, replace(first, key="2"), replace(first, source="other")):
        archive_records(empty.blobs, record.source, [(Ref("crm", "steady-1"), record)])
    assert archived({first.name, pulse.name, "ticket:desk/9"}, empty.blobs) == {first.name: last, pulse.name: pulse}


def _files(world: MemoryWorld) -> Any:
    return (world.blobs.get(key) or b"" for key in world.blobs.keys(f"{NIGHTS}{NIGHT}/"))
