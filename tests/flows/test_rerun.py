"""A night that was judged stays judged: running it again changes nothing and tells nobody."""

import pytest

from health_monitor.adapters.memory import MemoryWorld
from health_monitor.flows.configure import publish_config
from health_monitor.flows.plan_scoring import plan_scoring
from health_monitor.flows.runs import unpack_lines
from health_monitor.flows.score_accounts import Stores, score_accounts
from health_monitor.model.errors import NeedsHuman
from health_monitor.model.usage import Drop, History, Resolution
from health_monitor.simulate.workflow import arrive, batches, run_workflow
from tests.builders import an_account
from tests.flows.incidents import TOMORROW, late_eve, outage_eve
from tests.flows.stage import (
    CONFIG,
    EVE,
    HISTORIES,
    LATER,
    NIGHT,
    STRICTER,
    a_plan,
    alerts_of,
    asking,
    deliver_again,
    end_state,
    files,
    heard,
    next_morning,
    run_night,
    silent_for,
    states_on,
    told,
    usage,
)

CORRECTED = [History("falls", usage(), ()), *(history for history in HISTORIES if history.account_id != "falls")]
"""What the product hears a day late: nobody fell."""


def test_the_same_night_again_changes_nothing_and_tells_nobody(world: MemoryWorld) -> None:
    first = run_night(world)
    left = end_state(world)
    assert run_night(world) == first
    assert end_state(world) == left


def test_an_old_night_again_changes_nothing_not_even_an_alert_that_was_resolved_since(world: MemoryWorld) -> None:
    run_night(world)
    run_night(world, next_morning(world, CORRECTED))
    assert alerts_of(world)["falls/usage_drop/2026-11-01"].resolved_on == TOMORROW
    left = end_state(world)
    for old in (NIGHT, TOMORROW):
        run_night(world, old)
        assert end_state(world) == left, f"after {old} again"


def test_an_old_night_again_neither_waits_for_nor_names_a_next_one(world: MemoryWorld) -> None:
    run_night(world)
    run_night(world, next_morning(world))
    assert [("next" in done, done["as_of"]) for done in run_night(world, NIGHT)] == [(False, str(NIGHT))]


@pytest.mark.parametrize("evening", [outage_eve, late_eve])
def test_a_night_with_an_incident_again_changes_nothing(empty: MemoryWorld, evening: object) -> None:
    evening(empty)  # type: ignore[operator]
    first = run_night(empty)
    left = end_state(empty)
    assert run_night(empty) == first
    assert end_state(empty) == left


def test_a_late_night_stays_late_when_the_data_have_come_since(empty: MemoryWorld) -> None:
    late_eve(empty)
    first = run_night(empty)
    next_morning(empty)
    assert run_night(empty) == first
    assert not [message for message in deliver_again(empty) if "falls" in message]


def test_a_night_judged_on_missing_data_is_late_even_if_they_come_before_it_is_summed_up(world: MemoryWorld) -> None:
    """Otherwise the verdicts stand, made without the day's data, and nobody is warned of them."""
    late_source(world)
    plan = a_plan(world)
    for batch in batches(world, plan):
        score_accounts(plan, batch, Stores.of(world))
    heard(world, NIGHT, "crm")
    assert run_night(world)[0]["incident"] == "source_late: crm"


def test_two_late_nights_are_one_incident_however_often_they_are_run(empty: MemoryWorld) -> None:
    late_eve(empty)
    run_night(empty)
    night = next_morning(empty, through=EVE)
    run_night(empty, night)
    heard(empty, NIGHT)
    run_night(empty, NIGHT)
    run_night(empty, night)
    assert [message for message in told(empty) if message.startswith("incident/") and "email" in message] == [
        f"incident/{NIGHT}/email"
    ]


def test_the_record_of_an_incident_night_is_the_same_after_its_alerts_were_released(empty: MemoryWorld) -> None:
    late_eve(empty)
    run_night(empty)
    record = empty.journal.run(NIGHT)
    run_night(empty, next_morning(empty))
    run_night(empty, NIGHT)
    again = empty.journal.run(NIGHT)
    assert record
    assert again
    assert record.held == 2
    assert again.model_copy(update={"finished_at": None}) == record.model_copy(update={"finished_at": None})


def test_an_old_night_again_releases_nothing_that_a_later_night_holds(world: MemoryWorld) -> None:
    run_night(world)
    run_night(world, next_morning(world))
    run_night(world, next_morning(world, through=TOMORROW))
    held = world.notices.held(LATER)
    assert [(notice.account_id, notice.kind) for notice in held] == [("falls", "escalated")]
    run_night(world, TOMORROW)
    assert world.notices.held(LATER) == held


