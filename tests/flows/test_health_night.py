"""Every account's health in the night's one pass: in the line, where it stands, and for the next night."""

from datetime import date, timedelta
from typing import Any

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.runs import (
    HEALTH,
    OUTSIDE,
    RETENTION,
    benchmark_before,
    read_json,
    read_lines,
    summary_key,
)
from health_monitor.flows.status import status
from health_monitor.model.retention import Retention
from health_monitor.model.score import Standing
from health_monitor.score.line import score_of_line, standing_of_line
from tests.builders import an_account
from tests.flows.incidents import TOMORROW
from tests.flows.stage import CONFIG, EVE, NIGHT, a_plan, asking, heard, next_morning, run_night


def lines(world: MemoryWorld, night: date = NIGHT) -> dict[str, dict[str, Any]]:
    plan = a_plan(world, asking(as_of=night))
    return {row["account_id"]: row for row in read_lines(world.blobs, plan)}


def standings(world: MemoryWorld) -> dict[str, Standing]:
    return world.standings.read(list(world.accounts.ids()), consistent=True)


def test_a_night_writes_each_accounts_score_where_it_stands_and_into_its_line(world: MemoryWorld) -> None:
    run_night(world)
    rows, stands = lines(world), standings(world)
    assert set(rows) == set(stands)
    for account_id, row in rows.items():
        stood = stands[account_id]
        assert standing_of_line(account_id, row[HEALTH], stood.history) == stood
        assert (stood.as_of, stood.version) == (NIGHT, CONFIG.scorecard.version)
        assert score_of_line(row[HEALTH]).value == stood.score


def test_what_backfill_left_goes_on_night_after_night(world: MemoryWorld) -> None:
    before = standings(world)
    assert {one.as_of for one in before.values()} == {EVE}
    run_night(world)
    run_night(world, next_morning(world))
    after = standings(world)
    assert after.pop("new").score is None, "it has been watched for 12 days only"
    for account_id, stood in after.items():
        days = [EVE, NIGHT, TOMORROW]
        assert None not in [stood.history.on(day.toordinal()) for day in days], account_id
        assert stood.history.on(EVE.toordinal()) == before[account_id].score


def test_missed_nights_are_scored_in_order(world: MemoryWorld) -> None:
    run_night(world)
    night = next_morning(world, through=NIGHT + timedelta(days=3))
    world.clock.push(seconds=2 * 86_400)  # type: ignore[attr-defined]
    heard(world, NIGHT + timedelta(days=3))
    run_night(world, NIGHT + timedelta(days=3))
    history = standings(world)["steady-1"].history
    days = [night + timedelta(days=n) for n in range(3)]
    assert [history.on(day.toordinal()) is not None for day in days] == [True] * 3


def test_a_trial_scores_and_leaves_everybody_standing_where_they_stood(world: MemoryWorld) -> None:
    before = standings(world)
    run_night(world, dry_run=True)
    assert standings(world) == before


def test_a_customer_of_whose_use_nothing_is_known_has_a_score_line_too_and_one_that_left_has_none(
    world: MemoryWorld,
) -> None:
    world.accounts.save([an_account("quiet", usage_start=None), an_account("left", churn_date=NIGHT)])
    run_night(world)
    rows = lines(world)
    assert (OUTSIDE in rows["quiet"], HEALTH in rows["quiet"]) == (True, True)
    assert (OUTSIDE in rows["left"], HEALTH in rows["left"]) == (True, False)
    assert "left" not in standings(world)


def test_the_next_night_compares_with_this_one(world: MemoryWorld) -> None:
    run_night(world)
    known = benchmark_before(world.blobs, TOMORROW)
    assert known["peers"]["usage"]["smb"]["n"] >= 5
    assert known["cohorts"]["segment"]["smb"]["n"] >= 5
    assert known["per_seat"]  # the usage rule's own part is still there


def test_the_nights_summary_counts_everybody_and_the_sums_of_segments_and_csms_are_the_whole(
    world: MemoryWorld,
) -> None:
    run_night(world)
    summary = read_json(world.blobs, summary_key(NIGHT))
    whole = summary["portfolio"]["accounts"]
    assert whole == len(standings(world))
    for parts in ("segments", "csms"):
        assert sum(one["accounts"] for one in summary[parts].values()) == whole
    assert "-" in summary["csms"], "an account without a CSM is somebody's to find"


def test_backfill_measures_what_scores_were_worth_and_sums_up_its_last_day(world: MemoryWorld) -> None:
    assert Retention.model_validate(read_json(world.blobs, RETENTION)).horizon_days == 90
    assert read_json(world.blobs, summary_key(EVE))["portfolio"]["accounts"] == len(standings(world))


@pytest.mark.parametrize("nights", [0, 1])
def test_status_says_of_which_night_the_scores_are(
    world: MemoryWorld, nights: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HM_STAGE", "dev")
    if nights:
        run_night(world)
    told = {line.about: line for line in status(world, {})}["scores"]
    assert told.said.startswith(f"as of {NIGHT if nights else EVE}: 10 of 11 accounts have one; 11 provisional")
    assert told.action is None