def test_late_data_never_rewrite_a_verdict_and_the_next_night_uses_them(world: MemoryWorld) -> None:
    run_night(world)
    given, left = states_on(world), end_state(world)
    arrive(world, CORRECTED, NIGHT)
    run_night(world)
    assert states_on(world) == given
    assert end_state(world) == left
    night = next_morning(world, CORRECTED)
    run_night(world, night)
    fallen = alerts_of(world)["falls/usage_drop/2026-11-01"]
    assert (fallen.resolved_on, fallen.resolution) == (night, Resolution.RECOVERED)


def test_a_drop_that_is_seen_late_opens_on_the_night_that_sees_it(world: MemoryWorld) -> None:
    run_night(world)
    worse = [History("steady-1", silent_for(9), ()), *(h for h in HISTORIES if h.account_id != "steady-1")]
    night = next_morning(world, worse)
    run_night(world, night)
    (alert,) = world.alerts.of_account("steady-1")
    assert (alert.opened_on, alert.usage_drop) == (night, Drop.SEVERE)


def test_a_part_of_the_portfolio_raises_what_the_whole_night_then_does_not_repeat(world: MemoryWorld) -> None:
    part = run_night(world, accounts=["falls", "steady-1"])
    assert [(done["planned"], done["judged"], done["opened"]) for done in part] == [(2, 2, 1)]
    early = told(world)
    assert early == [f"falls/usage_drop/{NIGHT}/card/opened"]
    assert world.journal.last_complete() == EVE
    run_night(world)
    assert len(told(world)) == len(set(told(world)))
    assert len([one for one in told(world) if not one.startswith("digest/")]) == 5


def test_a_part_of_a_judged_night_changes_nothing(world: MemoryWorld) -> None:
    run_night(world)
    left = end_state(world)
    run_night(world, accounts=["falls"])
    after = end_state(world)
    after["files"] = {key: data for key, data in after["files"].items() if "/only-" not in key}
    assert after == left


def test_a_dry_run_writes_no_state_no_alert_no_benchmark_and_tells_nobody(world: MemoryWorld) -> None:
    left = end_state(world)
    (done,) = run_night(world, dry_run=True)
    assert (done["opened"], done["escalated"], done["resolved"], done["judged"]) == (1, 2, 1, 11)
    after = end_state(world)
    after["files"] = {key: data for key, data in after["files"].items() if "/dry-" not in key}
    assert after == left
    assert told(world) == []


def test_a_dry_run_of_a_judged_night_says_what_it_would_say_today(world: MemoryWorld) -> None:
    run_night(world)
    assert run_night(world, dry_run=True)[0]["opened"] == 1
    arrive(world, [History("falls", usage(), ()), History("steady-1", silent_for(7), ())], NIGHT)
    run_night(world, dry_run=True)
    assert dry_lines(world) == {"falls": None, "steady-1": "opened"}


def test_a_dry_run_tries_another_configuration_on_a_judged_night(world: MemoryWorld) -> None:
    run_night(world)
    other = publish_config(STRICTER, world.blobs, world.journal)
    assert run_night(world, dry_run=True, config=other)[0]["config"] == other
    assert run_night(world)[0]["config"] == CONFIG.version


def test_the_same_input_again_is_refused_only_for_another_configuration(world: MemoryWorld) -> None:
    run_night(world, config=CONFIG.version)
    assert run_night(world, config=CONFIG.version)
    other = publish_config(STRICTER, world.blobs, world.journal)
    with pytest.raises(NeedsHuman, match="its verdicts stand"):
        run_night(world, config=other)


def test_the_very_first_night_needs_no_past(empty: MemoryWorld) -> None:
    empty.accounts.save([an_account("acme")])
    (done,) = run_workflow(empty, asking(), CONFIG)
    assert (done["judged"], done["no_verdict"]) == (1, {"dormant": 1})
    plan = plan_scoring(asking(), empty.clock.now(), CONFIG, empty.blobs, empty.accounts, empty.journal)
    assert plan.data_from is None


def late_source(world: MemoryWorld) -> None:
    heard(world, EVE, "crm")


def dry_lines(world: MemoryWorld) -> dict[str, str | None]:
    wanted = {key: data for key, data in files(world, f"runs/{NIGHT}/").items() if "/dry-" in key and "lines" in key}
    rows = {row["account_id"]: row["happened"] for data in wanted.values() for row in unpack_lines(data)}
    return {name: rows[name] for name in ("falls", "steady-1")}
